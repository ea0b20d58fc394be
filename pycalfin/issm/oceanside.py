"""The ocean's side of a line, from polygons or points in the ocean; it is never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import shapely
from shapely.geometry import MultiPoint, Point
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import FrontsError
from pycalfin.expfile import read_exp
from pycalfin.geo import crs_name, densify, reproject_geometry
from pycalfin.records import Float64
from pycalfin.vectors.areas import areas, require_degrees
from pycalfin.vectors.assumed import assume
from pycalfin.vectors.rings import shape

STATIONS = 100
"""Points along a line at which both sides are sampled."""
OFFSETS = (0.002, 0.005, 0.01, 0.02, 0.05)
"""Distances of samples from the line, as shares of its length. Several are needed because a polygon
made from pixels leaves gaps at the line."""
MAJORITY = 0.75
"""Share of the decisive samples that must agree on a side."""
FEWEST = 0.05
"""Share of all samples that must be decisive: ocean on one side only."""
GRAZING = 0.3
"""A point lies too far to the side if it sees the line under less than this share of the angle from
straight ahead at the same distance."""


@dataclass(frozen=True, eq=False)
class Side:
    """The ocean's side, as given by the user.

    Parameters
    ----------
    word : {'left', 'right'} or None
        Side of all lines, walking from the first to the last point.
    geometry : shapely geometry or None
        Polygons or points in the ocean, in `crs`.
    crs : str or None
        'EPSG:n' of `geometry`.
    """

    word: Literal["left", "right"] | None = None
    geometry: BaseGeometry | None = None
    crs: str | None = None


def read_side(text: str, crs: str, given: str | None = None) -> Side:
    """Read the ocean's side given with `--ocean`.

    Parameters
    ----------
    text : str
        One of:

        - 'left' or 'right';
        - 'X,Y', a point in the ocean;
        - a file of polygons or points in the ocean (shapefile, GeoJSON, GeoPackage, or .exp with
          closed contours or contours of one point).
    crs : str
        CRS of a point.
    given : str, optional
        CRS of a file that names none. Default: `crs`, which is logged.

    Raises
    ------
    FrontsError
        If `text` cannot be read as any of these.
    """
    if text in ("left", "right"):
        return Side(word="left" if text == "left" else "right")
    path = Path(text)
    if not path.exists():
        try:
            x, y = (float(number) for number in text.replace(",", " ").split())
            if not np.isfinite([x, y]).all():
                raise ValueError
        except ValueError:
            raise FrontsError(
                f"{text}: no such file; --ocean takes a file of polygons or points in the ocean, a "
                "point X,Y in the mesh's coordinates, or the word left or right"
            ) from None
        return Side(geometry=Point(x, y), crs=crs)
    if path.suffix.lower() == ".exp":
        shapes: list[BaseGeometry | None] = [
            shape(contour.xy) for contour in read_exp(path) if len(contour.x)
        ]
        found = given or assume(path, crs)
    else:
        from pycalfin.issm.features import read_features

        layer = read_features(path, shape="Polygon")
        shapes = layer.geometries
        if layer.crs is None:
            found = given or assume(path, crs)
        else:
            found = require_degrees(path, shapes, layer.crs, given or crs)
    filled = [item for item in shapes if item is not None and not item.is_empty]
    points = [item for item in filled if "Point" in item.geom_type]
    others = [item for item in filled if "Point" not in item.geom_type]
    if not points and not others:
        raise FrontsError(f"{path}: nothing in it; --ocean takes polygons or points in the ocean")
    try:
        what = "contour" if path.suffix.lower() == ".exp" else "feature"
        polygons = areas(path, others, found, FrontsError, what=what)
    except FrontsError as error:
        raise FrontsError(f"{error}; --ocean takes polygons or points in the ocean") from error
    known = [item for item in (*points, *polygons) if item is not None]
    return Side(geometry=shapely.union_all(known), crs=found)


def ocean_is_left(xy: Float64, ocean: BaseGeometry) -> bool | None:
    """Return True if the ocean lies on the left of a line.

    Parameters
    ----------
    xy : (N, 2) float64
    ocean : shapely geometry
        Polygons or points in the ocean, in the line's coordinates.

    Returns
    -------
    bool or None
        None if undecided: the ocean lies on both sides, on neither, or too far to the side.

    Examples
    --------
    >>> line = np.array([[0.0, 0.0], [100.0, 0.0]])
    >>> ocean_is_left(line, Point(40, 30)), ocean_is_left(line, Point(40, -30))
    (True, False)
    >>> ocean_is_left(line, Point(400, 1)) is None
    True
    """
    parts = shapely.get_parts(ocean)
    polygons = [part for part in parts if part.geom_type == "Polygon"]
    if polygons:
        return _by_polygon(xy, shapely.MultiPolygon(polygons))
    points = shapely.get_coordinates(ocean)
    if not len(points):
        return None
    line = shapely.LineString(xy)
    nearest = points[int(np.argmin(shapely.distance(line, shapely.points(points))))]
    return _by_point(xy, nearest)


def _by_polygon(xy: Float64, ocean: BaseGeometry) -> bool | None:
    line = shapely.LineString(xy)
    at = np.linspace(0.02, 0.98, STATIONS) * line.length
    reach = line.length / STATIONS
    before = shapely.get_coordinates(shapely.line_interpolate_point(line, at - reach))
    after = shapely.get_coordinates(shapely.line_interpolate_point(line, at + reach))
    middle = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
    step = after - before
    size = np.hypot(step[:, 0], step[:, 1])
    normal = np.column_stack([-step[:, 1], step[:, 0]]) / np.where(size > 0, size, 1)[:, None]
    shapely.prepare(ocean)
    left = right = 0
    for offset in OFFSETS:
        aside = normal * offset * line.length
        there = shapely.contains_xy(ocean, middle + aside)
        here = shapely.contains_xy(ocean, middle - aside)
        left += int((there & ~here).sum())
        right += int((here & ~there).sum())
    decisive = left + right
    if decisive < FEWEST * STATIONS * len(OFFSETS) or max(left, right) < MAJORITY * decisive:
        return None
    return left > right


def _by_point(xy: Float64, point: Float64) -> bool | None:
    """Decide by the angle of the line seen from a point: counter-clockwise from its left side."""
    rays = xy - point
    cross = rays[:-1, 0] * rays[1:, 1] - rays[:-1, 1] * rays[1:, 0]
    angle = float(np.arctan2(cross, (rays[:-1] * rays[1:]).sum(axis=1)).sum())
    distance = shapely.distance(Point(point), shapely.LineString(xy))
    chord = float(np.hypot(*(xy[-1] - xy[0])))
    if distance <= 0 or chord <= 0:
        return None
    straight = 2 * np.arctan2(chord / 2, distance)
    return None if abs(angle) < GRAZING * straight else angle > 0


def side_in(side: Side, crs: str | None) -> BaseGeometry | None:
    """Return the user's ocean geometry in the coordinates of a front."""
    if side.geometry is None or side.crs is None or crs is None:
        return side.geometry
    if crs_name(side.crs) == crs_name(crs):
        return side.geometry
    return reproject_geometry(densify(side.geometry), side.crs, crs)


def too_few_points(side: Side | None, domains: Sequence[str]) -> bool:
    """Return True if there are fewer points than domains, so that a side may be wrong."""
    if side is None or side.geometry is None:
        return False
    parts = shapely.get_parts(side.geometry)
    points = MultiPoint([part for part in parts if part.geom_type == "Point"])
    count = len(points.geoms)
    return 0 < count == len(parts) and count < len(set(domains))
