"""Synthetic scenes as labelled images.

Most are painted small, from small tiles of noise: a quarter of the pixels, of the same kinds.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from scipy import ndimage

from pycalfin.datasets import synthetic
from pycalfin.datasets.records import ICE, LAND, OCEAN, UNKNOWN
from pycalfin.synthetic import appearance, texture

SMALL, TILE = 144, 256
"""Pixels: side of small images, and of tiles that are larger than their canvas."""


@contextmanager
def small() -> Iterator[None]:
    kept = (texture._spectrum, texture._kept_tile)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(synthetic, "SIDE", SMALL)
            patch.setattr(texture, "TILE", TILE)
            for function in kept:
                function.cache_clear()
            yield
    finally:
        for function in kept:
            function.cache_clear()


@pytest.fixture(scope="module")
def images():
    with small():
        return list(synthetic.iterate(28, seed=3, bays=0.45))


@pytest.fixture(scope="module")
def plain():
    """Images without bays."""
    with small():
        return list(synthetic.iterate(16, seed=10))


def test_the_same_seed_gives_the_same_images():
    first, again, other = (next(synthetic.iterate(1, seed=seed, bays=0.45)) for seed in (3, 3, 4))
    assert first.image.shape == first.zones.shape == first.front.shape == (288, 288)
    np.testing.assert_array_equal(again.image, first.image)
    assert not np.array_equal(other.image, first.image)


def test_every_zone_is_known_and_fronts_lie_between_ocean_and_ice(images):
    for item in images:
        assert item.image.shape == item.zones.shape == (SMALL, SMALL)
        assert np.isfinite(item.image).all()
        assert item.image.min() >= 0
        assert item.edge_known.all()
        assert not (item.zones == UNKNOWN).any()
        for zone in (OCEAN, ICE):
            near = ndimage.binary_dilation(item.zones == zone, np.ones((7, 7)))
            assert not item.front.any() or near[item.front].mean() > 0.97


def test_there_are_no_fronts_one_and_several(images):
    pieces = [ndimage.label(item.front, np.ones((3, 3)))[1] for item in images]
    assert 0.03 < np.mean([count == 0 for count in pieces]) < 0.4
    assert np.mean([count == 1 for count in pieces]) > 0.3
    assert np.mean([count > 1 for count in pieces]) > 0.1


def test_no_order_of_brightness_tells_the_zones_apart(images):
    """The ocean is darker than the ice in most images, but not in all."""
    darker = [
        np.median(item.image[item.zones == OCEAN]) < np.median(item.image[item.zones == ICE])
        for item in images
        if (item.zones == ICE).any() and (item.zones == OCEAN).any()
    ]
    assert 0.4 < np.mean(darker) < 0.95
    kinds = {"optical": [], "sar": []}
    for item in images:
        kinds[item.sensor].append(np.median(item.image[item.zones == OCEAN]))
    for seas in kinds.values():
        assert max(seas) > 5 * min(seas)
    bare = [np.mean(item.zones == LAND) for item in images]
    assert min(bare) < 0.02
    assert max(bare) > 0.4


def test_without_bays_there_is_at_most_one_front_and_dark_water(plain):
    assert max(ndimage.label(item.front, np.ones((3, 3)))[1] for item in plain) == 1
    for item in plain:
        if (item.zones == ICE).any():
            sea, ice = (np.median(item.image[item.zones == zone]) for zone in (OCEAN, ICE))
            assert sea < ice


def test_bays_take_the_place_of_fjords_not_of_coasts(monkeypatch):
    """The same number decides: coasts stay coasts, whatever the share of bays."""
    # where fronts are does not depend on how they look
    blank = lambda ground, *_: np.zeros(ground.shape, np.float32)  # noqa: E731
    monkeypatch.setattr(appearance, "optical", blank)
    monkeypatch.setattr(appearance, "radar", blank)
    with small():
        kinds = [
            [item.front.any() for item in synthetic.iterate(12, seed=8, bays=share)]
            for share in (0.0, 0.85)
        ]
    assert kinds[0] == kinds[1]


def test_fjords_freeze_over_too_once_there_are_bays(plain):
    """So few bays that none is drawn: the others still take the tones of bays, some of them."""
    with small():
        varied = list(synthetic.iterate(16, seed=10, bays=1e-9))
    frozen = [_seas(images) for images in (plain, varied)]
    assert max(frozen[0]) < 0.9
    assert max(frozen[1]) > 1.1
    assert min(frozen[1]) < 0.5


def _seas(images):
    """Brightness of the ocean by that of the ice, where there is any."""
    return [
        np.median(item.image[item.zones == OCEAN]) / np.median(item.image[item.zones == ICE])
        for item in images
        if (item.zones == ICE).any()
    ]
