"""Small real GeoTIFFs, products and domains."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.errors import NotGeoreferencedWarning
from shapely.geometry import box

from pycalfin.geo import pixel_to_map
from pycalfin.records import Domain

LANDSAT = "LC08_L1TP_031005_20160630_20170323_01_T1"
SENTINEL = "S1A_IW_GRDH_1SDH_20160630T101010_20160630T101035_011937_01264F_ABCD"
UTM = Affine(10.0, 0.0, 600_000.0, 0.0, -10.0, 8_000_000.0)
POLAR = Affine(30.0, 0.0, -300_000.0, 0.0, -30.0, -1_900_000.0)


def textured(height=64, width=80, dtype="uint16", low=6000, high=12000, seed=0):
    """An image without zeros, so that every pixel is valid."""
    values = np.random.default_rng(seed).uniform(low, high, (height, width))
    return values.astype(dtype)


def write_tif(path, array=None, *, crs="EPSG:3413", transform=POLAR, **options):
    """Write a GeoTIFF; options: nodata, tags, mask, gcps, descriptions, and profile entries."""
    array = textured() if array is None else np.asarray(array)
    bands = array if array.ndim == 3 else array[np.newaxis]
    tags, mask = options.pop("tags", {}), options.pop("mask", None)
    descriptions = options.pop("descriptions", ())
    place = {"gcps": options.pop("gcps")} if "gcps" in options else {"transform": transform}
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(), rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            count=len(bands),
            height=bands.shape[1],
            width=bands.shape[2],
            dtype=options.pop("dtype", bands.dtype.name),
            crs=crs,
            **place,
            **options,
        ) as dataset:
            dataset.write(bands)
            if mask is not None:
                dataset.write_mask(mask)
            if tags:
                dataset.update_tags(**tags)
            for number, text in enumerate(descriptions, start=1):
                dataset.set_band_description(number, text)
    return path


def write_jp2(path, array, *, crs="EPSG:32622", transform=UTM):
    """Write a JPEG 2000 file without loss."""
    array = np.asarray(array)
    bands = array if array.ndim == 3 else array[np.newaxis]
    path.parent.mkdir(parents=True, exist_ok=True)
    # GDAL writes the georeference into the file itself
    with rasterio.open(
        path,
        "w",
        driver="JP2OpenJPEG",
        count=len(bands),
        height=bands.shape[1],
        width=bands.shape[2],
        dtype=bands.dtype.name,
        crs=crs,
        transform=transform,
        QUALITY="100",
        REVERSIBLE="YES",
    ) as dataset:
        dataset.write(bands)
    return path


MTL = """GROUP = L1_METADATA_FILE
  LANDSAT_PRODUCT_ID = "{product}"
  SPACECRAFT_ID = "LANDSAT_8"
  SENSOR_ID = "OLI_TIRS"
  DATE_ACQUIRED = 2016-06-30
  SCENE_CENTER_TIME = "17:45:12.1234560Z"
  WRS_PATH = 31
  WRS_ROW = 5
END_GROUP = L1_METADATA_FILE
END
"""


def write_product(
    folder, product=LANDSAT, bands=("B2", "B4", "B5"), cloud=None, collection=1, mtl=True
):
    """Write a Landsat product; band Bn has values around 1000 n, cloud is a mask."""
    for band in bands:
        middle = 1000 * int(band[1:])
        write_tif(folder / f"{product}_{band}.TIF", textured(low=middle, high=middle + 500))
    if cloud is not None:
        bit, name = (4, "BQA") if collection == 1 else (3, "QA_PIXEL")
        values = np.where(cloud, 1 << bit, 1 << 6).astype("uint16")
        write_tif(folder / f"{product}_{name}.TIF", values)
    if mtl:
        (folder / f"{product}_MTL.txt").write_text(MTL.format(product=product))
    return folder


def pixel_domain(transform, crs, rows, cols, name="Domain", **fields):
    """A domain that covers whole pixels of an unrotated grid."""
    corners = np.array([[rows[0], cols[0]], [rows[1], cols[1]]], float) - 0.5
    (west, north), (east, south) = pixel_to_map(corners, transform)
    polygon = box(min(west, east), min(north, south), max(west, east), max(north, south))
    return Domain(name, polygon, crs, fields)


@pytest.fixture(scope="session")
def make():
    """Everything that makes files for these tests."""
    return SimpleNamespace(
        LANDSAT=LANDSAT,
        SENTINEL=SENTINEL,
        POLAR=POLAR,
        UTM=UTM,
        textured=textured,
        tif=write_tif,
        jp2=write_jp2,
        product=write_product,
        domain=pixel_domain,
    )
