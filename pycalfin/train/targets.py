"""What the network is asked for: target arrays that keep apart what a label does not know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

from pycalfin.datasets import ICE, LAND, OCEAN, LabelledImage

EDGE_HALF_WIDTH = 1.5
"""Pixels from the front's middle line that count as edge: a line three pixels wide."""
FAR = 1e3
"""Pixels: distance to the front where an image has none."""
PLANES = ("edge", "edge_known", "ocean", "ice", "land")
"""Planes of a target array, in order; 0 or 1 each. Where ocean, ice and land are all 0 the zone
is unknown."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A labelled image in the form that augmentation warps.

    Attributes
    ----------
    name : str
    grey : (H, W) float32
        0 where there is no data.
    valid : (H, W) bool
    distance : (H, W) float32
        Pixels to the middle line of the front: a thin line survives any warp of its distance.
    zones : (H, W) uint8
    edge_known : (H, W) bool
    """

    name: str
    grey: NDArray[np.float32]
    valid: NDArray[np.bool_]
    distance: NDArray[np.float32]
    zones: NDArray[np.uint8]
    edge_known: NDArray[np.bool_]


def prepare(image: LabelledImage) -> Sample:
    """Turn a labelled image into a sample to augment.

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
    )


def front_distance(front: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance to the middle line of a drawn front.

    Parameters
    ----------
    front : (H, W) bool

    Returns
    -------
    (H, W) float32
        Pixels; `FAR` everywhere if no front is drawn.
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
        Pixels of this grid to the front.
    zones : (H, W) uint8
    edge_known : (H, W) bool

    Returns
    -------
    (H, W, 5) uint8
        The planes of `PLANES`.
    """
    edge = distance <= EDGE_HALF_WIDTH
    planes = [edge, edge_known, *(zones == code for code in (OCEAN, ICE, LAND))]
    return np.stack(planes, axis=-1).astype(np.uint8)
