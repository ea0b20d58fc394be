"""One task: a scene and a domain (or the whole scene) in, results out; runs in a worker.

Nothing is written here. Whatever happens to the scene becomes a result with a status and a reason,
so that one bad scene never stops a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from pycalfin.errors import PrunedError, PycalfinError, explain
from pycalfin.front.confidence import distinct
from pycalfin.front.extract import extract
from pycalfin.front.fjord import read_fjord
from pycalfin.logs import heard
from pycalfin.network import Network, load_for
from pycalfin.products import figures
from pycalfin.records import Domain, Front, PairResult, Scene, Status
from pycalfin.scene.read import open_scene
from pycalfin.scene.subset import cut, scene_domains
from pycalfin.settings import Settings
from pycalfin.timing import Stopwatch

TILE_DISTANCE = 3.0
"""Mean vertex spacings: fronts of overlapping tiles this close are one front."""
MARK_LENGTH = 12
"""Hexadecimal digits of a scene's fingerprint that its results carry."""


@dataclass(frozen=True, eq=False)
class Task:
    """A scene and a domain of a batch.

    Parameters
    ----------
    path : str
        The scene as given.
    domain : Domain or None
        None: the domains that the scene itself has, else all of it.
    settings : Settings
    digest : str
        Of everything that can change a front: settings, weights, fjord mask.
    key : str
        Names the task's entry in the ledger; '' if it cannot have one.
    mark : str
        Fingerprint of the scene's content; '' if it could not be read.
    """

    path: str
    domain: Domain | None
    settings: Settings
    digest: str
    key: str = ""
    mark: str = ""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a task: one result, or one per tile of the scene."""

    task: Task
    results: tuple[PairResult, ...]


def work(task: Task) -> Outcome:
    """Find the fronts of a task; never raises but for an interrupt."""
    with heard() as warnings:
        outcome = _work(task)
    first, *rest = outcome.results
    first = replace(first, warnings=tuple(dict.fromkeys(warnings)))
    return replace(outcome, results=(first, *rest))


def _work(task: Task) -> Outcome:
    watch = Stopwatch()
    try:
        with watch("open"):
            scene = _open(task.path, task.settings)
            domains = scene_domains(scene, task.settings) if task.domain is None else [task.domain]
    except Exception as error:  # a worker must answer for every scene, whatever is wrong with it
        return Outcome(task, (failed(task, explain(error, task.path), code_of(error)),))
    results = [
        _pair(task, scene, domain, watch if number == 0 else Stopwatch())
        for number, domain in enumerate(domains)
    ]
    return Outcome(task, tuple(_without_doubles(results)))


def failed(task: Task, reason: str, error: str = PycalfinError.code) -> PairResult:
    """Result of a task whose scene could not be worked on."""
    return PairResult(
        scene=Path(task.path).name,
        domain=task.domain.name if task.domain else "",
        path=task.path,
        status="failed",
        reason=reason,
        error=error,
    )


def bury(task: Task) -> Outcome:
    """Answer for a task whose process died."""
    reason = "the worker process died, most likely out of memory; try fewer --jobs"
    return Outcome(task, (failed(task, f"{task.path}: {reason}"),))


def code_of(error: Exception) -> str:
    """One word for the kind of an error."""
    return error.code if isinstance(error, PycalfinError) else PycalfinError.code


def _pair(task: Task, scene: Scene, domain: Domain, watch: Stopwatch) -> PairResult:
    status: Status
    blank = PairResult(
        scene=scene.name,
        domain=domain.name,
        path=task.path,
        status="failed",
        date=scene.date,
        time=scene.identity.time,
        sensor=scene.identity.sensor,
        attributes=domain.attributes,
        synthetic=scene.synthetic,
        mark=task.mark[:MARK_LENGTH],
    )
    settings = task.settings
    try:
        with watch("read"):
            subset = cut(scene, domain, settings)
            fjord = read_fjord(settings.fjord, subset, settings.crs) if settings.fjord else None
        with watch("start"):
            network = _network(settings)
        # a product id names one scene in the world; another file's name needs its content
        digest = task.digest if scene.identity.sensor else task.digest + task.mark
        extraction = extract(subset, network, settings, fjord=fjord, digest=digest, watch=watch)
        with watch("figures"):
            pictures = figures.render(subset, extraction)
    except PrunedError as error:
        return replace(
            blank, status="skipped", reason=str(error), error=error.code, timings=watch.seconds
        )
    except Exception as error:  # see work()
        return replace(
            blank, reason=explain(error, task.path), error=code_of(error), timings=watch.seconds
        )
    status = "done" if extraction.fronts else "no_front"
    return replace(
        blank,
        status=status,
        reason=extraction.reason,
        subset=subset.name,
        fronts=extraction.fronts,
        ocean=extraction.ocean,
        coast=extraction.coast,
        crs=extraction.crs,
        timings=watch.seconds,
        figures=pictures,
    )


@lru_cache(maxsize=1)
def _open(path: str, settings: Settings) -> Scene:
    return open_scene(path, date=settings.day, crs=settings.crs, band=settings.band)


@lru_cache(maxsize=1)
def _network(settings: Settings) -> Network:
    return load_for(settings)


def _without_doubles(results: Sequence[PairResult]) -> list[PairResult]:
    """Of a front that two overlapping tiles saw, keep the better view."""
    fronts = [front for result in results for front in result.fronts]
    if len(results) < 2 or len(fronts) < 2:
        return list(results)
    spacing = float(np.median([_mean_spacing(front) for front in fronts]))
    scores = [front.confidence * len(front.xy) * _mean_spacing(front) for front in fronts]
    chosen = distinct([front.xy for front in fronts], scores, TILE_DISTANCE * spacing)
    kept = {fronts[index].id for index in chosen}
    return [_only(result, kept) for result in results]


def _mean_spacing(front: Front) -> float:
    return float(np.hypot(*np.diff(front.xy, axis=0).T).mean())


def _only(result: PairResult, kept: set[str]) -> PairResult:
    fronts = tuple(front for front in result.fronts if front.id in kept)
    if len(fronts) == len(result.fronts):
        return result
    if fronts:
        return replace(result, fronts=fronts)
    reason = "its fronts are seen better in a neighbouring tile"
    return replace(result, fronts=(), status="no_front", reason=reason)
