"""FrontLearning: Landsat subsets with the front as a black line (Mohajerani et al. 2019).

The images have 200 x 300 pixels and are rotated so that ice flows up: ocean or mélange lies at the
top. Zones are known only in the columns that the front spans. Everything but the drawn line is
known not to be a front, coasts included.

Mohajerani, Y., Wood, M., Velicogna, I., Rignot, E. (2019): Detection of glacier calving margins
with convolutional neural networks: a case study. Remote Sensing 11(1), 74. CC BY 4.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pycalfin.datasets.land import land_mask
from pycalfin.datasets.png import images_in, read_grey
from pycalfin.datasets.records import ICE, LAND, OCEAN, UNKNOWN, Item, LabelledImage
from pycalfin.errors import SceneError

GLACIERS = {
    "Sverdrup": range(20, 25),
    "Jakobshavn": range(8, 11),
    "Kangerlussuaq": range(229, 232),
}
"""WRS-2 paths of each glacier's scenes."""
METRES = {"Sverdrup": 61.7, "Jakobshavn": 109.1, "Kangerlussuaq": 57.5}
"""Metres per pixel, estimated by registration to georeferenced scenes (not published)."""
FRONT_LEVEL = 128
"""A label pixel darker than this belongs to the front (black on white)."""
COLUMN_MARGIN = 3
"""Columns at each end of the front with unknown zones: half the line's width, and its cap."""
NO_DATA_SHARE = 0.1
"""Least share of an image that a constant, dark region at the border covers if it is no-data."""
_NAME = re.compile(r"(?P<sensor>L[A-Z]\d\d)_\w{4}_(?P<path>\d{3})(?P<row>\d{3})_(?P<date>\d{8})_")


def read(folder: Path, *, land: bool = False) -> list[LabelledImage]:
    """Read the whole data set.

    Parameters
    ----------
    folder : Path
        Folder with `images/*_Subset.png` and `labels/*_Front.png`.
    land : bool
        Add the land outlined by hand (`pycalfin.datasets.land`). It is not part of the data set;
        use it for training only.

    Returns
    -------
    list of LabelledImage
        Sorted by name.

    Raises
    ------
    SceneError
        If a file is missing or unreadable, or a name is not FrontLearning's.
    """
    return list(iterate(folder, land=land))


def iterate(folder: Path, *, land: bool = False) -> Iterator[LabelledImage]:
    """Read the data set one image at a time; see `read`."""
    for item in find(folder, land=land):
        yield item.read()


def find(folder: Path, *, land: bool = False) -> list[Item]:
    """List the images of the data set without reading them; see `read`."""
    items = []
    for path in images_in(folder, "FrontLearning"):
        label = folder / "labels" / path.name.replace("_Subset", "_Front")
        found = _NAME.match(path.name)
        glacier = _glacier_of(int(found["path"])) if found else ""
        items.append(Item(path.stem, glacier, partial(read_one, path, label, land=land)))
    return items


def read_one(image: Path, label: Path, *, land: bool = False) -> LabelledImage:
    """Read one image and its label; see `read`."""
    found = _NAME.match(image.name)
    if found is None:
        raise SceneError(f"{image}: expected a name like LC08_L1TP_020007_20140801_..._Subset.png")
    front = read_grey(label) < FRONT_LEVEL
    glacier = _glacier(int(found["path"]), image)
    date = found["date"]
    pixels = read_grey(image).astype(np.float32)
    pixels[_no_data(pixels)] = np.nan
    zones = zones_from_front(front)
    if land:
        zones[land_mask(found["path"] + found["row"], zones.shape)] = LAND
    zones[np.isnan(pixels)] = UNKNOWN
    return LabelledImage(
        name=image.stem,
        glacier=glacier,
        sensor=found["sensor"],
        date=f"{date[:4]}-{date[4:6]}-{date[6:]}",
        image=pixels,
        front=front,
        zones=zones,
        edge_known=np.ones(front.shape, bool),
        source=image,
        metres=METRES[glacier],
    )


def zones_from_front(front: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the zones on both sides of a front: ocean above it, ice below it.

    Parameters
    ----------
    front : (H, W) bool

    Returns
    -------
    (H, W) uint8
        `UNKNOWN` outside the columns that the front spans.
    """
    spanned = ndimage.binary_erosion(np.any(front, axis=0), iterations=COLUMN_MARGIN)
    rows = np.arange(len(front))[:, None]
    top = front.argmax(axis=0)
    bottom = len(front) - 1 - front[::-1].argmax(axis=0)
    zones = np.zeros(front.shape, np.uint8)
    zones[(rows < top) & spanned] = OCEAN
    zones[(rows > bottom) & spanned] = ICE
    return zones


def _no_data(pixels: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return the part of an image outside the scene: constant, dark and at the border."""
    gap = np.zeros(pixels.shape, bool)
    least = NO_DATA_SHARE * pixels.size
    values, counts = np.unique(pixels, return_counts=True)
    for value in values[(counts >= least) & (values < np.median(pixels))]:
        regions, _ = ndimage.label(pixels == value)
        border = np.concatenate([regions[[0, -1]].ravel(), regions[:, [0, -1]].ravel()])
        large = np.flatnonzero(np.bincount(regions.ravel()) >= least)
        gap |= np.isin(regions, np.intersect1d(border[border > 0], large))
    return ndimage.binary_dilation(gap) if gap.any() else gap


def _glacier(path: int, image: Path) -> str:
    glacier = _glacier_of(path)
    if not glacier:
        raise SceneError(f"{image}: WRS-2 path {path} belongs to no glacier of FrontLearning")
    return glacier


def _glacier_of(path: int) -> str:
    return next((glacier for glacier, paths in GLACIERS.items() if path in paths), "")
