"""The result of a check of the installation, and helpers that several checks share."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

OK, NOTE, PROBLEM = "ok", "note", "problem"


@dataclass(frozen=True)
class Finding:
    """The result of a check.

    Attributes
    ----------
    name : str
        Name of the check.
    state : {'ok', 'note', 'problem'}
    text : str
    remedy : str
        Advice; empty if nothing has to be done.
    details : dict
        The result for programs.
    """

    name: str
    state: str
    text: str
    remedy: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def installed_version(package: str) -> str | None:
    """Return the version of an installed package; None if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def numbers_in(version: str) -> tuple[int, ...]:
    """Return the first three numbers of a version, for comparing."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def existing_folder(folder: Path) -> Path:
    """Return a folder if it exists, else its nearest existing parent."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def why_unwritable(folder: Path) -> str:
    """Return the reason why a folder cannot be written or made; '' if it can be."""
    place = existing_folder(folder)
    try:
        with tempfile.TemporaryFile(dir=place):
            return ""
    except OSError as error:
        return error.strerror or str(error)
