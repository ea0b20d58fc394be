"""Read a whole scene at a coarser resolution, block by block, on cells that stay where they are.

The cells are counted from the origin of the scene's coordinate reference system, not from the
image's corner: a scene that is cropped or padded gives the same cells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine

from pycalfin.grid import Grid, Window
from pycalfin.records import Float32, Float64, Mask, Scene
from pycalfin.scene.nodata import read_data
from pycalfin.scene.raster import open_raster
from pycalfin.settings import Settings

if TYPE_CHECKING:
    from rasterio import DatasetReader

BLOCK = 2048
"""Pixels: least side of what is read at once."""
LEAST_DATA = 0.5
"""Of a cell's pixels that must hold data."""
HALF_SAFE = 0.25
"""Pixels: origins lie at the corners of pixels or in their middle; this far from both they are
rounded, so that both are safe from rounding errors."""


@dataclass(frozen=True, eq=False)
class Reduced:
    """A scene at a coarser resolution.

    Parameters
    ----------
    pixels : (H, W) float32
        Mean of the valid pixels of each cell; NaN where there are too few.
    grid : Grid
        Of the cells.
    first : (row, col)
        Cells from the origin of the CRS to the first one, along rows and columns; multiples of 2.
    step : (row, col)
        Pixels of the scene per cell.
    whole : Grid
        Of the scene.
    """

    pixels: Float32
    grid: Grid
    first: tuple[int, int]
    step: tuple[int, int]
    whole: Grid

    @property
    def valid(self) -> Mask:
        """Cells with data."""
        return np.isfinite(self.pixels)

    def halved(self) -> Reduced:
        """Return the same with cells of twice the side."""
        rows, cols = (size // 2 for size in self.pixels.shape)
        cells = self.pixels.reshape(rows, 2, cols, 2)
        known = np.isfinite(cells)
        count = known.sum(axis=(1, 3))
        total = np.where(known, cells, np.float32(0)).sum(axis=(1, 3), dtype=np.float32)
        mean = np.where(count >= 4 * LEAST_DATA, total / np.maximum(count, 1), np.float32(np.nan))
        step = (2 * self.step[0], 2 * self.step[1])
        grid = Grid((rows, cols), self.grid.transform @ Affine.scale(2), self.grid.crs)
        first = (self.first[0] // 2, self.first[1] // 2)
        return Reduced(mean.astype(np.float32), grid, first, step, self.whole)

    def to_scene(self, rowcol: Float64) -> Float64:
        """Convert (N, 2) row and column of the cells to those of the scene."""
        return self.whole.rowcol(self.grid.xy(rowcol))


def read_reduced(scene: Scene, settings: Settings, metres: float) -> Reduced:
    """Read a scene reduced by whole pixels, averaging those with data.

    Parameters
    ----------
    scene : Scene
    settings : Settings
        `nodata` and `nodata_floor` are used.
    metres : float
        Side of a cell on the ground, nearly; finer than a pixel, the cells are the pixels.

    Returns
    -------
    Reduced
        Covers the scene; its sides are even.

    Raises
    ------
    SceneError
        If the pixels cannot be read.
    """
    with open_raster(scene, settings.nodata) as dataset:
        whole = Grid((dataset.height, dataset.width), dataset.transform, scene.crs)
        step = [max(1, round(metres / side)) for side in whole.spacing]
        # in cells of twice the side, so that halving them is possible
        start = [
            math.floor(count / (2 * size)) * 2
            for count, size in zip(_offset(whole), step, strict=True)
        ]
        stop = [
            math.ceil((count + length) / (2 * size)) * 2
            for count, length, size in zip(_offset(whole), whole.shape, step, strict=True)
        ]
        pixels = np.full((stop[0] - start[0], stop[1] - start[1]), np.nan, np.float32)
        before = tuple(
            count - first * size
            for count, first, size in zip(_offset(whole), start, step, strict=True)
        )
        sides = [math.ceil(BLOCK / size) for size in step]
        # blocks, too, stay where they are: what is judged as fill depends on them
        for row in _starts(start[0], stop[0], sides[0]):
            for col in _starts(start[1], stop[1], sides[1]):
                area = (
                    slice(max(row - start[0], 0), min(row + sides[0], stop[0]) - start[0]),
                    slice(max(col - start[1], 0), min(col + sides[1], stop[1]) - start[1]),
                )
                pixels[area] = _block(scene, dataset, area, (step[0], step[1]), before, settings)
        grid = Grid(
            (pixels.shape[0], pixels.shape[1]),
            whole.shifted(-before[0], -before[1]) @ Affine.scale(step[1], step[0]),
            scene.crs,
        )
    return Reduced(pixels, grid, (start[0], start[1]), (step[0], step[1]), whole)


def _offset(grid: Grid) -> tuple[int, int]:
    """Count the rows and columns from the origin of the CRS to a grid."""
    colrow = ~grid.transform @ (0.0, 0.0)
    return (math.floor(HALF_SAFE - colrow[1]), math.floor(HALF_SAFE - colrow[0]))


def _starts(first: int, last: int, side: int) -> range:
    """List where blocks begin that are counted from the origin."""
    return range(first // side * side, last, side)


def _block(
    scene: Scene,
    dataset: DatasetReader,
    area: tuple[slice, slice],
    step: tuple[int, int],
    before: tuple[int, ...],
    settings: Settings,
) -> Float32:
    """Average the pixels of some cells."""
    low = [part.start * size - skip for part, size, skip in zip(area, step, before, strict=True)]
    high = [part.stop * size - skip for part, size, skip in zip(area, step, before, strict=True)]
    first = [max(value, 0) for value in low]
    last = [
        min(value, size) for value, size in zip(high, (dataset.height, dataset.width), strict=True)
    ]
    shape = (area[0].stop - area[0].start, area[1].stop - area[1].start)
    if first[0] >= last[0] or first[1] >= last[1]:
        return np.full(shape, np.nan, np.float32)
    window = Window(first[0], first[1], last[0] - first[0], last[1] - first[1])
    raw, known = read_data(scene, dataset, window, settings, cut=False, tell=False)
    values = np.zeros((high[0] - low[0], high[1] - low[1]), np.float32)
    valid = np.zeros(values.shape, bool)
    inside = tuple(slice(a - b, c - b) for a, b, c in zip(first, low, last, strict=True))
    with np.errstate(over="ignore", invalid="ignore"):
        values[inside] = np.where(known, raw, 0)
    valid[inside] = known
    blocked = (shape[0], step[0], shape[1], step[1])
    count = valid.reshape(blocked).sum(axis=(1, 3))
    total = values.reshape(blocked).sum(axis=(1, 3), dtype=np.float64)
    enough = count >= LEAST_DATA * step[0] * step[1]
    mean = np.where(enough, total / np.maximum(count, 1), np.nan)
    return mean.astype(np.float32)
