"""Processing of one task, in a worker: a scene with a domain (or the whole scene) gives results.

A large scene without a domain is searched for places first.

Nothing is written here. Every problem with the scene becomes a result with a status and a reason,
so that one bad scene never stops a batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from pycalfin.batch.doubles import Sighting, depth_in, without_doubles
from pycalfin.errors import PrunedError, PycalfinError, explain
from pycalfin.files import safe_name
from pycalfin.front.extract import extract
from pycalfin.front.fjord import read_fjord
from pycalfin.front.search import NO_PLACE, SceneSearch, search
from pycalfin.logs import collected_warnings
from pycalfin.network import Network, load_for, registry
from pycalfin.products import figures, overview
from pycalfin.records import Domain, Front, Identity, Scene, Subset, front_id
from pycalfin.results import Extraction, PairResult, Prediction, Status
from pycalfin.scene.read import open_scene
from pycalfin.scene.subset import cut, scene_domains
from pycalfin.settings import Settings
from pycalfin.timing import Stopwatch

NETWORK_SETTINGS = ("network", "threads", "engine", "precision", "batch", "fast")
"""Settings that a network depends on."""
FINGERPRINT_LENGTH = 12
"""Hexadecimal digits of a scene's fingerprint in its results."""


@dataclass(frozen=True, eq=False)
class Task:
    """A scene and a domain of a batch.

    Parameters
    ----------
    path : str
        The scene as given.
    domain : Domain or None
        None for the whole scene, or the domains that the scene itself defines.
    settings : Settings
    digest : str
        Hash of everything that can change a front: settings, weights, fjord mask.
    key : str
        Name of the task's entry in the ledger; '' if it cannot have one.
    fingerprint : str
        Hash of the scene's content; '' if it could not be read.
    """

    path: str
    domain: Domain | None
    settings: Settings
    digest: str
    key: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, eq=False)
class Outcome:
    """The outcome of a task: one result, or one for each place or tile of the scene."""

    task: Task
    results: tuple[PairResult, ...]


def work(task: Task) -> Outcome:
    """Find the fronts of a task; errors become failed results, only interrupts are raised."""
    with collected_warnings() as warnings:
        outcome = _work(task)
    first, *rest = outcome.results
    first = replace(first, warnings=tuple(dict.fromkeys(warnings)))
    return replace(outcome, results=(first, *rest))


def _work(task: Task) -> Outcome:
    watch = Stopwatch()
    try:
        with watch("open"):
            scene = _open(task.path, task.settings, task.fingerprint)
    except Exception as error:  # a worker returns a result for every scene, whatever its error
        return Outcome(task, (failed(task, explain(error, task.path), code_of(error)),))
    try:
        found = _search(task, scene, watch)
        domains = _domains(task, scene, found)
    except PrunedError as error:
        return Outcome(task, (_skipped(_blank(task, scene), error, watch),))
    except Exception as error:  # see above
        return Outcome(task, (failed(task, explain(error, task.path), code_of(error)),))
    if not domains:
        reason = NO_PLACE if found is None else found.reason
        nothing = replace(_blank(task, scene), status="no_front", reason=reason)
        results = [replace(nothing, timings=watch.seconds)]
    else:
        views = [
            _extract_in_domain(task, scene, domain, watch if number == 0 else Stopwatch())
            for number, domain in enumerate(domains)
        ]
        results = [view.result for view in _without_doubles(task, scene, views)]
        results = [replace(result, searched=found is not None) for result in results]
    if found is not None and task.settings.figures != "none":
        picture = overview.render(scene, found.reduced, found.places, results)
        results[0] = replace(results[0], figures={**results[0].figures, **picture})
    return Outcome(task, tuple(results))


def _search(task: Task, scene: Scene, watch: Stopwatch) -> SceneSearch | None:
    """Search a large scene that has no domain."""
    if task.domain is not None:
        return None

    def start() -> Network:
        with watch("start"):
            return network_of(task.settings)

    with watch("search"):
        return search(scene, task.settings, start)


def _domains(task: Task, scene: Scene, found: SceneSearch | None) -> Sequence[Domain]:
    if task.domain is not None:
        return [task.domain]
    return scene_domains(scene, task.settings) if found is None else found.places


def failed(task: Task, reason: str, error: str = PycalfinError.code) -> PairResult:
    """Make the result of a task whose scene could not be processed."""
    return PairResult(
        identity=Identity(Path(task.path).name),
        domain=task.domain.name if task.domain else "",
        path=task.path,
        status="failed",
        reason=reason,
        error=error,
    )


def worker_lost(task: Task) -> Outcome:
    """Make the outcome of a task whose process died."""
    reason = "the worker process died, most likely out of memory; try fewer --jobs"
    return Outcome(task, (failed(task, f"{task.path}: {reason}"),))


def code_of(error: Exception) -> str:
    """Return one word for the kind of an error."""
    return error.code if isinstance(error, PycalfinError) else PycalfinError.code


