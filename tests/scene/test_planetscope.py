"""PlanetScope: the near infrared of 4 and of 8 bands, the date, and the usable data mask."""

from __future__ import annotations

import logging
import shutil
import zipfile

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp

from pycalfin.scene.read import find, open_raster, open_scene
from pycalfin.scene.subset import cut
from pycalfin.settings import Settings

FOUR = "20220714_143512_1034_3B"
EIGHT = "20220714_143512_58_2413_3B"
ORTHOTILE = "1056417_2263513_2022-07-14_1054"
SHAPE = (40, 40)
UDM2 = ("clear", "snow", "shadow", "haze_light", "haze_heavy", "cloud", "confidence", "udm1")
EIGHT_BANDS = ("coastal_blue", "blue", "green_i", "green", "yellow", "red", "rededge", "nir")
PLACE = {"crs": "EPSG:32622"}


def stack(make, count):
    """Bands of which the last is bright, with no data on the left."""
    levels = [500 + 100 * number for number in range(count - 1)] + [5000]
    values = np.stack([make.textured(*SHAPE, "uint16", low, low + 2000) for low in levels])
    values[-1, :20] //= 100  # water
    values[:, :, :4] = 0
    return values


def mask():
    """A map of each kind, in stripes of four rows; the sixth is cloud."""
    bands = np.zeros((8, *SHAPE), np.uint8)
    for number in range(6):
        bands[number, 4 * number : 4 * number + 4, 4:] = 1
    bands[6] = 80
    bands[7, :, :4] = 1
    return bands


CLOUD = mask()[5].astype(bool)


@pytest.mark.parametrize("described", [True, False])
@pytest.mark.parametrize("layout", ["folder", "zip", "among others", "file"])
@pytest.mark.parametrize(
    ("start", "asset", "udm"),
    [
        (FOUR, "AnalyticMS", "udm2"),
        (FOUR, "AnalyticMS_SR", "udm2"),
        (FOUR, "AnalyticMS_clip", "udm2_clip"),
        (FOUR, "AnalyticMS_SR_harmonized_clip", "udm2_clip"),
        (EIGHT, "AnalyticMS_8b", "udm2"),
        (EIGHT, "AnalyticMS_SR_8b", "udm2"),
        (EIGHT, "AnalyticMS_SR_8b_clip", "udm2_clip"),
        (EIGHT, "AnalyticMS_SR_8b_harmonized_clip", "udm2_clip"),
        (EIGHT, "ortho_analytic_8b_sr", "ortho_udm2"),
        (FOUR, "ortho_analytic_4b", "ortho_udm2"),
        (ORTHOTILE, "BGRN_SR", "udm2"),
        (ORTHOTILE, "BGRN_Analytic", "udm2"),
    ],
)
def test_one_scene_whatever_the_layout(make, tmp_path, start, asset, udm, layout, described):
    count = 8 if "8b" in asset else 4
    names = EIGHT_BANDS if count == 8 else ("blue", "green", "red", "nir")
    folder = tmp_path / "PSScene"
    path = make.tif(
        folder / f"{start}_{asset}.tif",
        stack(make, count),
        descriptions=names if described else (),
        **PLACE,
    )
    make.tif(folder / f"{start}_{udm}.tif", mask(), descriptions=UDM2, **PLACE)
    (folder / f"{start}_metadata.json").write_text("{}")
    if layout == "among others":
        make.tif(folder / "image_20180721.tif")
    given = path if layout == "file" else folder
    if layout == "zip":
        given = tmp_path / "order.zip"
        with zipfile.ZipFile(given, "w", zipfile.ZIP_DEFLATED) as archive:
            for item in sorted(folder.iterdir()):
                archive.write(item, f"files/{item.name}")
        shutil.rmtree(folder)
    found, *others = find([str(given)])
    assert len(others) == (layout == "among others")
    scene = open_scene(found)
    assert (scene.band, scene.date, scene.identity.sensor) == (count, "2022-07-14", "PS")
    assert scene.identity.time == (None if start == ORTHOTILE else "14:35:12")
    subset = cut(scene, None, Settings(max_cloud=1.0, max_nodata=1.0))
    assert not subset.valid[:, :4].any()
    assert subset.valid[:, 4:].all()  # also dark water
    np.testing.assert_array_equal(subset.cloud, CLOUD)


