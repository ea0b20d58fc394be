"""Channels that a network looks at, made in code: stretch, tone map, shadows and highlights.

The authors of CALFIN made their second and third channel by hand (Photoshop's HDR toning and
shadows/highlights). Here every channel is a pure function of the grey image on the network's
own grid, so a scene always gives the same channels. Gaps are filled before anything else: a
missing SLC-off stripe is bridged by its neighbours and never shows up as an edge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

STRETCH_PERCENTILES = (1.0, 99.0)
"""Percentiles of the valid pixels mapped to 0 and 1."""
STRETCH_SAMPLES = 1_000_000
"""Most pixels that the percentiles are taken from; larger images are thinned regularly."""
FILL_SMOOTHING = 2.0
"""Pixels: Gaussian width that softens the creases of the nearest-neighbour fill in a gap."""
TONE_RADIUS = 12.0
"""Pixels of the network's grid: what counts as local to the tone map."""
TONE_FLOOR = 0.04
"""Contrast below which the tone map does not amplify (it would only show noise)."""
SHADOW_RADIUS = 8.0
"""Pixels of the network's grid: neighbourhood that decides shadow or highlight."""
HDR_FLOOR = 1e-3
"""Share of the maximum below which everything is equally dark."""
HDR_COMPRESSION, HDR_DETAIL = 0.6, 1.3
"""Factors of the slow part and of the detail of the logarithm."""
SHADOW_AMOUNT, SHADOW_TONES = 0.35, 0.5
"""Photoshop's defaults: 35 %, and the darker half of the range."""
SHADOW_STRENGTH = 0.9
"""Exponent range of the shadows/highlights correction: 2**-0.9 in shadow to 2**0.9 in light."""


def fill_gaps(pixels: Image, valid: Mask) -> Image:
    """Fill invalid pixels from their surroundings.

    Parameters
    ----------
    pixels : (H, W) float32
        Grey values; anything, NaN included, where not valid.
    valid : (H, W) bool

    Returns
    -------
    (H, W) float32
        Valid pixels untouched, the others the softened value of the nearest valid pixel; zeros
        if nothing is valid.
    """
    if valid.all():
        return pixels.astype(np.float32, copy=False)
    if not valid.any():
        return np.zeros(pixels.shape, np.float32)
    rows, cols = ndimage.distance_transform_edt(~valid, return_distances=False, return_indices=True)
    nearest = pixels[rows, cols].astype(np.float32)
    softened = ndimage.gaussian_filter(nearest, FILL_SMOOTHING, mode="nearest")
    return np.where(valid, nearest, softened)


