"""Make the input channels of a network: stretch, tone map, shadows and highlights.

The authors of CALFIN made their second and third channel by hand, with Photoshop's HDR toning and
shadows/highlights. Here each channel is a function of the grey image on the network's grid, so a
scene always gives the same channels. Gaps are filled first, so that SLC-off stripes do not appear
as edges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

STRETCH_PERCENTILES = (1.0, 99.0)
"""Percentiles of the valid pixels that are mapped to 0 and 1."""
STRETCH_SAMPLES = 1_000_000
"""Most pixels for the percentiles; larger images are thinned regularly."""
FILL_SMOOTHING = 2.0
"""Pixels. Width of the Gaussian that smooths the nearest-neighbour fill of gaps."""
TONE_RADIUS = 12.0
"""Pixels of the network's grid. Width of the Gaussian for the local mean and contrast."""
TONE_FLOOR = 0.04
"""Contrast added in the tone map's denominator, so that it does not amplify noise."""
SHADOW_RADIUS = 8.0
"""Pixels of the network's grid. Width of the Gaussian that decides shadow or highlight."""
HDR_FLOOR = 1e-3
"""Fraction of the maximum; darker values are set to it before taking the logarithm."""
HDR_COMPRESSION, HDR_DETAIL = 0.6, 1.3
"""Factors for the smooth part and the detail of the logarithm."""
SHADOW_AMOUNT, SHADOW_TONES = 0.35, 0.5
"""Defaults of Photoshop: 35 %, for the darker half of the range."""
SHADOW_STRENGTH = 0.9
"""Range of the shadows/highlights exponent: 2**-0.9 in shadow to 2**0.9 in light."""


def fill_gaps(pixels: Image, valid: Mask) -> Image:
    """Fill invalid pixels from their surroundings.

    Parameters
    ----------
    pixels : (H, W) float32
        Grey values; invalid pixels may have any value, including NaN.
    valid : (H, W) bool

    Returns
    -------
    (H, W) float32
        Valid pixels are unchanged; the others get the smoothed value of the nearest valid pixel.
        All zeros if no pixel is valid.
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
    """Map the range of the valid pixels between two percentiles to 0..1, and clip the rest.

    Parameters
    ----------
    pixels : (H, W) float32
    valid : (H, W) bool
    percentiles : (low, high)

    Returns
    -------
    (H, W) float32 in [0, 1]
        Finite everywhere; zeros for a constant image.
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
    """Compress the local mean and equalise the local contrast, as HDR toning does.

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
    """Brighten shadows and darken highlights with a local exponent.

    The exponent is a power of two of the blurred brightness (Moroney 2000, Local colour correction
    using non-linear masking, IS&T Color Imaging Conference 8, eq. 1).

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
    """Imitate HDR toning of Photoshop CS6 with default settings.

    The smooth part of the logarithm is compressed, and the detail is amplified by 30 % (Durand and
    Dorsey 2002, ACM Transactions on Graphics 21, 257-266, here with a Gaussian instead of the
    bilateral filter). Photoshop's method is unpublished.

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
    """Imitate shadows/highlights of Photoshop CS6 with default settings (shadows +35 %).

    A pixel is in shadow if the mean brightness around it is below one half of the range. Highlights
    are unchanged. Photoshop's weights are unpublished.

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
"""Channels by the name that a network declares."""


def channels(
    pixels: Image, valid: Mask, names: Sequence[str] = ("grey", "tonemap", "shadows")
) -> NDArray[np.float32]:
    """Make the input of a network.

    Parameters
    ----------
    pixels : (H, W) float32
        Grey image of any range, on the network's grid.
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
    """Make the input of CALFIN as its authors did: scale each channel by its own maximum.

    Parameters
    ----------
    pixels : (H, W) float32
    valid : (H, W) bool
        Invalid pixels become black, as in the published images. If there are negative values
        (decibels), the lowest valid one becomes black too.
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
