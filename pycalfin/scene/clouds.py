"""Read the clouds of a subset from the product's quality band or cloud polygons."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from shapely.geometry import Polygon

from pycalfin.errors import PycalfinError
from pycalfin.grid import Grid, Window
from pycalfin.records import CloudCode, Float64, Mask, Scene
from pycalfin.scene.kinds import leading_bytes
from pycalfin.scene.raster import open_dataset, require_readable
from pycalfin.scene.unpack import reachable

if TYPE_CHECKING:
    from rasterio import DatasetReader

logger = logging.getLogger(__name__)

MOST_POLYGONS = 1 << 26
"""Most bytes of a file with cloud polygons; that of a granule has up to a few megabytes."""
CLOUDS = ("OPAQUE", "CIRRUS", "")
"""Types of cloud polygons. Polygons without a type count, since the file holds clouds only."""

_EPSG = re.compile(r"EPSG:(?:[\d.]*:)?(\d+)$", re.IGNORECASE)


def read_clouds(scene: Scene, window: Window, grid: Grid) -> Mask | None:
    """Read the cloud mask of a window.

    Parameters
    ----------
    scene : Scene
        Scene with a quality band or cloud mask.
    window : Window
    grid : Grid
        Grid of the window.

    Returns
    -------
    (H, W) bool, or None
        None, with a warning, if the quality band cannot be read.
    """
    from rasterio.errors import RasterioError

    qa = str(scene.qa)
    try:
        if scene.qa_code.polygons:
            return _from_polygons(scene, grid)
        with open_dataset(scene.path, qa) as quality:
            bands = scene.qa_code.bands
            if max(bands) > quality.count:
                raise ValueError(f"it has no band {max(bands)}")
            values = _on_grid(scene, quality, window, grid)
            fill = quality.nodata
    except (RasterioError, OSError, ValueError, ElementTree.ParseError, PycalfinError) as error:
        why = (str(error).splitlines() or ["unknown"])[0]
        logger.warning("%s: quality band not read (%s); clouds are not counted", scene.path, why)
        return None
    marked = _marked(values, scene.qa_code)
    if fill is not None:
        marked &= values != fill
    return np.asarray(marked.any(axis=0))


def _marked(values: NDArray[Any], code: CloudCode) -> Mask:
    if code.classes:
        return np.isin(values, code.classes)
    bits = sum(1 << bit for bit in code.bits)
    return np.asarray(values.astype(np.int64) & bits != 0)


def _on_grid(scene: Scene, quality: DatasetReader, window: Window, grid: Grid) -> NDArray[Any]:
    """Read the bands of a mask on the grid of a window, by nearest neighbour."""
    from rasterio import windows
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT

    row, col, height, width = window
    bands = list(scene.qa_code.bands)
    whole = Grid((quality.height, quality.width), quality.transform, grid.crs)
    same_size = quality.width >= col + width and quality.height >= row + height
    if same_size and whole.part(window).transform.almost_equals(grid.transform):
        return quality.read(bands, window=windows.Window(col, row, width, height))
    require_readable(scene.path, "it", quality.height, quality.width)
    with WarpedVRT(
        quality,
        src_crs=quality.crs or scene.crs,
        crs=scene.crs,
        transform=grid.transform,
        height=height,
        width=width,
        resampling=Resampling.nearest,
    ) as view:
        return view.read(bands)


def _from_polygons(scene: Scene, grid: Grid) -> Mask:
    """Rasterise cloud polygons on the grid of a window."""
    from rasterio.features import geometry_mask

    with reachable(str(scene.qa)) as place:
        content = leading_bytes(place, MOST_POLYGONS)
    if not content or b"<!DOCTYPE" in content:
        raise ValueError("no GML, or GML with a document type")
    root = ElementTree.fromstring(content)
    crs = _crs(root) or scene.crs

    def on_grid(xy: Float64) -> Float64:
        return grid.rowcol(xy, crs)[:, ::-1] + 0.5

    polygons = [shapely.transform(polygon, on_grid) for polygon in _polygons(root)]
    if not polygons:
        return np.zeros(grid.shape, bool)
    inside: Mask = geometry_mask(polygons, grid.shape, Affine.identity(), invert=True)
    return inside


def _crs(root: ElementTree.Element) -> str:
    """Return the coordinate reference system that a mask declares, or ''."""
    names = (element.get("srsName", "") for element in root.iter())
    found = next((match for name in names if (match := _EPSG.search(name))), None)
    return f"EPSG:{found[1]}" if found else ""


def _polygons(root: ElementTree.Element) -> Iterator[Polygon]:
    for feature in root.iterfind(".//{*}MaskFeature"):
        if feature.findtext(".//{*}maskType", "").strip().upper() not in CLOUDS:
            continue
        for polygon in feature.iterfind(".//{*}Polygon"):
            rings = {
                side: [_ring(item) for item in polygon.iterfind(f"{{*}}{side}//{{*}}posList")]
                for side in ("exterior", "interior")
            }
            for ring in rings["exterior"]:
                yield Polygon(ring, rings["interior"])


def _ring(positions: ElementTree.Element) -> Float64:
    return np.array(str(positions.text).split(), float).reshape(
        -1, int(positions.get("srsDimension", "2"))
    )[:, :2]
