"""Lines and polygons on the mesh of the tests, and files of them."""

from __future__ import annotations

import numpy as np
import pyogrio
import shapely

WEST, SOUTH = -300_000.0, -1_200_000.0
"""Of the square, EPSG:3413."""


def across(east, *, reverse=False, low=-100.0, high=4100.0):
    """Line from south to north at a distance from the western side; its left is the west."""
    line = np.array([[east, low], [east + 50, 1500.0], [east - 30, 2700.0], [east, high]])
    line = line + [WEST, SOUTH]
    return line[::-1] if reverse else line


def ocean_west(east):
    """Polygon of all that lies west of `across(east)`, up to 40 m short of it."""
    line = across(east) - [40, 0]
    corners = [[WEST - 3000, SOUTH + 4100], [WEST - 3000, SOUTH - 100]]
    return shapely.Polygon([*line, *corners])


def write_vector(path, geometries, *, crs="EPSG:3413", layer=None, metadata=None, **columns):
    """Write a vector file by its name; columns are lists."""
    driver = {".shp": "ESRI Shapefile", ".gpkg": "GPKG", ".geojson": "GeoJSON"}[path.suffix]
    kind = geometries[0].geom_type if geometries else "LineString"
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(item) for item in geometries], object),
        [np.array(values, object if len(values) and isinstance(values[0], str) else None)
         for values in columns.values()],
        np.array(list(columns), object),
        geometry_type=kind,
        crs=crs,
        driver=driver,
        layer=layer,
        append=path.exists() and layer is not None,
        dataset_metadata=metadata,
    )  # fmt: skip
    return path
