"""The band of a file with several: by description, wavelength, colour or product."""

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp

from pycalfin.errors import SceneError
from pycalfin.scene.bands import same_band
from pycalfin.scene.read import open_scene

DATE = "2018-07-20"
GEE = "LC08_012010_20180720"
RGB = ("red", "green", "blue")


def write(make, path, descriptions=(), count=None, dtype="uint16", **options):
    count = count or len(descriptions)
    bands = [make.textured(24, 20, dtype, 30, 240, seed) for seed in range(count)]
    return str(make.tif(path, np.stack(bands), descriptions=descriptions, **options))


@pytest.mark.parametrize(
    ("descriptions", "chosen"),
    [
        (("blue", "green", "red", "nir"), 4),
        (("NIR", "Red", "Green"), 1),
        (("red", "near-infrared"), 2),
        (("red", "Near Infrared", "swir"), 2),
        (("swir16", "nir08", "red"), 2),
        (("red", "nir", "nir08", "nir09"), 2),
        (("coastal_blue", "green_i", "rededge", "nir"), 4),
        (("NIR1", "NIR2", "red"), 1),
        (("SWIR1", "B5 (NIR)", "red"), 2),
        (("B2", "B3", "B4", "B8"), 4),
        (("B02", "B03", "B04", "B08"), 4),
        (("B4", "B8", "B8A", "B12"), 2),
        (("B4", "B8A", "SCL"), 2),
        (("VV", "VH", "angle"), 1),
        (("HV", "HH"), 2),
        (("hv", "hh"), 2),
        (("Sigma0_VV", "Sigma0_VH"), 1),
        (("HH", "VV"), 1),
        (("red", "QA_PIXEL"), 1),
        # true colour: red, after a word
        (("blue", "green", "red"), 3),
    ],
)
def test_descriptions_choose(make, tmp_path, descriptions, chosen):
    path = write(make, tmp_path / "a.tif", descriptions)
    assert open_scene(path, date=DATE).band == chosen


@pytest.mark.parametrize(
    ("name", "descriptions", "chosen"),
    [
        (GEE, ("B1", "B2", "B3", "B4", "B5", "B6", "B7"), 5),
        (GEE, ("SR_B2", "SR_B5", "ST_B10", "QA_PIXEL"), 2),
        (GEE, ("B8", "B5", "B4"), 2),
        (GEE, ("Nadir_Reflectance_Band4", "Nadir_Reflectance_Band5"), 2),
        ("LE07_012010_20120703", ("B3", "B4", "B5"), 2),
        ("T22WEB_20180720T151909", ("B3", "B4", "B8", "B11"), 3),
        ("20180720T151909_20180720T171905_T22WEB", ("B2", "B3", "B8A"), 3),
        ("HLS.L30.T22WEB.2018201T150231.v2.0", ("B04", "B05", "Fmask"), 2),
        ("HLS.S30.T22WEB.2018201T150231.v2.0", ("B04", "B08", "B8A"), 3),
        ("20180720_151909_1034_3B_AnalyticMS", ("",) * 4, 4),
        ("20180720_151909_1034_3B_AnalyticMS_SR_8b", ("",) * 8, 8),
        ("S1A_EW_20180720T104521_DHP_RTC30_G_gpuned_1234", ("HV", "HH"), 2),
    ],
)
def test_products_tell_their_bands(make, tmp_path, name, descriptions, chosen):
    path = write(make, tmp_path / f"{name}.tif", descriptions)
    assert open_scene(path, date=DATE).band == chosen


