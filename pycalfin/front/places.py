"""From maps of a whole scene to the windows of it that may hold fronts, named by place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

from pycalfin.front.scene_maps import SceneMaps
from pycalfin.records import Domain, Float64
from pycalfin.scene.glaciers import Glacier, named_by_glaciers
from pycalfin.scene.place import place_name
from pycalfin.scene.reduced import Reduced

CANDIDATE, CERTAIN = 0.15, 0.3
"""Edge probability of a candidate's cells, and what one of them must reach."""
WATER = 0.3
"""Probability of ocean from which on there may be water."""
WATER_REACH = 3
"""Cells from a candidate within which there is water, where it is a front."""
WATER_SHARE = 0.3
"""Of a candidate's cells that must be near water."""
LEAST_EXTENT = 600.0
"""Ground metres: longer side of a candidate's box; `min_length` is 720 m at 30 m."""
MOST_EXTENT = 20_000.0
"""Ground metres: candidates that lie within this share a window, and longer ones are cut."""
ROOM = 1.5
"""Side of a window, in longer sides of the box of what it holds; `margin` is added."""
LEAST_SIDE = 7_000.0
"""Ground metres: side of a window at least; the network needs to see the surroundings."""
_AROUND = np.ones((3, 3), bool)


@dataclass(frozen=True)
class _Box:
    """Rows and columns of cells, the last ones included; `weight` sums the edge within."""

    top: int
    left: int
    bottom: int
    right: int
    weight: float

    def joined(self, other: _Box) -> _Box:
        return _Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
            self.weight + other.weight,
        )

    @property
    def extent(self) -> int:
        return max(self.bottom - self.top, self.right - self.left) + 1

    @property
    def centre(self) -> Float64:
        return np.array([self.top + self.bottom, self.left + self.right]) / 2

    def within(self, half: float, other: _Box) -> bool:
        """Return True if a square of this half side around this box's centre meets another box."""
        row, col = self.centre
        return bool(
            other.bottom >= row - half
            and other.top <= row + half
            and other.right >= col - half
            and other.left <= col + half
        )


def find_places(maps: SceneMaps, glaciers: Sequence[Glacier] = ()) -> list[Domain]:
    """Find the windows of a scene in which there may be fronts.

    Parameters
    ----------
    maps : SceneMaps
    glaciers : sequence of Glacier, optional

    Returns
    -------
    list of Domain
        Squares around candidates in the scene's CRS, within the part of the image that holds data;
        named by the glaciers in them, else by the latitude and longitude of their centres; sorted
        by name.
    """
    cell = float(np.sqrt(np.prod(maps.reduced.grid.spacing)))
    boxes = _grouped(_candidates(maps, cell), cell)
    seen = _seen(maps.reduced)
    found = [_domain(box, maps.reduced, cell, seen) for box in boxes]
    places = named_by_glaciers([item for item in found if item], glaciers)
    return _numbered(sorted(places, key=lambda item: item.name))


def _candidates(maps: SceneMaps, cell: float) -> list[_Box]:
    """Box every connected edge that is long enough and has water beside it."""
    labels, count = ndimage.label(maps.edge >= CANDIDATE, _AROUND)
    if not count:
        return []
    # long ones are cut along a lattice that is counted from the origin of the CRS
    most = max(1, round(MOST_EXTENT / cell))
    boxes = []
    wet = ndimage.maximum_filter(maps.ocean, 2 * WATER_REACH + 1) >= WATER
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        own = labels[place] == number
        corner = place[0].start, place[1].start
        rows, cols = np.nonzero(own)
        edge = maps.edge[place][own]
        if edge.max() < CERTAIN or wet[place][own].mean() < WATER_SHARE:
            continue
        part = np.zeros((2, rows.size), int)
        if max(own.shape) > most:
            first = maps.reduced.first
            part[0] = (rows + corner[0] + first[0]) // most
            part[1] = (cols + corner[1] + first[1]) // most
        for index in np.unique(part, axis=1).T:
            mine = (part == index[:, None]).all(axis=0)
            box = _Box(
                int(rows[mine].min()) + corner[0],
                int(cols[mine].min()) + corner[1],
                int(rows[mine].max()) + corner[0],
                int(cols[mine].max()) + corner[1],
                float(edge[mine].sum()),
            )
            if box.extent * cell >= LEAST_EXTENT:
                boxes.append(box)
    return boxes


def _grouped(boxes: Sequence[_Box], cell: float) -> list[_Box]:
    """Join boxes that one window can hold, the most certain first; never chains of them."""
    left = sorted(boxes, key=lambda box: (-box.weight, box.top, box.left))
    groups = []
    while left:
        group = left.pop(0)
        while True:
            half = _side(group, cell) / 2
            near = [box for box in left if group.within(half, box)]
            fitting = [box for box in near if group.joined(box).extent * cell <= MOST_EXTENT]
            if not fitting:
                break
            group = group.joined(fitting[0])
            left.remove(fitting[0])
        groups.append(group)
    return groups


def _side(box: _Box, cell: float) -> float:
    """Cells along a side of the window around a box."""
    return max(ROOM * box.extent, LEAST_SIDE / cell)


def _seen(reduced: Reduced) -> BaseGeometry:
    """Outline what the satellite saw, in rows and columns of the cells."""
    valid = reduced.valid
    rows = np.flatnonzero(valid.any(axis=1))
    first = valid[rows].argmax(axis=1)
    last = valid.shape[1] - 1 - valid[rows, ::-1].argmax(axis=1)
    corners = [
        np.column_stack([rows + up, cols + side])
        for cols, side in ((first, -0.5), (last, 0.5))
        for up in (-0.5, 0.5)
    ]
    return shapely.MultiPoint(np.concatenate(corners)).convex_hull


def _domain(box: _Box, reduced: Reduced, cell: float, seen: BaseGeometry) -> Domain | None:
    half = _side(box, cell) / 2
    row, col = box.centre
    square = shapely.box(row - half, col - half, row + half, col + half)
    # the cells at the border of the image reach beyond it
    low, high = (
        reduced.grid.rowcol(reduced.whole.xy(np.array([corner])))[0]
        for corner in ((-0.5, -0.5), np.array(reduced.whole.shape) - 0.5)
    )
    polygon = shapely.intersection_all([square, seen, shapely.box(*low, *high)])
    if polygon.geom_type != "Polygon" or polygon.is_empty:
        return None
    xy = reduced.grid.xy(np.array([[row, col]]))
    outline = shapely.transform(polygon, reduced.grid.xy)
    return Domain(place_name(xy, reduced.grid.crs), outline, reduced.grid.crs)


def _numbered(places: Sequence[Domain]) -> list[Domain]:
    """Number places of one name."""
    taken: dict[str, int] = {}
    named = []
    for place in places:
        taken[place.name] = number = taken.get(place.name, 0) + 1
        name = place.name if number == 1 else f"{place.name}_{number}"
        named.append(Domain(name, place.polygon, place.crs, place.attributes))
    return named
