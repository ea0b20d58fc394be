"""`pycalfin validate`: measure the fronts found in labelled images."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycalfin.cli import console
from pycalfin.cli.options import add_json, add_setting, add_settings_file, settings_from
from pycalfin.errors import EXIT_NOTHING, EXIT_OK, SettingsError

if TYPE_CHECKING:
    from pycalfin.datasets import Item
    from pycalfin.validate.validation import Validation

HELP = "measure the fronts found in labelled images"
DESCRIPTION = (
    "Find the fronts in the labelled images of a data set and measure them: CALFIN's\n"
    "metrics, completeness and correctness.\n"
    "Writes validation.html, images.csv, metrics.json, charts and figures of the worst images."
)
EPILOG = (
    "example: pycalfin validate frontlearning/ --output validation --glacier Kangerlussuaq\n"
    "         pycalfin validate caffe/ --output validation --network trained/calfin_best.h5 \\\n"
    "             --against light --against published-table\n\n"
    "exit status: 0 measured; 1 no image could be measured; 2 wrong command line"
)
PUBLISHED = "published-table"
LAYOUTS = ("frontlearning", "caffe", "coasts", "calfin", "zhang", "baumhoer", "geopackage")
OPTIONS = {
    "domain": "FILE",
    "domain_name": "FIELD",
    "crs": "EPSG:n",
    "band": "B",
    "nodata": "VALUE|none",
    "preset": "NAME",
    "engine": "NAME",
    "precision": "NAME",
}
"""Settings of this command, with their placeholders."""
MEASURES: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("images", 0, ("images",)),
    ("with a front: found (TP)", 0, ("TP",)),
    ("with a front: not found (FN)", 0, ("FN",)),
    ("without a front: found (FP)", 0, ("FP",)),
    ("without a front: not found (TN)", 0, ("TN",)),
    ("completeness", 3, ("completeness",)),
    ("correctness", 3, ("correctness",)),
    ("false lines", 0, ("false_lines",)),
    ("coast called front, share", 4, ("coast_called_front",)),
    ("mean distance of what matches, px", 2, ("matched_pixels",)),
    ("mean distance of what matches, m", 1, ("matched_metres",)),
    ("mean distance by image, px", 2, ("pixels", "image_mean")),
    ("median distance by image, px", 2, ("pixels", "image_median")),
    ("mean distance by image, m", 1, ("metres", "image_mean")),
    ("median distance by image, m", 1, ("metres", "image_median")),
    ("edge IoU", 3, ("edge_iou",)),
    ("ice/ocean IoU", 3, ("ice_ocean_iou",)),
)
"""Rows of the table on the terminal: name, digits and place in the summary."""
UNKNOWN = "-"
"""What stands for a number that is not known; rows of nothing else are left out."""
MOST_COMPLAINTS = 20
"""Maximum number of sentences on stderr; metrics.json has all of them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("data", metavar="DATA", help="folder of labelled images")
    parser.add_argument("--output", metavar="DIR", required=True, help="folder for the results")
    parser.add_argument(
        "--layout", choices=LAYOUTS, help="layout of DATA (default: recognised from its files)"
    )
    add_setting(parser, "network", "NAME|FILE")
    parser.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="NETWORK|published-table",
        help="another network, or published accuracies, to compare with; can be given twice",
    )
    parser.add_argument(
        "--glacier", nargs="+", default=[], metavar="NAME", help="only these glaciers or domains"
    )
    parser.add_argument(
        "--conditions",
        metavar="FILE.csv",
        help="CSV file: columns image, conditions (separated by ;), optionally metres (per pixel)",
    )
    parser.add_argument(
        "--figures",
        dest="pictures",
        type=int,
        metavar="N",
        help="figures of the N worst images (default: 24)",
    )
    for name, metavar in OPTIONS.items():
        add_setting(parser, name, metavar)
    parser.add_argument(
        "--date", metavar="YYYY-MM-DD", help="date of images without a date in their names"
    )
    parser.add_argument(
        "--days", type=int, metavar="N",
        help="days allowed between an image and a front in a vector file (default: 1)",
    )  # fmt: skip
    add_settings_file(parser)
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Measure the images, write the files, print the result."""
    settings = settings_from(arguments)
    networks = [name for name in arguments.against if name != PUBLISHED]
    if len(networks) > 1:
        raise SettingsError(f"--against {' and '.join(networks)}: only one network can be compared")
    for name, value in (("figures", arguments.pictures), ("days", arguments.days)):
        if value is not None and value < 0:
            raise SettingsError(f"{name} is {value}; expected 0 or more")
    from pycalfin.datasets import layouts
    from pycalfin.datasets.vectors import DAYS
    from pycalfin.validate.conditions import read_conditions
    from pycalfin.validate.validation import DEFAULT_FIGURES, validate
    from pycalfin.validate.writing import REPORT, write

    data, output = Path(arguments.data), Path(arguments.output)
    layout = arguments.layout or layouts.detect(data)
    days = DAYS if arguments.days is None else arguments.days
    items = _of_glaciers(layouts.find(data, layout, settings, days), arguments.glacier)
    notes = {}
    if arguments.conditions:
        notes = read_conditions(arguments.conditions, [item.name for item in items])
    with console.progress("Measuring") as progress:
        validation = validate(
            items,
            settings,
            output,
            data=arguments.data,
            layout=layout,
            against=networks[0] if networks else None,
            published=PUBLISHED in arguments.against,
            notes=notes,
            figures=DEFAULT_FIGURES if arguments.pictures is None else arguments.pictures,
            progress=progress,
        )
    _complain(validation)
    if not validation.scores:
        print("pycalfin: no image could be measured; nothing is written", file=sys.stderr)
        return EXIT_NOTHING
    record = write(validation, output)
    if arguments.json:
        print(json.dumps({"output": str(output), **record}, indent=1, ensure_ascii=False))
    else:
        _show(record)
        print(output / REPORT)
    return EXIT_OK


def _of_glaciers(items: list[Item], wanted: list[str]) -> list[Item]:
    known = {item.glacier for item in items} - {""}
    unknown = sorted(set(wanted) - known)
    if unknown:
        raise SettingsError(
            f"--glacier: no image of {', '.join(unknown)}; "
            f"the glaciers are: {', '.join(sorted(known)) or 'unknown, as no name contains one'}"
        )
    return [item for item in items if not wanted or item.glacier in wanted]


def _complain(validation: Validation) -> None:
    for failure in validation.failures[:MOST_COMPLAINTS]:
        console.complain(f"not measured: {failure.reason}")
    more = len(validation.failures) - MOST_COMPLAINTS
    if more > 0:
        print(f"pycalfin: and {more} more; see metrics.json", file=sys.stderr)


def _show(record: dict[str, Any]) -> None:
    """Print the headline measures, one per row, with a column for every network."""
    sides = {label: found["all"] for label, found in record["networks"].items()}
    rows = [
        (name, *(_text(_value(summary, *path), digits) for summary in sides.values()))
        for name, digits, path in MEASURES
    ]
    shown = [row for row in rows if set(row[1:]) != {UNKNOWN}]
    console.table(("measure", *(f">{label}" for label in sides)), shown)


def _value(summary: Any, *path: str) -> float | None:
    for name in path:
        summary = summary[name]
    return summary if summary is None else float(summary)


def _text(value: float | None, digits: int) -> str:
    return UNKNOWN if value is None else f"{value:.{digits}f}"
