"""Lines and polygons of vector files, with those of their fields that say something of a front."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date as Date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import FrontsError
from pycalfin.files import plain_path
from pycalfin.geo import crs_name
from pycalfin.scene.domain import URL_CHARACTERS

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


def layer_names(path: Path) -> list[str]:
    """Names of the layers with geometries."""
    import pyogrio

    with _reading(path), plain_path(path, URL_CHARACTERS) as plain:
        return [str(name) for name, kind in pyogrio.list_layers(plain) if kind is not None]


def read_layer(path: Path, name: str | None = None) -> Layer:
    """Read a layer, by default the first one.

    Raises
    ------
    FrontsError
        If the file cannot be read.
    """
    import pyogrio

    with _reading(path), plain_path(path, URL_CHARACTERS) as plain:
        chosen = name or next(iter(layer_names(path)), None)
        if chosen is None:
            raise FrontsError(f"{path}: no geometries in it; expected lines, the fronts")
        meta, _, wkb, columns = pyogrio.raw.read(plain, layer=chosen, force_2d=True)
        about = pyogrio.read_info(plain, layer=chosen)["dataset_metadata"] or {}
    names = [str(item).lower() for item in meta["fields"]]
    table = dict(zip(names, columns, strict=True))
    rows = [_row(table, number) for number in range(len(wkb))]
    ours = SCHEMA_ITEM in about or set(names) >= SCHEMA_FIELDS
    crs = crs_name(meta["crs"]) if meta["crs"] else None
    return Layer(path, crs, [_geometry(item) for item in wkb], rows, ours)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what the reader raises into one sentence, and keep its warnings quiet."""
    import pyogrio.errors as known

    kinds = (known.DataSourceError, known.DataLayerError, known.FeatureError, known.FieldError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (*kinds, known.GeometryError) as error:
        why = (str(error).splitlines() or [""])[0].replace(str(path), "")[:100].strip(" ;:'")
        raise FrontsError(
            f"{path}: cannot be read ({why}); give a run's folder, a GeoPackage, a shapefile or an "
            ".exp file"
        ) from error


def _geometry(wkb: bytes | None) -> BaseGeometry | None:
    return None if wkb is None else shapely.force_2d(shapely.from_wkb(wkb))


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
