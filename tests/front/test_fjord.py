"""Fjord masks from rasters and polygons, on the grid of a subset."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.shutil import copy

from pycalfin.errors import DomainError
from pycalfin.front.fjord import on_grid, read_fjord
from pycalfin.geo import reproject
from pycalfin.records import Subset
from pycalfin.results import Prediction

TRANSFORM = Affine(30, 0, 400_000, 0, -30, 8_500_000)
SHAPE = (60, 80)


@pytest.fixture
def subset() -> Subset:
    pixels = np.ones(SHAPE, np.float32)
    return Subset("s", pixels, np.ones(SHAPE, bool), TRANSFORM, "EPSG:32620")


def expected() -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[10:50, 20:60] = True
    return mask


def write(path: Path, **georeference: object) -> Path:
    profile = {"driver": path.suffix[1:].upper().replace("TIF", "GTiff"), "count": 1}
    profile.update(height=SHAPE[0], width=SHAPE[1], dtype="uint8", **georeference)
    with rasterio.open(path, "w", **profile) as target:
        target.write(255 * expected().astype("uint8"), 1)
    return path


def test_raster_with_georeference(tmp_path: Path, subset: Subset) -> None:
    path = write(tmp_path / "fjord.tif", crs="EPSG:32620", transform=TRANSFORM)
    np.testing.assert_array_equal(read_fjord(path, subset), expected())


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
def test_raster_of_the_same_size(tmp_path: Path, subset: Subset) -> None:
    path = write(tmp_path / "fjord.tif")
    np.testing.assert_array_equal(read_fjord(path, subset), expected())
    small = Subset("s", subset.pixels[:5], subset.valid[:5], TRANSFORM, "EPSG:32620")
    with pytest.raises(DomainError, match=r"fjord\.tif.*60, 80.*give it"):
        read_fjord(path, small)


@pytest.mark.parametrize(("fjord", "land", "nodata"), [(1, np.nan, np.nan), (1, 255, 255)])
def test_no_data_is_no_fjord(
    fjord: float, land: float, nodata: float, tmp_path: Path, subset: Subset
) -> None:
    values = np.where(expected(), fjord, land).astype("float32")
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "nodata": nodata}
    profile.update(height=SHAPE[0], width=SHAPE[1], crs="EPSG:32620", transform=TRANSFORM)
    with rasterio.open(tmp_path / "fjord.tif", "w", **profile) as target:
        target.write(values, 1)
    np.testing.assert_array_equal(read_fjord(tmp_path / "fjord.tif", subset), expected())


def write_polygons(path: Path, epsg: int, *rings: list[tuple[float, float]]) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        }
        for ring in rings
    ]
    crs = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{epsg}"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    return path


CORNERS = [(20, 10), (60, 10), (60, 50), (20, 50)]


def test_polygons(tmp_path: Path, subset: Subset) -> None:
    ring = [TRANSFORM @ corner for corner in CORNERS]
    path = write_polygons(tmp_path / "fjord.geojson", 32620, ring)
    np.testing.assert_array_equal(read_fjord(path, subset), expected())


@pytest.mark.parametrize("west", [179.97, -180.03])
@pytest.mark.parametrize("form", ["wrapped", "continued", "split", "polar"])
def test_polygons_across_180_degrees(tmp_path: Path, west: float, form: str) -> None:
    transform = Affine(0.001, 0, west, 0, -0.0005, 77.5)
    valid = np.ones(SHAPE, bool)
    subset = Subset("s", valid.astype(np.float32), valid, transform, "EPSG:4326")
    ring = [(179.97 + 0.001 * col, 77.5 - 0.0005 * row) for col, row in CORNERS]
    (left, top), (right, _), _, (_, bottom) = ring
    rings = {
        "wrapped": [[(x - 360 if x > 180 else x, y) for x, y in ring]],
        "continued": [ring],
        "split": [
            [(left, top), (180, top), (180, bottom), (left, bottom)],
            [(-180, top), (right - 360, top), (right - 360, bottom), (-180, bottom)],
        ],
        "polar": [reproject(np.array(ring), "EPSG:4326", "EPSG:3413").tolist()],
    }
    path = write_polygons(tmp_path / "f.geojson", 3413 if form == "polar" else 4326, *rings[form])
    np.testing.assert_array_equal(read_fjord(path, subset), expected())


def test_what_is_no_raster_is_named(tmp_path: Path, subset: Subset) -> None:
    path = tmp_path / "fjord.tif"
    path.write_text("not a raster")
    with pytest.raises(DomainError, match=r"fjord\.tif: cannot read"):
        read_fjord(path, subset)


def test_on_a_coarser_grid() -> None:
    blank = np.zeros((20, 20), np.float32)
    prediction = Prediction(blank, blank, None, blank == 0, blank, None, (1.0, 1.5), (3.0, 4.0))
    found = on_grid(expected(), prediction)
    assert found.shape == (20, 20)
    assert found.sum() == pytest.approx(40 * 40 / 12, rel=0.1)


def test_a_description_under_the_name_of_a_mask_is_refused(tmp_path: Path, subset: Subset) -> None:
    other = write(tmp_path / "other.tif", crs="EPSG:32620", transform=TRANSFORM)
    for name in ("fjord.tif", "fjord.vrt"):
        with rasterio.open(other) as source:
            copy(source, tmp_path / name, driver="VRT")
        with pytest.raises(DomainError, match=f"{name}: .*a GDAL VRT description, not an image"):
            read_fjord(tmp_path / name, subset)


def test_an_address_is_no_mask(subset: Subset) -> None:
    with pytest.raises(DomainError, match="an address, not a file"):
        read_fjord("/vsicurl/http://127.0.0.1/fjord.tif", subset)
