"""What CALFIN's network is asked for: the front's edge, and land or ice against ocean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import canny
from skimage.morphology import skeletonize

CANNY_SIGMA = 1.0
"""Pixels: blur of the edge detector; not published, scikit-image's default."""
DILATION = np.ones((3, 3), bool)
"""Makes a line of one pixel one of three (Cheng et al. 2021)."""


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
    # either side of a step is as good as the other, and where Canny takes both the line is doubled
    return np.asarray(ndimage.binary_dilation(skeletonize(found), DILATION))


def encode(land: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Stack the target maps.

    Parameters
    ----------
    land : (H, W) bool

    Returns
    -------
    (H, W, 2) float32
        Maps of `pycalfin.network.calfin.OUTPUTS`, 0 or 1: edge, and land or ice.
    """
    return np.stack([edge(land), land], axis=-1).astype(np.float32)
