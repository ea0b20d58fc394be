"""Open images with GDAL: files, members of archives, and scenes with ground control points."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np

from pycalfin.errors import SceneError
from pycalfin.geo import reproject
from pycalfin.records import Scene
from pycalfin.scene.fill import APART, sentence, undeclared
from pycalfin.scene.kinds import DRIVERS, describe_kind, leading_bytes, refuse_address, side_files
from pycalfin.scene.unpack import reachable
from pycalfin.settings import parse_nodata

if TYPE_CHECKING:
    from rasterio import DatasetReader

logger = logging.getLogger(__name__)

CACHE_MEGABYTES = 64
"""Size of GDAL's block cache, in MB; GDAL's default is 5 % of the memory."""
MOST_PIXELS = 1 << 28
"""Most pixels read at once: 16,384 x 16,384, more than a Landsat scene."""
OPTIONS = {
    "GDAL_CACHEMAX": CACHE_MEGABYTES,
    "CPL_VSIL_GZIP_WRITE_PROPERTIES": "NO",
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "/vsicurl/none",
}
"""GDAL options: write nothing next to a compressed archive, and open no web address."""
ALONE = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
"""GDAL options for members of archives: ignore files next to an image."""
WARP_MEGABYTES = 32
"""Working memory of a warped view, in MB."""
_WITHIN = re.compile(r"/(?:vsi\w+|proc/self/fd)/[^\s']*")
"""GDAL's path of a member of an archive."""
SAMPLE_SIDE = 512
"""Pixels. Longer side of a decimated band used as a sample."""
SMALL = 4_000_000
"""Pixels. Larger bands are sampled by blocks if decimating would read all pixels: bands without
overviews, and JPEG 2000."""
BLOCKS, BLOCK_SIDE = 3, 256
"""Number of blocks along each side of a large band, and the side of a block in pixels."""


@contextmanager
def open_raster(scene: Scene, nodata: str | None = None) -> Iterator[DatasetReader]:
    """Open the grid of a scene for reading.

    Parameters
    ----------
    scene : Scene
    nodata : str or None
        Value of the setting `nodata`, needed to warp a scene with ground control points.

    Yields
    ------
    rasterio.DatasetReader or rasterio.vrt.WarpedVRT
        The file itself. For ground control points: a view warped to `scene.crs` at the native
        ground resolution, by thin-plate splines through the points.

    Raises
    ------
    SceneError
        If the file can no longer be opened.
    """
    with open_dataset(scene.path, scene.raster) as dataset:
        if not scene.gcps:
            yield dataset
            return
        from rasterio.enums import Resampling
        from rasterio.vrt import WarpedVRT

        fills = _fills(scene, dataset, nodata)
        floating = "float" in dataset.dtypes[scene.band - 1]
        # an integer view without a no-data value marks its extent by an alpha band
        outside = np.nan if floating else next(iter(fills), None)
        with (
            _open_in(dataset, scene.crs, fills) as source,
            WarpedVRT(
                source,
                src_crs=scene.crs,
                crs=scene.crs,
                resampling=Resampling.bilinear,
                src_nodata=outside,
                nodata=outside,
                add_alpha=outside is None,
                warp_mem_limit=WARP_MEGABYTES,
                SRC_METHOD="GCP_TPS",
            ) as view,
        ):
            yield view


def _fills(scene: Scene, dataset: DatasetReader, nodata: str | None) -> list[float]:
    """List the no-data values that a warp must not mix with data, the main one first."""
    from rasterio.enums import MaskFlags
    from rasterio.errors import RasterioError

    if nodata is not None:
        value = parse_nodata(nodata)
        return [] if np.isnan(value) else [value]
    band = scene.band
    declared = MaskFlags.all_valid not in dataset.mask_flag_enums[band - 1]
    known = dataset.nodata if declared else 0.0
    fills = [] if known is None or np.isnan(known) else [float(known)]
    try:
        sample = sampled(dataset, band)
    except (RasterioError, OSError):
        return fills  # reading the pixels raises the error
    raw = np.ma.getdata(sample)
    with np.errstate(over="ignore", invalid="ignore"):
        data = ~np.ma.getmaskarray(sample) & np.isfinite(raw.astype(np.float32, copy=False))
    for value in fills:
        data &= raw != value
    found = [(value, why) for value, why in undeclared(raw, data).taken if why == APART and value]
    if found:
        logger.warning("%s: %s", scene.path, sentence(found))
    # an integer warp knows one no-data value; an undeclared one would be mixed unnoticed
    return [value for value, _ in found] + fills


