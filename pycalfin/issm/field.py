"""Signed distances on one mesh: distance to the fronts of a date, with the sign of the side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import ArrayLike
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import LevelSetError
from pycalfin.issm.distance import Index, Segments, VertexTree
from pycalfin.issm.extension import TOUCH, Region
from pycalfin.issm.grouping import Line
from pycalfin.issm.sides import BOTH, ICE, NEITHER, OCEAN, OUTSIDE, locate, nearest_side, sides_in
from pycalfin.records import Float64, Mask

MARGIN = 0.1
"""Margin around mesh and fronts within which fronts are extended, as a share of the larger extent
of both."""
STRIP = 1.5
"""The front decides the side of vertices between it and the border of the known ocean, up to this
many times the largest distance between front and border."""


def read_vertices(x: ArrayLike, y: ArrayLike) -> Float64:
    """Return the vertices of a mesh as one array.

    Returns
    -------
    (nv, 2) float64
        x and y.

    Raises
    ------
    LevelSetError
        If x and y differ in length, are empty, or are not finite.
    """
    x, y = (np.asarray(values, float).ravel() for values in (x, y))
    if len(x) != len(y) or not len(x):
        raise LevelSetError(
            f"the mesh has {len(x)} x and {len(y)} y coordinates; expected one of each per vertex"
        )
    xy = np.column_stack([x, y])
    bad = np.flatnonzero(~np.isfinite(xy).all(axis=1))
    if len(bad):
        raise LevelSetError(
            f"{len(bad)} of {len(xy)} vertices of the mesh have coordinates that are NaN or "
            f"infinite, the first is vertex {bad[0] + 1}; give finite x and y"
        )
    return xy


def read_triangles(xy: Float64, elements: ArrayLike) -> Index:
    """Return the triangles of a mesh, counted from 0.

    Parameters
    ----------
    xy : (nv, 2) float64
    elements : (ne, 3) array_like of int
        Numbers of vertices. They count from 0 if a 0 occurs, else from 1 as in ISSM.

    Returns
    -------
    (ne, 3) int

    Raises
    ------
    LevelSetError
        If the elements do not fit the vertices.
    """
    triangles = np.asarray(elements)
    if triangles.ndim != 2 or triangles.shape[1] != 3 or not len(triangles):
        raise LevelSetError(f"elements has shape {triangles.shape}; expected (ne, 3)")
    numbers: Index = triangles.astype(np.intp)
    if (numbers != triangles).any():
        raise LevelSetError("elements holds fractions; expected whole numbers of vertices")
    numbers = numbers - (1 if numbers.min() > 0 else 0)
    if numbers.min() < 0 or numbers.max() >= len(xy):
        raise LevelSetError(
            f"elements names vertices {triangles.min()} to {triangles.max()} and the mesh has "
            f"{len(xy)}; give x, y and elements of one mesh"
        )
    return numbers


def mesh_outline(xy: Float64, elements: ArrayLike) -> BaseGeometry:
    """Return the outline of the triangles of a mesh, a Polygon or MultiPolygon.

    Parameters and errors are those of `read_triangles`.
    """
    border = border_edges(read_triangles(xy, elements), len(xy))
    outline: BaseGeometry = shapely.build_area(shapely.multilinestrings(xy[border]))
    return outline


def border_edges(numbers: np.ndarray, vertices: int) -> np.ndarray:
    """Return the edges that belong to one triangle only, (n, 2); vertices count from 0."""
    edges = np.sort(numbers[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    keys, count = np.unique(edges[:, 0] * vertices + edges[:, 1], return_counts=True)
    return np.stack(np.divmod(keys[count == 1], vertices), axis=1)


@dataclass(frozen=True, eq=False)
class Field:
    """A mesh on which signed distances are computed, with its land and fjord.

    Parameters
    ----------
    xy : (nv, 2) float64
        Vertices.
    bounds : (west, south, east, north)
        Bounds of all fronts.
    outline, land, fjord : shapely geometry or None
        Outline of the mesh, bare land, and the area of ice and ocean, in the mesh's coordinates.
    """

    xy: Float64
    bounds: tuple[float, float, float, float]
    outline: BaseGeometry | None = None
    land: BaseGeometry | None = None
    fjord: BaseGeometry | None = None
    tree: VertexTree = field(init=False)
    region: Region = field(init=False)
    dry: Mask = field(init=False)
    """(nv,) True for vertices that are never ocean: on land, or outside the fjord."""

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "tree", VertexTree(self.xy))
        set_(self, "region", self._region())
        dry = np.zeros(len(self.xy), bool)
        for place, inside in ((self.land, True), (self.fjord, False)):
            if place is not None:
                dry |= self._within(place) == inside
        set_(self, "dry", dry)

    def _within(self, place: BaseGeometry) -> Mask:
        if place.is_empty:
            return np.zeros(len(self.xy), bool)
        parts = list(shapely.get_parts(place))
        within: Mask = locate(self.tree, parts, place.boundary, self.region.touch) >= 0
        return within

    def _region(self) -> Region:
        """Return the region in which fronts are extended if no ocean is known."""
        low = np.minimum(self.xy.min(axis=0), self.bounds[:2])
        high = np.maximum(self.xy.max(axis=0), self.bounds[2:])
        size = float(max(np.abs(low).max(), np.abs(high).max()))
        margin = MARGIN * float((high - low).max())
        area: BaseGeometry = shapely.box(*(low - margin), *(high + margin))
        walls = [self.outline, self.land, self.fjord]
        known = [place.boundary for place in walls if place is not None]
        for place in (self.outline, self.fjord):
            area = area if place is None else _areas(area.intersection(place))
        if self.land is not None:
            area = _areas(area.difference(self.land))
        return Region(area, shapely.union_all(known) if known else None, TOUCH * size)

    def signed(self, lines: Sequence[Line]) -> Float64:
        """Return signed distances to the lines of one date, (nv,): ice negative, ocean positive."""
        segments = Segments.of([line.xy for line in lines])
        distance = self.tree.distance(segments)
        oceans = [line.ocean for line in lines]
        if any(ocean is not None for ocean in oceans):
            ocean = self._ocean_by_polygon(lines, segments, distance)
        else:
            sides = sides_in(self.region, lines, self.tree)
            ocean = sides == OCEAN
            unsure = np.flatnonzero((sides != OCEAN) & (sides != ICE) & ~self.dry)
            ocean[unsure] = self._left(unsure, segments, lines)
        return np.where(ocean & ~self.dry, distance, -distance) + 0.0

    def _ocean_by_polygon(
        self, lines: Sequence[Line], segments: Segments, distance: Float64
    ) -> Mask:
        """Return True for vertices in the known ocean that do not lie behind a front, (nv,)."""
        known = self.known_ocean(lines)
        sides = sides_in(known, lines, self.tree)
        ocean: Mask = (sides == OCEAN) | (sides == NEITHER)
        unsure = np.flatnonzero(sides == BOTH)
        ocean[unsure] = self._left(unsure, segments, lines)
        front = shapely.points(np.concatenate([line.xy for line in lines]))
        if known.area.is_empty:
            return ocean
        apart = float(shapely.distance(front, known.area).max())
        strip = (sides == OUTSIDE) & ~self.dry & (distance <= STRIP * apart + known.touch)
        between = np.flatnonzero(strip & (distance > 0))
        ocean[between] = self._between(between, segments, lines, known)
        return ocean

    def known_ocean(self, lines: Sequence[Line]) -> Region:
        """Return the known ocean on the date of these lines."""
        given = {id(line.ocean): line.ocean for line in lines if line.ocean is not None}
        if any(line.ocean is None for line in lines):
            date = lines[0].front.date
            raise LevelSetError(
                f"ocean is given for some fronts of {date or 'the date'} and not for others; "
                "give one for every front of a date, or for none"
            )
        area = shapely.union_all(list(given.values()))
        if self.fjord is not None:
            area = _areas(area.intersection(self.fjord))
        if self.land is not None:
            area = _areas(area.difference(self.land))
        return Region(area, area.boundary, self.region.touch)

    def region_of(self, lines: Sequence[Line]) -> Region:
        """Return the region in which these lines are extended."""
        known = any(line.ocean is not None for line in lines)
        return self.known_ocean(lines) if known else self.region

    def _left(self, vertices: np.ndarray, segments: Segments, lines: Sequence[Line]) -> Mask:
        """Return True for vertices on the ocean side of the nearest front."""
        if not len(vertices):
            return np.zeros(0, bool)
        xy = self.xy[vertices]
        _, nearest = VertexTree(xy).nearest(segments)
        return nearest_side(xy, nearest, segments, lines)

    def _between(
        self, vertices: np.ndarray, segments: Segments, lines: Sequence[Line], known: Region
    ) -> Mask:
        """Return True for vertices in the gap between a front and the known ocean.

        Vertices beyond the ends of a front do not count.
        """
        if not len(vertices):
            return np.zeros(0, bool)
        xy = self.xy[vertices]
        _, nearest = VertexTree(xy).nearest(segments)
        found = nearest_side(xy, nearest, segments, lines)
        along = segments.along[nearest]
        way = np.einsum("ij,ij->i", xy - segments.start[nearest], along)
        foot = segments.start[nearest] + along * np.clip(way, 0, segments.length[nearest])[:, None]
        for line in lines:
            if not line.closed:
                for end in (line.xy[0], line.xy[-1]):
                    found &= np.hypot(*(foot - end).T) > known.touch
        shapely.prepare(known.area)
        paths = shapely.linestrings(np.stack([xy, xy + (foot - xy) * (1 - 1e-6)], axis=1))
        # paths stop just short of the front, which may itself lie on the ocean's border
        found &= ~shapely.intersects(known.area, paths)
        return found


def bounds_of(lines: Sequence[Line]) -> tuple[float, float, float, float]:
    """Return west, south, east and north of all lines."""
    xy = np.concatenate([line.xy for line in lines])
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    return float(west), float(south), float(east), float(north)


def _areas(geometry: BaseGeometry) -> BaseGeometry:
    """Drop points and lines, which an overlay may leave."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    return shapely.union_all([part for part in shapely.get_parts(geometry) if part.area > 0])
