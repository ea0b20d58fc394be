"""Targets of CALFIN's network: the edge of the front, and the mask of land or ice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import canny
from skimage.morphology import skeletonize

CANNY_SIGMA = 1.0
"""Pixels: blur of the edge detector; not published, here scikit-image's default."""
DILATION = np.ones((3, 3), bool)
"""Structure that widens a line from one pixel to three (Cheng et al. 2021)."""


def edge(land: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Draw the border between land or ice and ocean, three pixels wide.

    Parameters
    ----------
    land : (H, W) bool

    Returns
    -------
    (H, W) bool
    """
    found = canny(land.astype(np.float32), sigma=CANNY_SIGMA)
    # Canny may mark both sides of a step, which would double the line
    return np.asarray(ndimage.binary_dilation(skeletonize(found), DILATION))


def encode(land: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Stack the maps of a target.

    Parameters
    ----------
    land : (H, W) bool

    Returns
    -------
    (H, W, 2) float32
        Maps of `pycalfin.network.calfin.OUTPUTS`, with values 0 or 1: edge, and land or ice.
    """
    return np.stack([edge(land), land], axis=-1).astype(np.float32)
