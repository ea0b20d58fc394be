"""Fronts as stretches of the interface, in predictions whose fronts are known exactly."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from pycalfin.front import interface
from pycalfin.front.gaps import trusted_pixels
from pycalfin.front.trace import Trace
from pycalfin.results import Prediction
from tests.front.paint import SHAPE, ocean_above, prediction, ridge, wiggle

EVEN = 0.25
FLAT = np.full(SHAPE[1], 80.0)
STRAIGHT = np.column_stack([np.full(300, 80.0), np.linspace(-5, 205, 300)])


def fronts(painted: Prediction, min_length: float = 24) -> list[Trace]:
    level = interface.ocean_level(painted, EVEN)
    return interface.fronts(painted, level, EVEN, min_length)


@pytest.mark.parametrize("amplitude", [0.0, 8.0, 20.0])
def test_vertices_lie_on_the_line_to_a_fraction_of_a_pixel(amplitude: float) -> None:
    line = wiggle(amplitude, 2, 30, 170)
    rows = np.interp(np.arange(SHAPE[1]), line[:, 1], line[:, 0])
    (found,) = fronts(prediction(ridge(line), ocean_above(rows)))
    truth = LineString(line)
    distances = [truth.distance(Point(vertex)) for vertex in found.rowcol[3:-3]]
    assert np.mean(distances) < 0.2
    assert np.max(distances) < 1.0
    assert found.length == pytest.approx(truth.length, rel=0.05)


@given(angle=st.floats(0, 2 * np.pi), side=st.sampled_from([-1, 1]))
def test_ocean_lies_on_the_left_whatever_the_direction(angle: float, side: int) -> None:
    direction = np.array([np.sin(angle), np.cos(angle)])
    rows, cols = np.mgrid[: SHAPE[0], : SHAPE[1]]
    across = (rows - 80) * direction[1] - (cols - 100) * direction[0]
    ocean = (side * across > 0).astype(float)
    along = (rows - 80) * direction[0] + (cols - 100) * direction[1]
    edge = np.where(abs(along) <= 50, np.exp(-0.5 * (across / 1.2) ** 2), 0.0)
    # land on both sides of the front ends it
    land = np.where((abs(along) > 50) & (ocean == 0), 1.0, 0.0)
    (found,) = fronts(prediction(edge, ocean, land=0.98 * land))
    assert found.left.mean() > 0.9
    assert found.right.mean() < 0.1
    assert found.length == pytest.approx(100, abs=10)


def test_a_front_that_leaves_the_image_reaches_its_border() -> None:
    (found,) = fronts(prediction(ridge(STRAIGHT), ocean_above(FLAT)))
    assert found.rowcol[:, 1].min() < 0.6
    assert SHAPE[1] - 1.6 < found.rowcol[:, 1].max() <= SHAPE[1] - 0.5


def test_a_front_ends_where_land_lies_behind() -> None:
    land = np.zeros(SHAPE)
    land[81:, :70] = land[81:, 140:] = 0.97
    (found,) = fronts(prediction(0.6 * ridge(STRAIGHT), ocean_above(FLAT), land=land))
    assert sorted(found.rowcol[[0, -1], 1]) == pytest.approx([70, 140], abs=5)


def test_a_coast_without_an_edge_is_no_front() -> None:
    land = np.where(np.arange(SHAPE[0])[:, None] > 80, 0.9, 0.0) * np.ones(SHAPE)
    assert fronts(prediction(np.zeros(SHAPE), ocean_above(FLAT), land=land)) == []


def test_an_edge_with_the_same_zone_on_both_sides_is_no_front() -> None:
    line = np.column_stack([np.full(80, 80.0), np.linspace(20, 180, 80)])
    assert fronts(prediction(ridge(line), np.full(SHAPE, 0.95))) == []
    assert fronts(prediction(ridge(line), np.full(SHAPE, 0.05))) == []


def test_several_fronts_come_longest_first() -> None:
    cols = np.arange(SHAPE[1])
    land = np.zeros(SHAPE)
    land[81:, (cols > 60) & (cols < 90)] = 0.97
    found = fronts(prediction(0.6 * ridge(STRAIGHT), ocean_above(FLAT), land=land))
    assert [round(item.rowcol[:, 1].mean(), -1) for item in found] == [140, 30]
    assert found[0].length > found[1].length


def test_short_fronts_are_dropped() -> None:
    land = np.zeros(SHAPE)
    land[81:, :90] = land[81:, 108:] = 0.97
    painted = prediction(0.6 * ridge(STRAIGHT), ocean_above(FLAT), land=land)
    assert len(fronts(painted, 10)) == 1
    assert fronts(painted, 40) == []


def test_a_weak_stretch_is_bridged_by_ice_behind_it() -> None:
    gain = np.ones(SHAPE[1])
    gain[95:105] = 0.05
    (found,) = fronts(prediction(ridge(STRAIGHT) * gain, ocean_above(FLAT)))
    assert found.length == pytest.approx(SHAPE[1], abs=3)


def test_edges_along_a_wide_gap_are_no_fronts() -> None:
    valid = np.ones(SHAPE, bool)
    valid[:, 120:] = False
    border = np.column_stack([np.linspace(-5, 165, 100), np.full(100, 119.0)])
    ocean = np.where(np.arange(SHAPE[1]) < 120, 0.95, 0.05) * np.ones(SHAPE)
    assert fronts(prediction(ridge(border), ocean, valid=valid)) == []


def test_narrow_stripes_do_not_interrupt_a_front() -> None:
    valid = np.ones(SHAPE, bool)
    valid[:, 60:64] = valid[:, 120:126] = False
    assert trusted_pixels(valid).all()
    ocean = np.where(valid, ocean_above(FLAT), 0.5)
    assert len(fronts(prediction(ridge(STRAIGHT), ocean, valid=valid))) == 1


def test_known_land_is_never_ocean() -> None:
    land = np.zeros(SHAPE)
    land[:, 150:] = 1.0
    painted = prediction(np.zeros(SHAPE), np.full(SHAPE, 0.9), land=land)
    level = interface.ocean_level(painted, EVEN)
    assert (level[:, 150:] < 0.5).all()
    assert (level[:, :150] > 0.5).all()
    assert fronts(painted) == []


def test_the_front_all_around_an_ice_cap_is_one_line() -> None:
    rows, cols = np.mgrid[: SHAPE[0], : SHAPE[1]]
    away = np.hypot(rows - 80, cols - 100) - 40
    edge = np.exp(-0.5 * (away / 1.2) ** 2)
    (found,) = fronts(prediction(edge, (away > 0).astype(float)))
    assert found.length == pytest.approx(2 * np.pi * 40, rel=0.05)
    assert found.left.mean() > 0.9


def test_the_level_crosses_one_half_at_the_border_of_the_labels() -> None:
    rng = np.random.default_rng(3)
    ocean = np.clip(ocean_above(FLAT) * 0.6 + 0.2 + rng.normal(0, 0.12, SHAPE), 0.01, 0.99)
    level = interface.ocean_level(prediction(ridge(STRAIGHT), ocean), EVEN)
    assert (level[:79] > 0.5).all()
    assert (level[82:] < 0.5).all()


def test_nothing_gives_nothing() -> None:
    assert fronts(prediction(np.zeros(SHAPE), np.ones(SHAPE))) == []
    assert fronts(prediction(np.zeros((3, 2)), np.zeros((3, 2)))) == []


@given(st.lists(st.floats(-8, 8), min_size=1, max_size=9))
def test_front_or_coast_is_the_best_of_all_labellings(odds: list[float]) -> None:
    values = np.array(odds)

    def gain(labels: np.ndarray) -> float:
        changes = np.count_nonzero(labels[1:] != labels[:-1])
        return float(values[labels].sum() - interface.CHANGE_COST * changes)

    best = max(gain(np.array(bits)) for bits in itertools.product((False, True), repeat=len(odds)))
    assert gain(interface.front_or_coast(values)) == pytest.approx(best)
