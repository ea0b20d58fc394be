"""Fronts that run on along the border of ocean and ice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shapely.geometry import LineString, Point

from pycalfin.front.finish import Candidate
from pycalfin.front.prolong import REACH, borders, prolong, prolonged
from pycalfin.front.trace import measure
from pycalfin.results import Prediction

SHAPE = (120, 200)
MIDDLE = 60


def prediction(land_from: int = SHAPE[1]) -> Prediction:
    """Ocean above, ice below, and land below from a column on."""
    rows, cols = np.indices(SHAPE)
    # as soft as a network's zones
    ocean = 1.0 / (1.0 + np.exp((rows - MIDDLE + 0.5) / 1.5))
    land = np.where(cols >= land_from, 1.0 - ocean, 0.0)
    return Prediction(
        edge=np.zeros(SHAPE, np.float32),
        ocean=ocean.astype(np.float32),
        land=land.astype(np.float32),
        valid=np.ones(SHAPE, bool),
        grey=np.zeros(SHAPE, np.float32),
    )


def line(first: int, last: int, row: float = MIDDLE - 0.5) -> np.ndarray:
    """Walking right with the ocean above, which is on the left."""
    cols = np.arange(first, last + 1.0)
    return np.column_stack([np.full(len(cols), row), cols])


def test_both_ends_run_on_as_far_as_the_reach() -> None:
    found = prolonged(line(80, 120), borders(prediction()))
    assert found[0, 1] == pytest.approx(80 - REACH, abs=1)
    assert found[-1, 1] == pytest.approx(120 + REACH, abs=1)
    np.testing.assert_allclose(found[:, 0], MIDDLE - 0.5, atol=0.1)
    assert (np.diff(found[:, 1]) > 0.5).all()


def test_a_front_ends_where_land_begins() -> None:
    found = prolonged(line(80, 120), borders(prediction(land_from=130)))
    assert 124 <= found[-1, 1] <= 134
    assert found[0, 1] == pytest.approx(80 - REACH, abs=1)


def test_it_ends_before_another_front() -> None:
    found = prolonged(line(80, 120), borders(prediction()), [line(130, 160)])
    assert 122 <= found[-1, 1] <= 127


def test_a_line_away_from_the_border_stays_as_it_is() -> None:
    given = line(80, 120, row=MIDDLE - 15)
    np.testing.assert_array_equal(prolonged(given, borders(prediction())), given)
    np.testing.assert_array_equal(prolonged(given, []), given)


def test_it_settles_on_the_border_without_a_kink() -> None:
    given = line(80, 120, row=MIDDLE - 5.5)
    found = prolonged(given, borders(prediction()))
    assert len(found) > len(given) + REACH
    assert found[-1, 0] == pytest.approx(MIDDLE - 0.5, abs=0.2)
    assert np.abs(np.diff(found[:, 0])).max() < 1.1


def test_around_an_island_of_ice_it_runs_on_over_the_seam() -> None:
    rows, cols = np.indices(SHAPE)
    radius = np.hypot(rows - 60, cols - 100)
    ocean = (1.0 / (1.0 + np.exp((30 - radius) / 1.5))).astype(np.float32)
    given = prediction()
    island = Prediction(given.edge, ocean, 0 * ocean, given.valid, given.grey)
    border = borders(island)
    (ring,) = border
    for shift in range(0, len(ring.rowcol), 23):
        start = np.roll(ring.rowcol, -shift, axis=0)[:40]
        found = prolonged(start, border)
        assert len(found) == 40 + 2 * REACH
        distance = [LineString(ring.rowcol).distance(Point(vertex)) for vertex in found]
        assert max(distance) < 2.0


def candidate(rowcol: np.ndarray, given: Prediction) -> Candidate:
    return Candidate(given.to_subset(rowcol), measure(rowcol, given), given, 0.8)


def test_fronts_that_face_each_other_do_not_overlap() -> None:
    given = prediction()
    first, second = prolong([candidate(line(50, 90), given), candidate(line(110, 150), given)])
    assert first.rowcol[:, 1].max() < second.rowcol[:, 1].min() - 1
    assert first.confidence == 0.8
    assert len(first.trace.strength) == len(first.rowcol)


def test_nothing_runs_on_along_the_walls_of_a_fjord() -> None:
    given = prediction()
    fjord = np.zeros(SHAPE, bool)
    fjord[:, 70:130] = True
    masked = replace(given, ocean=np.where(fjord, given.ocean, np.float32(0)))
    (found,) = prolong([candidate(line(80, 110), masked)], fjord)
    assert 70 < found.rowcol[0, 1] < 76
    assert 124 < found.rowcol[-1, 1] < 130
    np.testing.assert_allclose(found.rowcol[:, 0], MIDDLE - 0.5, atol=1.0)
