"""Give an image the look of another: its light, or its texture, by way of their spectra.

A network that has seen a few glaciers knows a few kinds of ice and water. Exchanging the amplitudes
of Fourier's coefficients between images, and keeping the phases that hold the shapes, shows it the
same front in other light and with another grain (Yang and Soatto 2020, arXiv:2004.05498, who
exchange the lowest frequencies; the grain is exchanged here too, by its power at each scale).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Rng = np.random.Generator

LIGHT = (0.01, 0.06)
"""Cycles per pixel: shapes coarser than a limit drawn from here take the other's light."""
GRAIN = (0.05, 0.25)
"""Cycles per pixel: details finer than a limit drawn from here take the other's grain."""
LEAST_SHARE = 0.3
"""Of the exchange, which is drawn between this and all of it."""
MOST_GAIN = 4.0
"""Factor by which the power of a scale changes at most, either way."""


def restyle(grey: Grey, other: Grey, rng: Rng) -> Grey:
    """Exchange light or grain, by an even chance.

    Parameters
    ----------
    grey, other : (n, n) float32
        On one range.
    rng : numpy.random.Generator

    Returns
    -------
    (n, n) float32
        `grey` in the other's light, or with its grain; not clipped.
    """
    waves = np.fft.rfft2(grey)
    size, wanted = np.abs(waves), np.abs(np.fft.rfft2(other))
    radius = np.hypot(np.fft.fftfreq(len(grey))[:, None], np.fft.rfftfreq(grey.shape[1])[None])
    share = rng.uniform(LEAST_SHARE, 1.0)
    if rng.random() < 0.5:
        low = radius < rng.uniform(*LIGHT)
        scaled = np.where(low, (1.0 - share) * size + share * wanted, size)
    else:
        high = radius > rng.uniform(*GRAIN)
        gain = _gain(size, wanted, radius).clip(1.0 / MOST_GAIN, MOST_GAIN)
        scaled = size * np.where(high, 1.0 + share * (gain - 1.0), 1.0)
    phases = waves / np.maximum(size, 1e-9)
    return np.fft.irfft2(scaled * phases, grey.shape).astype(np.float32)


def _gain(
    size: NDArray[np.float64], wanted: NDArray[np.float64], radius: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Ratio of the mean amplitudes in each ring of the spectrum, for every coefficient."""
    ring = (radius * len(radius)).astype(int)
    sums = [np.bincount(ring.ravel(), values.ravel()) for values in (size, wanted)]
    return np.asarray((sums[1] / np.maximum(sums[0], 1e-6))[ring])
