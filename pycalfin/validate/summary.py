"""Summaries of many images: means, medians and detection, also by groups of images."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pycalfin.records import Float64
from pycalfin.validate.matching import total
from pycalfin.validate.normal import Calibration, calibrate
from pycalfin.validate.score import Score, ratio

OUTCOMES = ("TP", "FN", "FP", "TN")
SEASONS = ("Dec-Feb", "Mar-May", "Jun-Aug", "Sep-Nov")
"""Seasons by their months, because a season's name depends on the hemisphere."""
RESOLUTIONS = (10.0, 20.0, 40.0, 80.0)
"""Metres per pixel: limits between the groups of resolution."""
UNKNOWN_GROUP = "unknown"


@dataclass(frozen=True)
class Distances:
    """Distances of many images, both directions, in one unit.

    Attributes
    ----------
    point_mean, point_median : float
        Mean and median of the distances of all images together (the mean is CaFFe's MDE).
    image_mean, image_median : float
        Mean and median of the images' means.
    images : int
        Number of images with distances in this unit.
    points : int
        Number of distances.
    """

    point_mean: float = math.nan
    point_median: float = math.nan
    image_mean: float = math.nan
    image_median: float = math.nan
    images: int = 0
    points: int = 0


@dataclass(frozen=True)
class Summary:
    """The summary of a set of images.

    Attributes
    ----------
    images : int
    TP, FN, FP, TN : int
        Images with a known front (TP, FN) and without one (FP, TN), by what was found.
    pixels, metres : Distances
        Over the images in which a known front was found; metres if the pixel size is known.
    edge_iou : float
        Mean over the images in which a known front was found.
    edge_iou_pooled : float
        IoU of the pixels of all images together, with missed and false fronts.
    ice_ocean_iou : float
        Mean over images of the mean IoU of ocean and ice (with land).
    zones : dict of str to float
        IoU of the network's zones, over the pixels of all images together.
    length_ratio : float
        Found length / known length, over all images in which a known front was found.
    completeness, correctness : float
        Share of the known length that was found, and of the found length that is known, over the
        lengths of all images together; missed and false fronts count.
    matched_pixels, matched_metres : float
        Mean distance of the found length that matches; metres if the pixel size is known.
    false_lines : int
        Number of found lines that mostly lie away from any known front.
    coast_called_front : float
        Share of the known coast's length that a found front follows; NaN if no coast is known.
    no_prediction : float
        Share of the images with a known front in which none was found.
    seconds : float
        Mean time of an extraction.
    """

    images: int
    TP: int
    FN: int
    FP: int
    TN: int
    pixels: Distances
    metres: Distances
    edge_iou: float
    edge_iou_pooled: float
    ice_ocean_iou: float
    zones: dict[str, float] = field(default_factory=dict)
    length_ratio: float = math.nan
    completeness: float = math.nan
    correctness: float = math.nan
    matched_pixels: float = math.nan
    matched_metres: float = math.nan
    false_lines: int = 0
    coast_called_front: float = math.nan
    no_prediction: float = math.nan
    seconds: float = math.nan

    @property
    def false_per_hundred(self) -> float:
        """Return the number of false lines per 100 images."""
        return 100 * self.false_lines / self.images if self.images else math.nan


def summarise(scores: Iterable[Score]) -> Summary:
    """Summarise images.

    Parameters
    ----------
    scores : iterable of Score

    Returns
    -------
    Summary
        NaN for values that no image has.
    """
    scores = list(scores)
    count = {name: sum(score.outcome == name for score in scores) for name in OUTCOMES}
    hits = [score for score in scores if score.outcome == "TP"]
    known = count["TP"] + count["FN"]
    true_length = sum(score.true_length for score in hits)
    matching = total(score.matching for score in scores)
    return Summary(
        images=len(scores),
        **count,
        pixels=_distances([score.distance.distances for score in hits]),
        metres=_distances(
            [score.distance.distances * score.metres for score in hits if score.metres]
        ),
        edge_iou=_mean(score.edge_iou for score in hits),
        edge_iou_pooled=_pooled(score.edge for score in scores),
        ice_ocean_iou=_mean(score.ice_ocean_iou for score in scores),
        zones={
            zone: _pooled(score.zones[zone] for score in scores if zone in score.zones)
            for zone in dict.fromkeys(zone for score in scores for zone in score.zones)
        },
        length_ratio=sum(score.length for score in hits) / true_length if true_length else math.nan,
        completeness=matching.completeness,
        correctness=matching.correctness,
        matched_pixels=matching.distance,
        matched_metres=total(
            score.matching.scaled(score.metres) for score in scores if score.metres
        ).distance,
        false_lines=matching.false_lines,
        coast_called_front=matching.coast_called_front,
        no_prediction=count["FN"] / known if known else math.nan,
        seconds=_mean(score.seconds for score in scores),
    )


def _distances(images: Sequence[Float64]) -> Distances:
    # a front that lies completely outside the image has no distance
    images = [distances for distances in images if distances.size]
    if not images:
        return Distances()
    points = np.concatenate(images)
    means = [float(distances.mean()) for distances in images]
    return Distances(
        point_mean=float(points.mean()),
        point_median=float(np.median(points)),
        image_mean=float(np.mean(means)),
        image_median=float(np.median(means)),
        images=len(images),
        points=int(points.size),
    )


def _mean(values: Iterable[float]) -> float:
    good = [value for value in values if not math.isnan(value)]
    return float(np.mean(good)) if good else math.nan


