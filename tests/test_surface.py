"""The public names of Python, each used once as the design says."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine

import pycalfin


@pytest.fixture(scope="module")
def fronts(demo_run):
    return [front for front in demo_run.fronts if front.domain == "DemoNorth"]


def test_an_array_with_and_without_a_place(painted_scene):
    import rasterio

    with rasterio.open(painted_scene.path) as dataset:
        image, transform, crs = dataset.read(1), dataset.transform, dataset.crs.to_string()
    (bare,) = pycalfin.extract_fronts(image)
    assert (bare.crs, bare.date) == (None, "")
    (front,) = pycalfin.extract_fronts(
        image, transform=transform, crs=crs, date="2018-07-20", fjord=None, network="light"
    )
    assert (front.crs, front.date) == (crs, "2018-07-20")
    # with a place, views at the ground resolution of the training are averaged in
    apart = shapely.distance(shapely.points(front.pixels), shapely.LineString(bare.pixels))
    assert apart.mean() < 1
    blank = np.full((64, 64, 3), np.nan)
    assert pycalfin.extract_fronts(blank, transform=Affine.identity(), crs="EPSG:3413") == []


def test_a_run_and_what_it_left(painted_scene, tmp_path):
    result = pycalfin.run(
        scenes=(str(painted_scene.path),), date="2018-07-20", output=str(tmp_path), progress=True
    )
    assert isinstance(result, pycalfin.RunResult)
    result.raise_for_status()
    assert len(repr(result)) < 200
    assert "<table" in result._repr_html_()
    assert str(result.output) == str(tmp_path)
    assert [pair.status for pair in result.pairs] == ["done"]
    same = pycalfin.run(
        pycalfin.Settings(
            scenes=(str(painted_scene.path),), date="2018-07-20", output=str(tmp_path)
        )
    )
    again = pycalfin.open(tmp_path)
    read = pycalfin.read_fronts(tmp_path)
    for fronts in (same.fronts, again.fronts, read):
        assert [front.id for front in fronts] == [front.id for front in result.fronts]
    table = result.to_geodataframe()
    assert list(table.geometry.length > 0) == [True] * len(result.fronts)


def test_a_front():
    front = pycalfin.Front(xy=np.array([[0, 0], [300, 400]]), crs="EPSG:3413", date="2016-06-30")
    assert isinstance(front.geometry, shapely.LineString)
    assert front.length > 0
    assert front.__geo_interface__["geometry"]["type"] == "LineString"
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    assert front.plot(axes) is axes


def test_networks():
    network = pycalfin.network.load("light")
    assert isinstance(network, pycalfin.network.Network)
    assert network.predict(np.zeros((2, 64, 96, 3), np.float32)).shape == (2, 64, 96, 4)


def test_level_sets_and_contours(fronts, tmp_path):
    west, south, east, north = shapely.total_bounds([front.geometry for front in fronts])
    x, y = (part.ravel() for part in np.meshgrid([west - 500, east + 500], [south, north]))
    assert pycalfin.issm.levelset(fronts[:1], x, y).shape == (4,)
    count = len({front.date for front in fronts})
    assert pycalfin.issm.spclevelset(fronts, x, y).shape == (5, count)
    assert pycalfin.issm.spclevelset(fronts[:1], x, y).shape == (4,)
    pycalfin.issm.write_exp(tmp_path / "fronts.exp", fronts)
    contours = pycalfin.issm.read_exp(tmp_path / "fronts.exp")
    assert [contour.closed for contour in contours] == [False] * len(fronts)
    assert all(contour.name.startswith("DemoNorth_20") for contour in contours)
    np.testing.assert_allclose(contours[0].x, fronts[0].xy[:, 0], atol=1e-3)
