"""What a date says nothing about is interpolated in time between the dates that do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import LineString

from pycalfin.issm.distance import Index, Segments
from pycalfin.issm.extension import open_ends, reaches_wall
from pycalfin.issm.field import Field
from pycalfin.issm.grouping import Column, Line
from pycalfin.records import Float64, Mask

CONE = float(np.sqrt(0.5))
"""A partial front speaks for a vertex that is nearer to it than this times the distance to its open
ends: within 45 degrees of straight ahead, so that the part not seen is unlikely to be nearer."""
SPACING = 200
"""Parts of the fronts' extent between the points by which vertices are shared among domains."""
BLOCK = 16_384
"""Vertices filled at once."""


def fill_gaps(values: Float64, seen: Sequence[Column], field: Field) -> None:
    """Replace, in place, what the columns say nothing about.

    A vertex belongs to the domain whose fronts, of all dates, come nearest to it. A column speaks
    for it if that domain was seen, completely or with the vertex before the part that was seen.
    Elsewhere the level set is interpolated linearly in time between the nearest columns that
    speak, and takes the nearest one's value before the first and after the last. A vertex that no
    column speaks for keeps what the fronts' extensions say.

    Parameters
    ----------
    values : (nt, nv) float64
    seen : sequence of Column
    field : Field
    """
    told = told_by(seen, field)
    if told is None:
        return
    years = np.array([column.year for column in seen])
    gaps = np.flatnonzero(~told.all(axis=0) & told.any(axis=0))
    for begin in range(0, len(gaps), BLOCK):
        vertices = gaps[begin : begin + BLOCK]
        values[:, vertices] = _filled(values[:, vertices], told[:, vertices], years)


def told_by(seen: Sequence[Column], field: Field) -> Mask | None:
    """Tell which columns speak for which vertices, (nt, nv); None: all for all."""
    domains = frozenset[str]().union(*(column.domains for column in seen))
    missing = any(column.domains != domains for column in seen)
    partial = any(line.front.partial for column in seen for line in column.lines)
    if len(seen) < 2 or not (missing or partial):
        return None
    names = sorted(domains)
    owner = _owners(seen, names, field)
    told = np.ones((len(seen), len(field.xy)), bool)
    for number, column in enumerate(seen):
        if column.domains != domains:
            told[number] = np.array([name in column.domains for name in names])[owner]
        if any(line.front.partial for line in column.lines):
            told[number] &= _before_the_part(column.lines, field)
    return told


def _owners(seen: Sequence[Column], names: Sequence[str], field: Field) -> Index:
    """Number of the domain that each vertex belongs to."""
    if len(names) == 1:
        return np.zeros(len(field.xy), np.intp)
    lines = [line for column in seen for line in column.lines]
    drawn = np.array([LineString(line.xy) for line in lines])
    west, south, east, north = field.bounds
    dense = shapely.segmentize(drawn, max(east - west, north - south) / SPACING)
    points, of_line = shapely.get_coordinates(dense, return_index=True)
    domain = np.array([names.index(line.front.domain) for line in lines])
    return domain[of_line[cKDTree(points).query(field.xy)[1]]]


def _before_the_part(lines: Sequence[Line], field: Field) -> Mask:
    """Vertices nearest to a complete line, or before a partial one and not beyond its ends."""
    partial = [line for line in lines if line.front.partial]
    whole = [line for line in lines if not line.front.partial]
    region = field.region_of(lines)
    ends = [
        partial[number].xy[-1 if last else 0]
        for number, last in open_ends(partial)
        if not reaches_wall(partial[number], last, region)
    ]
    told = np.ones(len(field.xy), bool)
    if not ends:
        return told
    distance = field.tree.distance(Segments.of([line.xy for line in partial]))
    for end in ends:
        told &= distance <= CONE * np.hypot(*(field.xy - end).T)
    if whole:
        told |= field.tree.distance(Segments.of([line.xy for line in whole])) <= distance
    return told


def _filled(values: Float64, told: Mask, years: Float64) -> Float64:
    """Interpolate in time where nothing is told; every vertex is told at least once."""
    number = np.arange(len(years))[:, None]
    before = np.maximum.accumulate(np.where(told, number, -1), axis=0)
    after = np.minimum.accumulate(np.where(told, number, len(years))[::-1], axis=0)[::-1]
    first = np.where(before < 0, after, before)
    last = np.where(after == len(years), before, after)
    span = years[last] - years[first]
    weight = np.where(span > 0, (years[:, None] - years[first]) / np.where(span > 0, span, 1), 0)
    low = np.take_along_axis(values, first, axis=0)
    high = np.take_along_axis(values, last, axis=0)
    return np.where(told, values, low + weight * (high - low))
