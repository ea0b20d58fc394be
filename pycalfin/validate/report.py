"""The report of a validation, validation.html: one file that loads nothing from outside."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from pycalfin.products import canvas
from pycalfin.products.page import data_uri, plain, template
from pycalfin.validate.literature import DETECTION, TABLE, Published
from pycalfin.validate.matching import FALSE, WITHIN
from pycalfin.validate.score import Score
from pycalfin.validate.summary import Summary, break_down, calibration, summarise
from pycalfin.validate.validation import Validation

EMBEDDED = 48
"""Maximum number of figures inside the report, about 200 KB each; the others are linked."""
QUALITY = 74
"""JPEG quality of the figures in the report; the files are PNG."""
WIDEST = 1100
"""Figure pixels: maximum width of a figure in the report."""
HEADINGS = {
    "glacier": "By glacier or domain",
    "sensor": "By sensor",
    "season": "By season",
    "half-year": "By half-year (CaFFe's seasons)",
    "resolution": "By resolution",
    "condition": "By condition",
}
Row = tuple[str, list[str]]


def render(
    validation: Validation, charts: Mapping[str, bytes], output: Path, versions: Mapping[str, str]
) -> str:
    """Render the report.

    Parameters
    ----------
    validation : Validation
    charts : mapping of str to bytes
        PNG files by name.
    output : Path
        Folder with the figures.
    versions : mapping of str to str

    Returns
    -------
    str
        HTML.
    """
    summaries = [summarise(scores) for _, scores in validation.sides]
    shown = validation.figures[:EMBEDDED]
    published = [item for item in TABLE if item.layout == validation.layout] or list(TABLE)
    return template("pycalfin.validate", "validation.html").render(
        data=Path(validation.data).name or validation.data,
        layout=validation.layout,
        networks=validation.networks,
        summary=summaries[0],
        summaries=summaries,
        rows=_rows(summaries, validation.layout),
        groups=_groups(validation),
        charts=[(name, data_uri(content, "png")) for name, content in charts.items()],
        calibrations=[(label, calibration(scores)) for label, scores in validation.sides],
        published=[(item, _published(item)) for item in published] if validation.published else [],
        detection=DETECTION,
        figures=[
            (score, quote(name), data_uri(_smaller(output / name), "jpeg")) for score, name in shown
        ],
        more=[(score, quote(name)) for score, name in validation.figures[EMBEDDED:]],
        images=_images(validation),
        failures=validation.failures,
        settings=plain(validation.settings),
        versions=plain(versions),
        number=number,
        within=WITHIN,
        false=FALSE,
    )


def number(value: float | None, digits: int = 2) -> str:
    """Format a number, or a dash if it is unknown.

    Examples
    --------
    >>> number(1.234), number(float("nan")), number(None)
    ('1.23', '–', '–')
    """
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _rows(summaries: Sequence[Summary], layout: str) -> list[Row]:
    """List the rows of the headline table: name, and one value per network."""

    def values(digits: int, *path: str) -> list[str]:
        found: list[str] = []
        for summary in summaries:
            value: object = summary
            for name in path:
                value = getattr(value, name)
            found.append(number(float(value), digits))  # type: ignore[arg-type]
        return found

    caffe = " (CaFFe's MDE)" if layout == "caffe" else ""
    rows = [
        (f"completeness: known length found within {WITHIN:g} pixels", values(3, "completeness")),
        (f"correctness: found length known within {WITHIN:g} pixels", values(3, "correctness")),
        ("mean distance of what matches, pixels", values(2, "matched_pixels")),
        ("mean distance of what matches, metres", values(1, "matched_metres")),
        ("false lines per 100 images", values(1, "false_per_hundred")),
        ("coast called front, share of its length", values(4, "coast_called_front")),
        (f"mean distance by point{caffe}, pixels", values(2, "pixels", "point_mean")),
        ("mean distance by image, pixels", values(2, "pixels", "image_mean")),
        ("median distance by point, pixels", values(2, "pixels", "point_median")),
        ("median distance by image, pixels", values(2, "pixels", "image_median")),
        (f"mean distance by point{caffe}, metres", values(1, "metres", "point_mean")),
        ("mean distance by image, metres", values(1, "metres", "image_mean")),
        ("median distance by point, metres", values(1, "metres", "point_median")),
        ("median distance by image, metres", values(1, "metres", "image_median")),
        ("edge IoU, mean of images", values(4, "edge_iou")),
        ("edge IoU, all pixels, with missed and false fronts", values(4, "edge_iou_pooled")),
        ("ice/ocean IoU, mean of images", values(4, "ice_ocean_iou")),
        *(
            (f"IoU of zone {zone}", [number(one.zones.get(zone), 4) for one in summaries])
            for zone in dict.fromkeys(zone for one in summaries for zone in one.zones)
        ),
        ("found length / known length", values(2, "length_ratio")),
        (
            "images with a known front in which none was found, %",
            [number(100 * summary.no_prediction, 1) for summary in summaries],
        ),
        ("seconds per image", values(2, "seconds")),
    ]
    return [(name, row) for name, row in rows if any(value != "–" for value in row)]


def _groups(
    validation: Validation,
) -> list[tuple[str, list[tuple[str, Summary, Summary | None]]]]:
    sides = [break_down(scores) for _, scores in validation.sides]
    found = []
    for dimension, groups in sides[0].items():
        if dimension == "half-year" and validation.layout != "caffe":
            continue
        rows = [
            (group, summary, sides[1][dimension].get(group) if len(sides) > 1 else None)
            for group, summary in groups.items()
        ]
        found.append((HEADINGS[dimension], rows))
    return found


def _published(item: Published) -> list[str]:
    return [
        "–" if item.images is None else str(item.images),
        number(item.mean_pixels),
        number(item.mean_metres),
        number(item.median_pixels),
        number(item.median_metres),
        number(item.edge_iou, 4),
        number(item.ice_ocean_iou, 4),
    ]


def _images(validation: Validation) -> list[tuple[Score, Score | None]]:
    others = validation.others or (None,) * len(validation.scores)
    return list(zip(validation.scores, others, strict=True))


def _smaller(path: Path) -> bytes:
    """Encode a figure for the report."""
    with Image.open(io.BytesIO(path.read_bytes())) as figure:
        picture = figure.convert("RGB")
    if picture.width > WIDEST:
        height = round(picture.height * WIDEST / picture.width)
        picture = picture.resize((WIDEST, height), Image.Resampling.LANCZOS)
    return canvas.jpeg(picture, QUALITY)
