"""Lines and polygons of vector files, with those of their fields that say something of a front."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date as Date
from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import FrontsError
from pycalfin.vectors.read import Shape, read_layer

FIELDS = {
    "date": ("date",),
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
"""Fields of a front, and the names that files give them, in small letters; the first counts."""
SCHEMA_ITEM = "PYCALFIN_SCHEMA"
"""Metadata item of GeoPackages that pycalfin wrote."""
SCHEMA_FIELDS = {"frontid", "schema"}
"""Fields of shapefiles that pycalfin wrote."""
FLAGS = dict.fromkeys(("1", "1.0", "true", "yes", "y", "t"), True) | dict.fromkeys(
    ("0", "0.0", "false", "no", "n", "f"), False
)
"""Words for yes and no."""
_DATE = re.compile(r"(\d{4})[-/._]?(\d{2})[-/._]?(\d{2})(?!\d)")


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
    """

    path: Path
    crs: str | None
    geometries: list[BaseGeometry | None]
    rows: list[dict[str, Any]] = field(default_factory=list)
    ours: bool = False


def read_features(path: Path, name: str | None = None, shape: Shape = "LineString") -> Layer:
    """Read a layer: by default the first with geometries of a shape, else the first.

    Raises
    ------
    FrontsError
        If the file cannot be read.
    """
    layer = read_layer(path, FrontsError, name=name, shape=shape)
    table = {field.lower(): column for field, column in layer.fields.items()}
    rows = [_row(table, number) for number in range(len(layer.geometries))]
    ours = SCHEMA_ITEM in layer.metadata or set(table) >= SCHEMA_FIELDS
    return Layer(path, layer.crs, layer.geometries, rows, ours)


def _row(table: dict[str, Any], number: int) -> dict[str, Any]:
    row = {}
    for name, aliases in FIELDS.items():
        for alias in aliases:
            if alias in table and not _missing(value := table[alias][number]):
                typed = _typed(name, value.item() if isinstance(value, np.generic) else value)
                if typed is not None:
                    row[name] = typed
                break
    return row


def _missing(value: Any) -> bool:
    return value is None or value == "" or value != value


def _typed(name: str, value: Any) -> Any:
    """Give a value its type; None where the field means something else than that of a front."""
    if name == "date":
        return read_date(str(value))
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
    """Find a date, YYYY-MM-DD, in a text; '' if there is none.

    Examples
    --------
    >>> read_date("2016/06/30"), read_date("Helheim_20160630"), read_date("summer")
    ('2016-06-30', '2016-06-30', '')
    """
    for found in _DATE.finditer(text):
        try:
            return Date(*(int(part) for part in found.groups())).isoformat()
        except ValueError:
            continue
    return ""
