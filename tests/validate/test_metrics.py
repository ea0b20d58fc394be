from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycalfin import geo
from pycalfin.errors import CRSMismatchError
from pycalfin.records import Front
from pycalfin.validate import metrics

WHOLE = st.integers(-50, 50).map(float)
LINE = (
    st.lists(st.tuples(WHOLE, WHOLE), min_size=2, max_size=6)
    .map(np.array)
    .filter(lambda xy: np.hypot(*np.diff(xy, axis=0).T).sum() > 0)
)
LINES = st.lists(LINE, min_size=1, max_size=3)


def brute_force(points, lines):
    """Nearest distance from each point to any segment, one pair at a time."""
    nearest = np.full(len(points), np.inf)
    for k, point in enumerate(points):
        for line in lines:
            for start, end in pairwise(line):
                along = end - start
                length = along @ along
                part = np.clip((point - start) @ along / length, 0, 1) if length else 0.0
                nearest[k] = min(nearest[k], np.hypot(*(start + part * along - point)))
    return nearest


@settings(max_examples=25)
@given(LINES, LINES, st.sampled_from([0.7, 5.0, 40.0]))
def test_distances_are_those_of_brute_force(predicted, truth, spacing):
    measured = metrics.front_distance(predicted, truth, spacing)
    there = brute_force(metrics.sample(predicted, spacing), truth)
    back = brute_force(metrics.sample(truth, spacing), predicted)
    np.testing.assert_allclose(measured.from_predicted, there, atol=1e-9)
    np.testing.assert_allclose(measured.from_truth, back, atol=1e-9)
    both = np.concatenate([there, back])
    assert measured.mean == pytest.approx(both.mean(), abs=1e-9)
    assert measured.median == pytest.approx(np.median(both), abs=1e-9)


@given(LINES, LINES)
def test_swapping_the_sides_changes_nothing(first, second):
    there = metrics.front_distance(first, second, 3.0)
    back = metrics.front_distance(second, first, 3.0)
    assert there.mean == pytest.approx(back.mean, abs=1e-9)
    assert there.median == pytest.approx(back.median, abs=1e-9)


@given(LINES)
def test_a_line_is_nowhere_from_itself_whatever_its_vertices(lines):
    finer = [metrics.sample([line], 0.5) for line in lines]
    finer = [
        np.vstack([line[:1], points, line[-1:]]) for line, points in zip(lines, finer, strict=True)
    ]
    assert metrics.mean_distance(lines, lines) == pytest.approx(0, abs=1e-9)
    # new vertices cut corners by less than their spacing
    assert metrics.mean_distance(finer, lines) < 0.5


@given(LINES, LINES, WHOLE, WHOLE)
def test_moving_both_changes_nothing(predicted, truth, dx, dy):
    moved = metrics.mean_distance([p + (dx, dy) for p in predicted], [t + (dx, dy) for t in truth])
    assert moved == pytest.approx(metrics.mean_distance(predicted, truth), abs=1e-8)


def test_points_that_do_not_face_each_other_do_not_lengthen_the_distance():
    line = np.array([[0.0, 0.0], [100.0, 0.0]])
    shifted = np.array([[0.5, 0.0], [99.5, 0.0]])
    assert metrics.median_distance([line], [shifted], 1.0) == 0.0


def test_sampling_is_even_and_stays_on_the_line():
    bent = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
    points = metrics.sample([bent], 1.0)
    assert len(points) == 7
    np.testing.assert_allclose(brute_force(points, [bent]), 0, atol=1e-12)
    np.testing.assert_allclose(points[0], [0.5, 0.0])


@pytest.mark.parametrize(("predicted", "truth"), [([], [np.eye(2)]), ([np.eye(2)], []), ([], [])])
def test_no_line_on_one_side_is_not_a_number(predicted, truth):
    measured = metrics.front_distance(predicted, truth)
    assert np.isnan(measured.mean)
    assert np.isnan(measured.median)


def test_two_reference_systems_do_not_meet():
    with pytest.raises(CRSMismatchError, match="EPSG:3413 and EPSG:3031"):
        metrics.front_distance([np.eye(2)], [np.eye(2)], crs=("EPSG:3413", "EPSG:3031"))


def test_spacing_must_be_a_length():
    with pytest.raises(ValueError, match="spacing is 0"):
        metrics.front_distance([np.eye(2)], [np.eye(2)], 0)


@pytest.mark.parametrize(
    ("lon", "lat", "polar"), [(-52.0, 77.0, "EPSG:3413"), (-60.0, -65.0, "EPSG:3031")]
)
def test_ground_metres_are_not_map_metres(lon, lat, polar):
    # a truth line along a parallel, and the same line 100 ground metres to the north of it
    metre = 1 / 111_600  # degrees of latitude; near enough to 111.6 km at both latitudes
    lons = np.linspace(lon, lon + 0.05, 20)
    truth = np.column_stack([lons, np.full(20, lat)])
    found = geo.reproject(truth + (0, 100 * metre), geo.LONLAT, polar)
    front = Front(xy=found, crs=polar, date="2020-07-01")
    measured = metrics.ground_distance([front], [truth], geo.LONLAT, 30.0)
    assert measured.mean == pytest.approx(100, rel=0.003)


def test_fronts_of_several_reference_systems_are_refused():
    fronts = [Front(xy=np.eye(2), crs=crs) for crs in ("EPSG:3413", "EPSG:3031")]
    with pytest.raises(CRSMismatchError):
        metrics.ground_distance(fronts, [np.eye(2)], "EPSG:3413", 30.0)
    with pytest.raises(CRSMismatchError):
        metrics.ground_distance([Front(xy=np.eye(2))], [np.eye(2)], "EPSG:3413", 30.0)


def test_nothing_found_measures_nothing():
    assert np.isnan(metrics.ground_distance([], [np.eye(2)], "EPSG:3413", 30.0).mean)
