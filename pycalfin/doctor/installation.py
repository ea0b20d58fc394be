"""Checks of pycalfin itself: Python, packages, engine and network."""

from __future__ import annotations

import os
import platform
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pycalfin
from pycalfin import network
from pycalfin.doctor.finding import NOTE, OK, PROBLEM, Finding, installed_version, numbers_in
from pycalfin.network import engine, registry, weights

PYTHONS = ((3, 10), (3, 13))
"""The first and the last supported version."""
PACKAGES = {
    "affine": "",
    "h5py": "3.10",
    "jinja2": "3.1",
    "matplotlib": "3.8",
    "numpy": "1.26",
    "openvino": "2024.6",
    "pillow": "10",
    "pooch": "1.8",
    "pyogrio": "0.9",
    "pyproj": "3.6",
    "rasterio": "1.4",
    "requests": "2.31",
    "rich": "13",
    "scikit-image": "0.22",
    "scipy": "1.12",
    "shapely": "2.0.4",
    "tomli": "2",
}
"""Packages and their minimum versions, as in setup.cfg."""
IMPORTS = {"pillow": "PIL", "scikit-image": "skimage"}
"""Import names of packages, where they differ."""
SPARED = ("openvino",)
"""Large packages that this check does not import; running the network does."""
OPTIONAL = {
    "openvino": "networks run on TensorFlow, if installed, at half the speed",
    "pooch": "weights cannot be fetched",
    "requests": "weights cannot be fetched",
}
"""Packages that the default network can do without (one engine is enough), and the consequence."""


def check_python() -> Finding:
    """Compare the version of Python with the supported ones."""
    version, (first, last) = sys.version_info[:2], PYTHONS
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    details = {"version": platform.python_version(), "executable": sys.executable}
    span = f"{first[0]}.{first[1]} to {last[0]}.{last[1]}"
    if version < first:
        return Finding("Python", PROBLEM, text, f"install Python {span}", details)
    if version > last:
        return Finding("Python", NOTE, text, f"pycalfin supports Python {span}", details)
    return Finding("Python", OK, f"{text}, {sys.executable}", "", details)


def check_pycalfin() -> Finding:
    """Report the version and folder of pycalfin."""
    place = Path(pycalfin.__file__).parent
    details = {"version": pycalfin.__version__, "folder": str(place)}
    return Finding("pycalfin", OK, f"{pycalfin.__version__}, {place}", "", details)


def check_packages() -> Finding:
    """Compare the versions of the packages with the minimum ones, and import them."""
    found: dict[str, str | None] = {}
    lacking: list[str] = []
    wrong: list[str] = []
    for name, oldest in PACKAGES.items():
        if name == "tomli" and sys.version_info >= (3, 11):
            continue
        found[name] = version = installed_version(name)
        if version is None:
            (lacking if name in OPTIONAL else wrong).append(f"{name} is not installed")
        elif oldest and numbers_in(version) < numbers_in(oldest):
            wrong.append(f"{name} {version} is older than {oldest}")
        elif name not in SPARED:
            wrong.extend(_broken(name))
    versions = ", ".join(f"{name} {version}" for name, version in found.items() if version)
    if wrong:
        remedy = "python -m pip install --upgrade pycalfin"
        return Finding("packages", PROBLEM, "; ".join(wrong + lacking), remedy, found)
    if lacking:
        losses = "; ".join(
            f"without {name}, {OPTIONAL[name]}" for name, version in found.items() if not version
        )
        return Finding("packages", NOTE, f"{'; '.join(lacking)} ({versions})", losses, found)
    return Finding("packages", OK, versions, "", found)


def _broken(package: str) -> list[str]:
    """Import a package; return a list with its problem, or an empty one."""
    try:
        import_module(IMPORTS.get(package, package))
    except Exception as error:  # a broken library raises anything
        return [f"{package} cannot be imported ({' '.join(str(error).split())})"]
    return []


def check_engine() -> Finding:
    """Report the engine that runs the networks."""
    chosen = network.choose_engine()
    there = {name: find_spec(name) is not None for name in ("openvino", "tensorflow")}
    details = {"engine": chosen.name, "reason": chosen.reason, "installed": there}
    if not any(there.values()):
        remedy = "python -m pip install openvino"
        return Finding("engine", PROBLEM, "no engine to run networks", remedy, details)
    text = f"{chosen.name} {installed_version(chosen.name) or ''}".rstrip() + f": {chosen.reason}"
    state, remedy = (OK, "") if chosen.name == "openvino" else (NOTE, "pip install openvino")
    return Finding("engine", state, text, remedy, details)


def check_bf16() -> Finding:
    """Report whether the processor supports bfloat16."""
    if not engine.available():
        return Finding("bf16", NOTE, "not available: it needs OpenVINO", "pip install openvino")
    core = engine.import_openvino().Core()
    fast = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    name = core.get_property("CPU", "FULL_DEVICE_NAME").strip()
    details = {"worthwhile": fast, "processor": name, "processors": os.cpu_count()}
    where = f"{name}, {os.cpu_count()} processors"
    if fast:
        text = f"supported: precision = 'bf16' is faster but inexact ({where})"
    else:
        text = f"not supported by this processor: precision = 'bf16' gains nothing ({where})"
    return Finding("bf16", OK, text, "", details)


def check_network() -> Finding:
    """Check the weights of the default network, and run it."""
    path, entry = registry.locate(network.DEFAULT)
    digest = registry.digest(path, entry)
    weights.check(path)
    details: dict[str, Any] = {
        "name": network.DEFAULT,
        "path": str(path),
        "sha256": digest,
        "milliseconds": None,
    }
    text = f"'{network.DEFAULT}' is intact ({path})"
    details["milliseconds"] = spent = _timed()
    return Finding("network", OK, f"{text} and runs: {spent} ms for 256 x 256 pixels", "", details)


def _timed(side: int = 256) -> int:
    """Return the milliseconds for one image, after a first run."""
    import numpy as np

    loaded = network.load()
    image = np.zeros((1, side, side, len(loaded.channels)), np.float32)
    loaded.predict(image)
    start = time.perf_counter()
    loaded.predict(image)
    return round(1000 * (time.perf_counter() - start))
