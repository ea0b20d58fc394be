"""Preparation of a run: check the whole input and list the tasks, without writing anything.

The keys and digests of tasks are made here, and tasks that are in the ledger are found.
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
from pycalfin.scene.glaciers import read_glaciers
from pycalfin.scene.hemisphere import require_hemisphere
from pycalfin.scene.landmask import require_landmask
from pycalfin.scene.names import identify
from pycalfin.scene.product import metadata_beside
from pycalfin.scene.read import find_dated
from pycalfin.settings import Settings, parse_shard

log = logging.getLogger(__name__)

DIGEST_LENGTH, KEY_LENGTH = 16, 32
"""Hexadecimal digits of the digest of settings and inputs, and of a ledger entry's name."""


@dataclass(frozen=True, eq=False)
class Batch:
    """A run that is ready to start.

    Parameters
    ----------
    settings : Settings
    output : Path
    tasks : tuple of Task
        All tasks, also those of other shards.
    finished : tuple of PairResult
        Results that are already in the ledger.
    todo : tuple of Task
        Tasks of this shard without results.
    mine : int
        Number of tasks of this shard.
    earlier : tuple of Pair
        Pairs in the existing products; none with mode 'replace'.
    missing : tuple of Pair
        Pairs in the existing products that this run does not process.
    elsewhere : frozenset of str
        Paths of scenes with unfinished pairs in other shards.
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
        """Return the number of scenes."""
        return len({task.path for task in self.tasks})

    @property
    def domains(self) -> int:
        """Return the number of domains; 0 if whole scenes are searched."""
        return len({task.domain.name for task in self.tasks if task.domain is not None})


def prepare(settings: Settings, domains: Sequence[Domain] | None = None) -> Batch:
    """Check settings, domains, fjord mask and network, and list the tasks.

    Nothing is written: a run that is refused here leaves the output folder unchanged.

    Parameters
    ----------
    settings : Settings
        With at least one scene.
    domains : sequence of Domain, optional
        Used instead of the file `settings.domain`.

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
        If the network cannot be loaded, or a package that a setting needs is not installed.
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
        # results of other shards belong to the products as well
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
    """Refuse a folder that cannot be written, or created in its nearest existing parent."""
    place = output
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise OutputFolderError(
            f"{output}: cannot make this output folder ({place} is not a folder); "
            "choose another --output"
        )
    if not os.access(place, os.W_OK | os.X_OK):
        raise OutputFolderError(
            f"{output}: cannot write to this output folder; choose another --output"
        )


def list_tasks(settings: Settings, domains: Sequence[Domain] | None = None) -> list[Task]:
    """Pair every scene, with its given date, with every domain.

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
    """Return domains, fjord polygons and `_inputs`; raise one error that lists all problems."""
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
        if settings.glaciers is not None:
            read_glaciers(settings.glaciers, name_field=settings.domain_name, crs=settings.crs)
    with _noted(problems):
        if settings.coast and domains is None and settings.domain is None:
            require_landmask()
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
    """Return the tasks of this shard, or all tasks if no shard is set."""
    part, parts = parse_shard(settings.shard) if settings.shard else (1, 1)
    return tasks[part - 1 :: parts]


def _without_copies(paths: Sequence[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    """Drop the archive of a product whose unpacked folder is also given (same product id)."""
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
    """Return the product id if it is the whole name of a folder or archive, else the path."""
    identity = identify(Path(path).absolute().name)
    whole = identity.sensor and not identity.band and not identity.domain
    return identity.name if whole else path


def _content(path: str) -> str:
    """Hash the content of a scene and of its accompanying files.

    Returns '' if it cannot be read; its task reports the error.
    """
    try:
        return _hashed([fingerprint(file) for file in (Path(path), *_beside(Path(path)))])
    except OSError:
        return ""


def _beside(path: Path) -> list[Path]:
    """List the files that accompany a scene: georeference, masks, quality band and metadata."""
    if path.is_dir():
        return []
    return sorted({*sidecars(path), *metadata_beside(path)})


def _inputs(settings: Settings) -> list[str]:
    """List digests of all that can change a front besides scene, domain and settings.

    These are the program's version, the weights, the fjord mask and the list of glaciers.
    """
    path, entry = registry.locate(settings.network)
    kind = weights.kind_of(path)
    if settings.preset == "light" and kind == "calfin":
        raise SettingsError(
            f"preset is 'light', but {path} holds weights of CALFIN, which predict no zones; set "
            "preset to calfin or auto"
        )
    digest = registry.digest(path, entry)
    _say_if_uncalibrated(path, kind, settings.preset)
    named = custom.named(settings.network, path, kind)
    parts = [__version__, digest if named is None else custom.digest(named, digest), kind]
    files = [Path(given) for given in (settings.fjord, settings.glaciers) if given is not None]
    for path in filter(Path.is_file, files):
        parts.extend(fingerprint(file) for file in (path, *sidecars(path)))
    if settings.glaciers is not None:  # it chooses their names, and so what fronts are called
        parts.append(f"names in {settings.domain_name}")
    return parts


def _say_if_uncalibrated(path: Path, kind: str, preset: str) -> None:
    """Warn once per run if confidence is no probability and uncertainty no standard deviation."""
    calibration = weights.read_calibration(path, kind)
    if calibration is None:
        why = "these weights have no calibration"
    elif preset == "calfin":
        why = "its calibration was fitted to another extraction than preset calfin"
    else:
        return
    log.warning(
        "%s: %s, so confidence is not a probability and uncertainty not a standard deviation; "
        "compare them only between fronts of this network",
        path.name,
        why,
    )


def _key(path: str, domain: Domain | None, digest: str, content: str) -> str:
    """Return the name of a task's ledger entry: a hash of content, domain and settings."""
    parts = [Path(path).name, content, digest]
    if domain is not None:
        parts += [domain.name, domain.crs, domain.polygon.wkt, json.dumps(domain.attributes)]
    return _hashed(parts)[:KEY_LENGTH]


def _hashed(parts: Sequence[str]) -> str:
    return hashlib.sha256("|".join(parts).encode(errors="surrogatepass")).hexdigest()
