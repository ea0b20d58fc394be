"""Fronts grouped by scene, domain and time into the columns of a series."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import CRSMismatchError, LevelSetError
from pycalfin.geo import densify, parse_crs, reproject, reproject_geometry, require_same_crs
from pycalfin.issm.decimal import decimal_year
from pycalfin.records import Float64, Front

log = logging.getLogger(__name__)

Ocean: TypeAlias = BaseGeometry | Mapping[str, BaseGeometry] | Sequence[BaseGeometry | None] | None
"""Known ocean: one geometry for all fronts, one per date, or one per front."""


@dataclass(frozen=True, eq=False)
class Line:
    """A front in the mesh's coordinates, without repeated vertices.

    Parameters
    ----------
    xy : (N, 2) float64
    front : Front
        The original front.
    ocean : shapely geometry or None
        Known ocean on its date, in the mesh's coordinates.
    """

    xy: Float64
    front: Front
    ocean: BaseGeometry | None = None

    @property
    def closed(self) -> bool:
        """True if first and last vertex are equal: an island, detached ice or a pool."""
        return len(self.xy) > 3 and bool((self.xy[0] == self.xy[-1]).all())

    @property
    def length(self) -> float:
        """Length in units of the mesh."""
        return float(np.hypot(*np.diff(self.xy, axis=0).T).sum())


@dataclass(frozen=True, eq=False)
class Column:
    """All lines of one time."""

    year: float
    lines: tuple[Line, ...]

    @property
    def domains(self) -> frozenset[str]:
        """Names of the domains with a front at this time."""
        return frozenset(line.front.domain for line in self.lines)


def describe(front: Front) -> str:
    """Describe a front for an error."""
    name = " ".join(part for part in (front.domain, front.date) if part)
    return f"front {name or front.id} (number {front.number})"


def read_lines(fronts: Sequence[Front], crs: str | None, ocean: Ocean) -> list[Line]:
    """Reproject fronts and ocean to the mesh's coordinates.

    Raises
    ------
    LevelSetError
        If there is no front, a front has fewer than two distinct points, or `ocean` does not fit
        the fronts.
    CRSMismatchError
        If the fronts are in different coordinate reference systems and `crs` is not given.
    """
    fronts = list(fronts)
    if not fronts:
        raise LevelSetError("no fronts were given; at least one is needed for a level set")
    for front in fronts:
        if not isinstance(front, Front):
            raise LevelSetError(
                f"a {type(front).__name__} is not a front; give pycalfin.Front records"
            )
    crs = common_crs(fronts, crs)
    # an empty ocean polygon says nothing about where the ocean is
    oceans = [None if known is None or _empty(known) else known for known in _oceans(fronts, ocean)]
    moved: dict[int, BaseGeometry] = {}
    lines = []
    for front, geometry in zip(fronts, oceans, strict=True):
        if geometry is not None and id(geometry) not in moved:
            moved[id(geometry)] = to_mesh(geometry, front.crs, crs, "ocean")
        place = None if geometry is None else moved[id(geometry)]
        lines.append(Line(_points(front, crs), front, place))
    return lines


def _empty(known: BaseGeometry) -> bool:
    return isinstance(known, BaseGeometry) and bool(known.is_empty)


def common_crs(fronts: Sequence[Front], crs: str | None) -> str | None:
    """Return the CRS of the mesh: the one given, else that of the fronts."""
    if crs is None:
        for front in fronts[1:]:
            _require_crs(fronts[0], front)
        crs = fronts[0].crs
    for front in fronts:
        if front.crs is None and crs is not None:
            raise CRSMismatchError(
                f"{describe(front)} has no coordinate reference system and the mesh has {crs}; "
                "give the front's crs, or leave out that of the mesh"
            )
    if crs is not None and parse_crs(crs).is_geographic:
        raise CRSMismatchError(
            f"{crs} is in degrees, and level sets are distances; give a projected one "
            "(crs='EPSG:3413') with the mesh in it"
        )
    return crs


def _require_crs(first: Front, other: Front) -> None:
    try:
        require_same_crs(first.crs, other.crs, "fronts of one level set")
    except CRSMismatchError as error:
        raise CRSMismatchError(f"{error}, or give the mesh's crs") from None


def to_mesh(
    geometry: BaseGeometry, source: str | None, target: str | None, name: str
) -> BaseGeometry:
    """Reproject a polygon to the mesh's coordinates; make it valid and two-dimensional."""
    if not isinstance(geometry, BaseGeometry):
        raise LevelSetError(f"{name} is a {type(geometry).__name__}; give a shapely polygon")
    if source is not None and target is not None and source != target:
        geometry = reproject_geometry(densify(geometry), source, target)
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise LevelSetError(
            f"{name} has coordinates that are not finite in {target or 'its crs'}; check the "
            "polygon"
        )
    valid = shapely.make_valid(shapely.force_2d(geometry))
    parts = [part for part in shapely.get_parts(valid) if part.area > 0]
    areas = [part for part in parts if part.geom_type in ("Polygon", "MultiPolygon")]
    if not areas and not geometry.is_empty:
        raise LevelSetError(f"{name} is a {geometry.geom_type} and has no area; give a polygon")
    return shapely.union_all(areas) if areas else shapely.Polygon()