@pytest.mark.parametrize(
    ("name", "descriptions", "count"),
    [
        ("a", (), 4),
        ("a", (), 2),
        ("a", ("B3", "B4", "B5"), None),  # of which sensor?
        ("a", ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8"), None),
        ("a", ("SR_B3", "SR_B4", "SR_B5"), None),
        ("a", ("Nadir_Reflectance_Band4", "Nadir_Reflectance_Band5"), None),
        ("a", ("swir1", "swir2"), None),
        ("a", ("HV", "angle"), None),
        ("a", ("Amplitude_HH", "Intensity_HH"), None),
        ("a", ("red", "green"), None),
        (GEE, ("B4", "B3", "B2"), None),
        (GEE, (), 7),
        ("20180720_151909_1034_3B_AnalyticMS", (), 3),
    ],
)
def test_what_is_not_clear_is_asked(make, tmp_path, name, descriptions, count):
    path = write(make, tmp_path / f"{name}.tif", descriptions, count)
    with pytest.raises(SceneError, match="--band") as caught:
        open_scene(path, date=DATE)
    assert all(text in str(caught.value) for text in descriptions if text != "angle")
    assert open_scene(path, date=DATE, band="1").band == 1


def test_the_fourth_band_of_8_bits_is_no_transparency_if_it_is_an_image(make, tmp_path):
    path = write(make, tmp_path / "a.tif", count=4, dtype="uint8")
    with rasterio.open(path) as dataset:
        assert dataset.colorinterp[3] == ColorInterp.alpha
    with pytest.raises(SceneError, match=r"4 bands .*4 holds data, not transparency.*--band"):
        open_scene(path, date=DATE)
    assert open_scene(path, date=DATE, band="4").band == 4
    path = write(make, tmp_path / "b.tif", ("blue", "green", "red", "nir"), dtype="uint8")
    assert open_scene(path, date=DATE).band == 4
    image = np.stack([make.textured(24, 20, "uint8", 9, 250)] * 4)
    image[3] = 255
    image[3, :5] = 0
    path = str(make.tif(tmp_path / "c.tif", image))
    assert open_scene(path, date=DATE).band == 2
    path = str(make.tif(tmp_path / "d.tif", image, descriptions=(*RGB, "alpha")))
    assert open_scene(path, date=DATE).band == 1


def test_colours(make, tmp_path):
    path = write(make, tmp_path / "picture.tif", count=3, dtype="uint8")
    assert open_scene(path, date=DATE).band == 2
    path = write(make, tmp_path / "plain.tif", count=3, dtype="uint8", photometric="MINISBLACK")
    with pytest.raises(SceneError, match="--band"):
        open_scene(path, date=DATE)
    path = write(make, tmp_path / "four.tif", count=4, dtype="uint8", alpha="NO", photometric="RGB")
    with pytest.raises(SceneError, match="--band"):
        open_scene(path, date=DATE)


def test_what_gdal_knows_of_bands(make, tmp_path):
    path = write(make, tmp_path / "waves.tif", count=3)
    with rasterio.open(path, "r+") as dataset:
        for number, micrometres in enumerate(("0.66", "0.86", "1.6"), start=1):
            dataset.update_tags(number, ns="IMAGERY", CENTRAL_WAVELENGTH_UM=micrometres)
    assert open_scene(path, date=DATE).band == 2
    if hasattr(ColorInterp, "nir"):
        path = write(make, tmp_path / "nir.tif", count=3)
        with rasterio.open(path, "r+") as dataset:
            dataset.colorinterp = (ColorInterp.undefined, ColorInterp.nir, ColorInterp.undefined)
        assert open_scene(path, date=DATE).band == 2


def test_palettes_and_bits(make, tmp_path):
    image = make.textured(24, 20, "uint8", 0, 255)
    path = make.tif(tmp_path / "palette.tif", image, photometric="PALETTE")
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {n: (n, 255 - n, n // 2, 255) for n in range(256)})
    for band in (None, "1"):
        with pytest.raises(SceneError, match=r"colour table.*expand"):
            open_scene(str(path), date=DATE, band=band)
    path = make.tif(tmp_path / "grey.tif", image, photometric="PALETTE")
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {n: (n, n, n, 255) for n in range(256)})
    assert open_scene(str(path), date=DATE).band == 1
    path = make.tif(tmp_path / "bits.tif", image % 2, nbits=1)
    with pytest.raises(SceneError, match="a one-bit mask"):
        open_scene(str(path), date=DATE)


def test_one_band_that_is_described_as_something_else(make, tmp_path):
    path = write(make, tmp_path / "a.tif", ("QA_PIXEL",))
    with pytest.raises(SceneError, match=r"QA_PIXEL, a quality band.*--band 1"):
        open_scene(path, date=DATE)
    assert open_scene(path, date=DATE, band="1").band == 1


@pytest.mark.parametrize(
    ("band", "chosen"), [("nir", 2), ("NIR", 2), ("2", 2), ("SR_B4", 1), ("B4", 1), ("4", 1)]
)
def test_the_user_names_a_band(make, tmp_path, band, chosen):
    path = write(make, tmp_path / "a.tif", ("SR_B4", "nir"))
    assert open_scene(path, date=DATE, band=band).band == chosen


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [("5", "B5", True), ("b5", "B05", True), ("B5", "SR_B5", True), ("8A", "B8A", False),
     ("B8A", "b8a", True), ("B8", "B8A", False), ("HH", "hh", True), ("B5", "B15", False),
     ("B5", "HH", False), ("nir", "red", False), ("3N", "VNIR_Band3N", True), ("3", "B3N", False)],
)  # fmt: skip
def test_same_band(wanted, found, same):
    assert same_band(wanted, found) is same
