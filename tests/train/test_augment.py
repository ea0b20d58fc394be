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
    """Edge and the step from ocean (40) to ice (200) lie on each other, away from the land."""
    grey, _, _, target = warp(sample, np.random.default_rng(seed), CALM)
    edge = target[..., 0] > 0
    step = (grey >= 120) & ndimage.binary_dilation(grey < 120)
    apart = ~ndimage.binary_dilation(target[..., 4] > 0, iterations=10)
    apart[:5] = apart[-5:] = apart[:, :5] = apart[:, -5:] = False
    near_edge, near_step = (ndimage.binary_dilation(line, iterations=4) for line in (edge, step))
    assert near_step[edge & apart].all()
    assert near_edge[step & apart].all()


@pytest.mark.parametrize("seed", range(30))
def test_zones_stay_on_their_grey_values(sample, seed):
    grey, _, _, target = warp(sample, np.random.default_rng(seed), CALM)
    for plane, value in ((2, 40), (3, 200), (4, 110)):
        inner = ndimage.binary_erosion(target[..., plane] > 0, iterations=3)
        np.testing.assert_allclose(grey[inner], value, atol=0.5)


@given(st.integers(0, 10_000))
def test_a_thin_front_survives_any_scale(sample, seed):
    """The edge is a line three pixels wide: no gaps after shrinking, no blobs after growing."""
    options = replace(CALM, scale=(0.5, 2.5), mirror=0.0)
    edge = warp(sample, np.random.default_rng(seed), options)[3][..., 0] > 0
    thickness = ndimage.distance_transform_edt(np.pad(edge, 4, mode="edge"))[4:-4, 4:-4]
    assert thickness.max() <= 3
    assert ndimage.label(edge, np.ones((3, 3)))[1] <= 3


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
