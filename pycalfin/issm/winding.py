"""Turns of a line around points, which show the pieces that separate ice from ocean.

An open line is extended straight beyond both ends (`end_extension`). This endless line divides the
plane. Crossing it from right to left adds one to the number of turns. Far away the number is -1/2
on its right and +1/2 on its left (ocean).

A line may cross itself, in a loop or because an end curls back. Other numbers of turns occur there.
Only pieces between -1/2 and +1/2 separate ice from ocean.
"""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry import LineString

from pycalfin.issm.grouping import Line
from pycalfin.records import Float64, Mask

END_SHARE = 0.1
"""Share of a line's length that defines its direction at an end, to average over single pixels."""
FORWARD = 0.5
"""Cosine of 60 degrees. If an end deviates more from the direction away from the line's other end,
it does not define the extension."""
NEAR = 1e-9
"""Share of a line's length: this close to the end, its extension is not tested for crossings."""
BETWEEN = 0.75
"""Pieces with fewer turns than this separate ice from ocean. The turns of a piece are the mean of
its sides: 0 if it separates them, another whole number if not. Pieces that coincide with others
have values in between and count as separating."""


def end_direction(xy: Float64) -> Float64:
    """Return the direction of a line at its last vertex, as a unit vector."""
    line = LineString(xy)
    before = line.interpolate(line.length * (1 - END_SHARE))
    for start in (np.array([before.x, before.y]), xy[-2]):
        step = xy[-1] - start
        length = float(np.hypot(*step))
        if length > 0:
            return step / length
    return np.zeros(2)


def away(xy: Float64) -> Float64:
    """Return the direction from the first vertex of an open line to its last, as a unit vector."""
    chord = xy[-1] - xy[0]
    length = np.hypot(*chord)
    return chord / length if length > 0 else end_direction(xy)


def leads_away(direction: Float64, xy: Float64) -> bool:
    """Return True if a direction at a line's last vertex leads away from its first vertex."""
    return bool(direction @ away(xy) >= FORWARD * np.hypot(*direction))


def end_extension(xy: Float64) -> Float64:
    """Return the direction in which an open line is extended, as a unit vector.

    It is the direction of the last tenth of the line, else of its last segment, provided that it
    leads away from the first vertex and does not cross the line. If neither does, it is the
    direction from the first vertex to the last.
    """
    step = xy[-1] - xy[-2]
    for direction in (end_direction(xy), step / np.hypot(*step)):
        if leads_away(direction, xy) and not _meets_itself(xy, direction):
            return direction
    return away(xy)


def _meets_itself(xy: Float64, direction: Float64) -> bool:
    """Return True if a straight extension beyond the last vertex crosses the line."""
    drawn = LineString(xy)
    low, far = NEAR * drawn.length, 2 * drawn.length
    return LineString([xy[-1] + low * direction, xy[-1] + far * direction]).intersects(drawn)


def divides_simply(line: Line) -> bool:
    """Return True if an extended line never crosses itself, so that all of it counts."""
    if not LineString(line.xy).is_simple:
        return False
    ends = () if line.closed else (line.xy, line.xy[::-1])
    return not any(_meets_itself(xy, end_extension(xy)) for xy in ends)


def turns(line: Line, xy: Float64, segment: np.ndarray | None = None) -> Float64:
    """Return the turns of an extended line around points.

    Parameters
    ----------
    line : Line
    xy : (P, 2) float64
    segment : (P,) int, optional
        Number of the segment on which each point lies, if the points lie on the line.

    Returns
    -------
    (P,) float64
        Positive on the ocean side, negative on the ice side, and 0 on pieces of the line that
        separate the two. For a closed line -1/2 or +1/2 inside and outside.
    """
    found = np.empty(len(xy))
    for place, point in enumerate(xy):
        rays = line.xy - point
        angle = _angles(rays[:-1], rays[1:])
        if segment is not None:
            angle[segment[place]] = 0.0
        found[place] = angle.sum()
    if line.closed:
        ccw = shapely.LinearRing(line.xy).is_ccw
        return found / (2 * np.pi) - (0.5 if ccw else -0.5)
    first, last = end_extension(line.xy[::-1]), end_extension(line.xy)
    found += _angles(first, line.xy[0] - xy) + _angles(line.xy[-1] - xy, last)
    chord = away(line.xy)
    far = np.pi + _angles(first, -chord) + _angles(chord, last)
    return (found - far) / (2 * np.pi) + 0.5


def counts(line: Line, xy: Float64, segment: np.ndarray) -> Mask:
    """Return True for pieces of a line, given by their middles, that separate ice from ocean."""
    found: Mask = np.abs(turns(line, xy, segment)) < BETWEEN
    return found


def _angles(one: Float64, other: Float64) -> Float64:
    """Return the counter-clockwise angle from one vector to another, -pi to pi."""
    cross = one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
    found: Float64 = np.arctan2(cross, (one * other).sum(axis=-1))
    return found
