"""Fjord masks: where a front can be, drawn by a person (white = fjord, black = land).

No mask is needed; one that is given is honoured: nothing outside the fjord is a front or ocean.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.features import rasterize
from rasterio.warp import reproject

from pycalfin.errors import DomainError, PrunedError, SceneError
from pycalfin.geo import NORTH_CRS
from pycalfin.records import Domain, Mask, Subset
from pycalfin.results import Prediction
from pycalfin.scene.domain import read_domains
from pycalfin.scene.footprint import in_grid
from pycalfin.scene.raster import MOST_PIXELS, open_dataset

if TYPE_CHECKING:
    from rasterio import DatasetReader

RASTERS = {".tif", ".tiff", ".png", ".jpg", ".jpeg", ".img", ".jp2", ".vrt"}
"""File endings read as a raster; everything else holds polygons. A VRT is refused there."""


def read_fjord(path: str | Path, subset: Subset, crs: str | None = None) -> Mask:
    """Read a fjord mask onto the grid of a subset.

    Parameters
    ----------
    path : str or Path
        A raster (values above half its range are fjord), or polygons of the fjord.
    subset : Subset
        With a georeference, unless the raster has the subset's own size.
    crs : str, optional
        Of an .exp file.

    Returns
    -------
    (H, W) bool
        True in the fjord.

    Raises
    ------
    DomainError
        If the file cannot be read, or has no georeference and another size.
    """
    path = Path(path)
    if path.suffix.lower() in RASTERS:
        return _read_raster(path, subset)
    if subset.grid is None:
        raise DomainError(f"{path}: fjord polygons need an image with a georeference; use a raster")
    if path.suffix.lower() == ".exp":
        crs = crs or NORTH_CRS  # `check_fjord` said so
    polygons = []
    for domain in read_domains(path, crs=crs):
        # one of another hemisphere, say, is no fjord of this subset
        with contextlib.suppress(PrunedError):
            polygons.append(in_grid(domain, subset.name, subset.grid))
    if not polygons:
        return np.zeros(subset.shape, bool)
    burned = rasterize(polygons, out_shape=subset.shape, transform=subset.transform)
    return burned.astype(bool)


def check_fjord(path: str | Path, crs: str | None = None) -> list[Domain]:
    """Refuse a fjord mask that no subset could use.

    Parameters
    ----------
    path : str or Path
    crs : str, optional
        Of an .exp file.

    Returns
    -------
    list of Domain
        Its polygons; empty for a raster.

    Raises
    ------
    DomainError, MissingCRSError
        If the file is missing or cannot be read.
    """
    path = Path(path)
    if not path.is_file():
        raise DomainError(f"{path}: no such fjord mask; check --fjord")
    if path.suffix.lower() not in RASTERS:
        return read_domains(path, crs=crs)
    with _opened(path):
        return []


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[DatasetReader]:
    """Open a raster of a size that can be read at once."""
    try:
        with open_dataset(str(path), str(path)) as source:
            if source.width * source.height > MOST_PIXELS:
                raise DomainError(
                    f"{path}: the fjord mask has {source.width:,} x {source.height:,} pixels; at "
                    f"most {MOST_PIXELS:,} are read, so cut it to the fjord (gdalwarp -te)"
                )
            yield source
    except (SceneError, RasterioError) as error:
        why = str(error).removeprefix(f"{path}: ")
        raise DomainError(
            f"{path}: cannot read the fjord mask ({why}); give a raster or polygons"
        ) from error


def _read_raster(path: Path, subset: Subset) -> Mask:
    with _opened(path) as source:
        values = source.read(1, masked=True)
        transform, crs = source.transform, source.crs
    values = np.ma.masked_invalid(values)
    fjord = np.ma.filled(values > values.max() / 2, False).astype(np.uint8)
    if crs is None:
        if values.shape != subset.shape:
            raise DomainError(
                f"{path}: the fjord mask has no georeference and {values.shape} pixels where the "
                f"image has {subset.shape}; give it a georeference or the image's size"
            )
        return fjord.astype(bool)
    if subset.crs is None or subset.transform is None:
        raise DomainError(f"{path}: the fjord mask has a georeference but the image has none")
    resampled = np.zeros(subset.shape, np.uint8)
    reproject(
        fjord,
        resampled,
        src_transform=transform,
        src_crs=crs,
        dst_transform=subset.transform,
        dst_crs=subset.crs,
        resampling=Resampling.nearest,
    )
    return resampled.astype(bool)


def on_grid(fjord: Mask, prediction: Prediction) -> Mask:
    """Sample a fjord mask of the subset at the pixels of a prediction.

    Parameters
    ----------
    fjord : (H, W) bool
    prediction : Prediction

    Returns
    -------
    (h, w) bool
    """
    rows, cols = (
        np.clip(np.rint(start + step * np.arange(count)), 0, size - 1).astype(int)
        for start, step, count, size in zip(
            prediction.origin, prediction.step, prediction.edge.shape, fjord.shape, strict=True
        )
    )
    return fjord[np.ix_(rows, cols)]
