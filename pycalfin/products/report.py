"""report.html: an overview of a run in one file, which loads nothing from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from pycalfin import geo
from pycalfin.products.figures import (
    content_of,
    overlay_name,
    overview_path,
    quality_folder,
    thumbnail_name,
)
from pycalfin.products.maps import draw_map, gradient
from pycalfin.products.order import by_domain, fronts_of, typical_uncertainty
from pycalfin.products.page import data_uri, plain, template
from pycalfin.products.runlog import count_statuses
from pycalfin.products.schema import SCHEMA_VERSION
from pycalfin.products.uncertainty import ENDS, plus_minus
from pycalfin.records import Front
from pycalfin.results import PairResult, Status

THUMBNAILS = 300
"""Largest number of thumbnails in a report; 300 take about 6 MB."""
WORDS = {"done": "done", "no_front": "no front", "skipped": "skipped", "failed": "failed"}
"""Statuses in words."""


@dataclass(frozen=True)
class Row:
    """A front in the table; `link` is '' if there is no figure, `plus_minus` if it is unknown."""

    front: Front
    length: float
    uncertainty: float | None
    plus_minus: str
    end: str
    unit: str
    link: str


@dataclass(frozen=True)
class Card:
    """A scene with its thumbnail; `picture` is a data URI, `plus_minus` that of its best front."""

    result: PairResult
    status: str
    picture: str
    link: str
    confidence: float | None
    plus_minus: str


def render_report(results: Sequence[PairResult], info: Mapping[str, Any]) -> str:
    """Render the report.

    Parameters
    ----------
    results : sequence of PairResult
        Results in the order of the tables.
    info : mapping
        Its 'settings' and 'versions' are shown.

    Returns
    -------
    str
        HTML. It does not hold the current time, so that equal results give equal reports.
    """
    maps = [drawn for drawn in map(draw_map, by_domain(results)) if drawn is not None]
    shown = [item for item in results if thumbnail_name(item.subset) in item.figures]
    rows = [_row(result, front) for result, front in fronts_of(results)]
    return template("pycalfin.products", "report.html").render(
        counts=[(name, WORDS[name], count) for name, count in count_statuses(results).items()],
        domains=sorted({item.domain for item in results if item.domain}),
        span=_span(results),
        synthetic=_synthetic(results),
        maps=maps,
        gradient=gradient(),
        cards=[_card(item) for item in _thin(shown, THUMBNAILS)],
        overviews=_overviews(results),
        looked_at=len(shown),
        rows=rows,
        figures=_figures(info),
        problems=_endings(results, "failed") + _endings(results, "no_front"),
        skipped=_endings(results, "skipped"),
        settings=plain(info.get("settings", {})),
        versions=plain(info.get("versions", {})),
        schema=SCHEMA_VERSION,
    )


def _figures(info: Mapping[str, Any]) -> str:
    """Return the setting `figures` of the run, 'all' if it is missing."""
    settings = info.get("settings")
    return str(settings.get("figures", "all")) if isinstance(settings, Mapping) else "all"


def _span(results: Sequence[PairResult]) -> tuple[str, str]:
    dates = sorted(item.date for item in results if item.fronts)
    return (dates[0], dates[-1]) if dates else ("", "")


def _synthetic(results: Sequence[PairResult]) -> str:
    """Return the start of the warning on synthetic fronts; '' if there are none."""
    fronts = [front.synthetic for item in results for front in item.fronts]
    scenes = len({item.scene for item in results if item.synthetic})
    if not any(fronts):
        return f"{scenes} of the scenes here are" if scenes else ""
    return "All fronts here are" if all(fronts) else f"{sum(fronts)} of the fronts here are"


def _endings(results: Sequence[PairResult], status: Status) -> list[tuple[PairResult, str]]:
    return [(item, WORDS[status]) for item in results if item.status == status and item.overlaps]


def _thin(items: Sequence[PairResult], most: int) -> list[PairResult]:
    """Keep at most `most` items, evenly spaced."""
    if len(items) <= most:
        return list(items)
    return [items[index] for index in np.linspace(0, len(items) - 1, most).round().astype(int)]


def _link(result: PairResult, number: int) -> str:
    """Return the percent-encoded path of a front's overlay from the report; '' if there is none."""
    name = overlay_name(result.subset, number)
    if name not in result.figures:
        return ""
    return quote((quality_folder(Path(), result.domain) / name).as_posix())


def _overviews(results: Sequence[PairResult]) -> list[tuple[str, str]]:
    """Name the scenes that were searched, and the percent-encoded paths of their maps."""
    paths = [(item.scene, overview_path(Path(), name)) for item in results for name in item.figures]
    return [(scene, quote(path.as_posix())) for scene, path in paths if path is not None]


def _row(result: PairResult, front: Front) -> Row:
    uncertainty = typical_uncertainty(front)
    length = geo.ground_length(front.xy, front.crs)
    return Row(
        front=front,
        length=length if front.crs is None else length / 1000,
        uncertainty=None if np.isnan(uncertainty) else uncertainty,
        plus_minus=plus_minus(front),
        end=ENDS[front.uncertain_end],
        unit="px" if front.crs is None else "km",
        link=_link(result, front.number),
    )


def _card(result: PairResult) -> Card:
    picture = data_uri(content_of(result.figures[thumbnail_name(result.subset)]), "jpeg")
    best = max(result.fronts, key=lambda front: front.confidence, default=None)
    return Card(
        result=result,
        status=WORDS[result.status],
        picture=picture,
        link="" if best is None else _link(result, best.number),
        confidence=None if best is None else best.confidence,
        plus_minus="" if best is None else plus_minus(best),
    )
