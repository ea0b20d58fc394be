"""CALFIN's metrics of one image, between lines and areas that are pixels.

Cheng et al. (2021) take, for every pixel of one line, the distance to the nearest pixel of the
other, in both directions; and the intersection over union of the lines drawn three pixels wide, in
which a line that is off by one pixel everywhere has 0.5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import KDTree
from skimage.morphology import skeletonize

from pycalfin.records import Float64, Mask
from pycalfin.validate.metrics import FrontDistance

WIDE = np.ones((3, 3), bool)
"""Makes a line of one pixel one of three (Cheng et al. 2021)."""
SQUARE = (1.0, 1.0)


def thin(mask: Mask) -> Mask:
    """Thin what was drawn to lines one pixel wide, also at the border of the image."""
    return np.asarray(skeletonize(np.pad(mask, 1))[1:-1, 1:-1], bool)


def pixel_distance(
    predicted: Mask, truth: Mask, spacing: tuple[float, float] = SQUARE
) -> FrontDistance:
    """Measure from every pixel of each line to the nearest pixel of the other.

    Parameters
    ----------
    predicted, truth : (H, W) bool
        Lines one pixel wide.
    spacing : (row, col)
        Sides of a pixel in any unit; only their ratio matters.

    Returns
    -------
    FrontDistance
        In pixels; where these are no squares, in sides of a square of the same area. Empty if one
        of the lines is.

    Examples
    --------
    >>> line = np.zeros((5, 4), bool)
    >>> line[1] = True
    >>> pixel_distance(line, np.roll(line, 2, axis=0)).distances
    array([2., 2., 2., 2., 2., 2., 2., 2.])
    """
    if not predicted.any() or not truth.any():
        return FrontDistance(np.empty(0), np.empty(0))
    scale = np.array(spacing) / np.sqrt(np.prod(spacing))
    first, second = np.argwhere(predicted) * scale, np.argwhere(truth) * scale
    return FrontDistance(_nearest(first, second), _nearest(second, first))


def _nearest(points: Float64, others: Float64) -> Float64:
    return np.asarray(KDTree(others).query(points)[0], np.float64)


def overlap(first: Mask, second: Mask) -> tuple[int, int]:
    """Count the pixels of the intersection and of the union."""
    return int(np.count_nonzero(first & second)), int(np.count_nonzero(first | second))


def edge_overlap(predicted: Mask, truth: Mask) -> tuple[int, int]:
    """Count intersection and union of lines one pixel wide, drawn three pixels wide."""
    wide = (ndimage.binary_dilation(line, WIDE) for line in (predicted, truth))
    return overlap(*wide)


def links(line: Mask) -> NDArray[np.int64]:
    """Connect the neighbouring pixels of a line.

    Parameters
    ----------
    line : (H, W) bool
        One pixel wide.

    Returns
    -------
    (N, 2, 2) int64
        Row and column of both ends. Two pixels that touch at their corners are connected only if
        no third pixel connects them anyway.
    """
    found = []
    for step in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here, there = _shifted(line, step)
        both = here & there
        if all(step):
            across, down = _corners(line, step)
            both &= ~(across | down)
        start = np.argwhere(both) + (0, 1 if step[1] < 0 else 0)
        found.append(np.stack([start, start + step], axis=1))
    return np.concatenate(found)


def _shifted(line: Mask, step: tuple[int, int]) -> tuple[Mask, Mask]:
    rows, cols = line.shape
    down, right = step
    here = line[: rows - down, max(0, -right) : cols - max(0, right)]
    there = line[down:, max(0, right) : cols - max(0, -right)]
    return here, there


def _corners(line: Mask, step: tuple[int, int]) -> tuple[Mask, Mask]:
    """Return the two pixels that touch both ends of every diagonal step."""
    left, right = line[:, :-1], line[:, 1:]
    if step[1] > 0:
        return right[:-1], left[1:]
    return left[:-1], right[1:]


def length(line: Mask, spacing: tuple[float, float] = SQUARE) -> float:
    """Length of a line along its pixels, in pixels as in `pixel_distance`.

    Up to 8 % longer than the smooth line; good to compare two lines that are both measured so.

    Examples
    --------
    >>> length(np.eye(3, dtype=bool))
    2.8284271247461903
    """
    scale = np.array(spacing) / np.sqrt(np.prod(spacing))
    steps = np.diff(links(line), axis=1)[:, 0] * scale
    return float(np.hypot(*steps.T).sum())
