import numpy as np
import pytest
from PIL import Image

from pycalfin.datasets import ICE, OCEAN, UNKNOWN, frontlearning
from pycalfin.errors import SceneError

STEM = "LC08_L1TP_231012_20140807_20170420_01_T1_B8"


@pytest.fixture
def folder(tmp_path):
    """One image whose front runs along rows 19-21 from column 5 to 24."""
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    image = np.zeros((40, 30, 4), np.uint8)
    image[..., 0] = np.arange(30)
    image[..., 3] = 255
    label = np.full((40, 30, 3), 255, np.uint8)
    label[19:22, 5:25] = 0
    Image.fromarray(image).save(tmp_path / "images" / f"{STEM}_Subset.png")
    Image.fromarray(label).save(tmp_path / "labels" / f"{STEM}_Front.png")
    return tmp_path


def test_reads_grey_front_and_metadata(folder):
    (image,) = frontlearning.read(folder)
    assert (image.glacier, image.sensor, image.date) == ("Kangerlussuaq", "LC08", "2014-08-07")
    assert image.metres == pytest.approx(57.5)
    assert image.image.dtype == np.float32
    assert image.image[0, 7] == 7
    assert image.front.sum() == 60
    assert image.edge_known.all()


def test_zones_are_known_only_in_the_columns_that_the_front_spans(folder):
    (image,) = frontlearning.read(folder)
    assert (image.zones[:19, 8:22] == OCEAN).all()
    assert (image.zones[22:, 8:22] == ICE).all()
    assert (image.zones[:, :8] == UNKNOWN).all()
    assert (image.zones[:, 22:] == UNKNOWN).all()
    assert (image.zones[19:22] == UNKNOWN).all()


def test_overhanging_front_leaves_the_rows_between_unknown():
    front = np.zeros((20, 20), bool)
    front[5, :] = True
    front[12, 8:14] = True
    zones = frontlearning.zones_from_front(front)
    assert (zones[6:12, 8:14] == UNKNOWN).all()
    assert (zones[:5, 8:14] == OCEAN).all()
    assert (zones[13:, 8:14] == ICE).all()


def test_dark_constant_border_region_is_no_data(folder):
    path = folder / "images" / f"{STEM}_Subset.png"
    pixels = np.asarray(Image.open(path)).copy()
    pixels[..., 0] += 100
    pixels[30:, :, 0] = 21
    Image.fromarray(pixels).save(path)
    (image,) = frontlearning.read(folder)
    assert np.isnan(image.image[30:]).all()
    assert np.isfinite(image.image[:29]).all()
    assert (image.zones[30:] == UNKNOWN).all()


def _rename(folder, name):
    (folder / "images" / f"{STEM}_Subset.png").rename(folder / "images" / name)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "labels" / f"{STEM}_Front.png").unlink(), "Front.png: no such file"),
        (lambda f: (f / "images" / f"{STEM}_Subset.png").write_text("x"), "not a readable PNG"),
        (lambda f: (f / "images" / f"{STEM}_Subset.png").unlink(), "layout of FrontLearning"),
        (lambda f: _rename(f, "scene_Subset.png"), "expected a name like LC08"),
        (lambda f: _rename(f, STEM.replace("231", "111") + "_Subset.png"), "no such file"),
    ],
)
def test_damaged_folder_is_one_sentence(folder, damage, message):
    damage(folder)
    with pytest.raises(SceneError, match=message):
        frontlearning.read(folder)


def test_unknown_path_row_is_refused(folder):
    label = folder / "labels" / f"{STEM}_Front.png"
    _rename(folder, STEM.replace("231012", "111012") + "_Subset.png")
    label.rename(folder / "labels" / (STEM.replace("231012", "111012") + "_Front.png"))
    with pytest.raises(SceneError, match="WRS-2 path 111"):
        frontlearning.read(folder)


def test_truncated_image_is_one_sentence(folder):
    path = folder / "images" / f"{STEM}_Subset.png"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(SceneError, match="not a readable PNG"):
        frontlearning.read(folder)


def test_real_data_set(real_data):
    if not (real_data / "frontlearning").is_dir():
        pytest.skip("no FrontLearning")
    images = frontlearning.read(real_data / "frontlearning")
    glaciers = [image.glacier for image in images]
    counts = {name: glaciers.count(name) for name in set(glaciers)}
    assert counts == {"Sverdrup": 70, "Jakobshavn": 30, "Kangerlussuaq": 23}
    assert all(image.front.any() for image in images)
    assert all(image.image.shape == (300, 200) for image in images)
