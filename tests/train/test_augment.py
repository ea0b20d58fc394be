from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from pycalfin.train import augment as module
from pycalfin.train.augment import Augmentation, augment, warp
from pycalfin.train.collage import collage

PLAIN = Augmentation(
    scale=(1.0, 1.01), no_front=0.0, mirror=1.0, contrast=(0.8, 1.2), shaded=0.0, veiled=0.0,
    saturated=0.0, noisy=0.0, speckled=0.0, blurred=0.0, striped=0.0, wedged=0.0, coarsened=0.0,
    recoloured=0.0,
)  # fmt: skip
"""Crops that are neither relit nor damaged."""
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


def test_most_collages_change_the_image_and_none_the_labels(sample):
    calm, changed = replace(PLAIN, crop=96), []

    def watched(grey, *rest):
        found = collage(grey, *rest)
        changed.append(not np.array_equal(found, grey))
        return found

    for seed in range(30):
        plain = augment(sample, np.random.default_rng(seed), calm)
        with patch.object(module, "collage", watched):
            found = augment(
                sample, np.random.default_rng(seed), replace(calm, collaged=1.0), [sample]
            )
        np.testing.assert_array_equal(found[1], plain[1])
        assert np.isfinite(found[0]).all()
    assert len(changed) == 30
    assert 0.5 < np.mean(changed) < 1.0


def test_without_other_images_there_is_no_collage(sample):
    first, again = (
        augment(sample, np.random.default_rng(3), replace(PLAIN, collaged=chance))
        for chance in (0.0, 1.0)
    )
    np.testing.assert_array_equal(first[0], again[0])


def test_painted_images_are_filled_more_often(sample):
    chance, changed = 0.4, []
    for painted in (False, True):
        mine = replace(sample, painted=painted)
        options = replace(PLAIN, crop=32, collaged=chance)
        with patch.object(module, "_collage", side_effect=lambda grey, *_: grey) as called:
            for seed in range(200):
                augment(mine, np.random.default_rng(seed), options, [sample])
        changed.append(called.call_count)
    assert changed[1] == pytest.approx(2 * changed[0], rel=0.25)


def test_tone_curves_keep_or_turn_the_order_of_the_zones(sample):
    """Ocean is darker than ice in the sample: still so, but for about one curve in five."""
    calm = replace(PLAIN, crop=96, curved=1.0)
    turned = []
    for seed in range(80):
        channels, target = augment(sample, np.random.default_rng(seed), calm)
        ocean, ice = (channels[target[..., plane] > 0, 0] for plane in (2, 3))
        if min(ocean.size, ice.size) > 200:
            turned.append(np.median(ocean) > np.median(ice))
    assert len(turned) > 40
    assert 0.08 < np.mean(turned) < 0.35
