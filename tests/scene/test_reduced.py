"""A scene at a coarser resolution: means of its pixels, on cells that stay where they are."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine

from pycalfin.errors import SceneError
from pycalfin.scene import reduced as module
from pycalfin.scene.read import open_scene
from pycalfin.scene.reduced import Reduced, read_reduced
from pycalfin.settings import Settings

UTM = Affine(30.0, 0.0, 363_525.0, 0.0, -30.0, 8_520_495.0)
GRIDS = {
    "UTM, middle of a pixel": ("EPSG:32620", UTM),
    "UTM, corner of a pixel": (
        "EPSG:32620",
        Affine(30, 0, 363_510, 0, -30, 8_520_480),
    ),
    "10 m": ("EPSG:32620", Affine(10, 0, 363_520, 0, -10, 8_520_490)),
    "polar stereographic, negative": ("EPSG:3413", Affine(30, 0, -300_015, 0, -30, -1_900_005)),
    "longitude and latitude": ("EPSG:4326", Affine(0.001, 0, -68.0, 0, -0.00027, 76.7)),
    "south up": ("EPSG:32620", Affine(30, 0, 363_525, 0, 30, 8_400_495)),
    "rotated": ("EPSG:32620", UTM @ Affine.rotation(30)),
    "100 m": ("EPSG:32620", Affine(100, 0, 363_550, 0, -100, 8_520_450)),
}


def read(make, path, image, crs="EPSG:32620", transform=UTM, **more) -> Reduced:
    """Write an image and read it with cells of 50 m."""
    make.tif(path, image, crs=crs, transform=transform, **more)
    return read_reduced(open_scene(str(path), date="2020-07-01"), Settings(), 50.0)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("crop", [(0, 1), (7, 0), (11, 25), (64, 33)])
def test_a_cropped_scene_has_the_same_cells(grid, crop, make, tmp_path) -> None:
    crs, transform = GRIDS[grid]
    image = make.textured(160, 180)
    whole = read(make, tmp_path / "whole.tif", image, crs, transform)
    moved = transform @ Affine.translation(crop[1], crop[0])
    part = read(make, tmp_path / "part.tif", image[crop[0] :, crop[1] :], crs, moved)
    assert part.step == whole.step
    shift = np.subtract(part.first, whole.first)
    again = whole.pixels[shift[0] :, shift[1] :][: part.pixels.shape[0], : part.pixels.shape[1]]
    inner = np.isfinite(part.pixels)[2:, 2:]  # cells at the crop lack some of their pixels
    np.testing.assert_array_equal(part.pixels[2:, 2:][inner], again[2:, 2:][inner])
    place = part.grid.xy(np.array([[3.0, 4.0]]))
    np.testing.assert_allclose(whole.grid.rowcol(place)[0], shift + [3, 4], atol=1e-6)


@pytest.mark.parametrize("grid", GRIDS)
def test_cells_are_of_about_the_side_that_was_asked_for(grid, make, tmp_path) -> None:
    found = read(make, tmp_path / "scene.tif", make.textured(100, 120), *GRIDS[grid])
    finest = max(found.whole.spacing)
    for side in found.grid.spacing:
        assert side == pytest.approx(max(50.0, finest), rel=0.25)


def test_a_cell_is_the_mean_of_its_pixels(make, tmp_path) -> None:
    image = make.textured(64, 80)
    found = read(make, tmp_path / "scene.tif", image, transform=Affine(30, 0, 0, 0, -30, 7_000_200))
    means = image.astype(float).reshape(32, 2, 40, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(found.pixels, means, rtol=1e-6)
    assert found.to_scene(np.array([[0.0, 0.0], [31.0, 39.0]])).tolist() == [
        [0.5, 0.5],
        [62.5, 78.5],
    ]


def test_cells_with_few_data_have_none(make, tmp_path) -> None:
    image = make.textured(64, 80).astype("float32")
    image[0:2, 0:2] = [[np.nan, 1], [2, 3]]
    image[2:4, 2:4] = [[np.nan, np.nan], [np.nan, 5]]
    found = read(make, tmp_path / "scene.tif", image, transform=Affine(30, 0, 0, 0, -30, 7_000_200))
    assert found.pixels[0, 0] == 2
    assert np.isnan(found.pixels[1, 1])
    assert np.count_nonzero(~found.valid) == 1


def test_halved_twice_the_side(make, tmp_path) -> None:
    image = make.textured(64, 80)
    fine = read(make, tmp_path / "scene.tif", image, transform=Affine(30, 0, 0, 0, -30, 7_000_200))
    coarse = fine.halved()
    assert coarse.step == (4, 4)
    assert coarse.pixels.shape == (16, 20)
    np.testing.assert_allclose(coarse.pixels[0, 0], image[:4, :4].mean(), rtol=1e-6)
    np.testing.assert_allclose(
        coarse.grid.xy(np.array([[0.0, 0.0]])), fine.grid.xy(np.array([[0.5, 0.5]]))
    )


def test_block_by_block_gives_the_same(make, tmp_path, monkeypatch) -> None:
    image = make.textured(150, 130)
    whole = read(make, tmp_path / "scene.tif", image)
    monkeypatch.setattr(module, "BLOCK", 48)
    parts = read(make, tmp_path / "scene.tif", image)
    np.testing.assert_array_equal(parts.pixels, whole.pixels)


def test_a_scene_that_is_cut_short_says_so(make, tmp_path) -> None:
    path = make.tif(tmp_path / "scene.tif", make.textured(600, 600), crs="EPSG:32620")
    scene = open_scene(str(path), date="2020-07-01")
    path.write_bytes(path.read_bytes()[:200_000])
    with pytest.raises(SceneError, match="truncated or damaged"):
        read_reduced(scene, Settings(), 50.0)
