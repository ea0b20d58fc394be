"""CaFFe: SAR images with fronts and zones (Gourmelon et al. 2022).

`images/`, `fronts/` (255 is the front) and `zones/` hold PNGs of the same names,
glacier_date_sensor_metres_quality_orbit.png. Two layouts can be read:

- Copies resized to 256 x 256, with the zones coded 1-4.
- The original: `sar_images/` instead of `images/`, grey values as zone codes, and labels whose
  names end in `_front` and `_zones`. Each folder may be divided into `train/` and `test/`.

Gourmelon, N., Seehaus, T., Braun, M., Maier, A., Christlein, V. (2022): Calving fronts and where to
find them: a benchmark dataset and methodology for automatic glacier calving front extraction from
synthetic aperture radar imagery. Earth System Science Data 14, 4287-4313. CC BY 4.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from pycalfin.datasets.png import images_in, read_grey
from pycalfin.datasets.records import ICE, LAND, OCEAN, UNKNOWN, Item, LabelledImage
from pycalfin.errors import SceneError

ZONE_CODES = {
    1: UNKNOWN,
    2: LAND,
    3: ICE,
    4: OCEAN,
    0: UNKNOWN,
    64: LAND,
    127: ICE,
    254: OCEAN,
}
"""Zones by CaFFe's codes: 1-4 in resized copies; 0, 64, 127 and 254 in the original."""
FRONT_LEVEL = 128
"""A label pixel at least this bright belongs to the front."""
ORIGINAL = "sar_images"
"""Folder of the original images; only there does the name state the pixel size of the file."""
LABELS = {"fronts": "_front", "zones": "_zones"}
"""Folders of labels, and the suffixes of the original file names in them."""
PARTS = ("", "train", "test")
"""Possible subfolders of each folder."""
_NOT_AVAILABLE = (0, 1)
_NAME = re.compile(
    r"(?P<glacier>[A-Za-z]+)_(?P<date>\d{4}-\d{2}-\d{2})_(?P<sensor>[A-Z0-9]+)_(?P<metres>\d+)_"
    r"(?:(?P<quality>\d)_)?"
)


def read(folder: Path) -> list[LabelledImage]:
    """Read the whole data set.

    Parameters
    ----------
    folder : Path
        Holds `images/`, `fronts/` and `zones/`.

    Returns
    -------
    list of LabelledImage
        Sorted by name. `metres` is None for copies resized to squares.

    Raises
    ------
    SceneError
        If a file is missing or unreadable, or a name or a zone code is not CaFFe's.
    """
    return list(iterate(folder))


def iterate(folder: Path) -> Iterator[LabelledImage]:
    """Read the data set one image at a time; see `read`."""
    for item in find(folder):
        yield item.read()


def find(folder: Path) -> list[Item]:
    """List the images of the data set without reading them; see `read`."""
    if (folder / ORIGINAL).is_dir():
        paths = [path for part in PARTS for path in (folder / ORIGINAL / part).glob("*.png")]
    else:
        paths = images_in(folder, "CaFFe")
    items = []
    for path in sorted(paths, key=lambda path: path.name):
        top, *inside = path.relative_to(folder).parent.parts
        labels = (folder.joinpath(kind, *inside) for kind in ("fronts", "zones"))
        front, zones = (_label(path, place) for place in labels)
        named = _NAME.match(path.name)
        read = partial(read_one, path, front, zones, squashed=top != ORIGINAL)
        items.append(Item(path.stem, named["glacier"] if named else "", read))
    if not items:
        raise SceneError(f"{folder}: no {ORIGINAL}/**/*.png; expected a folder in CaFFe's layout")
    return items


def _label(image: Path, place: Path) -> Path:
    """Return the label of an image: the file of the same name, or with `_front` or `_zones`."""
    kind = next(part for part in place.parts[::-1] if part in LABELS)
    longer = place / f"{image.stem}{LABELS[kind]}.png"
    return longer if longer.exists() else place / image.name


def read_one(image: Path, front: Path, zones: Path, *, squashed: bool = True) -> LabelledImage:
    """Read one image, its front and its zones; see `read`.

    `squashed` means that the image was resized, so the metres in its name do not apply.
    """
    found = _NAME.match(image.name)
    if found is None:
        raise SceneError(f"{image}: expected a name like JAC_2015-12-24_TSX_6_1_005.png")
    codes = read_grey(zones)
    unknown = sorted(set(np.unique(codes).tolist()) - set(ZONE_CODES))
    if unknown:
        raise SceneError(f"{zones}: zone codes {unknown}; expected {sorted(ZONE_CODES)}")
    table = np.zeros(256, np.uint8)
    table[list(ZONE_CODES)] = list(ZONE_CODES.values())
    pixels = read_grey(image).astype(np.float32)
    pixels[np.isin(codes, _NOT_AVAILABLE)] = np.nan
    mask = read_grey(front) >= FRONT_LEVEL
    return LabelledImage(
        name=image.stem,
        glacier=found["glacier"],
        sensor=found["sensor"],
        date=found["date"],
        image=pixels,
        front=mask,
        zones=table[codes],
        edge_known=np.ones(mask.shape, bool),
        source=image,
        metres=None if squashed else float(found["metres"]),
        resolution=float(found["metres"]),
        conditions=(f"quality {found['quality']}",) if found["quality"] else (),
    )
