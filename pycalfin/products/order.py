"""The order of fronts in every product, and how results fall into files.

One order everywhere: date, scene, domain, subset, number. One file holds one coordinate
reference system: results of both hemispheres are told apart by a suffix, and only then.
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
from pycalfin.records import Front, front_id
from pycalfin.results import Coast, PairResult

NO_DATE = "1970-01-01"
"""Stands in file headers, which must hold a date, where no scene has one."""


def front_key(front: Front) -> tuple[str, str, str, str, int]:
    """Sort fronts by date, scene, domain, subset and number."""
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
    """List the pieces of coast that are lines: of two points at least."""
    return [piece for piece in result.coast if len(piece.xy) > 1]


def has_geometry(result: PairResult) -> bool:
    """Tell whether there is anything to draw."""
    return bool(result.fronts or coast_of(result) or polygons_of(result))


def mean_uncertainty(front: Front) -> float:
    """Mean of the vertices' uncertainty, ground metres; NaN where it is not known."""
    known = front.uncertainty[np.isfinite(front.uncertainty)]
    return float(known.mean()) if known.size else math.nan


def newest_date(results: Iterable[PairResult]) -> str:
    """Date of the newest scene; what file headers give as the day of their last change."""
    return max((result.date for result in results if result.date), default=NO_DATE)


@dataclass(frozen=True, eq=False)
class Group:
    """Results that share a file.

    Parameters
    ----------
    name : str
        Safe for file names; '' for a group of all domains that needs no suffix.
    crs : str or None
    results : tuple of PairResult
    """

    name: str
    crs: str | None
    results: tuple[PairResult, ...]


def crs_suffix(crs: str | None) -> str:
    """Name a coordinate reference system in a file name: 'north', 'south', 'image', 'epsg32622'."""
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
        At least one. Its name is '' if it is alone, else `crs_suffix`.
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
    """Group the georeferenced results that were looked at by domain, for files per glacier.

    Returns
    -------
    list of Group
        Sorted by name: the domain's, with a suffix only where one domain has results in several
        coordinate reference systems.
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
