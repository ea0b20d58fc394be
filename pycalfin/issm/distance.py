"""Exact distances from the vertices of one mesh to many sets of lines.

The vertices are sorted once into a balanced tree of blocks. A block is halved at the median of its
longer side. Each query walks down the tree with a set of segments. A block keeps the segments that
may be nearest to one of its vertices, and only these are measured. Nothing is approximated.

A segment is dropped by one of two bounds. Let a block have centre c and radius r. Let f be the
nearest point to c on any segment, D = |c - f| and u = (c - f) / D. Let g be the nearest point to c
on another segment, at distance d = |c - g| and with w = (c - g) / d.

1. A segment is convex, so this one lies in the half-plane behind g. From a vertex c + e it is at
   least d + e.w away, while f is at most D + e.u + r^2 / 2D away. The segment cannot be the nearest
   if d - D > r |u - w| + r^2 / 2D.
2. By the triangle inequality it cannot be the nearest if d - D > 2 r.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pycalfin.records import Float64

Index: TypeAlias = NDArray[np.intp]

LEAF = 32
"""Approximate number of vertices in the smallest blocks (measured: 16 to 48 are equally fast)."""
STEP = 2
"""Halvings from one level of the tree to the next (measured: faster than 3 or 4)."""
CHUNK = 32_768
"""Pairs of vertex and segment measured at once: their arrays fit into a core's cache."""
SLACK = 1e-9
"""Relative margin of the bounds against rounding."""
RESOLUTION = 8 * float(np.finfo(float).eps)
"""Share of the largest coordinate: smaller distances are rounding (2 nm at 1000 km)."""


@dataclass(frozen=True, eq=False)
class Segments:
    """Straight segments of lines, each of positive length.

    Parameters
    ----------
    start : (S, 2) float64
    along : (S, 2) float64
        Unit vectors from start to end.
    length : (S,) float64
    line : (S,) int
        Number of the line that a segment belongs to. The segments of a line are consecutive.
    """

    start: Float64
    along: Float64
    length: Float64
    line: Index

    @classmethod
    def of(cls, lines: list[Float64]) -> Segments:
        """Split lines into segments; each line is (N, 2) without repeated neighbours."""
        start = np.concatenate([line[:-1] for line in lines])
        step = np.concatenate([np.diff(line, axis=0) for line in lines])
        length = np.hypot(step[:, 0], step[:, 1])
        number = np.repeat(np.arange(len(lines)), [len(line) - 1 for line in lines])
        return cls(start, step / length[:, None], length, number)

    def __len__(self) -> int:
        return len(self.length)

    @property
    def size(self) -> float:
        """Upper bound of the absolute coordinates."""
        return float(np.abs(self.start).max()) + float(self.length.max())


@dataclass(frozen=True, eq=False)
class Level:
    """The blocks at one depth of the tree, as disks around their vertices."""

    centre: Float64
    radius: Float64
    fan: int
    """Number of blocks of this level per block of the level above (first level: all blocks)."""
    size: float
    """Largest absolute coordinate of the centres."""


