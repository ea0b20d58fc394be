"""The position of a grid of pixels on the map, and of windows in it.

Rows and columns are centre-based: (0, 0) is the centre of the first pixel. A `Window` counts whole
pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from affine import Affine

from pycalfin import geo
from pycalfin.arrays import Float64


class Window(NamedTuple):
    """A rectangle of whole pixels of a grid.

    Parameters
    ----------
    row, col : int
        Position of the first pixel.
    height, width : int
        Size in pixels.

    Examples
    --------
    >>> Window(2, 3, 10, 20).slices
    (slice(2, 12, None), slice(3, 23, None))
    """

    row: int
    col: int
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def slices(self) -> tuple[slice, slice]:
        """Slices that cut the window out of an array."""
        return (
            slice(self.row, self.row + self.height),
            slice(self.col, self.col + self.width),
        )


@dataclass(frozen=True)
class Grid:
    """A grid of pixels on the map.

    Parameters
    ----------
    shape : (rows, cols)
    transform : affine.Affine
        GDAL's convention: column and row of a pixel's upper left corner to x and y.
    crs : str
        'EPSG:n' or WKT.

    Examples
    --------
    >>> grid = Grid((100, 200), Affine(30, 0, 500000, 0, -30, 8000000), "EPSG:32622")
    >>> grid.xy([[0, 0]]).tolist()
    [[500015.0, 7999985.0]]
    >>> grid.part(Window(10, 0, 5, 5)).xy([[0, 0]]).tolist()
    [[500015.0, 7999685.0]]
    """

    shape: tuple[int, int]
    transform: Affine
    crs: str

    def xy(self, rowcol: Float64, crs: str | None = None) -> Float64:
        """Convert (N, 2) row and column to x and y, in the grid's CRS or another."""
        xy = geo.pixel_to_map(rowcol, self.transform)
        return xy if crs is None else geo.reproject(xy, self.crs, crs)

    def rowcol(self, xy: Float64, crs: str | None = None) -> Float64:
        """Convert (N, 2) x and y, in the grid's CRS or another, to row and column."""
        xy = xy if crs is None else geo.reproject(xy, crs, self.crs)
        return geo.map_to_pixel(xy, self.transform)

    def part(self, window: Window) -> Grid:
        """Return the grid of a window, which may be empty or lie outside this grid."""
        return Grid(window.shape, self.shifted(window.row, window.col), self.crs)

    def shifted(self, row: float, col: float) -> Affine:
        """Return the affine of a grid that starts at the given row and column of this one."""
        a, b, c, d, e, f = tuple(self.transform)[:6]
        return Affine(a, b, a * col + b * row + c, d, e, d * col + e * row + f)

    @property
    def centre(self) -> Float64:
        """Row and column of the grid's centre, (1, 2)."""
        return (np.array([self.shape], float) - 1) / 2

    @property
    def latitude(self) -> float:
        """Latitude of the grid's centre, in degrees north."""
        return geo.latitude_of(self.xy(self.centre), self.crs)

    @property
    def spacing(self) -> tuple[float, float]:
        """Distances between rows and between columns at the centre, in ground metres."""
        return geo.ground_spacing(self.transform, self.crs, self.shape)

    @property
    def mirrored(self) -> bool:
        """True if the displayed image is a mirror image of the map."""
        return self.transform.determinant > 0
