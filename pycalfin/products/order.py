"""The order of fronts in all products, and the grouping of results into files.

Fronts are ordered by date, scene, domain, subset and number. A file holds one coordinate reference
system. If results have several, the names of the files get suffixes, such as north and south.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from shapely import get_parts
from shapely.geometry import Polygon

from pycalfin import geo
from pycalfin.files import safe_name
from pycalfin.records import Float64, Front, front_id
from pycalfin.results import Coast, PairResult

NO_DATE = "1970-01-01"
"""Date in file headers, which must hold one, if no scene has a date."""


def front_key(front: Front) -> tuple[str, str, str, str, int]:
    """Return a key that sorts fronts by date, scene, domain, subset and number."""
    return (front.date, front.scene, front.domain, front.subset, front.number)


def sorted_results(results: Iterable[PairResult]) -> list[PairResult]:
    """Sort results by date, scene, domain and subset."""
    return sorted(results, key=lambda item: (item.date, item.scene, item.domain, item.subset))


def fronts_of(results: Iterable[PairResult]) -> list[tuple[PairResult, Front]]:
    """List all fronts with their results, in the order of the products."""
    pairs = [(result, front) for result in results for front in result.fronts]
    return sorted(pairs, key=lambda pair: front_key(pair[1]))


def polygons_of(result: PairResult) -> list[Polygon]:
    """List the ocean polygons of a result, largest first."""
    parts = [part for part in get_parts(result.ocean) if isinstance(part, Polygon)]
    return sorted((part for part in parts if not part.is_empty), key=lambda part: -part.area)


def coast_of(result: PairResult) -> list[Coast]:
    """List the pieces of coast with at least two points."""
    return [piece for piece in result.coast if len(piece.xy) > 1]


def has_geometry(result: PairResult) -> bool:
    """Return True if a result has a front, coast or ocean."""
    return bool(result.fronts or coast_of(result) or polygons_of(result))


def mean_uncertainty(front: Front) -> float:
    """Return the mean uncertainty of the vertices in ground metres; NaN if unknown."""
    known = front.uncertainty[np.isfinite(front.uncertainty)]
    return float(known.mean()) if known.size else math.nan


def typical_uncertainty(front: Front) -> float:
    """Return the median uncertainty of the vertices in ground metres; NaN if unknown.

    Figures show it: unlike the mean, it does not depend on the ends, which may be very uncertain.
    """
    known = front.uncertainty[np.isfinite(front.uncertainty)]
    return float(np.median(known)) if known.size else math.nan


def vertex_uncertainty(front: Front) -> Float64:
    """Return the uncertainty of each vertex; NaN if unknown."""
    if len(front.uncertainty) == len(front.xy):
        return front.uncertainty
    return np.full(len(front.xy), np.nan)


def newest_date(results: Iterable[PairResult]) -> str:
    """Return the date of the newest scene, used in file headers as the date of last change."""
    return max((result.date for result in results if result.date), default=NO_DATE)


@dataclass(frozen=True, eq=False)
class Group:
    """Results in one file.

    Parameters
    ----------
    name : str
        Name of the domain, or suffix of the file; safe for file names. '' if no suffix is needed.
    crs : str or None
    results : tuple of PairResult
    """

    name: str
    crs: str | None
    results: tuple[PairResult, ...]


def crs_suffix(crs: str | None) -> str:
    """Return the suffix for a CRS in a file name: 'north', 'south', 'image', 'epsg32622'."""
    if crs is None:
        return "image"
    short = geo.crs_name(crs)
    known = {geo.NORTH_CRS: "north", geo.SOUTH_CRS: "south"}
    if short in known:
        return known[short]
    return short.lower().replace(":", "") if len(short) < 16 else "crs" + front_id(short)[:6]


def by_crs(results: Sequence[PairResult]) -> list[Group]:
    """Group results by coordinate reference system, for the GeoPackages.

    Returns
    -------
    list of Group
        At least one group. Its name is '' if it is the only one, else `crs_suffix`.
    """
    found: dict[str | None, list[PairResult]] = {}
    for result in filter(has_geometry, results):
        key = None if result.crs is None else geo.crs_name(result.crs)
        found.setdefault(key, []).append(result)
    if not found:
        known = [result.crs for result in results if result.crs is not None]
        return [Group("", geo.crs_name(known[0]) if known else geo.NORTH_CRS, ())]
    ordered = sorted(found.items(), key=lambda item: crs_suffix(item[0]))
    return [
        Group(crs_suffix(crs) if len(found) > 1 else "", crs, tuple(members))
        for crs, members in ordered
    ]


def by_domain(results: Sequence[PairResult]) -> list[Group]:
    """Group the georeferenced results with status done or no_front by domain.

    Returns
    -------
    list of Group
        Sorted by name. The name is that of the domain, with a suffix if the domain has results in
        several coordinate reference systems.
    """
    found: dict[str, dict[str, list[PairResult]]] = {}
    for result in results:
        if result.status in ("done", "no_front") and result.crs is not None:
            crs = geo.crs_name(result.crs)
            found.setdefault(safe_name(result.domain), {}).setdefault(crs, []).append(result)
    groups = []
    for name, systems in sorted(found.items()):
        for crs, members in sorted(systems.items()):
            label = f"{name}_{crs_suffix(crs)}" if len(systems) > 1 else name
            groups.append(Group(label, crs, tuple(sorted_results(members))))
    return groups
