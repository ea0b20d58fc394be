"""Duplicate scenes, and different scenes of the same name.

A product that is given twice, e.g. unpacked and as .tar, is used once. Two clips of a product, or
its Collections 1 and 2, have the same name but are different scenes: their subsets, figures and
fronts get distinct names and ids. The outcome depends neither on paths nor on the order of scenes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from pycalfin.errors import PrunedError
from pycalfin.files import safe_name
from pycalfin.products.figures import OVERVIEW_SUFFIX
from pycalfin.records import Identity, front_id
from pycalfin.results import PairResult

SUFFIX_LENGTH = 6
"""Hexadecimal digits of the content hash added to a subset's name that is used twice."""
_Key: TypeAlias = Callable[[PairResult], Hashable]
SAME_PLACE = 1e-6
"""Units of the CRS: vertices this close together are the same."""


def drop_duplicates(results: Sequence[PairResult]) -> list[PairResult]:
    """Mark duplicates of a scene as skipped; give other scenes of the same name distinct names.

    Parameters
    ----------
    results : sequence of PairResult
        Sorted; the first of several duplicates is used.

    Returns
    -------
    list of PairResult
        In the same order. A duplicate is skipped, with the used scene in its reason.
    """
    kept = list(results)
    for group in _groups(kept, _first_id):
        different: list[int] = []
        for index in group:
            twin = next(
                (other for other in different if _is_duplicate(kept[index], kept[other])), None
            )
            if twin is None:
                different.append(index)
            else:
                kept[index] = _skipped(kept[index], kept[twin])
        if len(different) > 1:
            for index in different:
                kept[index] = _with_distinct_ids(kept[index])
    for group in _groups(kept, _figure_names):
        for index in group if len(group) > 1 else ():
            kept[index] = _with_distinct_name(kept[index])
    return kept


def _groups(results: Sequence[PairResult], key: _Key) -> Iterable[list[int]]:
    found: dict[Hashable, list[int]] = defaultdict(list)
    for index, result in enumerate(results):
        if key(result):
            found[key(result)].append(index)
    return found.values()


def _first_id(result: PairResult) -> Hashable:
    return result.fronts[0].id if result.fronts else ""


def _figure_names(result: PairResult) -> Hashable:
    """Return a key that must be unique, also on file systems that ignore case."""
    if not result.subset:
        return ""
    return safe_name(result.domain).casefold(), result.subset.casefold()


def _is_duplicate(first: PairResult, second: PairResult) -> bool:
    pairs = list(zip(first.fronts, second.fronts, strict=False))
    return len(first.fronts) == len(second.fronts) and all(
        one.xy.shape == other.xy.shape and np.allclose(one.xy, other.xy, rtol=0, atol=SAME_PLACE)
        for one, other in pairs
    )


def _skipped(result: PairResult, twin: PairResult) -> PairResult:
    reason = f"the same scene as {twin.path}"
    return PairResult(
        Identity(result.scene),
        result.domain,
        result.path,
        "skipped",
        reason,
        error=PrunedError.code,
    )


def _with_distinct_ids(result: PairResult) -> PairResult:
    return result.with_fronts(
        front.with_fields(id=front_id(front.id, result.fingerprint)) for front in result.fronts
    )


def _with_distinct_name(result: PairResult) -> PairResult:
    old, new = result.subset, f"{result.subset}-{result.fingerprint[:SUFFIX_LENGTH]}"
    return replace(
        result.with_fronts(front.with_fields(subset=new) for front in result.fronts),
        subset=new,
        figures={_own(name, old, new): content for name, content in result.figures.items()},
    )


def _own(name: str, old: str, new: str) -> str:
    """Name a figure after its subset's new name; the map of a scene, whose name is not in it."""
    return new + name.removeprefix(old) if name.startswith(old) else f"{new}{OVERVIEW_SUFFIX}"
