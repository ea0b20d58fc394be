import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycalfin.network.predict import FLIPS, UNFLIPPED, Maps, pad, predict_image


def image(height, width, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (height, width, 3)).astype(np.float32)


@given(st.integers(1, 100), st.integers(1, 100), st.sampled_from([8, 32]))
def test_padding_reaches_the_stride_and_keeps_the_image(height, width, stride):
    original = image(height, width)
    padded, window = pad(original, stride)
    assert padded.shape[0] % stride == padded.shape[1] % stride == 0
    assert padded.shape[0] - height < stride
    assert padded.shape[1] - width < stride
    np.testing.assert_array_equal(padded[window], original)


@pytest.mark.parametrize("shape", [(1, 1), (31, 33), (64, 64), (50, 120)])
def test_maps_have_the_image_s_shape(loaded, shape):
    maps = predict_image(loaded, image(*shape))
    assert isinstance(maps, Maps)
    for values in (maps.edge, maps.ocean, maps.ice, maps.land):
        assert values.shape == shape
        assert values.dtype == np.float32
    np.testing.assert_allclose(maps.ocean + maps.ice + maps.land, 1, atol=1e-5)


def test_aligned_image_without_flips_is_the_network_s_own_answer(loaded):
    channels = image(64, 96)
    maps = predict_image(loaded, channels, flips=UNFLIPPED)
    expected = loaded.predict(channels[None])[0]
    np.testing.assert_array_equal(maps.edge, expected[..., 0])
    np.testing.assert_array_equal(maps.land, expected[..., 3])


def test_padding_by_hand_changes_nothing(loaded):
    channels = image(50, 70)
    padded, window = pad(channels, loaded.stride)
    by_hand = predict_image(loaded, padded, flips=UNFLIPPED)
    maps = predict_image(loaded, channels, flips=UNFLIPPED)
    np.testing.assert_array_equal(maps.edge, by_hand.edge[window])


@settings(max_examples=4)
@given(st.sampled_from([(0,), (1,), (0, 1)]), st.integers(0, 9))
def test_averaging_flips_makes_the_answer_turn_with_the_image(loaded, axes, seed):
    channels = image(64, 64, seed)
    straight = predict_image(loaded, channels).edge
    turned = predict_image(loaded, np.flip(channels, axes)).edge
    np.testing.assert_allclose(np.flip(turned, axes), straight, atol=1e-4)


def test_every_mirror_image_counts_once_however_they_are_batched(loaded):
    channels = image(64, 96)
    together = predict_image(loaded, channels).edge
    apart = [predict_image(loaded, channels, flips=[axes]).edge for axes in FLIPS]
    np.testing.assert_allclose(np.mean(apart, axis=0), together, atol=1e-5)


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 5)])
def test_no_pixels_or_channels_is_refused(loaded, shape):
    with pytest.raises(ValueError, match="channels have the shape"):
        predict_image(loaded, np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((64, 64, 3), "patches have the shape"),
        ((1, 64, 64, 1), "patches have the shape"),
        ((1, 60, 64, 3), "multiples of 32"),
        ((0, 64, 64, 3), "multiples of 32"),
    ],
)
def test_patches_that_do_not_fit_are_refused(loaded, shape, message):
    with pytest.raises(ValueError, match=message):
        loaded.predict(np.zeros(shape, np.float32))
