"""Read properties of a scene from Landsat's metadata files (MTL) of all versions."""

from __future__ import annotations

import re
from dataclasses import replace

from pycalfin.records import Identity
from pycalfin.scene.dates import only_date
from pycalfin.scene.names import identify

MTL_END = "_mtl.txt"
DATES = ("DATE_ACQUIRED", "ACQUISITION_DATE")
TIMES = ("SCENE_CENTER_TIME", "SCENE_CENTER_SCAN_TIME")
ROWS = ("WRS_ROW", "STARTING_ROW")
"""Keys of entries; the last is the one used before August 2012."""
_SPACECRAFT = re.compile(r"LANDSAT_?(\d)")
_FAMILIES = {"OLI_TIRS": "LC", "OLI": "LO", "TIRS": "LT", "ETM": "LE", "TM": "LT", "MSS": "LM"}


def is_mtl(name: str) -> bool:
    """Return True for the name of an MTL file."""
    return name.lower().endswith(MTL_END)


def identity_from_mtl(text: str, identity: Identity) -> Identity:
    """Complete an identity with an MTL file.

    Parameters
    ----------
    text : str
        Content of the file; '' changes nothing.
    identity : Identity
        Identity from the file's name, which takes precedence if it gives the sensor.
    """
    values = parse_mtl(text)
    if not values:
        return identity
    product = values.get("LANDSAT_PRODUCT_ID") or values.get("LANDSAT_SCENE_ID") or ""
    named = identify(product)
    known = identity if identity.sensor or not named.sensor else replace(named, band="")
    time = re.match(r"\d{2}:\d{2}:\d{2}", _first(values, TIMES))
    path, row = values.get("WRS_PATH", ""), _first(values, ROWS)
    pathrow = f"{int(path):03d}-{int(row):03d}" if path.isdecimal() and row.isdecimal() else ""
    sensor = known.sensor or _sensor_from_mtl(values)
    if re.match(r"L[1-57]", identity.name):
        # file names before 2012 give the satellite only, and metadata the instrument
        sensor = _sensor_from_mtl(values) or sensor
    return replace(
        known,
        sensor=sensor,
        kind="optical" if sensor else known.kind,
        date=known.date or only_date(_first(values, DATES)),
        time=time[0] if time else known.time,
        level=known.level or values.get("PROCESSING_LEVEL") or values.get("DATA_TYPE", ""),
        pathrow=known.pathrow or pathrow,
        tier=known.tier or values.get("COLLECTION_CATEGORY", ""),
    )


def _first(values: dict[str, str], keys: tuple[str, ...]) -> str:
    return next((values[key] for key in keys if key in values), "")


def _sensor_from_mtl(values: dict[str, str]) -> str:
    craft = _SPACECRAFT.search(values.get("SPACECRAFT_ID", "").upper())
    family = _FAMILIES.get(values.get("SENSOR_ID", "").upper().strip("+"))
    return f"{family}0{craft[1]}" if craft and family else ""


def parse_mtl(text: str) -> dict[str, str]:
    """Read the `KEY = value` lines of an MTL file; groups are flattened.

    Examples
    --------
    >>> parse_mtl('GROUP = A\\n  DATE_ACQUIRED = 2016-06-30\\n  SENSOR_ID = "OLI_TIRS"\\n')
    {'DATE_ACQUIRED': '2016-06-30', 'SENSOR_ID': 'OLI_TIRS'}
    """
    values: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and key.strip() not in ("GROUP", "END_GROUP"):
            values.setdefault(key.strip(), value.strip().strip('"'))
    return values
