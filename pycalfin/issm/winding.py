"""How often a line goes round a point, so that ends which curl back divide nothing.

An open line is thought to go on straight beyond both ends (`onward`). That line, endless now,
divides the plane. Walking across it from its right to its left adds one to the number of turns; far
away the number is -1/2 on its right and +1/2 on its left (ocean). Where it crosses itself, because
an end curls back or in a loop, there are other numbers, and only the pieces between -1/2 and +1/2
separate ice from ocean.
"""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry import LineString

from pycalfin.issm.grouping import Line
from pycalfin.records import Float64, Mask

END_SHARE = 0.1
"""Of a line's length: its direction at an end is that of this last part, so that wiggles of single
pixels do not count."""
FORWARD = 0.5
"""Cosine of 60 degrees: an end that turns more from the direction away from the line's other end
does not tell where the line goes on."""
NEAR = 1e-9
"""Of a line's length: its continuation does not meet itself this near to its end."""
BETWEEN = 0.75
"""A piece of a line has the mean of the numbers of its sides, a whole number: 0 if it counts. In
between lie those that coincide with other pieces; they count, too."""


def end_direction(xy: Float64) -> Float64:
    """Direction in which a line runs on beyond its last vertex, a unit vector."""
    line = LineString(xy)
    before = line.interpolate(line.length * (1 - END_SHARE))
    for start in (np.array([before.x, before.y]), xy[-2]):
        step = xy[-1] - start
        length = float(np.hypot(*step))
        if length > 0:
            return step / length
    return np.zeros(2)


def away(xy: Float64) -> Float64:
    """Direction from the first vertex of an open line to its last, a unit vector."""
    chord = xy[-1] - xy[0]
    length = np.hypot(*chord)
    return chord / length if length > 0 else end_direction(xy)


def leads_away(direction: Float64, xy: Float64) -> bool:
    """Tell whether a direction leads from a line's last vertex away from its first one."""
    return bool(direction @ away(xy) >= FORWARD * np.hypot(*direction))


def onward(xy: Float64) -> Float64:
    """Direction in which an open line is continued beyond its last vertex, a unit vector.

    That of its last tenth or of its last segment, unless the line curls back there: if neither
    leads away from its first vertex without crossing the line itself, straight away from that.
    """
    step = xy[-1] - xy[-2]
    for direction in (end_direction(xy), step / np.hypot(*step)):
        if leads_away(direction, xy) and not _meets_itself(xy, direction):
            return direction
    return away(xy)


def _meets_itself(xy: Float64, direction: Float64) -> bool:
    """Tell whether a line's straight continuation beyond its last vertex crosses the line."""
    drawn = LineString(xy)
    low, far = NEAR * drawn.length, 2 * drawn.length
    return LineString([xy[-1] + low * direction, xy[-1] + far * direction]).intersects(drawn)


def divides_simply(line: Line) -> bool:
    """Tell whether a line, continued, crosses itself nowhere: then all of it counts."""
    if not LineString(line.xy).is_simple:
        return False
    ends = () if line.closed else (line.xy, line.xy[::-1])
    return not any(_meets_itself(xy, onward(xy)) for xy in ends)


def turns(line: Line, xy: Float64, own: np.ndarray | None = None) -> Float64:
    """Turns of a line, continued beyond its ends, around points.

    Parameters
    ----------
    line : Line
    xy : (P, 2) float64
    own : (P,) int, optional
        The segment of the line on which each point lies.

    Returns
    -------
    (P,) float64
        Above 0 on the ocean's side, below 0 on the ice's, 0 on the line itself, as far as it
        separates the two. Of a closed line -1/2 or +1/2, too, in and around it.
    """
    found = np.empty(len(xy))
    for place, point in enumerate(xy):
        rays = line.xy - point
        angle = _angles(rays[:-1], rays[1:])
        if own is not None:
            angle[own[place]] = 0.0
        found[place] = angle.sum()
    if line.closed:
        ccw = shapely.LinearRing(line.xy).is_ccw
        return found / (2 * np.pi) - (0.5 if ccw else -0.5)
    first, last = onward(line.xy[::-1]), onward(line.xy)
    found += _angles(first, line.xy[0] - xy) + _angles(line.xy[-1] - xy, last)
    chord = away(line.xy)
    far = np.pi + _angles(first, -chord) + _angles(chord, last)
    return (found - far) / (2 * np.pi) + 0.5


def counts(line: Line, xy: Float64, own: np.ndarray) -> Mask:
    """Tell whether the pieces of a line with these middles separate ice from ocean."""
    found: Mask = np.abs(turns(line, xy, own)) < BETWEEN
    return found


def _angles(one: Float64, other: Float64) -> Float64:
    """Angle from one vector to another, counter-clockwise, -pi to pi."""
    cross = one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
    found: Float64 = np.arctan2(cross, (one * other).sum(axis=-1))
    return found
