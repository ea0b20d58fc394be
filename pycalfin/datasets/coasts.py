"""Georeferenced images with ocean masks, and the fronts along the border of the ocean.

- `images/NAME.tif`: the image. The glacier is the part of NAME before the last underscore.
- `zones/NAME.tif`: 0 is ocean or mélange, 255 is ice or land.
- `fronts/NAME.geojson`: the fronts as lines. Without this file the image has no front.

The rest of the ocean's border is a coast, where no front lies. Ice is distinguished from land only
close behind a front.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import shapely
from scipy import ndimage

from pycalfin import geo
from pycalfin.datasets.columns import date_in
from pycalfin.datasets.lines import draw
from pycalfin.datasets.records import ICE, LAND, NOT_OCEAN, OCEAN, UNKNOWN, Item, LabelledImage
from pycalfin.errors import MissingCRSError, SceneError
from pycalfin.records import Float64, Mask, Subset
from pycalfin.scene.raster import open_dataset
from pycalfin.scene.read import open_scene
from pycalfin.scene.subset import cut
from pycalfin.settings import Settings
from pycalfin.vectors.read import read_layer

UNDATED = "1970-01-01"
"""Placeholder for opening a scene of unknown date; the labelled image does not receive it."""
BEHIND = 15.0
"""Pixels: distance behind a front within which ground nearer to it than to a coast is ice."""


def find(folder: Path, settings: Settings) -> list[Item]:
    """List the images of the data set without reading them.

    Parameters
    ----------
    folder : Path
    settings : Settings
        `date`, `crs` and `band`, as for `pycalfin run`.

    Returns
    -------
    list of Item
        Sorted by name.

    Raises
    ------
    SceneError
        If there are no images.
    """
    paths = sorted((folder / "images").glob("*.tif"))
    if not paths:
        raise SceneError(f"{folder}: no images/*.tif; expected GeoTIFFs with zones and fronts")
    return [Item(path.stem, _glacier(path), partial(read_one, path, settings)) for path in paths]


def read_one(path: Path, settings: Settings) -> LabelledImage:
    """Read one image, its mask and its fronts.

    Parameters
    ----------
    path : Path
        File in `images/`.
    settings : Settings

    Returns
    -------
    LabelledImage

    Raises
    ------
    SceneError
        If a file is missing or unreadable, or image and mask differ in shape.
    MissingCRSError
        If the fronts have no CRS.
    """
    day = settings.day or date_in(path.stem)
    scene = open_scene(str(path), date=day or UNDATED, crs=settings.crs, band=settings.band)
    subset = cut(scene, None, settings)
    grid = subset.grid
    if grid is None:
        raise SceneError(f"{path}: no georeference; the fronts cannot be placed on the image")
    mask = path.parents[1] / "zones" / path.name
    with open_dataset(str(mask), str(mask)) as dataset:
        ground = dataset.read(1) > 0
    if ground.shape != subset.shape:
        raise SceneError(f"{mask}: {ground.shape} pixels, but the image has {subset.shape}")
    lines = [grid.rowcol(xy, crs) for xy, crs in _fronts(path)]
    front = draw(lines, subset.shape)
    return LabelledImage(
        name=path.stem,
        glacier=_glacier(path),
        sensor=subset.identity.sensor,
        date=day or "",
        image=subset.pixels,
        front=front,
        zones=_zones(ground, front, subset),
        edge_known=np.ones(subset.shape, bool),
        source=path,
        metres=float(np.sqrt(np.prod(grid.spacing))),
        lines=tuple(lines),
        subset=subset,
    )


def coast(image: LabelledImage, width: float) -> Mask:
    """Return the part of the ocean's border that is not a front.

    Parameters
    ----------
    image : LabelledImage
        Image of any data set. Without zones on both sides of a border, no coast is known.
    width : float
        Pixels: distance from a front within which the border counts as front.

    Returns
    -------
    (H, W) bool
        Ocean pixels next to ice or land.
    """
    ground = np.isin(image.zones, (ICE, LAND, NOT_OCEAN))
    border = (image.zones == OCEAN) & ndimage.binary_dilation(ground, np.ones((3, 3)))
    if not image.front.any():
        return np.asarray(border)
    return np.asarray(border & (ndimage.distance_transform_edt(~image.front) > width))


def _zones(ground: Mask, front: Mask, subset: Subset) -> np.ndarray:
    """Return the zones: ocean, not ocean, and ice where the nearest border is a front."""
    zones = np.where(ground, NOT_OCEAN, OCEAN).astype(np.uint8)
    if front.any():
        to_front = ndimage.distance_transform_edt(~front)
        coast = ~ground & ndimage.binary_dilation(ground) & (to_front > 3.0)
        to_coast = ndimage.distance_transform_edt(~coast) if coast.any() else np.inf
        zones[ground & (to_front <= BEHIND) & (to_front < to_coast)] = ICE
    zones[~subset.valid] = UNKNOWN
    return zones


def _fronts(path: Path) -> list[tuple[Float64, str]]:
    file = path.parents[1] / "fronts" / f"{path.stem}.geojson"
    if not file.exists():
        return []
    layer = read_layer(file, SceneError, shape="LineString")
    if not layer.crs:
        raise MissingCRSError(f"{file}: no coordinate reference system; expected a member 'crs'")
    parts = shapely.get_parts([shape for shape in layer.geometries if shape is not None])
    crs = geo.crs_name(layer.crs)
    return [(np.asarray(part.coords)[:, :2], crs) for part in parts]


def _glacier(path: Path) -> str:
    name = path.stem.rpartition("_")[0] or path.stem
    return name.partition("-")[0].capitalize()
