"""Known layouts of labelled data, and the detection of a folder's layout."""

from __future__ import annotations

from pathlib import Path

from pycalfin.datasets import caffe, calfin, coasts, frontlearning, vectors, zones
from pycalfin.datasets.records import Item
from pycalfin.errors import SceneError
from pycalfin.settings import Settings

LAYOUTS = ("frontlearning", "caffe", "coasts", "calfin", "zhang", "baumhoer", "geopackage")
_EXPECTED = (
    "images/ with labels/ (frontlearning), images/ with fronts/ and zones/ (caffe; coasts if they "
    "are GeoTIFFs), NAME.png with NAME_mask.png (calfin), PNG with .shp (zhang), GeoTIFF with "
    ".shp (baumhoer), or GeoTIFF with .gpkg (geopackage)"
)


def detect(folder: Path) -> str:
    """Return the layout of a folder, recognised by the names of its files.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    str
        One of `LAYOUTS`.

    Raises
    ------
    SceneError
        If it is not a folder, or no layout matches.
    """
    require_folder(folder)
    inside = {path.name for path in folder.iterdir()}
    if {"images", "zones"} <= inside and next((folder / "zones").glob("*.tif"), None):
        return "coasts"
    if {"fronts", "zones"} <= inside and inside & {"images", caffe.ORIGINAL}:
        return "caffe"
    if {"images", "labels"} <= inside:
        return "frontlearning"
    masks = f"*{calfin.MASK}.png"
    places = (folder, folder / calfin.TRAINING, folder / calfin.VALIDATION)
    if any(next(place.glob(masks), None) for place in places if place.is_dir()):
        return "calfin"
    files = [path for path in folder.rglob("*") if path.is_file()]
    ends = {path.suffix.lower() for path in files if path.stem.lower() != zones.STEM}
    if ".shp" in ends:
        return "zhang" if ends & set(vectors.QUICKLOOKS) and ".tif" not in ends else "baumhoer"
    if ".gpkg" in ends or zones.find(folder):
        return "geopackage"
    raise SceneError(f"{folder}: in no known layout; expected {_EXPECTED}; see --layout")


def find(folder: Path, layout: str, settings: Settings, days: int = vectors.DAYS) -> list[Item]:
    """List the images of a folder without reading them.

    Parameters
    ----------
    folder : Path
    layout : str
        One of `LAYOUTS`.
    settings : Settings
        Settings for opening and cutting georeferenced scenes.
    days : int
        Largest difference in days between a front in a vector file and its image.

    Returns
    -------
    list of Item

    Raises
    ------
    SceneError
        If there are no images.
    """
    require_folder(folder)
    if layout == "frontlearning":
        return frontlearning.find(folder)
    if layout == "caffe":
        return caffe.find(folder)
    if layout == "coasts":
        return coasts.find(folder, settings)
    if layout == "calfin":
        return calfin.items(folder)
    return vectors.find(folder, layout, settings, days)


def require_folder(folder: Path) -> None:
    """Raise an error if the path is not a folder.

    Raises
    ------
    SceneError
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise SceneError(f"{folder}: {what}; expected a folder of labelled images")
