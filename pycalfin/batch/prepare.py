"""Before a run: check all that can be wrong, list the tasks, and touch nothing.

The ids and digests of a batch are made here: what a task is, and whether the ledger has it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pycalfin import __version__, geo
from pycalfin.batch.earlier import Pair, missing_from, read_pairs, require_kept
from pycalfin.batch.ledger import Ledger, fingerprint, sidecars
from pycalfin.batch.task import Task, network_of
from pycalfin.errors import OutputFolderError, PycalfinError, SettingsError
from pycalfin.front.fjord import check_fjord
from pycalfin.network import custom, registry, weights
from pycalfin.records import Domain
from pycalfin.results import PairResult
from pycalfin.scene.archive import is_archive
from pycalfin.scene.domain import read_domains
from pycalfin.scene.hemisphere import require_hemisphere
from pycalfin.scene.names import identify
from pycalfin.scene.product import metadata_beside
from pycalfin.scene.read import find_dated
from pycalfin.settings import Settings, parse_shard

log = logging.getLogger(__name__)

DIGEST_LENGTH, KEY_LENGTH = 16, 32
"""Hexadecimal digits of what names settings and inputs, and of an entry of the ledger."""


@dataclass(frozen=True, eq=False)
class Batch:
    """A run that is ready to start.

    Parameters
    ----------
    settings : Settings
    output : Path
    tasks : tuple of Task
        All of them, also those of other shards.
    finished : tuple of PairResult
        Results that the ledger has already.
    todo : tuple of Task
    mine : int
        Number of tasks of this shard.
    earlier : tuple of Pair
        Pairs in the products that are there; none with mode 'replace'.
    missing : tuple of Pair
        Those of them that this run does not work on.
    elsewhere : frozenset of str
        Scenes of which other shards have pairs to work on.
    """

    settings: Settings
    output: Path
    tasks: tuple[Task, ...]
    finished: tuple[PairResult, ...]
    todo: tuple[Task, ...]
    mine: int
    earlier: tuple[Pair, ...]
    missing: tuple[Pair, ...]
    elsewhere: frozenset[str] = frozenset()

    @property
    def scenes(self) -> int:
        """Number of scenes."""
        return len({task.path for task in self.tasks})

    @property
    def domains(self) -> int:
        """Number of domains; 0 where the whole scenes are searched."""
        return len({task.domain.name for task in self.tasks if task.domain is not None})


def prepare(settings: Settings, domains: Sequence[Domain] | None = None) -> Batch:
    """Check settings, domains, fjord mask and network, and list what is to be done.

    Nothing is written: a run that is refused here leaves the output folder as it was.

    Parameters
    ----------
    settings : Settings
        With at least one scene.
    domains : sequence of Domain, optional
        Stand in for the file `settings.domain`.

    Returns
    -------
    Batch

    Raises
    ------
    SettingsError
        If there is no scene, a CRS is unknown, or results of an earlier run would be dropped.
    DomainError, MissingCRSError
        If the domain file or the fjord mask cannot be used.
    WeightsError, MissingDependencyError
        If the network cannot be loaded.
    OutputFolderError
        If the output folder cannot be made or written.
    """
    tasks = list_tasks(settings, domains)
    output = Path(settings.output)
    _require_writable(output)
    earlier = [] if settings.mode == "replace" else read_pairs(output)
    missing = missing_from(earlier, tasks)
    if settings.mode == "new":
        require_kept(output, missing)
    part = shard_of(tasks, settings)
    mine = {id(task) for task in part}
    ledger = Ledger(output)
    finished: list[PairResult] = []
    todo: list[Task] = []
    elsewhere: set[str] = set()
    for task in tasks:
        # what other shards have finished belongs to the products as well
        use = settings.resume or id(task) not in mine
        group = ledger.load(task.key) if task.key and use else None
        if group:
            finished.extend(replace(result, path=task.path) for result in group)
        elif id(task) in mine:
            todo.append(task)
        else:
            elsewhere.add(task.path)
    if todo:
        network_of(settings)
    return Batch(
        settings=settings,
        output=output,
        tasks=tuple(tasks),
        finished=tuple(finished),
        todo=tuple(todo),
        mine=len(part),
        earlier=tuple(earlier),
        missing=tuple(missing),
        elsewhere=frozenset(elsewhere),
    )


def _require_writable(output: Path) -> None:
    """Refuse a folder that cannot be written, or made below the nearest one that is there."""
    place = output
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise OutputFolderError(
            f"{output}: cannot make this output folder ({place} is no folder); "
            "choose another --output"
        )
    if not os.access(place, os.W_OK | os.X_OK):
        raise OutputFolderError(
            f"{output}: cannot write to this output folder; choose another --output"
        )


def list_tasks(settings: Settings, domains: Sequence[Domain] | None = None) -> list[Task]:
    """Pair every scene, and the date that was given for it, with every domain.

    Parameters
    ----------
    settings : Settings
    domains : sequence of Domain, optional

    Raises
    ------
    PycalfinError
        See `prepare`.
    """
    areas, fjord, inputs = _checked(settings, domains)
    made: dict[str, Task] = {}
    twins: dict[str, str] = {}
    dated = _without_copies(find_dated(settings.scenes, settings.date))
    for given, option in ((areas, "--domain"), (fjord, "--fjord")):
        known = [area for area in given if area is not None]
        require_hemisphere(known, (path for path, _ in dated), settings, option)
    for path, date in dated:
        own_settings = replace(settings, scenes=(), date=date)
        digest = _hashed([own_settings.digest(), *inputs])[:DIGEST_LENGTH]
        content = _content(path)
        for domain in areas:
            key = _key(path, domain, digest, content) if content else ""
            task = Task(path, domain, own_settings, digest, key, content)
            twin = made.setdefault(key or f"{path}|{len(made)}", task)
            if twin is not task:
                twins.setdefault(path, twin.path)
    for path, twin_path in twins.items():
        log.warning("%s: the same scene as %s; used once", path, twin_path)
    return list(made.values())


def _checked(
    settings: Settings, domains: Sequence[Domain] | None
) -> tuple[list[Domain] | list[None], list[Domain], list[str]]:
    """Return domains, fjord polygons and `_inputs`; tell all that is wrong at once."""
    problems: list[PycalfinError] = []
    areas: list[Domain] | list[None] = [None]
    fjord: list[Domain] = []
    inputs: list[str] = []
    if not settings.scenes:
        problems.append(SettingsError("no scene was given; name at least one file or folder"))
    for crs in (settings.crs, settings.out_crs):
        with _noted(problems):
            if crs is not None:
                geo.require_map_crs(crs)
    with _noted(problems):
        if domains is not None:
            areas = list(domains)
        elif settings.domain is not None:
            areas = read_domains(settings.domain, name_field=settings.domain_name, crs=settings.crs)
    with _noted(problems):
        if settings.fjord is not None:
            fjord = check_fjord(settings.fjord, settings.crs)
    with _noted(problems):
        inputs = _inputs(settings)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise SettingsError("\n".join(dict.fromkeys(str(problem) for problem in problems)))
    return areas, fjord, inputs


@contextmanager
def _noted(problems: list[PycalfinError]) -> Iterator[None]:
    try:
        yield
    except PycalfinError as error:
        problems.append(error)


def shard_of(tasks: Sequence[Task], settings: Settings) -> Sequence[Task]:
    """Take the tasks of this shard; all of them without one."""
    part, parts = parse_shard(settings.shard) if settings.shard else (1, 1)
    return tasks[part - 1 :: parts]


def _without_copies(paths: Sequence[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    """Leave out the archive of a product whose folder, of the same product id, is there too."""
    places = [Path(path) for path, _ in paths if not is_archive(Path(path).name)]
    folders = [str(place if place.is_dir() else place.parent) for place in places]
    unpacked = {_product_id(folder): folder for folder in folders}
    kept = []
    for path, date in paths:
        twin = unpacked.get(_product_id(path)) if is_archive(Path(path).name) else None
        if twin is None:
            kept.append((path, date))
        else:
            log.warning("%s: the same product as the folder %s; used once", path, twin)
    return kept


def _product_id(path: str) -> str:
    """Read the product id that is the whole name of a folder or an archive; else the path."""
    identity = identify(Path(path).absolute().name)
    whole = identity.sensor and not identity.band and not identity.domain
    return identity.name if whole else path


def _content(path: str) -> str:
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
    path, entry = registry.locate(settings.network)
    kind = weights.kind_of(path)
    if settings.preset == "light" and kind == "calfin":
        raise SettingsError(
            f"preset is 'light', but {path} holds weights of CALFIN, which know no zones; set "
            "preset to calfin or auto"
        )
    digest = registry.digest(path, entry)
    named = custom.named(settings.network, path, kind)
    parts = [__version__, digest if named is None else custom.digest(named, digest), kind]
    if settings.fjord is not None and Path(settings.fjord).is_file():
        fjord = Path(settings.fjord)
        parts.extend(fingerprint(file) for file in (fjord, *sidecars(fjord)))
    return parts


def _key(path: str, domain: Domain | None, digest: str, content: str) -> str:
    """Name of a task's entry in the ledger: what is looked at, where and how, not where it lies."""
    parts = [Path(path).name, content, digest]
    if domain is not None:
        parts += [domain.name, domain.crs, domain.polygon.wkt, json.dumps(domain.attributes)]
    return _hashed(parts)[:KEY_LENGTH]


def _hashed(parts: Sequence[str]) -> str:
    return hashlib.sha256("|".join(parts).encode(errors="surrogatepass")).hexdigest()
