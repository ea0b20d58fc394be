"""Cut the part of a scene that covers a domain, in the scene's own grid.

Only the window is read. No-data and cloud are counted inside the domain's polygon. Pixels outside
it are kept, since a front is not clipped to its domain.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from shapely.geometry import Polygon

from pycalfin.errors import PrunedError, SceneError
from pycalfin.files import safe_name
from pycalfin.grid import Grid, Window
from pycalfin.records import Domain, Mask, Scene, Subset
from pycalfin.scene.clouds import read_clouds
from pycalfin.scene.footprint import Footprint, Tile, find_footprint
from pycalfin.scene.names import subset_name
from pycalfin.scene.nodata import read_data
from pycalfin.scene.raster import open_raster, require_readable
from pycalfin.scene.subsetfile import Stored, write_subset
from pycalfin.settings import Settings

if TYPE_CHECKING:
    from rasterio import DatasetReader

__all__ = ["Tile", "cut", "scene_domains", "searchable_grid", "tiles", "write_subset"]

logger = logging.getLogger(__name__)

TILE = 2048
"""Pixels: side of tiles, where scenes are not searched and the setting `tile` is not set."""
TILE_OVERLAP = 0.12
"""Fraction of a tile's side that it shares with its neighbour."""
LARGEST_SCENE = 1 << 31
"""Most pixels of a scene without a domain: twice the largest Sentinel-1 product."""
MOST_TILES = 10_000
"""Most tiles of a scene without a domain."""
SMALLEST_SIDE = 16
"""Smallest side of a subset, in pixels."""


