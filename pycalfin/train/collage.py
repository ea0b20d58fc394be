"""Fill zones of an image with the texture of the same zone of other images.

With few glaciers, a network sees each kind of ice next to one kind of water only. A collage puts
the ice of a second glacier and the mélange of a third on the two sides of a front. Synthetic scenes
take the texture of real ones. The idea is that of ClassMix (Olsson et al. 2021, arXiv:2007.07936),
applied zone by zone, so that the labels do not change.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]
Rng = np.random.Generator
Donor = tuple[Grey, NDArray[np.bool_]]
"""Another image (n, n) in the range 0..1, and its known ocean, ice and land (n, n, 3)."""

TRIES = 4
"""Most images tried for the texture of a zone."""
LEAST_PIXELS = 200
"""Least pixels of a zone that is filled."""
LEAST_SHARE = 0.08
"""Least share of the other image that the zone covers there."""
LEAST_REACH = 0.75
"""Least share of the zone that the texture and its mirror image cover."""
CLEAR = 2
"""Pixels next to a border of the other image's zone that are not used: labels are not exact."""
TONED = 0.6
"""Chance that brightness and contrast of the texture move towards those of the original."""
MARGIN = 3
"""Most pixels along the zone's border that keep the original: the cliff and its shadow."""
SEAM = (0.3, 1.5)
"""Pixels: range of the standard deviation over which the texture fades in."""


def collage(
    grey: Grey, zones: NDArray[np.bool_], donors: Iterator[Donor], rng: Rng, chance: float
) -> Grey:
    """Fill zones with the texture of other images.

    Parameters
    ----------
    grey : (n, n) float32 in [0, 1]
    zones : (n, n, 3) bool
        Known ocean, ice and land.
    donors : iterator of Donor
        Endless iterator.
    rng : numpy.random.Generator
    chance : float
        Chance that a zone is filled.

    Returns
    -------
    (n, n) float32
        Unchanged outside the zones; not clipped.
    """
    filled = grey.copy()
    for zone in rng.permutation(zones.shape[-1]):
        mine = zones[..., zone]
        if mine.sum() < LEAST_PIXELS or rng.random() > chance:
            continue
        texture = _texture(mine, int(zone), donors)
        if texture is not None:
            if rng.random() < TONED:
                texture = _toned(texture, filled, mine, rng.random())
            share = _share(mine, rng)
            filled = filled * (1.0 - share) + texture * share
    return filled.astype(np.float32)


def extend(grey: Grey, mask: Mask) -> tuple[Grey, Mask]:
    """Continue an image beyond a mask, mirrored at the mask's border.

    Parameters
    ----------
    grey : (H, W) float32
    mask : (H, W) bool
        Not empty.

    Returns
    -------
    extended : (H, W) float32
        Unchanged in the mask; every value comes from the mask.
    reached : (H, W) bool
        The mask and its mirror image; elsewhere `extended` holds the value of the nearest pixel.
    """
    nearest = ndimage.distance_transform_edt(~mask, return_distances=False, return_indices=True)
    last = np.array(mask.shape)[:, None, None] - 1
    beyond = 2 * nearest - np.indices(mask.shape)
    mirrored = np.clip(beyond, 0, last)
    reached = mask[tuple(mirrored)] & (beyond == mirrored).all(axis=0)
    return grey[tuple(np.where(reached, mirrored, nearest))], reached


def _texture(mine: Mask, zone: int, donors: Iterator[Donor]) -> Grey | None:
    """Return the zone's texture from the first image in which it is large enough, or None."""
    for _ in range(TRIES):
        theirs, their_zones = next(donors)
        inner = ndimage.binary_erosion(their_zones[..., zone], iterations=CLEAR)
        if inner.mean() < LEAST_SHARE:
            continue
        texture, reached = extend(theirs, inner)
        if reached[mine].mean() >= LEAST_REACH:
            return texture
    return None


def _toned(texture: Grey, grey: Grey, mine: Mask, share: float) -> Grey:
    """Move mean and contrast of a texture towards those of the original."""
    mean, contrast = grey[mine].mean(), grey[mine].std() + 1e-3
    its_mean, its_contrast = texture[mine].mean(), texture[mine].std() + 1e-3
    gain = (contrast / its_contrast) ** share
    return np.asarray((texture - its_mean) * gain + its_mean + share * (mean - its_mean))


def _share(mine: Mask, rng: Rng) -> Grey:
    """Return the weight of the texture in each pixel; 0 outside the zone."""
    margin = int(rng.integers(MARGIN + 1))
    if margin:
        mine_within = ndimage.binary_erosion(mine, iterations=margin, border_value=1)
    else:
        mine_within = mine
    faded = ndimage.gaussian_filter(mine_within.astype(np.float32), rng.uniform(*SEAM))
    return faded * mine
