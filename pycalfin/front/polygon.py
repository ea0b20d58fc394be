"""The ocean side of fronts as polygons, and the coastline.

Everything here is in the plane of a subset with x = column and y = -row (y up), so that shapely's
left is the left of a front on the image as displayed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry
from skimage.measure import find_contours

from pycalfin.records import Float32, Float64
from pycalfin.results import Prediction

OCEAN_PROBABILITY = 0.5
"""Ocean where the level is above this."""
CORRIDOR = 4.0
"""Pixels of the view: within this distance the front alone decides what is ocean."""
SMALLEST_SHARE = 0.025
"""Parts of the ocean below this share of the image are dropped (CALFIN, public code)."""
FRONT_TOLERANCE = 0.02
"""Pixels of the view: the coastline this close to a front is its calving part."""


def to_plane(rowcol: Float64) -> Float64:
    """Convert (N, 2) row and column to (N, 2) x and y of the plane."""
    return np.column_stack([rowcol[:, 1], -rowcol[:, 0]])


def from_plane(xy: Float64) -> Float64:
    """Convert (N, 2) x and y of the plane to row and column."""
    return np.column_stack([-xy[:, 1], xy[:, 0]])


def ocean_polygon(
    level: Float32, prediction: Prediction, fronts: Sequence[Float64]
) -> BaseGeometry:
    """Outline the ocean that the fronts calve into.

    Beside a front its line decides, not the level: what lies on its left is ocean, what lies on
    its right is not. So polygon and front share their vertices.

    Parameters
    ----------
    level : (h, w) float32
        Above 0.5 in the ocean; on the grid of the prediction. No-data is not ocean.
    prediction : Prediction
        Of the whole subset.
    fronts : sequence of (N, 2) float64
        Row and column of the subset, ocean on the left. Without fronts all ocean is returned.

    Returns
    -------
    shapely Polygon, MultiPolygon or empty
        Valid, in the plane of the subset.
    """
    probability = np.where(prediction.valid, level, 0.0)
    ocean = _contour_polygon(probability, prediction)
    reach = CORRIDOR * float(np.sqrt(np.prod(prediction.step)))
    extent = image_box(prediction)
    for front in fronts:
        line = LineString(to_plane(front))
        ocean = ocean.difference(line.buffer(reach, cap_style="flat"))
    for front in fronts:
        left = LineString(to_plane(front)).buffer(reach, single_sided=True)
        ocean = ocean.union(left.intersection(extent))
    return _keep(_polygons(ocean), fronts, extent.area, reach)


def coastline(
    ocean: BaseGeometry, prediction: Prediction, fronts: Sequence[Float64]
) -> list[tuple[Float64, bool]]:
    """Split the ocean's outline into coast and calving front; the image's border is neither.

    Parameters
    ----------
    ocean : shapely geometry
        From `ocean_polygon`.
    prediction : Prediction
    fronts : sequence of (N, 2) float64
        Row and column of the subset.

    Returns
    -------
    list of ((N, 2) float64, bool)
        Row and column of the subset; True for the calving part.
    """
    step = float(np.sqrt(np.prod(prediction.step)))
    inner = image_box(prediction).buffer(-0.75 * max(prediction.step))
    outline = ocean.boundary.intersection(inner)
    lines = shapely.MultiLineString([LineString(to_plane(front)) for front in fronts])
    near = lines.buffer(FRONT_TOLERANCE * step)
    pieces = [(outline.difference(near), False), (outline.intersection(near), True)]
    found = []
    for geometry, calving in pieces:
        lines_only = [part for part in shapely.get_parts(geometry) if part.length > 0]
        merged = shapely.line_merge(shapely.MultiLineString(lines_only))
        for line in shapely.get_parts(merged):
            if line.length > step:
                found.append((from_plane(shapely.get_coordinates(line)), calving))
    return found


def image_box(prediction: Prediction) -> BaseGeometry:
    """Outline of a prediction in the plane of the subset."""
    rows, cols = prediction.edge.shape
    corners = prediction.to_subset(np.array([[-0.5, -0.5], [rows - 0.5, cols - 0.5]]))
    (west, north), (east, south) = to_plane(corners)
    return box(west, south, east, north)


def _contour_polygon(probability: Float64, prediction: Prediction) -> BaseGeometry:
    """Polygons of everything above the ocean's threshold, holes included."""
    padded = np.pad(probability, 1)
    rings = []
    for contour in find_contours(padded, OCEAN_PROBABILITY):
        if len(contour) >= 4:
            rowcol = np.clip(contour - 1, -0.5, np.array(probability.shape) - 0.5)
            rings.append(LineString(to_plane(prediction.to_subset(rowcol))))
    if not rings:
        return MultiPolygon()
    # rings that touch the border share pieces of it; even-odd filling needs clean linework
    return shapely.make_valid(shapely.build_area(shapely.union_all(rings)))


def _polygons(geometry: BaseGeometry) -> list[Polygon]:
    return [part for part in shapely.get_parts(geometry.buffer(0)) if isinstance(part, Polygon)]


def _keep(
    polygons: Sequence[Polygon], fronts: Sequence[Float64], area: float, reach: float
) -> BaseGeometry:
    """Keep the parts that a front borders, or all large ones where there is no front."""
    kept = []
    for polygon in polygons:
        clean = _without_specks(polygon, SMALLEST_SHARE * area / 10)
        if fronts:
            shared = max(
                LineString(to_plane(front)).intersection(clean.buffer(0.05 * reach)).length
                for front in fronts
            )
            wanted = shared > reach
        else:
            wanted = clean.area >= SMALLEST_SHARE * area
        if wanted:
            kept.append(clean)
    if not kept:
        return MultiPolygon()
    return kept[0] if len(kept) == 1 else MultiPolygon(kept)


def _without_specks(polygon: Polygon, area: float) -> Polygon:
    """Fill holes below an area (bergs)."""
    rings = [ring for ring in polygon.interiors if Polygon(ring).area >= area]
    return Polygon(polygon.exterior, rings)
