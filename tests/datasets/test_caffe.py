import numpy as np
import pytest
from PIL import Image

from pycalfin.datasets import ICE, LAND, OCEAN, UNKNOWN, caffe
from pycalfin.errors import SceneError

NAME = "Jorum_2011-12-12_TSX_7_3_034.png"


def write(folder, name, array):
    folder.mkdir(exist_ok=True)
    Image.fromarray(array.astype(np.uint8)).save(folder / name)


@pytest.fixture(params=["resized", "original"])
def folder(tmp_path, request):
    """Quarters: not available, rock, glacier and ocean, in either coding."""
    codes = [1, 2, 3, 4] if request.param == "resized" else [0, 64, 127, 254]
    zones = np.repeat(np.repeat(np.reshape(codes, (2, 2)), 8, axis=0), 8, axis=1)
    front = np.zeros((16, 16))
    front[8:, 8] = 255
    write(tmp_path / "images", NAME, np.full((16, 16), 90))
    write(tmp_path / "fronts", NAME, front)
    write(tmp_path / "zones", NAME, zones)
    return tmp_path


def test_reads_zones_front_and_metadata(folder):
    (image,) = caffe.read(folder)
    assert (image.glacier, image.sensor, image.date) == ("Jorum", "TSX", "2011-12-12")
    assert image.metres is None
    assert image.zones[::8, ::8].tolist() == [[UNKNOWN, LAND], [ICE, OCEAN]]
    assert image.front.sum() == 8
    assert np.isnan(image.image[:8, :8]).all()
    assert np.isfinite(image.image).sum() == 192


def test_unknown_zone_code_is_named(folder):
    write(folder / "zones", NAME, np.full((16, 16), 7))
    with pytest.raises(SceneError, match=r"zone codes \[7\]"):
        caffe.read(folder)


def test_labels_of_another_size_are_refused(folder):
    write(folder / "fronts", NAME, np.zeros((8, 8)))
    with pytest.raises(SceneError, match="differ in shape"):
        caffe.read(folder)


def test_missing_zones_name_the_file(folder):
    (folder / "zones" / NAME).unlink()
    with pytest.raises(SceneError, match="no such file"):
        caffe.read(folder)


def test_other_name_is_refused(folder):
    (folder / "images" / NAME).rename(folder / "images" / "scene.png")
    with pytest.raises(SceneError, match="expected a name like JAC"):
        caffe.read(folder)


def test_real_data_set(real_data):
    if not (real_data / "caffe256").is_dir():
        pytest.skip("no CaFFe")
    images = caffe.read(real_data / "caffe256")
    glaciers = [image.glacier for image in images]
    counts = {name: glaciers.count(name) for name in set(glaciers)}
    assert counts == {"JAC": 159, "DBE": 133, "SI": 121, "Jorum": 77}
    assert all(image.front.any() for image in images)
