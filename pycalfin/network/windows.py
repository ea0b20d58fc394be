"""Overlapping windows of one image that share the first blocks of CALFIN's network.

The first two blocks have a small receptive field. Away from a window's border their features equal
those of the whole image, which are computed once. Only the frame affected by the zero padding of a
window is computed again: a strip along each side (shared by the windows of a row or column) and a
patch at each corner. The result equals that of separate windows, to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pycalfin.network.calfin import HEAD_STRIDE
from pycalfin.network.engine import Engine

Float = NDArray[np.float32]

BEFORE, AFTER = 3, 2
"""Cells of the head's grid that the padding affects, at the upper or left border and at the lower
or right one. Each 3 x 3 convolution carries the effect one pixel further; strides of 2 halve it."""
STRIP = HEAD_STRIDE * (BEFORE + AFTER)
"""Pixels: width of a strip wide enough that its inner border does not affect its outer cells."""


class SharedHead:
    """An engine that runs a network in two parts; windows of one image share the first part.

    Parameters
    ----------
    head : Engine
        (n, H, W, C) -> (n, H / 4, W / 4, F), for any size.
    body : Engine
        The rest of the network.
    batch : int
        Number of windows passed to the body together.
    """

    def __init__(self, head: Engine, body: Engine, batch: int = 1) -> None:
        self.head = head
        self.body = body
        self.batch = batch

    def run(self, patches: Float) -> Float:
        """Predict patches one by one; see `Engine.run`."""
        return self.body.run(self.head.run(patches))

    def run_windows(self, image: Float, starts: Sequence[int], side: int) -> Float:
        """Predict all square windows of an image that begin at the given rows and columns.

        Parameters
        ----------
        image : (H, W, C) float32
        starts : sequence of int
            First rows, and also first columns, of the windows; multiples of 4.
        side : int
            Pixels: side of a window, a multiple of 4.

        Returns
        -------
        (len(starts)**2, side, side, outputs) float32
            Row by row.
        """
        features = self._features(image, starts, side)
        parts = [
            self.body.run(features[start : start + self.batch])
            for start in range(0, len(features), self.batch)
        ]
        return np.concatenate(parts)

    def _features(self, image: Float, starts: Sequence[int], side: int) -> Float:
        whole = self.head.run(image[None])[0]
        ends = [start + side - STRIP for start in starts]
        top, bottom = (
            self.head.run(np.stack([image[row : row + STRIP] for row in rows]))
            for rows in (starts, ends)
        )
        left, right = (
            self.head.run(np.stack([image[:, col : col + STRIP] for col in cols]))
            for cols in (starts, ends)
        )
        places = [(row, col) for row in range(len(starts)) for col in range(len(starts))]
        corners = {
            key: self.head.run(
                np.stack(
                    [image[rows[r] : rows[r] + STRIP, cols[c] : cols[c] + STRIP] for r, c in places]
                )
            )
            for key, rows, cols in (
                ("top left", starts, starts),
                ("top right", starts, ends),
                ("bottom left", ends, starts),
                ("bottom right", ends, ends),
            )
        }
        size = side // HEAD_STRIDE
        first, last = np.s_[:BEFORE], np.s_[-AFTER:]
        windows = np.empty((len(places), size, size, whole.shape[-1]), np.float32)
        for number, (row, col) in enumerate(places):
            rows = slice(starts[row] // HEAD_STRIDE, starts[row] // HEAD_STRIDE + size)
            cols = slice(starts[col] // HEAD_STRIDE, starts[col] // HEAD_STRIDE + size)
            window = windows[number]
            window[:] = whole[rows, cols]
            window[first] = top[row][first, cols]
            window[last] = bottom[row][last, cols]
            window[:, first] = left[col][rows, first]
            window[:, last] = right[col][rows, last]
            window[first, first] = corners["top left"][number][first, first]
            window[first, last] = corners["top right"][number][first, last]
            window[last, first] = corners["bottom left"][number][last, first]
            window[last, last] = corners["bottom right"][number][last, last]
        return windows