def _pooled(overlaps: Iterable[tuple[int, int]]) -> float:
    counts = np.array([(0, 0), *overlaps]).sum(axis=0)
    return ratio((int(counts[0]), int(counts[1])))


def season(date: str) -> str:
    """Return the season of a date, named by its months.

    Examples
    --------
    >>> season("2015-02-28"), season("2015-12-01"), season("")
    ('Dec-Feb', 'Dec-Feb', 'unknown')
    """
    return SEASONS[int(date[5:7]) % 12 // 3] if date else UNKNOWN_GROUP


def half_year(date: str) -> str:
    """Return the half-year of a date, as in CaFFe: April to September or October to March.

    Examples
    --------
    >>> half_year("2015-03-31"), half_year("2015-04-01")
    ('Oct-Mar', 'Apr-Sep')
    """
    if not date:
        return UNKNOWN_GROUP
    return "Apr-Sep" if 4 <= int(date[5:7]) <= 9 else "Oct-Mar"


def resolution_group(metres: float | None) -> str:
    """Return the group of a resolution in metres per pixel.

    Examples
    --------
    >>> resolution_group(30.0), resolution_group(80.0), resolution_group(None)
    ('20-40 m', '80 m and more', 'unknown')
    """
    if metres is None:
        return UNKNOWN_GROUP
    edges = (0.0, *RESOLUTIONS)
    index = int(np.searchsorted(edges, metres, side="right")) - 1
    if index == len(edges) - 1:
        return f"{edges[-1]:g} m and more"
    return f"{edges[index]:g}-{edges[index + 1]:g} m"


def groups_of(score: Score) -> dict[str, tuple[str, ...]]:
    """Return the groups of an image by dimension; only 'condition' may have more than one."""
    return {
        "glacier": (score.glacier or UNKNOWN_GROUP,),
        "sensor": (score.sensor or UNKNOWN_GROUP,),
        "season": (season(score.date),),
        "half-year": (half_year(score.date),),
        "resolution": (resolution_group(score.resolution),),
        "condition": score.conditions or ("none known",),
    }


def break_down(scores: Sequence[Score]) -> dict[str, dict[str, Summary]]:
    """Summarise images by every dimension of `groups_of`.

    Parameters
    ----------
    scores : sequence of Score

    Returns
    -------
    dict of str to dict of str to Summary
        By dimension, then by group, sorted.
    """
    table: dict[str, dict[str, list[Score]]] = {}
    for score in scores:
        for dimension, groups in groups_of(score).items():
            for group in groups:
                table.setdefault(dimension, {}).setdefault(group, []).append(score)
    return {
        dimension: {group: summarise(table[dimension][group]) for group in _ordered(groups)}
        for dimension, groups in table.items()
    }


def _ordered(groups: Iterable[str]) -> list[str]:
    def key(group: str) -> tuple[bool, float, str]:
        number = group.split(" ")[0].split("-")[0]
        first = SEASONS.index(group) if group in SEASONS else math.inf
        if number.replace(".", "").isdigit():
            first = float(number)
        return group in (UNKNOWN_GROUP, "none known"), first, group

    return sorted(groups, key=key)


@dataclass(frozen=True)
class RiskCoverage:
    """Mean error of the most confident images, as a function of the share kept.

    Attributes
    ----------
    coverage, risk, confidence : tuple of float
        Share of the images kept, mean of their mean distances (pixels), and their lowest
        confidence.
    area : float
        Mean of `risk`. Lower is better; an uninformative confidence gives the mean error.
    """

    coverage: tuple[float, ...] = ()
    risk: tuple[float, ...] = ()
    confidence: tuple[float, ...] = ()
    area: float = math.nan


def risk_coverage(scores: Iterable[Score]) -> RiskCoverage:
    """Average the errors of the most confident images in which a known front was found.

    Parameters
    ----------
    scores : iterable of Score

    Returns
    -------
    RiskCoverage
        Images of equal confidence are kept or dropped together.
    """
    hits = [score for score in scores if score.outcome == "TP" and not math.isnan(score.mean)]
    if not hits:
        return RiskCoverage()
    hits.sort(key=lambda score: -score.confidence)
    confidence = np.array([score.confidence for score in hits])
    risk = np.cumsum([score.mean for score in hits]) / np.arange(1, len(hits) + 1)
    last = np.append(np.flatnonzero(np.diff(confidence)), len(hits) - 1)
    steps = np.diff(np.concatenate([[0], last + 1]))
    return RiskCoverage(
        coverage=tuple(((last + 1) / len(hits)).tolist()),
        risk=tuple(risk[last].tolist()),
        confidence=tuple(confidence[last].tolist()),
        area=float(np.average(risk[last], weights=steps)),
    )


def calibration(scores: Sequence[Score]) -> Calibration:
    """Compare the signed errors of all vertices of known fronts with their uncertainties."""
    hits = [score for score in scores if score.outcome == "TP"]
    nothing = [np.empty(0)]
    return calibrate(
        np.concatenate([*nothing, *(score.errors for score in hits)]).astype(float),
        np.concatenate([*nothing, *(score.uncertainty for score in hits)]).astype(float),
    )


def plain(record: Any) -> Any:
    """Convert records to JSON types; NaN becomes None."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        record = {item.name: getattr(record, item.name) for item in dataclasses.fields(record)}
    if isinstance(record, dict):
        return {str(name): plain(value) for name, value in record.items()}
    if isinstance(record, (list, tuple)):
        return [plain(value) for value in record]
    if isinstance(record, float):
        return record if math.isfinite(record) else None
    return record
