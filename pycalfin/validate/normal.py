"""Signed error of each vertex along the front's normal, and the calibration of uncertainties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import stats

from pycalfin.records import Float64

REACH = 20.0
"""Pixels along the normal: a vertex further from the truth belongs to no known front, so its
distance is not a digitising error."""
TANGENT = 2
"""Vertices on either side from which the direction of a front is computed."""
TERCILES = 3
NORMAL_COVERAGE = 0.6827
"""Share of a normal distribution within one standard deviation."""


def signed_errors(
    rowcol: Float64, truth: NDArray[np.generic], *, ocean_left: bool = True, reach: float = REACH
) -> Float64:
    """Measure the distance from a front to the truth along the front's normals.

    Parameters
    ----------
    rowcol : (N, 2) float64
        Vertices of the predicted front, row and column.
    truth : (M, 2, 2) numeric
        Segments of the known front, row and column.
    ocean_left : bool
        True if the ocean lies on the left of `rowcol` in the image as displayed.
    reach : float
        Largest distance, pixels.

    Returns
    -------
    (N,) float64
        Pixels between each vertex and the nearest point of the truth on its normal. Positive where
        the prediction lies seaward of the truth; NaN where the normal does not meet the truth
        within `reach`.

    Examples
    --------
    >>> found = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])   # walking right, ocean above
    >>> signed_errors(found, np.array([[[3.0, -5.0], [3.0, 5.0]]]))
    array([2., 2., 2.])
    """
    rowcol = np.asarray(rowcol, float)
    if len(rowcol) < 2 or len(truth) == 0:
        return np.full(len(rowcol), np.nan)
    xy = rowcol[:, ::-1] * (1, -1)  # y points up, so that left is not mirrored
    known = shapely.MultiLineString(list(np.asarray(truth, float)[:, :, ::-1] * (1, -1)))
    shapely.prepare(known)
    places = np.arange(len(xy))
    ahead = xy[np.minimum(places + TANGENT, len(xy) - 1)]
    along = ahead - xy[np.maximum(places - TANGENT, 0)]
    norm = np.hypot(*along.T)
    along[norm == 0] = np.nan
    seaward = np.column_stack([-along[:, 1], along[:, 0]]) / np.maximum(norm, 1e-12)[:, None]
    seaward *= 1 if ocean_left else -1
    out, back = (_along(xy, seaward * side * reach, known) for side in (1, -1))
    # truth seaward of the vertex: negative error
    nearer_out = np.nan_to_num(out, nan=np.inf) < np.nan_to_num(back, nan=np.inf)
    return np.where(nearer_out, -out, back)


def _along(xy: Float64, ray: Float64, known: shapely.Geometry) -> Float64:
    """Return the distance along each ray to its first intersection with a line, else NaN."""
    distance = np.full(len(xy), np.nan)
    good = np.isfinite(ray).all(axis=1)
    rays = shapely.linestrings(np.stack([xy[good], xy[good] + ray[good]], axis=1))
    met = shapely.intersection(rays, known)
    distance[good] = shapely.distance(shapely.points(xy[good]), met)
    return distance


@dataclass(frozen=True)
class Tercile:
    """One third of the vertices, ordered by uncertainty.

    Attributes
    ----------
    low, high : float
        Smallest and largest uncertainty, pixels.
    coverage : float
        Share of vertices with an error no larger than the uncertainty.
    rms : float
        Root mean square of the errors, pixels.
    """

    low: float
    high: float
    coverage: float
    rms: float


@dataclass(frozen=True)
class Calibration:
    """Comparison of uncertainties, as standard deviations, with the errors.

    Attributes
    ----------
    vertices : int
        Number of vertices whose normal meets the truth.
    unmet : int
        Number of vertices whose normal does not meet it; they are left out.
    coverage : float
        Share of errors within one uncertainty; 0.68 for normal errors and a right uncertainty.
    spearman : float
        Rank correlation of uncertainty and absolute error; NaN if one of them is constant.
    bias : float
        Mean signed error, pixels; positive if predictions lie too far seaward.
    terciles : tuple of Tercile
        Lowest uncertainty first; empty for fewer than three vertices.
    """

    vertices: int
    unmet: int
    coverage: float
    spearman: float
    bias: float
    terciles: tuple[Tercile, ...]


def calibrate(errors: Float64, uncertainty: Float64) -> Calibration:
    """Compare signed errors with uncertainties.

    Parameters
    ----------
    errors : (N,) float64
        From `signed_errors`; NaN counts as unmet.
    uncertainty : (N,) float64
        In the unit of `errors`.

    Returns
    -------
    Calibration
    """
    met = np.isfinite(errors) & np.isfinite(uncertainty)
    size, given = np.abs(errors[met]), uncertainty[met]
    if size.size == 0:
        nan = float("nan")
        return Calibration(0, len(errors), nan, nan, nan, ())
    thirds = np.array_split(np.argsort(given, kind="stable"), TERCILES) if size.size >= 3 else []
    return Calibration(
        vertices=int(size.size),
        unmet=int(len(errors) - size.size),
        coverage=float(np.mean(size <= given)),
        spearman=_spearman(given, size),
        bias=float(errors[met].mean()),
        terciles=tuple(
            Tercile(
                low=float(given[third].min()),
                high=float(given[third].max()),
                coverage=float(np.mean(size[third] <= given[third])),
                rms=float(np.sqrt(np.mean(size[third] ** 2))),
            )
            for third in thirds
        ),
    )


def _spearman(first: Float64, second: Float64) -> float:
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(stats.spearmanr(first, second).statistic)
