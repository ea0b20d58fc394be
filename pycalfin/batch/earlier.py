"""Results of earlier runs in an output folder, and their protection from a new run.

run.json lists every pair in the products with the fingerprint of its scene and its entry in the
ledger. Finished results of an earlier run are dropped only if the user asks for it.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from pycalfin.batch.ledger import Ledger
from pycalfin.batch.result import is_own_domain, plural
from pycalfin.batch.task import FINGERPRINT_LENGTH, Task
from pycalfin.errors import SettingsError
from pycalfin.files import readable
from pycalfin.products.runlog import RUN_FILE
from pycalfin.records import Identity
from pycalfin.results import PairResult

log = logging.getLogger(__name__)

FINISHED = ("done", "no_front")
"""Statuses of pairs whose results must not be lost."""
KEPT = " (the result of an earlier run is kept)"
"""Added to the reason of a failed scene whose earlier fronts stay."""
GEOPACKAGES = "fronts*.gpkg"
"""Files that exist only after a finished run."""


@dataclass(frozen=True)
class Pair:
    """A pair in the products of a folder.

    Parameters
    ----------
    scene, domain : str
    path : str
        Absolute.
    fingerprint : str
        First digits of the fingerprint of the scene's content; '' if unknown.
    entry : str
        Name of its entry in the ledger; '' if there is none.
    searched : bool
        True if the domain is a place that was found in the scene.
    record : dict
        Its record in run.json.
    """

    scene: str
    domain: str
    path: str
    fingerprint: str
    entry: str
    searched: bool
    record: dict[str, Any]

    @property
    def finished(self) -> bool:
        """Return True if the pair was processed to the end."""
        return self.record.get("status") in FINISHED


def read_pairs(output: Path) -> list[Pair]:
    """List the pairs in the products of a folder.

    Parameters
    ----------
    output : Path
        May not exist yet.

    Raises
    ------
    SettingsError
        If there are products, but run.json cannot be read.
    """
    try:
        record = json.loads((output / RUN_FILE).read_text(encoding="utf-8"))
        return [_pair(item) for item in record["pairs"]]
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        if not output.is_dir() or not any(output.glob(GEOPACKAGES)):
            return []
        raise SettingsError(
            f"{output}: holds fronts, but its {RUN_FILE} cannot be read; choose another --output, "
            "or drop these fronts with --replace (mode = 'replace')"
        ) from error


def holds_results(output: Path) -> bool:
    """Return True if a folder has products with at least one finished pair."""
    try:
        return any(pair.finished for pair in read_pairs(output))
    except SettingsError:
        return True


def _pair(record: dict[str, Any]) -> Pair:
    return Pair(
        scene=str(record["scene"]),
        domain=str(record["domain"]),
        path=os.path.abspath(str(record["path"])),  # noqa: PTH100 (do not resolve links)
        fingerprint=str(record.get("fingerprint", "")),
        entry=str(record.get("entry", "")),
        searched=record.get("searched") is True,
        record=record,
    )


def missing_from(pairs: Sequence[Pair], tasks: Sequence[Task]) -> list[Pair]:
    """List the pairs that a run over tasks does not process again.

    A scene is recognised by its content or its path. A pair whose domain was the whole scene, or a
    tile of it, is processed again by any task of that scene. A place that was found in a scene is
    processed again only if the scene is searched again, or the place is given as a domain.
    """
    domains: dict[str, set[str | None]] = {}
    for task in tasks:
        name = task.domain.name if task.domain else None
        # do not resolve links; records hold readable names
        place = readable(os.path.abspath(task.path))  # noqa: PTH100
        for key in (place, task.fingerprint[:FINGERPRINT_LENGTH]):
            domains.setdefault(key, set()).add(name)
    return [
        pair
        for pair in pairs
        if not _covered(pair, domains.get(pair.path) or domains.get(pair.fingerprint or pair.path))
    ]


def _covered(pair: Pair, domains: set[str | None] | None) -> bool:
    if domains is None:
        return False
    if pair.searched:
        return None in domains or pair.domain in domains
    return is_own_domain(pair.domain, pair.scene) or pair.domain in domains


def require_kept(output: Path, missing: Sequence[Pair]) -> None:
    """Refuse a run that would drop finished results of an earlier one.

    Raises
    ------
    SettingsError
        If finished pairs are missing; names the number of scenes that would be dropped.
    """
    lost = [pair for pair in missing if pair.finished]
    if not lost:
        return
    names = list(dict.fromkeys(pair.scene for pair in lost))
    what = f"{plural(len(names), 'earlier scene')} ({names[0]}{', ...' if names[1:] else ''})"
    raise SettingsError(
        f"{output}: {what} would be dropped, because this run does not include them with the same "
        "domain; keep them with --append (mode = 'append'), drop them with --replace "
        "(mode = 'replace'), or choose another --output"
    )


def load(output: Path, ledger: Ledger, missing: Sequence[Pair]) -> list[PairResult]:
    """Load the results of earlier runs that stay in the products.

    Parameters
    ----------
    output : Path
    ledger : Ledger
    missing : sequence of Pair
        From `missing_from`.

    Raises
    ------
    SettingsError
        If a finished result is no longer in the ledger.
    """
    kept, gone = [], []
    for pair, result in _results_of(ledger, missing):
        if result is not None:
            kept.append(result)
        elif pair.finished:
            gone.append(pair)
        else:
            kept.append(_unfinished(pair))
    if gone:
        raise SettingsError(
            f"{output}: cannot append to {plural(len(gone), 'earlier result')} ({gone[0].scene}): "
            f"the record in {ledger.folder.name} is missing or from another version; pass all "
            "scenes to one run, or choose another --output"
        )
    return kept


def recover(
    ledger: Ledger, earlier: Sequence[Pair], results: Sequence[PairResult]
) -> dict[int, list[PairResult]]:
    """Recover the results of an earlier run for scenes that fail now, e.g. for a missing file.

    Parameters
    ----------
    ledger : Ledger
    earlier : sequence of Pair
    results : sequence of PairResult
        Results of this run.

    Returns
    -------
    dict of int to list of PairResult
        Earlier results by the `id()` of the failed result, with the failure as a warning.
    """
    failures = [(os.path.abspath(one.path), one) for one in results if one.status == "failed"]  # noqa: PTH100
    places = {place for place, _ in failures}
    wanted = [pair for pair in earlier if pair.finished and pair.path in places]
    known = [(pair, one) for pair, one in _results_of(ledger, wanted) if one is not None]
    found: dict[int, list[PairResult]] = {}
    for place, failed in failures:
        text = failed.reason + KEPT
        same = [
            replace(result, path=failed.path, warnings=(*result.warnings, text))
            for pair, result in known
            if pair.path == place and failed.domain in ("", pair.domain)
        ]
        if same:
            found[id(failed)] = same
    return found


def _results_of(ledger: Ledger, pairs: Sequence[Pair]) -> Iterator[tuple[Pair, PairResult | None]]:
    """Yield pairs with their results in the ledger; None for a result it does not hold."""
    for name, group in groupby(sorted(pairs, key=_by_entry), key=_by_entry):
        results = {(item.scene, item.domain): item for item in (name and ledger.load(name)) or ()}
        for pair in group:
            yield pair, results.get((pair.scene, pair.domain))


def _by_entry(pair: Pair) -> str:
    return pair.entry


def _unfinished(pair: Pair) -> PairResult:
    """Make a result from the record in run.json of a pair without fronts."""
    record = pair.record
    return PairResult(
        identity=Identity(
            pair.scene, str(record.get("sensor", "")), date=str(record.get("date", ""))
        ),
        domain=pair.domain,
        path=pair.path,
        status="skipped" if record.get("status") == "skipped" else "failed",
        reason=str(record.get("reason", "")),
        error=str(record.get("error", "")),
    )
