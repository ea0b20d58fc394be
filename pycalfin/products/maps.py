"""Maps in the report: the fronts of a domain, coloured by date, in an inline SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as calendar_date

import numpy as np
from shapely import clip_by_rect, get_coordinates, get_parts, make_valid
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from pycalfin import geo
from pycalfin.products.order import Group, coast_of, fronts_of
from pycalfin.products.uncertainty import plus_minus
from pycalfin.products.units import length_label, nice_length
from pycalfin.records import Float64, Front
from pycalfin.results import PairResult

WIDTH = 800
"""SVG units: width of a map."""
HEIGHTS = (380, 560)
"""SVG units: smallest and largest height of a map."""
PADDING = 0.22
"""Margin around the fronts, as a share of the longer side of their box."""
LEAST_EXTENT = 1000.0
"""Map units (metres): smallest extent of a map."""
DETAIL = 0.35
"""SVG units: largest distance of a simplified line from the original."""
SWATCHES = 10
"""Largest number of dates listed in the legend; more dates get a colour bar."""

PALETTE = (
    (13, 8, 135),
    (84, 2, 163),
    (139, 10, 165),
    (185, 50, 137),
    (219, 92, 104),
    (244, 136, 73),
    (254, 188, 43),
    (240, 249, 33),
)
"""matplotlib's plasma at eight equal steps (CC0). Its lightness increases, so that colour-blind
readers see the order."""
ON_LIGHT = (0.0, 0.78)
"""Range of the palette that is visible on white."""
ON_DARK = (0.32, 1.0)
"""Range of the palette that is visible on black."""


@dataclass(frozen=True)
class Hue:
    """A CSS colour for light and for dark pages."""

    light: str
    dark: str


@dataclass(frozen=True)
class Line:
    """A front on a map; `path` is SVG path data, `tip` the text of its tooltip."""

    id: str
    path: str
    tip: str
    hue: Hue
    partial: bool
    synthetic: bool


@dataclass(frozen=True)
class Map:
    """A map for the template.

    `bar` is the length of the scale bar in SVG units, with its label. `north` is the direction of
    true north in degrees, clockwise from up.
    """

    name: str
    crs: str
    height: int
    lines: tuple[Line, ...]
    ocean: str
    coast: str
    bar: tuple[float, str]
    north: float
    swatches: tuple[tuple[str, Hue], ...]
    ticks: tuple[str, ...]
    synthetic: bool
    width: int = WIDTH


def hue(position: float) -> Hue:
    """Return the colour of a position from 0 (oldest) to 1 (newest)."""
    return Hue(*(_colour(low + position * (high - low)) for low, high in (ON_LIGHT, ON_DARK)))


def _colour(position: float) -> str:
    steps = np.linspace(0, 1, len(PALETTE))
    parts = [np.interp(position, steps, [rgb[band] for rgb in PALETTE]) for band in range(3)]
    return "#" + "".join(f"{round(float(part)):02x}" for part in parts)


def gradient() -> tuple[Hue, ...]:
    """Return the colours of the legend's bar, oldest first."""
    return tuple(hue(position) for position in np.linspace(0, 1, 9).tolist())


@dataclass(frozen=True)
class _Frame:
    """The extent of a map; `place` converts map coordinates to SVG units, x right and y down."""

    west: float
    north: float
    scale: float
    height: int

    def place(self, xy: Float64) -> Float64:
        return np.column_stack([xy[:, 0] - self.west, self.north - xy[:, 1]]) * self.scale

    @property
    def centre(self) -> Float64:
        half = np.array([WIDTH, -self.height]) / (2 * self.scale)
        return np.array([[self.west, self.north]]) + half

    def box(self, margin: float) -> tuple[float, float, float, float]:
        """Return west, south, east and north, with a margin in SVG units."""
        reach = margin / self.scale
        east = self.west + WIDTH / self.scale
        south = self.north - self.height / self.scale
        return self.west - reach, south - reach, east + reach, self.north + reach


def _frame(fronts: Sequence[Front]) -> _Frame:
    points = np.concatenate([front.xy for front in fronts])
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    pad = PADDING * max(float((high - low).max()), LEAST_EXTENT)
    wide, tall = np.maximum(high - low + 2 * pad, LEAST_EXTENT).tolist()
    height = round(min(max(WIDTH * tall / wide, HEIGHTS[0]), HEIGHTS[1]))
    scale = min(WIDTH / wide, height / tall)
    west, north = middle + np.array([-WIDTH, height]) / (2 * scale)
    return _Frame(float(west), float(north), scale, height)


