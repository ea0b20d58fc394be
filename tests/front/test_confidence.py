"""Which lines are believed, and which are taken twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycalfin.front.confidence import (
    LEAST_UNCALIBRATED,
    MOST_DEVIATION,
    confidence,
    deviation,
    distinct,
    overlap,
    plausibility,
)
from pycalfin.front.trace import Trace
from pycalfin.network.calibration import Calibration

FITTED = Calibration(0.46, 0.1, 0.3, 1.5, ["images"], images=1)
PROBABILITY = st.floats(0, 1)


def line(strength: float, left: float, right: float, land: float, n: int = 30) -> Trace:
    rowcol = np.column_stack([np.zeros(n), np.arange(n)])
    return Trace(rowcol, *(np.full(n, v) for v in (strength, 1.0, left, right, land)))


def test_a_front_beats_a_coast_and_a_crack() -> None:
    front = plausibility(line(0.9, 0.95, 0.05, 0.05))
    coast = plausibility(line(0.9, 0.95, 0.05, 0.9))
    crack = plausibility(line(0.9, 0.95, 0.9, 0.05))
    assert front > 0.85
    assert coast < 0.5
    assert crack < 0.5


@given(PROBABILITY, PROBABILITY, PROBABILITY, PROBABILITY)
def test_range(strength: float, left: float, right: float, land: float) -> None:
    assert 0 <= plausibility(line(strength, left, right, land)) <= 1


@given(PROBABILITY, PROBABILITY)
def test_confidence_is_a_probability_in_the_order_of_plausibility(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0.0 <= confidence(low, FITTED) <= confidence(high, FITTED) <= 1.0
    assert (confidence(high, FITTED) >= 0.5) == (high >= FITTED.even_plausibility)


@given(PROBABILITY)
def test_without_a_calibration_confidence_is_the_plausibility(value: float) -> None:
    assert confidence(value, None) == value


def test_a_steep_calibration_does_not_overflow() -> None:
    steep = replace(FITTED, plausibility_scale=1e-9)
    assert (confidence(0.0, steep), confidence(1.0, steep)) == (0.0, 1.0)


def test_without_a_calibration_the_uncertainty_is_the_width_of_the_ridge() -> None:
    width = np.linspace(0.1, 3.0, 30)
    trace = replace(line(0.7, 0.8, 0.1, 0.1), width=width)
    np.testing.assert_array_equal(deviation(trace, None), np.maximum(width, LEAST_UNCALIBRATED))


@pytest.mark.parametrize("times", [0.5, 2.0])
def test_deviation_is_in_proportion_to_its_constant(times: float) -> None:
    trace = line(0.7, 0.8, 0.1, 0.1)
    other = replace(FITTED, deviation=times * FITTED.deviation)
    np.testing.assert_allclose(deviation(trace, other), times * deviation(trace, FITTED))


@given(st.floats(1.0, 5.0), st.floats(0.5, 3.0))
def test_deviation_grows_with_the_width_by_its_power(times: float, power: float) -> None:
    fitted = replace(FITTED, deviation=0.01, exponent=power)
    trace = line(0.7, 0.8, 0.1, 0.1)
    wider = replace(trace, width=times * trace.width)
    expected = np.minimum(times**power * deviation(trace, fitted), MOST_DEVIATION)
    np.testing.assert_allclose(deviation(wider, fitted), expected)


def test_overlap_is_the_share_of_vertices_nearby() -> None:
    first = np.column_stack([np.zeros(100), np.arange(100.0)])
    second = np.column_stack([np.full(50, 2.0), np.arange(50.0)])
    assert overlap(first, second, 3.0) == pytest.approx(0.52, abs=0.02)
    assert overlap(second, first, 3.0) == 1.0
    assert overlap(second, first, 1.0) == 0.0


def test_distinct_keeps_the_best_of_near_twins() -> None:
    base = np.column_stack([np.zeros(50), np.arange(50.0)])
    lines = [base, base + [1.0, 0.0], base + [30.0, 0.0]]
    assert distinct(lines, [1.0, 2.0, 0.5], 4.0) == [1, 2]
    assert distinct(lines, [1.0, 1.0, 1.0], 4.0) == [0, 2]
    assert distinct([], [], 4.0) == []


@given(PROBABILITY, PROBABILITY, PROBABILITY, PROBABILITY)
def test_deviation_grows_as_edge_or_ocean_fade(
    strength: float, other: float, ocean: float, dry: float
) -> None:
    weak, strong = sorted((strength, other))
    low, high = sorted((ocean, dry))
    found = [
        deviation(line(edge, water, 0.1, 0.1), FITTED)
        for edge, water in ((strong, high), (weak, high), (weak, low))
    ]
    assert np.isfinite(found).all()
    assert (found[2] >= found[1]).all()
    assert (found[1] >= found[0]).all()
    assert found[0].min() >= FITTED.deviation


@given(st.floats(0.2, 0.5))
def test_edge_or_ocean_half_as_likely_counts_as_a_ridge_twice_as_wide(ocean: float) -> None:
    trace = line(0.8, 2.0 * ocean, 0.1, 0.1)
    expected = deviation(replace(trace, width=2.0 * trace.width), FITTED)
    np.testing.assert_allclose(deviation(line(0.8, ocean, 0.1, 0.1), FITTED), expected)
    np.testing.assert_allclose(deviation(line(0.4, 2.0 * ocean, 0.1, 0.1), FITTED), expected)


def test_without_a_ridge_it_is_not_known_at_all() -> None:
    nowhere = replace(line(0.0, 0.9, 0.1, 0.1), width=np.zeros(30))
    assert (deviation(nowhere, FITTED) > 5 * deviation(line(0.9, 0.9, 0.1, 0.1), FITTED)).all()


def test_deviation_has_a_limit() -> None:
    nothing = replace(line(0.0, 0.0, 0.0, 0.0), width=np.full(30, 5.0))
    np.testing.assert_array_equal(deviation(nothing, FITTED), MOST_DEVIATION)


def test_deviation_follows_the_strength_around_a_vertex() -> None:
    """Half of the line strong, half faint: away from the middle each half has its own."""
    half = replace(line(0.9, 0.9, 0.1, 0.1, 100), strength=np.repeat([0.9, 0.3], 50))
    found = deviation(half, FITTED)
    np.testing.assert_allclose(found[90] / found[10], 3.0**FITTED.exponent)


def test_one_faint_vertex_among_strong_ones_counts_little() -> None:
    trace = line(0.9, 0.9, 0.1, 0.1)
    holed = replace(trace, strength=np.where(np.arange(30) == 15, 0.1, 0.9))
    assert deviation(holed, FITTED)[15] < 1.1 * deviation(trace, FITTED)[15]
