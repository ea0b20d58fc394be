"""Write subsets as GeoTIFFs with CALFIN's names, and read back all their properties from tags."""

from __future__ import annotations

import base64
import dataclasses
import json
import math
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pycalfin.files import plain_raster, replacing, safe_name
from pycalfin.records import Mask, Subset
from pycalfin.scene import enhance
from pycalfin.scene.bands import TAG_CHANNELS
from pycalfin.scene.grouping import CHANNELS_END
from pycalfin.scene.read import TAG_DOMAIN, TAG_IDENTITY, TAG_SCENE, TAG_SYNTHETIC

TAG_WKT = "PYCALFIN_DOMAIN_WKT"
TAG_ATTRIBUTES = "PYCALFIN_DOMAIN_ATTRIBUTES"
TAG_CLOUD = "PYCALFIN_CLOUD"
TAG_NODATA = "PYCALFIN_NODATA"
TAG_DTYPE = "PYCALFIN_DTYPE"
TAG_CLOUD_MASK = "PYCALFIN_CLOUD_MASK"
"""Bits of the cloud mask row by row, compressed with zlib and encoded in base64."""
EXACT_TYPES = ("uint8", "int8", "uint16", "int16", "float32")
"""Data types that float32 represents exactly; bands of other types are written as float32."""


@dataclass(frozen=True, eq=False)
class Stored:
    """The properties stored in the tags of a subset file.

    Parameters
    ----------
    domain : str
    polygon : shapely geometry or None
        Domain in the file's coordinate reference system; None for the whole file.
    attributes : dict
        Attributes of the domain's feature.
    nodata, cloud : float
        Fractions of the domain at the time of cutting.
    dtype : str
        Data type of the scene's band.
    packed : str
        Cloud mask as encoded in the tag; '' without one.
    """

    domain: str
    polygon: BaseGeometry | None
    attributes: dict[str, Any]
    nodata: float
    cloud: float
    dtype: str
    packed: str = ""

    def cloud_mask(self, shape: tuple[int, int]) -> Mask | None:
        """Unpack the cloud mask of a file with this shape; return None without one."""
        if not self.packed:
            return None
        try:
            most = -(-shape[0] * shape[1] // 8)
            unpacked = zlib.decompressobj().decompress(base64.b64decode(self.packed), most)
            bits = np.frombuffer(unpacked, np.uint8)
            return np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).astype(bool)
        except (ValueError, zlib.error):
            return None

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> Stored | None:
        """Read the tags; return None if they are damaged or pycalfin did not write the file."""
        if TAG_DOMAIN not in tags or TAG_IDENTITY not in tags:
            return None
        try:
            wkt = tags.get(TAG_WKT, "")
            return cls(
                domain=safe_name(tags[TAG_DOMAIN]),
                polygon=shapely.from_wkt(wkt) if wkt else None,
                attributes=dict(json.loads(tags.get(TAG_ATTRIBUTES, "{}"))),
                nodata=float(tags[TAG_NODATA]),
                cloud=float(tags[TAG_CLOUD]),
                dtype=str(np.dtype(tags[TAG_DTYPE])),
                packed=tags.get(TAG_CLOUD_MASK, ""),
            )
        except (KeyError, ValueError, TypeError, RecursionError, shapely.errors.GEOSException):
            return None


def write_subset(
    folder: str | Path,
    subset: Subset,
    *,
    channels: bool = False,
    attributes: Mapping[str, Any] | None = None,
) -> Path:
    """Write a subset as a GeoTIFF; it appears by rename.

    Parameters
    ----------
    folder : path
        Output folder, made if necessary.
    subset : Subset
    channels : bool
        True: write the three channels of the networks' input with 8 bits to `<name>_channels.tif`.
        False: write the band as stored to `<name>.tif`.
    attributes : mapping, optional
        Attributes of the domain's feature, stored in a tag.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    path = Path(folder) / f"{subset.name}{CHANNELS_END if channels else ''}.tif"
    tags = _tags(subset, attributes or {})
    if channels:
        stack = enhance.channels(subset.pixels, subset.valid)
        bands = np.round((stack + 1.0) * 127.5).astype(np.uint8).transpose(2, 0, 1)
        _write(path, subset, bands, None, {**tags, TAG_CHANNELS: "1"})
    else:
        grey, nodata = _stored_band(subset)
        _write(path, subset, grey[np.newaxis], nodata, tags)
    return path


def _tags(subset: Subset, attributes: Mapping[str, Any]) -> dict[str, str]:
    tags = {
        TAG_DOMAIN: subset.domain,
        TAG_IDENTITY: json.dumps(dataclasses.asdict(subset.identity), ensure_ascii=False),
        TAG_SCENE: subset.identity.name,
        TAG_SYNTHETIC: str(int(subset.synthetic)),
        TAG_NODATA: repr(float(subset.nodata_fraction)),
        TAG_CLOUD: repr(float(subset.cloud_fraction)),
        TAG_DTYPE: subset.dtype,
    }
    if subset.polygon is not None:
        tags[TAG_WKT] = shapely.to_wkt(subset.polygon, rounding_precision=-1)
    if subset.cloud is not None:
        bits = zlib.compress(np.packbits(subset.cloud).tobytes(), 9)
        tags[TAG_CLOUD_MASK] = base64.b64encode(bits).decode("ascii")
    if attributes:
        tags[TAG_ATTRIBUTES] = json.dumps(dict(attributes), ensure_ascii=False, default=str)
    return tags


def _stored_band(subset: Subset) -> tuple[NDArray[Any], float | None]:
    """Return the band in its data type, and a no-data value that no valid pixel has."""
    dtype = np.dtype(subset.dtype if subset.dtype in EXACT_TYPES else "float32")
    if dtype.kind == "f":
        return np.where(subset.valid, subset.pixels, np.nan).astype(dtype), math.nan
    values = np.where(subset.valid, subset.pixels, 0).astype(dtype)
    if subset.valid.all():
        return values, None
    limits = np.iinfo(dtype)
    used = set(np.unique(values[subset.valid]).tolist())
    likely = [0, limits.min, limits.max]
    free = [value for value in [*likely, *range(limits.min, limits.max + 1)] if value not in used]
    if not free:
        return values, None
    values[~subset.valid] = free[0]
    return values, float(free[0])


def _write(
    path: Path,
    subset: Subset,
    bands: NDArray[Any],
    nodata: float | None,
    tags: Mapping[str, str],
) -> None:
    import rasterio
    from affine import Affine
    from rasterio.errors import NotGeoreferencedWarning

    with (
        replacing(path) as part,
        plain_raster(part) as plain,
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            plain,
            "w",
            driver="GTiff",
            count=bands.shape[0],
            height=bands.shape[1],
            width=bands.shape[2],
            dtype=bands.dtype.name,
            crs=subset.crs,
            transform=subset.transform or Affine.identity(),
            nodata=nodata,
            compress="deflate",
            predictor=3 if bands.dtype.kind == "f" else 2,
            bigtiff="if_safer",
        ) as dataset:
            dataset.write(bands)
            if nodata is None and not subset.valid.all():
                dataset.write_mask(subset.valid)
            dataset.update_tags(**tags)
