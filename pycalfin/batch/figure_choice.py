"""Which figures a run keeps: `figures` is all, worst or none.

The choice is made from all results together, by the main process, so that it does not depend on
the number of workers or on what was finished earlier. Thumbnails are always there: the report
shows them.
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
"""Fronts of each domain, the least confident ones, that 'worst' keeps figures of."""


def worst(results: Sequence[PairResult]) -> set[tuple[str, str, int]]:
    """Choose the least confident fronts of each domain.

    Scenes that were searched count as one domain.

    Parameters
    ----------
    results : sequence of PairResult
        All of a run; their order does not matter.

    Returns
    -------
    set of (domain, subset, number)
    """
    domains: dict[str, list[Front]] = defaultdict(list)
    for result, front in fronts_of(results):
        own = is_own_domain(result.domain, result.scene)
        domains["" if own else safe_name(result.domain)].append(front)
    chosen = [
        front
        for fronts in domains.values()
        for front in sorted(fronts, key=lambda front: (front.confidence, front_key(front)))[:WORST]
    ]
    return {(front.domain, front.subset, front.number) for front in chosen}


def shown(results: Sequence[PairResult], figures: str) -> list[set[str]]:
    """Name the figures that each result is to have, thumbnails aside.

    Parameters
    ----------
    results : sequence of PairResult
    figures : {'all', 'worst', 'none'}

    Returns
    -------
    list of set of str
        In the order of the results. What the network answered (`_pred.png`) goes with the image
        alone (`_subset_raw.png`), which is named here.
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
    """List the results that lack figures which they are to have."""
    return [
        result
        for result, names in zip(results, shown(results, figures), strict=True)
        if not names <= set(result.figures)
    ]


def chosen(results: Sequence[PairResult], figures: str) -> list[PairResult]:
    """Leave the figures out of results that are not to be kept."""
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
