"""Open what GDAL reads: files, members of archives, and views of rasters with control points."""

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
"""Of GDAL's block cache; its default is a twentieth of the memory."""
MOST_PIXELS = 1 << 28
"""Pixels that are read at once: a square of 16,384, which a Landsat scene does not reach."""
OPTIONS = {
    "GDAL_CACHEMAX": CACHE_MEGABYTES,
    "CPL_VSIL_GZIP_WRITE_PROPERTIES": "NO",
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "/vsicurl/none",
}
"""Of GDAL: nothing is written beside a compressed archive, and no web address is opened."""
ALONE = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
"""Of GDAL, for members of archives: nothing that lies beside an image is read with it."""
WARP_MEGABYTES = 32
"""Working memory of a warped view."""
_WITHIN = re.compile(r"/(?:vsi\w+|proc/self/fd)/[^\s']*")
"""How GDAL calls a member of an archive."""
SAMPLE_SIDE = 512
"""Pixels: longer side of a decimated band that stands for all of it."""
SMALL = 4_000_000
"""Pixels: larger bands without overviews are sampled by blocks, since decimating reads them all.
So it does of JPEG 2000, whose overviews are no images of their own."""
BLOCKS, BLOCK_SIDE = 3, 256
"""Along each side of a large band, and their pixels."""


@contextmanager
def open_raster(scene: Scene, nodata: str | None = None) -> Iterator[DatasetReader]:
    """Open the grid of a scene for reading.

    Parameters
    ----------
    scene : Scene
    nodata : str or None
        As the setting; where control points are warped, it must be known before.

    Yields
    ------
    rasterio.DatasetReader or rasterio.vrt.WarpedVRT
        The file itself, or, for ground control points, a view warped to `scene.crs` at the
        native ground resolution by thin-plate splines through the points.

    Raises
    ------
    SceneError
        If it can no longer be opened.
    """
    with open_dataset(scene.path, scene.raster) as dataset:
        if not scene.gcps:
            yield dataset
            return
        from rasterio.enums import Resampling
        from rasterio.vrt import WarpedVRT

        fills = _fills(scene, dataset, nodata)
        floating = "float" in dataset.dtypes[scene.band - 1]
        # of whole numbers a view without any value of no-data shows by an alpha band where it ends
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
    """List the values that must not be blended with others in a warp, the foremost first."""
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
        return fills  # whoever reads the pixels tells
    raw = np.ma.getdata(sample)
    with np.errstate(over="ignore", invalid="ignore"):
        data = ~np.ma.getmaskarray(sample) & np.isfinite(raw.astype(np.float32, copy=False))
    for value in fills:
        data &= raw != value
    found = [(value, why) for value, why in undeclared(raw, data).taken if why == APART and value]
    if found:
        logger.warning("%s: %s", scene.path, sentence(found))
    # a warp of whole numbers knows one value: what is not declared would else be blended unseen
    return [value for value, _ in found] + fills


def sampled(dataset: DatasetReader, band: int) -> np.ma.MaskedArray[Any, Any]:
    """Read a band decimated, or blocks spread over it; never all of a large one.

    Returns
    -------
    (h, w) masked array
        Of blocks, one below the other; masked where the file says that there are no data.
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
    """View a raster with its control points in a CRS; splines break where longitudes jump.

    A warp knows one value of no-data only: in floating point all of them become NaN here.
    """
    from rasterio.io import MemoryFile
    from rasterio.shutil import copy

    if dataset.driver != "GTiff":
        # the VRT names its source, which GDAL then opens as whatever else it may be
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
        # a band of a VRT leaves out one value of its source: for several, one VRT upon the other
        for value in fills[1:] if floating else []:
            for number, band in floating:
                _read_from(band, file.name, number)
                _fill_with_nan(band, value)
            file = stack.enter_context(MemoryFile(ElementTree.tostring(tree), ext=".vrt"))
        yield stack.enter_context(file.open())


def _read_from(band: ElementTree.Element, name: str, number: int) -> None:
    """Let a band of a VRT read from one band of another raster of its size."""
    for source in [*band.findall("SimpleSource"), *band.findall("ComplexSource")]:
        band.remove(source)
    source = ElementTree.SubElement(band, "SimpleSource")
    ElementTree.SubElement(source, "SourceFilename", relativeToVRT="0").text = name
    ElementTree.SubElement(source, "SourceBand").text = str(number)


def _fill_with_nan(band: ElementTree.Element, nodata: float | None) -> None:
    """Let a band of a VRT have NaN where its source has a value of no-data."""
    for value in band.findall("NoDataValue"):
        band.remove(value)
    ElementTree.SubElement(band, "NoDataValue").text = "nan"
    if nodata is not None:
        for source in band.findall("SimpleSource"):
            source.tag = "ComplexSource"
            ElementTree.SubElement(source, "NODATA").text = repr(nodata)


@contextmanager
def open_dataset(path: str, raster: str) -> Iterator[DatasetReader]:
    """Open an image as it is; the one place that opens a raster of a user.

    Parameters
    ----------
    path : str
        What errors call it.
    raster : str
        The file, or a member of an archive as GDAL names it.

    Yields
    ------
    rasterio.DatasetReader

    Raises
    ------
    SceneError
        If it cannot be opened, is of no format in `DRIVERS`, or makes GDAL open other files.
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
    except CPLE_BaseError as error:  # of GDAL itself, which rasterio lets out here and there
        raise SceneError(unreadable(path, error)) from error


