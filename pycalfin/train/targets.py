"""Targets of the network: arrays that mark the unknown parts of a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize
from skimage.transform import resize

from pycalfin.datasets import ICE, LAND, NOT_OCEAN, OCEAN, LabelledImage
from pycalfin.datasets.synthetic import GLACIER

EDGE_HALF_WIDTH = 1.5
"""Pixels: distance from the front's middle line within which a pixel is edge: 3 pixels in all."""
VALID_SHARE = 0.5
"""Least share of data among averaged pixels for the mean to count as data."""
FAR = 1e3
"""Pixels: distance to the front in an image without a front."""
PLANES = ("edge", "edge_known", "ocean", "ice", "land")
"""Planes of a target array, in order, with values 0 or 1. A pixel belongs to one of the zones with
value 1. Ice and land are both 1 if the label does not separate them; all are 0 if it is unknown."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A labelled image prepared for augmentation.

    Attributes
    ----------
    name : str
    grey : (H, W) float32
        0 where there is no data.
    valid : (H, W) bool
    distance : (H, W) float32
        Pixels: distance to the middle line of the front. A thin line could break when it is warped;
        its distance cannot.
    zones : (H, W) uint8
    edge_known : (H, W) bool
    painted : bool
        True for a synthetic image.
    """

    name: str
    grey: NDArray[np.float32]
    valid: NDArray[np.bool_]
    distance: NDArray[np.float32]
    zones: NDArray[np.uint8]
    edge_known: NDArray[np.bool_]
    painted: bool = False


def prepare(image: LabelledImage) -> Sample:
    """Prepare a labelled image for augmentation.

    Parameters
    ----------
    image : LabelledImage

    Returns
    -------
    Sample
    """
    valid = np.isfinite(image.image)
    grey = np.where(valid, image.image, 0.0).astype(np.float32)
    return Sample(
        name=image.name,
        grey=grey,
        valid=valid,
        distance=front_distance(image.front),
        zones=image.zones,
        edge_known=image.edge_known,
        painted=image.glacier == GLACIER,
    )


def shrink(sample: Sample, longest: int) -> Sample:
    """Average a large sample to coarser pixels, as `run` does with a large image.

    Parameters
    ----------
    sample : Sample
    longest : int
        Pixels: longer side of the result. A smaller sample is unchanged.

    Returns
    -------
    Sample
    """
    times = max(sample.grey.shape) / longest
    if times <= 1.0:
        return sample
    height, width = (max(round(side / times), 1) for side in sample.grey.shape)

    def averaged(array: NDArray[Any]) -> NDArray[np.float32]:
        return np.asarray(
            resize(array.astype(np.float32), (height, width), order=1, anti_aliasing=True),
            np.float32,
        )

    def sampled(array: NDArray[Any], order: int) -> NDArray[Any]:
        # no averaging, which would raise the lowest distances and mix zone codes
        taken = resize(
            array, (height, width), order=order, preserve_range=True, anti_aliasing=False
        )
        return np.asarray(taken, array.dtype)

    share = averaged(sample.valid)
    valid = share >= VALID_SHARE
    return Sample(
        name=sample.name,
        grey=np.divide(averaged(sample.grey), share, out=np.zeros_like(share), where=valid),
        valid=valid,
        distance=sampled(sample.distance, 1) / np.float32(times),
        zones=sampled(sample.zones, 0),
        edge_known=sampled(sample.edge_known, 0),
        painted=sample.painted,
    )


def front_distance(front: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Compute the distance to the middle line of a drawn front.

    Parameters
    ----------
    front : (H, W) bool

    Returns
    -------
    (H, W) float32
        Distance in pixels; `FAR` everywhere if no front is drawn.
    """
    if not front.any():
        return np.full(front.shape, FAR, np.float32)
    middle = skeletonize(front)
    return ndimage.distance_transform_edt(~middle).astype(np.float32)


def encode(
    distance: NDArray[np.float32], zones: NDArray[np.uint8], edge_known: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Stack the planes of a target.

    Parameters
    ----------
    distance : (H, W) float32
        Distance to the front, in pixels of this grid.
    zones : (H, W) uint8
    edge_known : (H, W) bool

    Returns
    -------
    (H, W, 5) uint8
        The planes of `PLANES`.
    """
    edge = distance <= EDGE_HALF_WIDTH
    ground = zones == NOT_OCEAN
    planes = [edge, edge_known, zones == OCEAN, (zones == ICE) | ground, (zones == LAND) | ground]
    return np.stack(planes, axis=-1).astype(np.uint8)


def known_zones(target: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return the zones of the pixels that belong to exactly one zone.

    Parameters
    ----------
    target : (H, W, 5) uint8
        Planes of `PLANES`.

    Returns
    -------
    (H, W, 3) bool
        Ocean, ice and land.
    """
    zones = target[..., 2:] > 0
    return np.asarray(zones & (zones.sum(axis=-1, keepdims=True) == 1))
