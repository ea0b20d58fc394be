"""Decide which pixels of a scene hold data.

A `nodata` value given by the user is final. Otherwise, no-data comes from three sources:

1. the file: its no-data tag, mask or alpha band;
2. the product's format: zero in digital numbers, and CALFIN's floor;
3. the values: undeclared fill values, with a warning (`pycalfin.scene.fill`).
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pycalfin.errors import SceneError
from pycalfin.grid import Window
from pycalfin.records import Mask, Scene
from pycalfin.scene.fill import FillDetection, equals, sentence, text, undeclared
from pycalfin.scene.raster import sampled, unreadable
from pycalfin.scene.sensors import has_nodata_floor, is_sixteen_bit
from pycalfin.settings import Settings, parse_nodata

if TYPE_CHECKING:
    from rasterio import DatasetReader

logger = logging.getLogger(__name__)


def read_data(
    scene: Scene,
    dataset: DatasetReader,
    window: Window,
    settings: Settings,
    *,
    cut: bool,
    tell: bool = True,
) -> tuple[NDArray[Any], Mask]:
    """Read a window of a scene's band, and the mask of its data.

    Parameters
    ----------
    scene : Scene
    dataset : rasterio.DatasetReader
        Opened by `scene.raster.open_raster` with the same `nodata`.
    window : Window
    settings : Settings
        `nodata` and `nodata_floor` are used.
    cut : bool
        True if pycalfin wrote the file. Only no-data that it declares counts then, and a `nodata`
        value of the user.
    tell : bool
        Warn of what is treated as no-data although not declared.

    Returns
    -------
    raw : (H, W) array
        Values as stored.
    valid : (H, W) bool
        True for data; these values are finite in float32.

    Raises
    ------
    SceneError
        If the pixels cannot be read.
    """
    from rasterio.enums import MaskFlags

    value = None if settings.nodata is None else parse_nodata(settings.nodata)
    raw = _read(scene, dataset, scene.band, window)
    flags = dataset.mask_flag_enums[scene.band - 1]
    if value is not None and MaskFlags.nodata in flags and not (cut or scene.gcps):
        valid = np.ones(raw.shape, bool)
    else:
        valid = _read(scene, dataset, scene.band, window, mask=True) != 0
    with np.errstate(over="ignore", invalid="ignore"):
        valid &= np.isfinite(raw.astype(np.float32, copy=False))
    if value is not None:
        return raw, valid if math.isnan(value) else valid & ~equals(raw, value)
    if cut:
        return raw, valid
    floor = _floor(scene, raw.dtype, settings)
    if _digital_numbers(scene, dataset, raw.dtype):
        # zero is no-data in products of Landsat and Sentinel-1
        valid &= (raw != 0) & (raw >= floor)
    detection = undeclared(
        raw,
        valid,
        sample=None if scene.gcps else lambda: _sample(scene, dataset),
        zero_everywhere=lambda: _zero_everywhere(scene, dataset, window, raw),
        floor=floor,
        zero_is_usual=raw.dtype.kind == "u" or MaskFlags.all_valid in flags,
    )
    if tell:
        _warn(scene.path, detection, "--nodata {}")
    return raw, valid & ~detection.fill


def data_of_array(raw: NDArray[Any], known: Mask, nodata: str | None) -> Mask:
    """Mark the pixels of a plain array that hold data.

    Parameters
    ----------
    raw : (H, W) array of real numbers
    known : (H, W) bool
        True for pixels that are neither masked nor infinite nor NaN.
    nodata : str or None
        Value of the setting `nodata`.

    Returns
    -------
    (H, W) bool
    """
    if nodata is None:
        detection = undeclared(raw, known)
        _warn("image", detection, "nodata='{}'")
        return known & ~detection.fill
    value = parse_nodata(nodata)
    return known if math.isnan(value) else known & ~equals(raw, value)


def _warn(name: str, detection: FillDetection, option: str) -> None:
    """Log a warning about undeclared no-data, and about values that may be no-data."""
    parts = []
    if detection.taken:
        parts.append(sentence(detection.taken, option.format("none")))
    for value in detection.kept:
        parts.append(
            f"{text(value)} fills a large area at the border and is kept as data; "
            f"{option.format(text(value))} makes it no-data"
        )
    if parts:
        logger.warning("%s: %s", name, "; ".join(parts))


def _digital_numbers(scene: Scene, dataset: DatasetReader, dtype: np.dtype[Any]) -> bool:
    """Return True for the band of a product as delivered, False for a derived image."""
    if dtype.kind != "u" or not scene.identity.kind:
        return False
    return dtype.itemsize > 1 or (dataset.count == 1 and not is_sixteen_bit(scene.identity))


def _floor(scene: Scene, dtype: np.dtype[Any], settings: Settings) -> float:
    """Return CALFIN's floor: lower digital numbers are no-data.

    It is zero for radar images and for products of unknown origin, where data may be lower.
    """
    if dtype.kind != "u" or not has_nodata_floor(scene.identity):
        return 0.0
    return settings.nodata_floor * float(np.iinfo(dtype).max)


def _read(
    scene: Scene, dataset: DatasetReader, band: int, window: Window, *, mask: bool = False
) -> NDArray[Any]:
    from rasterio import windows
    from rasterio.errors import RasterioError

    row, col, height, width = window
    area = windows.Window(col, row, width, height)
    try:
        return np.asarray((dataset.read_masks if mask else dataset.read)(band, window=area))
    except (RasterioError, OSError) as error:
        raise SceneError(unreadable(scene.path, error)) from error


def _sample(scene: Scene, dataset: DatasetReader) -> NDArray[Any]:
    """Return a sample of the whole band's valid values."""
    from rasterio.errors import RasterioError

    try:
        return np.asarray(sampled(dataset, scene.band).compressed())
    except (RasterioError, OSError):
        return np.empty(0)  # the window was readable and suffices


def _zero_everywhere(
    scene: Scene, dataset: DatasetReader, window: Window, raw: NDArray[Any]
) -> Mask | None:
    """Mark pixels that are zero in every band; return None if no other band has information."""
    from rasterio.enums import ColorInterp

    zeros, telling = raw == 0, False
    for number, meaning in zip(dataset.indexes, dataset.colorinterp, strict=True):
        if meaning == ColorInterp.alpha or number == scene.band:
            continue
        band = _read(scene, dataset, number, window)
        # a copy of the band, or an empty band, has no information
        if band.any() and not np.array_equal(band, raw):
            telling = True
            zeros &= band == 0
    return zeros if telling else None
