"""What pycalfin needs on this machine, and whether it is there: the checks of `pycalfin doctor`.

A check returns a `Finding`: ok, a note (something optional is absent), or a problem (something
needed is broken) with its remedy. Nothing is installed or kept.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pycalfin
from pycalfin import network, resources
from pycalfin.errors import PycalfinError
from pycalfin.network import engine, registry, weights
from pycalfin.settings import Settings

OK, NOTE, PROBLEM = "ok", "note", "problem"

PYTHONS = ((3, 10), (3, 13))
"""The first and the last version that pycalfin is made for."""
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
    "tensorflow": "2.17",
    "tomli": "2",
}
"""Packages and their oldest versions, as in setup.cfg."""
IMPORTS = {"pillow": "PIL", "scikit-image": "skimage"}
"""Names to import of packages that have another."""
SPARED = ("openvino", "tensorflow")
"""Packages that are large: only the engine in use is imported, by running the network."""
OPTIONAL = {
    "openvino": "networks run on TensorFlow, at half the speed",
    "pooch": "weights cannot be fetched",
    "requests": "weights cannot be fetched",
    "tensorflow": "nothing can be trained",
}
"""Packages without which the default network still runs (one engine suffices), and what then."""
LITTLE_ROOM = 1e9
"""Bytes of free disk below which the output folder gets a note."""
PATIENCE = 30
"""Seconds that another program has for telling its version."""


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes
    ----------
    name : str
        Of the check.
    state : {'ok', 'note', 'problem'}
    text : str
    remedy : str
        What to do; empty if nothing has to be done.
    details : dict
        The same for programs.
    """

    name: str
    state: str
    text: str
    remedy: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def examine(output: str | Path | None = None) -> Iterator[Finding]:
    """Check this machine, one thing after the other.

    Parameters
    ----------
    output : path, optional
        Folder that results shall go to; default: that of `pycalfin run`.

    Yields
    ------
    Finding
    """
    folder = Path(output or Settings().output)
    checks: dict[str, Callable[[], Finding]] = {
        "Python": _python,
        "pycalfin": _pycalfin,
        "packages": _packages,
        "engine": _engine,
        "bf16": _bf16,
        "network": _network,
        "cache": _cache,
        "GDAL": _gdal,
        "projections": _projections,
        "output": lambda: _output(folder),
        "MATLAB files": _matlab_files,
        "MATLAB": _matlab,
        "Octave": _octave,
        "ISSM": _issm,
        "pyISSM": _pyissm,
    }
    for name, check in checks.items():
        try:
            yield check()
        except PycalfinError as error:
            yield Finding(name, PROBLEM, *_parted(str(error)))
        except Exception as error:  # whatever is broken here is what doctor is for
            what = " ".join(f"{type(error).__name__}: {error}".split())
            yield Finding(name, PROBLEM, f"cannot be checked ({what})", "reinstall pycalfin")


def _parted(sentence: str) -> tuple[str, str]:
    """Part what an error says from what it says to do."""
    text, _, remedy = sentence.rpartition("; ")
    return (text, remedy) if text else (sentence, "reinstall pycalfin")


def _python() -> Finding:
    version, (first, last) = sys.version_info[:2], PYTHONS
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    details = {"version": platform.python_version(), "executable": sys.executable}
    span = f"{first[0]}.{first[1]} to {last[0]}.{last[1]}"
    if version < first:
        return Finding("Python", PROBLEM, text, f"install Python {span}", details)
    if version > last:
        return Finding("Python", NOTE, text, f"pycalfin is made for Python {span}", details)
    return Finding("Python", OK, f"{text}, {sys.executable}", "", details)


def _pycalfin() -> Finding:
    place = Path(pycalfin.__file__).parent
    details = {"version": pycalfin.__version__, "folder": str(place)}
    return Finding("pycalfin", OK, f"{pycalfin.__version__}, {place}", "", details)


def _packages() -> Finding:
    found: dict[str, str | None] = {}
    lacking: list[str] = []
    wrong: list[str] = []
    for name, oldest in PACKAGES.items():
        if name == "tomli" and sys.version_info >= (3, 11):
            continue
        found[name] = version = _version(name)
        if version is None:
            (lacking if name in OPTIONAL else wrong).append(f"{name} is not installed")
        elif oldest and _numbers(version) < _numbers(oldest):
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


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _broken(package: str) -> list[str]:
    """Import a package; what is wrong with it, if anything is."""
    try:
        import_module(IMPORTS.get(package, package))
    except Exception as error:  # a broken library raises anything
        return [f"{package} cannot be imported ({' '.join(str(error).split())})"]
    return []


def _engine() -> Finding:
    chosen = network.choose_engine()
    there = {name: find_spec(name) is not None for name in ("openvino", "tensorflow")}
    details = {"engine": chosen.name, "reason": chosen.reason, "installed": there}
    if not any(there.values()):
        remedy = "python -m pip install openvino tensorflow"
        return Finding("engine", PROBLEM, "nothing runs networks here", remedy, details)
    text = f"{chosen.name} {_version(chosen.name) or ''}".rstrip() + f": {chosen.reason}"
    state, remedy = (OK, "") if chosen.name == "openvino" else (NOTE, "pip install openvino")
    return Finding("engine", state, text, remedy, details)


