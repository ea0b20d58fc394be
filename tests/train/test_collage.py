"""Zones with the texture of other images; labels, and what no label covers, stay."""

from itertools import repeat

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

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
    """An image with one grey value in each of its zones."""
    planes = zones()
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


def test_every_zone_is_filled_where_the_other_has_it():
    found = [
        collage(
            flat(0.5), zones(), repeat(donor((0.1, 0.9, 0.3))), np.random.default_rng(s), ALWAYS
        )
        for s in range(40)
    ]
    for zone, value in ((OCEAN, 0.1), (ICE, 0.9), (LAND, 0.3)):
        inner = ndimage.binary_erosion(zones()[..., zone], iterations=MARGIN + 5)
        middles = np.array([one[inner].mean() for one in found])
        assert (abs(middles - value) < abs(0.5 - value) - 0.01).mean() > 0.8


def test_the_border_of_a_zone_may_keep_what_was_there_and_fades():
    """Beside the border some crops keep the old value, deep inside none does; no seam is hard."""
    rows = np.arange(SIZE)
    profiles = np.array(
        [
            collage(
                flat(0.5), zones(), repeat(donor((0.1, 0.1, 0.1))), np.random.default_rng(s), ALWAYS
            )[:, 10]
            for s in range(40)
        ]
    )
    untoned = profiles[np.isclose(profiles[:, 15], 0.1, atol=1e-3)]
    assert len(untoned) > 8
    beside = untoned[:, rows == 29].ravel()
    assert np.ptp(beside) > 0.2
    assert (abs(np.diff(untoned[:, 24:30], axis=1)) < 0.39).all()


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


def test_nothing_beyond_the_image_is_mirrored():
    """A narrow strip at the image's border reaches its own width beyond itself, and no further."""
    mask = np.indices((8, 20))[1] < 4
    _, reached = extend(np.random.default_rng(0).random((8, 20), np.float32), mask)
    np.testing.assert_array_equal(reached[0], np.arange(20) < 7)


def test_labels_are_not_trusted_at_their_border():
    """What lies within two pixels of the donor's border never shows."""
    grey, planes = donor((0.1, 0.1, 0.1))
    doubtful = planes & ~ndimage.binary_erosion(planes, np.ones((3, 3, 1)), iterations=2)
    grey[doubtful.any(axis=-1)] = 1.0
    for seed in range(20):
        found = collage(
            flat(0.5), zones(), repeat((grey, planes)), np.random.default_rng(seed), ALWAYS
        )
        assert found.max() < 0.6


def test_a_straight_border_mirrors():
    mask = np.indices((8, 20))[1] < 10
    grey = np.random.default_rng(0).random((8, 20), np.float32)
    extended, reached = extend(grey, mask)
    # the border's own pixel is the mirror
    np.testing.assert_array_equal(extended[:, 10:19], grey[:, 8::-1][:, :9])
    assert reached[:, :19].all()
    assert not reached[:, 19].any()