class VertexTree:
    """The vertices of a mesh, sorted into blocks for distance queries.

    Parameters
    ----------
    xy : (nv, 2) float64
        Finite coordinates.
    """

    def __init__(self, xy: Float64) -> None:
        self.xy = np.ascontiguousarray(xy, float)
        self.size = float(np.abs(self.xy).max())
        count = len(self.xy)
        depth = max(0, int(np.ceil(np.log2(count / LEAF))))
        width = -(-count // 2**depth)
        padded = np.minimum(np.arange(width * 2**depth), count - 1)
        depths = list(range(depth % STEP or min(STEP, depth), depth + 1, STEP)) or [0]
        blocks, levels, above = padded[None], [], 0
        for at in range(depth + 1):
            if at in depths:
                levels.append(_level(self.xy[blocks], 2 ** (at - above)))
                above = at
            if at < depth:
                blocks = _halved(self.xy, blocks)
        self.levels = levels
        self.blocks = blocks
        """(leaves, width) int: vertices of the smallest blocks; some are repeated as padding."""
        self._x, self._y = self.xy[blocks, 0], self.xy[blocks, 1]

    def distance(self, segments: Segments) -> Float64:
        """Return the distance from each vertex to the nearest segment, (nv,)."""
        found: Float64 = self._query(segments, False)[0]
        return found

    def nearest(self, segments: Segments) -> tuple[Float64, Index]:
        """Return distance to and number of the nearest segment, both (nv,); the first if tied."""
        return self._query(segments, True)

    def _query(self, segments: Segments, which: bool) -> tuple[Float64, Index]:
        first, count, near = self._candidates(segments)
        squared = np.empty(self.blocks.shape)
        number = np.zeros(self.blocks.shape if which else 0, np.intp)
        width = self.blocks.shape[1]
        begin = 0
        while begin < len(first):
            limit = first[begin] + max(CHUNK // width, count[begin])
            end = max(begin + 1, int(np.searchsorted(first + count, limit, side="right")))
            leaves = slice(begin, end)
            pairs = slice(int(first[begin]), int(first[end - 1] + count[end - 1]))
            of_leaf = np.repeat(np.arange(begin, end), count[leaves])
            measured = self._squared(segments, near[pairs], of_leaf)
            starts = first[leaves] - first[begin]
            squared[leaves] = np.minimum.reduceat(measured, starts, axis=0)
            if which:
                best = np.repeat(squared[leaves], count[leaves], axis=0)
                ranked = np.where(measured <= best, near[pairs][:, None], len(segments))
                number[leaves] = np.minimum.reduceat(ranked, starts, axis=0)
            begin = end
        found = np.empty(len(self.xy))
        found[self.blocks] = np.sqrt(squared)
        size = max(segments.size, self.size)
        found[found <= RESOLUTION * size] = 0.0
        if not which:
            return found, number
        numbers = np.empty(len(self.xy), np.intp)
        numbers[self.blocks] = number
        return found, numbers

    def _squared(self, segments: Segments, near: Index, leaf: Index) -> Float64:
        """Return squared distances from the vertices of leaves to one segment each.

        Both `near` and `leaf` have one element per pair; the result is (pairs, width).
        """
        along_x, along_y = segments.along[near, 0, None], segments.along[near, 1, None]
        x = self._x[leaf]
        x -= segments.start[near, 0, None]
        y = self._y[leaf]
        y -= segments.start[near, 1, None]
        along = x * along_x
        across = y * along_x
        x *= along_y
        across -= x
        y *= along_y
        along += y
        np.clip(along, 0.0, segments.length[near, None], out=x)
        along -= x
        along *= along
        across *= across
        along += across
        return along

    def _candidates(self, segments: Segments) -> tuple[Index, Index, Index]:
        """Return the first position and the count of each leaf's segments, and the segments."""
        blocks = len(self.levels[0].radius)
        near = np.tile(np.arange(len(segments)), blocks)
        count = np.full(blocks, len(segments))
        for number, level in enumerate(self.levels):
            if number:
                near, count = _handed_down(near, count, level.fan)
            near, count = _kept(level, segments, near, count)
        return np.cumsum(count) - count, count, near


def _halved(xy: Float64, blocks: Index) -> Index:
    """Halve every block at the median of its longer side: (k, m) becomes (2 k, m / 2)."""
    points = xy[blocks]
    axis = np.ptp(points, axis=1).argmax(axis=1)
    keys = np.take_along_axis(points, axis[:, None, None], axis=2)[:, :, 0]
    half = blocks.shape[1] // 2
    order = np.argpartition(keys, half, axis=1)
    return np.take_along_axis(blocks, order, axis=1).reshape(-1, half)


def _level(points: Float64, fan: int) -> Level:
    centre = (points.min(axis=1) + points.max(axis=1)) / 2
    offset = points - centre[:, None]
    radius = np.hypot(offset[..., 0], offset[..., 1]).max(axis=1)
    return Level(centre, radius, fan, float(np.abs(centre).max()))


def _handed_down(near: Index, count: Index, fan: int) -> tuple[Index, Index]:
    """Give each child block the segments of its parent."""
    first = np.repeat(np.cumsum(count) - count, fan)
    counts = np.repeat(count, fan)
    begin = np.cumsum(counts) - counts
    place = np.arange(int(counts.sum())) + np.repeat(first - begin, counts)
    return near[place], counts


def _kept(level: Level, segments: Segments, near: Index, count: Index) -> tuple[Index, Index]:
    """Keep the segments that may be nearest to a vertex of their block."""
    block = np.repeat(np.arange(len(count)), count)
    x = level.centre[:, 0][block]
    x -= segments.start[:, 0][near]
    y = level.centre[:, 1][block]
    y -= segments.start[:, 1][near]
    along_x, along_y = segments.along[:, 0][near], segments.along[:, 1][near]
    way = x * along_x
    way += y * along_y
    np.clip(way, 0.0, segments.length[near], out=way)
    along_x *= way
    along_y *= way
    x -= along_x
    y -= along_y
    distance = np.hypot(x, y)
    least = np.minimum.reduceat(distance, np.cumsum(count) - count)
    rounding = RESOLUTION * max(segments.size, level.size)
    limit = least + (2 * (1 + SLACK) * level.radius + rounding)
    left = np.flatnonzero(distance <= limit[block])
    x, y, distance, block, near = x[left], y[left], distance[left], block[left], near[left]
    excess = distance - least[block]
    with np.errstate(divide="ignore", invalid="ignore"):
        x /= distance
        y /= distance
        bend = level.radius**2 / (2 * least)
    best = np.flatnonzero(excess <= 0)[::-1]
    nearest = np.empty(len(count), np.intp)
    nearest[block[best]] = best
    x -= x[nearest][block]
    y -= y[nearest][block]
    turn = np.hypot(x, y)
    turn *= level.radius[block]
    turn += bend[block]
    # NaN if the centre lies on a line; then only the triangle inequality applies
    drop = excess > turn * (1 + SLACK) + rounding
    return near[~drop], np.bincount(block[~drop], minlength=len(count))
