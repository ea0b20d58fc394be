"""From a whole scene to maps of edge and zones: the network on overlapping views of it.

All of the scene is seen at about 100 m, which tells where water meets something else; there it is
seen again at about 50 m, which tells where fronts may be. The views lie on a lattice that is
counted from the origin of the coordinate reference system, so that the place of a front in the
image, or the size of the image, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from pycalfin.network import Network
from pycalfin.network.predict import UNFLIPPED, predict_image
from pycalfin.overlap import overlapped
from pycalfin.records import Float32, Mask
from pycalfin.scene import enhance
from pycalfin.scene.reduced import Reduced

FINE_METRES = 50.0
"""Ground metres of a cell of the finer search; the coarser one has twice that. `light` was trained
at 25 to 145 m. On 7 Landsat 8 images of 4 glaciers, mirrored to 72 km squares, the finer one (60 m)
sees every front and 77 % of their lengths, 90 m sees 56 %, and the coarser one (120 m) 9 %."""
VIEW = 288
"""Cells: side of a view, as of the window that the network sees by default."""
STRIDE = 192
"""Cells from one view to the next."""
MARGIN = (VIEW - STRIDE) // 2
"""Cells at each side of a view that its neighbour sees better."""
PLAIN = 0.05
"""Probability, at the coarser resolution, of water (or of anything else) below which there is none.
No front of those images, nor of Harald Moltke Bræ, is lost by it."""
COARSEST = 145.0
"""Ground metres: of coarser cells the network knows nothing; the finer ones are then seen all."""
NOTICEABLE = 0.1
"""Edge probability at the coarser resolution that is worth a finer view in any case."""
BORDER = 2
"""Cells beside no-data in which an edge is not believed."""


@dataclass(frozen=True, eq=False)
class SceneMaps:
    """What the network says of a whole scene, on the cells of `reduced`.

    Parameters
    ----------
    edge, ocean, ice : (H, W) float32
        Probabilities, 0..1; 0 without data and where no view was needed.
    reduced : Reduced
    """

    edge: Float32
    ocean: Float32
    ice: Float32
    reduced: Reduced


def scene_maps(
    fine: Reduced, network: Network, threads: int, where: Mask | None = None
) -> SceneMaps:
    """Predict a whole scene coarsely, and finely where water meets something else.

    Parameters
    ----------
    fine : Reduced
        The scene with cells of about `FINE_METRES`.
    network : Network
        One whose outputs are edge, ocean, ice and land, for images of any size.
    threads : int
        See `pycalfin.overlap.overlapped`.
    where : (H, W) bool, optional
        Cells of `fine` in which there may be fronts; all by default.

    Returns
    -------
    SceneMaps
        On the cells of `fine`.
    """
    where = np.ones(fine.pixels.shape, bool) if where is None else where
    views = _worthwhile(fine, network, threads, where)
    edge, ocean, ice = _mosaic(fine, views, network, threads)
    trusted = where & ndimage.binary_erosion(fine.valid, iterations=BORDER)
    return SceneMaps(np.where(trusted, edge, np.float32(0)), ocean, ice, fine)


def _worthwhile(
    fine: Reduced, network: Network, threads: int, where: Mask
) -> Iterator[tuple[int, int]]:
    """List the views in which water meets something else, as far as the coarser ones tell."""
    coarse = fine.halved()
    if float(np.sqrt(np.prod(coarse.grid.spacing))) > COARSEST:
        yield from _views(fine, where)
        return
    edge, ocean, _ = _mosaic(coarse, _views(coarse, where[::2, ::2]), network, threads)
    for row, col in _views(fine, where):
        place = _clipped((_half(row + MARGIN), _half(col + MARGIN)))
        water = ocean[place][coarse.valid[place]]
        mixed = (water > PLAIN).any() and (water < 1 - PLAIN).any()
        if mixed or (edge[place] >= NOTICEABLE).any():
            yield row, col


def _mosaic(
    reduced: Reduced, views: Iterable[tuple[int, int]], network: Network, threads: int
) -> Float32:
    """Put maps of edge, ocean and ice together from views that fade into each other; 0 without."""

    def predict(view: tuple[int, int]) -> tuple[tuple[slice, slice], Float32, Float32]:
        """Predict the view that begins at a row and a column, which may lie outside."""
        row, col = view
        area = _clipped((slice(row, row + VIEW), slice(col, col + VIEW)))
        part = reduced.valid[area]
        first = area[0].start - row, area[1].start - col
        within = tuple(slice(a, a + n) for a, n in zip(first, part.shape, strict=True))
        valid = np.zeros((VIEW, VIEW), bool)
        valid[within] = part
        pixels = np.full((VIEW, VIEW), np.nan, np.float32)
        pixels[within] = reduced.pixels[area]
        channels = enhance.channels(pixels, valid, network.channels)
        found = predict_image(network, channels, flips=UNFLIPPED)
        layers = np.stack([found.edge[within], found.ocean[within], found.ice[within]])
        return area, layers, _FADE[within] * part

    total = np.zeros((3, *reduced.pixels.shape), np.float32)
    weight = np.zeros(reduced.pixels.shape, np.float32)
    for (rows, cols), layers, fade in overlapped(predict, views, threads):
        total[:, rows, cols] += fade * layers
        weight[rows, cols] += fade
    return np.asarray(total / np.maximum(weight, np.finfo(np.float32).tiny))


def _fade() -> Float32:
    """Weights of a view that sum to one over the lattice: flat within, falling at the sides."""
    ramp = (np.arange(2 * MARGIN) + 0.5) / (2 * MARGIN)
    side = np.concatenate([ramp, np.ones(VIEW - 4 * MARGIN), ramp[::-1]])
    return np.outer(side, side).astype(np.float32)


_FADE = _fade()


def _views(reduced: Reduced, where: Mask) -> Iterator[tuple[int, int]]:
    """List the views whose middle parts hold data, by row and column of their first cells.

    Only those with a cell in `where` in their middle are listed.
    """
    starts = [
        range(-(first % STRIDE), size, STRIDE)
        for first, size in zip(reduced.first, reduced.pixels.shape, strict=True)
    ]
    for row in starts[0]:
        for col in starts[1]:
            middle = _clipped((slice(row, row + STRIDE), slice(col, col + STRIDE)))
            cells = reduced.pixels[middle]
            known = cells[np.isfinite(cells)]
            # one value all over is open water at night, or what a file holds for no-data
            if where[middle].any() and known.size and known.min() < known.max():
                yield row - MARGIN, col - MARGIN


def _half(start: int) -> slice:
    """Return the coarser cells that hold a stride of finer ones."""
    return slice(start // 2, -(-(start + STRIDE) // 2))


def _clipped(area: tuple[slice, slice]) -> tuple[slice, slice]:
    """Cut a window off at the first row and column; numpy would count from the end."""
    rows, cols = (slice(max(part.start, 0), max(part.stop, 0)) for part in area)
    return rows, cols
