"""CALFIN's training set: images of three channels, each with a mask (Cheng et al. 2021).

The files lie in one folder, or in `train/` and `validation/`:

- `NAME.png`, 8 or 16 bit. Red is the grey subset, green its HDR-toned copy, blue its
  shadows/highlights copy.
- `NAME_mask.png`: 255 is land or ice, 0 is ocean or mélange.

NAME is the name of a CALFIN subset, which begins with the domain.

Cheng, D., Hayes, W., Larour, E., Mohajerani, Y., Wood, M., Velicogna, I., Rignot, E. (2021):
Calving Front Machine (CALFIN): glacial termini dataset and automated deep learning extraction
method for Greenland, 1972-2019. The Cryosphere 15, 1663-1675.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.transform import resize

from pycalfin.datasets.png import read_channels, read_grey, size_of
from pycalfin.datasets.records import ICE, OCEAN, Item, LabelledImage
from pycalfin.errors import SceneError
from pycalfin.scene.names import identify

TRAINING, VALIDATION = "train", "validation"
"""Subfolders of a data set that is already divided."""
MASK = "_mask"
"""Suffix of a mask's name."""
SIDE = 256
"""Pixels: height and width of every subset after resizing, whatever its aspect ratio."""
LAND_LEVEL = 128
"""A mask pixel at least this bright is land or ice."""
LARGEST = 255.0
"""Largest 8-bit value; images with larger values are scaled by their maximum."""
LISTED = 4
"""Most files named in an error."""


@dataclass(frozen=True)
class Pair:
    """An image and its mask, not yet read.

    Attributes
    ----------
    name : str
        File stem of the image.
    domain : str
        Beginning of the name; empty if the name is not that of a CALFIN subset.
    image, mask : Path
    """

    name: str
    domain: str
    image: Path
    mask: Path


@dataclass(frozen=True)
class Division:
    """A data set, divided into training and validation.

    Attributes
    ----------
    training, validation : tuple of Pair
        Sorted by name.
    """

    training: tuple[Pair, ...]
    validation: tuple[Pair, ...]


def find(folder: Path, hold_out: Sequence[str] = ()) -> Division:
    """Find the pairs of a data set and check their names and sizes.

    Parameters
    ----------
    folder : Path
        Folder of the pairs, or of `train/` and optionally `validation/`.
    hold_out : sequence of str
        Domains whose images all go to the validation instead of the training.

    Returns
    -------
    Division

    Raises
    ------
    SceneError
        If there is no pair, an image has no mask, a mask has no image, the two differ in size, no
        image belongs to a domain to hold out, or no image is left for the training.
    """
    if (folder / TRAINING).is_dir():
        training = _pairs(folder / TRAINING)
        divided = (folder / VALIDATION).is_dir()
        validation = _pairs(folder / VALIDATION) if divided else []
    else:
        training, validation = _pairs(folder), []
    held = [pair for pair in training if pair.domain in hold_out]
    known = sorted({pair.domain for pair in (*training, *validation)} - {""})
    unknown = sorted(set(hold_out) - set(known))
    if unknown:
        raise SceneError(
            f"{folder}: no image of {', '.join(unknown)} to hold out; "
            f"the domains are: {', '.join(known) or 'not known from the names'}"
        )
    training = [pair for pair in training if pair.domain not in hold_out]
    if not training:
        raise SceneError(f"{folder}: every image is held out; leave some for the training")
    validation = sorted([*validation, *held], key=lambda pair: pair.name)
    return Division(tuple(training), tuple(validation))