def stretch(
    pixels: Image, valid: Mask, percentiles: tuple[float, float] = STRETCH_PERCENTILES
) -> Image:
    """Map the robust range of the valid pixels to 0..1; values beyond it are clipped.

    Parameters
    ----------
    pixels : (H, W) float32
    valid : (H, W) bool
    percentiles : (low, high)

    Returns
    -------
    (H, W) float32 in [0, 1], finite everywhere; a constant image gives zeros.
    """
    sample = pixels[valid]
    if sample.size == 0:
        return np.zeros(pixels.shape, np.float32)
    sample = sample[:: 1 + sample.size // STRETCH_SAMPLES]
    low, high = np.percentile(sample, percentiles)
    if not high > low:
        low, high = float(sample.min()), float(sample.max())
    if not high > low:
        return np.zeros(pixels.shape, np.float32)
    filled = fill_gaps(pixels, valid)
    return np.clip((filled - low) / (high - low), 0.0, 1.0).astype(np.float32)


def tone_map(grey: Image) -> Image:
    """HDR-like local contrast: the slow part is compressed, the detail equalised.

    Parameters
    ----------
    grey : (H, W) float32 in [0, 1]

    Returns
    -------
    (H, W) float32 in [0, 1]
    """
    base = ndimage.gaussian_filter(grey, TONE_RADIUS, mode="reflect")
    detail = grey - base
    contrast = np.sqrt(ndimage.gaussian_filter(detail**2, TONE_RADIUS, mode="reflect"))
    toned = 0.5 + 0.3 * (base - 0.5) + 0.18 * detail / (contrast + TONE_FLOOR)
    return np.clip(toned, 0.0, 1.0).astype(np.float32)


def shadows_highlights(grey: Image) -> Image:
    """Lift shadows and hold back highlights by a local exponent (Moroney 2000).

    Local colour correction using non-linear masking, IS&T Color Imaging Conference 8, eq. 1:
    the exponent is a power of two of the blurred brightness.

    Parameters
    ----------
    grey : (H, W) float32 in [0, 1]

    Returns
    -------
    (H, W) float32 in [0, 1]
    """
    light = ndimage.gaussian_filter(grey, SHADOW_RADIUS, mode="reflect")
    exponent = np.exp2(SHADOW_STRENGTH * (2.0 * light - 1.0))
    return np.power(np.clip(grey, 0.0, 1.0), exponent).astype(np.float32)


def _identity(grey: Image) -> Image:
    return grey


def hdr_toning(grey: Image) -> Image:
    """Local adaptation like that of Photoshop CS6's HDR toning, in its default settings.

    The slow part of the logarithm is compressed, the rest kept and strengthened by 30 % (Durand and
    Dorsey 2002, ACM Transactions on Graphics 21, 257-266, with a Gaussian for the bilateral
    filter). How Photoshop does it has not been published.

    Parameters
    ----------
    grey : (H, W) float32 in [0, 1]

    Returns
    -------
    (H, W) float32 in [0, 1]
    """
    light = np.log(np.maximum(grey, HDR_FLOOR))
    base = ndimage.gaussian_filter(light, TONE_RADIUS, mode="reflect")
    toned = np.exp(HDR_COMPRESSION * base + HDR_DETAIL * (light - base))
    return np.clip(toned, 0.0, 1.0).astype(np.float32)


def lift_shadows(grey: Image) -> Image:
    """Shadows lifted by 35 %, as Photoshop CS6's shadows/highlights does by default.

    A pixel counts as shadow by the brightness around it, up to one half of the range; highlights
    stay. How Photoshop weights them has not been published.

    Parameters
    ----------
    grey : (H, W) float32 in [0, 1]

    Returns
    -------
    (H, W) float32 in [0, 1]
    """
    around = ndimage.gaussian_filter(grey, SHADOW_RADIUS, mode="reflect")
    shadow = np.clip(1.0 - around / SHADOW_TONES, 0.0, 1.0)
    lifted = 1.0 - (1.0 - grey) ** (1.0 + 2.0 * SHADOW_AMOUNT * shadow)
    return np.clip(lifted, 0.0, 1.0).astype(np.float32)


CHANNELS: dict[str, Callable[[Image], Image]] = {
    "grey": _identity,
    "tonemap": tone_map,
    "shadows": shadows_highlights,
    "hdr": hdr_toning,
    "shadows_highlights": lift_shadows,
}
"""Every channel by the name that a network declares."""


def channels(
    pixels: Image, valid: Mask, names: Sequence[str] = ("grey", "tonemap", "shadows")
) -> NDArray[np.float32]:
    """Make the input of a network.

    Parameters
    ----------
    pixels : (H, W) float32
        Grey image on the network's own grid, any range.
    valid : (H, W) bool
    names : sequence of str
        Keys of `CHANNELS`, in the order that the network expects.

    Returns
    -------
    (H, W, len(names)) float32 in [-1, 1]

    Examples
    --------
    >>> import numpy as np
    >>> image = np.linspace(0, 1000, 64 * 64, dtype="float32").reshape(64, 64)
    >>> channels(image, np.ones((64, 64), bool)).shape
    (64, 64, 3)
    """
    grey = stretch(pixels, valid)
    return np.stack([CHANNELS[name](grey) for name in names], axis=-1) * 2.0 - 1.0


def published_channels(pixels: Image, valid: Mask, names: Sequence[str]) -> NDArray[np.float32]:
    """Make the input of CALFIN as its authors did: each channel scaled by its own maximum.

    Parameters
    ----------
    pixels : (H, W) float32
    valid : (H, W) bool
        Other pixels are black, as in the published images. Where values are negative (decibels),
        the least valid one is black as well.
    names : sequence of str
        Keys of `CHANNELS`.

    Returns
    -------
    (H, W, len(names)) float32 in [-1, 1]
    """
    known = valid & np.isfinite(pixels)
    least = min(float(pixels[known].min(initial=0.0)), 0.0)
    grey = np.where(known, pixels - np.float32(least), 0).astype(np.float32)
    scaled = [_to_maximum(CHANNELS[name](_to_maximum(grey))) for name in names]
    return np.stack(scaled, axis=-1) * np.float32(2) - np.float32(1)


def _to_maximum(image: Image) -> Image:
    highest = float(image.max(initial=0.0))
    return image / np.float32(highest) if highest > 0 else image
