"""report.html: a run at a glance, in one file that loads nothing from outside."""

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
from pycalfin.products.order import by_domain, fronts_of, mean_uncertainty
from pycalfin.products.page import data_uri, plain, template
from pycalfin.products.runlog import count_statuses
from pycalfin.products.schema import SCHEMA_VERSION
from pycalfin.records import Front
from pycalfin.results import PairResult, Status

THUMBNAILS = 300
"""Most thumbnails in a report: 300 make about 6 MB."""
WORDS = {"done": "done", "no_front": "no front", "skipped": "skipped", "failed": "failed"}
"""How people read a status."""


@dataclass(frozen=True)
class Row:
    """One front in the table; `link` is '' where there is no figure."""

    front: Front
    length: float
    uncertainty: float | None
    unit: str
    link: str


@dataclass(frozen=True)
class Card:
    """One scene that was looked at; `picture` is a data URI."""

    result: PairResult
    status: str
    picture: str
    link: str
    confidence: float | None


def render_report(results: Sequence[PairResult], info: Mapping[str, Any]) -> str:
    """Render the report.

    Parameters
    ----------
    results : sequence of PairResult
        In the order of the tables.
    info : mapping
        'settings' and 'versions' are shown.

    Returns
    -------
    str
        HTML. It carries no time of its own: equal results give equal reports.
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
    """Which figures the run keeps: 'all' unless its settings say otherwise."""
    settings = info.get("settings")
    return str(settings.get("figures", "all")) if isinstance(settings, Mapping) else "all"


def _span(results: Sequence[PairResult]) -> tuple[str, str]:
    dates = sorted(item.date for item in results if item.fronts)
    return (dates[0], dates[-1]) if dates else ("", "")


def _synthetic(results: Sequence[PairResult]) -> str:
    """Beginning of the warning; '' if nothing is synthetic."""
    fronts = [front.synthetic for item in results for front in item.fronts]
    scenes = len({item.scene for item in results if item.synthetic})
    if not any(fronts):
        return f"{scenes} of the scenes here are" if scenes else ""
    return "All fronts here are" if all(fronts) else f"{sum(fronts)} of the fronts here are"


def _endings(results: Sequence[PairResult], status: Status) -> list[tuple[PairResult, str]]:
    return [(item, WORDS[status]) for item in results if item.status == status and item.overlaps]


def _thin(items: Sequence[PairResult], most: int) -> list[PairResult]:
    """Keep at most `most` items, spread evenly."""
    if len(items) <= most:
        return list(items)
    return [items[index] for index in np.linspace(0, len(items) - 1, most).round().astype(int)]


def _link(result: PairResult, number: int) -> str:
    """Percent-encoded path of a front's overlay, relative to the report; '' if there is none."""
    name = overlay_name(result.subset, number)
    if name not in result.figures:
        return ""
    return quote((quality_folder(Path(), result.domain) / name).as_posix())


def _overviews(results: Sequence[PairResult]) -> list[tuple[str, str]]:
    """Name the scenes that were searched, and the percent-encoded paths of their maps."""
    paths = [(item.scene, overview_path(Path(), name)) for item in results for name in item.figures]
    return [(scene, quote(path.as_posix())) for scene, path in paths if path is not None]


def _row(result: PairResult, front: Front) -> Row:
    uncertainty = mean_uncertainty(front)
    length = geo.ground_length(front.xy, front.crs)
    return Row(
        front=front,
        length=length if front.crs is None else length / 1000,
        uncertainty=None if np.isnan(uncertainty) else uncertainty,
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
    )
