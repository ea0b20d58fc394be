"""How far a traced line can be believed, and which lines are fronts.

A front has a strong edge, ocean (or mélange) on one side and ice on the other. A coast has land
on the other side; a crevasse, a crack in mélange or a shadow has the same zone on both.

The constants that turn this into a probability and into metres belong to a training, so they come
from the network (`pycalfin.network.calibration`). If what is computed here changes, increase
`VERSION` there: constants that were fitted before no longer hold.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage, special
from scipy.spatial import cKDTree

from pycalfin.front.trace import Trace
from pycalfin.network.calibration import Calibration
from pycalfin.records import Float64

OVERLAP_DISTANCE = 4.0
"""Pixels of the coarser view: lines closer than this are the same line."""
OVERLAP_SHARE = 0.5
"""Share of a line's vertices near another from which on it is the same front."""
STRENGTH_WINDOW = 15
"""Vertices over which the edge probability is averaged for the deviation."""
LEAST_STRENGTH, LEAST_OCEAN = 0.1, 0.2
"""Probabilities of edge and ocean below which a vertex counts as these."""
LEAST_WIDTH = 1.0
"""Pixels of the view: the same of the ridge's width; where no edge is, there is no ridge."""
MOST_DEVIATION = 20.0
"""Pixels of the view: what is further off belongs to no front near the line."""
LEAST_UNCALIBRATED = 0.5
"""Pixels of the view: least uncertainty of a vertex where it is the ridge's width."""


def plausibility(trace: Trace) -> float:
    """How much a traced line looks like a calving front.

    Parameters
    ----------
    trace : Trace

    Returns
    -------
    float
        0..1: geometric mean of the edge's strength, the step in ocean probability across the
        line, and the absence of land behind it.
    """
    means = np.mean(_evidence(trace), axis=1)
    return float(np.cbrt(np.clip(means.prod(), 0.0, 1.0)))


def _evidence(trace: Trace) -> Float64:
    """What speaks for a front at every vertex, 0..1, (3, N): edge, step of ocean, ice behind it."""
    return np.array(
        [trace.strength, np.clip(trace.left - trace.right, 0, 1), 1.0 - trace.land], float
    )


def confidence(plausibility: float, calibration: Calibration | None) -> float:
    """Return the probability that a traced line is a calving front.

    It is a logistic function of the plausibility (Platt 1999). A line counts as a front if half of
    its vertices lie within five pixels of the view of a drawn one (`benchmarks/held_out.py`).

    Parameters
    ----------
    plausibility : float
        0..1.
    calibration : Calibration or None
        Of the network. None: the plausibility itself is returned, which is not a probability.

    Returns
    -------
    float
        0..1.

    Examples
    --------
    >>> fitted = Calibration(0.4, 0.1, 0.6, 1.0, ["a set of images"], images=100)
    >>> confidence(0.4, fitted), confidence(0.4, None)
    (0.5, 0.4)
    """
    if calibration is None:
        return plausibility
    odds = (calibration.even_plausibility - plausibility) / calibration.plausibility_scale
    return float(special.expit(-odds))


def deviation(trace: Trace, calibration: Calibration | None) -> Float64:
    """Return the standard deviation of a front's vertices across the line.

    It is a power of the width of the ridge of edge probability over that probability, averaged
    along the line, and over the ocean's in front of it. `benchmarks/held_out.py` fits factor and
    exponent so that about 68 % of the distances to drawn fronts lie within one deviation, in every
    third of the vertices.

    Parameters
    ----------
    trace : Trace
    calibration : Calibration or None
        Of the network. None: the width of the ridge is returned, which is no standard deviation.

    Returns
    -------
    (N,) float64
        Pixels of the view, at every vertex; at most `MOST_DEVIATION` with a calibration.
    """
    if calibration is None:
        return np.maximum(trace.width, LEAST_UNCALIBRATED)
    strength = ndimage.uniform_filter1d(trace.strength, STRENGTH_WINDOW, mode="nearest")
    sure = np.maximum(strength, LEAST_STRENGTH) * np.maximum(trace.left, LEAST_OCEAN)
    doubtful = np.maximum(trace.width, LEAST_WIDTH) / sure
    wide = calibration.deviation * doubtful**calibration.exponent
    return np.asarray(np.minimum(wide, MOST_DEVIATION))


def overlap(line: Float64, other: Float64, distance: float) -> float:
    """Share of a line's vertices within a distance of another line's vertices."""
    near, _ = cKDTree(other).query(line, distance_upper_bound=distance)
    return float(np.isfinite(near).mean())


def distinct(lines: Sequence[Float64], scores: Sequence[float], distance: float) -> list[int]:
    """Pick lines, best first, that are not nearly the same as a better one.

    Parameters
    ----------
    lines : sequence of (N, 2) float64
        In one grid, vertices closer together than `distance`.
    scores : sequence of float
        Higher is better.
    distance : float
        In units of the grid.

    Returns
    -------
    list of int
        Indices of the lines kept, best first.
    """
    kept: list[int] = []
    for index in sorted(range(len(lines)), key=lambda i: (-scores[i], i)):
        if all(overlap(lines[index], lines[other], distance) < OVERLAP_SHARE for other in kept):
            kept.append(index)
    return kept
