"""Conditions that make an image difficult: SLC-off stripes, and notes from a conditions file.

SLC-off follows from sensor and date. A conditions file is CSV with these columns:

- `image`: name, with or without extension;
- `conditions`: words separated by ';';
- `metres` (optional): ground metres per pixel, for images without a georeference.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pycalfin.errors import SettingsError
from pycalfin.front.finish import SLC_OFF_DATE
from pycalfin.textfile import read_text

SLC_OFF = "SLC-off"
SUGGESTED = ("SLC-off", "melange", "ice tongue", "shadow", "light cloud")
"""Conditions by which CALFIN's authors sort images; any other word is allowed."""


@dataclass(frozen=True)
class Note:
    """The entry of an image in a conditions file.

    Attributes
    ----------
    conditions : tuple of str
    metres : float or None
    """

    conditions: tuple[str, ...] = ()
    metres: float | None = None


def is_slc_off(sensor: str, date: str) -> bool:
    """Return True for Landsat 7 after its scan-line corrector failed.

    Examples
    --------
    >>> is_slc_off("LE07", "2003-06-01"), is_slc_off("LE07", "2003-05-31")
    (True, False)
    """
    return sensor == "LE07" and date > SLC_OFF_DATE


def read_conditions(path: str | Path, images: Iterable[str]) -> dict[str, Note]:
    """Read a conditions file.

    Parameters
    ----------
    path : path
    images : iterable of str
        Names of the images to validate.

    Returns
    -------
    dict of str to Note
        Notes by image name.

    Raises
    ------
    SettingsError
        If the file cannot be read, lacks a column, holds a bad number, or names none of the
        images.
    """
    try:
        reader = csv.DictReader(io.StringIO(read_text(Path(path))))
        missing = {"image", "conditions"} - set(reader.fieldnames or ())
        rows = list(reader)
    except (OSError, csv.Error) as error:
        raise SettingsError(
            f"{path}: cannot be read as CSV ({error}); check --conditions"
        ) from error
    if missing:
        raise SettingsError(
            f"{path}: no column {' and no column '.join(sorted(missing))}; "
            "expected the columns image,conditions"
        )
    notes = {_stem(row["image"] or ""): _note(path, row) for row in rows}
    known = {name: notes[_stem(name)] for name in images if _stem(name) in notes}
    if rows and not known:
        raise SettingsError(
            f"{path}: names none of the images (its first is {rows[0]['image']!r}); "
            "use the images' file names"
        )
    return known


def _stem(name: str) -> str:
    path = Path(name.strip())
    return path.stem if path.suffix.lower() in (".png", ".tif", ".tiff", ".jpg") else path.name


def _note(path: str | Path, row: dict[str, str | None]) -> Note:
    words = (word.strip() for word in (row["conditions"] or "").split(";"))
    text = (row.get("metres") or "").strip()
    try:
        metres = float(text) if text else None
    except ValueError:
        metres = -1.0
    if metres is not None and not 0 < metres < float("inf"):
        raise SettingsError(f"{path}: metres of {row['image']} is {text!r}; expected a number > 0")
    return Note(tuple(word for word in words if word), metres)
