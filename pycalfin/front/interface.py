"""Fronts as stretches of one interface: where ocean meets ice, at the least energy.

1. Every pixel is ocean or ground. The labelling has the least energy: the sum of -log p(zone) over
   the pixels, where the odds of the ocean count from `EVEN_OCEAN`, and `LENGTH_COST` times
   p0 / (p0 + p(edge)) per pixel of border, where p0 is the setting `edge_threshold`. It is found by
   a minimum cut. No-data adds nothing; land that is known (shadows of the radar, everything
   outside a fjord mask) is never ocean.
2. The border between ocean and ground is moved to the ridge of the edge's probability.
3. Every vertex of the border belongs to a front or to a coast, by the log odds
   log(p(edge) / p0) + log(p(ice) / p(land)), both zones behind it; each change between the two
   along the border costs `CHANGE_COST`.

The fronts are the stretches of step 3. They end at land, at gaps, at the image's border, and where
neither edge nor ice speaks for a front. Ocean lies on their left, and no two overlap.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage, special
from skimage.measure import find_contours

from pycalfin.arrays import Float32, Float64, Mask
from pycalfin.front.cut import minimum_cut
from pycalfin.front.gaps import trusted_pixels
from pycalfin.front.trace import Trace, measure, resample, runs, smooth, to_ridge
from pycalfin.results import Prediction

LEAST_PROBABILITY = 0.01
"""Zones count as at least this probable, and at most 1 minus this: no network is surer."""
EVEN_OCEAN = 0.35
"""Probability of ocean that speaks neither for ocean nor for ground. It is below one half because
`light` doubts mélange and narrow water more than ice."""
LEAST_SHARE = 0.3
"""Ice and land behind a border count as at least this probable: labels know little land, so the
zones can oppose an edge and cannot replace it."""
LENGTH_COST = 1.0
"""Energy of a pixel of border where there is no edge, in units of log odds."""
CHANGE_COST = 4.0
"""Energy of a change between front and coast along the border, in units of log odds."""
ROUNDS = 3
"""Times that the border is moved to the ridge, each time by a few pixels at most."""
CERTAIN = 1e3
"""Log odds of what is known: dearer than any border around it."""
CLOSED = 1.5
"""Pixels between the ends of a border that goes around."""
JUST = 0.01
"""How far beyond one half the level of a pixel is that the cut decides against its probability."""


def ocean_level(prediction: Prediction, even_edge: float) -> Float32:
    """Label ocean and ground by the least energy.

    Parameters
    ----------
    prediction : Prediction
    even_edge : float
        Edge probability that speaks neither for nor against a border, p0.

    Returns
    -------
    (h, w) float32
        Above 0.5 in the ocean. Where the labels agree with the odds of a pixel it follows them,
        so that the contour at 0.5 lies between pixels.
    """
    known = prediction.valid
    p0 = max(even_edge, LEAST_PROBABILITY)
    edge = np.where(known, prediction.edge, np.float32(0))
    odds = np.where(known, _log_odds(prediction.ocean) - _log_odds(EVEN_OCEAN), np.float32(0))
    if prediction.land is not None:
        odds = np.where(prediction.land >= 1.0, np.float32(-CERTAIN), odds)
    ocean = minimum_cut(odds, (LENGTH_COST * p0 / (p0 + edge)).astype(np.float32))
    level = special.expit(odds)
    level = np.where(ocean, np.maximum(level, 0.5 + JUST), np.minimum(level, 0.5 - JUST))
    return np.asarray(level, np.float32)


def fronts(
    prediction: Prediction,
    level: Float32,
    even_edge: float,
    min_length: float,
    smoothing: tuple[int, int] = (9, 3),
) -> list[Trace]:
    """Find the stretches of the interface that are fronts.

    Parameters
    ----------
    prediction : Prediction
    level : (h, w) float32
        Of `ocean_level`.
    even_edge : float
        Edge probability that speaks neither for a front nor for a coast, p0.
    min_length : float
        Pixels of the prediction; shorter fronts are dropped.
    smoothing : (window, order)
        Of the Savitzky-Golay filter; a window of 1 switches it off.

    Returns
    -------
    list of Trace
        Longest first; ocean on the left.
    """
    trusted = trusted_pixels(prediction.valid)
    edge = np.where(trusted, prediction.edge, np.float32(0)).astype(np.float32)
    found = []
    for contour in find_contours(level, 0.5, positive_orientation="low"):
        line = resample(_ocean_left(contour, level))
        if len(line) < max(3.0, min_length / 2):
            continue
        for _ in range(ROUNDS):
            line = resample(smooth(to_ridge(smooth(line, smoothing), edge), smoothing))
        border = measure(line, prediction, edge)
        odds = np.where(_at(trusted, line), _front_odds(border, even_edge), -CERTAIN)
        if np.hypot(*(line[0] - line[-1])) < CLOSED:
            # a border that goes around begins where it is least a front
            start = int(np.argmin(odds))
            line, odds = np.roll(line, -start, axis=0), np.roll(odds, -start)
        for run in runs(front_or_coast(odds)):
            if run.stop - run.start > 1:
                found.append(measure(line[run], prediction, edge))
    kept = [item for item in found if item.length >= min_length]
    return sorted(kept, key=lambda item: -item.length)


def front_or_coast(odds: Float64) -> Mask:
    """Label the vertices of a line at the least energy (Viterbi 1967).

    Parameters
    ----------
    odds : (N,) float64
        Log odds of a front.

    Returns
    -------
    (N,) bool
        True for a front.

    Examples
    --------
    >>> front_or_coast(np.array([9.0, -1.0, 9.0, -9.0, 2.0])).astype(int)
    array([1, 1, 1, 0, 0])
    """
    gain = np.zeros(2)
    stay = np.empty((len(odds), 2), bool)
    for number, value in enumerate(odds):
        other = gain[::-1] - CHANGE_COST
        stay[number] = gain >= other
        gain = np.maximum(gain, other) + (0.0, value)
    labels = np.empty(len(odds), bool)
    state = int(gain[1] > gain[0])
    for number in range(len(odds) - 1, -1, -1):
        labels[number] = bool(state)
        state = state if stay[number, state] else 1 - state
    return labels


def _front_odds(border: Trace, even_edge: float) -> Float64:
    """Log odds of a front against a coast, at every vertex of the border."""
    ice = np.clip(1.0 - border.right - border.land, LEAST_SHARE, 1.0)
    land = np.clip(border.land, LEAST_SHARE, 1.0)
    strength = np.clip(border.strength, LEAST_PROBABILITY, 1.0)
    return np.log(strength / max(even_edge, LEAST_PROBABILITY)) + np.log(ice / land)


def _log_odds(probability: Float32 | float) -> Float32:
    limited = np.clip(probability, LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY)
    return np.asarray(np.log(limited / (1.0 - limited)), np.float32)


def _at(mask: Mask, line: Float64) -> Mask:
    nearest = ndimage.map_coordinates(mask.astype(np.uint8), line.T, order=0, mode="nearest")
    return np.asarray(nearest > 0)


def _ocean_left(contour: Float64, level: Float32) -> Float64:
    """Turn a contour so that the ocean is on its left on the image as displayed."""
    step = np.diff(contour, axis=0)
    left = (contour[:-1] + contour[1:]) / 2 + np.column_stack([-step[:, 1], step[:, 0]])
    ocean = _at(level > 0.5, left)
    return contour if ocean.mean() >= 0.5 else contour[::-1]
