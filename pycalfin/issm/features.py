"""Lines and polygons of vector files, with those of their fields that say something of a front."""

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
"""Fields of a front but its date, and the names that files give them, in small letters; the first
counts."""
MIDNIGHT = "00:00:00"
"""A date with this time is one without."""
SCHEMA_ITEM = "PYCALFIN_SCHEMA"
"""Metadata item of GeoPackages that pycalfin wrote."""
SCHEMA_FIELDS = {"frontid", "schema"}
"""Fields of shapefiles that pycalfin wrote."""
FLAGS = dict.fromkeys(("1", "1.0", "true", "yes", "y", "t"), True) | dict.fromkeys(
    ("0", "0.0", "false", "no", "n", "f"), False
)
"""Words for yes and no."""
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
        Values by the names of a Front's fields; only those that the file has.
    ours : bool
        Written by pycalfin: in its lines the ocean lies on the left.
    fields : tuple of str
        Names of the file's fields.
    dates : Dated
        What they say of dates.
    """

    path: Path
    crs: str | None
    geometries: list[BaseGeometry | None]
    rows: list[dict[str, Any]] = field(default_factory=list)
    ours: bool = False
    fields: tuple[str, ...] = ()
    dates: Dated = field(default_factory=lambda: Dated(()))


def read_features(path: Path, name: str | None = None, shape: Shape = "LineString") -> Layer:
    """Read a layer: by default the first with geometries of a shape, else the first.

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
    """Put dates, and times that come with them, into rows; a scene's name may tell its date."""
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
    """Give a value its type; None where the field means something else than that of a front."""
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
            f"the field {name} is {str(value)[:40]!r}; expected 0 or 1: rename the field if it "
            "means something else"
        )
    return FLAGS[word]


def read_date(text: str) -> str:
    """Find the one date, YYYY-MM-DD, in a text; '' if there is none, or several that differ.

    Examples
    --------
    >>> read_date("2016/06/30"), read_date("Helheim_20160630"), read_date("summer")
    ('2016-06-30', '2016-06-30', '')
    """
    return only_date(text, FIRST_MAP)
