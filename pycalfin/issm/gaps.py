"""Interpolation in time for vertices that the fronts of a date do not cover."""

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
"""A partial front covers a vertex that is closer to it than this times the distance to its open
ends. That is within 45 degrees of straight ahead, where the unseen part is unlikely to be closer.
"""
SPACING = 200
"""Number of points along the extent of the fronts; vertices belong to the domain of the nearest
point."""
BLOCK = 16_384
"""Vertices interpolated at once."""


def fill_gaps(values: Float64, seen: Sequence[Column], field: Field) -> None:
    """Interpolate, in place, the values that no front of their date covers.

    A vertex belongs to the domain with the nearest front of any date. A column covers it if that
    domain has a complete front on this date, or a partial front with the vertex in front of it.

    Values that are not covered are interpolated linearly in time between the nearest columns that
    cover the vertex. Before the first and after the last of these they take the nearest value. A
    vertex that no column covers keeps the values from the extended fronts.

    Parameters
    ----------
    values : (nt, nv) float64
        Level sets; changed in place.
    seen : sequence of Column
        Columns in order of time.
    field : Field
    """
    covered = covered_by(seen, field)
    if covered is None:
        return
    years = np.array([column.year for column in seen])
    gaps = np.flatnonzero(~covered.all(axis=0) & covered.any(axis=0))
    for begin in range(0, len(gaps), BLOCK):
        vertices = gaps[begin : begin + BLOCK]
        values[:, vertices] = _filled(values[:, vertices], covered[:, vertices], years)


def covered_by(seen: Sequence[Column], field: Field) -> Mask | None:
    """Return True where a column covers a vertex, (nt, nv); None if all columns cover all."""
    domains = frozenset[str]().union(*(column.domains for column in seen))
    missing = any(column.domains != domains for column in seen)
    partial = any(line.front.partial for column in seen for line in column.lines)
    if len(seen) < 2 or not (missing or partial):
        return None
    names = sorted(domains)
    owner = _owners(seen, names, field)
    covered = np.ones((len(seen), len(field.xy)), bool)
    for number, column in enumerate(seen):
        if column.domains != domains:
            covered[number] = np.array([name in column.domains for name in names])[owner]
        if any(line.front.partial for line in column.lines):
            covered[number] &= _covered_by_partial(column.lines, field)
    return covered


def _owners(seen: Sequence[Column], names: Sequence[str], field: Field) -> Index:
    """Return the number of the domain that each vertex belongs to."""
    if len(names) == 1:
        return np.zeros(len(field.xy), np.intp)
    lines = [line for column in seen for line in column.lines]
    drawn = np.array([LineString(line.xy) for line in lines])
    west, south, east, north = field.bounds
    dense = shapely.segmentize(drawn, max(east - west, north - south) / SPACING)
    points, of_line = shapely.get_coordinates(dense, return_index=True)
    domain = np.array([names.index(line.front.domain) for line in lines])
    return domain[of_line[cKDTree(points).query(field.xy)[1]]]


def _covered_by_partial(lines: Sequence[Line], field: Field) -> Mask:
    """Return True for vertices nearest to a complete line, or in front of a partial one."""
    partial = [line for line in lines if line.front.partial]
    whole = [line for line in lines if not line.front.partial]
    region = field.region_of(lines)
    ends = [
        partial[number].xy[-1 if last else 0]
        for number, last in open_ends(partial)
        if not reaches_wall(partial[number], last, region)
    ]
    covered = np.ones(len(field.xy), bool)
    if not ends:
        return covered
    distance = field.tree.distance(Segments.of([line.xy for line in partial]))
    for end in ends:
        covered &= distance <= CONE * np.hypot(*(field.xy - end).T)
    if whole:
        covered |= field.tree.distance(Segments.of([line.xy for line in whole])) <= distance
    return covered


def _filled(values: Float64, covered: Mask, years: Float64) -> Float64:
    """Interpolate uncovered values in time; every vertex must be covered at least once."""
    number = np.arange(len(years))[:, None]
    before = np.maximum.accumulate(np.where(covered, number, -1), axis=0)
    after = np.minimum.accumulate(np.where(covered, number, len(years))[::-1], axis=0)[::-1]
    first = np.where(before < 0, after, before)
    last = np.where(after == len(years), before, after)
    span = years[last] - years[first]
    weight = np.where(span > 0, (years[:, None] - years[first]) / np.where(span > 0, span, 1), 0)
    low = np.take_along_axis(values, first, axis=0)
    high = np.take_along_axis(values, last, axis=0)
    return np.where(covered, values, low + weight * (high - low))
