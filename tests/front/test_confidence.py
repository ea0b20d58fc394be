"""Which lines are believed, and which are taken twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycalfin.front.confidence import (
    DEVIATION,
    EVEN_PLAUSIBILITY,
    calving_parts,
    confidence,
    deviation,
    distinct,
    overlap,
    plausibility,
)
from pycalfin.front.trace import Trace

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
    assert 0.0 <= confidence(low) <= confidence(high) <= 1.0
    assert (confidence(high) >= 0.5) == (high >= EVEN_PLAUSIBILITY)


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


def test_a_front_ends_where_the_coast_begins() -> None:
    land = np.concatenate([np.zeros(60), np.ones(40)])
    rowcol = np.column_stack([np.zeros(100), np.arange(100.0)])
    ones = np.ones(100)
    trace = Trace(rowcol, ones, ones, ones, 0 * ones, land)
    (part,) = calving_parts(trace, 24)
    assert part.rowcol[-1, 1] == pytest.approx(60, abs=2)
    assert calving_parts(trace, 70) == []


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_deviation_grows_as_the_edge_fades(strength: float, other: float) -> None:
    weak, strong = sorted((strength, other))
    found = deviation(np.array([weak, strong]))
    assert np.isfinite(found).all()
    assert found[0] >= found[1] >= DEVIATION
