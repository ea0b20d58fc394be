"""Checks of optional programs and packages: MATLAB, Octave, ISSM, pyISSM and TensorFlow."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pycalfin import resources
from pycalfin.doctor.finding import NOTE, OK, PROBLEM, Finding, installed_version, numbers_in
from pycalfin.network.engine import INSTALL

OLDEST_TENSORFLOW = "2.17"
"""Minimum version, as in the extra `train` of setup.cfg."""
PATIENCE = 30
"""Seconds to wait for another program."""


def check_matlab_files() -> Finding:
    """Look for calfin.m, and for the Python that it starts."""
    folder = resources.folder("matlab")
    config = resources.user_config() / resources.MATLAB_CONFIG
    details: dict[str, Any] = {"folder": str(folder), "python": None}
    if not (folder / "calfin.m").is_file():
        text = f"{folder} lacks calfin.m"
        return Finding("MATLAB files", PROBLEM, text, "reinstall pycalfin", details)
    if config.is_file():
        remedy = "run `pycalfin matlab-path --configure` in the environment that calfin.m is to use"
        try:
            python = str(json.loads(config.read_text(encoding="utf-8"))["python"])
        except (OSError, ValueError, KeyError, TypeError):
            text = f"{config} is damaged: calfin.m will not start"
            return Finding("MATLAB files", PROBLEM, text, remedy, details)
        details["python"] = python
        if shutil.which(python) is None:
            text = f"{config} names {python}, which does not exist"
            return Finding("MATLAB files", PROBLEM, text, remedy, details)
        return Finding("MATLAB files", OK, f"{folder}; calfin.m starts {python}", "", details)
    return Finding("MATLAB files", OK, str(folder), "", details)


def check_matlab() -> Finding:
    """Look for MATLAB and its engine."""
    program = shutil.which("matlab")
    engine, why = _matlab_engine()
    details = {"program": program, "engine": engine}
    if program is None and engine is None:
        remedy = "only needed for calfin.m, which also runs in Octave"
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
    """Return the version of matlabengine and '', or None and the reason.

    A folder named matlab/ also looks like a package, but has no loader. The engine is imported in
    another process, because its libraries clash with those loaded here.
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
    return installed_version("matlabengine") or "of unknown version", ""


def check_octave() -> Finding:
    """Look for Octave."""
    program = shutil.which("octave-cli") or shutil.which("octave")
    if program is None:
        remedy = "only needed for calfin.m, which also runs in MATLAB"
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


def check_issm() -> Finding:
    """Look for ISSM."""
    given = os.environ.get("ISSM_DIR", "")
    details = {"folder": given or None}
    if not given:
        remedy = "only needed to run the model; contours are made without it"
        return Finding("ISSM", NOTE, "ISSM_DIR is not set", remedy, details)
    if not Path(given).is_dir():
        text = f"ISSM_DIR is {given}, which is not a folder"
        return Finding("ISSM", NOTE, text, "set it to the folder of ISSM, or unset it", details)
    return Finding("ISSM", OK, given, "", details)


def check_pyissm() -> Finding:
    """Import pyISSM in another process, because it is slow and prints messages."""
    version = installed_version("pyissm")
    details: dict[str, Any] = {"version": version}
    if version is None:
        remedy = "only needed for pycalfin.issm.apply: pip install 'pycalfin[issm]'"
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


def check_training() -> Finding:
    """Look for TensorFlow without importing it, which takes seconds."""
    version = installed_version("tensorflow")
    details = {"version": version}
    if version is None:
        remedy = f"only needed for pycalfin train and custom networks: {INSTALL}"
        return Finding("training", NOTE, "TensorFlow is not installed", remedy, details)
    if numbers_in(version) < numbers_in(OLDEST_TENSORFLOW):
        text = f"TensorFlow {version} is older than {OLDEST_TENSORFLOW}"
        return Finding("training", NOTE, text, f"{INSTALL} --upgrade", details)
    return Finding("training", OK, f"TensorFlow {version}", "", details)