def _points(front: Front, crs: str | None) -> Float64:
    xy = front.xy
    if crs is not None and front.crs is not None:
        xy = reproject(xy, front.crs, crs)
        if not np.isfinite(xy).all():
            raise CRSMismatchError(
                f"{describe(front)}, in {front.crs}, cannot be shown in {crs}; check the mesh's crs"
            )
    moved = np.r_[True, (np.diff(xy, axis=0) != 0).any(axis=1)]
    # drop steps so short that their square underflows: they have no direction
    xy = xy[moved]
    while (short := np.hypot(*np.diff(xy, axis=0).T) < 1e-150).any():
        xy = xy[np.r_[True, ~short]]
    if len(xy) < 2:
        raise LevelSetError(
            f"{describe(front)} has fewer than two distinct points; leave this front out"
        )
    return xy


def _oceans(fronts: Sequence[Front], ocean: Ocean) -> list[BaseGeometry | None]:
    """Return one geometry or None for each front."""
    if ocean is None or isinstance(ocean, BaseGeometry):
        if ocean is not None and len({front.crs for front in fronts}) > 1:
            raise CRSMismatchError(
                "ocean is in the fronts' coordinate reference system, but they have several; "
                "give one geometry for each front"
            )
        return [ocean] * len(fronts)
    if isinstance(ocean, Mapping):
        known = {front.date for front in fronts}
        strange = sorted(set(ocean) - known)
        if strange and not known & set(ocean):
            raise LevelSetError(
                f"ocean has the key {strange[0]!r}, but no front has this date; give dates of "
                "fronts as keys, YYYY-MM-DD"
            )
        return [ocean.get(front.date) for front in fronts]
    given = list(ocean)
    if len(given) != len(fronts):
        raise LevelSetError(
            f"ocean holds {len(given)} geometries for {len(fronts)} fronts; give one for each "
            "front, one for each date ({date: geometry}), or a single one"
        )
    return given


def most_confident_scene(lines: Sequence[Line]) -> list[Line]:
    """Keep, for each domain, the lines of its most confident scene."""
    kept = []
    for seen in _by(lines, lambda line: line.front.domain).values():
        views = list(_by(seen, lambda line: line.front.scene).values())
        best = max(views, key=_rank)
        for view in views:
            if view is not best:
                dropped, winner = view[0].front, best[0].front
                log.info(
                    "%s of %s is dropped for the one of %s, confidence %.2f against %.2f",
                    describe(dropped), dropped.scene or "?", winner.scene or "?",
                    _confidence(view), _confidence(best),
                )  # fmt: skip
        kept.extend(best)
    order = {id(line): place for place, line in enumerate(lines)}
    return sorted(kept, key=lambda line: order[id(line)])


def columns(lines: Sequence[Line]) -> list[Column]:
    """Sort lines into the columns of a series: one per day, or more if a domain has more times.

    Raises
    ------
    LevelSetError
        If a front has no date.
    """
    for line in lines:
        if not line.front.date:
            raise LevelSetError(
                f"{describe(line.front)} has no date; a series needs one for every front "
                "(YYYY-MM-DD)"
            )
    found = []
    for seen in _by(lines, lambda line: line.front.date).values():
        found.extend(_of_a_day(seen))
    # dates may include times, and a time just before midnight may round to the next day's year
    merged = []
    for year, same in sorted(_by(found, lambda column: column.year).items()):
        together = [line for column in same for line in column.lines]
        merged.append(Column(year, tuple(most_confident_scene(together))))
    return merged


def _of_a_day(lines: Sequence[Line]) -> list[Column]:
    """Return one column for a day, or several if a domain has fronts at several known times."""
    date = lines[0].front.date
    chosen: list[Line] = []
    several = False
    for seen in _by(lines, lambda line: line.front.domain).values():
        times = {line.front.time for line in seen}
        if len(times) > 1 and None not in times:
            several = True
            for at_once in _by(seen, lambda line: line.front.time).values():
                chosen.extend(most_confident_scene(at_once))
        else:
            chosen.extend(most_confident_scene(seen))
    known = sorted({line.front.time for line in chosen if line.front.time})
    if not several:
        years = [decimal_year(date, time) for time in known] or [decimal_year(date)]
        return [Column(float(np.mean(years)), tuple(chosen))]
    timed = defaultdict(list)
    for line in chosen:
        timed[decimal_year(date, line.front.time or known[0])].append(line)
    return [Column(year, tuple(of_time)) for year, of_time in timed.items()]


def _by(lines, key):  # type: ignore[no-untyped-def]
    groups = defaultdict(list)
    for line in lines:
        groups[key(line)].append(line)
    return groups


def _confidence(view: Sequence[Line]) -> float:
    weights = [line.length for line in view]
    return float(np.average([line.front.confidence for line in view], weights=weights))


def _rank(view: Sequence[Line]) -> tuple[float, bool, float, str]:
    """Return a sort key: confidence, completeness, length; the id breaks ties reproducibly."""
    complete = not any(line.front.partial for line in view)
    return _confidence(view), complete, sum(l.length for l in view), view[0].front.id  # noqa: E741
