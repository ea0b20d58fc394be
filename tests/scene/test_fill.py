"""What is taken for a fill value, and what is not, in plain arrays."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from pycalfin.scene import fill

SIDE = 240
ROWS, COLS = np.indices((SIDE, SIDE))
RNG = np.random.default_rng(5)
EARTH = ndimage.gaussian_filter(RNG.normal(size=(SIDE, SIDE)), 6)
EARTH = (EARTH - EARTH.min()) / np.ptp(EARTH) + RNG.normal(0, 0.01, (SIDE, SIDE))
"""A rough surface, 0..1."""

KINDS = {
    "digital numbers": (6000 + 11000 * EARTH).astype("uint16"),
    "signed": (3000 + 5000 * EARTH).astype("int16"),
    "surface reflectance": (-200 + 9000 * EARTH).astype("int16"),
    "reflectance": (0.3 + 0.7 * EARTH).astype("float32"),
    "reflectance, some negative": (-0.02 + 0.7 * EARTH).astype("float64"),
    "decibels": (-25 + 27 * EARTH).astype("float32"),
    "picture": np.clip(1 + 254 * EARTH, 1, 255).astype("uint8"),
    "32 bits": (6000 + 11000 * EARTH).astype("int32"),
}
LOWEST = float(np.finfo("float32").min)
FILLS = {
    "digital numbers": (0, 65535),
    "signed": (-32768, -9999, 32767, 0, -999),
    "surface reflectance": (-9999, -32768, 32767),
    "reflectance": (-9999, -32768, 0, LOWEST, 1e20, 9.969209968386869e36, -99, -1, -3.4e38, 65535),
    "reflectance, some negative": (-9999, LOWEST, 1e20, -32768, np.finfo("float64").min / 1e280),
    "decibels": (-9999, 0, LOWEST, 1e20, -99, -999),
    "picture": (),
    "32 bits": (-9999, 0, -2147483648, 2147483647, -32768),
}
PLACES = {
    "corner": ROWS + COLS < 0.45 * SIDE,
    "stripes": ROWS % 35 < 4,
    "single pixels": (ROWS % 7 == 3) & (COLS % 11 == 5),
    "few pixels": (ROWS % 50 == 3) & (COLS % 40 == 5),
    "a side": COLS > 0.9 * SIDE,
    "ragged": ndimage.gaussian_filter(np.random.default_rng(2).normal(size=EARTH.shape), 9) > 0.02,
}


SQUARE = np.ones((3, 3))


def judged(raw, **options):
    return fill.undeclared(raw, np.isfinite(raw), **options)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("kind", "value"), [(kind, value) for kind, values in FILLS.items() for value in values]
)
def test_what_no_image_holds_is_no_data_wherever_it_is(kind, value, place):
    raw = KINDS[kind].copy()
    raw[PLACES[place]] = value
    verdict = judged(raw)
    assert [found for found, _ in verdict.taken] == [pytest.approx(value)]
    np.testing.assert_array_equal(verdict.fill, PLACES[place])
    assert verdict.kept == ()


@pytest.mark.parametrize(
    ("kind", "value"),
    [("digital numbers", 65535), ("signed", -9999), ("reflectance", 0), ("decibels", LOWEST)],
)
def test_one_dead_pixel(kind, value):
    raw = KINDS[kind].copy()
    raw[80, 80] = value
    assert np.argwhere(judged(raw).fill).tolist() == [[80, 80]]


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_without_no_data_stays_as_it_is(kind):
    verdict = judged(KINDS[kind])
    assert (verdict.fill.any(), verdict.taken, verdict.kept) == (False, (), ())


TURN = np.cos(0.5) * (ROWS - SIDE / 2) + np.sin(0.5) * (COLS - SIDE / 2)
ACROSS = -np.sin(0.5) * (ROWS - SIDE / 2) + np.cos(0.5) * (COLS - SIDE / 2)
STRAIGHT = {
    "corner": PLACES["corner"],
    "a side": PLACES["a side"],
    "stripes": PLACES["stripes"],
    "slanted stripes": (TURN % 40) < 3,
    "stripes of one pixel": (ROWS % 25) == 7,
    "slanted stripes of one pixel": (np.floor(TURN) % 25) == 7,
    "wedges": abs((TURN + SIDE) % 40 - 20) < 5 * np.clip(-ACROSS / SIDE, 0, 1),
    "collar": np.maximum(abs(TURN), abs(ACROSS)) > 0.42 * SIDE,
    "steps of sub-swaths": 30 + 20 * (COLS // 90) > ROWS,
    "two corners": (PLACES["corner"]) | (ROWS + COLS > 1.7 * SIDE),
}


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("place", STRAIGHT)
def test_straight_edges_in_a_picture_of_8_bits(place, value):
    raw = KINDS["picture"].copy()
    raw[STRAIGHT[place]] = value
    verdict = judged(raw)
    assert verdict.taken == ((value, fill.CUT_OFF),)
    assert verdict.fill[STRAIGHT[place]].mean() > 0.98
    assert not verdict.fill[~STRAIGHT[place] & (raw != value)].any()


def test_a_short_straight_edge_of_a_corner_that_a_shadow_touches():
    """The corner is told although a third of its piece's outline is the shadow's."""
    raw = np.clip(KINDS["picture"], 30, 255)
    corner = COLS - 0.55 * ROWS > SIDE - 20
    shadow = (SIDE - 9 + 3 * np.sin(ROWS / 3) < COLS) & (abs(ROWS - 41) < 15)
    raw[corner | shadow] = 0
    verdict = judged(raw)
    assert verdict.taken == ((0, fill.CUT_OFF),)
    np.testing.assert_array_equal(verdict.fill[corner], True)
    assert not verdict.fill[raw != 0].any()
    coast = SIDE - 15 + 6 * np.sin(ROWS / 6) < COLS
    raw = np.clip(KINDS["picture"], 30, 255)
    raw[coast] = 0
    assert not judged(raw).fill.any()


SPECKLE = np.random.default_rng(8).rayleigh(2.5, EARTH.shape)
NOISES = {"speckle": SPECKLE, "levels": np.random.default_rng(9).integers(0, 6, EARTH.shape)}


@pytest.mark.parametrize("blur", [0, 1.5])
@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("end", [0, 255])
@pytest.mark.parametrize("place", ["corner", "a side", "two corners"])
def test_a_noisy_fill_up_to_the_border_of_a_picture(place, end, noise, blur):
    where = PLACES.get(place, STRAIGHT.get(place))
    grey = np.clip(KINDS["picture"], 50, 205) + 3 * (SPECKLE - 3)
    grey = np.where(where, abs(end - NOISES[noise]), grey)
    if blur:
        beside = ndimage.binary_dilation(where, iterations=4) & ~ndimage.binary_erosion(
            where, iterations=4, border_value=1
        )
        grey = np.where(beside, ndimage.gaussian_filter(grey, blur), grey)
    verdict = judged(np.rint(np.clip(grey, 0, 255)).astype("uint8"))
    assert verdict.fill[where].mean() > 0.95
    assert not verdict.fill[~ndimage.binary_dilation(where, SQUARE, iterations=4)].any()


@pytest.mark.parametrize("dark", [True, False])
def test_smooth_water_and_bright_snow_are_no_noisy_fill(dark):
    """A ragged outline, or little contrast at a straight one, is no swath's edge."""
    water = 0.4 * SIDE + 12 * np.sin(ROWS / 17) + 5 * np.sin(ROWS / 5) > COLS
    faint = COLS < 0.3 * SIDE
    for sea, rest in ((water, np.maximum(KINDS["picture"], 40)), (faint, 12 + 2 * SPECKLE.T)):
        grey = np.where(sea, SPECKLE, rest)
        raw = np.rint(np.clip(grey, 0, 255)).astype("uint8")
        assert not judged(raw if dark else 255 - raw).fill.any()


