"""Fill zones of an image with the texture of the same zone of other images.

A network that has seen a few glaciers knows each kind of ice beside one kind of water. Here the
front of one glacier lies between the ice of a second and the melange of a third, and painted
scenes take the texture of real ones (in the way of ClassMix, Olsson et al. 2021, arXiv:2007.07936,
but zone by zone, so that the labels stay as they are).
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
"""Another image (n, n) on the range 0..1, and its known ocean, ice and land (n, n, 3)."""

TRIES = 4
"""Images that are looked at for the texture of a zone."""
LEAST_PIXELS = 200
"""Of a zone: smaller ones are left alone."""
LEAST_SHARE = 0.08
"""Of the other image that the zone must cover."""
LEAST_REACH = 0.75
"""Share of the zone that the texture, or its mirror image, must reach."""
CLEAR = 2
"""Pixels beside the border of the other zone or image that are not taken: labels are not exact."""
TONED = 0.6
"""Chance that the texture's light and contrast move towards those of what it covers."""
MARGIN = 3
"""Pixels along the zone's border that may keep what was there: the cliff and its shadow."""
SEAM = (0.3, 1.5)
"""Pixels over which the texture fades in (standard deviation)."""


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
        Without end.
    rng : numpy.random.Generator
    chance : float
        Of each zone to be filled.

    Returns
    -------
    (n, n) float32
        What no zone covers is as it was; not clipped.
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
    """Continue what lies in a mask beyond it, mirrored at its border.

    Parameters
    ----------
    grey : (H, W) float32
    mask : (H, W) bool
        Not empty.

    Returns
    -------
    extended : (H, W) float32
        Unchanged in the mask; every value is one from the mask.
    reached : (H, W) bool
        The mask and its mirror image; elsewhere `extended` is that of the nearest pixel.
    """
    nearest = ndimage.distance_transform_edt(~mask, return_distances=False, return_indices=True)
    last = np.array(mask.shape)[:, None, None] - 1
    beyond = 2 * nearest - np.indices(mask.shape)
    mirrored = np.clip(beyond, 0, last)
    reached = mask[tuple(mirrored)] & (beyond == mirrored).all(axis=0)
    return grey[tuple(np.where(reached, mirrored, nearest))], reached


def _texture(mine: Mask, zone: int, donors: Iterator[Donor]) -> Grey | None:
    """Take the zone of the first image in which it is large enough to reach all of `mine`."""
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
    """Move mean and contrast of a texture towards those of what it covers."""
    mean, contrast = grey[mine].mean(), grey[mine].std() + 1e-3
    its_mean, its_contrast = texture[mine].mean(), texture[mine].std() + 1e-3
    gain = (contrast / its_contrast) ** share
    return np.asarray((texture - its_mean) * gain + its_mean + share * (mean - its_mean))


def _share(mine: Mask, rng: Rng) -> Grey:
    """Tell how much of each pixel the texture takes: none outside the zone."""
    margin = int(rng.integers(MARGIN + 1))
    if margin:
        mine_within = ndimage.binary_erosion(mine, iterations=margin, border_value=1)
    else:
        mine_within = mine
    faded = ndimage.gaussian_filter(mine_within.astype(np.float32), rng.uniform(*SEAM))
    return faded * mine
