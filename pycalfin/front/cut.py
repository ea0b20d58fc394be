"""Label the pixels of an image with two labels at the least energy, by a minimum cut.

The energy is sum(cost of a pixel's label) + sum(weight of two neighbours with different labels).
Its global minimum is a minimum cut (Greig, Porteous and Seheult 1989, Journal of the Royal
Statistical Society B 51, 271-279); weights by direction make the length of the border Euclidean
(Boykov and Kolmogorov 2003, ICCV, 26-33).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from pycalfin.arrays import Float32, Float64, Mask

NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Half of the eight neighbours of a pixel: row and column steps."""
CROFTON = np.pi / 8
"""Weight of a neighbour one pixel away that makes the border's length count in pixels (Boykov and
Kolmogorov 2003, equation 4, for eight neighbours)."""
RESOLUTION = 1e4
"""Integer capacities per unit of energy."""


def minimum_cut(log_odds: Float32, length_cost: Float32) -> Mask:
    """Find the labelling of least energy.

    Parameters
    ----------
    log_odds : (H, W) float32
        log(p / (1 - p)) of the label True; 0 where nothing is known.
    length_cost : (H, W) float32
        Energy of one pixel of border, 0 or more. Between two pixels the lower value counts.

    Returns
    -------
    (H, W) bool
        Where the energy is indifferent, False.

    Examples
    --------
    >>> odds = np.array([[3.0, 3.0, -0.2, 3.0, -3.0]], np.float32)
    >>> minimum_cut(odds, np.ones((1, 5), np.float32)).astype(int)
    array([[1, 1, 1, 1, 0]])
    """
    first, second, weight = _pairs(length_cost)
    odds = np.asarray(log_odds, float).ravel()
    # a pixel whose own odds outweigh all its neighbours keeps its label in every minimum
    around = np.bincount(first, weight, odds.size) + np.bincount(second, weight, odds.size)
    fixed = np.abs(odds) > around
    labels = odds > 0
    free = np.flatnonzero(~fixed)
    if free.size == 0:
        return labels.reshape(log_odds.shape)
    number = np.full(odds.size, -1)
    number[free] = np.arange(free.size)
    pull = odds[free].copy()
    for one, other in ((first, second), (second, first)):
        beside = fixed[other] & ~fixed[one]
        sign = np.where(labels[other[beside]], 1.0, -1.0)
        pull += np.bincount(number[one[beside]], sign * weight[beside], free.size)
    both = ~fixed[first] & ~fixed[second]
    labels[free] = _cut(pull, number[first[both]], number[second[both]], weight[both])
    return labels.reshape(log_odds.shape)


def _pairs(length_cost: Float32) -> tuple[NDArray[np.int64], NDArray[np.int64], Float64]:
    """Numbers of neighbouring pixels, and the weight between them."""
    rows, cols = length_cost.shape
    index = np.arange(rows * cols).reshape(rows, cols)
    cost = np.asarray(length_cost, float).ravel()
    firsts, seconds, weights = [], [], []
    for down, right in NEIGHBOURS:
        here = index[: rows - down, max(0, -right) : cols - max(0, right)].ravel()
        there = index[down:, max(0, right) : cols - max(0, -right)].ravel()
        firsts.append(here)
        seconds.append(there)
        weights.append(CROFTON * np.minimum(cost[here], cost[there]) / np.hypot(down, right))
    return np.concatenate(firsts), np.concatenate(seconds), np.concatenate(weights)


def _cut(
    pull: Float64, first: NDArray[np.int64], second: NDArray[np.int64], weight: Float64
) -> Mask:
    """Label nodes that are pulled to True (positive) or False, and joined in pairs."""
    source, sink = len(pull), len(pull) + 1
    strength = np.rint(np.abs(pull) * RESOLUTION).astype(np.int32)
    joined = np.rint(weight * RESOLUTION).astype(np.int32)
    true, false = np.flatnonzero(pull > 0), np.flatnonzero(pull < 0)
    starts = np.concatenate([first, second, np.full(true.size, source), false])
    ends = np.concatenate([second, first, true, np.full(false.size, sink)])
    capacity = np.concatenate([joined, joined, strength[true], strength[false]])
    graph = sparse.csr_array((capacity, (starts, ends)), shape=(sink + 1, sink + 1))
    graph = sparse.csr_matrix(graph)
    residual = graph - maximum_flow(graph, source, sink).flow
    residual.eliminate_zeros()
    reached = breadth_first_order(residual, source, return_predecessors=False)
    labels = np.zeros(sink + 1, bool)
    labels[reached] = True
    return np.asarray(labels[: len(pull)])
