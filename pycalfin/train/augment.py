"""Augmentation: random crops around the front, warped, relit and damaged like real scenes.

All random numbers come from one `numpy.random.Generator`: the same generator gives the same crop.
The geometry of a crop is one affine map. It applies to the grey image, the distance to the front
and the zones, so that labels and image stay aligned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pycalfin.scene import enhance
from pycalfin.train.collage import Donor, collage
from pycalfin.train.restyle import restyle
from pycalfin.train.targets import FAR, Sample, encode, known_zones

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]
Rng = np.random.Generator

LEAST_KNOWN = 0.9
"""Least share of data in two crops that exchange light or grain; no-data has no texture."""
WHOLE = (0.0, 100.0)
"""Percentiles of the whole range."""
FILLED, FILLED_PAINTED = 0.45, 0.75
"""Chance that a collage fills a zone, in real and in synthetic images."""
SAME_DONOR = 0.4
"""Chance that the next try uses the same image, for the same zone or the next one."""
NEGATIVE = 0.2
"""Share of the tone curves that invert the image."""
FULLY_VALID = 0.99
"""Least share of data among the source pixels of a crop pixel that has data."""


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the augmentation's effects, and the chance of each effect per crop.

    Attributes
    ----------
    crop : int
        Pixels: height and width of a crop.
    scale : (low, high)
        Crop pixels per source pixel, drawn log-uniformly.
    aspect : float
        Largest relative stretch of one axis against the other.
    recolour : float
        Largest change of a zone's brightness against the other zones, for a grey range of 1.
    no_front : float
        Share of crops whose centre is drawn away from the front.
    mirror : float
        Share of crops that continue beyond the image by reflection; the others end in no-data.
    gamma : (low, high)
        Exponent of the grey values.
    contrast : (low, high)
        Slope around the middle of the grey values.
    noise : float
        Largest standard deviation of additive noise, for a grey range of 1.
    blur : float
        Pixels: largest standard deviation of the blur.
    looks : (low, high)
        Equivalent number of looks of the speckle.
    speckled, noisy, blurred : float
        Chances of speckle, noise and blur.
    striped : float
        Chance of stripes like those of Landsat 7 with SLC off.
    wedged : float
        Chance of a no-data wedge.
    veiled : float
        Chance of a thin cloud.
    saturated : float
        Chance of saturation.
    shadowed : float
        Chance that no-data inside the image stays black instead of being declared missing.
    recoloured : float
        Chance of zones with changed brightness.
    shaded : float
        Chance of shadows with straight borders.
    coarsened : float
        Chance of averaging to coarser pixels.
    restyled : float
        Chance of the light or the grain of another real image (`pycalfin.train.restyle`).
    collaged : float
        Chance of zones with the texture of other real images (`pycalfin.train.collage`).
        Synthetic images have twice this chance, and more of their zones are filled.
    curved : float
        Chance of a random tone curve; one in five inverts the image.
    """

    crop: int = 224
    scale: tuple[float, float] = (0.75, 1.6)
    aspect: float = 0.2
    recolour: float = 0.3
    no_front: float = 0.17
    mirror: float = 0.85
    gamma: tuple[float, float] = (0.6, 1.7)
    contrast: tuple[float, float] = (0.6, 1.3)
    noise: float = 0.05
    blur: float = 1.4
    looks: tuple[float, float] = (8.0, 60.0)
    speckled: float = 0.2
    noisy: float = 0.2
    blurred: float = 0.2
    striped: float = 0.1
    wedged: float = 0.06
    veiled: float = 0.12
    saturated: float = 0.12
    shadowed: float = 0.5
    recoloured: float = 0.2
    shaded: float = 0.08
    coarsened: float = 0.08
    restyled: float = 0.0
    collaged: float = 0.0
    curved: float = 0.0


