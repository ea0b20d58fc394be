"""The pipeline of a batch: process every scene with every domain, then write the products.

Only the main process writes: figures and ledger as results come in, products at the end. Tasks in
the ledger are not computed again.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pycalfin import __version__, products
from pycalfin.batch import figure_choice
from pycalfin.batch.deduplicate import drop_duplicates
from pycalfin.batch.earlier import KEPT, holds_results, load, recover
from pycalfin.batch.executor import Executor, Processes, Serial
from pycalfin.batch.ledger import Ledger
from pycalfin.batch.prepare import Batch, list_tasks, prepare, shard_of
from pycalfin.batch.result import RunResult, plural, together
from pycalfin.batch.task import Outcome, Task, work, worker_lost
from pycalfin.errors import EXIT_NOTHING, OutputFolderError
from pycalfin.files import readable
from pycalfin.products.write import REPORT_FILE
from pycalfin.records import Domain
from pycalfin.results import PairResult
from pycalfin.settings import Settings
from pycalfin.timing import Stopwatch

log = logging.getLogger(__name__)

Progress = Callable[[int, int, "PairResult | None"], None]
"""Function called with tasks done, tasks in all, and the latest result.

Pairs that are processed again for their figures come last and add to the number of tasks.
"""

VERSIONS = ("numpy", "scipy", "rasterio", "shapely", "pyproj", "h5py")
"""Packages whose versions go into run.json."""
OPTIONAL = ("openvino", "tensorflow")
"""Packages whose versions go into run.json if they ran the network."""


def run(
    settings: Settings,
    progress: Progress | None = None,
    *,
    domains: Sequence[Domain] | None = None,
) -> RunResult:
    """Find the fronts of all scenes and write the products.

    Parameters
    ----------
    settings : Settings
        With at least one scene.
    progress : callable, optional
        Called before the first task and after each task.
    domains : sequence of Domain, optional
        Used instead of the file `settings.domain`.

    Returns
    -------
    RunResult

    Raises
    ------
    PycalfinError
        If the input is wrong (see `pycalfin.batch.prepare`). Nothing has been written then.
    OutputError
        If the output folder cannot be written. All other problems are reported in the result.
    """
    watch = Stopwatch()
    with watch("prepare"):
        batch = prepare(settings, domains)
    return work_on(batch, progress, watch)


def work_on(
    batch: Batch, progress: Progress | None = None, watch: Stopwatch | None = None
) -> RunResult:
    """Process the unfinished tasks of a batch, and write the products.

    If no pair is finished, the products of an earlier run are left unchanged.

    Parameters
    ----------
    batch : Batch
    progress : callable, optional
        Called before the first task and after each task.
    watch : Stopwatch, optional

    Returns
    -------
    RunResult

    Raises
    ------
    OutputError
        If the output folder cannot be written.
    """
    watch = watch or Stopwatch()
    settings, output = batch.settings, _make_output(batch.settings.output)
    ledger = Ledger(output)
    kept = load(output, ledger, batch.missing) if settings.mode == "append" else []
    results = list(batch.finished)
    before = batch.mine - len(batch.todo)
    if progress:
        progress(before, batch.mine, None)
    with watch("pairs"):
        for count, outcome in enumerate(_worked_on(batch, batch.todo), start=1):
            with watch("ledger"):
                recorded = _record(ledger, outcome)
            results.extend(recorded)
            if progress:
                progress(before + count, batch.mine, together(recorded))
        results = _redrawn(batch, results, kept, ledger, progress)
    results.sort(key=_order)
    result = RunResult(
        output, tuple(results), output / REPORT_FILE, watch.seconds, elsewhere=batch.elsewhere
    )
    if result.exit_status == EXIT_NOTHING and holds_results(output):
        return replace(result, written=False)
    recovered = recover(ledger, batch.earlier, results)
    found = [pair for pair in results if id(pair) not in recovered]
    kept += [pair for group in recovered.values() for pair in group]
    old = {id(pair) for pair in kept}
    entries = sorted([*found, *kept], key=_order)
    unique = figure_choice.chosen(drop_duplicates(entries), settings.figures)
    with watch("products"):
        products.write_all(output, unique, _info(settings, unique, watch))
    _drop_figures(batch, entries, unique, ledger)
    mine = [one for one, entry in zip(unique, entries, strict=True) if id(entry) not in old]
    failed = [pair for pair in results if id(pair) in recovered]
    places = {pair.path for pair in failed}
    told = [
        replace(pair, reason=pair.reason + KEPT)
        if pair.path in places and pair.status == "failed"
        else pair
        for pair in [*mine, *failed]
    ]
    return replace(
        result,
        pairs=tuple(sorted(told, key=_order)),
        kept=tuple(one for one, entry in zip(unique, entries, strict=True) if id(entry) in old),
    )


def _worked_on(batch: Batch, tasks: Sequence[Task]) -> Iterator[Outcome]:
    """Process tasks with the executor that the settings ask for."""
    executor: Executor[Task, Outcome] = Serial()
    if batch.settings.jobs > 1 and len(tasks) > 1:
        executor = Processes(min(batch.settings.jobs, len(tasks)), worker_lost)
    return iter(executor.map(work, tasks))


def _redrawn(
    batch: Batch,
    results: Sequence[PairResult],
    kept: Sequence[PairResult],
    ledger: Ledger,
    progress: Progress | None,
) -> list[PairResult]:
    """Process pairs again whose figures an earlier run left out and this run needs."""
    figures = batch.settings.figures
    everything = drop_duplicates(sorted([*results, *kept], key=_order))
    entries = {pair.entry for pair in figure_choice.lacking(everything, figures)}
    mine = shard_of(batch.tasks, batch.settings)
    tasks = [task for task in mine if task.key and task.key in entries]
    lost = entries - {task.key for task in batch.tasks}
    if lost:
        log.warning(
            "%s without figures: the earlier run did not keep them; pass these scenes again to "
            "draw them",
            plural(len(lost), "earlier result"),
        )
    known = {pair.entry: pair for pair in results}
    fresh: dict[str, list[PairResult]] = {}
    for count, outcome in enumerate(_worked_on(batch, tasks), start=1):
        again = _record(ledger, outcome)
        if any(pair.status == "failed" for pair in again):
            log.warning("no figures: %s", again[0].reason)
            again = [known[outcome.task.key]]
        else:
            fresh[outcome.task.key] = again
        if progress:
            progress(batch.mine + count, batch.mine + len(tasks), together(again))
    stay = [pair for pair in results if pair.entry not in fresh]
    return [*stay, *(pair for group in fresh.values() for pair in group)]


def _drop_figures(
    batch: Batch, entries: Sequence[PairResult], written: Sequence[PairResult], ledger: Ledger
) -> None:
    """Remove figures from the ledger that no product uses, except those of earlier runs' pairs."""
    if batch.settings.figures == "all":
        return
    used = {path for pair in written for path in pair.figures.values() if isinstance(path, Path)}
    mine = {task.key for task in shard_of(batch.tasks, batch.settings) if task.key}
    spare = {pair.entry for pair in entries if not used.issuperset(pair.figures.values())}
    for key in sorted(mine & spare):
        ledger.drop_figures(key, used)


