"""CALFIN's augmentation: rotations, flips, crops, a little sharpening and noise.

All random numbers come from one `numpy.random.Generator`. Image and mask get the same geometry. The
edge is drawn from the warped mask, so that its width does not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pycalfin.network import calfin

Channels = NDArray[np.float32]
Land = NDArray[np.bool_]
Rng = np.random.Generator

_NEIGHBOURS = np.ones((3, 3))[..., None]


@dataclass(frozen=True)
class Augmentation:
    """Ranges and chances of the augmentation (Cheng et al. 2021).

    Unpublished strengths are imgaug's defaults.

    Attributes
    ----------
    crop : int
        Pixels: height and width of a crop.
    small_angle : float
        Degrees: largest rotation before a random crop.
    large_angle : float
        Degrees: largest rotation before a central crop.
    sharpened, noisy : float
        Chances of sharpening and of noise.
    sharpening : (low, high)
        Share of the sharpened image in the result.
    lightness : (low, high)
        Brightness of the sharpened image relative to the original.
    noise : (low, high)
        Standard deviation of additive noise, for a range of 1.
    """

    crop: int = calfin.SIDE
    small_angle: float = 6.0
    large_angle: float = 12.0
    sharpened: float = 0.2
    noisy: float = 0.2
    sharpening: tuple[float, float] = (0.2, 0.5)
    lightness: tuple[float, float] = (0.5, 1.0)
    noise: tuple[float, float] = (0.01, 0.05)


def augment(
    channels: Channels, land: Land, rng: Rng, options: Augmentation | None = None
) -> tuple[Channels, Land]:
    """Draw one training crop.

    Parameters
    ----------
    channels : (side, side, 3) float32 in [-1, 1]
    land : (side, side) bool
    rng : numpy.random.Generator
    options : Augmentation, optional

    Returns
    -------
    channels : (crop, crop, 3) float32 in [-1, 1]
    land : (crop, crop) bool
    """
    options = options or Augmentation()
    channels, land = warp(channels, land, rng, options)
    if rng.random() < options.sharpened:
        channels = _sharpen(channels, rng, options)
    if rng.random() < options.noisy:
        deviation = 2.0 * rng.uniform(*options.noise)
        channels = channels + deviation * rng.standard_normal(channels.shape, np.float32)
    return np.clip(channels, -1.0, 1.0).astype(np.float32), land


def warp(channels: Channels, land: Land, rng: Rng, options: Augmentation) -> tuple[Channels, Land]:
    """Rotate, flip and crop an image and its mask in the same way.

    Parameters
    ----------
    channels : (side, side, 3) float32
    land : (side, side) bool
    rng : numpy.random.Generator
    options : Augmentation

    Returns
    -------
    channels : (crop, crop, 3) float32
    land : (crop, crop) bool
    """
    quarters = int(rng.integers(4))
    mirrored = tuple(axis for axis in (0, 1) if rng.random() < 0.5)
    transposed = rng.random() < 0.5
    kind = rng.choice(("crop", "small", "large"))
    largest = {"crop": 0.0, "small": options.small_angle, "large": options.large_angle}[kind]
    angle = rng.uniform(-largest, largest)
    play = len(land) - options.crop
    corner = rng.integers(play + 1, size=2) if kind != "large" else (play // 2, play // 2)
    window = tuple(slice(start, start + options.crop) for start in corner)

    def cut(array: NDArray[Any], order: Literal[0, 1]) -> NDArray[Any]:
        array = np.flip(np.rot90(array, quarters), mirrored)
        array = np.swapaxes(array, 0, 1) if transposed else array
        if angle:
            array = ndimage.rotate(array, angle, reshape=False, order=order, mode="mirror")
        return np.ascontiguousarray(array[window])

    return cut(channels, 1), cut(land.astype(np.uint8), 0) > 0


def centre(channels: Channels, land: Land, crop: int = calfin.SIDE) -> tuple[Channels, Land]:
    """Cut the centre of an image and its mask, for the validation.

    Parameters
    ----------
    channels : (side, side, 3) float32
    land : (side, side) bool
    crop : int
        Pixels: height and width of the result.

    Returns
    -------
    channels : (crop, crop, 3) float32
    land : (crop, crop) bool
    """
    start = (len(land) - crop) // 2
    window = (slice(start, start + crop), slice(start, start + crop))
    return channels[window], land[window]


def _sharpen(channels: Channels, rng: Rng, options: Augmentation) -> Channels:
    """Add to every pixel its difference from its neighbours, on a range of 0..1."""
    share, lightness = rng.uniform(*options.sharpening), rng.uniform(*options.lightness)
    bright = (channels + 1.0) / 2.0
    neighbours = ndimage.convolve(bright, _NEIGHBOURS, mode="mirror")
    sharp = (9.0 + lightness) * bright - neighbours
    return 2.0 * ((1.0 - share) * bright + share * sharp) - 1.0
