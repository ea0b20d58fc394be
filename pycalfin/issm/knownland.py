"""Land that a model knows before any front: fronts are extended to it and never over it.

The mesh without known land falls into parts. Fronts decide the sides of the parts that they touch,
which make the fjord. Everything else stays as the model has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from pycalfin.issm.distance import RESOLUTION
from pycalfin.issm.field import border_edges
from pycalfin.records import Float64, Front, Mask

SEA_LEVEL = 0.0
"""Metres; md.geometry.bed is measured from it."""
ON_LAND = 0.5
"""A front with more than this share of its length on known land contradicts the model."""


@dataclass(frozen=True, eq=False)
class Known:
    """What a model knows of its vertices.

    Parameters
    ----------
    ice, ocean, bed : (nv,) float64 or None
        md.mask.ice_levelset, md.mask.ocean_levelset and md.geometry.bed.
    """

    ice: Float64 | None = None
    ocean: Float64 | None = None
    bed: Float64 | None = None

    @classmethod
    def of(cls, vertices: int, **values: Any) -> Known:
        """Take the fields that hold a number for each vertex; models fill others with NaN."""
        found = {}
        for item in fields(cls):
            value = np.asarray(values.get(item.name), np.float64).ravel()
            if value.size == vertices and not np.isnan(value).all():
                found[item.name] = value
        return cls(**found)

    def bare(self, vertices: int) -> Mask:
        """Return True for vertices without ice, (nv,)."""
        return np.zeros(vertices, bool) if self.ice is None else self.ice > 0

    def high(self, vertices: int) -> Mask:
        """Return True for vertices above sea level that are not marked ocean, (nv,)."""
        if self.bed is None:
            return np.zeros(vertices, bool)
        high: Mask = self.bed > SEA_LEVEL
        return high if self.ocean is None else high & ~(self.ocean < 0)

    def rock(self, vertices: int) -> Mask:
        """Return True for vertices that the masks call neither ice nor ocean, (nv,).

        None, if the masks mark no ocean: then they do not tell it from land.
        """
        bare = self.bare(vertices)
        if self.ocean is None or not (self.ocean[bare] < 0).any():
            return np.zeros(vertices, bool)
        return bare & (self.ocean > 0)


def area_without(xy: Float64, triangles: np.ndarray, land: Mask) -> BaseGeometry:
    """Return the area of a mesh without its land.

    Its border runs through the middles of the edges between land and other vertices.

    Parameters
    ----------
    xy : (nv, 2) float64
    triangles : (ne, 3) int
        Counted from 1.
    land : (nv,) bool

    Returns
    -------
    shapely Polygon or MultiPolygon
    """
    numbers = np.asarray(triangles, np.int64) - 1
    edges = border_edges(numbers, len(xy))
    dry = land[edges]
    whole = xy[edges[~dry.any(axis=1)]]
    half = np.where(dry[:, :1], edges[:, ::-1], edges)[dry.sum(axis=1) == 1]
    halves = np.stack([xy[half[:, 0]], (xy[half[:, 0]] + xy[half[:, 1]]) / 2], axis=1)
    # in a triangle with both, one corner differs from the two others
    count = land[numbers].sum(axis=1)
    mixed = numbers[(count == 1) | (count == 2)]
    single = land[mixed] == (land[mixed].sum(axis=1) == 1)[:, None]
    corner = mixed[single][:, None]
    across = (xy[corner] + xy[mixed[~single].reshape(-1, 2)]) / 2
    border = np.concatenate([whole, halves, across])
    if not len(border):
        return Polygon()
    return shapely.build_area(shapely.multilinestrings(list(border)))


def touched(area: BaseGeometry, fronts: Sequence[Front]) -> BaseGeometry:
    """Return the parts of an area that fronts touch, or an empty polygon."""
    parts = shapely.get_parts(area)
    parts = parts[shapely.area(parts) > 0]
    drawn = shapely.union_all([LineString(front.xy) for front in fronts])
    shapely.prepare(drawn)
    found = parts[shapely.intersects(drawn, parts)]
    return shapely.union_all(found) if len(found) else Polygon()


def mostly_on_land(area: BaseGeometry, outline: BaseGeometry, fronts: Sequence[Front]) -> int:
    """Count fronts that lie on the mesh and for the most part outside its area without land."""
    drawn = np.array([LineString(front.xy) for front in fronts])
    there = shapely.length(shapely.intersection(drawn, outline))
    free = shapely.length(shapely.intersection(drawn, area))
    return int((there - free > ON_LAND * shapely.length(drawn)).sum())


def from_fronts(old: Float64, table: Float64, sample: Mask) -> Mask:
    """Return True for vertices whose value is the level set of the fronts at some time.

    A mask filled before holds such values. They say where a front was, and nothing about land.

    Parameters
    ----------
    old : (nv,) float64
        Values of the mask.
    table : (nt, nv) float64
        Level sets of the fronts, in order of time.
    sample : (nv,) bool
        Vertices that show the time.

    Returns
    -------
    (nv,) bool
        False everywhere unless there is a time at which most of the sample agrees.
    """
    near = 1e3 * RESOLUTION * max(float(np.abs(table).max()), 1.0)
    for low, high in zip(table, [*table[1:], table[-1]], strict=True):
        step = high - low
        moves = sample & (np.abs(step) > near)
        share = float(np.median((old - low)[moves] / step[moves])) if moves.any() else 0.0
        if -RESOLUTION <= share <= 1 + RESOLUTION:
            agrees: Mask = np.abs(low + share * step - old) <= near + RESOLUTION * np.abs(step)
            if agrees[sample].mean() > 0.5:
                return agrees
    return np.zeros(len(old), bool)
