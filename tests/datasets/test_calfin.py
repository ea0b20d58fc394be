import numpy as np
import pytest
import rasterio
from PIL import Image

from pycalfin.datasets import calfin
from pycalfin.datasets.png import read_channels
from pycalfin.errors import SceneError

UMIAMMAKKU = "Umiammakku-Sermiat_LE07_L1TP_2001-07-12_014-009_T1_B4"
UPERNAVIK = "Upernavik-NE_S1B_IW_GRDH_1SDH_2018-06-02_127_T203245_HH"


def write(folder, name, side=32, *, dtype="uint8", largest=None, mask=True):
    """One pair: land is the right half; the channels are ramps up to `largest`."""
    folder.mkdir(exist_ok=True)
    largest = largest or np.iinfo(dtype).max
    ramp = np.linspace(0, largest, side)[None].repeat(side, axis=0)
    pixels = np.stack([ramp, ramp / 2, ramp[::-1, ::-1]]).astype(dtype)
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning), rasterio.open(
        folder / f"{name}.png", "w", driver="PNG", height=side, width=side, count=3, dtype=dtype
    ) as out:  # fmt: skip
        out.write(pixels)
    if mask:
        land = np.where(np.arange(side) >= side // 2, 255, 0)[None].repeat(side, axis=0)
        Image.fromarray(land.astype(np.uint8)).save(folder / f"{name}_mask.png")


def test_pairs_of_one_folder_in_order_with_their_domains(tmp_path):
    for name in (UPERNAVIK, UMIAMMAKKU, "scene"):
        write(tmp_path, name)
    division = calfin.find(tmp_path)
    assert [pair.name for pair in division.training] == [UMIAMMAKKU, UPERNAVIK, "scene"]
    assert [pair.domain for pair in division.training] == ["Umiammakku-Sermiat", "Upernavik-NE", ""]
    assert division.validation == ()


def test_subfolders_divide_and_whole_glaciers_are_held_out(tmp_path):
    write(tmp_path / "train", UMIAMMAKKU)
    write(tmp_path / "train", UPERNAVIK)
    write(tmp_path / "validation", "other")
    division = calfin.find(tmp_path, ["Upernavik-NE"])
    assert [pair.name for pair in division.training] == [UMIAMMAKKU]
    assert [pair.name for pair in division.validation] == [UPERNAVIK, "other"]


@pytest.mark.parametrize(
    ("dtype", "largest", "expected"),
    [("uint8", 255, 1.0), ("uint8", 100, 100 / 127.5 - 1), ("uint16", 40_000, 1.0)],
)
def test_only_more_than_eight_bits_are_scaled_by_their_maximum(tmp_path, dtype, largest, expected):
    write(tmp_path, "a", 256, dtype=dtype, largest=largest)
    channels, land = calfin.read(calfin.find(tmp_path).training[0])
    assert channels.shape == (256, 256, 3)
    assert channels.dtype == np.float32
    assert channels.min() == pytest.approx(-1, abs=1e-6)
    assert channels.max() == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(channels[..., 0], channels[::-1, ::-1, 2], atol=1e-6)
    assert land[:, 128:].all()
    assert not land[:, :128].any()


def test_sixteen_bits_are_read_whole(tmp_path):
    write(tmp_path, "a", dtype="uint16", largest=1000)
    assert read_channels(tmp_path / "a.png").max() == 1000


def test_other_sizes_are_resized(tmp_path):
    write(tmp_path, "a", 100)
    channels, land = calfin.read(calfin.find(tmp_path).training[0])
    assert channels.shape == (256, 256, 3)
    assert np.diff(channels[128, :, 0]).min() >= 0
    assert (land.mean(axis=0) == (np.arange(256) >= 128)).all()


def test_all_missing_files_are_named_at_once(tmp_path):
    write(tmp_path, "a", mask=False)
    write(tmp_path, "b")
    (tmp_path / "b.png").unlink()
    with pytest.raises(SceneError, match=r"2 missing: a_mask\.png, b\.png; every image needs"):
        calfin.find(tmp_path)


def test_masks_of_another_size_are_named(tmp_path):
    write(tmp_path, "a")
    Image.fromarray(np.zeros((8, 9), np.uint8)).save(tmp_path / "a_mask.png")
    with pytest.raises(SceneError, match=r"a \(32 x 32 against 8 x 9 pixels\)"):
        calfin.find(tmp_path)


@pytest.mark.parametrize("place", [".", "nowhere"])
def test_a_folder_without_pairs_is_refused(tmp_path, place):
    with pytest.raises(SceneError, match="layout of CALFIN's training set"):
        calfin.find(tmp_path / place)


@pytest.mark.parametrize(
    ("domains", "sentence"),
    [(["Rink"], "no image of Rink to hold out; the domains are: Upernavik-NE"),
     (["Upernavik-NE"], "every image is held out")],
)  # fmt: skip
def test_what_cannot_be_held_out(tmp_path, domains, sentence):
    write(tmp_path, UPERNAVIK)
    with pytest.raises(SceneError, match=sentence):
        calfin.find(tmp_path, domains)


def test_files_that_are_no_pair(tmp_path):
    write(tmp_path, "a")
    (pair,) = calfin.find(tmp_path).training
    Image.fromarray(np.ones((32, 32), np.uint8)).save(pair.mask)
    with pytest.raises(SceneError, match="values up to 1; expected 255"):
        calfin.read(pair)
    Image.fromarray(np.zeros((32, 32), np.uint8)).save(pair.image)
    with pytest.raises(SceneError, match="1 channel; expected 3"):
        calfin.read(pair)
    pair.image.write_text("no image")
    with pytest.raises(SceneError, match="GDAL can read"):
        calfin.read(pair)
    with pytest.raises(SceneError, match="not a readable PNG"):
        calfin.find(tmp_path)


def test_a_truncated_image_is_named(tmp_path):
    write(tmp_path, "a", 256, dtype="uint16")
    (pair,) = calfin.find(tmp_path).training
    pair.image.write_bytes(pair.image.read_bytes()[:200])
    with pytest.raises(SceneError, match=r"a\.png: "):
        calfin.read(pair)
