"""Decide which pixels of a scene hold data: by the user, the file, the product, or the values.

The user's `nodata` settles it. Else the file's tag and mask do, and what a product's format says;
and what then still looks like a fill value is taken for one, in one sentence (`scene.fill`).
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
from pycalfin.scene.sensors import has_floor, has_sixteen_bits
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
    """Read a window of a scene's band, and where it holds data.

    Parameters
    ----------
    scene : Scene
    dataset : rasterio.DatasetReader
        As `scene.raster.open_raster` opened it, with the same `nodata`.
    window : Window
    settings : Settings
        `nodata` and `nodata_floor` are used.
    cut : bool
        pycalfin wrote the file: what it declares is all there is, but for a `nodata` value.
    tell : bool
        Say what is taken for no-data.

    Returns
    -------
    raw : (H, W) array
        As stored.
    valid : (H, W) bool
        All finite in float32.

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
        # zero fills both Landsat and Sentinel-1 products, and CALFIN's floor is meant for them
        valid &= (raw != 0) & (raw >= floor)
    verdict = undeclared(
        raw,
        valid,
        sample=None if scene.gcps else lambda: _sample(scene, dataset),
        zero_everywhere=lambda: _zero_everywhere(scene, dataset, window, raw),
        floor=floor,
        zero_is_usual=raw.dtype.kind == "u" or MaskFlags.all_valid in flags,
    )
    if tell:
        _say(scene.path, verdict, "--nodata {}")
    return raw, valid & ~verdict.fill


def data_of_array(raw: NDArray[Any], known: Mask, nodata: str | None) -> Mask:
    """Mark the pixels of a plain array that hold data.

    Parameters
    ----------
    raw : (H, W) array of real numbers
    known : (H, W) bool
        Neither masked nor infinite nor NaN.
    nodata : str or None
        As the setting.

    Returns
    -------
    (H, W) bool
    """
    if nodata is None:
        verdict = undeclared(raw, known)
        _say("image", verdict, "nodata='{}'")
        return known & ~verdict.fill
    value = parse_nodata(nodata)
    return known if math.isnan(value) else known & ~equals(raw, value)


def _say(name: str, verdict: FillDetection, option: str) -> None:
    """Say in one sentence what was taken for no-data, and what was not although it might be."""
    parts = []
    if verdict.taken:
        parts.append(sentence(verdict.taken, option.format("none")))
    for value in verdict.kept:
        parts.append(
            f"{text(value)} fills a large part at the border and was kept as data; "
            f"{option.format(text(value))} makes it no-data"
        )
    if parts:
        logger.warning("%s: %s", name, "; ".join(parts))


def _digital_numbers(scene: Scene, dataset: DatasetReader, dtype: np.dtype[Any]) -> bool:
    """Return True for the band of a product as delivered, False for what somebody made of it."""
    if dtype.kind != "u" or not scene.identity.kind:
        return False
    return dtype.itemsize > 1 or (dataset.count == 1 and not has_sixteen_bits(scene.identity))


def _floor(scene: Scene, dtype: np.dtype[Any], settings: Settings) -> float:
    """Return CALFIN's least digital number.

    The dark water of a radar amplitude image, and small reflectances in products of unknown
    origin, lie below it.
    """
    if dtype.kind != "u" or not has_floor(scene.identity):
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
    """Read values of the whole band, as `sampled` does."""
    from rasterio.errors import RasterioError

    try:
        return np.asarray(sampled(dataset, scene.band).compressed())
    except (RasterioError, OSError):
        return np.empty(0)  # the window could be read, and is judged by itself


def _zero_everywhere(
    scene: Scene, dataset: DatasetReader, window: Window, raw: NDArray[Any]
) -> Mask | None:
    """Mark where every band is zero; None if no other band tells more than this one."""
    from rasterio.enums import ColorInterp

    zeros, telling = raw == 0, False
    for number, meaning in zip(dataset.indexes, dataset.colorinterp, strict=True):
        if meaning == ColorInterp.alpha or number == scene.band:
            continue
        band = _read(scene, dataset, number, window)
        # a copy of the band, or an empty one, says nothing
        if band.any() and not np.array_equal(band, raw):
            telling = True
            zeros &= band == 0
    return zeros if telling else None
