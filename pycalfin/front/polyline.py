"""Points of a skeleton to one ordered polyline, as the published pipeline does it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree
from scipy.spatial import cKDTree

from pycalfin.records import Float64

LEAST_NEIGHBOURS = 3
NEIGHBOUR_SHARE = 0.25
"""A point is joined to this share of all points, at least to `LEAST_NEIGHBOURS` (public code)."""


def heaviest_path(
    points: Float64, zero: float, power: float, *, share: float = NEIGHBOUR_SHARE
) -> Float64:
    """Order points along the best path through them.

    A graph of nearest neighbours with weights log(d + 1) is thinned to its minimum spanning tree.
    There an edge of length d is worth zero**power - d**power: steps shorter than `zero` gain,
    longer gaps cost. The path of the highest total worth is taken (Cheng et al. 2021, public code).

    Parameters
    ----------
    points : (N, 2) float64
        N at least 2.
    zero : float
        Pixels: length of a gap that is worth nothing.
    power : float
    share : float
        Of all points, that a point is joined to.

    Returns
    -------
    (M, 2) float64
        Some of the points, in order, beginning at the end nearer to the origin.
    """
    tree = _spanning_tree(points, share)
    best: NDArray[np.intp] = np.arange(1)
    highest = -np.inf
    _, labels = connected_components(tree, directed=False)
    for label in range(labels.max() + 1):
        worth, path = _heaviest(tree, points, int(np.flatnonzero(labels == label)[0]), zero, power)
        if worth > highest:
            best, highest = path, worth
    ordered = points[best]
    first, last = (float(np.hypot(*end)) for end in (ordered[0], ordered[-1]))
    return ordered if first <= last else ordered[::-1]


def _spanning_tree(points: Float64, share: float) -> coo_matrix:
    """Symmetric adjacency of the minimum spanning tree; entries are lengths in pixels."""
    count = min(max(LEAST_NEIGHBOURS, int(share * len(points))) + 1, len(points))
    length, near = cKDTree(points).query(points, count)
    rows = np.repeat(np.arange(len(points)), count - 1)
    shape = (len(points), len(points))
    weights = np.log1p(length[:, 1:].ravel())
    graph = coo_matrix((weights, (rows, near[:, 1:].ravel())), shape).tocsr()
    thin = minimum_spanning_tree(graph.maximum(graph.T)).tocoo()
    lengths = np.expm1(thin.data)
    ends = np.concatenate([thin.row, thin.col]), np.concatenate([thin.col, thin.row])
    return coo_matrix((np.concatenate([lengths, lengths]), ends), shape).tocsr()


def _heaviest(
    tree: coo_matrix, points: Float64, root: int, zero: float, power: float
) -> tuple[float, NDArray[np.intp]]:
    """Worth and points of the best path in the component of a root.

    Going from the leaves to the root, the best path that ends at a point is known when all of
    its children are; the best of all either ends there or joins its two best children.
    """
    order, parents = breadth_first_order(tree, root, directed=False)
    down = np.zeros(len(points))
    child = np.full(len(points), -1)
    best, at, turn = 0.0, root, (-1, -1)
    second = np.zeros(len(points))
    second_child = np.full(len(points), -1)
    for point in order[:0:-1]:
        parent = parents[point]
        length = float(np.hypot(*(points[point] - points[parent])))
        gain = down[point] + zero**power - length**power
        if gain > down[parent]:
            second[parent], second_child[parent] = down[parent], child[parent]
            down[parent], child[parent] = gain, point
        elif gain > second[parent]:
            second[parent], second_child[parent] = gain, point
    for point in order:
        total = down[point] + second[point]
        if total > best:
            best, at, turn = total, point, (child[point], second_child[point])
    arms = [_descend(child, start) for start in turn]
    return best, np.array([*arms[0][::-1], at, *arms[1]], np.intp)


def _descend(child: NDArray[np.intp], start: int) -> list[int]:
    path = []
    while start >= 0:
        path.append(int(start))
        start = int(child[start])
    return path
