"""Output files of a validation: metrics.json, images.csv, charts and the report."""

from __future__ import annotations

import csv
import io
import json
import math
import platform
import re
from importlib import metadata
from pathlib import Path
from typing import Any

from pycalfin import __version__
from pycalfin.files import replacing
from pycalfin.logs import printable
from pycalfin.validate.charts import CHARTS as DRAWN
from pycalfin.validate.literature import TABLE as TABLE_OF_PUBLISHED
from pycalfin.validate.report import render
from pycalfin.validate.score import Score
from pycalfin.validate.summary import break_down, calibration, plain, risk_coverage, summarise
from pycalfin.validate.validation import FIGURES, Validation

SCHEMA = 1
"""Version of metrics.json and images.csv."""
REPORT, METRICS, TABLE = "validation.html", "metrics.json", "images.csv"
CHARTS = "charts"
"""Folder of the charts within the output folder."""
PACKAGES = ("numpy", "scipy", "scikit-image", "shapely", "tensorflow", "openvino")
"""Packages whose versions are recorded."""


def write(validation: Validation, output: Path) -> dict[str, Any]:
    """Write metrics.json, images.csv, the charts and the report.

    Parameters
    ----------
    validation : Validation
        With at least one score.
    output : Path

    Returns
    -------
    dict
        Content of metrics.json.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    record = metrics(validation)
    charts = {}
    for name, draw in DRAWN.items():
        content = draw(validation.scores)
        path = output / CHARTS / f"{name}.png"
        if content is None:
            path.unlink(missing_ok=True)
            continue
        charts[name] = content
        with replacing(path) as part:
            part.write_bytes(content)
    _remove_stale(validation, output)
    _write_text(output / TABLE, table(validation))
    _write_text(output / METRICS, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    _write_text(output / REPORT, render(validation, charts, output, versions()))
    return record


def _remove_stale(validation: Validation, output: Path) -> None:
    """Remove the figures of an earlier validation in the same folder."""
    current = {Path(name).name for _, name in validation.figures}
    for path in (output / FIGURES).glob("[0-9][0-9][0-9][0-9][0-9]_*.png"):
        if path.name not in current:
            path.unlink(missing_ok=True)


def _write_text(path: Path, text: str) -> None:
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", newline="")


def metrics(validation: Validation) -> dict[str, Any]:
    """Describe a validation for JSON.

    Parameters
    ----------
    validation : Validation

    Returns
    -------
    dict
        Distances in pixels and ground metres; None for unknown values.
    """
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "pycalfin": __version__,
        "data": validation.data,
        "layout": validation.layout,
        "settings": validation.settings,
        "versions": versions(),
        "failures": [{"image": one.name, "reason": one.reason} for one in validation.failures],
        "networks": {},
    }
    for label, scores in validation.sides:
        record["networks"][label] = {
            "all": summarise(scores),
            "groups": break_down(scores),
            "calibration": calibration(scores),
            "risk_coverage": risk_coverage(scores),
        }
    if validation.published:
        record["published"] = list(TABLE_OF_PUBLISHED)
    return dict(plain(record))


def versions() -> dict[str, str]:
    """Return the versions of the packages that the numbers depend on."""
    found = {"python": platform.python_version(), "pycalfin": __version__}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


FORMULA = re.compile("(^|[;\t\n])(?=[=+\\-@\t\n\uff1d\uff0b\uff0d\uff20])")
"""Places where a spreadsheet would see the start of a formula: also with the full-width characters
of East Asia, and after other separators of cells."""
COLUMNS = (
    "mean_pixels", "median_pixels", "mean_metres", "median_metres", "edge_iou", "ice_ocean_iou",
    "length_ratio", "completeness", "correctness", "matched_pixels", "matched_metres",
    "false_lines", "coast_called_front", "fronts", "confidence", "outcome", "seconds", "reason",
)  # fmt: skip
"""Columns of images.csv for each network; those of the other network begin with against_."""


def row(score: Score) -> dict[str, Any]:
    """Return the values of `COLUMNS` for one image; '' for unknown values."""
    metres = score.metres or math.nan
    values: dict[str, Any] = {
        "mean_pixels": score.mean,
        "median_pixels": score.median,
        "mean_metres": score.mean * metres,
        "median_metres": score.median * metres,
        "edge_iou": score.edge_iou if score.known or score.fronts else math.nan,
        "ice_ocean_iou": score.ice_ocean_iou,
        "length_ratio": score.length_ratio,
        "completeness": score.matching.completeness,
        "correctness": score.matching.correctness,
        "matched_pixels": score.matching.distance,
        "matched_metres": score.matching.distance * metres,
        "false_lines": score.matching.false_lines,
        "coast_called_front": score.matching.coast_called_front,
        "fronts": score.fronts,
        "confidence": score.confidence,
        "outcome": score.outcome,
        "seconds": score.seconds,
        "reason": score.reason,
    }
    return {
        name: ("" if math.isnan(value) else f"{value:.6g}") if isinstance(value, float) else value
        for name, value in values.items()
    }


def table(validation: Validation) -> str:
    """Return the text of images.csv: one row per image, failed images last with their reason."""
    buffer = io.StringIO()
    other = [f"against_{name}" for name in COLUMNS] if validation.others else []
    difference = ["difference_mean_pixels"] if validation.others else []
    head = ["image", "glacier", "sensor", "date", "metres_per_pixel", "conditions"]
    writer = csv.DictWriter(buffer, [*head, *COLUMNS, *other, *difference], lineterminator="\n")
    writer.writeheader()
    for number, score in enumerate(validation.scores):
        line = {
            "image": score.name,
            "glacier": score.glacier,
            "sensor": score.sensor,
            "date": score.date,
            "metres_per_pixel": f"{score.metres:.6g}" if score.metres else "",
            "conditions": ";".join(score.conditions),
            **row(score),
        }
        if validation.others:
            their = validation.others[number]
            line |= {f"against_{name}": value for name, value in row(their).items()}
            change = score.mean - their.mean
            line["difference_mean_pixels"] = "" if math.isnan(change) else f"{change:.6g}"
        writer.writerow({name: _cell(value) for name, value in line.items()})
    for failure in validation.failures:
        line = {"image": failure.name, "outcome": "failed", "reason": failure.reason}
        writer.writerow({name: _cell(value) for name, value in line.items()})
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    """Escape text that a spreadsheet would read as a formula, which could run a program."""
    if not isinstance(value, str):
        return value
    try:
        float(value)
    except ValueError:
        return FORMULA.sub(r"\1'", printable(value))
    return value