def augment(
    sample: Sample,
    rng: Rng,
    options: Augmentation | None = None,
    others: Sequence[Sample] = (),
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Draw one training crop.

    Parameters
    ----------
    sample : Sample
    rng : numpy.random.Generator
    options : Augmentation, optional
    others : sequence of Sample
        Real images that lend the crop their light, grain and texture.

    Returns
    -------
    channels : (crop, crop, 3) float32 in [-1, 1]
    target : (crop, crop, 5) uint8
        Planes of `pycalfin.train.targets.PLANES`.
    """
    options = options or Augmentation()
    grey, valid, inside, target = warp(sample, rng, options)
    if rng.random() < options.shadowed:
        valid = inside
    if rng.random() < options.recoloured:
        grey = _recolour(grey, valid, target, rng, options.recolour)
    if others and rng.random() < options.collaged * (2.0 if sample.painted else 1.0):
        grey = _collage(grey, valid, target, _donors(others, rng, options), rng, sample.painted)
    if others and rng.random() < options.restyled:
        grey = _restyle(grey, valid, others[int(rng.integers(len(others)))], rng, options)
    grey = _relight(grey, valid, rng, options)
    grey, valid = _damage(grey, valid, rng, options)
    return enhance.channels(grey, valid), target


def warp(
    sample: Sample, rng: Rng, options: Augmentation
) -> tuple[Grey, Mask, Mask, NDArray[np.uint8]]:
    """Cut a crop at a random place, and rotate, mirror and stretch it.

    Parameters
    ----------
    sample : Sample
    rng : numpy.random.Generator
    options : Augmentation

    Returns
    -------
    grey : (crop, crop) float32
    valid : (crop, crop) bool
        True where there is data.
    inside : (crop, crop) bool
        True within the image; everywhere if the image continues by reflection.
    target : (crop, crop, 5) uint8
    """
    scale = float(np.exp(rng.uniform(*np.log(options.scale))))
    matrix = _random_matrix(scale, rng, options.aspect)
    centre = _random_centre(sample, rng, options, scale)
    offset = centre - matrix @ np.full(2, (options.crop - 1) / 2)
    mirrored = rng.random() < options.mirror

    def cut(array: NDArray[Any], order: Literal[0, 1], beyond: float = 0.0) -> NDArray[np.float32]:
        return ndimage.affine_transform(
            array.astype(np.float32),
            matrix,
            offset,
            (options.crop, options.crop),
            order=order,
            mode="mirror" if mirrored else "constant",
            cval=beyond,
        )

    inside = cut(np.ones(sample.grey.shape), 0) > 0.5
    valid = cut(sample.valid, 1) > FULLY_VALID
    distance = cut(sample.distance, 1, FAR) * np.float32(scale)
    zones = cut(sample.zones, 0).astype(np.uint8)
    known = cut(sample.edge_known, 0) > 0.5
    return cut(sample.grey, 1), valid & inside, inside, encode(distance, zones, known & inside)


def _random_matrix(scale: float, rng: Rng, aspect: float) -> NDArray[np.float64]:
    """Draw the map from crop to source (row, column): rotation, flip, stretch and scale."""
    angle = rng.uniform(0.0, 2.0 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretch = np.exp(rng.uniform(-0.5, 0.5) * np.log1p(aspect) * 2.0)
    shape = np.diag([np.sqrt(stretch), 1.0 / np.sqrt(stretch)])
    flip = np.diag([1.0, rng.choice([-1.0, 1.0])])
    return np.asarray(shape @ turn @ flip / scale)


def _random_centre(
    sample: Sample, rng: Rng, options: Augmentation, scale: float
) -> NDArray[np.float64]:
    """Draw a source pixel near the front, or about half a crop away from it."""
    half = options.crop / 2.0 / scale
    if rng.random() < options.no_front:
        reach = min(half * 1.1, float(np.percentile(sample.distance, 97)))
        candidates = np.flatnonzero(sample.distance >= reach)
        jitter = 0.0
    else:
        candidates = np.flatnonzero(sample.distance <= 1.0)
        jitter = 0.6 * half
    if candidates.size == 0:
        candidates = np.arange(sample.distance.size)
    pixel = np.unravel_index(rng.choice(candidates), sample.distance.shape)
    return np.array(pixel, float) + rng.uniform(-jitter, jitter, 2)


def _recolour(grey: Grey, valid: Mask, target: NDArray[np.uint8], rng: Rng, most: float) -> Grey:
    """Make zones darker or brighter: dark ice, bright mélange, snow on land.

    Unknown zones keep their values. The change fades over a few pixels towards them. It is sharp
    between known zones, where there is an edge anyway.
    """
    low, high = np.percentile(grey[valid], (1.0, 99.0)) if valid.any() else (0.0, 1.0)
    zones = known_zones(target).astype(np.float32)
    change = rng.uniform(-most, most, 3).astype(np.float32) * np.float32(high - low)
    slope = np.exp(rng.uniform(-0.4, 0.4, 3)).astype(np.float32)
    known = zones.any(axis=-1).astype(np.float32)
    fade = np.minimum(known, 2.0 * ndimage.uniform_filter(known, 9) - 1.0).clip(0.0)
    middle = np.float32((low + high) / 2.0)
    relit = grey.copy()
    for number in range(3):
        weight = zones[..., number] * fade
        relit += weight * ((slope[number] - 1.0) * (grey - middle) + change[number])
    return np.asarray(relit, np.float32)


def _collage(
    grey: Grey,
    valid: Mask,
    target: NDArray[np.uint8],
    donors: Iterator[Donor],
    rng: Rng,
    painted: bool,
) -> Grey:
    """Fill zones with the texture of other images; fill more zones of a synthetic image."""
    chance = FILLED_PAINTED if painted else FILLED
    return collage(enhance.stretch(grey, valid, WHOLE), known_zones(target), donors, rng, chance)


def _donors(others: Sequence[Sample], rng: Rng, options: Augmentation) -> Iterator[Donor]:
    """Yield crops of other images endlessly, and repeat some: ice stays next to its own water."""
    while True:
        grey, valid, _, target = warp(others[int(rng.integers(len(others)))], rng, options)
        donor = enhance.stretch(grey, valid, WHOLE), known_zones(target) & valid[..., None]
        yield donor
        while rng.random() < SAME_DONOR:
            yield donor


def _restyle(grey: Grey, valid: Mask, other: Sample, rng: Rng, options: Augmentation) -> Grey:
    """Give a crop the light or the grain of another image, if both have little no-data."""
    theirs, known, _, _ = warp(other, rng, options)
    if min(valid.mean(), known.mean()) < LEAST_KNOWN:
        return grey
    return restyle(enhance.stretch(grey, valid, WHOLE), enhance.stretch(theirs, known, WHOLE), rng)


def _relight(grey: Grey, valid: Mask, rng: Rng, options: Augmentation) -> Grey:
    """Change tones, gamma, contrast, slope of light, veil and saturation of the valid range."""
    grey = enhance.stretch(grey, valid, WHOLE)
    if rng.random() < options.curved:
        grey = _curve(grey, rng)
    grey = grey ** np.float32(np.exp(rng.uniform(*np.log(options.gamma))))
    slope = rng.uniform(*options.contrast)
    grey = slope * (grey - 0.5) + 0.5
    size = len(grey)
    ramp = np.linspace(-0.5, 0.5, size, dtype=np.float32)
    grey = grey + rng.normal(0.0, 0.08) * ramp[:, None] + rng.normal(0.0, 0.08) * ramp[None, :]
    if rng.random() < options.veiled:
        veil = _smooth_field(size, rng, octaves=int(rng.integers(1, 5)))
        alpha = np.clip(veil * rng.uniform(0.2, 0.6), 0.0, 0.6)
        grey = grey * (1.0 - alpha) + alpha * rng.uniform(0.7, 1.0)
    if rng.random() < options.shaded:
        grey = grey * _shadow(size, rng)
    if rng.random() < options.saturated:
        grey = np.minimum(grey, np.quantile(grey, rng.uniform(0.6, 0.97)))
    return grey.astype(np.float32)


def _curve(grey: Grey, rng: Rng) -> Grey:
    """Change the tones by a random, piecewise linear curve, and sometimes invert them."""
    pieces = int(rng.integers(3, 7))
    steps = rng.gamma(0.7, 1.0, pieces) + 0.05
    heights = np.concatenate([[0.0], np.cumsum(steps) / steps.sum()])
    bent = np.interp(grey, np.linspace(0.0, 1.0, pieces + 1), heights).astype(np.float32)
    return 1.0 - bent if rng.random() < NEGATIVE else bent


def _smooth_field(size: int, rng: Rng, *, octaves: int = 1) -> Grey:
    """Draw clouds in 0..1 with features of about a quarter of the crop; octaves add finer ones."""
    cells = int(rng.integers(4, 9))
    total = np.zeros((size, size))
    for octave in range(octaves):
        count = cells * 2**octave
        layer = ndimage.zoom(rng.random((count, count)), size / count, order=1, mode="nearest")
        total[: len(layer), : len(layer)] += layer[:size, :size] * 0.6**octave
    low, high = total.min(), total.max()
    return ((total - low) / max(high - low, 1e-6)).astype(np.float32)


def _shadow(size: int, rng: Rng) -> Grey:
    """Draw one or two shadows with straight, slightly soft borders, as the share of light left."""
    dark = np.ones((size, size))
    for _ in range(int(rng.integers(1, 3))):
        across, start = _across(size, rng), rng.uniform(-0.4, 0.4) * size
        inside = (across > start) & (across < start + rng.uniform(0.05, 0.4) * size)
        dark[inside] = rng.uniform(0.25, 0.75)
    return ndimage.gaussian_filter(dark, rng.uniform(0.3, 2.0)).astype(np.float32)


def _damage(grey: Grey, valid: Mask, rng: Rng, options: Augmentation) -> tuple[Grey, Mask]:
    """Apply coarser pixels, blur, speckle, noise, no-data stripes and a no-data wedge."""
    if rng.random() < options.coarsened:
        grey = _coarsen(grey, rng.uniform(1.3, 3.0))
    if rng.random() < options.blurred:
        grey = ndimage.gaussian_filter(grey, rng.uniform(0.3, options.blur), mode="nearest")
    if rng.random() < options.speckled:
        looks = rng.uniform(*options.looks)
        speckle = rng.standard_gamma(looks, grey.shape, np.float32) / looks
        grey = grey.clip(0.0) * ndimage.gaussian_filter(speckle, rng.uniform(0.0, 0.7))
    if rng.random() < options.noisy:
        grey = grey + rng.standard_normal(grey.shape, np.float32) * rng.uniform(0.0, options.noise)
    if rng.random() < options.striped:
        valid = valid & ~_stripes(len(grey), rng)
    if rng.random() < options.wedged:
        valid = valid & ~_wedge(len(grey), rng)
    return grey.astype(np.float32), valid


def _coarsen(grey: Grey, times: float) -> Grey:
    """Average to coarser pixels and interpolate back."""
    size = len(grey)
    coarse = ndimage.zoom(ndimage.uniform_filter(grey, round(times)), 1.0 / times, order=1)
    return np.asarray(ndimage.zoom(coarse, size / len(coarse), order=1)[:size, :size], np.float32)


def _across(size: int, rng: Rng) -> NDArray[np.float64]:
    """Return the distance from the crop's centre along a random direction, in pixels."""
    angle = rng.uniform(0.0, 2.0 * np.pi)
    axis = np.arange(size) - (size - 1) / 2
    return np.asarray(np.cos(angle) * axis[:, None] + np.sin(angle) * axis[None, :])


def _stripes(size: int, rng: Rng) -> Mask:
    """Draw parallel gaps that widen towards one side, like those of Landsat 7 after May 2003."""
    across, period = _across(size, rng), rng.uniform(14.0, 40.0)
    width = rng.uniform(1.0, 0.35 * period) * (1.0 + rng.uniform(0.0, 1.0) * across / size)
    return np.asarray((across + rng.uniform(0.0, period)) % period < width)


def _wedge(size: int, rng: Rng) -> Mask:
    """Draw the no-data beyond the slanted border of a scene."""
    return np.asarray(_across(size, rng) > rng.uniform(0.15, 0.6) * size)
