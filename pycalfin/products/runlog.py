"""run.json: settings and versions of a run, and the status of each pair of scene and domain."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pycalfin.products.schema import SCHEMA_VERSION
from pycalfin.results import PairResult

RUN_FILE = "run.json"
STATUSES = ("done", "no_front", "skipped", "failed")


def count_statuses(results: Iterable[PairResult]) -> dict[str, int]:
    """Count the pairs of each status, without pairs that do not overlap."""
    counts: Counter[str] = Counter(result.status for result in results if result.overlaps)
    return {status: counts[status] for status in STATUSES}


def run_record(
    results: Sequence[PairResult], info: Mapping[str, Any], files: Iterable[Path]
) -> dict[str, Any]:
    """Describe a run.

    Parameters
    ----------
    results : sequence of PairResult
        Results in the order of the record.
    info : mapping
        Settings, versions and other facts from the caller.
    files : iterable of Path
        Products, relative to the output folder.

    Returns
    -------
    dict
        Can be written as JSON. For each pair `fronts` is a number, and `timings` holds seconds by
        step.
    """
    return {
        "schema": SCHEMA_VERSION,
        **info,
        "counts": count_statuses(results),
        "pairs": [_pair(result) for result in results],
        "files": sorted(path.as_posix() for path in files),
    }


def _pair(result: PairResult) -> dict[str, Any]:
    return {
        "scene": result.scene,
        "domain": result.domain,
        "searched": result.searched,
        "path": os.path.abspath(result.path),  # noqa: PTH100 (a link is a path of its own)
        "fingerprint": result.fingerprint,
        "entry": result.entry,
        "subset": result.subset,
        "status": result.status,
        "reason": result.reason,
        "error": result.error,
        "warnings": list(result.warnings),
        "date": result.date,
        "time": result.time,
        "sensor": result.sensor,
        "crs": result.crs,
        "engine": result.engine,
        "synthetic": result.synthetic,
        "fronts": len(result.fronts),
        "ids": [front.id for front in result.fronts],
        "timings": dict(result.timings),
    }


def earlier_files(output: Path) -> list[str]:
    """List the products of an earlier run in a folder, relative to it.

    If run.json is missing or damaged the list is empty, and nothing will be removed.
    """
    try:
        record = json.loads((output / RUN_FILE).read_text(encoding="utf-8"))
        return [str(name) for name in record["files"]]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return []
