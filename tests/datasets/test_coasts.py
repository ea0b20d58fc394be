"""Masks whose border is a front in part: which pixels are ocean, ice, or either ice or land."""

import json

import numpy as np
import pytest
import rasterio
from affine import Affine

from pycalfin.datasets import ICE, NOT_OCEAN, OCEAN, coasts, decided, layouts
from pycalfin.errors import MissingCRSError, SceneError
from pycalfin.settings import Settings

GRID = Affine(30.0, 0.0, 500000.0, 0.0, -30.0, 8000000.0)


def write(path, array):
    path.parent.mkdir(exist_ok=True)
    profile = {"driver": "GTiff", "height": array.shape[0], "width": array.shape[1], "count": 1}
    with rasterio.open(
        path, "w", dtype="uint8", crs="EPSG:32622", transform=GRID, **profile
    ) as file:
        file.write(array.astype(np.uint8), 1)


@pytest.fixture
def folder(tmp_path):
    """Ocean above row 40; the front in columns 20 to 60, coasts to both sides of it."""
    rng = np.random.default_rng(1)
    ground = np.zeros((80, 90))
    ground[40:] = 255
    write(tmp_path / "images" / "rink_3.tif", rng.integers(1, 255, (80, 90)))
    write(tmp_path / "zones" / "rink_3.tif", ground)
    line = [GRID @ (20.5, 40.5), GRID @ (60.5, 40.5)]
    (tmp_path / "fronts").mkdir()
    (tmp_path / "fronts" / "rink_3.geojson").write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "crs": {"type": "name", "properties": {"name": "EPSG:32622"}},
                "features": [
                    {
                        "type": "Feature",
                        "properties": {},
                        "geometry": {"type": "LineString", "coordinates": line},
                    }
                ],
            }
        )
    )
    return tmp_path


def test_reads_ocean_front_and_the_ice_behind_it(folder):
    assert layouts.detect(folder) == "coasts"
    (item,) = layouts.find(folder, "coasts", Settings())
    image = item.read()
    assert (image.name, image.glacier, image.date) == ("rink_3", "Rink", "")
    assert (image.zones[:40] == OCEAN).all()
    assert set(np.unique(image.zones[40:])) == {ICE, NOT_OCEAN}
    assert (image.zones[41:50, 35:45] == ICE).all()
    assert (image.zones[40:, :15] == NOT_OCEAN).all()
    assert (image.zones[60:] == NOT_OCEAN).all()
    assert image.edge_known.all()
    assert image.front[40, 20:61].all()
    assert image.front.sum() == 41


def test_the_coast_is_the_border_away_from_fronts(folder):
    (item,) = coasts.find(folder, Settings())
    image = item.read()
    found = np.argwhere(coasts.coast(image, 3.0))
    assert set(found[:, 0]) == {39}
    assert set(found[:, 1]) == {*range(17), *range(64, 90)} | {17, 63}


def test_a_label_that_does_not_tell_ice_from_land_decides_about_the_ocean_alone(folder):
    (item,) = coasts.find(folder, Settings())
    zones = item.read().zones
    assert decided(zones, OCEAN).all()
    assert not decided(zones, ICE)[zones == NOT_OCEAN].any()
    assert decided(zones, ICE)[zones == OCEAN].all()


def test_an_image_without_a_file_of_fronts_is_coast_alone(folder):
    (folder / "fronts" / "rink_3.geojson").unlink()
    (item,) = coasts.find(folder, Settings())
    image = item.read()
    assert not image.front.any()
    assert set(np.unique(image.zones)) == {OCEAN, NOT_OCEAN}
    assert coasts.coast(image, 3.0).sum() == 90


def test_bad_files_are_named(folder):
    write(folder / "zones" / "rink_3.tif", np.zeros((8, 8)))
    (item,) = coasts.find(folder, Settings())
    with pytest.raises(SceneError, match=r"rink_3\.tif: \(8, 8\) pixels, but the image has"):
        item.read()
    write(folder / "zones" / "rink_3.tif", np.zeros((80, 90)))
    path = folder / "fronts" / "rink_3.geojson"
    path.write_text(path.read_text().replace("EPSG:32622", "no such thing"))
    with pytest.raises((MissingCRSError, SceneError), match=r"rink_3\.geojson"):
        item.read()
    (folder / "images" / "rink_3.tif").unlink()
    with pytest.raises(SceneError, match=r"no images/\*\.tif"):
        coasts.find(folder, Settings())


def test_real_coasts(real_data):
    folder = real_data / "landsat8_zones"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data/landsat8_zones")
    images = [item.read() for item in coasts.find(folder, Settings())]
    assert {image.glacier for image in images} == {"Jakobshavn", "Tracy", "Ryder", "Zachariae"}
    assert all((image.zones == ICE).any() and image.front.any() for image in images)
