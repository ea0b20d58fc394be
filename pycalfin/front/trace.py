"""Lines in a prediction: sampled, moved to the ridge of the edge, resampled and smoothed."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

from pycalfin.records import Float32, Float64, Mask
from pycalfin.results import Prediction

RIDGE_REACH = 3.0
"""Pixels to either side of a vertex in which the ridge's centre is sought."""
RIDGE_STEP = 0.5
"""Pixels between samples across the ridge."""
TANGENT_WINDOW = 4.0
"""Pixels: Gaussian width over which the direction of a line is averaged."""
SIDE_OFFSETS = (3.0, 4.5, 6.0, 8.0)
"""Pixels to either side of a front where the zones are compared."""


@dataclass(frozen=True, eq=False)
class Trace:
    """A line in a prediction, ocean on its left on the image as displayed.

    Parameters
    ----------
    rowcol : (N, 2) float64
        Centre-based row and column of the prediction, about one pixel apart.
    strength : (N,) float64
        Edge probability at the vertices.
    width : (N,) float64
        Pixels: standard deviation of the probability across the line.
    left, right : (N,) float64
        Ocean probability on either side.
    land : (N,) float64
        Land probability on the right; zeros where the network does not know land.
    """

    rowcol: Float64
    strength: Float64
    width: Float64
    left: Float64
    right: Float64
    land: Float64

    @property
    def length(self) -> float:
        """Pixels of the prediction."""
        return float(np.hypot(*np.diff(self.rowcol, axis=0).T).sum())

    def at(self, where: Float64) -> Trace:
        """Interpolate linearly at positions along the line, counted in vertices."""
        return Trace(*(interpolated(getattr(self, item.name), where) for item in fields(self)))


def interpolated(values: Float64, where: Float64) -> Float64:
    """Interpolate (N,) or (N, 2) values of vertices at fractional vertex numbers.

    Examples
    --------
    >>> interpolated(np.array([0.0, 10.0, 30.0]), np.array([0.5, 2.0]))
    array([ 5., 30.])
    """
    number = np.arange(len(values))
    if values.ndim == 1:
        return np.interp(where, number, values)
    return np.column_stack([np.interp(where, number, column) for column in values.T])


def measure(line: Float64, prediction: Prediction, edge: Float32 | None = None) -> Trace:
    """Sample edge and zones along a line.

    Parameters
    ----------
    line : (N, 2) float64
        Row and column of the prediction.
    prediction : Prediction
    edge : (h, w) float32, optional
        Edge probability to use in place of the prediction's.
    """
    edge = prediction.edge if edge is None else edge
    _, width = refine(line, edge)
    normal = left_normals(line)
    left, right = (_side_mean(prediction.ocean, line, sign * normal) for sign in (1.0, -1.0))
    land = np.zeros(len(line))
    if prediction.land is not None:
        land = _side_mean(prediction.land, line, -normal)
    return Trace(line, _sample(edge, line), width, left, right, land)


def _side_mean(image: Float32, line: Float64, normal: Float64) -> Float64:
    """Mean of an image beside a line, along the normals; only what lies in the image counts."""
    points = line + np.array(SIDE_OFFSETS)[:, None, None] * normal
    values = np.array([_sample(image, row) for row in points])
    inside = np.all((points >= -0.5) & (points <= np.array(image.shape) - 0.5), axis=2)
    # a vertex at the very border keeps its nearest sample
    inside[0] |= ~inside.any(axis=0)
    return (values * inside).sum(axis=0) / inside.sum(axis=0)


def runs(mask: Mask) -> list[slice]:
    """Find the unbroken runs of True in a mask along a line, in order.

    Examples
    --------
    >>> runs(np.array([True, True, False, True]))
    [slice(0, 2, None), slice(3, 4, None)]
    """
    labels, _ = ndimage.label(mask)
    return [found[0] for found in ndimage.find_objects(labels)]


def measure_oriented(line: Float64, prediction: Prediction, edge: Float32 | None = None) -> Trace:
    """Turn a line so that the ocean lies on its left, and sample edge and zones along it.

    Parameters
    ----------
    line : (N, 2) float64
        Row and column of the prediction, walked either way.
    prediction : Prediction
    edge : (h, w) float32, optional
        Edge probability to use in place of the prediction's.
    """
    found = measure(line, prediction, edge)
    if found.left.mean() >= found.right.mean():
        return found
    # what lies behind the front is on the other side now
    return measure(line[::-1], prediction, edge)


