"""What is data in a file: by the user, the tag, the mask, the product, and the values."""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.control import GroundControlPoint

from pycalfin.errors import PrunedError
from pycalfin.geo import reproject
from pycalfin.scene.read import open_scene
from pycalfin.scene.subset import cut, write_subset
from pycalfin.settings import Settings

DATE = "2016-06-30"
SIDE = 120
ROWS, COLS = np.indices((SIDE, SIDE))
CORNER = ROWS + COLS < 50
STRIPES = ROWS % 30 < 3
OTHER_CORNER = ROWS + COLS > 190
LANDSAT_5 = "LT05_L1TP_031005_20160630_20170323_01_T1_B4.TIF"
LANDSAT_8 = "LC08_L1TP_031005_20160630_20170323_01_T1_B5.TIF"


@pytest.fixture
def judged(make, tmp_path, caplog):
    """Write an image, cut it whole, and return where it is valid and what was said."""

    def judge(image, name="scene.tif", nodata=None, max_nodata=1.0, **options):
        caplog.clear()
        path = make.tif(tmp_path / name, image, **_with_tag(**options))
        scene = open_scene(str(path), date=DATE, band=None if image.ndim == 2 else "2")
        subset = cut(scene, None, Settings(nodata=nodata, max_nodata=max_nodata))
        return subset.valid, [record.getMessage() for record in caplog.records]

    return judge


def filled(make, dtype, value, where=CORNER, **options):
    image = make.textured(SIDE, SIDE, dtype, **options)
    image[where] = value
    return image


@pytest.mark.parametrize("where", [CORNER, STRIPES], ids=["corner", "stripes"])
@pytest.mark.parametrize(
    ("dtype", "value", "nodata"),
    [
        ("float32", -9999, None),
        ("float32", -9999, 0),
        ("float32", 0, -9999),
        ("float32", 1e20, np.nan),
        ("float64", -1.7e308, -9999),
        ("int16", -32768, None),
        ("int16", -32768, -9999),
        ("uint16", 65535, 0),
        ("uint16", 0, 65535),
        ("int32", -2147483648, None),
    ],
)
def test_an_undeclared_fill_is_no_data_and_said_in_one_sentence(
    make, judged, dtype, value, nodata, where
):
    valid, said = judged(filled(make, dtype, value, where), nodata=None, **tag(nodata))
    np.testing.assert_array_equal(valid, ~where)
    if abs(value) > 1e300:
        assert said == []  # not finite in float32, which pycalfin works with
    else:
        (sentence,) = said
        assert "scene.tif: " in sentence
        assert "treated as no-data although not declared" in sentence
        assert "--nodata none keeps it" in sentence


def tag(nodata):
    return {} if nodata is None else {"tag": nodata}


def _with_tag(tag=None, **options):
    """Let `tag` be the file's no-data value, since `nodata` is the setting."""
    return options if tag is None else {**options, "nodata": tag}


@pytest.mark.parametrize(
    ("dtype", "value", "options"),
    [
        ("uint16", 0, {"tag": 0}),
        ("float32", -9999, {"tag": -9999}),
        ("float32", np.nan, {}),
        ("float32", np.inf, {}),
        ("float32", np.nan, {"tag": -9999}),
        ("uint8", 255, {"mask": ~CORNER}),
        ("uint16", 7000, {"mask": ~CORNER}),
    ],
)
def test_what_the_file_says_is_not_said_again(make, judged, dtype, value, options):
    low, high = (50, 120) if dtype == "uint8" else (6000, 12000)
    image = filled(make, dtype, value, low=low, high=high)
    valid, said = judged(image, **options)
    np.testing.assert_array_equal(valid, ~CORNER)
    assert said == []


@pytest.mark.parametrize(
    ("nodata", "options", "gap", "other_gap"),
    [
        (None, {"tag": -9999}, True, True),
        ("none", {"tag": -9999}, False, False),
        ("nan", {"tag": -9999}, False, False),
        ("none", {}, False, False),
        ("-9999", {}, True, False),
        ("7", {"tag": -9999}, False, True),
        ("-9999", {"tag": 7}, True, False),
        ("12345", {}, False, False),
    ],
)
def test_the_user_decides(make, judged, nodata, options, gap, other_gap):
    image = filled(make, "int16", -9999)
    image[OTHER_CORNER] = 7
    valid, said = judged(image, nodata=nodata, **options)
    assert (~valid[CORNER]).all() if gap else valid[CORNER].all()
    assert (~valid[OTHER_CORNER]).all() if other_gap else valid[OTHER_CORNER].all()
    assert bool(said) is (nodata is None)


def test_a_mask_is_no_value_and_stays(make, judged):
    image = make.textured(SIDE, SIDE, "uint8", 50, 120)
    valid, said = judged(image, nodata="none", mask=~CORNER)
    np.testing.assert_array_equal(valid, ~CORNER)
    assert said == []


