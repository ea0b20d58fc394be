"""The published pipeline on images whose front is known, with a network that sees all there is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from affine import Affine
from scipy import ndimage
from shapely.geometry import LineString

from pycalfin.errors import SettingsError
from pycalfin.front import calfin, view
from pycalfin.front.extract import extract, preset_of
from pycalfin.network import Network
from pycalfin.network.predict import predict_square
from pycalfin.records import Identity, Subset
from pycalfin.results import Prediction
from pycalfin.settings import Settings
from pycalfin.timing import Stopwatch

CHANNELS = ("grey", "hdr", "shadows_highlights")


class Seeing:
    """Answers with what the grey channel shows: bright is ice, the border of it the front."""

    def __init__(self, sure: float = 0.98) -> None:
        self.sure = sure
        self.shapes: list[tuple[int, ...]] = []

    def run(self, patches: np.ndarray) -> np.ndarray:
        self.shapes.append(patches.shape)
        ice = (patches[..., 0] > 0).astype(np.float32)
        edge = np.zeros_like(ice)
        for number, image in enumerate(ice):
            border = ndimage.maximum_filter(image, 3) - ndimage.minimum_filter(image, 3)
            edge[number] = np.where(border > 0, self.sure, 0.02)
        return np.stack([edge, 0.02 + 0.96 * ice], axis=-1).astype(np.float32)


def network(side: int | None = 224, **options: float) -> Network:
    return Network(
        "seeing",
        "calfin",
        "",
        CHANNELS,
        ("edge", "mask"),
        16,
        Seeing(**options),
        side,
        extractor="calfin",
        batch=9,
    )


def fjord_image(shape=(600, 420), wall=60, lat=70.0):
    """Ocean above, ice below a wavy front, bright walls to both sides; and the fjord's mask."""
    rows, cols = np.mgrid[: shape[0], : shape[1]].astype(float)
    front = shape[0] * 0.5 + 25 * np.sin(cols / 60)
    inside = (cols >= wall) & (cols < shape[1] - wall)
    pixels = np.where(inside & (rows < front), 1000, 9000).astype(np.float32)
    crs = "EPSG:32622" if lat > 0 else "EPSG:3031"
    corner = (5e5, 7.7e6) if lat > 0 else (-2.4e6, 1.3e6)
    subset = Subset(
        "s", pixels, np.ones(shape, bool), Affine(30, 0, corner[0], 0, -30, corner[1]), crs,
        Identity("LC08", "LC08", "optical", "2016-06-30"), "d",
    )  # fmt: skip
    line = np.column_stack([front[0], np.arange(shape[1])])
    return subset, inside, line[wall : shape[1] - wall]


def distances(found: np.ndarray, line: np.ndarray) -> np.ndarray:
    known = LineString(line)
    return shapely.distance(shapely.points(found), known)


def test_a_front_between_walls_is_found_and_the_walls_are_taken_off() -> None:
    subset, fjord, line = fjord_image()
    settings = Settings(calfin_balance=0.5)
    whole = extract(subset, network(), settings)
    masked = extract(subset, network(), settings, fjord=fjord)
    assert len(masked.fronts) == 1
    found = masked.fronts[0].pixels
    assert np.percentile(distances(found, line), 95) < 4
    # the walls are edges as well: without the mask they stay in the line
    assert len(whole.fronts) == 1
    assert len(whole.fronts[0].pixels) > 1.5 * len(found)
    assert found[:, 1].min() > 60
    assert found[:, 1].max() < 420 - 60
    covered = found[:, 1].max() - found[:, 1].min()
    assert covered > 0.75 * (420 - 120)


def test_ocean_lies_on_the_left_and_confidence_is_the_published_one() -> None:
    subset, fjord, _ = fjord_image()
    found = extract(subset, network(sure=0.9), Settings(calfin_balance=0.5), fjord=fjord)
    (front,) = found.fronts
    # ocean is above: it lies on the left of who walks to the right
    assert front.pixels[0, 1] < front.pixels[-1, 1]
    assert front.confidence == pytest.approx(2 * (0.9 - 0.5), abs=0.02)
    assert front.crs == "EPSG:3413"
    assert front.quality == 10
    assert found.ocean.area > 0


def test_nine_windows_cover_the_square_evenly() -> None:
    seen = network()
    square = np.random.default_rng(0).uniform(-1, 1, (256, 256, 3)).astype(np.float32)
    maps = predict_square(seen, square)
    assert [shape[0] for shape in seen.engine.shapes] == [9]
    np.testing.assert_allclose(maps[..., 1], 0.02 + 0.96 * (square[..., 0] > 0), atol=1e-6)
    one = network(side=288)
    fast = predict_square(one, square, fast=True)
    assert one.engine.shapes == [(1, 288, 288, 3)]
    np.testing.assert_allclose(fast[..., 1], maps[..., 1], atol=1e-6)


def test_the_subset_is_resized_whatever_its_shape() -> None:
    subset, _, _ = fjord_image(shape=(300, 700))
    views = calfin._Views(
        subset, network(), Settings(), None, calfin.constants(subset, Settings()), Stopwatch()
    )
    prediction = views.predict(view.Window.whole(subset))
    assert prediction.edge.shape == (256, 256)
    corners = prediction.to_subset(np.array([[-0.5, -0.5], [255.5, 255.5]]))
    np.testing.assert_allclose(corners, [[-0.5, -0.5], [299.5, 699.5]], atol=1e-9)


