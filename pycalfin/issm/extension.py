"""Extensions of fronts to the border of a region, which divide it into ice and ocean.

Extensions decide the sign of a level set only. No distance is measured to them.
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
from pycalfin.issm.winding import away, end_extension
from pycalfin.records import Float64

WALL_SHARE = 0.25
"""Share of a front's length: an end closer than this to a wall is joined to it by the shortest
path. A wall farther away is unlikely to be where the glacier ends."""
TOUCH = 1e-12
"""Share of the largest coordinate: geometries this close touch (a micrometre at 1000 km)."""


@dataclass(frozen=True, eq=False)
class Region:
    """An area that can hold ice or ocean.

    Parameters
    ----------
    area : shapely Polygon or MultiPolygon
    walls : shapely geometry or None
        Lines at which fronts end: borders of land, fjord, known ocean or mesh. Other parts of the
        area's border are just its frame.
    touch : float
        Geometries closer than this touch.
    """

    area: BaseGeometry
    walls: BaseGeometry | None
    touch: float


def open_ends(lines: Sequence[Line]) -> list[tuple[int, bool]]:
    """List the ends of all open lines: number of the line, and True for its last vertex."""
    ends = product(range(len(lines)), (False, True))
    return [(number, last) for number, last in ends if not lines[number].closed]


def reaches_wall(line: Line, last: bool, region: Region) -> bool:
    """Return True if an end of a line is so close to a wall that the front ends there."""
    end = Point(line.xy[-1 if last else 0])
    if region.walls is None:
        return False
    return bool(region.walls.distance(end) <= WALL_SHARE * line.length)


def joined(lines: Sequence[Line], region: Region) -> list[Line]:
    """Join the pieces of a front where one starts near the end of another.

    Returns
    -------
    list of Line
        A joined line keeps the record of its first piece and has the vertices of all pieces.
    """
    after = _bridges(lines, [LineString(line.xy) for line in lines], region)
    left = set(range(len(lines)))
    starts = [number for number in range(len(lines)) if number not in after.values()]
    found = []
    # pieces that are left over without a start form a ring
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
    """Extend every open end inside a region to its border.

    An end is joined to a nearby wall by the shortest path. If that is not possible, it is extended
    straight ahead to the border or to another line.
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
    """Return two short strokes; at least one crosses any border through their middle."""
    return [LineString([xy - step, xy + step]) for step in ([arm, 0.0], [0.0, arm])]


def _shortest(point: Point, border: BaseGeometry, touch: float) -> LineString:
    """Return the shortest path from a point to the border, and a little across it."""
    _, foot = shapely.get_coordinates(shapely.shortest_line(point, border))
    start = np.array([point.x, point.y])
    step = foot - start
    return LineString([start, foot + step / np.hypot(*step) * 4 * touch])


def _crosses(way: LineString, drawn: Sequence[LineString], touch: float) -> bool:
    """Return True if a path meets a line anywhere but at the path's start."""
    rest = substring(way, min(2 * touch, way.length / 2), way.length)
    return any(rest.intersects(line) for line in drawn)


def _straight(
    xy: Float64, number: int, drawn: Sequence[LineString], border: BaseGeometry, touch: float
) -> LineString:
    """Extend straight to the border or another line, even across the line itself."""
    others = [line for place, line in enumerate(drawn) if place != number]
    obstacles = shapely.union_all([border, *others])
    west, south, east, north = shapely.union_all([border, Point(xy[-1])]).bounds
    far = 2 * float(np.hypot(east - west, north - south)) + 1e3 * touch
    start, direction = xy[-1], end_extension(xy)
    hits = shapely.get_coordinates(
        LineString([start, start + far * direction]).intersection(obstacles)
    )
    reach = np.hypot(*(hits - start).T)
    reach = reach[reach > touch]
    length = (float(reach.min()) if len(reach) else far) + 4 * touch
    return LineString([start, start + length * direction])


def _bridges(lines: Sequence[Line], drawn: Sequence[LineString], region: Region) -> dict[int, int]:
    """Map lines to their continuations: the line whose start is nearest to their end."""
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
    """Return True if land lies between two ends, or both are closer to walls than to each other."""
    if region.walls is None:
        return False
    if LineString([tail, head]).crosses(region.walls):
        return True
    return max(region.walls.distance(Point(tail)), region.walls.distance(Point(head))) < gap / 2
