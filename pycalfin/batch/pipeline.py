"""What happens to a batch: every scene against every domain, then the products.

The head process alone writes: figures and ledger as results come, products at the end. What is in
the ledger already is not computed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import logging
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pycalfin import __version__, geo, products
from pycalfin.batch.executor import Executor, Processes, Serial
from pycalfin.batch.ledger import Ledger, fingerprint, sidecars
from pycalfin.batch.same import told_apart
from pycalfin.batch.task import Outcome, Task, bury, work
from pycalfin.errors import (
    DomainError,
    OutputError,
    PycalfinError,
    SettingsError,
)
from pycalfin.network import own, weights
from pycalfin.records import Domain, PairResult, Status
from pycalfin.scene.domain import read_domains
from pycalfin.scene.product import metadata_beside
from pycalfin.scene.read import find_dated
from pycalfin.settings import Settings, parse_shard
from pycalfin.timing import Stopwatch

log = logging.getLogger(__name__)

Progress = Callable[[int, int, "PairResult | None"], None]
"""Called with tasks done, tasks in all, and the latest result."""

VERSIONS = ("numpy", "scipy", "rasterio", "shapely", "pyproj", "tensorflow", "keras", "h5py")
"""Packages whose versions go into run.json."""
DIGEST_LENGTH, KEY_LENGTH = 16, 32
"""Hexadecimal digits of what names settings and inputs, and of an entry of the ledger."""


@dataclass(frozen=True, eq=False)
class RunResult:
    """What a run found and where it is.

    Parameters
    ----------
    output : Path
    results : tuple of PairResult
        Every (scene, domain) pair, by date, scene and domain.
    report : Path
        report.html.
    timings : dict of str to float
        Seconds of the whole run, by step.
    """

    output: Path
    results: tuple[PairResult, ...]
    report: Path
    timings: dict[str, float] = field(default_factory=dict)

    def count(self, status: Status) -> int:
        """Number of pairs that ended so."""
        return sum(result.status == status for result in self.results)

    @property
    def exit_status(self) -> int:
        """0: something done and nothing failed; 3: done in part; 1: nothing done."""
        if self.count("done") + self.count("no_front") == 0:
            return 1
        return 3 if self.count("failed") else 0

    def complaints(self) -> list[str]:
        """One sentence for every pair that was not looked at, failures first, none twice."""
        failed = [pair.reason for pair in self.results if pair.status == "failed"]
        skipped = [
            f"{pair.path}: skipped, {pair.reason}"
            for pair in self.results
            if pair.status == "skipped"
        ]
        return list(dict.fromkeys(failed + skipped))

    def sentence(self) -> str:
        """How many fronts were found, and how the pairs ended."""
        fronts = sum(len(pair.fronts) for pair in self.results)
        parts = [
            f"{fronts} front{'s' if fronts != 1 else ''} in {self.count('done')} of "
            f"{len(self.results)} pairs of scene and domain"
        ]
        counts = {
            "without a front": self.count("no_front"),
            "skipped": self.count("skipped"),
            "failed": self.count("failed"),
        }
        parts += [f"{count} {text}" for text, count in counts.items() if count]
        return "; ".join(parts)


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
        Called before the first task and after each.
    domains : sequence of Domain, optional
        Stand in for the file `settings.domain`.

    Returns
    -------
    RunResult

    Raises
    ------
    SettingsError
        If there is no scene.
    OutputError
        If the output folder cannot be written. Everything else that goes wrong is a result.
    """
    _require_scenes(settings)
    watch = Stopwatch()
    output = _make_output(settings.output)
    ledger = Ledger(output)
    results: list[PairResult] = []
    with watch("prepare"):
        paths = find_dated(settings.scenes, settings.date)
        try:
            tasks = _tasks(paths, settings, domains)
        except SettingsError:
            raise
        except PycalfinError as error:
            # nothing can be done for any scene, and each must say so
            tasks = []
            results = [_refused(path, settings, error) for path, _ in paths]
        mine = {id(task) for task in _shard(tasks, settings)}
        todo = []
        for task in tasks:
            # what other shards have finished belongs to the products as well
            use = settings.resume or id(task) not in mine
            group = ledger.load(task.key) if task.key and use else None
            if group:
                results.extend(replace(result, path=task.path) for result in group)
            elif id(task) in mine:
                todo.append(task)
        total = len(mine)
    if progress:
        progress(total - len(todo), total, None)
    executor: Executor[Task, Outcome] = Serial()
    if settings.jobs > 1 and len(todo) > 1:
        executor = Processes(min(settings.jobs, len(todo)), bury)
    with watch("pairs"):
        for count, outcome in enumerate(executor.map(work, todo), start=1):
            with watch("ledger"):
                results.extend(_record(ledger, outcome))
            if progress:
                progress(total - len(todo) + count, total, results[-1])
    results = told_apart(sorted(results, key=_order))
    with watch("products"):
        products.write_all(output, results, _info(settings, watch))
    return RunResult(output, tuple(results), output / "report.html", watch.seconds)


