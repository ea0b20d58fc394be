import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from pycalfin.scene import enhance

SHAPES = npst.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24)
IMAGES = npst.arrays(np.float32, SHAPES, elements=st.integers(0, 60_000).map(float))


def ramp(shape=(96, 128), low=6000.0, high=14_000.0):
    """A smooth slope without any edge."""
    rows, cols = np.indices(shape, dtype=np.float32)
    return (low + (high - low) * (rows / shape[0] + cols / shape[1]) / 2).astype(np.float32)


def stripes(shape, period=16, widest=9):
    """Slanted gaps that widen from the centre outwards, as SLC-off leaves them."""
    rows, cols = np.indices(shape)
    width = widest * np.abs(cols / shape[1] - 0.5) * 2
    return (rows + 0.2 * cols) % period < width


def scene(seed=0, shape=(96, 128)):
    """Bright textured ice above, dark water below, a bright rock."""
    rng = np.random.default_rng(seed)
    image = np.where(np.arange(shape[0])[:, None] < shape[0] // 2, 12_000.0, 6500.0)
    image = image + rng.normal(0, 200, shape)
    image[10:26, 10:40] = 16_000
    return image.astype(np.float32)


@given(IMAGES, st.data())
def test_channels_are_finite_float32_within_range(image, data):
    valid = data.draw(npst.arrays(np.bool_, image.shape))
    image = np.where(valid, image, np.nan).astype(np.float32)
    made = enhance.channels(image, valid)
    assert made.shape == (*image.shape, 3)
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert made.min() >= -1
    assert made.max() <= 1


@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf, 0.0, 1e30])
def test_what_is_stored_in_a_gap_does_not_matter(missing):
    valid = ~stripes((96, 128))
    usual = enhance.channels(scene(), valid)
    other = enhance.channels(np.where(valid, scene(), np.float32(missing)), valid)
    np.testing.assert_array_equal(other, usual)


@pytest.mark.parametrize(("gain", "offset"), [(2.0, 0.0), (1.0, 500.0), (1 / 65_535, -0.1)])
def test_gain_and_offset_of_a_product_do_not_matter(gain, offset):
    valid = ~stripes((96, 128))
    usual = enhance.channels(scene(), valid)
    scaled = enhance.channels((scene().astype(float) * gain + offset).astype(np.float32), valid)
    np.testing.assert_allclose(scaled, usual, atol=2e-3)


def test_stretch_maps_the_percentiles_to_zero_and_one():
    image = scene()
    grey = enhance.stretch(image, np.ones(image.shape, bool), (5.0, 90.0))
    low, high = np.percentile(image, [5.0, 90.0])
    np.testing.assert_allclose(grey[image <= low], 0.0, atol=1e-6)
    np.testing.assert_allclose(grey[image >= high], 1.0, atol=1e-6)
    inside = (image > low) & (image < high)
    order = np.argsort(image[inside])
    assert (np.diff(grey[inside][order]) >= 0).all()


def test_a_few_bright_bergs_do_not_set_the_range():
    image = scene()
    with_berg = image.copy()
    with_berg[70:73, 60:63] = 60_000
    everywhere = np.ones(image.shape, bool)
    usual, other = (enhance.stretch(each, everywhere) for each in (image, with_berg))
    np.testing.assert_allclose(
        np.delete(other, slice(70, 73), 0), np.delete(usual, slice(70, 73), 0), atol=0.05
    )


@given(IMAGES, st.data())
def test_filling_leaves_valid_pixels_alone(image, data):
    valid = data.draw(npst.arrays(np.bool_, image.shape))
    filled = enhance.fill_gaps(np.where(valid, image, np.nan).astype(np.float32), valid)
    assert filled.dtype == np.float32
    assert np.isfinite(filled).all()
    np.testing.assert_array_equal(filled[valid], image[valid])
    if valid.any():
        assert filled.min() >= image[valid].min() - 1e-2
        assert filled.max() <= image[valid].max() + 1e-2


def test_filling_does_not_write_into_its_input():
    valid = ~stripes((96, 128))
    image = np.where(valid, scene(), np.nan).astype(np.float32)
    before = image.copy()
    enhance.channels(image, valid)
    np.testing.assert_array_equal(image, before)


def test_stripes_over_a_smooth_slope_do_not_become_edges():
    image = ramp()
    gaps = stripes(image.shape)
    filled = enhance.fill_gaps(np.where(gaps, 0, image).astype(np.float32), ~gaps)
    step_of_stripe = image.mean()  # what the gradient would be at an unfilled zero
    gradient = np.hypot(*np.gradient(filled))
    assert gradient.max() < 0.05 * step_of_stripe
    assert np.abs(filled - image).max() < 0.06 * (image.max() - image.min())


def test_stripes_change_the_channels_of_a_scene_only_a_little():
    image = scene()
    gaps = stripes(image.shape)
    whole = enhance.channels(image, np.ones(image.shape, bool))
    striped = enhance.channels(np.where(gaps, 0, image).astype(np.float32), ~gaps)
    assert np.abs(striped - whole)[~gaps].mean() < 0.05

    # the edge between ice and water moves by no more than half of the widest gap
    def edge(made):
        return np.argmin(np.diff(made[30:-5, :, 0], axis=0), axis=0)

    assert np.abs(edge(striped) - edge(whole)).max() <= 5


@pytest.mark.parametrize("value", [0.0, 7.0, 65_535.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (32, 32)])
def test_a_constant_image_gives_constant_channels(value, shape):
    made = enhance.channels(np.full(shape, value, np.float32), np.ones(shape, bool))
    assert np.isfinite(made).all()
    assert np.ptp(made.reshape(-1, 3), axis=0).max() < 1e-6


def test_an_image_without_valid_pixels_gives_constant_channels():
    shape = (20, 30)
    made = enhance.channels(np.full(shape, np.nan, np.float32), np.zeros(shape, bool))
    assert np.isfinite(made).all()
    assert np.ptp(made.reshape(-1, 3), axis=0).max() < 1e-6


def test_the_tone_map_shows_faint_structure_in_dark_and_bright_parts():
    rows = np.arange(96)[:, None] * np.ones(128, np.float32)
    ripple = 0.03 * np.sin(rows * 1.5)
    for level in (0.1, 0.9):
        grey = (level + ripple).astype(np.float32)
        assert enhance.tone_map(grey).std() > 1.5 * grey.std()


def test_shadows_are_lifted_and_highlights_held_back():
    for level, brighter in ((0.1, True), (0.9, False)):
        grey = np.full((40, 40), level, np.float32)
        assert (enhance.shadows_highlights(grey).mean() > level) == brighter


def test_the_order_of_channels_is_the_one_asked_for():
    image, valid = scene(), np.ones((96, 128), bool)
    usual = enhance.channels(image, valid)
    turned = enhance.channels(image, valid, ("shadows", "grey"))
    np.testing.assert_array_equal(turned, usual[..., [2, 0]])
