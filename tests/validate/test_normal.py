"""Signed errors and calibration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycalfin.validate.normal import NORMAL_COVERAGE, calibrate, signed_errors


def segments(line):
    return np.stack([line[:-1], line[1:]], axis=1)


@given(st.floats(0, 2 * np.pi), st.floats(-15, 15), st.booleans())
def test_a_shifted_straight_front_is_off_by_the_shift_whatever_its_direction(angle, shift, left):
    along = np.array([np.sin(angle), np.cos(angle)])  # row, column
    # rows grow downwards: turning (x, y up) left by a right angle
    sea = np.array([-along[1], along[0]]) * (1 if left else -1)
    truth = np.array([-40 * along, 40 * along]) + 50
    front = 50 + np.linspace(-20, 20, 30)[:, None] * along + shift * sea
    errors = signed_errors(front, segments(truth), ocean_left=left)
    np.testing.assert_allclose(errors, shift, atol=1e-6)


def test_reversing_a_front_reverses_the_sign():
    rng = np.random.default_rng(1)
    front = np.column_stack([10 + np.cumsum(rng.normal(0, 0.2, 40)), np.arange(40.0)])
    truth = segments(np.array([[12.0, -5.0], [12.0, 50.0]]))
    forth, back = signed_errors(front, truth), signed_errors(front[::-1], truth)
    np.testing.assert_allclose(forth, -back[::-1])


def test_the_nearest_of_two_lines_counts_and_what_is_out_of_reach_does_not():
    front = np.column_stack([np.full(9, 10.0), np.arange(9.0)])
    near = np.array([[[13.0, -5.0], [13.0, 4.5]]])
    far = np.array([[[5.0, -5.0], [5.0, 4.5]]])
    errors = signed_errors(front, np.concatenate([near, far]))
    np.testing.assert_allclose(errors[:5], 3)
    assert np.isnan(errors[5:]).all()
    assert np.isnan(signed_errors(front, near, reach=2)).all()
    assert np.isnan(signed_errors(front, np.empty((0, 2, 2)))).all()


def test_repeated_vertices_have_no_normal_and_spoil_nothing():
    front = np.array([[1.0, 1.0]] * 6)
    assert np.isnan(signed_errors(front, np.array([[[1.0, 0.0], [1.0, 5.0]]]))).all()


def test_normal_errors_of_right_deviations_are_calibrated():
    rng = np.random.default_rng(0)
    given_ = rng.uniform(0.5, 5, 20_000)
    found = calibrate(rng.normal(0, given_), given_)
    assert found.coverage == pytest.approx(NORMAL_COVERAGE, abs=0.01)
    assert [third.coverage for third in found.terciles] == pytest.approx([0.68] * 3, abs=0.02)
    assert found.spearman > 0.4
    assert abs(found.bias) < 0.1


def test_a_small_case_by_hand():
    errors = np.array([0.5, -2.0, np.nan, 1.0, 4.0, -3.0, 3.0])
    found = calibrate(errors, np.array([1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0]))
    assert (found.vertices, found.unmet) == (6, 1)
    assert found.coverage == pytest.approx(4 / 6)
    assert found.bias == pytest.approx(3.5 / 6)
    assert [third.coverage for third in found.terciles] == [0.5, 0.5, 1.0]
    assert found.terciles[1].rms == pytest.approx(np.sqrt((1 + 16) / 2))


def test_nothing_to_compare():
    found = calibrate(np.array([np.nan]), np.array([1.0]))
    assert (found.vertices, found.unmet, found.terciles) == (0, 1, ())
    assert np.isnan(calibrate(np.ones(5), np.ones(5)).spearman)
