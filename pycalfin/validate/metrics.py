"""Distance between found and known fronts: CALFIN's measure, for vector lines.

CALFIN (Cheng et al. 2021, section 3.4) takes the distance from every pixel of one line to the
nearest pixel of the other, in both directions. It reports the mean and the median of all. Here the
lines are vectors: points at equal spacing on one line, and the exact distance from each to the
nearest segment of the other. Distances between two sets of points would be too long by up to half
a spacing, which matters for fronts that are accurate to a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import MultiLineString

from pycalfin import geo
from pycalfin.records import Float64, Front

DEFAULT_SPACING = 1.0
"""Units of the lines (pixels): one sample per pixel, as CALFIN."""


@dataclass(frozen=True, eq=False)
class FrontDistance:
    """Nearest distances between two sets of lines, in both directions.

    Parameters
    ----------
    from_predicted : (N,) float64
        From points on the prediction to the truth; large where a front is false.
    from_truth : (M,) float64
        From points on the truth to the prediction; large where a front was missed.
    """

    from_predicted: Float64
    from_truth: Float64

    @property
    def distances(self) -> Float64:
        """Return both directions together, (N + M,) float64 in the units of the lines."""
        return np.concatenate([self.from_predicted, self.from_truth])

    @property
    def mean(self) -> float:
        """Return the mean of all distances; NaN if one side has no line."""
        return float(self.distances.mean()) if self.distances.size else float("nan")

    @property
    def median(self) -> float:
        """Return the median of all distances; NaN if one side has no line."""
        return float(np.median(self.distances)) if self.distances.size else float("nan")


def sample(lines: Sequence[Float64], spacing: float) -> Float64:
    """Place points on lines at equal distances of at most `spacing`.

    The points are the centres of equal pieces. Each represents the same length of its line, and
    joints are not counted twice.

    Parameters
    ----------
    lines : sequence of (N, 2) float64
    spacing : float
        Units of the lines.

    Returns
    -------
    (P, 2) float64
    """
    points = [np.empty((0, 2))]
    for line in lines:
        xy = np.asarray(line, float)
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
        pieces = max(1, int(np.ceil(along[-1] / spacing)))
        places = (np.arange(pieces) + 0.5) * along[-1] / pieces
        points.append(np.column_stack([np.interp(places, along, xy[:, k]) for k in (0, 1)]))
    return np.concatenate(points)


def nearest(points: Float64, lines: Sequence[Float64]) -> Float64:
    """Return the distance from each of (P, 2) points to the nearest of some lines, (P,)."""
    target = MultiLineString([np.asarray(line, float) for line in lines])
    shapely.prepare(target)
    return np.asarray(shapely.distance(shapely.points(points), target), np.float64)


def front_distance(
    predicted: Sequence[Float64],
    truth: Sequence[Float64],
    spacing: float = DEFAULT_SPACING,
    *,
    crs: tuple[str | None, str | None] = (None, None),
) -> FrontDistance:
    """Measure the distance between found and known fronts.

    Parameters
    ----------
    predicted, truth : sequence of (N, 2) float64
        Lines in one coordinate system.
    spacing : float
        Largest distance between samples, units of the lines; one pixel is CALFIN's choice.
    crs : (str or None, str or None)
        CRS of `predicted` and of `truth`; they must be the same.

    Returns
    -------
    FrontDistance
        In the units of the lines. Empty if one side has no line; count such fronts as missed or
        false instead.

    Raises
    ------
    CRSMismatchError
        If the two coordinate reference systems differ.
    ValueError
        If the spacing is not positive.

    Examples
    --------
    >>> found = np.array([[0.0, 1.0], [10.0, 1.0]])
    >>> known = np.array([[0.0, 0.0], [10.0, 0.0]])
    >>> front_distance([found], [known]).mean
    1.0
    """
    geo.require_same_crs(*crs, "distance between fronts")
    if not spacing > 0:
        raise ValueError(f"spacing is {spacing}; expected a length above 0")
    if not len(predicted) or not len(truth):
        return FrontDistance(np.empty(0), np.empty(0))
    return FrontDistance(
        nearest(sample(predicted, spacing), truth), nearest(sample(truth, spacing), predicted)
    )


def mean_distance(
    predicted: Sequence[Float64], truth: Sequence[Float64], spacing: float = DEFAULT_SPACING
) -> float:
    """Return the mean of `front_distance`; NaN if one side has no line."""
    return front_distance(predicted, truth, spacing).mean


def median_distance(
    predicted: Sequence[Float64], truth: Sequence[Float64], spacing: float = DEFAULT_SPACING
) -> float:
    """Return the median of `front_distance`; NaN if one side has no line."""
    return front_distance(predicted, truth, spacing).median


def ground_distance(
    predicted: Sequence[Front], truth: Sequence[Float64], crs: str, spacing: float
) -> FrontDistance:
    """Measure georeferenced fronts against known lines in ground metres.

    Parameters
    ----------
    predicted : sequence of Front
        Georeferenced, all in one CRS.
    truth : sequence of (N, 2) float64
        x and y in `crs`; reprojected to the CRS of `predicted`.
    crs : str
        CRS of `truth`.
    spacing : float
        Largest distance between samples, ground metres.

    Returns
    -------
    FrontDistance
        Ground metres: map distances times `geo.ground_scale` at the mean position of the truth.

    Raises
    ------
    CRSMismatchError
        If the predicted fronts have several coordinate reference systems, or none.
    """
    if not predicted or not len(truth):
        return FrontDistance(np.empty(0), np.empty(0))
    target = predicted[0].crs
    for front in predicted:
        geo.require_same_crs(front.crs, target or crs, f"front {front.id}")
    assert target is not None
    lines = [geo.reproject(line, crs, target) for line in truth]
    middle = np.concatenate(lines).mean(axis=0)[np.newaxis]
    scale = float(geo.ground_scale(middle, target)[0])
    measured = front_distance([front.xy for front in predicted], lines, spacing / scale)
    return FrontDistance(measured.from_predicted * scale, measured.from_truth * scale)
