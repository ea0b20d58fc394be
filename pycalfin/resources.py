"""Folders of the data that ship with pycalfin, of the user's configuration and of the cache."""

from __future__ import annotations

import os
from pathlib import Path

MATLAB_CONFIG = "matlab.json"
"""File in the user's configuration folder that tells calfin.m which Python to start."""


def folder(name: str) -> Path:
    """Find a data folder that ships with the package.

    In a wheel, `weights/` and `matlab/` lie inside the package; in a checkout or an editable
    install, they lie next to it.

    Parameters
    ----------
    name : str
        'weights' or 'matlab'.

    Returns
    -------
    Path
        An existing folder.

    Raises
    ------
    FileNotFoundError
        If the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / name, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(
        f"{package / name}: this installation of pycalfin lacks its {name} folder; reinstall it"
    )


def user_config() -> Path:
    """Return the folder of the user's configuration, which may not exist yet.

    Returns
    -------
    Path
        %APPDATA%/pycalfin on Windows, else $XDG_CONFIG_HOME/pycalfin or ~/.config/pycalfin.
    """
    base = os.environ.get("APPDATA" if os.name == "nt" else "XDG_CONFIG_HOME", "")
    return (Path(base) if base else Path.home() / ".config") / "pycalfin"


def user_cache() -> Path:
    """Return the folder for files that can be made or downloaded again; it may not exist yet.

    Returns
    -------
    Path
        $PYCALFIN_CACHE, else %LOCALAPPDATA%/pycalfin on Windows, else $XDG_CACHE_HOME/pycalfin or
        ~/.cache/pycalfin.
    """
    given = os.environ.get("PYCALFIN_CACHE", "")
    if given:
        return Path(given)
    base = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "pycalfin"
