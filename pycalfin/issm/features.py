"""Lines and polygons of vector files, with the fields that describe a front."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import FrontsError
from pycalfin.scene.datefields import Dated, find_dates, is_missing
from pycalfin.scene.dates import FIRST_MAP, clock, is_date, only_date
from pycalfin.scene.names import identify
from pycalfin.vectors.read import Shape, read_layer

FIELDS = {
    "time": ("time",),
    "scene": ("scene", "imageid"),
    "domain": ("domain", "refname", "name", "glacierid"),
    "subset": ("subset",),
    "number": ("number",),
    "confidence": ("confidence", "confid"),
    "quality": ("quality", "qualflag"),
    "partial": ("partial",),
    "synthetic": ("synthetic",),
    "sensor": ("sensor", "satellite"),
    "network": ("network",),
    "id": ("id", "frontid"),
}
"""Attributes of a front (except its date) and the names of fields that hold them, in lower case.
The first field found is used."""
MIDNIGHT = "00:00:00"
"""A date with this time counts as a date without a time."""
SCHEMA_ITEM = "PYCALFIN_SCHEMA"
"""Metadata item that marks GeoPackages written by pycalfin."""
SCHEMA_FIELDS = {"frontid", "schema"}
"""Fields that mark shapefiles written by pycalfin."""
FLAGS = dict.fromkeys(("1", "1.0", "true", "yes", "y", "t"), True) | dict.fromkeys(
    ("0", "0.0", "false", "no", "n", "f"), False
)
"""Words for true and false."""
_TIME = re.compile(r"(?<!\d)\d{2}:\d{2}(?::\d{2})?(?!\d)")


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer of a vector file.

    Parameters
    ----------
    path : Path
    crs : str or None
    geometries : list of shapely geometry or None
    rows : list of dict
        For each geometry the attributes of a Front that the file holds.
    ours : bool
        True if pycalfin wrote the file: the ocean then lies on the left of its lines.
    fields : tuple of str
        Names of the file's fields.
    dates : Dated
        Dates found in the fields.
    """

    path: Path
    crs: str | None
    geometries: list[BaseGeometry | None]
    rows: list[dict[str, Any]] = field(default_factory=list)
    ours: bool = False
    fields: tuple[str, ...] = ()
    dates: Dated = field(default_factory=lambda: Dated(()))


def read_features(path: Path, name: str | None = None, shape: Shape = "LineString") -> Layer:
    """Read a layer. Default: the first with geometries of `shape`, else the first of all.

    Raises
    ------
    FrontsError
        If the file cannot be read.
    """
    layer = read_layer(path, FrontsError, name=name, shape=shape)
    table = {name.lower(): column for name, column in layer.fields.items()}
    rows = [_row(table, number) for number in range(len(layer.geometries))]
    ours = SCHEMA_ITEM in layer.metadata or set(table) >= SCHEMA_FIELDS
    dates = _date(rows, layer.fields, ours)
    names = tuple(layer.fields)
    return Layer(path, layer.crs, layer.geometries, rows, ours, names, dates)


def _row(table: dict[str, Any], number: int) -> dict[str, Any]:
    row = {}
    for name, aliases in FIELDS.items():
        for alias in aliases:
            if alias in table and not is_missing(value := table[alias][number]):
                typed = _typed(name, value.item() if isinstance(value, np.generic) else value)
                if typed is not None:
                    row[name] = typed
                break
    return row


def _date(rows: list[dict[str, Any]], fields: dict[str, Any], ours: bool) -> Dated:
    """Add dates and times to the rows; without a date field, use the date in the scene's name."""
    if ours:
        column = next((values for name, values in fields.items() if name.lower() == "date"), ())
        for row, value in zip(rows, column, strict=False):
            row["date"] = str(value) if is_date(str(value)) else ""
        return Dated((None,) * len(rows), "date")
    found = find_dates(fields, len(rows))
    for row, moment in zip(rows, found.moments, strict=True):
        if moment is None:
            row["date"] = identify(row.get("scene", "")).date
            continue
        row["date"] = moment.date
        if moment.time not in (None, MIDNIGHT):
            row.setdefault("time", moment.time)
    return found


def _typed(name: str, value: Any) -> Any:
    """Convert a value to its type; return None if the field must mean something else."""
    if name == "time":
        found = _TIME.search(str(value))
        return clock(found[0]) if found else None
    if name in ("partial", "synthetic"):
        return _flag(name, value)
    if name not in ("number", "quality", "confidence"):
        return str(value)
    try:
        return float(value) if name == "confidence" else int(value)
    except ValueError:
        return None


def _flag(name: str, value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in FLAGS:
        raise FrontsError(
            f"the field {name} holds {str(value)[:40]!r}; expected 0 or 1: rename the field if it "
            "means something else"
        )
    return FLAGS[word]


def read_date(text: str) -> str:
    """Return the date in a text as YYYY-MM-DD; '' if there is none, or several that differ.

    Examples
    --------
    >>> read_date("2016/06/30"), read_date("Helheim_20160630"), read_date("summer")
    ('2016-06-30', '2016-06-30', '')
    """
    return only_date(text, FIRST_MAP)