def refine(line: Float64, edge: Float32) -> tuple[Float64, Float64]:
    """Move vertices to the centre of the ridge; return it and the ridge's width."""
    normal = left_normals(line)
    offsets = np.arange(-RIDGE_REACH, RIDGE_REACH + RIDGE_STEP / 2, RIDGE_STEP)
    samples = np.array([_sample(edge, line + offset * normal) for offset in offsets])
    weights = samples**2 + 1e-6
    total = weights.sum(axis=0)
    centre = (weights * offsets[:, None]).sum(axis=0) / total
    spread = np.sqrt(
        (samples * (offsets[:, None] - centre) ** 2).sum(axis=0) / samples.sum(axis=0).clip(1e-6)
    )
    return line + centre[:, None] * normal, spread


def to_ridge(line: Float64, edge: Float32) -> Float64:
    """Move vertices to the centre of the ridge of edge probability."""
    return refine(line, edge)[0]


def left_normals(line: Float64) -> Float64:
    """Unit vectors to the left of a line, on the image as displayed.

    Parameters
    ----------
    line : (N, 2) float64
        Row and column, about one pixel apart.

    Returns
    -------
    (N, 2) float64
        Row and column; zeros for a single vertex.
    """
    smooth = ndimage.gaussian_filter1d(line, TANGENT_WINDOW / 2, axis=0, mode="nearest")
    tangent = np.gradient(smooth, axis=0) if len(line) > 1 else np.zeros_like(line)
    length = np.hypot(*tangent.T).clip(1e-9)
    return np.column_stack([-tangent[:, 1], tangent[:, 0]]) / length[:, None]


def _sample(image: Float32, rowcol: Float64) -> Float64:
    """Bilinear values of an image; beyond its border, those of the border."""
    return ndimage.map_coordinates(image.astype(float), rowcol.T, order=1, mode="nearest")


def resample(line: Float64, spacing: float = 1.0) -> Float64:
    """Place vertices at equal distances along a line.

    Parameters
    ----------
    line : (N, 2) float64
    spacing : float
        Wanted distance; the nearest one that divides the line's length is taken.

    Returns
    -------
    (M, 2) float64
        With the line's own ends.
    """
    if len(line) < 2:
        return line
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    if along[-1] == 0:
        return line[:1]
    keep = np.concatenate([[True], np.diff(along) > 0])
    stations = np.linspace(0, along[-1], max(2, round(along[-1] / spacing) + 1))
    return np.column_stack([np.interp(stations, along[keep], axis[keep]) for axis in line.T])


def smooth(line: Float64, smoothing: tuple[int, int]) -> Float64:
    """Smooth a line, Savitzky-Golay, with an odd window no longer than the line.

    Parameters
    ----------
    line : (N, 2) float64
    smoothing : (window, order)
        A window of up to the order, or of one or two vertices, changes nothing.
    """
    window, order = smoothing
    window = min(window - (window + 1) % 2, len(line) - (len(line) + 1) % 2)
    if window <= order or window < 3:
        return line
    return savitzky_golay(line, window, order)


def savitzky_golay(line: Float64, window: int, order: int) -> Float64:
    """Smooth by the polynomial that fits the surroundings of every vertex best.

    Savitzky and Golay 1964, Analytical Chemistry 36, 1627-1639. scipy.signal has the same; its
    import takes longer than the tracing of a scene.

    Parameters
    ----------
    line : (N, 2) float64
    window : int
        Vertices, odd, at most N. At the ends the polynomial of the outermost window is used.
    order : int
        Of the polynomial, less than `window`.

    Returns
    -------
    (N, 2) float64
    """
    half = window // 2
    powers = np.vander(np.arange(-half, half + 1) / half, order + 1)
    fit = powers @ np.linalg.pinv(powers)
    inner = sliding_window_view(line, window, axis=0) @ fit[half]
    return np.concatenate([fit[:half] @ line[:window], inner, fit[half + 1 :] @ line[-window:]])
