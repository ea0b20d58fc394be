"""Transfer of light or texture between images by their Fourier spectra.

With few glaciers, a network sees few kinds of ice and water. Here the amplitudes of the Fourier
coefficients come from another image. The phases, which hold the shapes, stay. So the network sees
the same front in other light or with another grain. Yang and Soatto (2020, arXiv:2004.05498)
exchange the lowest frequencies; here the grain can change too, by its power at each scale.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Rng = np.random.Generator

LIGHT = (0.01, 0.06)
"""Cycles per pixel: range of the limit below which the other image's light is taken."""
GRAIN = (0.05, 0.25)
"""Cycles per pixel: range of the limit above which the other image's grain is taken."""
LEAST_SHARE = 0.3
"""Least strength of the exchange, which is drawn between this and 1."""
MOST_GAIN = 4.0
"""Largest factor by which the amplitude at a scale changes, in either direction."""


def restyle(grey: Grey, other: Grey, rng: Rng) -> Grey:
    """Take the light or the grain of another image, with equal chances.

    Parameters
    ----------
    grey, other : (n, n) float32
        Images with the same range of values.
    rng : numpy.random.Generator

    Returns
    -------
    (n, n) float32
        `grey` with the light or the grain of `other`; not clipped.
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
    """Return the ratio of the mean amplitudes in a coefficient's ring of the spectrum."""
    ring = (radius * len(radius)).astype(int)
    sums = [np.bincount(ring.ravel(), values.ravel()) for values in (size, wanted)]
    return np.asarray((sums[1] / np.maximum(sums[0], 1e-6))[ring])