def plan(settings: Settings) -> Sequence[Task]:
    """List what `run` would work on, without looking into a scene or writing anything.

    Raises
    ------
    PycalfinError
        If there is no scene, or the domain file, fjord mask or weights cannot be read.
    """
    _require_scenes(settings)
    return _shard(_tasks(find_dated(settings.scenes, settings.date), settings), settings)


def _shard(tasks: Sequence[Task], settings: Settings) -> Sequence[Task]:
    part, parts = parse_shard(settings.shard) if settings.shard else (1, 1)
    return tasks[part - 1 :: parts]


def _require_scenes(settings: Settings) -> None:
    for crs in (settings.crs, settings.out_crs):
        if crs is not None:
            geo.require_map_crs(crs)
    if not settings.scenes:
        raise SettingsError("no scene was given; name at least one scene file or folder")


def _make_output(path: str) -> Path:
    output = Path(path)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot make this output folder ({error.strerror}); choose another --output"
        ) from error
    if not os.access(output, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: cannot write to this output folder; choose another --output")
    return output


def _tasks(
    paths: Sequence[tuple[str, str | None]],
    settings: Settings,
    given: Sequence[Domain] | None = None,
) -> list[Task]:
    """Pair every scene, and the date that was given for it, with every domain."""
    domains: list[Domain | None] = [None]
    if given is not None:
        domains = list(given)
    elif settings.domain is not None:
        domains = list(
            read_domains(settings.domain, name_field=settings.domain_name, crs=settings.crs)
        )
    inputs = _inputs(settings)
    made: dict[str, Task] = {}
    for path, date in paths:
        own = replace(settings, scenes=(), date=date)
        digest = _hashed([own.digest(), *inputs])[:DIGEST_LENGTH]
        mark = _mark(path)
        for domain in domains:
            key = _key(path, domain, digest, mark) if mark else ""
            task = Task(path, domain, own, digest, key, mark)
            twin = made.setdefault(key or f"{path}|{len(made)}", task)
            if twin is not task:
                log.warning("%s: the same scene as %s; looked at once", path, twin.path)
    return list(made.values())


def _mark(path: str) -> str:
    """Identify a scene by its content and that of the files which lie beside it for it.

    '' if it cannot be read, which its task will report.
    """
    try:
        return _hashed([fingerprint(file) for file in (Path(path), *_beside(Path(path)))])
    except OSError:
        return ""


def _beside(path: Path) -> list[Path]:
    """List what is read with a file: georeference and masks, quality band and metadata."""
    if path.is_dir():
        return []
    return sorted({*sidecars(path), *metadata_beside(path)})


def _inputs(settings: Settings) -> list[str]:
    """Identify what can change a front beside scene and domain: program, weights, fjord mask."""
    path, entry = weights.locate(settings.network)
    kind = weights.kind_of(path)
    if settings.preset == "light" and kind == "calfin":
        raise SettingsError(
            f"preset is 'light', but {path} holds weights of CALFIN, which know no zones; set "
            "preset to calfin or auto"
        )
    digest = weights.digest(path, entry)
    mine = own.named(settings.network, path, kind)
    parts = [__version__, digest if mine is None else own.digest(mine, digest), kind]
    if settings.fjord is not None:
        try:
            fjord = Path(settings.fjord)
            parts.extend(fingerprint(file) for file in (fjord, *sidecars(fjord)))
        except OSError as error:
            raise DomainError(
                f"{settings.fjord}: cannot read the fjord mask ({error.strerror}); check --fjord"
            ) from error
    return parts


def _key(path: str, domain: Domain | None, digest: str, mark: str) -> str:
    """Name of a task's entry in the ledger: what is looked at, where and how, not where it lies."""
    parts = [Path(path).name, mark, digest]
    if domain is not None:
        parts += [domain.name, domain.crs, domain.polygon.wkt, json.dumps(domain.attributes)]
    return _hashed(parts)[:KEY_LENGTH]


def _hashed(parts: Sequence[str]) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _refused(path: str, settings: Settings, error: PycalfinError) -> PairResult:
    domain = Path(settings.domain).stem if settings.domain else ""
    return PairResult(Path(path).name, domain, path, "failed", str(error), error=error.code)


def _record(ledger: Ledger, outcome: Outcome) -> list[PairResult]:
    """Keep what a task left; return its results without what need not stay in memory."""
    if outcome.task.key and all(result.status != "failed" for result in outcome.results):
        return ledger.save(outcome.task.key, outcome.results)
    return list(outcome.results)


def _order(result: PairResult) -> tuple[str, ...]:
    return (result.date, result.time or "", result.scene, result.domain, result.path)


def _info(settings: Settings, watch: Stopwatch) -> dict[str, Any]:
    versions = {"pycalfin": __version__, "python": platform.python_version()}
    for package in VERSIONS:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return {
        "settings": settings.to_dict(),
        "versions": versions,
        "network": settings.network,
        "timings": dict(watch.seconds),
    }