def cut(scene: Scene, domain: Domain | None, settings: Settings) -> Subset:
    """Cut a domain from a scene.

    Parameters
    ----------
    scene : Scene
    domain : Domain or None
        Domain in any coordinate reference system. None: the whole image, with the stored domain
        if pycalfin wrote the file.
    settings : Settings
        `margin`, `max_nodata`, `max_cloud`, `nodata` and `nodata_floor` are used.

    Returns
    -------
    Subset
        Bounding box of the domain in the scene's grid, plus the margin, within the image. It is not
        resampled. A subset that pycalfin wrote is returned as it was cut.

    Raises
    ------
    PrunedError
        If the subset is skipped: too small, constant, or with too much no-data or cloud.
    NoOverlapError
        If scene and domain do not overlap.
    SceneError
        If the pixels cannot be read.
    DomainError
        If the domain cannot be reprojected to the scene's coordinate reference system.
    """
    with open_raster(scene, settings.nodata) as dataset:
        own = Stored.of(dataset.tags())
        if domain is None:
            domain = _stored_domain(scene, own) or _whole(scene, dataset)
        place, stored = find_footprint(scene, dataset, domain, settings, own)
        height, width = place.window.shape
        if min(height, width) < SMALLEST_SIDE:
            raise PrunedError(
                f"too small: {height} x {width} pixels (at least {SMALLEST_SIDE} a side)"
            )
        require_readable(scene.path, f"domain {domain.name}", height, width)
        raw, valid = read_data(scene, dataset, place.window, settings, cut=own is not None)
        whole = Grid((dataset.height, dataset.width), dataset.transform, scene.crs)
        grid = whole.part(place.window)
        clouds = None if own is None else own.cloud_mask(whole.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        pixels = raw.astype(np.float32)
    pixels[~valid] = np.nan
    refuse_blank(pixels, valid)
    inside = _inside(place, domain, grid, valid)
    if clouds is not None:
        clouds = clouds[place.window.slices]
    elif scene.qa is not None:
        clouds = read_clouds(scene, place.window, grid)
    if stored is not None:
        nodata, cloud = stored.nodata, stored.cloud
    else:
        nodata = _nodata_fraction(place, inside, valid)
        cloud = _fraction(clouds, inside)
    _refuse("no-data", nodata, settings.max_nodata)
    _refuse("cloud", cloud, settings.max_cloud)
    return Subset(
        name=subset_name(scene.identity, domain.name),
        pixels=pixels,
        valid=valid,
        transform=grid.transform,
        crs=grid.crs,
        identity=scene.identity,
        domain=domain.name,
        polygon=place.polygon,
        dtype=raw.dtype.name if own is None else own.dtype,
        nodata_fraction=nodata,
        cloud_fraction=cloud,
        cloud=clouds,
        synthetic=scene.synthetic,
    )


def scene_domains(scene: Scene, settings: Settings) -> list[Domain]:
    """Return the domains of a scene for which the user gave none.

    Parameters
    ----------
    scene : Scene
    settings : Settings
        `tile` is used (2048 if it is not set).

    Returns
    -------
    list of Domain
        - For a subset that pycalfin wrote: its stored domain.
        - For a file with CALFIN's subset name: the whole image, with the domain in the name.
        - For any other scene: its tiles.
    """
    with open_raster(scene) as dataset:
        stored = _stored_domain(scene, Stored.of(dataset.tags()))
        if stored is not None:
            return [stored]
        if scene.identity.domain:
            return [_whole(scene, dataset)]
        return _tiles(scene, dataset, settings.tile or TILE)


def searchable_grid(scene: Scene) -> Grid | None:
    """Return the grid of a scene that has no domain of its own.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    Grid or None
        None if pycalfin cut the scene for a domain, or CALFIN's naming tells one.

    Raises
    ------
    SceneError
        If it is larger than what is looked at without a domain.
    """
    with open_raster(scene) as dataset:
        if scene.identity.domain or Stored.of(dataset.tags()) is not None:
            return None
        _require_usual_size(scene, dataset)
        return Grid((dataset.height, dataset.width), dataset.transform, scene.crs)


def _require_usual_size(scene: Scene, dataset: DatasetReader) -> None:
    if dataset.height * dataset.width > LARGEST_SCENE:
        raise SceneError(
            f"{scene.path}: {dataset.width:,} x {dataset.height:,} pixels; at most "
            f"{LARGEST_SCENE:,} are searched; choose the area to look at with --domain"
        )


def tiles(scene: Scene, tile: int) -> list[Domain]:
    """Cover a scene with tiles.

    Parameters
    ----------
    scene : Scene
    tile : int
        Longest side of a tile, in pixels.

    Returns
    -------
    list of Domain
        The whole image with the scene's name, if its sides are not longer than `tile`. Else
        overlapping tiles `<scene>_r0_c0`, `<scene>_r0_c1`, ...
    """
    with open_raster(scene) as dataset:
        return _tiles(scene, dataset, tile)


def _tiles(scene: Scene, dataset: DatasetReader, tile: int) -> list[Domain]:
    count = _tiles_along(dataset.height, tile) * _tiles_along(dataset.width, tile)
    if count == 1:
        return [_whole(scene, dataset)]
    if count > MOST_TILES or dataset.height * dataset.width > LARGEST_SCENE:
        raise SceneError(
            f"{scene.path}: too large without a domain ({dataset.width:,} x {dataset.height:,} "
            f"pixels, {count:,} tiles); choose an area with --domain"
        )
    rows, cols = _starts(dataset.height, tile), _starts(dataset.width, tile)
    height, width = min(tile, dataset.height), min(tile, dataset.width)
    stem = safe_name(scene.name)
    return [
        _tile(scene, dataset, f"{stem}_r{r}_c{c}", Window(row, col, height, width))
        for r, row in enumerate(rows)
        for c, col in enumerate(cols)
    ]


def _tiles_along(length: int, tile: int) -> int:
    if length <= tile:
        return 1
    return math.ceil((length - TILE_OVERLAP * tile) / (tile - TILE_OVERLAP * tile))


def _starts(length: int, tile: int) -> list[int]:
    """Return the starts of tiles spread evenly over one side."""
    count = _tiles_along(length, tile)
    if count == 1:
        return [0]
    return [round(i * (length - tile) / (count - 1)) for i in range(count)]


def _tile(scene: Scene, dataset: DatasetReader, name: str, window: Window) -> Tile:
    height, width = window.shape
    grid = Grid((dataset.height, dataset.width), dataset.transform, scene.crs).part(window)
    corners = np.array([[0, 0], [0, width], [height, width], [height, 0]], float)
    ring = grid.xy(corners - 0.5)
    return Tile(safe_name(name), Polygon(ring), scene.crs, window=window)


def _whole(scene: Scene, dataset: DatasetReader) -> Tile:
    name = scene.identity.domain or scene.name
    return _tile(scene, dataset, name, Window(0, 0, dataset.height, dataset.width))


def _stored_domain(scene: Scene, stored: Stored | None) -> Domain | None:
    if stored is None or stored.polygon is None:
        return None
    return Domain(stored.domain, stored.polygon, scene.crs, stored.attributes)


def refuse_blank(pixels: NDArray[np.float32], valid: Mask) -> None:
    """Refuse an image that has no data, or one value only.

    Parameters
    ----------
    pixels : (H, W) float32
    valid : (H, W) bool

    Raises
    ------
    PrunedError
    """
    if not valid.any():
        raise PrunedError("no valid pixel: all no-data")
    values = pixels[valid]
    if values.min() == values.max():
        raise PrunedError(f"constant value: every valid pixel is {values[0]:g}")


def _refuse(what: str, fraction: float, limit: float) -> None:
    if fraction > limit:
        raise PrunedError(
            f"{100 * fraction:.1f} % {what} inside the domain (limit {100 * limit:g} %)"
        )


def _inside(place: Footprint, domain: Domain, grid: Grid, valid: Mask) -> Mask:
    """Mark the pixels whose centres lie in the domain."""
    if isinstance(domain, Tile):
        return _footprint(valid)
    from rasterio.features import geometry_mask

    # rasterise in pixel coordinates, which works for every affine
    ring = shapely.transform(place.polygon, lambda xy: grid.rowcol(xy)[:, ::-1] + 0.5)
    inside: Mask = geometry_mask([ring], valid.shape, Affine.identity(), invert=True)
    if not inside.any():
        raise PrunedError("the domain holds no pixel of the scene: it is smaller than a pixel")
    return inside


def _footprint(valid: Mask) -> Mask:
    """Mark the convex hull of the valid pixels, the area that the satellite saw.

    Without a domain, the collar of a product then does not count as no-data, but SLC-off stripes
    do.
    """
    if valid.all():
        return valid
    from rasterio.features import geometry_mask

    rows = np.flatnonzero(valid.any(axis=1))
    first = valid[rows].argmax(axis=1)
    last = valid.shape[1] - 1 - valid[rows, ::-1].argmax(axis=1)
    centres = np.concatenate([np.column_stack([cols, rows]) for cols in (first, last)]) + 0.5
    hull = shapely.MultiPoint(centres).convex_hull
    if hull.geom_type != "Polygon":
        return valid
    inside: Mask = geometry_mask([hull], valid.shape, Affine.identity(), invert=True)
    return inside | valid


def _nodata_fraction(place: Footprint, inside: Mask, valid: Mask) -> float:
    """Return the fraction of the domain without data, including its part outside the image."""
    seen = np.count_nonzero(valid & inside) / np.count_nonzero(inside)
    return float(np.clip(1.0 - place.inside * seen, 0.0, 1.0))


def _fraction(clouds: Mask | None, inside: Mask) -> float:
    if clouds is None:
        return 0.0
    return float(np.count_nonzero(clouds & inside) / np.count_nonzero(inside))
