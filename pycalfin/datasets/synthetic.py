"""Synthetic scenes as labelled images: what real labels do not tell, above all bare land.

FrontLearning's labels know nothing of the land, so from them alone a network cannot learn that an
optical coast is no front. Here every zone is known, and some images have no front at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize

from pycalfin.datasets.records import LabelledImage
from pycalfin.records import Float64
from pycalfin.scene import appearance, bay
from pycalfin.scene.appearance import Weather
from pycalfin.scene.demo_plan import Kind
from pycalfin.scene.landscape import survey
from pycalfin.scene.synthetic import (
    Rendering,
    paint,
    random_fjord,
    random_weather,
    render,
)

GLACIER = "synthetic"
"""Name of the glacier in all of them."""
SIDE = 288
"""Pixels: height and width of the images."""
NO_GLACIER = 0.15
"""Share of images in which no glacier reaches the water: coasts without a front."""
BAYS = 0.45
"""Share of images that show a bay in an ice margin instead of a fjord."""
FAST_ICE = 0.35
"""Share of those whose water is frozen over."""
CENTRE_PLAY = 0.25
"""Share of the side by which the terminus is moved off the middle, either way."""


def iterate(count: int, seed: int = 0) -> Iterator[LabelledImage]:
    """Paint labelled images, optical and SAR in turn.

    Parameters
    ----------
    count : int
    seed : int
        The same seed gives the same images.

    Yields
    ------
    LabelledImage
        Glacier `GLACIER`, sensor 'optical' or 'sar'; every zone known.
    """
    kinds: tuple[Kind, Kind] = ("optical", "sar")
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        yield _image(kinds[number % 2], f"synthetic_{seed}_{number}", rng)


def _image(kind: Kind, name: str, rng: np.random.Generator) -> LabelledImage:
    draw = rng.uniform()
    if draw < NO_GLACIER:
        made = _coast(kind, rng)
    elif draw < NO_GLACIER + BAYS:
        made = _bay(kind, rng)
    else:
        made = _glacier(kind, rng)
    return LabelledImage(
        name=name,
        glacier=GLACIER,
        sensor=kind,
        date="2000-01-01",
        image=made.image,
        front=_burn(made.fronts, made.image.shape),
        zones=made.zones,
        edge_known=np.ones(made.image.shape, bool),
        source=Path(name),
    )


def _glacier(kind: Kind, rng: np.random.Generator) -> Rendering:
    """Paint a glacier on a larger canvas and cut the image, so the front is anywhere in it."""
    side = round(SIDE * (1 + 2 * CENTRE_PLAY))
    weather = _any_weather(kind, rng) if rng.uniform() < 0.5 else random_weather(rng)
    made = render(kind, (side, side), rng, fjord=random_fjord(rng, SIDE), weather=weather)
    row, col = (int(corner) for corner in rng.integers(0, side - SIDE, 2))
    window = (slice(row, row + SIDE), slice(col, col + SIDE))
    fronts = tuple(front - (row, col) for front in made.fronts)
    return Rendering(made.image[window], made.zones[window], fronts)


def _bay(kind: Kind, rng: np.random.Generator) -> Rendering:
    ground = bay.invent(rng, SIDE)
    half = (SIDE - 1) / 2
    fronts = tuple(
        np.column_stack([half - front[:, 1], front[:, 0] + half]) for front in ground.fronts
    )
    image = paint(kind, ground, _any_weather(kind, rng), rng)
    return Rendering(image, appearance.zones(ground), fronts)


def _any_weather(kind: Kind, rng: np.random.Generator) -> Weather:
    """Draw weather with fast ice, and with tones as they differ between glaciers and sensors."""
    frozen = rng.uniform() < FAST_ICE
    reflectance = rng.uniform(0.25, 0.9) if kind == "optical" else np.exp(rng.normal(-1.0, 0.7))
    melange, sea, ice = np.exp(rng.normal(0, (0.4, 0.5, 0.35)))
    return replace(
        random_weather(rng),
        snow=float(rng.uniform(0.05, 0.95)),
        fast_ice=float(frozen * reflectance),
        melange_tone=float(melange),
        sea_tone=float(sea),
        ice_tone=float(ice),
        ice_contrast=float(np.exp(rng.normal(0.1, 0.5))),
    )


def _coast(kind: Kind, rng: np.random.Generator) -> Rendering:
    rows, cols = np.indices((SIDE, SIDE), dtype=float)
    x, y = cols - (SIDE - 1) / 2, (SIDE - 1) / 2 - rows
    ground = survey(random_fjord(rng, SIDE), None, x, y)
    weather = random_weather(rng)
    return Rendering(paint(kind, ground, weather, rng), appearance.zones(ground), ())


def _burn(fronts: tuple[Float64, ...], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Draw fronts (row, col) as lines one pixel wide."""
    if not fronts:
        return np.zeros(shape, bool)
    # rasterize counts from the corner of the first pixel, x first
    lines = [shapely.LineString(front[:, ::-1] + 0.5) for front in fronts]
    burned: NDArray[np.uint8] = rasterize(lines, out_shape=shape[:2], all_touched=False)
    return burned.astype(bool)
