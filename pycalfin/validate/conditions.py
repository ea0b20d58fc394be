"""What makes an image hard: SLC-off stripes, which its date tells, and what a person noted.

A conditions file is CSV with the columns `image` (name, with or without extension) and
`conditions` (words separated by ';'), and perhaps `metres` (ground metres per pixel, of images
without a georeference).
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
"""Words that CALFIN's authors sort images by; any other will do."""


@dataclass(frozen=True)
class Note:
    """What a conditions file says of an image.

    Attributes
    ----------
    conditions : tuple of str
    metres : float or None
    """

    conditions: tuple[str, ...] = ()
    metres: float | None = None


def is_slc_off(sensor: str, date: str) -> bool:
    """Tell Landsat 7 after its scan-line corrector failed.

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
        Names of the images, to compare.

    Returns
    -------
    dict of str to Note
        By the images' names.

    Raises
    ------
    SettingsError
        If it cannot be read, lacks a column, holds a bad number, or names none of the images.
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
            f"{path}: no column {' and none '.join(sorted(missing))}; expected image,conditions"
        )
    notes = {_stem(row["image"] or ""): _note(path, row) for row in rows}
    known = {name: notes[_stem(name)] for name in images if _stem(name) in notes}
    if rows and not known:
        raise SettingsError(f"{path}: names none of the images; its first is {rows[0]['image']!r}")
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