def draw_map(group: Group) -> Map | None:
    """Draw the fronts of a domain; return None if there are none.

    Parameters
    ----------
    group : Group
        Georeferenced results of one domain (`order.by_domain`).
    """
    fronts = [front for _, front in fronts_of(group.results)]
    if not fronts or group.crs is None:
        return None
    frame = _frame(fronts)
    days = {front.date: _day(front.date) for front in fronts}
    first, last = min(days.values()), max(days.values())
    hues = {text: hue((day - first) / (last - first or 1)) for text, day in days.items()}
    newest = [item for item in group.results if item.fronts and item.date == max(days)]
    dates = sorted(days)
    return Map(
        name=group.name,
        crs=group.crs if len(group.crs) < 16 else "user-defined CRS",
        height=frame.height,
        lines=tuple(_line(front, frame, hues[front.date]) for front in fronts),
        ocean=_areas([item.ocean for item in newest], frame),
        coast=_coast(newest, frame),
        bar=_bar(frame, group.crs),
        north=_north(frame, group.crs),
        swatches=tuple((text, hues[text]) for text in dates) if len(dates) <= SWATCHES else (),
        ticks=_ticks(first, last) if len(dates) > SWATCHES else (),
        synthetic=any(front.synthetic for front in fronts),
    )


def _day(text: str) -> int:
    try:
        return calendar_date.fromisoformat(text).toordinal()
    except ValueError:
        return 1


def _ticks(first: int, last: int) -> tuple[str, ...]:
    days = np.linspace(first, last, 5).round().astype(int).tolist()
    return tuple(calendar_date.fromordinal(day).isoformat() for day in days)


def _line(front: Front, frame: _Frame, colour: Hue) -> Line:
    facts = [front.date, f"confidence {front.confidence:.2f}"]
    facts.append(f"{geo.ground_length(front.xy, front.crs) / 1000:.1f} km")
    facts += [plus_minus(front), front.sensor, "partial" if front.partial else ""]
    return Line(
        id=front.id,
        path=_path([frame.place(front.xy)], closed=False),
        tip=("SYNTHETIC · " if front.synthetic else "") + " · ".join(filter(None, facts)),
        hue=colour,
        partial=front.partial,
        synthetic=front.synthetic,
    )


def _path(lines: Iterable[Float64], closed: bool) -> str:
    words = []
    for xy in lines:
        kept = get_coordinates(LineString(xy).simplify(DETAIL))
        points = " ".join(f"{x:.1f} {y:.1f}" for x, y in kept.tolist())
        words.append(f"M{points}" + ("Z" if closed else ""))
    return "".join(words)


def _areas(areas: Sequence[BaseGeometry], frame: _Frame) -> str:
    rings = []
    for area in areas:
        whole = area if area.is_valid else make_valid(area)
        for part in get_parts(clip_by_rect(whole, *frame.box(margin=20))):
            if part.geom_type == "Polygon" and not part.is_empty:
                rings += [part.exterior, *part.interiors]
    return _path([frame.place(get_coordinates(ring)) for ring in rings], closed=True)


def _coast(results: Sequence[PairResult], frame: _Frame) -> str:
    lines = []
    for piece in (piece for item in results for piece in coast_of(item) if not piece.front):
        for part in get_parts(clip_by_rect(LineString(piece.xy), *frame.box(margin=20))):
            if part.geom_type == "LineString" and not part.is_empty:
                lines.append(frame.place(get_coordinates(part)))
    return _path(lines, closed=False)


def _bar(frame: _Frame, crs: str) -> tuple[float, str]:
    metres = float(geo.ground_scale(frame.centre, crs)[0]) / frame.scale
    if not (math.isfinite(metres) and metres > 0):
        return 0.0, ""
    length = nice_length(metres * WIDTH / 5)
    return length / metres, length_label(length)


def _north(frame: _Frame, crs: str) -> float:
    lonlat = geo.reproject(frame.centre, crs, geo.LONLAT)
    step = geo.reproject(lonlat + [0.0, 0.01], geo.LONLAT, crs) - frame.centre
    angle = math.degrees(math.atan2(step[0, 0], step[0, 1]))
    return angle if math.isfinite(angle) else 0.0