def test_only_a_picture_may_have_a_noisy_fill():
    raw = KINDS["digital numbers"].copy()
    raw[PLACES["corner"]] = 3000 + NOISES["levels"][PLACES["corner"]]
    assert not judged(raw).fill.any()


def clipped(low, high, dtype="uint8"):
    """A picture in which a part of the image is beyond the ends of the stretch."""
    ends = np.quantile(EARTH, [low, 1 - high])
    return np.clip(255 * (EARTH - ends[0]) / np.ptp(ends), 0, 255).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "int16"])
@pytest.mark.parametrize(("low", "high"), [(0.02, 0.02), (0.36, 0.0), (0.0, 0.36), (0.3, 0.3)])
def test_dark_water_and_bright_ice_are_data(low, high, dtype):
    assert judged(clipped(low, high, dtype)).taken == ()


def test_black_water_before_a_front_is_data_and_doubt_is_said():
    raw = np.maximum(KINDS["picture"], 40)
    edge = 0.4 * SIDE + 12 * np.sin(ROWS / 17) + 5 * np.sin(ROWS / 5)
    raw[edge > COLS] = 0
    verdict = judged(raw)
    assert not verdict.fill.any()
    assert verdict.kept == (0,)


def test_ordinary_zeros():
    decibels = np.round(KINDS["decibels"] / 3).astype("int8")
    assert (decibels == 0).any()
    assert judged(decibels).taken == ()
    spread = KINDS["decibels"].copy()
    spread[PLACES["ragged"]] = 0
    assert judged(spread).fill[PLACES["ragged"]].all()


def test_blends_at_the_edge_of_a_fill_go_with_it():
    raw = KINDS["reflectance"].copy()
    raw[PLACES["corner"]] = -9999
    raw[(ROWS + COLS == 108)] = -4000.25
    raw[(ROWS + COLS == 109)] = -12.5
    verdict = judged(raw)
    np.testing.assert_array_equal(verdict.fill, ROWS + COLS < 110)


def test_two_fills():
    raw = KINDS["reflectance"].copy()
    raw[PLACES["corner"]] = -9999
    raw[PLACES["stripes"]] = 1e20
    verdict = judged(raw)
    assert [value for value, _ in verdict.taken] == pytest.approx([-9999, 1e20])
    np.testing.assert_array_equal(verdict.fill, PLACES["corner"] | PLACES["stripes"])


def test_bright_targets_are_data():
    raw = (100 + 100 * EARTH).astype("uint16")
    raw[100:107, 100:107] = 5000
    assert judged(raw).taken == ()
    raw = KINDS["picture"] // 2
    raw[100:104, 100:104] = 255
    assert judged(raw).taken == ()


def test_nothing_but_fill():
    assert judged(np.zeros((40, 40), "uint16")).fill.all()
    assert judged(np.full((40, 40), -9999, "float32")).fill.all()
    assert not judged(np.full((40, 40), 7000, "uint16")).fill.any()
    assert not judged(np.full((40, 40), np.nan)).fill.any()


@pytest.mark.parametrize(
    ("value", "text"),
    [(-9999.0, "-9999"), (0.0, "0"), (1e20, "1e+20"), (LOWEST, "-3.4028235e+38"), (0.5, "0.5")],
)
def test_values_are_written_so_that_they_can_be_typed(value, text):
    assert fill.text(value) == text
    assert fill.equals(np.array([value], "float32"), float(text)).all()
