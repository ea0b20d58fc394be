"""`pycalfin demo`: run the pipeline on synthetic scenes and measure it against known fronts."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pycalfin.cli import console
from pycalfin.logs import printable

if TYPE_CHECKING:
    from pycalfin.batch.result import RunResult
    from pycalfin.validate.known import Measured

HELP = "run the whole pipeline on synthetic scenes and measure the error"
DESCRIPTION = (
    "Make synthetic scenes with known calving fronts, find the fronts, and measure the error.\n"
    "Needs no data and no internet. The last line of output is the path of the report."
)
EPILOG = "example: pycalfin demo --output demo"
DEFAULT_OUTPUT = "pycalfin_demo"
SCHEMA = 1
"""Version of the output of --json."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--output",
        metavar="DIR",
        default=DEFAULT_OUTPUT,
        help="folder for the scenes (DIR/scenes) and the results (default: %(default)s)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print a machine-readable summary on standard output"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Make the scenes, run the pipeline, compare, print."""
    from pycalfin.batch import pipeline
    from pycalfin.batch.demo import check, make
    from pycalfin.validate import known

    check(arguments.output)
    scenes, settings = make(arguments.output)
    from pycalfin.batch.result import progress_line

    with console.progress("Finding fronts", line=progress_line) as advance:
        run = pipeline.run(settings, progress=advance)
    measured = known.compare(scenes, run.pairs)
    summary = summarise(measured, run)
    if arguments.json:
        print(json.dumps(summary, indent=1))
    else:
        _show(measured, summary)
    return run.exit_status


def summarise(measured: Sequence[Measured], run: RunResult) -> dict[str, Any]:
    """Return the output of --json, with None instead of NaN."""
    from pycalfin.validate import known

    pixels, metres = known.mean_error(measured)
    return {
        "schema": SCHEMA,
        "output": str(run.output.resolve()),
        "report": str(run.report.resolve()),
        "exit_status": run.exit_status,
        "mean_error_pixels": _number(pixels),
        "mean_error_metres": _number(metres),
        "missed": [item.scene.name for item in measured if item.missed],
        "invented": [item.scene.name for item in measured if item.false_positives],
        "scenes": [
            {
                "scene": item.scene.name,
                "date": item.scene.date,
                "kind": item.scene.kind,
                "features": list(item.scene.features),
                "domain": item.scene.domain_name,
                "status": item.status,
                "reason": item.result.reason if item.result else "",
                "known": len(item.scene.fronts),
                "found": item.found,
                "error_pixels": _number(item.pixels),
                "error_metres": _number(item.metres),
            }
            for item in measured
        ],
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def _show(measured: Sequence[Measured], summary: dict[str, Any]) -> None:
    header = ["sensor", "date", "shows", "status", ">known", ">found", ">pixels", ">metres"]
    console.table(header, [_row(item) for item in measured], title="Synthetic scenes")
    for item in measured:
        if item.status in ("failed", "skipped", "missing"):
            reason = item.result.reason if item.result else "no result"
            print(printable(f"{item.scene.name}: {reason}"))
    missed = len(summary["missed"])
    known = sum(bool(item.scene.fronts) for item in measured)
    if missed < known:
        pixels, metres = summary["mean_error_pixels"], summary["mean_error_metres"]
        print(
            f"Mean error against the known fronts: {pixels:.2f} pixels ({metres:.0f} m) "
            f"in {known - missed} of {known} scenes; missed in {missed}"
        )
    else:
        print(f"No front was found in {known} scenes that have one")
    without = [item for item in measured if not item.scene.fronts]
    for item in without:
        what = "none found" if item.status == "no_front" else f"{item.found} found ({item.status})"
        print(f"Fronts in the scene without one: {what}")
    print("These scenes are synthetic: the error on real scenes is larger")
    print(summary["report"])


def _row(item: Measured) -> list[str]:
    sensor = item.scene.name.split("_")[0]
    shows = ", ".join([item.scene.kind, *item.scene.features])
    numbers = [
        "-" if math.isnan(value) else f"{value:.{digits}f}"
        for value, digits in ((item.pixels, 2), (item.metres, 0))
    ]
    return [
        sensor,
        item.scene.date,
        shows,
        item.status,
        str(len(item.scene.fronts)),
        str(item.found),
        *numbers,
    ]
