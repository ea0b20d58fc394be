"""Writer of all products of a run, which are built aside and then moved together."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pycalfin.issm.contour import write_exp
from pycalfin.products import figures
from pycalfin.products.fronts_h5 import write_exchange
from pycalfin.products.level1 import FOLDER, write_level1
from pycalfin.products.order import by_crs, by_domain, fronts_of, sorted_results
from pycalfin.products.report import render_report
from pycalfin.products.runlog import RUN_FILE, earlier_files, run_record
from pycalfin.products.schema import EXCHANGE_FILE
from pycalfin.products.staging import move_files, remove_stale, staging, swap_folder
from pycalfin.products.vector import gpkg_name, write_gpkg
from pycalfin.results import PairResult

LOGGER = logging.getLogger(__name__)

ISSM_FOLDER = "issm"
REPORT_FILE = "report.html"


def write_all(output: Path, results: Sequence[PairResult], info: Mapping[str, Any]) -> list[Path]:
    """Write all products of a run.

    Parameters
    ----------
    output : Path
        Output folder; created if necessary. Only one process may write to it at a time.
    results : sequence of PairResult
        All pairs of the run, including skipped and failed ones, in any order.
    info : mapping
        Values for run.json that JSON can hold, such as 'started'. The mappings 'settings' and
        'versions' are shown in the report as well.

    Returns
    -------
    list of Path
        Files of the run, with run.json last.

    Raises
    ------
    OutputError
        If the folder cannot be written. Nothing is replaced before everything is complete.
    CRSMismatchError
        If a front has another coordinate reference system than its result.

    Notes
    -----
    Results without a georeference are only in the GeoPackage, fronts.h5, run.json and the report,
    because shapefiles and .exp files need map coordinates. Files of an earlier run that this run
    does not write are removed, such as those of another year range.
    """
    output = Path(output)
    ordered = sorted_results(results)
    domains = by_domain(ordered)
    unplaced = sum(len(item.fronts) for item in ordered if item.crs is None)
    if unplaced:
        LOGGER.warning(
            "%d fronts have no georeference; they are not in the shapefiles and .exp files",
            unplaced,
        )
    with staging(output) as stage:
        files, level1 = stage / "files", stage / "level1"
        files.mkdir()
        level1.mkdir()
        for group in by_crs(ordered):
            write_gpkg(files / gpkg_name(group), group)
        for group in domains:
            fronts = [front for _, front in fronts_of(group.results)]
            if fronts:
                write_exp(files / ISSM_FOLDER / f"{group.name}.exp", fronts)
        write_level1(level1, domains)
        report = render_report(ordered, info)
        (files / REPORT_FILE).write_text(report, encoding="utf-8", newline="\n")
        figures.stage(files, ordered)
        write_exchange(files / EXCHANGE_FILE, ordered, info, REPORT_FILE)
        names = [path.relative_to(files) for path in files.rglob("*") if path.is_file()]
        names += [Path(FOLDER) / path.name for path in level1.iterdir()]
        record = run_record(ordered, info, [*names, Path(RUN_FILE)])
        log = stage / RUN_FILE
        log.write_text(_json(record), encoding="utf-8", newline="\n")

        earlier = earlier_files(output)
        written = [*swap_folder(level1, output / FOLDER), *move_files(files, output)]
        remove_stale(output, earlier, written)
        log.replace(output / RUN_FILE)
    return [*written, output / RUN_FILE]


def _json(record: Mapping[str, Any]) -> str:
    return json.dumps(record, indent=1, ensure_ascii=False, default=str) + "\n"
