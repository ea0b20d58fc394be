"""Gaps in the data: bridged, kept away from, or the shadow of rock."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from pycalfin.front.gaps import CLOSING, bridged, shadows, trusted_pixels


def masks(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.standard_normal((40, 50)), rng.uniform(0.5, 4))
    return smooth > np.quantile(smooth, rng.uniform(0, 1))


@given(st.integers(0, 2**32 - 1))
def test_bridged_is_all_but_what_a_disk_without_data_covers(seed: int) -> None:
    """Against the definition, by distances."""
    valid = masks(seed)
    outside = np.pad(valid, CLOSING, mode="edge")
    far = ndimage.distance_transform_edt(outside == 0) > CLOSING
    bare = ndimage.distance_transform_edt(~far) <= CLOSING if far.any() else far
    np.testing.assert_array_equal(bridged(valid), ~bare[CLOSING:-CLOSING, CLOSING:-CLOSING])


@pytest.mark.parametrize(("width", "told"), [(8, 0), (9, 9)])
def test_a_stripe_of_eight_pixels_is_bridged_and_one_of_nine_is_not(width: int, told: int) -> None:
    valid = np.ones((60, 60), bool)
    valid[:, 20 : 20 + width] = False
    assert (~bridged(valid)).sum(axis=1).tolist() == [told] * 60
    assert (~trusted_pixels(valid)).any() == (told > 0)


@given(st.integers(0, 2**32 - 1))
def test_shadows_are_wide_gaps_that_do_not_reach_the_border(seed: int) -> None:
    """Against labelled pieces."""
    valid = masks(seed)
    pieces, count = ndimage.label(~bridged(valid))
    rim = np.ones(valid.shape, bool)
    rim[1:-1, 1:-1] = False
    enclosed = [n for n in range(1, count + 1) if not (rim & (pieces == n)).any()]
    np.testing.assert_array_equal(shadows(valid), np.isin(pieces, enclosed))


def test_an_image_without_gaps_or_without_data_has_no_shadow() -> None:
    for valid in (np.ones((30, 40), bool), np.zeros((30, 40), bool), np.zeros((1, 1), bool)):
        assert not shadows(valid).any()
