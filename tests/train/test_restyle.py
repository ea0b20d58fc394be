"""Light and grain exchanged between images; shapes and labels stay."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycalfin.train import fit
from pycalfin.train.augment import Augmentation, augment
from pycalfin.train.recipe import Recipe
from pycalfin.train.restyle import GRAIN, LIGHT, restyle

SIZE = 64


def image(seed, grain):
    rng = np.random.default_rng(seed)
    rows, cols = np.indices((SIZE, SIZE))
    step = np.where(rows + 0.3 * cols > 0.6 * SIZE, 0.8, 0.3)
    return (step + grain * rng.standard_normal((SIZE, SIZE))).astype(np.float32)


def waves(grey):
    return np.fft.rfft2(grey)


def radius():
    return np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None])


@given(st.integers(0, 2**32 - 1))
def test_an_image_keeps_its_own_style(seed):
    grey = image(1, 0.1)
    np.testing.assert_allclose(restyle(grey, grey, np.random.default_rng(seed)), grey, atol=1e-5)


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_phases_stay_and_either_light_or_grain_changes(seed):
    grey, other = image(1, 0.05), 0.5 * image(2, 0.3)
    found = restyle(grey, other, np.random.default_rng(seed))
    before, after = waves(grey), waves(found)
    # what is symmetric in itself is real: its phase is a sign
    np.testing.assert_allclose(after / np.abs(after), before / np.abs(before), atol=1e-2)
    low, high = radius() < LIGHT[0], radius() > GRAIN[1]
    kept = [np.allclose(after[band], before[band], rtol=1e-4) for band in (low, high)]
    assert kept.count(True) == 1


def test_fine_grain_becomes_that_of_the_other():
    grey, other = image(1, 0.02), image(2, 0.08)
    found = [restyle(grey, other, np.random.default_rng(seed)) for seed in range(40)]
    high = radius() > GRAIN[1]
    power = [np.abs(waves(one)[high]).mean() / np.abs(waves(grey)[high]).mean() for one in found]
    assert min(power) == pytest.approx(1.0, abs=1e-3)
    assert 2.0 < max(power) < 4.01


def test_crops_take_it_only_if_there_are_others(sample):
    always = replace(Augmentation(crop=64), restyled=1.0)
    alone, same = (
        augment(sample, np.random.default_rng(4), replace(always, restyled=share))[0]
        for share in (1.0, 0.0)
    )
    np.testing.assert_array_equal(alone, same)
    other = replace(sample, grey=sample.grey[::-1].copy())
    styled, target = augment(sample, np.random.default_rng(4), always, [other])
    assert not np.allclose(styled, alone)
    assert np.isfinite(styled).all()
    np.testing.assert_array_equal(target, augment(sample, np.random.default_rng(4), always)[1])


def test_painted_images_lend_nothing(sample):
    always = Recipe(augmentation=Augmentation(crop=64, restyled=1.0), batch=2)
    painted = replace(sample, painted=True)
    (made, _), (alone, _) = (
        next(iter(fit.batches([painted] * 2, replace(always, augmentation=options), 0, 1)))
        for options in (always.augmentation, Augmentation(crop=64, restyled=0.0))
    )
    np.testing.assert_array_equal(made, alone)