def sampled(dataset: DatasetReader, band: int) -> np.ma.MaskedArray[Any, Any]:
    """Read a sample of a band: decimated, or as blocks spread over a large band.

    Returns
    -------
    (h, w) masked array
        The decimated band, or the blocks one below the other. No-data that the file declares is
        masked.
    """
    from rasterio.windows import Window

    height, width = dataset.height, dataset.width
    stored = dataset.driver != "JP2OpenJPEG" and dataset.overviews(band)
    if height * width <= SMALL or stored:
        part = min(1.0, SAMPLE_SIDE / max(height, width))
        shape = (max(1, round(part * height)), max(1, round(part * width)))
        return dataset.read(band, out_shape=shape, masked=True)
    tall, wide = min(BLOCK_SIDE, height), min(BLOCK_SIDE, width)
    blocks = [
        dataset.read(band, window=Window(col, row, wide, tall), masked=True)
        for row in np.linspace(0, height - tall, BLOCKS).astype(int)
        for col in np.linspace(0, width - wide, BLOCKS).astype(int)
    ]
    return np.ma.concatenate(blocks)


@contextmanager
def _open_in(dataset: DatasetReader, crs: str, fills: list[float]) -> Iterator[DatasetReader]:
    """Open a raster with its control points reprojected, since splines fail at jumps of longitude.

    A warp knows only one no-data value. In floating-point bands, all no-data values become NaN.
    """
    from rasterio.io import MemoryFile
    from rasterio.shutil import copy

    if dataset.driver != "GTiff":
        # GDAL opens the source of a VRT in any format, so its format must be certain
        raise SceneError(
            f"{dataset.name}: {dataset.driver} with ground control points; convert it to a GeoTIFF "
            "(gdal_translate)"
        )
    points, own = dataset.gcps
    places = reproject(np.array([[point.x, point.y] for point in points]), own.to_wkt(), crs)
    with MemoryFile(ext=".vrt") as file:
        copy(dataset, file.name, driver="VRT")
        tree = ElementTree.fromstring(file.read())
    for element, (x, y) in zip(tree.iter("GCP"), places, strict=True):
        element.set("X", repr(float(x)))
        element.set("Y", repr(float(y)))
    floating = [
        (number, band)
        for number, band in enumerate(tree.iterfind("VRTRasterBand"), start=1)
        if "float" in dataset.dtypes[number - 1]
    ]
    for _, band in floating:
        _fill_with_nan(band, fills[0] if fills else None)
    with ExitStack() as stack:
        file = stack.enter_context(MemoryFile(ElementTree.tostring(tree), ext=".vrt"))
        # a VRT band masks one value of its source, so several values need stacked VRTs
        for value in fills[1:] if floating else []:
            for number, band in floating:
                _read_from(band, file.name, number)
                _fill_with_nan(band, value)
            file = stack.enter_context(MemoryFile(ElementTree.tostring(tree), ext=".vrt"))
        yield stack.enter_context(file.open())


def _read_from(band: ElementTree.Element, name: str, number: int) -> None:
    """Set the source of a VRT band to a band of another raster of the same size."""
    for source in [*band.findall("SimpleSource"), *band.findall("ComplexSource")]:
        band.remove(source)
    source = ElementTree.SubElement(band, "SimpleSource")
    ElementTree.SubElement(source, "SourceFilename", relativeToVRT="0").text = name
    ElementTree.SubElement(source, "SourceBand").text = str(number)


def _fill_with_nan(band: ElementTree.Element, nodata: float | None) -> None:
    """Set a VRT band to NaN where its source has the no-data value."""
    for value in band.findall("NoDataValue"):
        band.remove(value)
    ElementTree.SubElement(band, "NoDataValue").text = "nan"
    if nodata is not None:
        for source in band.findall("SimpleSource"):
            source.tag = "ComplexSource"
            ElementTree.SubElement(source, "NODATA").text = repr(nodata)


