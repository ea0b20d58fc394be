"""The calibration of a network: what turns its predictions into confidence and uncertainty.

The constants belong to one training, so they are stored with its weights: as attributes of the
group `calibration` of the weights file, with the data that they were fitted on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pycalfin.errors import WeightsError
from pycalfin.network.h5file import text_of

if TYPE_CHECKING:
    import h5py

GROUP = "calibration"
"""Group of the weights file."""
VERSION = 2
"""Version of what is fitted: of plausibility and deviation in `pycalfin.front.confidence`. It
increases if the same constants would give another confidence or uncertainty."""
LIMITS = {"even_plausibility": 1.0, "plausibility_scale": 1.0, "deviation": 100.0, "exponent": 10.0}
"""Upper limits of the constants, which are all positive."""
MOST_COUNTED = 10**12
"""Upper limit of the numbers of images and vertices."""
LONGEST_TEXT = 2000
"""Characters: longest text of all names of data."""
LONGEST_SHOWN = 40
"""Characters of a wrong value in an error."""
SEPARATOR = ", "
"""Text between two names of data in the file."""
REMEDY = "fit it again, or remove the group 'calibration' to use the weights without one"
"""Remedy for a calibration that cannot be used."""


@dataclass(frozen=True)
class Calibration:
    """Constants of confidence and uncertainty, fitted on images that the network had not seen.

    Parameters
    ----------
    even_plausibility : float
        Plausibility of a line that is as often a front as not.
    plausibility_scale : float
        Change of plausibility that changes the odds e-fold.
    deviation : float
        Deviation of a vertex on a certain edge, one pixel wide, before certain ocean; pixels of the
        view.
    exponent : float
        Power of the ridge's width over what is certain, with which the deviation grows.
    data : sequence of str
        Names of the sets of images that the constants were fitted on.
    images : int
        Number of these images.
    vertices : int or None
        Number of vertices whose errors were measured; None if not recorded.

    Raises
    ------
    ValueError
        If a value is not possible; the error lists every problem.
    """

    even_plausibility: float
    plausibility_scale: float
    deviation: float
    exponent: float
    data: Sequence[str]
    images: int
    vertices: int | None = None

    def __post_init__(self) -> None:
        problems = [
            f"{name} is {_shown(value)}; expected a number above 0 and at most {most:g}"
            for name, most in LIMITS.items()
            if not _is_number(value := getattr(self, name)) or not 0 < value <= most
        ]
        counts = {"images": self.images}
        if self.vertices is not None:
            counts["vertices"] = self.vertices
        problems += [
            f"{name} is {_shown(value)}; expected a whole number from 1 to {MOST_COUNTED:g}"
            for name, value in counts.items()
            if not _is_number(value) or value != int(value) or not 1 <= value <= MOST_COUNTED
        ]
        problems += _text_problems(self.data)
        if problems:
            raise ValueError("; ".join(problems))
        for name in LIMITS:
            object.__setattr__(self, name, float(getattr(self, name)))
        for name, value in counts.items():
            object.__setattr__(self, name, int(value))
        object.__setattr__(self, "data", tuple(self.data))


def _is_number(value: Any) -> bool:
    """Return True for a finite number; truth values are none."""
    number = isinstance(value, (int, float, np.integer, np.floating))
    return number and not isinstance(value, bool) and math.isfinite(value)


def _text_problems(data: Sequence[str]) -> list[str]:
    names = list(data) if isinstance(data, Sequence) and not isinstance(data, str) else []
    if not names:
        return [f"data is {_shown(data)}; expected the names of the sets of images"]
    text = SEPARATOR.join(names)
    if len(text) > LONGEST_TEXT:
        return [f"data has {len(text)} characters; expected at most {LONGEST_TEXT}"]
    odd = [name for name in names if not name.strip() or "," in name or not name.isprintable()]
    return [f"data holds {_shown(odd[0])}; expected a name without comma"] if odd else []


def write(file: h5py.File, calibration: Calibration) -> None:
    """Store a calibration in an open weights file, in place of the one that it has.

    Parameters
    ----------
    file : h5py.File
        Open for writing.
    calibration : Calibration
    """
    if GROUP in file:
        del file[GROUP]
    attributes = file.create_group(GROUP, track_order=True).attrs
    attributes["version"] = VERSION
    for item in fields(Calibration):
        value = getattr(calibration, item.name)
        if value is not None:
            attributes[item.name] = SEPARATOR.join(value) if item.name == "data" else value


def read(path: Path, file: h5py.File) -> Calibration | None:
    """Read the calibration of an open weights file; None if it has none.

    Parameters
    ----------
    path : Path
        Of the file, for errors.
    file : h5py.File

    Returns
    -------
    Calibration or None

    Raises
    ------
    WeightsError
        If a value is missing, of another type, not finite or out of range, or if the constants
        were fitted for another version.
    """
    import h5py

    if GROUP not in file:
        return None
    group = file[GROUP]
    if not isinstance(group, h5py.Group):
        raise _unusable(path, "it is not a group of attributes")
    optional = {item.name for item in fields(Calibration) if item.default is not MISSING}
    names = ["version", *(item.name for item in fields(Calibration))]
    missing = [name for name in names if name not in group.attrs and name not in optional]
    if missing:
        raise _unusable(path, f"{', '.join(missing)} missing")
    values = {name: _single(path, group, name) for name in names if name in group.attrs}
    version = values.pop("version")
    if not _is_number(version) or version != VERSION:
        raise _unusable(path, f"it has version {_shown(version)} instead of {VERSION}")
    if isinstance(values["data"], str):
        values["data"] = values["data"].split(SEPARATOR)
    try:
        return Calibration(**values)
    except ValueError as error:
        raise _unusable(path, str(error)) from error


def _single(path: Path, group: h5py.Group, name: str) -> Any:
    """Read an attribute that is a single, short value."""
    about = group.attrs.get_id(name)
    if about.shape != () or about.dtype.itemsize > LONGEST_TEXT:
        raise _unusable(path, f"{name} is not a single value")
    value = group.attrs[name]
    if isinstance(value, str | bytes):
        return text_of(value)
    if isinstance(value, np.integer | np.floating):
        return value.item()
    raise _unusable(path, f"{name} is neither a number nor a text")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _unusable(path: Path, problem: str) -> WeightsError:
    return WeightsError(f"{path}: its calibration cannot be used: {problem}; {REMEDY}")