@dataclass(frozen=True, eq=False)
class _View:
    """A result in a domain, with its extraction until overlapping tiles are compared."""

    result: PairResult
    domain: Domain
    extraction: Extraction | None = None

    @property
    def prediction(self) -> Prediction | None:
        """What the network said, where there are fronts."""
        return None if self.extraction is None else self.extraction.prediction


def _blank(task: Task, scene: Scene) -> PairResult:
    """Begin the result of a scene that could be opened; its domain is the scene."""
    return PairResult(
        identity=scene.identity,
        domain=safe_name(scene.name),
        path=task.path,
        status="failed",
        synthetic=scene.synthetic,
        fingerprint=task.fingerprint[:FINGERPRINT_LENGTH],
    )


def _skipped(blank: PairResult, error: PrunedError, watch: Stopwatch) -> PairResult:
    return replace(
        blank, status="skipped", reason=str(error), error=error.code, timings=watch.seconds
    )


def _extract_in_domain(task: Task, scene: Scene, domain: Domain, watch: Stopwatch) -> _View:
    status: Status
    blank = replace(_blank(task, scene), domain=domain.name, attributes=domain.attributes)
    settings = task.settings
    try:
        with watch("read"):
            subset = cut(scene, domain, settings)
            fjord = read_fjord(settings.fjord, subset, settings.crs) if settings.fjord else None
        with watch("start"):
            network = network_of(settings)
        extraction = extract(subset, network, settings, fjord=fjord, watch=watch)
        extraction = _with_ids(extraction, task, scene)
        with watch("figures"):
            pictures = _render(subset, extraction, settings)
    except PrunedError as error:
        return _View(_skipped(blank, error, watch), domain)
    except Exception as error:  # as in _work
        failure = replace(
            blank, reason=explain(error, task.path), error=code_of(error), timings=watch.seconds
        )
        return _View(failure, domain)
    status = "done" if extraction.fronts else "no_front"
    result = replace(
        blank,
        status=status,
        reason=extraction.reason,
        subset=subset.name,
        extraction=replace(extraction, prediction=None),
        engine=network.computed_by,
        timings=watch.seconds,
        figures=pictures,
    )
    return _View(result, domain, extraction if extraction.fronts else None)


def _with_ids(extraction: Extraction, task: Task, scene: Scene) -> Extraction:
    """Give fronts lasting ids: hashes of scene, domain, number, settings and weights."""
    identity = scene.identity
    # a product id is unique worldwide; for any other file name the content is needed
    digest = task.digest if identity.sensor else task.digest + task.fingerprint
    fronts = tuple(
        front.with_fields(
            id=front_id(identity.name, identity.band, front.domain, front.number, digest)
        )
        for front in extraction.fronts
    )
    return replace(extraction, fronts=fronts)


def _render(subset: Subset, extraction: Extraction, settings: Settings) -> dict[str, bytes]:
    return figures.render(subset, extraction, thumbnail_only=settings.figures == "none")


@lru_cache(maxsize=1)
def _open(path: str, settings: Settings, content: str) -> Scene:  # noqa: ARG001
    """Open a scene once for all its domains; `content` keeps a changed file from the cache."""
    return open_scene(path, date=settings.day, crs=settings.crs, band=settings.band)


def network_of(settings: Settings) -> Network:
    """Load the network of settings; each process caches the last one.

    Raises
    ------
    PycalfinError
        See `pycalfin.network.load`.
    """
    chosen = Settings(**{name: getattr(settings, name) for name in NETWORK_SETTINGS})
    about = registry.locate(settings.network)[0].stat()
    return _network(chosen, (about.st_size, about.st_mtime_ns))


@lru_cache(maxsize=1)
def _network(settings: Settings, weights_are: tuple[int, int]) -> Network:  # noqa: ARG001
    """Load a network once for all tasks; a changed file is loaded again."""
    return load_for(settings)


def _without_doubles(task: Task, scene: Scene, views: Sequence[_View]) -> list[_View]:
    """Keep the better version of each front that two overlapping windows contain."""
    if len(views) < 2:
        return list(views)
    sightings = [
        Sighting(front, number, depth_in(view.prediction, front))
        for number, view in enumerate(views)
        for front in view.result.fronts
    ]
    kept = zip(sightings, without_doubles(sightings), strict=True)
    left = {item.front.id: front for item, front in kept if front is not None}
    return [_only(task, scene, view, left) for view in views]


def _only(task: Task, scene: Scene, view: _View, left: Mapping[str, Front]) -> _View:
    """Keep only some fronts of a view, or parts of them, and draw its figures again."""
    result, extraction = view.result, view.extraction
    fronts = tuple(left[front.id] for front in result.fronts if front.id in left)
    if extraction is None or fronts == result.fronts:
        return view
    subset = cut(scene, view.domain, task.settings)
    pictures = _render(subset, replace(extraction, fronts=fronts), task.settings)
    changed = replace(result.with_fronts(fronts), figures=pictures)
    if not fronts:
        reason = "its fronts are more complete in a neighbouring window"
        changed = replace(changed, status="no_front", reason=reason)
    return replace(view, result=changed)
