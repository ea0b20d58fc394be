"""The Python interface of a batch: run it, open a finished run, read fronts."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pycalfin.batch import pipeline
from pycalfin.batch.pipeline import Progress
from pycalfin.batch.result import RunResult
from pycalfin.errors import FrontsError
from pycalfin.geo import NORTH_CRS
from pycalfin.issm import sources
from pycalfin.issm.oceanside import read_side
from pycalfin.products.fronts_h5 import read_exchange
from pycalfin.products.runlog import RUN_FILE
from pycalfin.products.schema import CONTRACT, EXCHANGE_FILE
from pycalfin.products.write import REPORT_FILE
from pycalfin.records import Domain, Front, Identity
from pycalfin.results import Extraction, PairResult
from pycalfin.settings import Settings
from pycalfin.timing import ESTIMATE_PERIOD

log = logging.getLogger(__name__)


def run(
    settings: Settings | None = None,
    progress: Progress | bool | None = None,
    *,
    domains: Sequence[Domain] | None = None,
    **values: Any,
) -> RunResult:
    """Find the fronts of all scenes and write the products.

    A scene that fails or is skipped is logged as a warning by the logger 'pycalfin', which Python
    shows by default. `RunResult.raise_for_status` turns it into an error.

    Parameters
    ----------
    settings : Settings, optional
        With at least one scene.
    progress : callable or bool, optional
        Called before the first task and after each task. True shows a progress bar, also in
        notebooks.
    domains : sequence of Domain, optional
        Used instead of the file `settings.domain`.
    **values
        Fields of `Settings`: `scenes`, `domain`, `date`, `output`, ... They override `settings`.

    Returns
    -------
    RunResult

    Raises
    ------
    SettingsError, DomainError, MissingCRSError, WeightsError, MissingDependencyError
        If settings, domain file, fjord mask or network are wrong, or if results of an earlier run
        would be dropped. Nothing has been written then.
    OutputError
        If the output folder cannot be written. All other problems are reported in the result.

    Examples
    --------
    >>> import pycalfin
    >>> result = pycalfin.run(scenes="scenes", domain="box.geojson")  # doctest: +SKIP
    """
    if isinstance(scenes := values.get("scenes"), (str, os.PathLike)):
        values["scenes"] = (os.fspath(scenes),)
    given = {} if settings is None else settings.to_dict()
    ready = Settings.from_mapping({**given, **values}, "run", ("progress", "domains"))
    with _bar(progress is True) as bar:
        report = bar if isinstance(progress, bool) else progress
        result = pipeline.run(ready, report, domains=domains)
    for sentence in result.remarks():
        log.warning("%s", sentence)
    return result


@contextmanager
def _bar(wanted: bool) -> Iterator[Progress | None]:
    if not wanted:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("Finding fronts"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, TimeRemainingColumn(), speed_estimate_period=ESTIMATE_PERIOD) as bar:
        task = bar.add_task("", total=None)

        def advance(done: int, total: int, latest: PairResult | None) -> None:
            del latest
            bar.update(task, completed=done, total=total or None)

        yield advance


def open(folder: str | os.PathLike[str]) -> RunResult:
    """Open the results of a finished run, without running anything.

    Parameters
    ----------
    folder : path
        The output folder of `pycalfin run`.

    Returns
    -------
    RunResult
        With the fronts of the products. Ocean polygons and coastlines are in fronts.gpkg.

    Raises
    ------
    FrontsError
        If the folder holds no finished run, or its files are damaged.

    Examples
    --------
    >>> import pycalfin
    >>> pycalfin.open("fronts").to_geodataframe().plot("date")  # doctest: +SKIP
    """
    output = Path(folder)
    try:
        record = json.loads((output / RUN_FILE).read_text(encoding="utf-8"))
        contract, _, fronts = read_exchange(output / EXCHANGE_FILE)
        known = {front.id: front for front in fronts}
        pairs = tuple(_pair(item, known) for item in record["pairs"])
        timings = {name: float(value) for name, value in record["timings"].items()}
    except (OSError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise FrontsError(
            f"{output}: no finished run that can be opened ({error}); pass the output folder of "
            "`pycalfin run`"
        ) from error
    if contract != CONTRACT:
        raise FrontsError(
            f"{output}: {EXCHANGE_FILE} has version {contract:g}; expected {CONTRACT}; "
            "run again (finished scenes are not computed again)"
        )
    return RunResult(output, pairs, output / REPORT_FILE, timings)


def _pair(record: dict[str, Any], fronts: Mapping[str, Front]) -> PairResult:
    names = ("domain", "path", "status", "reason", "subset", "timings")
    more = ("synthetic", "error", "fingerprint", "engine", "entry", "searched")
    return PairResult(
        identity=Identity(
            record["scene"], record["sensor"], date=record["date"], time=record["time"]
        ),
        extraction=Extraction(
            tuple(fronts[name] for name in record["ids"]),
            crs=record["crs"],
            reason=record["reason"],
        ),
        **{name: record[name] for name in (*names, *more)},
        warnings=tuple(record["warnings"]),
    )


def read_fronts(
    path: str | os.PathLike[str], *, crs: str | None = None, ocean: str | None = None
) -> list[Front]:
    """Read fronts from a run, from CALFIN's published files, or from any file of dated lines.

    Parameters
    ----------
    path : path
        Folder of a run, fronts.h5, GeoPackage, shapefile (CALFIN's termini_*.shp) or .exp.
    crs : str, optional
        'EPSG:n' of a file that has none.
    ocean : str, optional
        Position of the ocean, for files that do not record it: 'left' or 'right' of the lines, a
        file of polygons or points, or a point 'X,Y' in `crs` (EPSG:3413 by default).

    Returns
    -------
    list of Front
        With the ocean on their left.

    Raises
    ------
    FrontsError
        If there is no such file, or the side of the ocean is unknown.
    MissingCRSError
        If the coordinate reference system is unknown.
    """
    place = Path(path)
    if (place / RUN_FILE).is_file() and (place / EXCHANGE_FILE).is_file():
        return list(open(place).fronts)
    side = None if ocean is None else read_side(ocean, crs or NORTH_CRS, crs)
    return list(sources.read_fronts(place, crs=crs, ocean=side, allow_synthetic=True).fronts)
