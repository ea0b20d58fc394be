"""From a whole scene to maps of edge and zones: the network on overlapping views of it.

The network was trained at 25 to 145 m on the ground, so the scene is seen twice: all of it at
about 100 m, and at about 50 m where that shows an edge. The views lie on a lattice that is counted
from the origin of the coordinate reference system, so that the place of a front in the image, or
the size of the image, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from pycalfin.network import Network
from pycalfin.network.predict import predict_image
from pycalfin.records import Float32, Mask
from pycalfin.scene import enhance
from pycalfin.scene.reduced import Reduced

FINE_METRES = 50.0
"""Ground metres of a cell of the finer search; the coarser one has twice that. `light` was trained
at 25 to 145 m."""
VIEW = 288
"""Cells: side of a view, as of the window that the network sees by default."""
STRIDE = 192
"""Cells from one view to the next."""
MARGIN = (VIEW - STRIDE) // 2
"""Cells at each side of a view that its neighbour sees better."""
NOTICEABLE = 0.1
"""Edge probability at the coarser resolution from which on the finer one is worth its time."""
BORDER = 2
"""Cells beside no-data in which an edge is not believed."""


@dataclass(frozen=True, eq=False)
class SceneMaps:
    """What the network says of a whole scene, on the cells of `reduced`.

    Parameters
    ----------
    edge, ocean, ice : (H, W) float32
        Probabilities, 0..1; 0 without data.
    reduced : Reduced
    """

    edge: Float32
    ocean: Float32
    ice: Float32
    reduced: Reduced


def scene_maps(fine: Reduced, network: Network) -> SceneMaps:
    """Predict a whole scene, coarsely, and finely where there is an edge.

    Parameters
    ----------
    fine : Reduced
        The scene with cells of about `FINE_METRES`.
    network : Network
        One whose outputs are edge, ocean, ice and land, for images of any size.

    Returns
    -------
    SceneMaps
        On the cells of `fine`.
    """
    coarse = fine.halved()
    first = _Mosaic(coarse)
    for row, col in _views(coarse):
        first.add(row, col, network)
    maps = first.maps()
    noticed = maps[0] >= NOTICEABLE
    second = _Mosaic(fine)
    for row, col in _views(fine):
        low, high = MARGIN, MARGIN + STRIDE
        core = (
            slice((row + low) // 2, (row + high) // 2),
            slice((col + low) // 2, (col + high) // 2),
        )
        if noticed[_clipped(core)].any():
            second.add(row, col, network)
    known = second.weight > 0
    doubled = [np.repeat(np.repeat(layer, 2, axis=0), 2, axis=1) for layer in maps]
    both = [
        np.where(known, (near + far) / 2, far)
        for near, far in zip(second.maps(), doubled)
    ]
    trusted = ndimage.binary_erosion(fine.valid, iterations=BORDER, border_value=0)
    edge = np.where(trusted, both[0], np.float32(0))
    return SceneMaps(edge, both[1], both[2], fine)


class _Mosaic:
    """Maps of a scene, put together from views of it that fade into each other."""

    def __init__(self, reduced: Reduced) -> None:
        self.pixels = reduced.pixels
        self.valid = reduced.valid
        self.total = np.zeros((3, *self.pixels.shape), np.float32)
        self.weight = np.zeros(self.pixels.shape, np.float32)

    def add(self, row: int, col: int, network: Network) -> None:
        """Predict the view that begins at a row and a column, which may lie outside."""
        area = _clipped((slice(row, row + VIEW), slice(col, col + VIEW)))
        inner = area[0].start - row, area[1].start - col
        part = self.valid[area]
        valid = np.zeros((VIEW, VIEW), bool)
        within = tuple(slice(a, a + n) for a, n in zip(inner, part.shape))
        valid[within] = part
        pixels = np.full((VIEW, VIEW), np.nan, np.float32)
        pixels[within] = self.pixels[area]
        channels = enhance.channels(pixels, valid, network.channels)
        found = predict_image(network, channels, flips=False)
        fade = _FADE[within] * part
        for layer, name in zip(self.total, ("edge", "ocean", "ice")):
            layer[area] += fade * getattr(found, name)[within]
        self.weight[area] += fade

    def maps(self) -> Float32:
        """Return edge, ocean and ice: weighted means of the views, 0 without one."""
        return self.total / np.maximum(self.weight, np.finfo(np.float32).tiny)


def _fade() -> Float32:
    """Weights of a view that sum to one over the lattice: flat within, falling at the sides."""
    ramp = (np.arange(2 * MARGIN) + 0.5) / (2 * MARGIN)
    side = np.concatenate([ramp, np.ones(VIEW - 4 * MARGIN), ramp[::-1]])
    return np.outer(side, side).astype(np.float32)


_FADE = _fade()


def _views(reduced: Reduced) -> Iterator[tuple[int, int]]:
    """List the views whose middle parts hold data, by row and column of their first cells."""
    starts = [
        range(-(first % STRIDE), size, STRIDE)
        for first, size in zip(reduced.first, reduced.pixels.shape)
    ]
    for row in starts[0]:
        for col in starts[1]:
            cells = reduced.pixels[_clipped((slice(row, row + STRIDE), slice(col, col + STRIDE)))]
            known = cells[np.isfinite(cells)]
            # one value all over is open water at night, or what a file holds for no-data
            if known.size and known.min() < known.max():
                yield row - MARGIN, col - MARGIN


def _clipped(area: tuple[slice, slice]) -> tuple[slice, slice]:
    """Cut a window off at the first row and column; numpy would count from the end."""
    rows, cols = (slice(max(part.start, 0), max(part.stop, 0)) for part in area)
    return rows, cols