def _bf16() -> Finding:
    if not engine.available():
        return Finding("bf16", NOTE, "not to be had: it needs OpenVINO", "pip install openvino")
    core = engine.import_openvino().Core()
    fast = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    name = core.get_property("CPU", "FULL_DEVICE_NAME").strip()
    details = {"worthwhile": fast, "processor": name, "processors": os.cpu_count()}
    where = f"{name}, {os.cpu_count()} processors"
    if fast:
        text = f"worth a try with precision = 'bf16': quicker, and inexact ({where})"
    else:
        text = f"gains nothing here: this processor has no such arithmetic ({where})"
    return Finding("bf16", OK, text, "", details)


def _network() -> Finding:
    path, entry = registry.locate(network.DEFAULT)
    digest = registry.digest(path, entry)
    weights.check(path)
    details: dict[str, Any] = {
        "name": network.DEFAULT,
        "path": str(path),
        "sha256": digest,
        "milliseconds": None,
    }
    text = f"'{network.DEFAULT}' is whole ({path})"
    details["milliseconds"] = spent = _timed()
    return Finding("network", OK, f"{text} and runs: {spent} ms for 256 x 256 pixels", "", details)


def _timed(side: int = 256) -> int:
    """Milliseconds for one image, when the network is warm."""
    import numpy as np

    loaded = network.load()
    image = np.zeros((1, side, side, len(loaded.channels)), np.float32)
    loaded.predict(image)
    start = time.perf_counter()
    loaded.predict(image)
    return round(1000 * (time.perf_counter() - start))


def _cache() -> Finding:
    folder = resources.user_cache()
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    details = {"folder": str(folder), "files": len(files), "size": size}
    why = _unwritable(folder)
    if why:
        remedy = "name another folder in PYCALFIN_CACHE"
        text = f"{folder} cannot be written ({why}): no other weights are kept"
        return Finding("cache", NOTE, text, remedy, details)
    what = f"{size / 1e6:.1f} MB in {len(files)} files" if files else "empty"
    return Finding("cache", OK, f"{folder}, {what}", "", details)


def _gdal() -> Finding:
    import pyogrio
    import rasterio

    versions = {
        "rasterio": rasterio.__gdal_version__,
        "pyogrio": pyogrio.__gdal_version_string__,
    }
    text = ", ".join(f"{version} in {name}" for name, version in versions.items())
    lacking = sorted({"GPKG", "ESRI Shapefile", "GeoJSON"} - set(pyogrio.list_drivers()))
    if lacking:
        remedy = "python -m pip install --force-reinstall pyogrio"
        text = f"{text}; pyogrio lacks {', '.join(lacking)}"
        return Finding("GDAL", PROBLEM, text, remedy, versions)
    return Finding("GDAL", OK, text, "", versions)


