"""fronts.gpkg: a GeoPackage with the layers `fronts`, `ocean`, `coastline` and `front_points`.

If results have several coordinate reference systems, each has its own file. The hemispheres are in
fronts_north.gpkg and fronts_south.gpkg. Images without a georeference are in fronts_image.gpkg, in
pixel coordinates.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely import points
from shapely.geometry import LineString

from pycalfin import geo
from pycalfin.products.order import (
    Group,
    coast_of,
    fronts_of,
    mean_uncertainty,
    newest_date,
    polygons_of,
    sorted_results,
    vertex_uncertainty,
)
from pycalfin.products.schema import (
    COASTLINE,
    FRONT_POINTS,
    FRONTS,
    OCEAN,
    SCHEMA_KEY,
    SCHEMA_VERSION,
)
from pycalfin.products.table import stamped, write_columns, write_layer, written_aside
from pycalfin.results import PairResult

GPKG_VERSION = "1.3"
"""Version of the GeoPackage standard; GIS programs of 2021 do not read newer ones."""
POINTS_LAYER = "front_points"
"""Layer of the vertices of all fronts."""


def gpkg_name(group: Group) -> str:
    """Return the file name of a group: 'fronts.gpkg', 'fronts_north.gpkg', ..."""
    return f"fronts_{group.name}.gpkg" if group.name else "fronts.gpkg"


def write_gpkg(path: Path, group: Group) -> None:
    """Write the four layers of a group, even if empty; equal results give equal bytes.

    Parameters
    ----------
    path : Path
        Replaced if it exists.
    group : Group
        Results in one coordinate reference system.
    """
    layers = (
        ("fronts", "LineString", FRONTS, _fronts(group)),
        ("ocean", "Polygon", OCEAN, _ocean(group)),
        ("coastline", "LineString", COASTLINE, _coastline(group)),
    )
    with stamped(newest_date(group.results)), written_aside(path) as plain:
        for layer, geometry_type, columns, (rows, geometries) in layers:
            first = layer == "fronts"
            write_layer(
                plain,
                layer,
                "GPKG",
                geometry_type,
                group.crs,
                columns,
                rows,
                geometries,
                dataset_options={"VERSION": GPKG_VERSION} if first else None,
                dataset_metadata={SCHEMA_KEY: SCHEMA_VERSION} if first else None,
            )
        write_columns(
            plain, POINTS_LAYER, "GPKG", "Point", group.crs, FRONT_POINTS, *_front_points(group)
        )


def _observation(result: PairResult) -> dict[str, Any]:
    return {
        "date": result.date,
        "time": result.time,
        "scene": result.scene,
        "domain": result.domain,
        "subset": result.subset,
        "sensor": result.sensor,
        "synthetic": result.synthetic,
    }


def _fronts(group: Group) -> tuple[list[dict[str, Any]], list[LineString]]:
    rows, lines = [], []
    for result, front in fronts_of(group.results):
        geo.require_same_crs(front.crs, group.crs, f"front {front.id} of {result.scene}")
        row = {column.name: getattr(front, column.name, None) for column in FRONTS}
        row["uncertainty"] = mean_uncertainty(front)
        row["length"] = geo.ground_length(front.xy, front.crs)
        rows.append(row)
        lines.append(LineString(front.xy))
    return rows, lines


def _front_points(group: Group) -> tuple[dict[str, NDArray[Any]], NDArray[np.object_]]:
    """List the vertices of all fronts, with the uncertainty of each; NaN if unknown."""
    fronts = [front for _, front in fronts_of(group.results)]
    count = np.array([len(front.xy) for front in fronts], int)

    def repeated(name: str) -> NDArray[Any]:
        return np.array([getattr(front, name) for front in fronts], object).repeat(count)

    def joined(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        return np.concatenate(parts) if parts else np.empty(0)

    values = {name: repeated(name) for name in ("date", "scene", "domain", "number")}
    values["front_id"] = repeated("id")
    values["vertex"] = joined([np.arange(number) for number in count])
    values["uncertainty"] = joined([vertex_uncertainty(front) for front in fronts])
    vertices = points(np.vstack([np.empty((0, 2)), *(front.xy for front in fronts)]))
    return values, np.asarray(vertices, object)


def _ocean(group: Group) -> tuple[list[dict[str, Any]], list[Any]]:
    rows, polygons = [], []
    for result in sorted_results(group.results):
        for number, polygon in enumerate(polygons_of(result), start=1):
            area = geo.ground_area(polygon, group.crs)
            rows.append({**_observation(result), "number": number, "area": area})
            polygons.append(polygon)
    return rows, polygons


def _coastline(group: Group) -> tuple[list[dict[str, Any]], list[LineString]]:
    rows, lines = [], []
    for result in sorted_results(group.results):
        for number, piece in enumerate(coast_of(result), start=1):
            rows.append(
                {
                    **_observation(result),
                    "number": number,
                    "calving_front": piece.front,
                    "length": geo.ground_length(piece.xy, group.crs),
                }
            )
            lines.append(LineString(piece.xy))
    return rows, lines
