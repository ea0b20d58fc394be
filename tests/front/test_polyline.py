"""Points to a polyline: the best path of the tree, found and tried out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycalfin.front.polyline import heaviest_path


def tree_of(points: np.ndarray) -> list[set[int]]:
    """Minimum spanning tree by Prim, all points against all."""
    joined, neighbours = {0}, [set() for _ in points]
    while len(joined) < len(points):
        pairs = itertools.product(joined, set(range(len(points))) - joined)
        near, far = min(pairs, key=lambda pair: np.hypot(*(points[pair[0]] - points[pair[1]])))
        neighbours[near].add(far)
        neighbours[far].add(near)
        joined.add(far)
    return neighbours


def path_between(neighbours: list[set[int]], start: int, stop: int) -> list[int]:
    before = {start: -1}
    queue = [start]
    for point in queue:
        for other in neighbours[point] - before.keys():
            before[other] = point
            queue.append(other)
    path = [stop]
    while before[path[-1]] >= 0:
        path.append(before[path[-1]])
    return path[::-1]


def worth(points: np.ndarray, path: list[int], zero: float, power: float) -> float:
    steps = np.hypot(*np.diff(points[path], axis=0).T)
    return float((zero**power - steps**power).sum())


@given(st.integers(0, 10**6), st.integers(4, 14), st.sampled_from([(5.0, 1.5), (10.0, 1.45)]))
def test_no_path_of_the_tree_is_worth_more(seed, count, constants) -> None:
    points = np.random.default_rng(seed).uniform(0, 30, (count, 2))
    found = heaviest_path(points, *constants, share=1.0)
    index = [int(np.flatnonzero((points == point).all(axis=1))[0]) for point in found]
    assert len(set(index)) == len(index)
    neighbours = tree_of(points)
    best = max(
        worth(points, path_between(neighbours, a, b), *constants)
        for a, b in itertools.combinations_with_replacement(range(count), 2)
    )
    assert worth(points, index, *constants) == pytest.approx(best, abs=1e-6)


def test_a_line_of_pixels_comes_in_order_and_a_spur_is_left_out() -> None:
    line = np.column_stack([np.arange(60), 30 + np.rint(6 * np.sin(np.arange(60) / 9))])
    spur = np.array([[30, col] for col in range(38, 44)])
    points = np.concatenate([line, spur]).astype(float)
    shuffled = points[np.random.default_rng(1).permutation(len(points))]
    found = heaviest_path(shuffled, 5.0, 1.5)
    assert {tuple(point) for point in line} <= {tuple(point) for point in found}
    assert np.hypot(*np.diff(found, axis=0).T).max() < 4
    assert np.hypot(*found[0]) < np.hypot(*found[-1])


def test_a_far_speck_is_not_joined() -> None:
    line = np.column_stack([np.arange(40.0), np.full(40, 20.0)])
    speck = np.array([[39.0, 90.0], [40.0, 90.0], [41.0, 90.0]])
    found = heaviest_path(np.concatenate([line, speck]), 5.0, 1.5)
    np.testing.assert_array_equal(found, line)
