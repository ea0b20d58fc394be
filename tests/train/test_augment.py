from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from pycalfin.train.augment import Augmentation, augment, warp

CALM = Augmentation(crop=96, scale=(0.75, 2.0), no_front=0.0, mirror=1.0)


def test_same_generator_same_crop(sample):
    first, again = (augment(sample, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])


@pytest.mark.parametrize("seed", range(8))
def test_crops_are_finite_and_in_range(sample, seed):
    channels, target = augment(sample, np.random.default_rng(seed))
    assert channels.shape == (224, 224, 3)
    assert channels.dtype == np.float32
    assert np.isfinite(channels).all()
    assert abs(channels).max() <= 1
    assert target.shape == (224, 224, 5)
    assert set(np.unique(target)) <= {0, 1}


@pytest.mark.parametrize("seed", range(30))
def test_front_stays_where_the_grey_values_change(sample, seed):
    """Edge pixels lie within two pixels of the step from ocean (40) to ice (200)."""
    grey, _, _, target = warp(sample, np.random.default_rng(seed), CALM)
    edge, land = target[..., 0] > 0, target[..., 4] > 0
    near_land = ndimage.binary_dilation(land, iterations=8)
    step = ndimage.grey_dilation(grey, 5) - ndimage.grey_erosion(grey, 5) > 120
    assert step[edge & ~near_land].all()
    assert edge[step & ~near_land].mean() > 0.4 if (step & ~near_land).any() else True


@pytest.mark.parametrize("seed", range(30))
def test_zones_stay_on_their_grey_values(sample, seed):
    grey, _, _, target = warp(sample, np.random.default_rng(seed), CALM)
    for plane, value in ((2, 40), (3, 200), (4, 110)):
        inner = ndimage.binary_erosion(target[..., plane] > 0, iterations=3)
        np.testing.assert_allclose(grey[inner], value, atol=0.5)


@given(st.integers(0, 10_000))
def test_a_thin_front_survives_any_scale(sample, seed):
    """The edge is one line three pixels wide: no gaps after shrinking, no blobs after growing."""
    options = replace(CALM, scale=(0.5, 2.5))
    edge = warp(sample, np.random.default_rng(seed), options)[3][..., 0] > 0
    if edge.any():
        assert ndimage.distance_transform_cdt(np.pad(edge, 1, mode="edge")).max() <= 3
        assert ndimage.binary_opening(edge, np.ones((2, 2))).sum() > 0.7 * edge.sum()


@pytest.mark.parametrize("seed", range(10))
def test_nothing_is_known_outside_the_image(sample, seed):
    options = replace(CALM, crop=224, mirror=0.0)
    _, valid, inside, target = warp(sample, np.random.default_rng(seed), options)
    assert not inside.all()
    assert not valid[~inside].any()
    assert not target[~inside][:, 1:].any()


def test_no_front_crops_lie_away_from_it(sample):
    options = replace(CALM, crop=32, scale=(1.0, 1.0), no_front=1.0)
    shares = [warp(sample, np.random.default_rng(s), options)[3][..., 0].mean() for s in range(30)]
    assert np.mean(np.array(shares) == 0) > 0.6
