"""Zones with the texture of other images; labels, and what no label covers, stay."""

from dataclasses import replace
from itertools import repeat

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from pycalfin.train.augment import Augmentation, augment
from pycalfin.train.collage import MARGIN, collage, extend

SIZE = 64
OCEAN, ICE, LAND = range(3)
ALWAYS = 1.0


def zones():
    """Ocean above ice; land at the right; nothing known in the last rows."""
    rows, cols = np.indices((SIZE, SIZE))
    land = cols >= 40
    planes = [(rows < 30) & ~land, (rows >= 30) & ~land, land]
    return np.stack(planes, axis=-1) & (rows < 56)[..., None]


def flat(value):
    return np.full((SIZE, SIZE), value, np.float32)


def donor(values):
    """An image with one grey value in each of its zones, the zones mirrored."""
    planes = zones()[:, ::-1]
    grey = sum(value * planes[..., zone] for zone, value in enumerate(values))
    return grey.astype(np.float32), planes


@given(st.integers(0, 2**32 - 1))
def test_what_no_zone_covers_stays(seed):
    rng = np.random.default_rng(seed)
    grey = rng.random((SIZE, SIZE), np.float32)
    other = rng.random((SIZE, SIZE), np.float32), zones()
    found = collage(grey, zones(), repeat(other), rng, ALWAYS)
    outside = ~zones().any(axis=-1)
    np.testing.assert_array_equal(found[outside], grey[outside])
    assert found.dtype == np.float32


@given(st.integers(0, 2**32 - 1))
def test_each_zone_takes_what_the_same_zone_of_the_other_has(seed):
    """Ice never looks like the other's water: constant zones stay between old and new value."""
    found = collage(
        flat(0.5), zones(), repeat(donor((0.1, 0.9, 0.3))), np.random.default_rng(seed), ALWAYS
    )
    for zone, value in ((OCEAN, 0.1), (ICE, 0.9), (LAND, 0.3)):
        inner = ndimage.binary_erosion(zones()[..., zone], iterations=MARGIN + 5)
        low, high = sorted((0.5, value))
        assert found[inner].min() >= low - 1e-5
        assert found[inner].max() <= high + 1e-5
        assert np.ptp(found[inner]) < 1e-3


def test_some_take_the_light_too_and_some_do_not():
    other = repeat(donor((0.1, 0.9, 0.3)))
    middles = [
        collage(flat(0.5), zones(), other, np.random.default_rng(seed), ALWAYS)[15, 20]
        for seed in range(60)
    ]
    assert np.isclose(middles, 0.1, atol=1e-3).mean() > 0.2
    assert (np.array(middles) > 0.3).mean() > 0.1


def test_an_image_without_the_zone_gives_nothing():
    grey, planes = donor((0.1, 0.9, 0.3))
    planes[..., ICE] = False
    found = collage(flat(0.5), zones(), repeat((grey, planes)), np.random.default_rng(1), ALWAYS)
    ice = zones()[..., ICE]
    np.testing.assert_array_equal(found[ice], 0.5)
    assert not np.allclose(found[~ice], 0.5)


def test_chance_zero_changes_nothing():
    grey = flat(0.5)
    found = collage(grey, zones(), repeat(donor((0.1, 0.9, 0.3))), np.random.default_rng(1), 0.0)
    np.testing.assert_array_equal(found, grey)


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_extending_keeps_the_mask_and_mirrors_at_its_border(seed):
    rng = np.random.default_rng(seed)
    mask = ndimage.gaussian_filter(rng.standard_normal((24, 30)), 3) > 0
    if not mask.any():
        mask[3, 4] = True
    grey = rng.random((24, 30), np.float32)
    extended, reached = extend(grey, mask)
    np.testing.assert_array_equal(extended[mask], grey[mask])
    assert reached[mask].all()
    assert np.isin(extended, grey[mask]).all()


def test_a_straight_border_mirrors():
    mask = np.indices((8, 20))[1] < 10
    grey = np.random.default_rng(0).random((8, 20), np.float32)
    extended, reached = extend(grey, mask)
    # the border's own pixel is the mirror
    np.testing.assert_array_equal(extended[:, 10:19], grey[:, 8::-1][:, :9])
    assert reached[:, :19].all()


@pytest.mark.parametrize("option", ["collaged", "curved"])
def test_labels_stay_and_the_image_changes(sample, option):
    plain = augment(sample, np.random.default_rng(3), Augmentation(), [sample])
    changed = replace(Augmentation(), **{option: 1.0})
    found = augment(sample, np.random.default_rng(3), changed, [sample])
    np.testing.assert_array_equal(found[1], plain[1])
    assert not np.array_equal(found[0], plain[0])
    assert np.isfinite(found[0]).all()


def test_tone_curves_keep_or_turn_the_order_of_the_zones(sample):
    """Ocean is darker than ice in the sample: still so, but for about one curve in five."""
    calm = Augmentation(
        crop=96, scale=(1.0, 1.01), no_front=0.0, curved=1.0, contrast=(0.8, 1.2), shaded=0.0,
        veiled=0.0, saturated=0.0, noisy=0.0, speckled=0.0, blurred=0.0, striped=0.0, wedged=0.0,
        coarsened=0.0, recoloured=0.0,
    )  # fmt: skip
    turned = []
    for seed in range(80):
        channels, target = augment(sample, np.random.default_rng(seed), calm)
        ocean, ice = (channels[target[..., plane] > 0, 0] for plane in (2, 3))
        if min(ocean.size, ice.size) > 200:
            turned.append(np.median(ocean) > np.median(ice))
    assert len(turned) > 40
    assert 0.08 < np.mean(turned) < 0.35
