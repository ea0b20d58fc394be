"""The side of the fronts, ocean or ice, on which each vertex lies.

Fronts and their extensions divide a region into faces. A face is ocean if it touches only the ocean
side of fronts, and ice if it touches only the other side. Otherwise the side of the nearest front
decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from pycalfin.issm.distance import Index, Segments, VertexTree
from pycalfin.issm.extension import Region, extensions, joined
from pycalfin.issm.grouping import Line
from pycalfin.issm.winding import counts, divides_simply, end_direction, turns
from pycalfin.records import Float64, Mask

OCEAN, ICE, BOTH, NEITHER, OUTSIDE = 1, -1, 2, 0, -2
"""Labels of faces by the sides of the fronts that they touch; OUTSIDE: in no face."""
STRAY = 0.01
"""A face is not BOTH if the length on one side of fronts is less than this share of the other."""

Sides = NDArray[np.int8]


def sides_in(region: Region, lines: Sequence[Line], tree: VertexTree) -> Sides:
    """Return the side of the lines on which each vertex lies, by its face.

    Returns
    -------
    (nv,) int8
        OCEAN, ICE, BOTH (touched from both sides), NEITHER (touches no line), or OUTSIDE.
    """
    near = _near_parts(region, lines)
    found = np.full(len(tree.xy), OUTSIDE, np.int8)
    rest = region.area if near is None else near[1]
    if near is not None:
        inner = Region(near[0], region.walls, region.touch)
        lines = joined(lines, inner)
        drawn = [LineString(line.xy) for line in lines]
        pieces = shapely.union_all([inner.area.boundary, *drawn, *extensions(lines, inner)])
        shapely.prepare(inner.area)
        faces = [
            orient(face)
            for face in shapely.get_parts(shapely.polygonize([pieces]))
            if inner.area.intersects(face.representative_point())
        ]
        labels = np.array([*_labels(faces, lines, region.touch), OUTSIDE], np.int8)
        found = labels[locate(tree, faces, pieces, region.touch)]
    if not rest.is_empty:
        parts = list(shapely.get_parts(rest))
        inside = locate(tree, parts, rest.boundary, region.touch) >= 0
        found[inside & (found == OUTSIDE)] = NEITHER
    return found


def _near_parts(region: Region, lines: Sequence[Line]) -> tuple[BaseGeometry, BaseGeometry] | None:
    """Separate the parts of a region that lines touch from the others."""
    drawn = shapely.union_all([LineString(line.xy) for line in lines])
    shapely.prepare(drawn)
    parts = shapely.get_parts(region.area)
    touched = shapely.dwithin(drawn, parts, region.touch)
    if not touched.any():
        return None
    others = parts[~touched]
    rest = shapely.union_all(others) if len(others) else Polygon()
    return shapely.union_all(parts[touched]), rest


def _labels(faces: Sequence[Polygon], lines: Sequence[Line], touch: float) -> list[int]:
    """Label faces; a face lies on the left of its edges, which run counter-clockwise."""
    segments = Segments.of([line.xy for line in lines])
    ends = segments.start + segments.along * segments.length[:, None]
    stacked = np.stack([segments.start, ends], axis=1)
    index = shapely.STRtree([LineString(ends) for ends in stacked])
    low, high = stacked.min(axis=(0, 1)) - touch, stacked.max(axis=(0, 1)) + touch
    first = np.searchsorted(segments.line, np.arange(len(lines)))
    crossing = [number for number, line in enumerate(lines) if not divides_simply(line)]
    labels = []
    for face in faces:
        rings = [shapely.get_coordinates(ring) for ring in (face.exterior, *face.interiors)]
        start = np.concatenate([ring[:-1] for ring in rings])
        step = np.concatenate([np.diff(ring, axis=0) for ring in rings])
        middle = start + step / 2
        close = np.flatnonzero(((middle >= low) & (middle <= high)).all(axis=1))
        edge, segment = index.query(
            shapely.points(middle[close]), predicate="dwithin", distance=touch
        )
        edge = close[edge]
        length = np.hypot(*step[edge].T)
        same = np.einsum("ij,ij->i", step[edge], segments.along[segment])
        # drop edges that cross a segment near their middle instead of running along it
        along = np.abs(same) > 0.99 * length
        edge, segment, same, length = edge[along], segment[along], same[along], length[along]
        of_line = segments.line[segment]
        counted = np.ones(len(edge), bool)
        for number in crossing:
            here = np.flatnonzero(of_line == number)
            own = segment[here] - first[number]
            counted[here] = counts(lines[number], middle[edge[here]], own)
        left, right = (
            np.bincount(of_line[side], length[side], len(lines)).astype(float)
            for side in (counted & (same > 0), counted & (same < 0))
        )
        label = _label(left, right)
        if label == NEITHER and len(edge):
            nearest = lines[int(np.bincount(of_line, length).argmax())]
            inside = shapely.get_coordinates(face.representative_point())
            label = OCEAN if turns(nearest, inside)[0] > 0 else ICE
        labels.append(label)
    return labels


def _label(left: Float64, right: Float64) -> int:
    """Label a face by the lengths with which it touches the left and right of each line.

    The lengths count only pieces that separate ice from ocean.
    """
    ocean, ice = float(left.sum()), float(right.sum())
    if ocean == ice == 0:
        return NEITHER
    if min(ocean, ice) > STRAY * max(ocean, ice):
        return BOTH
    return OCEAN if ocean > ice else ICE


def locate(
    tree: VertexTree, faces: Sequence[BaseGeometry], borders: BaseGeometry, touch: float
) -> Index:
    """Return the number of the face around each vertex, -1 outside; borders belong to a face.

    Blocks of vertices that no border crosses are located as a whole.
    """
    shapely.prepare(borders)
    found = np.full(len(tree.blocks), -1, np.intp)
    open_blocks = np.arange(len(tree.levels[0].radius))
    for number, level in enumerate(tree.levels):
        if number:
            open_blocks = (open_blocks[:, None] * level.fan + np.arange(level.fan)).ravel()
        centre, radius = level.centre[open_blocks], level.radius[open_blocks]
        reach = radius * (1 + 1e-9) + touch
        crossed = shapely.dwithin(borders, shapely.points(centre), reach)  # type: ignore[call-overload]
        whole = open_blocks[~crossed]
        leaves = len(tree.blocks) // len(level.radius)
        spread = (whole[:, None] * leaves + np.arange(leaves)).ravel()
        found[spread] = np.repeat(_face_of(centre[~crossed], faces), leaves)
        open_blocks = open_blocks[crossed]
    vertices = np.full(len(tree.xy), -1, np.intp)
    vertices[tree.blocks] = found[:, None]
    single = np.unique(tree.blocks[open_blocks])
    vertices[single] = _face_of(tree.xy[single], faces)
    return vertices


def _face_of(xy: Float64, faces: Sequence[BaseGeometry]) -> Index:
    found = np.full(len(xy), -1, np.intp)
    for number, face in enumerate(faces):
        west, south, east, north = face.bounds
        x, y = xy[:, 0], xy[:, 1]
        boxed = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        todo = np.flatnonzero(boxed & (found < 0))
        if len(todo):
            shapely.prepare(face)
            found[todo[shapely.intersects_xy(face, xy[todo])]] = number
    return found


def nearest_side(xy: Float64, nearest: Index, segments: Segments, lines: Sequence[Line]) -> Mask:
    """Return True for points on the ocean side of their nearest segment.

    - At a vertex between two segments, their mean normal decides.
    - At an open end, the straight extension of the line decides.
    - Where the line curls back, the number of turns around the point decides.

    Returns
    -------
    (N,) bool
    """
    before, after = _directions(segments, lines)
    along, start = segments.along[nearest], segments.start[nearest]
    offset = xy - start
    way = np.einsum("ij,ij->i", offset, along)
    length = segments.length[nearest]
    direction = np.where((way <= 0)[:, None], before[nearest], along)
    direction = np.where((way >= length)[:, None], after[nearest], direction)
    offset -= np.where((way >= length)[:, None], along * length[:, None], 0.0)
    left: Mask = direction[:, 0] * offset[:, 1] - direction[:, 1] * offset[:, 0] > 0
    for number, line in enumerate(lines):
        if divides_simply(line):
            continue
        of_line = np.flatnonzero(segments.line == number)
        middle = (line.xy[:-1] + line.xy[1:]) / 2
        # include their neighbours and the end segments, which share vertices with them
        curled = np.r_[True, ~counts(line, middle, np.arange(len(middle))), True]
        curled = curled[:-2] | curled[1:-1] | curled[2:]
        here = np.flatnonzero(np.isin(nearest, of_line[curled]))
        left[here] = turns(line, xy[here]) > 0
    return left


def _directions(segments: Segments, lines: Sequence[Line]) -> tuple[Float64, Float64]:
    """Return the directions of the line at the start and at the end of each segment."""
    before, after = np.empty_like(segments.along), np.empty_like(segments.along)
    for number, line in enumerate(lines):
        of_line = np.flatnonzero(segments.line == number)
        along = segments.along[of_line]
        if line.closed:
            first, last = along[-1] + along[0], along[-1] + along[0]
        else:
            first, last = -end_direction(line.xy[::-1]), end_direction(line.xy)
        inner = along[:-1] + along[1:]
        before[of_line] = np.concatenate([first[None], inner])
        after[of_line] = np.concatenate([inner, last[None]])
    return before, after
