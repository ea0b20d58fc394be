"""How lines that end inside a region are continued to its border, to divide it into two sides.

What is drawn here decides signs only; no distance is ever measured to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from pycalfin.issm.grouping import Line
from pycalfin.issm.winding import away, onward
from pycalfin.records import Float64

WALL_SHARE = 0.25
"""Of a line's length: a wall this near to its end is joined by the shortest way; one farther
away is not taken for the one that the glacier ends at."""
TOUCH = 1e-12
"""Of the largest coordinate: two things this close touch (a micrometre at 1000 km)."""


@dataclass(frozen=True, eq=False)
class Region:
    """Where ice or ocean can be.

    Parameters
    ----------
    area : shapely Polygon or MultiPolygon
    walls : shapely geometry or None
        Lines that fronts end at: the border of land, fjord, known ocean or mesh. The rest of the
        region's border is a mere frame.
    touch : float
        Length below which two things touch.
    """

    area: BaseGeometry
    walls: BaseGeometry | None
    touch: float


def open_ends(lines: Sequence[Line]) -> list[tuple[int, bool]]:
    """Ends of all lines that are not closed: number of the line, and whether it is the last."""
    ends = product(range(len(lines)), (False, True))
    return [(number, last) for number, last in ends if not lines[number].closed]


def reaches_wall(line: Line, last: bool, region: Region) -> bool:
    """Tell whether a line's end is so near to a wall that it is taken to end there."""
    end = Point(line.xy[-1 if last else 0])
    if region.walls is None:
        return False
    return bool(region.walls.distance(end) <= WALL_SHARE * line.length)


def joined(lines: Sequence[Line], region: Region) -> list[Line]:
    """Make one line of the pieces of a front, joined where one begins near another's end.

    Returns
    -------
    list of Line
        Each as its first piece, with the vertices of all.
    """
    after = _bridges(lines, [LineString(line.xy) for line in lines], region)
    left = set(range(len(lines)))
    starts = [number for number in range(len(lines)) if number not in after.values()]
    found = []
    # what has no start is a ring of pieces
    for start in (*starts, *range(len(lines))):
        if start not in left:
            continue
        chain = [start]
        while (number := after.get(chain[-1])) is not None and number != start:
            chain.append(number)
        left -= set(chain)
        ring = [lines[start].xy[:1]] if number == start else []
        xy = np.concatenate([*(lines[piece].xy for piece in chain), *ring])
        found.append(lines[start] if len(chain) == 1 else replace(lines[start], xy=xy))
    return found


def extensions(lines: Sequence[Line], region: Region) -> list[LineString]:
    """Continue every open end inside a region to its border.

    An end is joined, in this order, to a wall near by (the shortest way), or to what lies ahead:
    the border, or another line.
    """
    drawn = [LineString(line.xy) for line in lines]
    border = region.area.boundary
    found: list[LineString] = []
    for number, last in open_ends(lines):
        xy = lines[number].xy if last else lines[number].xy[::-1]
        point = Point(xy[-1])
        if not region.area.intersects(point) and border.distance(point) > region.touch:
            continue
        if border.distance(point) <= region.touch:
            found.extend(_plus(xy[-1], 4 * region.touch))
            continue
        if region.walls is not None and reaches_wall(lines[number], last, region):
            way = _shortest(point, region.walls, region.touch)
            back = np.diff(shapely.get_coordinates(way), axis=0)[0] @ away(xy) < 0
            if not back and not _crosses(way, drawn, region.touch):
                found.append(way)
                continue
        found.append(_straight(xy, number, drawn, border, region.touch))
    return found


def _plus(xy: Float64, arm: float) -> list[LineString]:
    """Two short strokes; one of them crosses any border that passes through their middle."""
    return [LineString([xy - step, xy + step]) for step in ([arm, 0.0], [0.0, arm])]


def _shortest(point: Point, border: BaseGeometry, touch: float) -> LineString:
    """From a point to the nearest place of the border, and a little across it."""
    _, foot = shapely.get_coordinates(shapely.shortest_line(point, border))
    start = np.array([point.x, point.y])
    step = foot - start
    return LineString([start, foot + step / np.hypot(*step) * 4 * touch])


def _crosses(way: LineString, drawn: Sequence[LineString], touch: float) -> bool:
    """Tell whether a way meets a line elsewhere than at its own beginning."""
    rest = substring(way, min(2 * touch, way.length / 2), way.length)
    return any(rest.intersects(line) for line in drawn)


def _straight(
    xy: Float64, number: int, drawn: Sequence[LineString], border: BaseGeometry, touch: float
) -> LineString:
    """Run on until the border or another line; across the line itself if it curls back."""
    others = [line for place, line in enumerate(drawn) if place != number]
    obstacles = shapely.union_all([border, *others])
    west, south, east, north = shapely.union_all([border, Point(xy[-1])]).bounds
    far = 2 * float(np.hypot(east - west, north - south)) + 1e3 * touch
    start, direction = xy[-1], onward(xy)
    hits = shapely.get_coordinates(
        LineString([start, start + far * direction]).intersection(obstacles)
    )
    reach = np.hypot(*(hits - start).T)
    reach = reach[reach > touch]
    length = (float(reach.min()) if len(reach) else far) + 4 * touch
    return LineString([start, start + length * direction])


def _bridges(lines: Sequence[Line], drawn: Sequence[LineString], region: Region) -> dict[int, int]:
    """Tell which line goes on in which: ends and beginnings that are nearest to each other."""
    open_lines = [number for number, line in enumerate(lines) if not line.closed]
    if len(open_lines) < 2:
        return {}
    tails = np.array([lines[number].xy[-1] for number in open_lines])
    heads = np.array([lines[number].xy[0] for number in open_lines])
    gap = np.hypot(*(tails[:, None] - heads[None]).transpose(2, 0, 1))
    np.fill_diagonal(gap, np.inf)
    found: dict[int, int] = {}
    for tail in range(len(open_lines)):
        head = int(gap[tail].argmin())
        first, second = open_lines[tail], open_lines[head]
        wide = min(lines[first].length, lines[second].length)
        if gap[:, head].argmin() != tail or not region.touch < gap[tail, head] <= wide:
            continue
        if _ends_at_walls(tails[tail], heads[head], gap[tail, head], region):
            continue
        way = LineString([tails[tail], heads[head]])
        middle = substring(way, 0.001, 0.999, normalized=True)
        if not any(middle.intersects(line) for line in drawn):
            found[first] = second
    return found


def _ends_at_walls(tail: Float64, head: Float64, gap: float, region: Region) -> bool:
    """Tell whether land lies between two ends, or both are nearer to walls than to each other."""
    if region.walls is None:
        return False
    if LineString([tail, head]).crosses(region.walls):
        return True
    return max(region.walls.distance(Point(tail)), region.walls.distance(Point(head))) < gap / 2
