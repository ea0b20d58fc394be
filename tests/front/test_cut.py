"""The minimum cut against all labellings there are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pycalfin.front.cut import minimum_cut

STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))


def energy(labels: np.ndarray, odds: np.ndarray, cost: np.ndarray) -> float:
    """What a labelling costs: -log p of every pixel but for a constant, and its border."""
    total = float(np.where(labels, -odds, odds).clip(0).sum())
    rows, cols = labels.shape
    for row, col in np.ndindex(rows, cols):
        for down, right in STEPS:
            other = (row + down, col + right)
            if other[0] < rows and 0 <= other[1] < cols and labels[row, col] != labels[other]:
                weight = np.pi / 8 / np.hypot(down, right)
                total += weight * min(cost[row, col], cost[other])
    return total


@given(
    odds=arrays.arrays(np.float32, (3, 3), elements=st.floats(-3, 3, width=32)),
    cost=arrays.arrays(np.float32, (3, 3), elements=st.floats(0, 4, width=32)),
)
@settings(max_examples=25)
def test_no_labelling_costs_less(odds: np.ndarray, cost: np.ndarray) -> None:
    least = min(
        energy(np.reshape(bits, (3, 3)), odds, cost)
        for bits in itertools.product((False, True), repeat=9)
    )
    # capacities are whole numbers of 1e-4
    assert energy(minimum_cut(odds, cost), odds, cost) == pytest.approx(least, abs=5e-3)


def test_a_speck_is_overruled_and_a_lake_is_not() -> None:
    odds = np.full((40, 40), -2.0, np.float32)
    odds[5, 5] = 2.0
    odds[20:32, 20:32] = 2.0
    labels = minimum_cut(odds, np.full(odds.shape, 2.0, np.float32))
    assert not labels[:12].any()
    assert labels[21:31, 21:31].all()


def test_the_border_follows_the_cheapest_way_where_nothing_is_known() -> None:
    odds = np.zeros((30, 21), np.float32)
    odds[:5], odds[-5:] = 4.0, -4.0
    cost = np.ones(odds.shape, np.float32)
    cost[17] = 0.05
    labels = minimum_cut(odds, cost)
    assert labels[:17].all()
    assert not labels[18:].any()


def test_certain_pixels_alone_need_no_cut() -> None:
    odds = np.where(np.arange(12)[:, None] < 5, 9.0, -9.0) * np.ones((12, 8))
    labels = minimum_cut(odds.astype(np.float32), np.ones((12, 8), np.float32))
    np.testing.assert_array_equal(labels, odds > 0)
    assert not minimum_cut(np.zeros((3, 4), np.float32), np.ones((3, 4), np.float32)).any()