@contextmanager
def open_dataset(path: str, raster: str) -> Iterator[DatasetReader]:
    """Open an image; no other function opens rasters from users.

    Parameters
    ----------
    path : str
        Name of the image for messages.
    raster : str
        File, or address of a member of an archive.

    Yields
    ------
    rasterio.DatasetReader

    Raises
    ------
    SceneError
        If the image cannot be opened, has no format in `DRIVERS`, or refers to other files.
    """
    import rasterio
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import NotGeoreferencedWarning

    _silence()
    if raster == path and not Path(raster).exists():
        refuse_address(raster)
    try:
        with reachable(raster) as place:
            within = place.startswith(("/vsi", "/proc/"))
            options = OPTIONS | ALONE if within else OPTIONS
            with rasterio.Env(**options), warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                with _opened(path, place) as dataset:
                    for beside in () if within else side_files(place):
                        _opened(str(beside), str(beside)).close()
                    _require_ordinary_blocks(path, dataset)
                    yield dataset
    except CPLE_BaseError as error:  # GDAL errors that rasterio does not wrap
        raise SceneError(unreadable(path, error)) from error


def _require_ordinary_blocks(path: str, dataset: DatasetReader) -> None:
    """Refuse an image with blocks as large as a scene, since reading a pixel reads a block."""
    bands = dataset.count if dataset.profile.get("interleave") == "pixel" else 1
    height, width = dataset.block_shapes[0] if dataset.count else (0, 0)
    if height * width * bands > MOST_PIXELS:
        several = f" x {bands} bands" if bands > 1 else ""
        raise SceneError(
            f"{path}: its pixels lie in blocks of {width:,} x {height:,}{several}, too large to "
            "read at once; rewrite it in tiles (gdal_translate -co TILED=YES)"
        )


def require_readable(path: str, what: str, height: int, width: int) -> None:
    """Refuse to read more than `MOST_PIXELS` at once.

    Parameters
    ----------
    path, what : str
        Names of the file, and of the part of it, for messages.
    height, width : int

    Raises
    ------
    SceneError
        If the part is too large.
    """
    if height * width > MOST_PIXELS:
        raise SceneError(
            f"{path}: {what} has {width:,} x {height:,} pixels; at most {MOST_PIXELS:,} are read "
            "at once, so choose a smaller area with --domain"
        )


def _opened(path: str, raster: str) -> DatasetReader:
    from rasterio.errors import RasterioIOError
    from rasterio.io import DatasetReader

    try:
        # rasterio.open accepts one driver only
        dataset = DatasetReader(raster, driver=list(DRIVERS))
    except RasterioIOError as error:
        what = describe_kind(leading_bytes(raster))
        raise SceneError(f"{path}: {what}" if what else unreadable(path, error)) from error
    try:
        _require_self_contained(path, raster, dataset)
    except SceneError:
        dataset.close()
        raise
    return dataset


def _require_self_contained(path: str, raster: str, dataset: DatasetReader) -> None:
    """Refuse an image that refers to another file for its overviews or its pixels."""
    # GDAL would open the overviews, of any format and place, for a decimated view
    overviews = dataset.tags(ns="OVERVIEWS").get("OVERVIEW_FILE")
    if overviews is not None:
        raise SceneError(
            f"{path}: its metadata refer to another file for overviews ({overviews[:80]}); remove "
            "its .aux.xml file, or make a copy without it (gdal_translate)"
        )
    if dataset.driver == "HFA":
        begin = str(Path(raster).with_suffix(""))
        others = [item for item in dataset.files if str(Path(item).with_suffix("")) != begin]
        others = [item for item in others if not item.startswith(f"{raster}.")]
        if others:
            raise SceneError(
                f"{path}: its pixels lie in another file ({others[0][-80:]}); give that file the "
                "image's name, or convert both to a GeoTIFF (gdal_translate)"
            )


def unreadable(path: str, error: BaseException) -> str:
    """Return the message for a file that GDAL cannot read."""
    lines = str(error.__cause__ or error).splitlines() or [type(error).__name__]
    if "not recognized as being in a supported file format" in str(error):
        return (
            f"{path}: not an image that GDAL can read, despite its name; "
            "give a GeoTIFF or the product as delivered"
        )
    why = _WITHIN.sub("", lines[0]).replace(path, "").strip(" :,'")[:160]
    return f"{path}: cannot be read ({why}); it may be truncated or damaged, download it again"


def _silence() -> None:
    """Silence GDAL's own messages, since exceptions contain them."""
    log = logging.getLogger("rasterio")
    if log.level == logging.NOTSET and not logger.isEnabledFor(logging.DEBUG):
        log.setLevel(logging.CRITICAL)
