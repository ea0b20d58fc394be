from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from pycalfin.train.calfin.augment import Augmentation, augment, centre, warp

CALM = Augmentation(sharpened=0.0, noisy=0.0)


@pytest.fixture(scope="module")
def scene():
    """An image that is bright on land, with nothing symmetric about it."""
    rows, cols = np.mgrid[:256, :256]
    land = (rows > 120 + 40 * np.sin(cols / 30)) | (np.hypot(rows - 40, cols - 190) < 25)
    shades = np.where(land, 0.6, -0.6)
    return np.stack([shades, 0.5 * shades, -shades], axis=-1).astype(np.float32), land


@pytest.mark.parametrize("seed", range(40))
def test_image_and_mask_stay_on_each_other(scene, seed):
    channels, land = augment(*scene, np.random.default_rng(seed), CALM)
    assert channels.shape == (224, 224, 3)
    assert land.shape == (224, 224)
    for kind in (land, ~land):
        inner = ndimage.binary_erosion(kind, iterations=2)
        expected = 0.6 if kind is land else -0.6
        np.testing.assert_allclose(channels[inner][:, 0], expected, atol=1e-5)
    np.testing.assert_allclose(channels[..., 2], -channels[..., 0], atol=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_everything_stays_in_range(scene, seed):
    harsh = Augmentation(sharpened=1.0, noisy=1.0)
    channels, land = augment(*scene, np.random.default_rng(seed), harsh)
    assert channels.dtype == np.float32
    assert land.dtype == bool
    assert np.isfinite(channels).all()
    assert abs(channels).max() <= 1


def test_the_same_seed_gives_the_same_crop(scene):
    first, again, other = (augment(*scene, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])


def test_without_rotation_there_are_eight_views(scene):
    """Turns, flips and transposition make all symmetries of the square, and nothing else."""
    whole = replace(CALM, crop=256, small_angle=0.0, large_angle=0.0)
    _, land = scene
    turned = [np.rot90(view, turn) for view in (land, land.T) for turn in range(4)]
    expected = {view.tobytes() for view in turned}
    found = {warp(*scene, np.random.default_rng(s), whole)[1].tobytes() for s in range(100)}
    assert found == expected


def test_shares_and_angles_are_those_published(scene, monkeypatch):
    angles = []

    def rotate(array, angle, **_):
        angles.append(angle)
        return array

    monkeypatch.setattr(ndimage, "rotate", rotate)
    tiny = scene[0][::8, ::8], scene[1][::8, ::8]
    for seed in range(600):
        warp(*tiny, np.random.default_rng(seed), replace(CALM, crop=28))
    assert len(angles) / 2 / 600 == pytest.approx(2 / 3, abs=0.07)
    assert 11 < max(np.abs(angles)) <= 12
    assert np.mean(np.abs(angles) <= 6) == pytest.approx(3 / 4, abs=0.07)


@pytest.mark.parametrize(("effect", "chance"), [("sharpened", 0.2), ("noisy", 0.2)])
def test_effects_come_as_often_as_published(scene, effect, chance):
    tiny = scene[0][::8, ::8], scene[1][::8, ::8]
    options = replace(CALM, crop=28, **{effect: getattr(Augmentation(), effect)})
    changed = 0
    for seed in range(600):
        calm, _ = augment(*tiny, np.random.default_rng(seed), replace(CALM, crop=28))
        found, _ = augment(*tiny, np.random.default_rng(seed), options)
        changed += not np.array_equal(calm, found)
    assert changed / 600 == pytest.approx(chance, abs=0.05)


def test_the_centre_is_the_middle(scene):
    channels, land = centre(*scene)
    np.testing.assert_array_equal(channels, scene[0][16:-16, 16:-16])
    np.testing.assert_array_equal(land, scene[1][16:-16, 16:-16])