def plan(settings: Settings) -> Sequence[Task]:
    """List the tasks that `run` would process, without reading a scene or writing anything.

    Raises
    ------
    PycalfinError
        If there is no scene, or the domain file, fjord mask or weights cannot be read.
    """
    return shard_of(list_tasks(settings), settings)


def _make_output(path: str) -> Path:
    output = Path(path)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputFolderError(
            f"{path}: cannot make this output folder ({error.strerror}); choose another --output"
        ) from error
    return output


def _record(ledger: Ledger, outcome: Outcome) -> list[PairResult]:
    """Save the outcome of a task; return its results with figures on disk instead of in memory."""
    if outcome.task.key and all(result.status != "failed" for result in outcome.results):
        return ledger.save(outcome.task.key, outcome.results)
    return list(outcome.results)


def _order(result: PairResult) -> tuple[str, ...]:
    return (result.date, result.time or "", result.scene, result.domain, result.path)


def _readable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _readable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(item) for item in value]
    return readable(value) if isinstance(value, str) else value


def _info(settings: Settings, results: Sequence[PairResult], watch: Stopwatch) -> dict[str, Any]:
    """Describe how a run was made, with the versions of the packages that took part in it."""
    engines = sorted({result.engine for result in results if result.engine})
    used = [name for name in OPTIONAL if any(name in engine.lower() for engine in engines)]
    versions = {"pycalfin": __version__, "python": platform.python_version()}
    for package in (*VERSIONS, *used):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return {
        "settings": _readable(settings.to_dict()),
        "versions": versions,
        "network": readable(settings.network),
        "engines": engines,
        "timings": dict(watch.seconds),
    }
