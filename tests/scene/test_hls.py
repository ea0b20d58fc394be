"""Harmonized Landsat Sentinel-2: band, date, no-data and clouds of every layout."""

from __future__ import annotations

import shutil
import zipfile

import numpy as np
import pytest

from pycalfin.errors import SceneError
from pycalfin.scene.read import find, open_raster, open_scene
from pycalfin.scene.subset import cut
from pycalfin.settings import Settings

L30, S30 = "HLS.L30.T22WEB.2018201T150231.v2.0", "HLS.S30.T22WEB.2018201T151909.v2.0"
EARTHDATA = "HLS_L30_T22WEB_2018201T150231_v2_0"
SHAPE = (40, 40)
FILL = -9999


def write(make, folder, start, *, declared=True):
    """Write a granule; bits of Fmask lie in stripes of five rows, the fill value on the left."""
    near = {"L30": "B05", "S30": "B8A"}[start[4:7]]
    between = start[3]
    fill = {"nodata": FILL} if declared else {}
    for band in ("B02", "B04", "B05", "B06", "B8A", "B10"):
        if (start[4:7], band) == ("L30", "B8A"):
            continue
        low = 3000 if band == near else 100
        values = make.textured(*SHAPE, "int16", low, low + 2000)
        values[:, :4] = FILL
        make.tif(folder / f"{start}{between}{band}.tif", values, crs="EPSG:32622", **fill)
    bits = np.repeat(np.array([0, 1, 2, 3, 4, 5, 6, 7]), 5)
    mask = np.broadcast_to((1 << bits)[:, None], SHAPE).astype(np.uint8).copy()
    mask[:, :4] = 255
    make.tif(folder / f"{start}{between}Fmask.tif", mask, crs="EPSG:32622", nodata=255)
    for angle in ("SAA", "SZA", "VAA", "VZA"):
        make.tif(folder / f"{start}{between}{angle}.tif", make.textured(*SHAPE))
    return folder


def zipped(folder):
    path = folder.with_name(f"{folder.name}.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in sorted(folder.iterdir()):
            archive.write(item, item.name)
    shutil.rmtree(folder)
    return path


LAYOUTS = {
    "folder": lambda folder: folder,
    "zip": zipped,
    "among others": lambda folder: folder,
    "band": lambda folder: next(folder.glob("*S30*B8A.tif"), None) or next(folder.glob("*B05.tif")),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("start", "sensor", "band", "time"),
    [
        (L30, "L30", "B05", "15:02:31"),
        (S30, "S30", "B8A", "15:19:09"),
        (EARTHDATA, "L30", "B05", "15:02:31"),
    ],
)
def test_one_scene_whatever_the_layout(make, tmp_path, start, sensor, band, time, declared, layout):
    folder = write(make, tmp_path / start, start, declared=declared)
    path = LAYOUTS[layout](folder)
    if layout == "among others":
        make.tif(folder / "image_20180721.tif")
    found, *others = find([str(path)])
    assert len(others) == (layout == "among others")
    scene = open_scene(found)
    identity = scene.identity
    assert (identity.sensor, identity.date, identity.time) == (sensor, "2018-07-20", time)
    assert (identity.band, identity.pathrow) == (band, "T22WEB")
    subset = cut(scene, None, Settings(max_cloud=1.0, max_nodata=1.0))
    assert not subset.valid[:, :4].any()
    assert subset.valid[:, 4:].all()
    assert np.nanmin(subset.pixels) >= 3000
    cloudy = np.zeros(SHAPE, bool)
    cloudy[5:10, 4:] = True
    np.testing.assert_array_equal(subset.cloud, cloudy)


def test_near_infrared_of_ten_metres_is_second(make, tmp_path):
    folder = write(make, tmp_path / S30, S30)
    make.tif(folder / f"{S30}.B08.tif", make.textured(*SHAPE, "int16", 100, 200))
    assert open_scene(str(folder)).identity.band == "B8A"
    (folder / f"{S30}.B8A.tif").unlink()
    scene = open_scene(str(folder))
    assert scene.identity.band == "B08"
    with open_raster(scene) as dataset:
        assert dataset.read(1).max() < 300


def test_the_format_of_before_version_2_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "HLS.S30.T22WEB.2018201.v1.4.hdf"
    path.write_bytes(b"\x0e\x03\x13\x01" + bytes(100))
    for given in (path, tmp_path):
        (found,) = find([str(given)])
        with pytest.raises(SceneError, match=r"an HDF4 file.*as GeoTIFF") as caught:
            open_scene(found)
        assert len(str(caught.value).splitlines()) == 1
