"""`pycalfin run`: find the calving fronts in scenes."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from pycalfin.cli import console
from pycalfin.cli.options import add_scene_arguments, add_setting, settings_from
from pycalfin.errors import EXIT_NOTHING, EXIT_OK, EXIT_PARTLY, EXIT_USAGE
from pycalfin.files import readable

if TYPE_CHECKING:
    from pycalfin.batch.result import RunResult
    from pycalfin.results import PairResult

HELP = "find the calving fronts in scenes"
DESCRIPTION = (
    "Find the calving fronts in satellite scenes and write them as vectors, contours, figures and "
    "a report.\nScenes that an earlier run with the same settings finished are not computed again."
)
EPILOG = (
    "example: pycalfin run scenes/ --domain glaciers.geojson --output fronts\n"
    "         pycalfin run scene.tif --date 2021-09-26 --domain box.geojson --output fronts\n\n"
    "exit status: 0 done; 1 no scene could be processed; 2 the command line, a setting, the\n"
    "             domain file or the network is wrong: nothing was started, DIR is untouched;\n"
    "             3 some done, some failed (see run.json), or --push-to failed"
)

OPTIONS = {
    "output": "DIR",
    "fjord": "FILE",
    "glaciers": "FILE",
    "out_crs": "EPSG:n",
    "network": "NAME|FILE",
    "preset": "NAME",
    "max_cloud": "FRACTION",
    "min_confidence": "C",
    "figures": "all|worst|none",
    "jobs": "N",
}
"""Settings of this command in addition to those for scenes, with their placeholders."""
MOST_COMPLAINTS = 20
"""Maximum number of sentences on stderr; run.json has all of them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_scene_arguments(parser)
    for name, metavar in OPTIONS.items():
        add_setting(parser, name, metavar)
    earlier = parser.add_mutually_exclusive_group()
    earlier.add_argument(
        "--append",
        dest="mode",
        action="store_const",
        const="append",
        help="keep the scenes of earlier runs in DIR",
    )
    earlier.add_argument(
        "--replace",
        dest="mode",
        action="store_const",
        const="replace",
        help="drop the scenes of earlier runs in DIR (default: refuse to drop any)",
    )
    add_setting(parser, "shard", "i/n")
    add_setting(parser, "resume")
    add_setting(parser, "clip")
    add_setting(parser, "coast")
    parser.add_argument(
        "--dry-run", action="store_true", help="list scenes and domains without processing them"
    )
    parser.add_argument(
        "--push-to",
        metavar="matlab[:NAME]|octave",
        help="load the results as variable cf into a shared MATLAB session (NAME), else into a new "
        "MATLAB; or into GNU Octave, which then reads statements",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Run the pipeline and print the result."""
    settings = settings_from(arguments)
    from pycalfin.batch.pipeline import plan, run

    if arguments.dry_run:
        rows = [(task.path, task.domain.name if task.domain else "") for task in plan(settings)]
        if arguments.json:
            print(json.dumps([{"path": path, "domain": domain} for path, domain in rows], indent=1))
        else:
            whole = "(searched if large)" if settings.tile is None else "(all)"
            console.table(("scene", "domain"), [(path, name or whole) for path, name in rows])
        return EXIT_OK if rows else EXIT_NOTHING

    if arguments.push_to and _push(arguments, settings.output, "--check") != EXIT_OK:
        return EXIT_USAGE
    from pycalfin.batch.result import progress_line

    with console.progress("Finding fronts", line=progress_line) as progress:
        result = run(settings, progress)
    for text in result.remarks(MOST_COMPLAINTS):
        console.complain(text)
    if arguments.json:
        print(json.dumps(_summary(result), indent=1, ensure_ascii=False))
    else:
        print(result.sentence())
        if result.written:
            print(result.report)
    if arguments.push_to and result.exit_status in (EXIT_OK, EXIT_PARTLY):
        pushed = _push(arguments, str(result.output))
        return result.exit_status if pushed == EXIT_OK else EXIT_PARTLY
    return result.exit_status


def _push(arguments: argparse.Namespace, output: str, *more: str) -> int:
    """Run `pycalfin push` in another process: MATLAB's libraries clash with those loaded here."""
    sys.stdout.flush()
    command = [sys.executable, "-m", "pycalfin", "push", output, "--to", arguments.push_to, *more]
    stdout = sys.stderr if arguments.json else None
    return subprocess.run(command, stdout=stdout, check=False).returncode


def _summary(result: RunResult) -> dict[str, Any]:
    return {
        "output": readable(str(result.output)),
        "written": result.written,
        "report": readable(str(result.report)),
        "exit_status": result.exit_status,
        "timings": result.timings,
        "pairs": [_pair_summary(pair) for pair in result.pairs],
    }


def _pair_summary(pair: PairResult) -> dict[str, Any]:
    return {
        "scene": pair.scene,
        "domain": pair.domain,
        "path": pair.path,
        "status": pair.status,
        "reason": pair.reason,
        "date": pair.date,
        "fronts": [
            {"id": front.id, "confidence": front.confidence, "partial": front.partial}
            for front in pair.fronts
        ],
        "timings": pair.timings,
    }
