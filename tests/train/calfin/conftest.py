import numpy as np
import pytest
from PIL import Image

NAMES = (
    "Umiammakku_LE07_L1TP_2001-07-12_014-009_T1_B4",
    "Upernavik-NE_LC08_L1TP_2016-07-12_014-009_T1_B5",
)


@pytest.fixture
def data(tmp_path):
    """Two images of a bright coast, 64 x 64, with their masks."""
    folder = tmp_path / "data"
    folder.mkdir()
    rows, cols = np.mgrid[:64, :64]
    for number, name in enumerate(NAMES):
        land = rows > 30 + 8 * np.sin(cols / 9 + number)
        noise = np.random.default_rng(number).integers(0, 40, (64, 64, 3))
        pixels = np.where(land, 180, 40)[..., None] + noise
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{name}.png")
        Image.fromarray(np.where(land, 255, 0).astype(np.uint8)).save(folder / f"{name}_mask.png")
    return folder