def _require_ordinary_blocks(path: str, dataset: DatasetReader) -> None:
    """Refuse blocks that take the memory of a whole scene: one of them is read for a pixel."""
    bands = dataset.count if dataset.profile.get("interleave") == "pixel" else 1
    height, width = dataset.block_shapes[0] if dataset.count else (0, 0)
    if height * width * bands > MOST_PIXELS:
        several = f" x {bands} bands" if bands > 1 else ""
        raise SceneError(
            f"{path}: its pixels lie in blocks of {width:,} x {height:,}{several}, each of which "
            "must be read at once; write it in tiles (gdal_translate -co TILED=YES)"
        )


def require_readable(path: str, what: str, height: int, width: int) -> None:
    """Refuse more pixels than are read at once.

    Parameters
    ----------
    path, what : str
        What errors call the file, and the part of it.
    height, width : int

    Raises
    ------
    SceneError
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
        # rasterio.open takes one driver only
        dataset = DatasetReader(raster, driver=list(DRIVERS))
    except RasterioIOError as error:
        what = describe_kind(leading_bytes(raster))
        raise SceneError(f"{path}: {what}" if what else unreadable(path, error)) from error
    try:
        _require_own(path, raster, dataset)
    except SceneError:
        dataset.close()
        raise
    return dataset


def _require_own(path: str, raster: str, dataset: DatasetReader) -> None:
    """Refuse an image that names another file for its overviews or its pixels."""
    # of any format and anywhere: GDAL would open it as soon as a small view is wanted
    overviews = dataset.tags(ns="OVERVIEWS").get("OVERVIEW_FILE")
    if overviews is not None:
        raise SceneError(
            f"{path}: its metadata name another file as its overviews ({overviews[:80]}); remove "
            "the .aux.xml beside it, or make a copy without (gdal_translate)"
        )
    if dataset.driver == "HFA":
        begin = str(Path(raster).with_suffix(""))
        others = [item for item in dataset.files if str(Path(item).with_suffix("")) != begin]
        others = [item for item in others if not item.startswith(f"{raster}.")]
        if others:
            raise SceneError(
                f"{path}: its pixels lie in another file ({others[0][-80:]}); rename that as the "
                "image is called, or convert both to a GeoTIFF (gdal_translate)"
            )


def unreadable(path: str, error: BaseException) -> str:
    """Say in one sentence why GDAL could not read a file."""
    lines = str(error.__cause__ or error).splitlines() or [type(error).__name__]
    if "not recognized as being in a supported file format" in str(error):
        return (
            f"{path}: not an image that GDAL can read, whatever its name says; "
            "give a GeoTIFF or the product as delivered"
        )
    why = _WITHIN.sub("", lines[0]).replace(path, "").strip(" :,'")[:160]
    return f"{path}: cannot be read ({why}); it may be truncated or damaged, download it again"


def _silence() -> None:
    """Keep GDAL's own messages off the terminal: exceptions carry what matters."""
    log = logging.getLogger("rasterio")
    if log.level == logging.NOTSET and not logger.isEnabledFor(logging.DEBUG):
        log.setLevel(logging.CRITICAL)