def read(pair: Pair, side: int = SIDE) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Read an image and its mask, and resize them like the network's input.

    Parameters
    ----------
    pair : Pair
    side : int
        Pixels: height and width of the result.

    Returns
    -------
    channels : (side, side, 3) float32 in [-1, 1]
    land : (side, side) bool
        True for land or ice, False for ocean or mélange.

    Raises
    ------
    SceneError
        If a file is unreadable, the image does not have three channels, or the mask does not hold
        0 and 255.
    """
    channels = scaled(read_channels(pair.image))
    land = _land(pair)
    if land.shape != (side, side):
        channels = _resized(channels, side)
        land = _resized(land.astype(np.float32), side) >= 0.5
    return channels.astype(np.float32), land


def items(folder: Path) -> list[Item]:
    """List the images for a validation without reading them.

    They are those of `validation/` if that folder exists, else all.

    Raises
    ------
    SceneError
        See `find`.
    """
    place = folder / VALIDATION if (folder / VALIDATION).is_dir() else folder
    pairs = _pairs(place / TRAINING if (place / TRAINING).is_dir() else place)
    return [Item(pair.name, pair.domain, partial(read_whole, pair)) for pair in pairs]


def read_whole(pair: Pair) -> LabelledImage:
    """Read an image and its mask at their stored size, as a labelled image.

    Parameters
    ----------
    pair : Pair

    Returns
    -------
    LabelledImage
        The grey values are the red channel. Every pixel of land or ice next to the ocean is front,
        because the masks do not distinguish a front from a coast. The edge of the image is
        neither. `ICE` includes land.

    Raises
    ------
    SceneError
        See `read`; or if image and mask differ in size.
    """
    land = _land(pair)
    identity = identify(pair.name)
    return LabelledImage(
        name=pair.name,
        glacier=pair.domain,
        sensor=identity.sensor,
        date=identity.date,
        image=read_channels(pair.image)[..., 0],
        front=land & ndimage.binary_dilation(~land),
        zones=np.where(land, ICE, OCEAN).astype(np.uint8),
        edge_known=np.ones(land.shape, bool),
        source=pair.image,
    )


def _land(pair: Pair) -> NDArray[np.bool_]:
    mask = read_grey(pair.mask)
    brightest = int(mask.max())
    if 0 < brightest < LAND_LEVEL:
        raise SceneError(
            f"{pair.mask}: values up to {brightest}; expected 255 (land or ice) and 0 (ocean)"
        )
    return mask >= LAND_LEVEL


def scaled(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale stored values to the range of the network's input.

    Parameters
    ----------
    pixels : (H, W, 3) float32
        Values of 8 bit, or of a larger range, which is scaled by its maximum.

    Returns
    -------
    (H, W, 3) float32 in [-1, 1]

    Examples
    --------
    >>> scaled(np.array([0.0, 255.0])), scaled(np.array([0.0, 65535.0]))
    (array([-1.,  1.]), array([-1.,  1.]))
    """
    largest = pixels.max()
    if largest > LARGEST:
        pixels = pixels / largest * LARGEST
    return pixels / (LARGEST / 2) - 1


def _pairs(folder: Path) -> list[Pair]:
    """List the pairs of one folder; name all faults of one kind in one error."""
    files = {path.stem: path for path in sorted(folder.glob("*.png"))}
    images = {name: path for name, path in files.items() if not name.endswith(MASK)}
    if not images:
        raise SceneError(
            f"{folder}: no NAME.png with NAME{MASK}.png; expected a folder in the layout of "
            "CALFIN's training set"
        )
    masks = {name.removesuffix(MASK) for name in files.keys() - images.keys()}
    alone = [f"{name}{MASK}.png" for name in sorted(images.keys() - masks)]
    alone += [f"{name}.png" for name in sorted(masks - images.keys())]
    if alone:
        raise SceneError(
            f"{folder}: {len(alone)} missing: {_listed(alone)}; every image needs its mask"
        )
    pairs = [
        Pair(name, identify(name).domain, path, files[name + MASK]) for name, path in images.items()
    ]
    sizes = [(pair.name, size_of(pair.image), size_of(pair.mask)) for pair in pairs]
    differing = [
        f"{name} ({image[0]} x {image[1]} against {mask[0]} x {mask[1]} pixels)"
        for name, image, mask in sizes
        if image != mask
    ]
    if differing:
        raise SceneError(
            f"{folder}: {len(differing)} with masks of another size: {_listed(differing)}"
        )
    return pairs


def _resized(array: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    return np.asarray(resize(array, (side, side), order=1, mode="edge", anti_aliasing=True))


def _listed(names: list[str]) -> str:
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")
