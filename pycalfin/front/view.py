"""What the network sees: a window of a subset on a grid that suits the network.

The first window is the whole subset, shrunk until its longer side fits; a front is refined in a
window around it at up to full resolution. The grid of a view is square on the ground, also
where the subset's own pixels are not (longitude and latitude).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from affine import Affine
from rasterio.enums import Resampling
from rasterio.warp import reproject
from scipy import ndimage

from pycalfin.front.gaps import shadows
from pycalfin.network import Network
from pycalfin.network.predict import FLIPS, UNFLIPPED, predict_image
from pycalfin.records import Float32, Float64, Mask, Subset
from pycalfin.results import Prediction
from pycalfin.scene import enhance
from pycalfin.settings import Settings

SMALLEST_VIEW = 128
"""Pixels: subsets with a shorter longer side are magnified up to this."""
LARGEST_ZOOM = 2.0
"""Most that a subset is magnified; interpolation adds no detail."""
WORTHWHILE = 1.25
"""Times coarser than the finest view from which on the settings' coarser view is taken."""
VIEW_RATIO = 1.4
"""Most that a view is coarser than the one before it."""
_ANY_CRS = "EPSG:3857"
"""Both grids of a view are in pixels of one subset; GDAL wants some CRS for them."""


@dataclass(frozen=True)
class Window:
    """A rectangle of a subset in centre-based row and column, edges included.

    Parameters
    ----------
    row, col : float
        Upper left corner; (-0.5, -0.5) is the corner of the first pixel.
    height, width : float
        Pixels of the subset.
    """

    row: float
    col: float
    height: float
    width: float

    @classmethod
    def whole(cls, subset: Subset) -> Window:
        """Cover a subset."""
        return cls(-0.5, -0.5, float(subset.shape[0]), float(subset.shape[1]))

    @classmethod
    def around(cls, rowcol: Float64, subset: Subset, factor: float, smallest: float) -> Window:
        """Cover a line: square on the ground, moved and cut to lie within the subset.

        Parameters
        ----------
        rowcol : (N, 2) float64
        subset : Subset
        factor : float
            Side, in longest sides of the line's box.
        smallest : float
            Least side, in pixels of `spacing`'s geometric mean.
        """
        spacing = np.array(pixel_spacing(subset))
        low, high = rowcol.min(axis=0), rowcol.max(axis=0)
        ground = max(
            factor * float(((high - low) * spacing).max()), smallest * float(native_metres(subset))
        )
        return cls._placed(low + high, ground / spacing, subset)

    @classmethod
    def square(cls, rowcol: Float64, subset: Subset, factor: float, smallest: float) -> Window:
        """Cover a line as CALFIN does: square in pixels, moved and cut to lie within the subset.

        Parameters
        ----------
        rowcol : (N, 2) float64
        subset : Subset
        factor : float
            Side, in longest sides of the line's box.
        smallest : float
            Least side, in pixels of the subset.
        """
        low, high = rowcol.min(axis=0), rowcol.max(axis=0)
        side = max(factor * float((high - low).max()), smallest)
        return cls._placed(low + high, np.array([side, side]), subset)

    @classmethod
    def _placed(cls, twice_centre: Float64, size: Float64, subset: Subset) -> Window:
        """Centre a window of (height, width), moved and cut to lie within the subset."""
        size = np.minimum(size, subset.shape)
        corner = np.clip((twice_centre - size) / 2, -0.5, np.array(subset.shape) - 0.5 - size)
        return cls(float(corner[0]), float(corner[1]), float(size[0]), float(size[1]))


def pixel_spacing(subset: Subset) -> tuple[float, float]:
    """Ground metres of one row and one column; (1, 1) without a georeference."""
    return (1.0, 1.0) if subset.grid is None else subset.grid.spacing


def native_metres(subset: Subset) -> float:
    """Side of a square with the ground area of one pixel."""
    rows, cols = pixel_spacing(subset)
    return float(np.sqrt(rows * cols))


def view_step(subset: Subset, window: Window, longest: int) -> tuple[float, float]:
    """Subset pixels per pixel of a view, for rows and columns.

    Parameters
    ----------
    subset : Subset
    window : Window
    longest : int
        Pixels of the view's longer side at most.
    """
    rows, cols = pixel_spacing(subset)
    ground = max(window.height * rows, window.width * cols)
    native = native_metres(subset)
    metres = max(native, ground / longest)
    if ground / native < SMALLEST_VIEW:
        metres = max(native / LARGEST_ZOOM, ground / SMALLEST_VIEW)
    return metres / rows, metres / cols


