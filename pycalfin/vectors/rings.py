"""Repair hand-drawn rings: slightly open, wound twice, or crossing themselves."""

from __future__ import annotations

import struct

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pycalfin.arrays import Float64

SHUT = 1e-3
"""Largest gap between the ends of a line meant as a closed outline, as a fraction of its length."""
_POLYGON, _MULTIPOLYGON = 3, 6


def close_rings(wkb: bytes) -> tuple[BaseGeometry | None, float]:
    """Decode polygons whose rings do not repeat their first point at the end.

    Parameters
    ----------
    wkb : bytes
        Two-dimensional polygon or multi-polygon; any other geometry gives None.

    Returns
    -------
    geometry : shapely geometry or None
        Polygons, without rings of fewer than three points; a line if a coordinate is not finite.
    gap : float
        Largest distance between the ends of a ring, in map units.
    """
    try:
        polygons, _ = _polygons(wkb, 0)
    except (struct.error, ValueError):
        return None, 0.0
    for ring in (ring for rings in polygons for ring in rings):
        if not np.isfinite(ring).all():
            return shapely.LineString(ring[[0, *range(len(ring))]]), 0.0
    gaps = [float(np.hypot(*(ring[0] - ring[-1]))) for rings in polygons for ring in rings]
    parts = [
        shapely.Polygon(rings[0], [hole for hole in rings[1:] if len(hole) > 2])
        for rings in polygons
        if rings and len(rings[0]) > 2
    ]
    if not parts:
        return None, 0.0
    return (parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)), max(gaps)


def _polygons(wkb: bytes, at: int) -> tuple[list[list[Float64]], int]:
    order = "<" if wkb[at : at + 1] == b"\x01" else ">"
    kind, count = struct.unpack_from(f"{order}II", wkb, at + 1)
    at += 9
    if kind == _MULTIPOLYGON:
        found = []
        for _ in range(count):
            part, at = _polygons(wkb, at)
            found += part
        return found, at
    if kind != _POLYGON:
        raise ValueError(kind)
    rings = []
    for _ in range(count):
        (points,) = struct.unpack_from(f"{order}I", wkb, at)
        xy = np.frombuffer(wkb, f"{order}f8", 2 * points, at + 4).reshape(-1, 2)
        at += 4 + 16 * points
        if points:
            rings.append(xy.astype(float))
    return [rings] if rings else [], at


def shut(line: Float64) -> float | None:
    """Return the gap between the ends of a line meant as an outline; None for any other line.

    Examples
    --------
    >>> shut(np.array([[0, 0], [9, 0], [9, 9], [0, 9], [0, 0.001]]))
    0.001
    >>> shut(np.array([[0, 0], [9, 0], [9, 9]])) is None
    True
    """
    if len(np.unique(line, axis=0)) < 3:
        return None
    gap = float(np.hypot(*(line[-1] - line[0])))
    length = float(np.hypot(*np.diff(line, axis=0).T).sum())
    return gap if gap <= SHUT * length else None


def shape(xy: Float64) -> BaseGeometry:
    """Return points as a polygon if they form a closed ring, else as a line or a single point."""
    if len(np.unique(xy, axis=0)) == 1:
        return shapely.Point(xy[0])
    if len(xy) > 2 and (xy[0] == xy[-1]).all():
        return shapely.Polygon(xy)
    return shapely.LineString(xy)


def area_of(polygons: BaseGeometry) -> BaseGeometry:
    """Return the area that polygons enclose, even if their rings cross themselves.

    - A ring encloses the points around which it winds, in either direction.
    - A hole is removed from its own shell only.
    - Overlapping parts are joined.

    Parameters
    ----------
    polygons : Polygon or MultiPolygon

    Returns
    -------
    Polygon or MultiPolygon
        Valid; empty if the rings enclose nothing.
    """
    if polygons.is_valid:
        return polygons
    parts = []
    for part in shapely.get_parts(polygons):
        shell = _enclosed(part.exterior)
        holes = [_enclosed(ring) for ring in part.interiors]
        parts.append(shapely.difference(shell, shapely.union_all(holes)) if holes else shell)
    return polygonal(shapely.union_all(parts))


def polygonal(geometry: BaseGeometry) -> BaseGeometry:
    """Return the polygons of a geometry, without its lines and points."""
    parts = [
        part for part in shapely.get_parts(shapely.get_parts(geometry))
        if part.geom_type == "Polygon" and part.area > 0
    ]  # fmt: skip
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _enclosed(ring: shapely.LinearRing) -> BaseGeometry:
    plain = shapely.Polygon(ring)
    if plain.is_valid:
        return plain
    xy = shapely.get_coordinates(ring)
    lines = shapely.union_all(shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)))
    faces = shapely.get_parts(shapely.polygonize([lines]))
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    return shapely.union_all(faces[_windings(xy, inside) != 0])


def _windings(ring: Float64, points: Float64) -> NDArray[np.int64]:
    """Count how often a ring winds counter-clockwise around points."""
    counts = np.zeros(len(points), np.int64)
    for number, (x, y) in enumerate(points):
        below = ring[:, 1] <= y
        up, down = below[:-1] & ~below[1:], ~below[:-1] & below[1:]
        start, step = ring[:-1], np.diff(ring, axis=0)
        side = step[:, 0] * (y - start[:, 1]) - (x - start[:, 0]) * step[:, 1]
        counts[number] = int((up & (side > 0)).sum()) - int((down & (side < 0)).sum())
    return counts
