"""The choice of figures that a run keeps (setting `figures`: all, worst or none).

The main process chooses from all results together, so that the choice depends neither on the
number of workers nor on results finished earlier. Thumbnails are always kept, for the report.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path

from pycalfin.batch.result import is_own_domain
from pycalfin.files import safe_name
from pycalfin.products.figures import OVERVIEW_SUFFIX, THUMBNAIL_SUFFIX, front_names, raw_name
from pycalfin.products.order import front_key, fronts_of
from pycalfin.records import Front
from pycalfin.results import PairResult

SHOWN_ALWAYS = (THUMBNAIL_SUFFIX, OVERVIEW_SUFFIX)
"""Ends of names: these are kept wherever they were drawn."""
WORST = 10
"""Number of least confident fronts per domain whose figures 'worst' keeps."""


def worst(results: Sequence[PairResult]) -> set[tuple[str, str, int]]:
    """Choose the least confident fronts of each domain.

    Scenes that were searched count as one domain.

    Parameters
    ----------
    results : sequence of PairResult
        All results of a run, in any order.

    Returns
    -------
    set of (domain, subset, number)
    """
    domains: dict[str, list[Front]] = defaultdict(list)
    for result, front in fronts_of(results):
        own = result.searched or is_own_domain(result.domain, result.scene)
        domains["" if own else safe_name(result.domain)].append(front)
    chosen = [
        front
        for fronts in domains.values()
        for front in sorted(fronts, key=lambda front: (front.confidence, front_key(front)))[:WORST]
    ]
    return {(front.domain, front.subset, front.number) for front in chosen}


def shown(results: Sequence[PairResult], figures: str) -> list[set[str]]:
    """List the figures that each result should have, without thumbnails.

    Parameters
    ----------
    results : sequence of PairResult
    figures : {'all', 'worst', 'none'}

    Returns
    -------
    list of set of str
        File names in the order of the results. The prediction (`_pred.png`) is not listed; it is
        kept with the image alone (`_subset_raw.png`).
    """
    chosen = worst(results) if figures == "worst" else set()
    names = []
    for result in results:
        fronts = [
            front
            for front in result.fronts
            if figures == "all" or (front.domain, front.subset, front.number) in chosen
        ]
        wanted = {name for front in fronts for name in front_names(result.subset, front.number)}
        looked_at = result.subset and result.status in ("done", "no_front")
        if wanted or (figures == "all" and looked_at):
            wanted.add(raw_name(result.subset))
        names.append(wanted)
    return names


def lacking(results: Sequence[PairResult], figures: str) -> list[PairResult]:
    """List the results that lack figures which they should have."""
    return [
        result
        for result, names in zip(results, shown(results, figures), strict=True)
        if not names <= set(result.figures)
    ]


def chosen(results: Sequence[PairResult], figures: str) -> list[PairResult]:
    """Remove the figures that are not kept from the results."""
    if figures == "all":
        return list(results)
    return [
        replace(result, figures=_kept(result, names))
        for result, names in zip(results, shown(results, figures), strict=True)
    ]


def _kept(result: PairResult, names: Set[str]) -> dict[str, bytes | Path]:
    every = {name for front in result.fronts for name in front_names(result.subset, front.number)}
    return {
        name: content
        for name, content in result.figures.items()
        if name in names
        or name.endswith((THUMBNAIL_SUFFIX, OVERVIEW_SUFFIX))
        or (names and name not in every)
    }
