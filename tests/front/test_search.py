"""Which scenes are searched, and which are taken whole or in tiles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from affine import Affine

from pycalfin.errors import PrunedError, SceneError
from pycalfin.front.search import ONE_VIEW, is_large, search
from pycalfin.grid import Grid
from pycalfin.scene.read import open_scene
from pycalfin.scene.subset import cut
from pycalfin.settings import Settings
from tests.front.drawn_scenes import ICE, WATER, drawn_network

SIZES = [
    ((950, 900), 30.0, False),
    ((900, 980), 30.0, True),
    ((2048, 2048), 10.0, False),
    ((2049, 300), 10.0, True),
    ((7600, 7600), 30.0, True),
    ((200, 200), 250.0, True),
    ((100, 100), 250.0, False),
]


@pytest.mark.parametrize(("shape", "pixel", "large"), SIZES)
def test_what_is_large(shape, pixel, large) -> None:
    grid = Grid(shape, Affine(pixel, 0, 400_000, 0, -pixel, 8_000_000), "EPSG:32620")
    assert is_large(grid) is large
    assert ONE_VIEW == 28_800


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A scene of 33 km at 100 m with a straight front."""
    import rasterio

    path = tmp_path_factory.mktemp("drawn") / "scene.tif"
    image = np.where(np.arange(330) < 150, WATER, ICE) * np.ones((330, 1))
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": "EPSG:32620"}
    transform = Affine(100, 0, 400_000, 0, -100, 8_000_000)
    with rasterio.open(path, "w", **profile, height=330, width=330, transform=transform) as target:
        target.write(image.astype("float32"), 1)
    return path


def opened(path):
    return open_scene(str(path), date="2020-07-01")


def test_a_large_scene_is_searched(written) -> None:
    network, _ = drawn_network()
    found = search(opened(written), Settings(nodata="none"), lambda: network)
    assert found is not None
    assert found.places
    assert found.reduced.pixels.shape == (330, 330)


UTM = Affine(100, 0, 400_000, 0, -100, 8_000_000)
GRIDS = {
    "longitude and latitude": ("EPSG:4326", Affine(0.003, 0, -50.5, 0, -0.0009, 72.3), {}),
    "across 180 degrees": ("EPSG:4326", Affine(0.003, 0, 179.5, 0, -0.0009, 72.3), {}),
    "south, polar": ("EPSG:3031", Affine(100, 0, -2_400_000, 0, -100, 1_300_000), {}),
    "south up": ("EPSG:32620", Affine(100, 0, 400_000, 0, 100, 7_960_000), {}),
    "rotated": ("EPSG:32620", UTM @ Affine.rotation(30), {}),
    "a mask": ("EPSG:32620", UTM, {"nodata": 0}),
}


@pytest.mark.parametrize("grid", GRIDS)
def test_a_front_is_in_a_place_on_any_grid(grid, tmp_path) -> None:
    import rasterio

    crs, transform, more = GRIDS[grid]
    rows, cols = np.indices((360, 360))
    image = np.where(cols < 180, WATER, ICE)
    if more:
        image[abs(rows - 180) + abs(cols - 180) > 250] = 0  # a swath that is turned on the grid
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", **more}
    with rasterio.open(
        tmp_path / "scene.tif", "w", **profile, crs=crs, transform=transform, height=360, width=360
    ) as target:
        target.write(image.astype("float32"), 1)
    network, _ = drawn_network()
    scene, settings = opened(tmp_path / "scene.tif"), Settings(max_nodata=0.1)
    found = search(scene, settings, lambda: network)
    assert found is not None
    assert found.places
    front = np.column_stack([np.arange(60.0, 300.0), np.full(240, 179.5)])
    seen = np.zeros(len(front), bool)
    for place in found.places:
        subset = cut(scene, place, settings)
        assert subset.nodata_fraction <= 0.1
        seen |= shapely.contains_xy(subset.polygon, found.reduced.whole.xy(front))
    assert seen.all()


def never():
    raise AssertionError("the network is not needed")


def test_a_tile_that_is_set_is_kept(written) -> None:
    assert search(opened(written), Settings(tile=200), never) is None


def test_a_scene_with_a_domain_of_its_own_is_not_searched(written) -> None:
    scene = opened(written)
    named = replace(scene, identity=replace(scene.identity, domain="Helheim"))
    assert search(named, Settings(), never) is None


def test_a_network_of_one_size_or_of_calfin_gets_tiles(written) -> None:
    network, _ = drawn_network()
    for other in (replace(network, side=224), replace(network, extractor="calfin")):
        assert search(opened(written), Settings(), lambda other=other: other) is None


@pytest.mark.parametrize(
    ("value", "reason"), [(np.nan, "no valid pixel: all no-data"), (7.0, "constant value")]
)
def test_a_blank_scene_is_skipped(value, reason, make_blank) -> None:
    network, engine = drawn_network()
    with pytest.raises(PrunedError, match=reason):
        search(opened(make_blank(value)), Settings(nodata="none"), lambda: network)
    assert engine.views == 0


@pytest.fixture
def make_blank(written, tmp_path):
    import rasterio

    def write(value):
        with rasterio.open(written) as source:
            profile, shape = source.profile, source.shape
        with rasterio.open(tmp_path / "blank.tif", "w", **profile) as target:
            target.write(np.full(shape, value, "float32"), 1)
        return tmp_path / "blank.tif"

    return write


def test_more_than_two_thousand_million_pixels_need_a_domain(written, tmp_path) -> None:
    import rasterio

    with rasterio.open(written) as source:
        profile = {**source.profile, "height": 60_000, "width": 60_000, "sparse_ok": True}
    profile.update(tiled=True, blockxsize=4096, blockysize=4096)
    with rasterio.open(tmp_path / "huge.tif", "w", **profile):
        pass
    with pytest.raises(SceneError, match="choose the area to look at with --domain"):
        search(opened(tmp_path / "huge.tif"), Settings(), never)