def resample(
    subset: Subset, window: Window, step: tuple[float, float]
) -> tuple[Float32, Mask, Mask | None]:
    """Resample a window of a subset, weighting valid pixels only.

    Parameters
    ----------
    subset : Subset
    window : Window
    step : (row, col)
        Subset pixels per pixel of the result.

    Returns
    -------
    pixels : (h, w) float32
        NaN where nothing valid is near.
    valid : (h, w) bool
    cloud : (h, w) bool or None
    """
    shape = (
        max(1, round(window.height / step[0])),
        max(1, round(window.width / step[1])),
    )
    source = Affine.identity()
    target = Affine(step[1], 0, window.col + 0.5, 0, step[0], window.row + 0.5)
    pixels = np.full(shape, np.nan, np.float32)
    reproject(
        np.where(subset.valid, subset.pixels, np.float32(np.nan)),
        pixels,
        src_transform=source,
        dst_transform=target,
        src_crs=_ANY_CRS,
        dst_crs=_ANY_CRS,
        src_nodata=np.nan,
        dst_nodata=np.nan,
        resampling=Resampling.bilinear,
    )
    cloud = None
    if subset.cloud is not None:
        clouded = np.zeros(shape, np.uint8)
        reproject(
            subset.cloud.astype(np.uint8),
            clouded,
            src_transform=source,
            dst_transform=target,
            src_crs=_ANY_CRS,
            dst_crs=_ANY_CRS,
            resampling=Resampling.nearest,
        )
        cloud = clouded.astype(bool)
    return pixels, np.isfinite(pixels), cloud


def predict(subset: Subset, window: Window, network: Network, settings: Settings) -> Prediction:
    """Predict a window of a subset at its finest resolution and at coarser ones.

    The coarser views see the surroundings better (which rock belongs to the coast), the sharper
    one the line; their probabilities are averaged.

    Parameters
    ----------
    subset : Subset
    window : Window
    network : Network
    settings : Settings
        `window`, `coarse` and `flips` are used.

    Returns
    -------
    Prediction
        On the grid of the finest view.
    """
    step = view_step(subset, window, settings.window)
    pixels, valid, cloud = resample(subset, window, step)
    channels = enhance.channels(pixels, valid, network.channels)
    coarser = _coarser(subset, step, settings.coarse)
    flips = dealt_flips(1 + len(coarser)) if settings.flips else [UNFLIPPED] * (1 + len(coarser))
    views = [predict_image(network, channels, flips=flips[0])]
    for times, own in zip(coarser, flips[1:], strict=True):
        blurred, known, _ = resample(subset, window, (step[0] * times, step[1] * times))
        context = enhance.channels(blurred, known, network.channels)
        views.append(predict_image(network, context, flips=own))
    edge, ocean, land = (
        np.mean([_fit(getattr(view, name), valid.shape) for view in views], axis=0)
        for name in ("edge", "ocean", "land")
    )
    return Prediction(
        edge=edge,
        ocean=ocean,
        # rock throws the shadow; a line before it is a coast
        land=np.where(shadows(valid), np.float32(1), land),
        valid=valid,
        grey=(channels[..., 0] + np.float32(1)) / np.float32(2),
        cloud=cloud,
        origin=(window.row + step[0] / 2, window.col + step[1] / 2),
        step=step,
    )


def _coarser(subset: Subset, step: tuple[float, float], metres: float) -> list[float]:
    """How many times coarser than the finest view the others are; none without a georeference."""
    if subset.grid is None or metres <= 0:
        return []
    spacing = np.array(pixel_spacing(subset)) * step
    coarsest = metres / float(np.sqrt(np.prod(spacing)))
    if coarsest < WORTHWHILE:
        return []
    count = int(np.ceil(np.log(coarsest) / np.log(VIEW_RATIO)))
    return [float(coarsest ** (n / count)) for n in range(1, count + 1)]


def dealt_flips(views: int) -> list[tuple[tuple[int, ...], ...]]:
    """Deal four mirror images out over the views of one window, at least one to each.

    A network prefers some directions. The mean over the views reduces that, less than all mirror
    images of all views would, in a fraction of the time.

    Parameters
    ----------
    views : int

    Returns
    -------
    list of tuple
        One item for every view: see `pycalfin.network.predict.FLIPS`.
    """
    return [FLIPS[n % len(FLIPS) :: views] for n in range(views)]


def _fit(image: Float32, shape: tuple[int, ...]) -> Float32:
    """Interpolate an image bilinearly to another number of pixels over the same area."""
    if image.shape == shape:
        return image
    axes = [(np.arange(n) + 0.5) * m / n - 0.5 for n, m in zip(shape, image.shape, strict=True)]
    points = np.meshgrid(*axes, indexing="ij")
    return ndimage.map_coordinates(image, points, order=1, mode="nearest").astype(np.float32)
