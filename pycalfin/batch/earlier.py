"""What an output folder holds already, and what a new run would do to it.

run.json lists every pair in the products with the fingerprint of its scene and its entry in the
ledger. Nothing that an earlier run finished is dropped unless the user says so.
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
from pycalfin.scene.place import is_place_name

log = logging.getLogger(__name__)

FINISHED = ("done", "no_front")
"""Statuses of pairs whose results would be missed."""
KEPT = " (what an earlier run found is kept)"
"""Behind the reason why a scene failed whose fronts stay."""
GEOPACKAGES = "fronts*.gpkg"
"""Files that only a finished run leaves."""


@dataclass(frozen=True)
class Pair:
    """A pair that is in the products of a folder.

    Parameters
    ----------
    scene, domain : str
    path : str
        Absolute.
    fingerprint : str
        First digits of that of the scene's content; '' if unknown.
    entry : str
        Name of its entry in the ledger; '' if there is none.
    record : dict
        What run.json says of it.
    """

    scene: str
    domain: str
    path: str
    fingerprint: str
    entry: str
    record: dict[str, Any]

    @property
    def finished(self) -> bool:
        """Whether it was worked on to the end."""
        return self.record.get("status") in FINISHED


def read_pairs(output: Path) -> list[Pair]:
    """List what the products of a folder hold.

    Parameters
    ----------
    output : Path
        Need not exist.

    Raises
    ------
    SettingsError
        If there are products but no record of them that can be read.
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
            "or drop what is there with --replace (mode = 'replace')"
        ) from error


def holds_results(output: Path) -> bool:
    """Return True if a folder has products of a run that finished something."""
    try:
        return any(pair.finished for pair in read_pairs(output))
    except SettingsError:
        return True


def _pair(record: dict[str, Any]) -> Pair:
    return Pair(
        scene=str(record["scene"]),
        domain=str(record["domain"]),
        path=os.path.abspath(str(record["path"])),  # noqa: PTH100 (a link is a path of its own)
        fingerprint=str(record.get("fingerprint", "")),
        entry=str(record.get("entry", "")),
        record=record,
    )


def missing_from(pairs: Sequence[Pair], tasks: Sequence[Task]) -> list[Pair]:
    """List the pairs that a run over tasks does not work on again.

    A scene is known by its content or its path. A pair whose domain was the whole scene, or a
    tile of it, is worked on again with any domain of that scene; a place that was found in it, only
    if the scene is searched again or the place is given as a domain.
    """
    domains: dict[str, set[str | None]] = {}
    for task in tasks:
        name = task.domain.name if task.domain else None
        # a link is a path of its own; records hold readable names
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
    if is_place_name(pair.domain):
        return None in domains or pair.domain in domains
    return is_own_domain(pair.domain, pair.scene) or pair.domain in domains


def require_kept(output: Path, missing: Sequence[Pair]) -> None:
    """Refuse a run that would drop what an earlier one finished.

    Raises
    ------
    SettingsError
        With the number of scenes that would be dropped.
    """
    lost = [pair for pair in missing if pair.finished]
    if not lost:
        return
    names = list(dict.fromkeys(pair.scene for pair in lost))
    what = f"{plural(len(names), 'earlier scene')} ({names[0]}{', ...' if names[1:] else ''})"
    raise SettingsError(
        f"{output}: {what} would be dropped, which this run does not name with the same domain; "
        "add to them with --append (mode = 'append'), drop them with --replace (mode = 'replace'), "
        "or choose another --output"
    )


def load(output: Path, ledger: Ledger, missing: Sequence[Pair]) -> list[PairResult]:
    """Load the results of earlier runs that are to stay in the products.

    Parameters
    ----------
    output : Path
    ledger : Ledger
    missing : sequence of Pair
        See `missing_from`.

    Raises
    ------
    SettingsError
        If the ledger has lost some.
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
            f"{output}: cannot add to {plural(len(gone), 'earlier result')} ({gone[0].scene}), "
            f"whose record in {ledger.folder.name} is gone or of another version; name all scenes "
            "in one run, or choose another --output"
        )
    return kept


def recover(
    ledger: Ledger, earlier: Sequence[Pair], results: Sequence[PairResult]
) -> dict[int, list[PairResult]]:
    """Find what an earlier run found where this one failed, its file being gone, say.

    Parameters
    ----------
    ledger : Ledger
    earlier : sequence of Pair
    results : sequence of PairResult
        Of this run.

    Returns
    -------
    dict of int to list of PairResult
        By `id` of the failed result; with a warning that says why it failed.
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
    """Read the results of pairs from the ledger; None for those it does not have."""
    for name, group in groupby(sorted(pairs, key=_by_entry), key=_by_entry):
        results = {(item.scene, item.domain): item for item in (name and ledger.load(name)) or ()}
        for pair in group:
            yield pair, results.get((pair.scene, pair.domain))


def _by_entry(pair: Pair) -> str:
    return pair.entry


def _unfinished(pair: Pair) -> PairResult:
    """Take what run.json says of a pair that has nothing else to keep."""
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
