"""Rasterisation of lines."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from skimage.draw import line as bresenham

from pycalfin.records import Float64, Mask


def draw(lines: Iterable[Float64], shape: tuple[int, int]) -> Mask:
    """Draw lines one pixel wide.

    Parameters
    ----------
    lines : iterable of (N, 2) float64
        Row and column, centre-based. Parts outside the image are dropped.
    shape : (H, W)

    Returns
    -------
    (H, W) bool

    Examples
    --------
    >>> draw([np.array([[0.2, -1.0], [0.2, 1.4]])], (2, 3)).astype(int)
    array([[1, 1, 0],
           [0, 0, 0]])
    """
    drawn = np.zeros(shape, bool)
    for line in lines:
        corners = np.floor(np.asarray(line, float) + 0.5).astype(int)
        for start, end in pairwise(corners):
            rows, cols = bresenham(*start, *end)
            inside = (rows >= 0) & (rows < shape[0]) & (cols >= 0) & (cols < shape[1])
            drawn[rows[inside], cols[inside]] = True
    return drawn