# --- pictures of 8 bits


def picture(make, water, *, everywhere):
    """Three bands; in the second, water is black."""
    bands = np.stack([make.textured(SIDE, SIDE, "uint8", 30, 250, seed=seed) for seed in range(3)])
    bands[:, water] //= 6
    bands[1][water] = 0
    if everywhere:
        bands[:, water] = 0
    return bands


WATER = 40 + 8 * np.sin(ROWS / 9) + 3 * np.sin(ROWS / 2) > COLS


@pytest.mark.parametrize("name", ["scene.tif", "LC08_L1TP_031005_20160630_20170323_01_T1.tif"])
def test_black_water_of_one_band_is_data(make, judged, name):
    image = picture(make, WATER, everywhere=False)
    valid, said = judged(image, name, max_nodata=0.25)
    assert valid.all()
    assert said == []


def test_black_in_every_band_up_to_the_border_is_no_data(make, judged):
    valid, said = judged(picture(make, WATER, everywhere=True))
    np.testing.assert_array_equal(valid, ~WATER)
    assert "zero in every band" in said[0]


def test_a_grey_picture_in_three_equal_bands_is_one_band(make, judged):
    grey = np.clip(make.textured(SIDE, SIDE, "int16", -60, 250), 0, 250).astype("uint8")
    grey[WATER] = 0
    grey[~WATER] = np.maximum(grey[~WATER], 1)
    valid, said = judged(np.stack([grey] * 3))
    assert valid.all()
    assert "is kept as data; --nodata 0 makes it no-data" in said[0]


def test_digital_numbers_have_a_floor_and_pictures_have_none(make, judged):
    image = make.textured(SIDE, SIDE, "uint8", 0, 120)
    valid, said = judged(image, LANDSAT_5)
    np.testing.assert_array_equal(valid, image > 1)
    assert said == []
    # Landsat 8 has 16 bits: somebody stretched this
    valid, _ = judged(image, LANDSAT_8)
    assert valid.all()


# --- scenes with control points are warped


@pytest.mark.parametrize(
    ("dtype", "value", "tagged"),
    [
        ("float32", -9999.0, None),
        ("float32", -9999.0, 0.0),
        ("float32", 1e20, -9999.0),
        ("int16", -32768, None),
        ("uint16", 65535, None),
    ],
)
def test_a_warp_does_not_blend_an_undeclared_fill(make, tmp_path, caplog, dtype, value, tagged):
    image = filled(make, dtype, value, (ROWS % 7 == 3) & (COLS % 9 == 4))
    x0, y0 = reproject(np.array([[-50.0, 72.0]]), "EPSG:4326", "EPSG:3413")[0]
    points = []
    for row in np.linspace(0, SIDE, 4):
        for col in np.linspace(0, SIDE, 4):
            xy = np.array([[x0 + 35 * col + 9 * row, y0 - 36 * row]])
            lon, lat = reproject(xy, "EPSG:3413", "EPSG:4326")[0]
            points.append(GroundControlPoint(row, col, lon, lat, 0.0))
    path = make.tif(
        tmp_path / "scene.tif", image, gcps=points, crs="EPSG:4326", **_with_tag(**tag(tagged))
    )
    subset = cut(open_scene(str(path), date=DATE), None, Settings(max_nodata=1.0))
    inside = subset.pixels[subset.valid]
    assert inside.size > 0.5 * SIDE**2
    assert inside.min() >= 5990
    assert inside.max() <= 12010
    assert len(caplog.records) == 1
    assert "treated as no-data" in caplog.text


# --- and after that


def test_a_subset_keeps_what_was_found(make, tmp_path, caplog):
    path = make.tif(tmp_path / "scene.tif", filled(make, "float32", -9999))
    first = cut(open_scene(str(path), date=DATE), None, Settings(max_nodata=1.0))
    file = write_subset(tmp_path / "subsets", first)
    caplog.clear()
    second = cut(open_scene(str(file)), None, Settings(max_nodata=1.0))
    np.testing.assert_array_equal(second.valid, first.valid)
    assert caplog.text == ""


def test_all_fill(judged):
    with pytest.raises(PrunedError, match="all no-data"):
        judged(np.full((SIDE, SIDE), -9999, "float32"))
    with pytest.raises(PrunedError, match="constant value"):
        judged(np.full((SIDE, SIDE), -9999, "float32"), nodata="none")


@pytest.mark.parametrize("box", [(0, 60), (20, 100), (50, 120)])
def test_domains_of_one_scene_agree(make, tmp_path, box):
    image = filled(make, "float32", -9999, STRIPES)
    scene = open_scene(str(make.tif(tmp_path / "scene.tif", image)), date=DATE)
    domain = make.domain(make.POLAR, "EPSG:3413", box, box)
    subset = cut(scene, domain, Settings(margin=0.0))
    np.testing.assert_array_equal(subset.valid, ~STRIPES[slice(*box), slice(*box)])
