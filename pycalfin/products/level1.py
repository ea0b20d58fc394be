"""Level-1 shapefiles in CALFIN's layout: termini as lines, and as polygons closed over the ocean.

CALFIN's 14 attributes come first, with its names, order and types (Cheng et al. 2021). Attributes
of pycalfin follow. Each domain has one pair of files. Results without a georeference are left out,
because their latitude and longitude are unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from pycalfin import geo
from pycalfin.products.order import Group, fronts_of, mean_uncertainty, newest_date, polygons_of
from pycalfin.products.schema import AUTHOR, LEVEL1, LEVEL1_CLOSED, SCHEMA_VERSION, Column
from pycalfin.products.table import cut_text, stamped, write_layer, written_aside
from pycalfin.records import Front
from pycalfin.results import PairResult

FOLDER = "level-1_shapefiles-domain-termini"
"""Name of the folder, as in CALFIN."""
FILE_VERSION = "v1.0"
"""Version of CALFIN's level-1 layout, part of the file names."""
SQUARE_KM = 1e6
"""Square metres per square kilometre."""
_NAMES = ("GrnlndcN", "OfficialN", "AltName", "RefName")


def write_level1(folder: Path, groups: Sequence[Group]) -> None:
    """Write the open and the closed shapefile of each domain.

    Parameters
    ----------
    folder : Path
        An empty folder.
    groups : sequence of Group
        One per domain (`order.by_domain`).
    """
    for group in groups:
        stem = f"termini_{_years(group)}_{group.name}"
        lines = [(_row(pair), LineString(pair[1].xy)) for pair in fronts_of(group.results)]
        _write(folder / f"{stem}_{FILE_VERSION}.shp", "LineString", group, LEVEL1, lines)
        closed = [item for result in group.results for item in _closed(result)]
        _write(
            folder / f"{stem}_closed_{FILE_VERSION}.shp", "Polygon", group, LEVEL1_CLOSED, closed
        )


def _years(group: Group) -> str:
    """Return first and last year of the fronts, or of the scenes if there are no fronts."""
    dates = [front.date for _, front in fronts_of(group.results)]
    dates = dates or [result.date for result in group.results]
    years = sorted(date[:4] or "0000" for date in dates)
    return f"{years[0]}-{years[-1]}"


def _write(
    path: Path,
    geometry_type: str,
    group: Group,
    columns: Sequence[Column],
    items: Sequence[tuple[dict[str, Any], BaseGeometry]],
) -> None:
    changed = newest_date(group.results)
    with stamped(changed), written_aside(path) as plain:
        write_layer(
            plain,
            plain.stem,
            "ESRI Shapefile",
            geometry_type,
            group.crs,
            columns,
            [row for row, _ in items],
            [geometry for _, geometry in items],
            encoding="UTF-8",
            layer_options={"DBF_DATE_LAST_UPDATE": changed},
        )


def _row(pair: tuple[PairResult, Front]) -> dict[str, Any]:
    result, front = pair
    centre = LineString(front.xy).interpolate(0.5, normalized=True)
    return {
        **_identity(result, centre, str(front.crs)),
        "QualFlag": front.quality,
        "Number": front.number,
        "Confid": front.confidence,
        "Uncert_m": mean_uncertainty(front),
        "Partial": int(front.partial),
        "Synthetic": int(front.synthetic),
        "Length_m": geo.ground_length(front.xy, front.crs),
        "FrontID": front.id,
    }


def _closed(result: PairResult) -> list[tuple[dict[str, Any], Polygon]]:
    """Return the ocean polygons that border on fronts, with their attributes.

    If several fronts border on a polygon, it gets the number of the first, the lowest confidence,
    the total length and all ids.
    """
    polygons = polygons_of(result)
    if not polygons:
        return []
    bordering: dict[int, list[Front]] = {}
    for front in result.fronts:
        line = LineString(front.xy)
        nearest = int(np.argmin([polygon.distance(line) for polygon in polygons]))
        bordering.setdefault(nearest, []).append(front)
    items = []
    for index, fronts in sorted(bordering.items()):
        polygon, crs = polygons[index], str(result.crs)
        rows = [_row((result, front)) for front in fronts]
        row = {
            **rows[0],
            **_identity(result, polygon.representative_point(), crs),
            "Confid": min(item["Confid"] for item in rows),
            "Uncert_m": float(np.mean([item["Uncert_m"] for item in rows])),
            "Partial": max(item["Partial"] for item in rows),
            "Length_m": sum(item["Length_m"] for item in rows),
            "FrontID": cut_text(" ".join(item["FrontID"] for item in rows)),
            "Area_km2": geo.ground_area(polygon, crs) / SQUARE_KM,
        }
        items.append((row, polygon))
    return items


def _identity(result: PairResult, centre: Point, crs: str) -> dict[str, Any]:
    """Return attributes of scene and domain, and the position of the feature."""
    xy = np.array([[centre.x, centre.y]])
    longitude, latitude = geo.reproject(xy, crs, geo.LONLAT)[0].tolist()
    attributes = {name.lower(): value for name, value in result.attributes.items()}
    names = {name: _text(attributes.get(name.lower())) for name in _NAMES}
    names["RefName"] = names["RefName"] or cut_text(result.domain)
    return {
        "GlacierID": _number(attributes.get("glacierid")),
        "Center_X": centre.x,
        "Center_Y": centre.y,
        "Latitude": latitude,
        "Longitude": longitude,
        "Satellite": cut_text(result.sensor),
        "Date": result.date,
        "ImageID": cut_text(result.scene),
        **names,
        "Author": AUTHOR,
        "Schema": SCHEMA_VERSION,
    }


def _text(value: Any) -> str:
    missing = value is None or value != value  # some readers give NaN for null
    return "" if missing else cut_text(str(value))


def _number(value: Any) -> int:
    try:
        number = int(float(value))
    except (TypeError, ValueError, OverflowError):
        return 0
    return number if abs(number) < 2**31 else 0
