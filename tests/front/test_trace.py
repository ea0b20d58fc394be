"""Tracing on probability maps whose lines are known exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import savgol_filter
from shapely.geometry import LineString, Point

from pycalfin.front.gaps import trusted_pixels
from pycalfin.front.trace import measure, savitzky_golay, trace
from pycalfin.results import Prediction

SHAPE = (160, 200)


def ridge(line: np.ndarray, shape: tuple[int, int] = SHAPE, width: float = 1.2) -> np.ndarray:
    """Edge probability that falls off from a line (row, col) as a Gaussian, exactly."""
    geometry = LineString(line)
    near = geometry.buffer(6 * width)
    edge = np.zeros(shape, np.float32)
    row0, col0, row1, col1 = (int(v) for v in near.bounds)
    for row in range(max(0, row0 - 1), min(shape[0], row1 + 2)):
        for col in range(max(0, col0 - 1), min(shape[1], col1 + 2)):
            distance = geometry.distance(Point(row, col))
            edge[row, col] = np.exp(-0.5 * (distance / width) ** 2)
    return edge


def prediction(edge: np.ndarray, ocean: np.ndarray, **changes: object) -> Prediction:
    fields = {
        "edge": edge.astype(np.float32),
        "ocean": ocean.astype(np.float32),
        "land": np.zeros(edge.shape, np.float32),
        "valid": np.ones(edge.shape, bool),
        "grey": np.zeros(edge.shape, np.float32),
    }
    return Prediction(**{**fields, **changes})  # type: ignore[arg-type]


def ocean_above(rows: np.ndarray, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Ocean where the row is less than a given row for each column."""
    return (np.arange(shape[0])[:, None] < rows[None, :]).astype(np.float32)


def wiggle(amplitude: float, waves: float, start: float, end: float) -> np.ndarray:
    cols = np.linspace(start, end, 300)
    rows = 80 + amplitude * np.sin(2 * np.pi * waves * (cols - start) / (end - start))
    return np.column_stack([rows, cols])


@pytest.mark.parametrize("amplitude", [0.0, 8.0, 20.0])
def test_vertices_lie_on_the_line_to_a_fraction_of_a_pixel(amplitude: float) -> None:
    line = wiggle(amplitude, 2, 30, 170)
    rows = np.interp(np.arange(SHAPE[1]), line[:, 1], line[:, 0])
    (found,) = trace(prediction(ridge(line), ocean_above(rows)), 0.33, 24)
    truth = LineString(line)
    distances = [truth.distance(Point(vertex)) for vertex in found.rowcol]
    assert np.mean(distances) < 0.15
    assert np.max(distances) < 0.8
    assert found.length == pytest.approx(truth.length, rel=0.05)