def _projections() -> Finding:
    """Transform a point with both libraries: each has a table of its own, often led astray."""
    import pyproj
    from rasterio.crs import CRS
    from rasterio.warp import transform

    details = {"proj": pyproj.proj_version_str, "data": pyproj.datadir.get_data_dir()}
    try:
        one = pyproj.Transformer.from_crs(4326, 3413, always_xy=True).transform(-45.0, 77.0)
        other = transform(CRS.from_epsg(4326), CRS.from_epsg(3413), [-45.0], [77.0])
        same = abs(one[0] - other[0][0]) < 1 and abs(one[1] - other[1][0]) < 1
        why = "pyproj and rasterio disagree"
    except Exception as error:  # both raise errors of their own
        same, why = False, " ".join(str(error).split())
    if not same:
        names = [name for name in ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA") if name in os.environ]
        what = " and ".join(names) or "packages of another installation"
        remedy = f"unset {what}" if names else f"remove {what} from PYTHONPATH"
        return Finding("projections", PROBLEM, why, remedy, details)
    text = f"PROJ {pyproj.proj_version_str}; EPSG:3413 in pyproj and in rasterio"
    return Finding("projections", OK, text, "", details)


def _output(folder: Path) -> Finding:
    folder = folder.resolve()
    details: dict[str, Any] = {"folder": str(folder)}
    why = _unwritable(folder)
    if why:
        text = f"{folder} cannot be written ({why})"
        return Finding("output", PROBLEM, text, "choose another --output", details)
    details["free"] = free = shutil.disk_usage(_existing(folder)).free
    text = f"{folder} can be written, {free / 1e9:.1f} GB free"
    if free < LITTLE_ROOM:
        return Finding("output", NOTE, text, "make room, or choose another --output", details)
    return Finding("output", OK, text, "", details)


def _existing(folder: Path) -> Path:
    """Give a folder, or the nearest above it that exists."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _unwritable(folder: Path) -> str:
    """Why a folder cannot be written or made; empty if it can. Nothing is left there."""
    place = _existing(folder)
    try:
        with tempfile.TemporaryFile(dir=place):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _matlab_files() -> Finding:
    folder = resources.folder("matlab")
    config = resources.user_config() / resources.MATLAB_CONFIG
    details: dict[str, Any] = {"folder": str(folder), "python": None}
    if not (folder / "calfin.m").is_file():
        text = f"{folder} lacks calfin.m"
        return Finding("MATLAB files", PROBLEM, text, "reinstall pycalfin", details)
    if config.is_file():
        remedy = "run `pycalfin matlab-path --configure` in the environment that calfin.m shall use"
        try:
            python = str(json.loads(config.read_text(encoding="utf-8"))["python"])
        except (OSError, ValueError, KeyError, TypeError):
            text = f"{config} is damaged: calfin.m will not start"
            return Finding("MATLAB files", PROBLEM, text, remedy, details)
        details["python"] = python
        if shutil.which(python) is None:
            text = f"{config} names {python}, which is not there"
            return Finding("MATLAB files", PROBLEM, text, remedy, details)
        return Finding("MATLAB files", OK, f"{folder}; calfin.m starts {python}", "", details)
    return Finding("MATLAB files", OK, str(folder), "", details)


def _matlab() -> Finding:
    program = shutil.which("matlab")
    engine, why = _matlab_engine()
    details = {"program": program, "engine": engine}
    if program is None and engine is None:
        remedy = "only needed for calfin.m, which runs in Octave, too"
        return Finding("MATLAB", NOTE, "not on the PATH", remedy, details)
    where = program or "not on the PATH"
    if engine is None:
        text = f"{where}; no matlabengine ({why})"
        remedy = (
            "only needed to start MATLAB from Python: python -m pip install matlabengine, in the "
            "version of this MATLAB"
        )
        return Finding("MATLAB", NOTE, text, remedy, details)
    return Finding("MATLAB", OK, f"{where}; matlabengine {engine}", "", details)


def _matlab_engine() -> tuple[str | None, str]:
    """Version of the package matlabengine, or None and what is wrong with it.

    A folder named matlab/ looks like a package too, but has no loader. The engine is imported in
    a process of its own: its libraries do not go together with those that are loaded here.
    """
    spec = find_spec("matlab")
    if spec is None or spec.loader is None or spec.origin is None:
        return None, "not installed"
    try:
        subprocess.run(
            [sys.executable, "-c", "import matlab.engine"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        return None, (error.stderr.strip().splitlines() or ["it does not import"])[-1][:120]
    except (OSError, subprocess.SubprocessError) as error:
        return None, str(error)
    return _version("matlabengine") or "of unknown version", ""


def _octave() -> Finding:
    program = shutil.which("octave-cli") or shutil.which("octave")
    if program is None:
        remedy = "only needed for calfin.m, which runs in MATLAB, too"
        return Finding("Octave", NOTE, "not on the PATH", remedy, {"program": None})
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=PATIENCE, check=True
        ).stdout
        version = re.search(r"version (\S+)", said)
        details = {"program": program, "version": version[1] if version else None}
    except (OSError, subprocess.SubprocessError) as error:
        text = f"{program} does not start ({error})"
        return Finding("Octave", NOTE, text, "reinstall Octave", {"program": program})
    text = f"{details['version'] or 'unknown version'}, {program}"
    if version and int(version[1].split(".")[0]) < 7:
        return Finding("Octave", NOTE, text, "calfin.m needs Octave 7 or later", details)
    return Finding("Octave", OK, text, "", details)


def _issm() -> Finding:
    given = os.environ.get("ISSM_DIR", "")
    details = {"folder": given or None}
    if not given:
        remedy = "only needed to run the model; contours are made without it"
        return Finding("ISSM", NOTE, "ISSM_DIR is not set", remedy, details)
    if not Path(given).is_dir():
        text = f"ISSM_DIR is {given}, which is no folder"
        return Finding("ISSM", NOTE, text, "set it to the folder of ISSM, or unset it", details)
    return Finding("ISSM", OK, given, "", details)


def _pyissm() -> Finding:
    """Import pyISSM in a process of its own: it is slow, and talks."""
    version = _version("pyissm")
    details: dict[str, Any] = {"version": version}
    if version is None:
        remedy = "only needed for pycalfin.issm.apply: python -m pip install pyissm"
        return Finding("pyISSM", NOTE, "not installed", remedy, details)
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", "import pyissm"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        why = (done.stderr.strip().splitlines() or [""])[-1][:120] if done.returncode else ""
    except (OSError, subprocess.SubprocessError) as error:
        why = str(error)
    if why:
        remedy = (
            "it needs the environment variable USER"
            if "USER" not in os.environ
            else ("python -m pip install --force-reinstall pyissm")
        )
        return Finding(
            "pyISSM", NOTE, f"{version}, but it does not import ({why})", remedy, details
        )
    return Finding("pyISSM", OK, version, "", details)
