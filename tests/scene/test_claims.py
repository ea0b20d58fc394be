"""What a tiny file claims to hold is bounded: a sentence within seconds, and little memory."""

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.control import GroundControlPoint

from pycalfin.datasets.png import read_channels, read_grey
from pycalfin.errors import DomainError, PrunedError, SceneError
from pycalfin.front.fjord import read_fjord
from pycalfin.scene.raster import MOST_PIXELS
from pycalfin.scene.read import open_scene
from pycalfin.scene.subset import LARGEST_SCENE, cut, scene_domains
from pycalfin.settings import Settings

DATE = "2016-06-30"
TILED = {"tiled": True, "blockxsize": 4096, "blockysize": 4096}
MILLION = 10**6


@pytest.fixture
def sparse(make, tmp_path):
    """Write a file that claims pixels and holds none."""

    def written(height, width, name="scene.tif", **options):
        place = {} if "gcps" in options else {"transform": make.POLAR}
        settings = {"driver": "GTiff", "count": 1, "dtype": "uint16", "crs": "EPSG:3413"}
        settings |= {"height": height, "width": width, "SPARSE_OK": True, "BIGTIFF": "YES"}
        with rasterio.open(tmp_path / name, "w", **{**settings, **place, **options}):
            pass
        assert (tmp_path / name).stat().st_size < 1e6
        return tmp_path / name

    return written


def opened(path):
    return open_scene(str(path), date=DATE)


@pytest.mark.parametrize(
    ("height", "width", "options"),
    [
        (MILLION, MILLION, TILED),
        (60_000, 60_000, TILED),
        (60_000, 60_000, {"compress": "deflate", **TILED}),
        (300, 10 * MILLION, {"blockysize": 1}),
        (MILLION, MILLION, {"blockysize": MILLION}),
    ],
)
def test_a_scene_that_is_too_large_needs_a_domain(make, sparse, height, width, options):
    scene = opened(sparse(height, width, **options))
    with pytest.raises(SceneError, match=r"tiles\); choose an area with --domain"):
        scene_domains(scene, Settings())
    small = make.domain(make.POLAR, "EPSG:3413", (10, 90), (10, 90))
    with pytest.raises(PrunedError, match="no valid pixel"):
        cut(scene, small, Settings())
    whole = make.domain(make.POLAR, "EPSG:3413", (0, height), (0, width))
    with pytest.raises(SceneError, match=r"read at once, so choose a smaller area with --domain"):
        cut(scene, whole, Settings())


def test_a_domain_of_a_huge_scene_is_read(make, sparse):
    path = sparse(MILLION, MILLION, **TILED)
    with rasterio.open(path, "r+") as dataset:
        image = make.textured()
        dataset.write(image, 1, window=rasterio.windows.Window(500_000, 700_000, 80, 64))
    area = make.domain(make.POLAR, "EPSG:3413", (700_000, 700_064), (500_000, 500_080))
    subset = cut(opened(path), area, Settings(margin=0))
    np.testing.assert_array_equal(subset.pixels, image)


def test_control_points_of_a_huge_scene(sparse):
    points = [(0, 0, -50, 70), (0, MILLION, -40, 70), (MILLION, 0, -50, 65)]
    points.append((MILLION, MILLION, -40, 65))
    gcps = [GroundControlPoint(*point) for point in points]
    scene = opened(sparse(MILLION, MILLION, crs="EPSG:4326", gcps=gcps, **TILED))
    with pytest.raises(SceneError, match="choose an area with --domain"):
        scene_domains(scene, Settings())


def test_a_subset_of_calfin_that_claims_much(sparse):
    name = "Helheim_LC08_L1TP_2016-06-30_031-005_T1_B5.tif"
    scene = opened(sparse(60_000, 60_000, name, **TILED))
    (domain,) = scene_domains(scene, Settings())
    with pytest.raises(SceneError, match="domain Helheim has 60,000 x 60,000 pixels"):
        cut(scene, domain, Settings())


def test_small_tiles_are_counted_before_they_are_made(sparse):
    scene = opened(sparse(40_000, 40_000, **TILED))
    assert scene_domains(scene, Settings())
    with pytest.raises(SceneError, match=r"tiles\); choose an area"):
        scene_domains(scene, Settings(tile=64))
    assert LARGEST_SCENE > 36_000 * 30_000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"blockysize": 60_000, "compress": "deflate"}, r"blocks of 60,000 x 60,000, too large"),
        ({**TILED, "count": 20, "interleave": "pixel"}, r"4,096 x 4,096 x 20 bands"),
    ],
)
def test_blocks_as_large_as_a_scene_are_refused(sparse, options, words):
    with pytest.raises(SceneError, match=words):
        opened(sparse(60_000, 60_000, **options))


def test_many_bands_are_not_all_named(sparse):
    with pytest.raises(
        SceneError, match=r"5000 bands \(1, 2, .*20, \.\.\.\); pass --band"
    ) as caught:
        opened(sparse(8, 8, count=5000, interleave="band"))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(("side", "same"), [(60_000, True), (MILLION, False)])
def test_a_quality_band_that_claims_much(make, sparse, tmp_path, caplog, side, same):
    folder = make.product(tmp_path / "product")
    grid = make.POLAR if same else make.POLAR @ make.POLAR.scale(1e-3)
    quality = sparse(side, side, "quality.tif", **TILED)
    with rasterio.open(quality, "r+") as dataset:
        dataset.transform = grid
    quality.rename(folder / f"{make.LANDSAT}_BQA.TIF")
    subset = cut(opened(folder), None, Settings())
    assert subset.pixels.shape == (64, 80)
    assert ("quality band not read" in caplog.text) is not same


def test_a_fjord_mask_that_claims_much(make, sparse):
    subset = cut(opened(make.tif(sparse(9, 9).with_name("a.tif"))), None, Settings())
    with pytest.raises(DomainError, match="60,000 x 60,000 pixels; at most"):
        read_fjord(sparse(60_000, 60_000, "fjord.tif", **TILED), subset)


def test_a_picture_that_claims_much(tmp_path):
    path = tmp_path / "image.png"
    Image.new("RGB", (8, 8)).save(path)
    content = bytearray(path.read_bytes())
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    path.write_bytes(content)
    for read in (read_grey, read_channels):
        with pytest.raises(SceneError, match=r"image\.png: "):
            read(path)
    assert MOST_PIXELS < 60_000**2