@given(
    angle=st.floats(0, 2 * np.pi),
    side=st.sampled_from([-1, 1]),
)
def test_ocean_lies_on_the_left_whatever_the_direction(angle: float, side: int) -> None:
    direction = np.array([np.sin(angle), np.cos(angle)])
    rows, cols = np.mgrid[: SHAPE[0], : SHAPE[1]]
    across = (rows - 80) * direction[1] - (cols - 100) * direction[0]
    ocean = (side * across > 0).astype(float)
    edge = np.exp(-0.5 * (across / 1.2) ** 2)
    along = (rows - 80) * direction[0] + (cols - 100) * direction[1]
    edge = np.where(abs(along) <= 50, edge, 0.0)
    (found,) = trace(prediction(edge, ocean), 0.33, 24)
    step = np.diff(found.rowcol, axis=0).mean(axis=0)
    left = np.array([-step[1], step[0]])  # row, col; rows grow downwards
    point = np.rint(found.rowcol[len(found.rowcol) // 2] + 6 * left / np.hypot(*left)).astype(int)
    assert ocean[tuple(point)] == 1.0
    assert found.left.mean() > 0.95
    assert found.right.mean() < 0.05


def test_a_front_that_leaves_the_image_reaches_its_border() -> None:
    line = np.column_stack([np.full(300, 80.0), np.linspace(-5, 205, 300)])
    (found,) = trace(prediction(ridge(line), ocean_above(np.full(SHAPE[1], 80.0))), 0.33, 24)
    assert found.rowcol[:, 1].min() < 0.6
    assert found.rowcol[:, 1].max() > SHAPE[1] - 1.6
    assert found.rowcol[:, 1].max() <= SHAPE[1] - 0.5


def test_several_fronts_come_longest_first() -> None:
    lines = [
        np.column_stack([np.full(50, row), np.linspace(20, end, 50)])
        for row, end in ((30.0, 90.0), (80.0, 180.0), (130.0, 140.0))
    ]
    edge = np.max([ridge(line) for line in lines], axis=0)
    found = trace(prediction(edge, np.ones(SHAPE) * 0.5), 0.33, 24)
    assert [round(item.rowcol[:, 0].mean()) for item in found] == [80, 130, 30]


def test_a_branch_becomes_a_front_of_its_own() -> None:
    trunk = np.column_stack([np.full(80, 80.0), np.linspace(20, 180, 80)])
    branch = np.column_stack([np.linspace(80, 140, 40), np.full(40, 100.0)])
    edge = np.maximum(ridge(trunk), ridge(branch))
    found = trace(prediction(edge, np.ones(SHAPE) * 0.5), 0.33, 24)
    assert [round(item.length, -1) for item in found] == [160, 60]


def test_short_pieces_and_weak_edges_are_dropped() -> None:
    short = np.column_stack([np.full(50, 80.0), np.linspace(90, 108, 50)])
    assert trace(prediction(ridge(short), np.ones(SHAPE)), 0.33, 24) == []
    long = np.column_stack([np.full(50, 80.0), np.linspace(30, 170, 50)])
    assert trace(prediction(0.3 * ridge(long), np.ones(SHAPE)), 0.33, 24) == []


def test_a_weak_stretch_is_bridged_and_weak_ends_are_not() -> None:
    line = np.column_stack([np.full(300, 80.0), np.linspace(10, 190, 300)])
    gain = np.ones(SHAPE[1])
    gain[95:105] = 0.2
    gain[150:] = 0.2
    (found,) = trace(prediction(ridge(line) * gain, ocean_above(np.full(SHAPE[1], 80.0))), 0.33, 24)
    assert found.rowcol[:, 1].min() < 12
    assert 146 < found.rowcol[:, 1].max() < 153


def test_edges_along_a_wide_gap_are_not_trusted() -> None:
    valid = np.ones(SHAPE, bool)
    valid[:, 120:] = False
    border = np.column_stack([np.linspace(20, 140, 100), np.full(100, 119.0)])
    assert trace(prediction(ridge(border), np.ones(SHAPE), valid=valid), 0.33, 24) == []


def test_narrow_stripes_do_not_interrupt_a_front() -> None:
    valid = np.ones(SHAPE, bool)
    valid[:, 60:64] = valid[:, 120:126] = False
    assert trusted_pixels(valid).all()
    line = np.column_stack([np.full(300, 80.0), np.linspace(30, 170, 300)])
    found = trace(
        prediction(ridge(line), ocean_above(np.full(SHAPE[1], 80.0)), valid=valid), 0.33, 24
    )
    assert len(found) == 1


def test_uncertainty_grows_with_the_width_of_the_ridge() -> None:
    line = np.column_stack([np.full(100, 80.0), np.linspace(30, 170, 100)])
    flat = ocean_above(np.full(SHAPE[1], 80.0))
    widths = [
        measure(line, prediction(ridge(line, width=width), flat)).width.mean()
        for width in (0.6, 1.2, 2.0)
    ]
    assert widths == sorted(widths)


def test_nothing_gives_nothing() -> None:
    assert trace(prediction(np.zeros(SHAPE), np.ones(SHAPE)), 0.33, 24) == []


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
    (found,) = trace(prediction(ridge(line), ocean, land=1.0 - ocean), 0.33, 24)
    assert found.left.mean() > 0.95
    assert found.right.mean() < 0.05
    assert found.land.mean() > 0.95
