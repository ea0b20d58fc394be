"""Where a subset has no data: stripes that are bridged, gaps to keep away from, and shadows."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from pycalfin.records import Mask

CLOSING = 4
"""Pixels: gaps up to twice this width (SLC-off stripes) are bridged."""
DISTANCE = 2
"""Pixels: edges this close to a wider gap are not trusted."""


def bridged(valid: Mask) -> Mask:
    """Mark pixels that are valid, or in a narrow gap.

    Parameters
    ----------
    valid : (H, W) bool

    Returns
    -------
    (H, W) bool
    """
    if valid.all():
        return valid
    padded = np.pad(valid, CLOSING, mode="edge")
    disk = np.hypot(*np.mgrid[-CLOSING : CLOSING + 1, -CLOSING : CLOSING + 1]) <= CLOSING
    closed = ndimage.binary_closing(padded, disk)[CLOSING:-CLOSING, CLOSING:-CLOSING]
    return np.asarray(closed)


def trusted_pixels(valid: Mask) -> Mask:
    """Mark pixels whose edge can be believed: valid, or in a narrow gap; not beside a wide one.

    Parameters
    ----------
    valid : (H, W) bool

    Returns
    -------
    (H, W) bool
    """
    closed = bridged(valid)
    return closed if closed.all() else ndimage.distance_transform_edt(closed) > DISTANCE


def shadows(valid: Mask) -> Mask:
    """Mark wide gaps with data all around, as the shadow of the radar leaves them behind rock.

    The edge of a swath and stripes reach the border of an image, and say nothing of the ground.

    Parameters
    ----------
    valid : (H, W) bool

    Returns
    -------
    (H, W) bool
    """
    gaps = ~bridged(valid)
    # from the border inwards, through gaps: what is not reached is enclosed
    border = np.zeros_like(gaps)
    border[[0, -1]] = border[:, [0, -1]] = True
    return np.asarray(gaps & ~ndimage.binary_propagation(border & gaps, mask=gaps))
