"""Random textures for synthetic scenes: fractal noise, floes, icebergs and speckle.

All textures are functions of coordinates and random numbers, so that two scenes of one place show
the same mountains on any grid.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import numpy as np
from scipy import fft, ndimage, spatial

from pycalfin.records import Float32, Float64

Key: TypeAlias = tuple[int, ...]

TILE = 512
"""Cells: side of the periodic tile from which noise is sampled."""
SMOOTH = 6.0
"""Cells: noise is interpolated linearly if its shortest wave is at least this long."""
WAVE_TABLE = 20_000
"""Values: longer arrays are interpolated in a table with 64 entries for the shortest wave; the
error is a thousandth of its height."""
BERG_SLOPE = 1.8
"""Exponent of the distribution of iceberg areas (Enderlin et al. 2016: 1.5 to 2.2)."""


def fractal(
    source: np.random.Generator | Key,
    u: Float64,
    v: Float64,
    *,
    slope: float = 2.0,
    smallest: float = 2.0,
    largest: float = 256.0,
) -> Float64:
    """Sample smooth random noise with a power-law spectrum.

    Parameters
    ----------
    source : numpy.random.Generator or tuple of int
        A generator advances by the same amount for any coordinates; a key gives the same noise
        every time.
    u, v : (...) float64
        Coordinates in cells. Divide one to stretch the noise along it. The noise repeats after
        `TILE` cells.
    slope : float
        Exponent of the amplitude spectrum: 0 for white noise, 2 for mountains.
    smallest, largest : float
        Range of wavelengths, cells.

    Returns
    -------
    (...) float64
        Zero mean and unit variance over the tile.
    """
    if isinstance(source, tuple):
        tile = _kept_tile(source, slope, smallest, largest)
    else:
        tile = _tile(source, slope, smallest, largest)
    order = _order(smallest)
    sampled = ndimage.map_coordinates(
        tile, np.stack([u, v]), order=order, mode="grid-wrap", prefilter=False
    )
    return np.asarray(sampled, np.float64)


def _order(smallest: float) -> int:
    """Return the order of the spline; linear is enough between the cells of a smooth tile."""
    return 1 if smallest >= SMOOTH else 2


@lru_cache(maxsize=32)
def _spectrum(slope: float, smallest: float, largest: float) -> Float32:
    frequency = np.hypot(fft.fftfreq(TILE)[:, None], fft.rfftfreq(TILE)[None])
    frequency[0, 0] = 1.0
    band = (frequency >= 1 / largest) & (frequency <= 1 / smallest)
    return (frequency**-slope * band).astype(np.float32)


def _tile(rng: np.random.Generator, slope: float, smallest: float, largest: float) -> Float32:
    weight = _spectrum(slope, smallest, largest)
    white = rng.standard_normal((TILE, TILE), np.float32)
    tile = fft.irfft2(fft.rfft2(white) * weight, s=(TILE, TILE))
    tile /= tile.std()
    if _order(smallest) > 1:
        tile = ndimage.spline_filter(tile, 2, np.float32, mode="grid-wrap")
    return np.asarray(tile, np.float32)


@lru_cache(maxsize=24)
def _kept_tile(key: Key, slope: float, smallest: float, largest: float) -> Float32:
    return _tile(np.random.default_rng(key), slope, smallest, largest)


def waves(
    rng: np.random.Generator,
    u: Float64,
    *,
    longest: float,
    shortest: float,
    height: float,
    slope: float = 1.0,
) -> tuple[Float64, Float64]:
    """Evaluate a random curve, an exact sum of sines, and its derivative.

    Parameters
    ----------
    rng : numpy.random.Generator
    u : (...) float64
        Positions.
    longest, shortest : float
        Range of wavelengths, units of `u`.
    height : float
        Mean amplitude of the longest wave, units of the result. Amplitudes fall with the ratio of
        wavelengths to the power of `slope`.
    slope : float

    Returns
    -------
    value, derivative : (...) float64
    """
    count = max(2, round(3 * np.log2(longest / shortest)))
    lengths = longest * (shortest / longest) ** (np.arange(count) / (count - 1))
    lengths *= rng.uniform(0.9, 1.1, count)
    phases = rng.uniform(0, 2 * np.pi, count)
    heights = height * rng.normal(1, 0.3, count) * (lengths / longest) ** slope
    if u.size > WAVE_TABLE:
        table = np.arange(u.min(), u.max() + shortest, shortest / 64)
        values, slopes = _sum_of_sines(table, lengths, phases, heights)
        return np.interp(u, table, values), np.interp(u, table, slopes)
    return _sum_of_sines(u, lengths, phases, heights)


def _sum_of_sines(
    u: Float64, lengths: Float64, phases: Float64, heights: Float64
) -> tuple[Float64, Float64]:
    value, derivative = np.zeros_like(u), np.zeros_like(u)
    for length, phase, amplitude in zip(lengths, phases, heights, strict=True):
        angle = 2 * np.pi * u / length + phase
        value += amplitude * np.sin(angle)
        derivative += amplitude * 2 * np.pi / length * np.cos(angle)
    return value, derivative


def floes(rng: np.random.Generator, u: Float64, v: Float64, size: float) -> tuple[Float64, Float64]:
    """Break a plane into angular floes of many sizes.

    Parameters
    ----------
    rng : numpy.random.Generator
    u, v : (H, W) float64
        Coordinates.
    size : float
        Typical width of a floe, units of the coordinates.

    Returns
    -------
    tone : (H, W) float64
        One random normal value per floe.
    gap : (H, W) float64
        Distance from the crack around the floe, units of the coordinates.
    """
    low, high = np.array([u.min(), v.min()]), np.array([u.max(), v.max()])
    count = max(4, int(np.prod(high - low) / size**2))
    centres = rng.uniform(low, high, (count, 2))
    # clusters of centres: brash between the larger floes
    crowd = centres[rng.integers(0, count, 2 * count)] + rng.normal(0, 0.35 * size, (2 * count, 2))
    centres = np.concatenate([centres, crowd])
    tones = rng.standard_normal(len(centres))
    places = np.column_stack([u.ravel(), v.ravel()])
    near, index = spatial.cKDTree(centres).query(places, k=2)
    gap = (near[:, 1] - near[:, 0]) / 2
    return tones[index[:, 0]].reshape(u.shape), gap.reshape(u.shape)


def bergs(
    rng: np.random.Generator,
    shape: tuple[int, int],
    where: Float64,
    count: int,
    largest: float,
    light: tuple[float, float],
) -> tuple[Float32, Float32]:
    """Draw icebergs as bright, shaded shapes.

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : (rows, cols)
    where : (rows, cols) float64
        Relative density of icebergs; 0 for none.
    count : int
    largest : float
        Largest radius, pixels; most icebergs are far smaller.
    light : (row, col)
        Unit vector towards the light. The side facing it is brighter; a shadow falls on the other.

    Returns
    -------
    cover : (rows, cols) float32
        Fraction of each pixel covered by icebergs, 0..1.
    tone : (rows, cols) float32
        About 1 on icebergs, more on the lit side; negative in their shadow.
    """
    cover, tone = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    weights = where.ravel().cumsum()
    draws = rng.uniform(size=count)
    sizes = (1 + rng.pareto(BERG_SLOPE, count)) ** 0.5
    radii = np.minimum(0.45 * sizes, largest)
    if count == 0 or weights[-1] <= 0:
        return cover, tone
    centres = np.unravel_index(np.searchsorted(weights, draws * weights[-1]), shape)
    for row, col, radius in zip(*centres, radii, strict=True):
        phases, lobes = rng.uniform(0, 2 * np.pi, 3), rng.uniform(0, 0.25, 3)
        stretch, tilt = rng.uniform(0.55, 1.0), rng.uniform(0, np.pi)
        offset = rng.uniform(-0.5, 0.5, 2)
        half = int(np.ceil(radius * 1.8)) + 2
        r0, r1 = max(0, row - half), min(shape[0], row + half + 1)
        c0, c1 = max(0, col - half), min(shape[1], col + half + 1)
        y, x = np.mgrid[r0:r1, c0:c1].astype(float)
        y, x = y - row - offset[0], x - col - offset[1]
        along = x * np.cos(tilt) + y * np.sin(tilt)
        across = (y * np.cos(tilt) - x * np.sin(tilt)) / stretch
        angle = np.arctan2(across, along)
        edge = radius * (1 + sum(lobes[k] * np.cos((k + 2) * angle + phases[k]) for k in range(3)))
        inside = np.clip(edge - np.hypot(along, across) + 0.5, 0, 1)
        toward = (y * light[0] + x * light[1]) / max(radius, 1.0)
        window = np.s_[r0:r1, c0:c1]
        shade = np.clip(edge + 1.2 - np.hypot(along, across), 0, 1) * (toward < -0.3) * (radius > 1)
        tone[window] = np.where(
            inside > cover[window], 1 + 0.25 * np.clip(toward, -1.5, 1), tone[window]
        )
        tone[window] = np.where((inside < 0.3) & (cover[window] < 0.3), -shade, tone[window])
        cover[window] = np.maximum(cover[window], inside)
    return cover, tone


def speckle(rng: np.random.Generator, shape: tuple[int, int], looks: float) -> Float64:
    """Draw multiplicative speckle of radar amplitude.

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : (rows, cols)
    looks : float
        Equivalent number of looks.

    Returns
    -------
    (rows, cols) float64
        The mean square is 1. Neighbours are slightly correlated, as after resampling.
    """
    power = rng.gamma(looks, 1 / looks, shape)
    power = 1 + (ndimage.gaussian_filter(power, 0.45, mode="reflect") - 1) * 1.25
    return np.sqrt(np.clip(power, 0.02, None))


def cast_shadow(height: Float64, light: tuple[float, float], rise: float, reach: int) -> Float64:
    """Compute the shadow of higher ground.

    Parameters
    ----------
    height : (rows, cols) float64
        Pixels.
    light : (row, col)
        Horizontal unit vector towards the light.
    rise : float
        Tangent of the light's elevation.
    reach : int
        Pixels: longest shadow.

    Returns
    -------
    (rows, cols) float64
        1 in full shadow, 0 in the light, soft at the edge.
    """
    above = np.full(height.shape, -np.inf)
    for step in np.arange(1.0, reach, 1.5):
        moved = ndimage.shift(height, (-light[0] * step, -light[1] * step), order=1, mode="nearest")
        np.maximum(above, moved - step * rise, out=above)
    shadow: Float64 = np.clip(above - height - 0.3, 0, 1)
    return shadow
