"""Pixel and map coordinates, reprojection and lengths on the ground.

No other module converts between GDAL's corner-based affine and centre-based rows and columns, which
differ by half a pixel. No other module reprojects coordinates.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import shapely
from affine import Affine
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely.geometry.base import BaseGeometry

from pycalfin.arrays import Float64
from pycalfin.errors import CRSMismatchError, SettingsError

NORTH_CRS = "EPSG:3413"
"""NSIDC north polar stereographic; true to scale at 70 N only."""
SOUTH_CRS = "EPSG:3031"
"""Antarctic polar stereographic; true to scale at 71 S only."""
LONLAT = "EPSG:4326"
DENSIFY_PARTS = 64
"""Number of segments along the longer side of a box before it is reprojected."""

_GEOD = Geod(ellps="WGS84")


@lru_cache(maxsize=256)
def parse_crs(crs: str) -> CRS:
    """Read a coordinate reference system.

    Parameters
    ----------
    crs : str
        'EPSG:3413', WKT or PROJ text.

    Raises
    ------
    SettingsError
        If the text is no coordinate reference system.
    """
    try:
        return CRS.from_user_input(crs)
    except CRSError as error:
        raise SettingsError(
            f"{crs!r} is not a coordinate reference system; give one like EPSG:3413"
        ) from error


@lru_cache(maxsize=256)
def crs_name(crs: str) -> str:
    """Return a coordinate reference system as 'EPSG:n' if it has a code, else unchanged."""
    code = parse_crs(crs).to_epsg(min_confidence=70)
    return f"EPSG:{code}" if code else crs


@lru_cache(maxsize=256)
def same_crs(first: str, second: str) -> bool:
    """Return True if two texts mean the same coordinate reference system."""
    if first == second:
        return True
    return parse_crs(first).equals(parse_crs(second), ignore_axis_order=True)


def require_map_crs(crs: str) -> None:
    """Refuse a coordinate reference system that is unsuitable for a map of the Earth.

    Raises
    ------
    SettingsError
        If the text is no CRS, or the CRS is not horizontal (vertical, geocentric, engineering) or
        belongs to another planet.
    """
    parsed = parse_crs(crs)
    if not (parsed.is_projected or parsed.is_geographic) or len(parsed.axis_info) != 2:
        raise SettingsError(
            f"{crs!r} is not the coordinate reference system of a map ({parsed.type_name}); give "
            "one with two axes, like EPSG:3413"
        )
    try:
        _transformer(crs, LONLAT)
    except ProjError as error:
        raise SettingsError(
            f"{crs!r} ({parsed.name}) has no known place on the Earth; give one like EPSG:3413"
        ) from error


def require_same_crs(first: str | None, second: str | None, what: str) -> None:
    """Refuse two geometries with different coordinate reference systems.

    Raises
    ------
    CRSMismatchError
        If they differ, or only one has a CRS. The message names both.
    """
    if first is None and second is None:
        return
    if first is None or second is None or not same_crs(first, second):
        raise CRSMismatchError(
            f"{what}: {first} and {second} are different coordinate reference systems; "
            "reproject one of them first"
        )


@lru_cache(maxsize=256)
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(parse_crs(source), parse_crs(target), always_xy=True)


def reproject(xy: Float64, source: str, target: str) -> Float64:
    """Reproject points.

    Parameters
    ----------
    xy : (N, 2) float64
        x (easting or longitude) first, regardless of the axis order of the CRS.
    source, target : str
        Coordinate reference systems.

    Returns
    -------
    (N, 2) float64
        Infinite for points outside the domain of `target`.
    """
    xy = np.asarray(xy, float)
    if same_crs(source, target):
        return xy.copy()
    x, y = _transformer(source, target).transform(xy[:, 0], xy[:, 1])
    return np.column_stack([x, y])


def reproject_geometry(geometry: BaseGeometry, source: str, target: str) -> BaseGeometry:
    """Reproject every vertex of a geometry; call `densify` first if its sides are long."""
    return shapely.transform(geometry, lambda xy: reproject(xy, source, target))


def densify(geometry: BaseGeometry, parts: int = DENSIFY_PARTS) -> BaseGeometry:
    """Add vertices along the sides, so that they keep their course when reprojected."""
    west, south, east, north = geometry.bounds
    longest = max(east - west, north - south)
    return shapely.segmentize(geometry, longest / parts) if longest > 0 else geometry


def _apply(affine: Affine, u: Float64, v: Float64) -> Float64:
    first = affine.a * u + affine.b * v + affine.c
    second = affine.d * u + affine.e * v + affine.f
    return np.column_stack([first, second])


def pixel_to_map(rowcol: Float64, transform: Affine) -> Float64:
    """Convert centre-based row and column to map coordinates.

    Parameters
    ----------
    rowcol : (N, 2) float64
    transform : affine.Affine
        GDAL's convention.

    Returns
    -------
    (N, 2) float64
        x and y.
    """
    rowcol = np.asarray(rowcol, float)
    return _apply(transform, rowcol[:, 1] + 0.5, rowcol[:, 0] + 0.5)


def map_to_pixel(xy: Float64, transform: Affine) -> Float64:
    """Convert map coordinates to centre-based row and column; inverse of `pixel_to_map`."""
    xy = np.asarray(xy, float)
    colrow = _apply(~transform, xy[:, 0], xy[:, 1])
    return colrow[:, ::-1] - 0.5


def polar_crs(latitude: float) -> str:
    """Return EPSG:3413 for northern and EPSG:3031 for southern latitudes."""
    return NORTH_CRS if latitude >= 0 else SOUTH_CRS


def latitude_of(xy: Float64, crs: str) -> float:
    """Return the mean latitude of points, in degrees north."""
    return float(np.mean(reproject(np.asarray(xy, float), crs, LONLAT)[:, 1]))


def ground_length(xy: Float64, crs: str | None) -> float:
    """Return the length of a line on the WGS 84 ellipsoid.

    Parameters
    ----------
    xy : (N, 2) float64
    crs : str or None
        None for pixel coordinates.

    Returns
    -------
    float
        Length in ground metres, or in pixels without a CRS.
    """
    if crs is None:
        return float(np.hypot(*np.diff(np.asarray(xy, float), axis=0).T).sum())
    lonlat = reproject(xy, crs, LONLAT)
    return float(_GEOD.line_length(lonlat[:, 0], lonlat[:, 1]))


def ground_area(geometry: BaseGeometry, crs: str | None) -> float:
    """Return the area of polygons on the WGS 84 ellipsoid.

    The unit is square ground metres, or square pixels without a CRS.
    """
    if crs is None or geometry.is_empty:
        return float(geometry.area)
    lonlat = reproject_geometry(geometry, crs, LONLAT)
    polygons = [part for part in shapely.get_parts(lonlat) if part.geom_type == "Polygon"]
    return sum(
        _ring_area(part.exterior) - sum(_ring_area(hole) for hole in part.interiors)
        for part in polygons
    )


def _ring_area(ring: shapely.LinearRing) -> float:
    # pyproj signs an area by the ring's direction, which is undefined around a pole
    lonlat = shapely.get_coordinates(ring)
    return abs(float(_GEOD.polygon_area_perimeter(lonlat[:, 0], lonlat[:, 1])[0]))


def ground_spacing(
    transform: Affine, crs: str | None, shape: tuple[int, int]
) -> tuple[float, float]:
    """Return the distances between rows and between columns at the centre of a grid.

    Parameters
    ----------
    transform : affine.Affine
    crs : str or None
        None: distances have the units of the affine.
    shape : (rows, cols)

    Returns
    -------
    (row_metres, col_metres)
        Ground metres.
    """
    centre = np.array([[(shape[0] - 1) / 2, (shape[1] - 1) / 2]])
    steps = np.array([[0.0, 0.0], [0.5, 0.0], [-0.5, 0.0], [0.0, 0.5], [0.0, -0.5]])
    xy = pixel_to_map(centre + steps, transform)
    if crs is None:
        return float(np.hypot(*(xy[1] - xy[2]))), float(np.hypot(*(xy[3] - xy[4])))
    lonlat = reproject(xy, crs, LONLAT)
    rows = _GEOD.inv(*lonlat[1], *lonlat[2])[2]
    cols = _GEOD.inv(*lonlat[3], *lonlat[4])[2]
    return float(rows), float(cols)


def ground_scale(xy: Float64, crs: str) -> Float64:
    """Return the ground metres per unit of the CRS at points (1 / the map's scale factor).

    Parameters
    ----------
    xy : (N, 2) float64
    crs : str

    Returns
    -------
    (N,) float64
        Geometric mean of the scales along x and y.
    """
    xy = np.asarray(xy, float)
    half = 0.5e-3 if parse_crs(crs).is_geographic else 50.0
    scales = []
    for offset in ([half, 0.0], [0.0, half]):
        before = reproject(xy - offset, crs, LONLAT)
        after = reproject(xy + offset, crs, LONLAT)
        metres = _GEOD.inv(before[:, 0], before[:, 1], after[:, 0], after[:, 1])[2]
        scales.append(np.asarray(metres) / (2 * half))
    return np.sqrt(scales[0] * scales[1])
