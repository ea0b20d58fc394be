"""From arrays and subsets to fronts, with the shipped network on scenes whose front is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from affine import Affine
from scipy import ndimage

import pycalfin
from pycalfin import geo
from pycalfin.errors import ImageError, SettingsError
from pycalfin.front.confidence import confidence
from pycalfin.front.extract import extract
from pycalfin.network import load
from pycalfin.network.calibration import Calibration
from pycalfin.records import Identity, Subset
from pycalfin.results import Prediction
from pycalfin.settings import Settings
from pycalfin.synthetic.painting import Rendering, render
from pycalfin.validate.metrics import front_distance

NORTH_UP = Affine(30, 0, 500_000, 0, -30, 7_700_000)


@pytest.fixture(scope="module")
def scene() -> Rendering:
    return render("optical", (256, 256), np.random.default_rng(4))


@pytest.fixture(scope="module")
def network():
    return load("light")


def error(front: pycalfin.Front, scene: Rendering) -> float:
    """Mean pixels between a found front (column, row) and the known one within the image."""
    (known,) = scene.fronts
    inside = np.all((known >= 0) & (known <= 255), axis=1)
    return front_distance([front.xy], [known[inside][:, ::-1]]).mean


@pytest.mark.parametrize("dtype", ["float64", "float32", "uint16", "uint8"])
def test_any_type_gives_the_known_front(dtype: str, scene: Rendering, network) -> None:
    image = scene.image / scene.image.max()
    image = image if dtype.startswith("float") else (image * np.iinfo(dtype).max).astype(dtype)
    fronts = pycalfin.extract_fronts(image, network=network)
    assert len(fronts) == 1
    assert error(fronts[0], scene) < 5
    assert fronts[0].crs is None
    np.testing.assert_array_equal(fronts[0].xy, fronts[0].pixels[:, ::-1])


def test_ocean_lies_on_the_left_as_displayed(scene: Rendering, network) -> None:
    (front,) = pycalfin.extract_fronts(scene.image, network=network)
    middle = len(front.pixels) // 2
    step = front.pixels[middle + 5] - front.pixels[middle - 5]
    left = np.array([-step[1], step[0]]) / np.hypot(*step)
    sides = [
        scene.zones[tuple(np.rint(front.pixels[middle] + sign * 8 * left).astype(int))]
        for sign in (1, -1)
    ]
    assert sides == [1, 2]  # ocean, ice


def test_three_channels_and_gaps(scene: Rendering, network) -> None:
    (plain,) = pycalfin.extract_fronts(scene.image, network=network)
    stacked = np.dstack([scene.image, scene.image * 0, scene.image * 0])
    (same,) = pycalfin.extract_fronts(stacked, network=network)
    np.testing.assert_array_equal(same.xy, plain.xy)
    gaps = scene.image.astype(float)
    gaps[:20, :20] = np.nan
    masked = np.ma.masked_invalid(gaps)
    found = [pycalfin.extract_fronts(image, network=network) for image in (gaps, masked)]
    np.testing.assert_array_equal(found[0][0].xy, found[1][0].xy)


@pytest.mark.parametrize("value", [0, 255])
def test_the_corner_of_a_swath_in_8_bits_is_no_data(
    value: int, scene: Rendering, network, caplog: pytest.LogCaptureFixture
) -> None:
    image = np.clip(255 * scene.image / np.quantile(scene.image, 0.99), 1, 254).astype("uint8")
    rows, cols = np.indices(image.shape)
    corner = 0.9 * rows + cols < 70
    declared = np.ma.masked_where(corner, image)
    expected = pycalfin.extract_fronts(declared, network=network)
    assert caplog.text == ""
    image[corner] = value
    found = pycalfin.extract_fronts(image, network=network)
    assert "treated as no-data although not declared; nodata='none' keeps it" in caplog.text
    told = pycalfin.extract_fronts(image, network=network, nodata=value)
    for fronts in (found, told):
        assert [front.xy.tolist() for front in fronts] == [front.xy.tolist() for front in expected]


def test_no_front_lies_along_the_noisy_corner_of_a_swath(scene: Rendering, network) -> None:
    image = np.clip(255 * scene.image / np.quantile(scene.image, 0.99), 1, 254)
    rows, cols = np.indices(image.shape)
    beyond = (70 - 0.9 * rows - cols) / np.hypot(0.9, 1)
    image[beyond > 0] = np.random.default_rng(3).rayleigh(2.5, np.count_nonzero(beyond > 0))
    ramp = abs(beyond) < 5
    image[ramp] = ndimage.gaussian_filter(image, 1.5)[ramp]
    found = pycalfin.extract_fronts(np.rint(image).astype("uint8"), network=network)
    declared = np.ma.masked_where(beyond > -4, image)
    assert len(found) == len(pycalfin.extract_fronts(declared, network=network))
    for front in found:
        nearest = abs(70 - front.pixels @ (0.9, 1)) / np.hypot(0.9, 1)
        assert nearest.min() > 3


def test_a_value_of_no_data_is_a_number_or_a_word() -> None:
    with pytest.raises(SettingsError, match="nodata is 'black'; expected a number"):
        pycalfin.extract_fronts(np.eye(64), nodata="black")


def test_a_fjord_mask_is_honoured(scene: Rendering, network) -> None:
    assert pycalfin.extract_fronts(scene.image, fjord=np.zeros((256, 256)), network=network) == []
    everywhere = pycalfin.extract_fronts(scene.image, fjord=np.ones((256, 256)), network=network)
    assert len(everywhere) == 1


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((4, 4, 7)), "shape"),
        (np.zeros(5), "shape"),
        (np.zeros((0, 9)), "shape"),
        (np.zeros((9, 9), complex), "amplitude"),
        (np.full((9, 9), "a"), "type"),
    ],
)
def test_what_is_no_image_is_refused(image: np.ndarray, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        pycalfin.extract_fronts(image)
    with pytest.raises(ImageError, match="fjord"):
        pycalfin.extract_fronts(np.eye(9), fjord=np.zeros((3, 3)))


@pytest.mark.parametrize("image", [np.zeros((64, 64)), np.full((64, 64), np.nan), np.eye(3)])
def test_nothing_to_see_is_no_error(image: np.ndarray) -> None:
    assert pycalfin.extract_fronts(image) == []


def georeferenced(image: np.ndarray, transform: Affine) -> Subset:
    pixels = image.astype(np.float32)
    identity = Identity("LE07_test", "LE07", "optical", "2010-07-01")
    return Subset(
        "s", pixels, np.ones(pixels.shape, bool), transform, "EPSG:32622", identity, "Glacier"
    )


def test_fields_of_a_georeferenced_front(scene: Rendering, network) -> None:
    found = extract(georeferenced(scene.image, NORTH_UP), network, Settings())
    (front,) = found.fronts
    assert found.crs == front.crs == "EPSG:3413"
    assert front.quality == 13  # automatic, SLC-off
    assert front.domain == "Glacier"
    assert len(front.uncertainty) == len(front.xy) == len(front.pixels)
    assert front.uncertainty.min() >= 0.5 * 30 - 1e-6
    assert 0.5 <= front.confidence <= 1
    assert front.network.startswith("light:")
    again = extract(georeferenced(scene.image, NORTH_UP), network, Settings())
    assert again.fronts[0].id == front.id
    np.testing.assert_array_equal(again.fronts[0].xy, front.xy)


def square(rows: slice, cols: slice) -> shapely.Polygon:
    """A part of the image on the map of `NORTH_UP`."""
    west, north = NORTH_UP @ (cols.start, rows.start)
    east, south = NORTH_UP @ (cols.stop, rows.stop)
    return shapely.box(west, south, east, north)


def map_line(front: pycalfin.Front) -> shapely.LineString:
    return shapely.LineString(geo.pixel_to_map(front.pixels, NORTH_UP))


def test_a_front_is_kept_whole_where_it_meets_the_domain_and_clipped_on_request(
    scene: Rendering, network
) -> None:
    subset = georeferenced(scene.image, NORTH_UP)
    (whole,) = extract(subset, network, Settings()).fronts
    middle = map_line(whole).interpolate(0.5, normalized=True)
    hole = middle.buffer(20 * 30)
    notched = replace(subset, polygon=square(slice(0, 256), slice(0, 256)).difference(hole))
    (kept,) = extract(notched, network, Settings()).fronts
    np.testing.assert_array_equal(kept.xy, whole.xy)
    parts = extract(notched, network, Settings(clip=True)).fronts
    assert len(parts) == 2
    exact = map_line(whole).difference(hole).length
    assert sum(map_line(part).length for part in parts) == pytest.approx(exact, abs=1e-3)
    for part in parts:
        assert map_line(part).intersection(hole.buffer(-1e-6)).is_empty
        assert map_line(whole).buffer(1e-3).covers(map_line(part))
        assert len(part.uncertainty) == len(part.xy) == len(part.pixels)
    far = replace(subset, polygon=square(slice(0, 4), slice(0, 4)))
    if not map_line(whole).intersects(far.polygon):
        nothing = extract(far, network, Settings())
        assert nothing.fronts == ()
        assert "domain" in nothing.reason


def test_results_come_in_the_crs_that_was_asked_for(scene: Rendering, network) -> None:
    subset = georeferenced(scene.image, NORTH_UP)
    (front,) = extract(subset, network, Settings(out_crs="EPSG:32622")).fronts
    assert front.crs == "EPSG:32622"
    np.testing.assert_allclose(front.xy, geo.pixel_to_map(front.pixels, NORTH_UP), atol=1e-6)


def test_a_front_that_meets_a_gap_or_the_border_is_partial(scene: Rendering, network) -> None:
    subset = georeferenced(scene.image, NORTH_UP)
    (whole,) = extract(subset, network, Settings()).fronts
    assert not whole.partial
    row, col = np.rint(whole.pixels[len(whole.pixels) // 2]).astype(int)
    along = abs(whole.pixels[-1] - whole.pixels[0])
    cut = np.s_[:, col:] if along[1] > along[0] else np.s_[row:, :]
    subset.valid[cut] = False
    subset.pixels[cut] = np.nan
    cut_short = extract(subset, network, Settings(min_confidence=0.3)).fronts
    assert cut_short
    assert all(front.partial for front in cut_short)


def test_a_mirrored_image_keeps_the_ocean_on_the_left_of_the_map(scene: Rendering, network) -> None:
    south_up = Affine(30, 0, 500_000, 0, 30, 7_700_000 - 30 * 256)
    (first,) = extract(georeferenced(scene.image, NORTH_UP), network, Settings()).fronts
    (second,) = extract(georeferenced(scene.image[::-1], south_up), network, Settings()).fronts
    assert np.dot(first.xy[-1] - first.xy[0], second.xy[-1] - second.xy[0]) > 0


def test_shrunk_subsets_get_a_second_look(scene: Rendering, network) -> None:
    large = ndimage.zoom(scene.image, 3, order=1, grid_mode=True, mode="nearest")
    subset = Subset("l", large, np.ones(large.shape, bool))
    coarse, fine = (
        extract(subset, network, Settings(refine=second, refine_side=1.5)).fronts
        for second in (False, True)
    )
    spacing = [np.hypot(*np.diff(found[0].xy, axis=0).T).mean() for found in (coarse, fine)]
    assert spacing[0] == pytest.approx(768 / 288, rel=0.05)
    assert spacing[1] < 0.9 * spacing[0]


def test_a_fjord_mask_bounds_ocean_and_coastline_too(scene: Rendering, network) -> None:
    subset = georeferenced(scene.image, NORTH_UP)
    (row, col) = np.rint(extract(subset, network, Settings()).fronts[0].pixels.mean(axis=0))
    fjord = np.zeros(subset.shape, bool)
    fjord[max(0, int(row) - 60) : int(row) + 60, max(0, int(col) - 60) : int(col) + 60] = True
    inside = shapely.union_all(
        [square(slice(*extent[0]), slice(*extent[1])) for extent in [bounds(fjord)]]
    ).buffer(4 * 30)  # beside a front that ends at the mask, its line decides for some pixels
    found = extract(subset, network, Settings(out_crs="EPSG:32622"), fjord=fjord)
    assert not found.ocean.is_empty
    assert inside.covers(found.ocean)
    assert all(inside.covers(shapely.LineString(piece.xy)) for piece in found.coast)


def bounds(mask: np.ndarray) -> list[tuple[int, int]]:
    return [(int(where.min()), int(where.max()) + 1) for where in np.nonzero(mask)]


def test_a_front_that_ends_at_a_cloud_is_partial(scene: Rendering, network) -> None:
    subset = georeferenced(scene.image, NORTH_UP)
    (whole,) = extract(subset, network, Settings()).fronts
    cloud = np.zeros(subset.shape, bool)
    row, col = np.rint(whole.pixels[0]).astype(int)
    clear = extract(replace(subset, cloud=cloud), network, Settings())
    assert [front.partial for front in clear.fronts] == [False]
    cloud[max(0, row - 4) : row + 5, max(0, col - 4) : col + 5] = True
    clouded = extract(replace(subset, cloud=cloud), network, Settings())
    assert [front.partial for front in clouded.fronts] == [True]


def test_ocean_and_coastline_agree_without_a_front(scene: Rendering, network) -> None:
    subset = georeferenced(scene.image, NORTH_UP)
    found = extract(subset, network, Settings(min_confidence=1.0))
    assert found.fronts == ()
    assert found.coast
    assert found.ocean.area > 0


FITTED = Calibration(0.4, 0.05, 0.6, 1.0, ["images"], images=1)


class Painted:
    """A network that has painted its answer beforehand."""

    name, kind, digest, side, channels = "painted", "light", "0" * 64, None, ("grey",)
    extractor = "light"

    def __init__(self, calibration: Calibration | None = FITTED) -> None:
        self.calibration = calibration


def painted(monkeypatch: pytest.MonkeyPatch, **maps: np.ndarray) -> Subset:
    """A subset of which every view has these maps."""
    shape = maps["edge"].shape
    prediction = Prediction(
        edge=maps["edge"].astype(np.float32),
        ocean=maps["ocean"].astype(np.float32),
        land=np.zeros(shape, np.float32),
        valid=np.ones(shape, bool),
        grey=np.zeros(shape, np.float32),
    )
    monkeypatch.setattr("pycalfin.front.view.predict", lambda *_: prediction)
    return Subset("s", np.zeros(shape, np.float32), np.ones(shape, bool))


def two_fronts(strength: float, contrast: float) -> dict[str, np.ndarray]:
    """A sure front below an ocean, and another one of a strength and contrast further down."""
    rows, cols = np.indices((200, 160))
    first = np.exp(-0.5 * ((rows - 40) / 1.3) ** 2) * 0.95
    second = np.exp(-0.5 * ((rows - 140) / 1.3) ** 2) * strength
    inside = (cols > 30) & (cols < 130)
    ocean = np.where(rows < 40, 0.98, 0.02) + np.where(rows > 140, contrast, 0.0)
    return {"edge": np.maximum(first, second) * inside, "ocean": ocean}


def test_a_fronts_confidence_is_the_logistic_of_its_plausibility(monkeypatch) -> None:
    subset = painted(monkeypatch, **two_fronts(0.0, 0.0))
    (front,) = extract(subset, Painted(), Settings()).fronts
    expected = confidence(float(np.cbrt(0.95 * 0.96 * 1.0)), FITTED)
    assert front.confidence == pytest.approx(expected, abs=0.01)


def test_without_a_calibration_nothing_is_claimed(monkeypatch) -> None:
    subset = painted(monkeypatch, **two_fronts(0.0, 0.0))
    (fitted,) = extract(subset, Painted(), Settings()).fronts
    (plain,) = extract(subset, Painted(None), Settings()).fronts
    assert plain.confidence == pytest.approx(float(np.cbrt(0.95 * 0.96 * 1.0)), abs=0.01)
    np.testing.assert_array_equal(plain.xy, fitted.xy)
    # the painted edge is 1.3 pixels wide
    assert np.median(plain.uncertainty) == pytest.approx(1.3, abs=0.3)


def test_a_calibration_holds_for_the_networks_own_extractor(scene: Rendering, network) -> None:
    subset = georeferenced(scene.image, NORTH_UP)
    settings = Settings(preset="calfin", calfin_confidence=0.0, calfin_balance=1.0)
    plain = replace(network, calibration=None)
    found = [extract(subset, one, settings).fronts for one in (network, plain)]
    assert found[0]
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one.uncertainty, other.uncertainty)


def test_two_fronts_stand_beside_each_other(monkeypatch) -> None:
    subset = painted(monkeypatch, **two_fronts(0.8, 0.9))
    assert len(extract(subset, Painted(), Settings()).fronts) == 2


def test_beside_a_front_at_sea_an_edge_before_no_water_is_none(monkeypatch) -> None:
    subset = painted(monkeypatch, **two_fronts(0.95, 0.3))
    (front,) = extract(subset, Painted(), Settings()).fronts
    assert front.pixels[:, 0].mean() == pytest.approx(40, abs=1)


def test_a_front_outside_the_domain_takes_none_inside_with_it(monkeypatch) -> None:
    subset = painted(monkeypatch, **two_fronts(0.95, 0.6))
    below = shapely.box(0, -200, 160, -100)
    placed = replace(subset, transform=Affine(1, 0, 0, 0, -1, 0), crs="EPSG:3413", polygon=below)
    (front,) = extract(placed, Painted(), Settings(coarse=0)).fronts
    assert front.pixels[:, 0].mean() == pytest.approx(140, abs=1)


def test_a_front_ends_before_one_outside_the_domain(monkeypatch) -> None:
    rows, cols = np.indices((120, 200))
    seen = ((cols > 30) & (cols < 90)) | ((cols > 105) & (cols < 180))
    edge = np.exp(-0.5 * ((rows - 60) / 1.3) ** 2) * seen
    ocean = 1.0 / (1.0 + np.exp((rows - 60) / 1.5))
    subset = painted(monkeypatch, edge=edge, ocean=ocean)
    west = shapely.box(0, -120, 80, 0)
    placed = replace(subset, transform=Affine(1, 0, 0, 0, -1, 0), crs="EPSG:3413", polygon=west)
    (front,) = extract(placed, Painted(), Settings(coarse=0)).fronts
    assert 85 <= front.pixels[:, 1].max() < 105


def test_a_front_ends_where_its_edge_does(monkeypatch) -> None:
    rows, cols = np.indices((120, 200))
    edge = np.exp(-0.5 * ((rows - 60) / 1.3) ** 2) * ((cols > 60) & (cols < 140))
    ocean = 1.0 / (1.0 + np.exp((rows - 60) / 1.5))
    subset = painted(monkeypatch, edge=edge, ocean=ocean)
    (front,) = extract(subset, Painted(), Settings()).fronts
    assert sorted(front.pixels[[0, -1], 1]) == pytest.approx([60, 140], abs=4)


def test_the_ocean_ends_at_the_front_and_nowhere_behind_it(monkeypatch) -> None:
    subset = painted(monkeypatch, **two_fronts(0.0, 0.0))
    found = extract(subset, Painted(), Settings())
    (front,) = found.fronts
    line = shapely.LineString(front.xy)
    assert line.difference(found.ocean.boundary.buffer(1e-6)).length < 1e-3
    assert found.ocean.intersection(shapely.box(40, 45, 120, 200)).is_empty