def test_constants_go_by_latitude_and_can_be_overridden() -> None:
    north, south = fjord_image()[0], fjord_image(lat=-75)[0]
    assert calfin.constants(north, Settings()) == calfin.Constants(5.0, 1.5, 2.5)
    assert calfin.constants(south, Settings()) == calfin.Constants(10.0, 1.45, 1.75)
    own = Settings(calfin_zero=5.0, calfin_side=3.0)
    assert calfin.constants(south, own) == calfin.Constants(5.0, 1.45, 3.0)
    assert calfin.constants(replace(south, transform=None), Settings()).zero == 5.0


def make_prediction(edge: np.ndarray, ice: np.ndarray) -> Prediction:
    return Prediction(
        edge.astype(np.float32), (1 - ice).astype(np.float32), None, np.ones(edge.shape, bool), ice
    )


def halves(sure=0.95, length=256):
    edge = np.full((256, 256), 0.01)
    edge[127:130, :length] = sure
    ice = np.zeros((256, 256))
    ice[128:] = 1.0
    return edge, ice


@pytest.mark.parametrize(
    ("edge", "ice", "reason"),
    [
        (*halves(), ""),
        (*halves(sure=0.7), "confidence 0.400 is below 0.525"),
        (*halves(length=20), "the edge is 20 pixels long, less than 32"),
        (halves()[0], np.where(np.mgrid[:256, :256][0] < 4, 0.0, 1.0), "more land and ice"),
        (halves()[0], np.where(np.mgrid[:256, :256][0] < 200, 0.0, 1.0), "off balance by 0.50"),
    ],
    ids=["front", "unsure", "short", "land", "balance"],
)
def test_the_published_tests_of_confidence(edge, ice, reason) -> None:
    said = calfin.rejection_reason(make_prediction(edge, ice), Settings())
    assert reason in said if reason else not said


@pytest.mark.parametrize("sure", [0.6, 0.98])
def test_no_front_has_a_reason(sure) -> None:
    subset, _, _ = fjord_image()
    flat = replace(subset, pixels=np.full(subset.shape, 9000, np.float32))
    assert extract(flat, network(sure=sure), Settings()).reason == "no edge in the prediction"
    if sure < 0.7:
        unsure = extract(subset, network(sure=sure), Settings(calfin_balance=0.5))
        assert "confidence" in unsure.reason


def test_large_subsets_are_looked_at_again_at_full_resolution() -> None:
    subset, fjord, line = fjord_image(shape=(1400, 1000), wall=380)
    settings = Settings(calfin_balance=0.5, calfin_length=10)
    sharp = extract(subset, network(), settings, fjord=fjord).fronts
    blunt = extract(subset, network(), replace(settings, refine=False), fjord=fjord).fronts
    assert len(sharp) == len(blunt) == 1
    assert np.median(distances(sharp[0].pixels, line)) < np.median(distances(blunt[0].pixels, line))


def test_the_cutoff_grows_while_the_wall_holds_most_points() -> None:
    random = np.random.default_rng(3)
    across = random.uniform(0, 60, 120)
    assert calfin.wall_cutoff(across) == calfin.WALL_DISTANCE
    along = np.concatenate([random.uniform(0, 4.5, 200), across])
    assert 4 < calfin.wall_cutoff(along) < 12
    assert calfin.wall_cutoff(np.array([1.0, 2.0])) == calfin.WALL_DISTANCE


def test_the_preset_goes_by_the_weights_unless_asked_otherwise() -> None:
    assert preset_of(Settings(), network()) == "calfin"
    light = replace(network(side=None), kind="light", extractor="light")
    assert preset_of(Settings(), light) == "light"
    assert preset_of(Settings(preset="calfin"), light) == "calfin"
    with pytest.raises(SettingsError, match="takes 224 x 224 pixels: set preset to calfin"):
        preset_of(Settings(preset="light"), network())


@pytest.mark.parametrize("window", [1, 2, 8, 9, 41])
def test_any_smoothing_window_will_do(window) -> None:
    subset, fjord, _ = fjord_image()
    settings = Settings(calfin_balance=0.5, smoothing_window=window)
    assert len(extract(subset, network(), settings, fjord=fjord).fronts) == 1


def test_the_reason_tells_walls_from_nothing() -> None:
    subset, fjord, _ = fjord_image()
    nowhere = extract(subset, network(), Settings(calfin_balance=0.5), fjord=np.zeros_like(fjord))
    assert nowhere.reason == "the edge lies along the walls of the fjord mask, or outside it"


def test_fast_looks_once_whatever_the_network() -> None:
    subset, _, _ = fjord_image()
    for side in (None, 288):
        seen = network(side=side)
        extract(subset, seen, Settings(preset="calfin", fast=True, refine=False))
        assert seen.engine.shapes == [(1, 288, 288, 3)]


def test_decibels_are_seen() -> None:
    """Negative values are not all black."""
    subset, fjord, line = fjord_image()
    decibels = replace(subset, pixels=np.where(subset.pixels > 5000, -5, -25).astype(np.float32))
    settings = Settings(calfin_balance=0.5)
    (front,) = extract(decibels, network(), settings, fjord=fjord).fronts
    assert np.percentile(distances(front.pixels, line), 95) < 4
