"""Zero line and slope of a level set on triangles, where it is linear (P1 finite elements)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pycalfin.issm.distance import Index
from pycalfin.records import Float64, Mask


@dataclass(frozen=True, eq=False)
class ZeroLine:
    """The zero line of a level set: a straight segment in every triangle that it crosses.

    Parameters
    ----------
    triangle : (s,) int
        Triangle of each segment.
    edge : (s, 2, 2) int
        Vertices of the two edges on which a segment ends.
    share : (s, 2) float64
        Place of these ends along their edges, 0 at the first vertex and 1 at the second.
    """

    triangle: Index
    edge: Index
    share: Float64

    def at(self, values: Float64) -> Float64:
        """Interpolate values of vertices, (nv, ...), to the ends of the segments, (s, 2, ...)."""
        first, second = values[self.edge[..., 0]], values[self.edge[..., 1]]
        share = self.share.reshape(self.share.shape + (1,) * (values.ndim - 1))
        found: Float64 = first + share * (second - first)
        return found

    def within(self, values: Float64, lengths: Float64) -> Mask:
        """Return True for segments on whose two edges values differ by at most `lengths`, (s,)."""
        change = np.abs(values[self.edge[..., 1]] - values[self.edge[..., 0]])
        return np.all(change <= lengths, axis=1)

    def where(self, keep: Mask) -> ZeroLine:
        """Keep some of the segments."""
        return ZeroLine(self.triangle[keep], self.edge[keep], self.share[keep])


def zero_line(values: Float64, triangles: Index) -> ZeroLine:
    """Return the line between the vertices above 0 and the others.

    Parameters
    ----------
    values : (nv,) float64
        Level set at the vertices. Triangles with a NaN have no line.
    triangles : (nt, 3) int
        Vertices, counted from 0.
    """
    corners = values[triangles]
    above = corners > 0
    count = above.sum(axis=1)
    crossed = np.flatnonzero(np.isfinite(corners).all(axis=1) & (count > 0) & (count < 3))
    above = above[crossed]
    # the corner that lies alone on its side, and the two others
    alone = np.where(count[crossed] == 1, above.argmax(axis=1), above.argmin(axis=1))
    order = (alone[:, None] + np.arange(3)) % 3
    turned = np.take_along_axis(triangles[crossed], order, axis=1)
    edge = turned[:, [[0, 1], [0, 2]]]
    one, other = values[edge[..., 0]], values[edge[..., 1]]
    return ZeroLine(crossed, edge, one / (one - other))


def slopes(values: Float64, xy: Float64, triangles: Index) -> Float64:
    """Return the gradient in each triangle, (nt, 2); NaN in a triangle without area."""
    start = triangles[:, 0]
    one, other = (xy[triangles[:, corner]] - xy[start] for corner in (1, 2))
    rise, climb = (values[triangles[:, corner]] - values[start] for corner in (1, 2))
    area = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    area = np.where(area == 0, np.nan, area)
    x = rise * other[:, 1] - climb * one[:, 1]
    y = climb * one[:, 0] - rise * other[:, 0]
    return np.column_stack([x, y]) / area[:, None]