def test_a_fourth_band_that_is_called_alpha(make, tmp_path):
    path = make.tif(tmp_path / f"{FOUR}_AnalyticMS_SR.tif", stack(make, 4), **PLACE)
    with rasterio.open(path, "r+") as dataset:
        dataset.colorinterp = [
            ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha
        ]  # fmt: skip
    scene = open_scene(str(path))
    assert scene.band == 4
    with open_raster(scene) as dataset:
        assert dataset.read(4).max() > 5000
    subset = cut(scene, None, Settings(max_nodata=1.0))
    assert not subset.valid[:, :4].any()
    assert subset.valid[:, 4:].all()


def test_a_fifth_band_that_is_alpha(make, tmp_path):
    bands = np.concatenate([stack(make, 4), np.full((1, *SHAPE), 65535, "uint16")])
    path = make.tif(tmp_path / f"{FOUR}_AnalyticMS_SR.tif", bands, **PLACE)
    with rasterio.open(path, "r+") as dataset:
        dataset.colorinterp = [*dataset.colorinterp[:4], ColorInterp.alpha]
    assert open_scene(str(path)).band == 4


def test_the_mask_of_before_udm2(make, tmp_path):
    """Bit 1 is cloud, bit 0 black fill."""
    make.tif(tmp_path / f"{FOUR}_AnalyticMS.tif", stack(make, 4), **PLACE)
    bits = np.where(CLOUD, 2, 0).astype(np.uint8)
    bits[:, :4] = 1
    make.tif(tmp_path / f"{FOUR}_AnalyticMS_DN_udm.tif", bits, **PLACE)
    (path,) = find([str(tmp_path)])
    subset = cut(open_scene(path), None, Settings(max_cloud=1.0, max_nodata=1.0))
    np.testing.assert_array_equal(subset.cloud, CLOUD)
    make.tif(tmp_path / f"{FOUR}_udm2.tif", mask()[:, ::-1], **PLACE)
    subset = cut(open_scene(path), None, Settings(max_cloud=1.0, max_nodata=1.0))
    np.testing.assert_array_equal(subset.cloud, CLOUD[::-1])


def test_the_mask_that_was_clipped_as_the_image(make, tmp_path):
    for end in ("", "_clip"):
        make.tif(tmp_path / f"{FOUR}_AnalyticMS_SR{end}.tif", stack(make, 4), **PLACE)
        make.tif(tmp_path / f"{FOUR}_udm2{end}.tif", mask(), **PLACE)
    for end in ("", "_clip"):
        scene = open_scene(str(tmp_path / f"{FOUR}_AnalyticMS_SR{end}.tif"))
        assert scene.qa.endswith(f"udm2{end}.tif")
        assert scene.qa.endswith("udm2_clip.tif") == bool(end)


def test_a_mask_of_one_band_is_passed_over_in_one_sentence(make, tmp_path, caplog):
    make.tif(tmp_path / f"{FOUR}_AnalyticMS_SR.tif", stack(make, 4), **PLACE)
    make.tif(tmp_path / f"{FOUR}_udm2.tif", mask()[5], **PLACE)
    with caplog.at_level(logging.WARNING):
        subset = cut(open_scene(str(tmp_path)), None, Settings(max_nodata=1.0))
    assert subset.cloud is None
    assert [record.getMessage().endswith("clouds are not counted") for record in caplog.records]
    assert "no band 6" in caplog.text


@pytest.mark.parametrize("dates", [1, 2])
def test_scenes_of_one_order(make, tmp_path, dates):
    """Every item is one scene."""
    for day in range(dates):
        start = FOUR.replace("0714", f"071{day}")
        make.tif(tmp_path / f"{start}_AnalyticMS_SR.tif", stack(make, 4), **PLACE)
        make.tif(tmp_path / f"{start}_udm2.tif", mask(), **PLACE)
        make.tif(tmp_path / f"{start}_Visual.tif", stack(make, 4)[:3], **PLACE)
    scenes = [open_scene(path) for path in find([str(tmp_path)])]
    assert [scene.date[-2:] for scene in scenes] == [f"1{day}" for day in range(dates)]
    assert all(scene.qa for scene in scenes)
