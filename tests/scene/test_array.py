"""Images that a program holds: plain arrays with a place on the map, and xarray's."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.enums import Resampling

import pycalfin
from pycalfin import geo
from pycalfin.errors import ImageError, SettingsError
from pycalfin.scene.array import as_subset

TRANSFORM = rasterio.Affine(30, 0, 500_000, 0, -30, 8_500_000)


@pytest.fixture(scope="module")
def scene(painted_scene):
    """A painted Landsat scene: its file, pixels, transform, CRS and known front."""
    with rasterio.open(painted_scene.path) as file:
        return painted_scene, file.read(1), file.transform, file.crs.to_string()


def test_fronts_lie_where_the_image_does(scene) -> None:
    known, pixels, transform, crs = scene
    (front,) = pycalfin.extract_fronts(pixels, transform=transform, crs=crs, date=known.date)
    (plain,) = pycalfin.extract_fronts(pixels)
    assert (front.crs, front.date) == (crs, known.date)
    assert plain.crs is None
    np.testing.assert_allclose(geo.map_to_pixel(front.xy, transform), front.pixels, atol=1e-6)
    # with a place on the map the network sees the image at other resolutions as well
    middle = shapely.distance(shapely.LineString(front.pixels), shapely.points(plain.pixels[::10]))
    assert np.median(middle) < 1.5
    away = shapely.distance(shapely.LineString(known.fronts[0]), shapely.points(front.xy))
    assert away.mean() < 60
    assert 5 < front.uncertainty.mean() < 200


def test_a_data_array_brings_its_place_and_date(scene) -> None:
    xarray = pytest.importorskip("xarray")
    rioxarray = pytest.importorskip("rioxarray")
    known, pixels, transform, crs = scene
    with rioxarray.open_rasterio(known.path) as image:
        image = image.load()
    assert image.dims == ("band", "y", "x")
    stamped = image.expand_dims(time=[np.datetime64("2018-07-20T15:02:31")])
    (front,) = pycalfin.extract_fronts(stamped)
    (same,) = pycalfin.extract_fronts(pixels, transform=transform, crs=crs)
    np.testing.assert_allclose(front.xy, same.xy, atol=1e-6)
    assert (front.date, front.time, front.crs) == ("2018-07-20", "15:02:31", crs)
    turned = stamped.transpose("x", "y", "time", "band")
    np.testing.assert_allclose(pycalfin.extract_fronts(turned)[0].xy, same.xy, atol=1e-6)
    bare = xarray.DataArray(pixels, dims=("row", "column"))
    assert pycalfin.extract_fronts(bare)[0].crs is None
    with pytest.raises(ImageError, match="choose a band and a time"):
        pycalfin.extract_fronts(xarray.concat([image, image], "band"))


def test_a_data_array_declares_its_no_data() -> None:
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("rioxarray")
    values = np.random.default_rng(0).integers(2000, 9000, (40, 50)).astype("uint16")
    values[:5] = 7
    image = xarray.DataArray(
        values,
        dims=("y", "x"),
        coords={"y": 8_500_000 - 30 * np.arange(40.0), "x": 500_000 + 30 * np.arange(50.0)},
    )
    image = image.rio.write_crs("EPSG:32622").rio.write_nodata(7)
    subset = as_subset(image, None)
    assert not subset.valid[:5].any()
    assert subset.valid[5:].all()
    assert subset.transform == rasterio.Affine(30, 0, 499_985, 0, -30, 8_500_015)
    coarse = image.rio.reproject("EPSG:3413", resampling=Resampling.nearest)
    assert as_subset(coarse, None).crs == "EPSG:3413"


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"transform": TRANSFORM}, ImageError, "a transform but no crs"),
        ({"crs": "EPSG:32622"}, ImageError, "a crs but no transform"),
        ({"transform": TRANSFORM, "crs": "EPSG:0"}, SettingsError, "EPSG:0"),
        ({"transform": TRANSFORM, "crs": "EPSG:4978"}, SettingsError, "not the coordinate"),
        ({"date": "20180720"}, SettingsError, "YYYY-MM-DD"),
    ],
)
def test_half_a_georeference_is_refused(given, error, words) -> None:
    with pytest.raises(error, match=words):
        pycalfin.extract_fronts(np.arange(64.0).reshape(8, 8), **given)
