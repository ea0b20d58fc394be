"""Which layout a folder has, and listing without reading."""

import numpy as np
import pytest
from PIL import Image

from pycalfin.datasets import ICE, OCEAN, caffe, calfin, layouts
from pycalfin.errors import SceneError
from pycalfin.settings import Settings


@pytest.mark.parametrize(
    ("files", "layout"),
    [
        (["images/a.png", "labels/b.png"], "frontlearning"),
        (["images/a.png", "fronts/a.png", "zones/a.png"], "caffe"),
        (["images/a.tif", "fronts/a.geojson", "zones/a.tif"], "coasts"),
        (["sar_images/test/a.png", "fronts/test/a.png", "zones/test/a.png"], "caffe"),
        (["a.png", "a_mask.png"], "calfin"),
        (["validation/a.png", "validation/a_mask.png"], "calfin"),
        (["a.png", "a.pgw", "a.shp"], "zhang"),
        (["a.jpg", "fronts/a.shp"], "zhang"),
        (["a.tif", "a.shp"], "baumhoer"),
        (["a.tif", "a.png", "a.shp"], "baumhoer"),
        (["a.tif", "fronts.gpkg"], "geopackage"),
    ],
)
def test_layout_of_a_folder(tmp_path, files, layout):
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert layouts.detect(tmp_path) == layout


def test_no_layout_and_no_folder_are_told(tmp_path):
    (tmp_path / "a.txt").touch()
    with pytest.raises(SceneError, match="in no known layout; expected images/ with labels/"):
        layouts.detect(tmp_path)
    with pytest.raises(SceneError, match="does not exist; expected a folder"):
        layouts.detect(tmp_path / "none")
    with pytest.raises(SceneError, match="is a file; expected a folder"):
        layouts.find(tmp_path / "a.txt", "caffe", Settings())


def test_masks_of_calfin_are_fronts_that_keep_off_the_border(tmp_path):
    land = np.zeros((12, 20), np.uint8)
    land[:, 8:] = 255
    name = "Upernavik-NE_S1B_IW_GRDH_1SDH_2018-06-02_127_T203245_HH"
    Image.fromarray(land).save(tmp_path / f"{name}_mask.png")
    Image.fromarray(np.stack([land // 2, land, land], axis=-1)).save(tmp_path / f"{name}.png")
    (item,) = layouts.find(tmp_path, "calfin", Settings())
    assert item.glacier == "Upernavik-NE"
    image = item.read()
    assert (image.date, image.sensor) == ("2018-06-02", "S1B")
    assert np.argwhere(image.front)[:, 1].tolist() == [8] * 12
    assert (image.zones[:, :8] == OCEAN).all()
    assert (image.zones[:, 8:] == ICE).all()
    np.testing.assert_array_equal(image.image, land // 2)
    assert image.spacing is None


def test_validation_images_of_calfin_are_preferred(tmp_path):
    for part, name in (("train", "a"), ("validation", "b")):
        (tmp_path / part).mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / part / f"{name}.png")
        Image.new("L", (8, 8)).save(tmp_path / part / f"{name}_mask.png")
    (item,) = calfin.items(tmp_path)
    assert item.name == "b"
    assert not item.read().front.any()


def test_the_original_of_caffe_knows_its_metres(tmp_path):
    name = "COL_2011-11-13_TSX_7_1_092"
    for folder, stem, value in (
        ("sar_images", name, 90),
        ("fronts", f"{name}_front", 255),
        ("zones", f"{name}_zones", 254),
    ):
        (tmp_path / folder / "test").mkdir(parents=True)
        pixels = np.full((10, 14), value, np.uint8)
        Image.fromarray(pixels).save(tmp_path / folder / "test" / f"{stem}.png")
    (image,) = caffe.read(tmp_path)
    assert (image.glacier, image.metres, image.resolution) == ("COL", 7.0, 7.0)
    assert image.conditions == ("quality 1",)
    assert image.spacing == (7.0, 7.0)
