"""Zones of georeferenced images, drawn as polygons: ocean, ice and land.

The polygons lie in a vector file named `zones` next to the scenes (`zones.gpkg`, `zones.shp`, ...),
with a column `zone`. Another column may give a polygon's date or scene; a polygon without either
applies to every image. Outside the polygons the zone is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

from pycalfin import geo
from pycalfin.datasets.columns import dates_and_scenes
from pycalfin.datasets.records import ICE, LAND, OCEAN, LabelledImage
from pycalfin.errors import MissingCRSError, SceneError
from pycalfin.records import Mask, Subset
from pycalfin.vectors.areas import areas
from pycalfin.vectors.read import read_layer

STEM = "zones"
SUFFIXES = (".gpkg", ".shp", ".geojson")
FIELD = "zone"
NAMES = {
    "ocean": OCEAN,
    "water": OCEAN,
    "melange": OCEAN,
    "mélange": OCEAN,
    "ice": ICE,
    "glacier": ICE,
    "land": LAND,
    "rock": LAND,
}
"""Values of the column; case does not matter."""
REACH = 8
"""Pixels: distance from a drawn front within which the absence of a front is known, also outside
the polygons; the person who drew it saw this part of the image."""


@dataclass(frozen=True, eq=False)
class Zone:
    """A polygon of one zone.

    Attributes
    ----------
    geometry : shapely geometry
    crs : str
    code : int
        `OCEAN`, `ICE` or `LAND`.
    date, scene : str
        '' if the polygon applies to every image.
    """

    geometry: BaseGeometry
    crs: str
    code: int
    date: str = ""
    scene: str = ""


def find(folder: Path) -> Path | None:
    """Return the file of zones in a folder, or None."""
    places = (path for path in sorted(folder.iterdir()) if path.stem.lower() == STEM)
    return next((path for path in places if path.suffix.lower() in SUFFIXES), None)


def read(path: Path, crs: str | None = None) -> list[Zone]:
    """Read the polygons of a file.

    Parameters
    ----------
    path : Path
    crs : str, optional
        CRS of a file that has none.

    Returns
    -------
    list of Zone

    Raises
    ------
    SceneError
        If there is no column `zone`, or it holds a value that is not in `NAMES`.
    DomainError, MissingCRSError
        If the file cannot be used.
    """
    layer = read_layer(path, SceneError)
    found = layer.crs or crs
    if not found:
        raise MissingCRSError(f"{path}: no coordinate reference system; give crs = 'EPSG:n'")
    fields = {name.lower(): column for name, column in layer.fields.items()}
    expected = ", ".join(dict.fromkeys(NAMES))
    if FIELD not in fields:
        listed = ", ".join(fields) or "none"
        raise SceneError(f"{path}: no column {FIELD!r} ({expected}); its columns are {listed}")
    names = [str(value).strip().lower() for value in fields[FIELD]]
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise SceneError(f"{path}: zones {', '.join(unknown)}; expected {expected}")
    assigned = dates_and_scenes(fields, len(names))
    shapes = areas(path, layer.geometries, found, SceneError)
    return [
        Zone(shape, geo.crs_name(found), NAMES[name], date, scene)
        for shape, name, (date, scene) in zip(shapes, names, assigned, strict=True)
        if shape is not None
    ]


def apply(image: LabelledImage, zones: Sequence[Zone]) -> LabelledImage:
    """Add the known zones to an image, and the front between them if none was drawn.

    Parameters
    ----------
    image : LabelledImage
        Image with a subset, which locates it.
    zones : sequence of Zone
        Later polygons cover earlier ones.

    Returns
    -------
    LabelledImage
        `edge_known` remains true only in known zones and near a front. Unchanged if no zone is
        known.
    """
    subset = image.subset
    if subset is None:
        raise SceneError(f"{image.source}: no georeference; zones cannot be placed on the image")
    stems = {image.source.stem, subset.name}
    inside = [
        zone
        for zone in zones
        if (zone.scene in stems or not zone.scene) and (zone.date in (image.date, ""))
    ]
    codes = _burn(subset, inside)
    codes[~subset.valid] = 0
    if not codes.any():
        return image
    front = image.front if image.front.any() else _between(codes)
    near = _near(front) if front.any() else front
    known = (codes != 0) | ~subset.valid | near
    return replace(image, zones=codes, front=front, edge_known=image.edge_known & known)


def within(image: LabelledImage) -> LabelledImage:
    """Mark the absence of fronts outside the domain's polygon as unknown.

    Parameters
    ----------
    image : LabelledImage

    Returns
    -------
    LabelledImage
        Unchanged if there is no polygon.
    """
    subset = image.subset
    if subset is None or subset.polygon is None or subset.transform is None:
        return image
    inside = rasterize([subset.polygon], subset.shape, transform=subset.transform, all_touched=True)
    near = _near(image.front) if image.front.any() else image.front
    return replace(image, edge_known=image.edge_known & (inside.astype(bool) | near))


def _burn(subset: Subset, zones: Sequence[Zone]) -> NDArray[np.uint8]:
    assert subset.crs is not None
    shapes = [
        (geo.reproject_geometry(geo.densify(zone.geometry), zone.crs, subset.crs), zone.code)
        for zone in zones
    ]
    if not shapes:
        return np.zeros(subset.shape, np.uint8)
    burned = rasterize(shapes, subset.shape, transform=subset.transform, dtype="uint8")
    return np.asarray(burned, np.uint8)


def _between(codes: NDArray[np.uint8]) -> Mask:
    """Return the pixels of ice next to ocean."""
    return (codes == ICE) & ndimage.binary_dilation(codes == OCEAN, np.ones((3, 3)))


def _near(front: Mask) -> Mask:
    return np.asarray(ndimage.distance_transform_edt(~front) <= REACH)
