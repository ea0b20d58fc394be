"""Lines sampled in probability maps that are known exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import savgol_filter
from shapely.geometry import LineString, Point

from pycalfin.front.trace import measure, measure_oriented, savitzky_golay, to_ridge
from tests.front.paint import SHAPE, ocean_above, prediction, ridge, wiggle


def test_uncertainty_grows_with_the_width_of_the_ridge() -> None:
    line = np.column_stack([np.full(100, 80.0), np.linspace(30, 170, 100)])
    flat = ocean_above(np.full(SHAPE[1], 80.0))
    widths = [
        measure(line, prediction(ridge(line, width=width), flat)).width.mean()
        for width in (0.6, 1.2, 2.0)
    ]
    assert widths == sorted(widths)


@pytest.mark.parametrize("away", [-2.0, -0.7, 0.4, 1.5])
def test_vertices_move_to_the_ridge(away: float) -> None:
    line = wiggle(8.0, 2, 30, 170)
    edge = ridge(line)
    moved = line + [away, 0.0]
    for _ in range(3):
        moved = to_ridge(moved, edge)
    truth = LineString(line)
    apart = [truth.distance(Point(vertex)) for vertex in moved[10:-10]]
    assert np.mean(apart) < 0.2


@given(st.integers(0, 9), st.integers(0, 5), st.integers(0, 40), st.integers(0, 10**6))
def test_smoothing_is_that_of_scipy(half: int, order: int, extra: int, seed: int) -> None:
    window = 2 * half + 3
    if order >= window:
        return
    line = np.random.default_rng(seed).normal(size=(window + extra, 2)) * 100
    expected = savgol_filter(line, window, order, axis=0, mode="interp")
    np.testing.assert_allclose(savitzky_golay(line, window, order), expected, atol=1e-8)


@pytest.mark.parametrize("ocean_is_above", [True, False])
def test_what_lies_behind_a_front_does_not_depend_on_the_way_it_was_walked(
    ocean_is_above: bool,
) -> None:
    line = wiggle(0.0, 1, 30, 170)
    above = ocean_above(np.full(SHAPE[1], 80.0))
    ocean = above if ocean_is_above else 1.0 - above
    painted = prediction(ridge(line), ocean, land=1.0 - ocean)
    for walked in (line, line[::-1]):
        found = measure_oriented(walked, painted)
        assert found.left.mean() > 0.95
        assert found.right.mean() < 0.05
        assert found.land.mean() > 0.95
