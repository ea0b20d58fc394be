"""Synthetic scenes as labelled images, in which every zone is known.

Real labels often leave zones unknown, above all bare land. From FrontLearning's labels alone a
network cannot learn that a coast in an optical image is not a front. Some synthetic images have no
front at all.
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
from pycalfin.synthetic import bay
from pycalfin.synthetic.appearance import Weather
from pycalfin.synthetic.demo_plan import Kind
from pycalfin.synthetic.landscape import centred, survey
from pycalfin.synthetic.painting import (
    Rendering,
    random_fjord,
    random_weather,
    render,
    render_with_front,
)

GLACIER = "synthetic"
"""Glacier name of all synthetic images."""
SIDE = 288
"""Pixels: height and width of the images."""
NO_GLACIER = 0.15
"""Share of images that show a coast without a front: no glacier reaches the water."""
VARIED = 0.5
"""Share of images other than bays with tones as varied as those of bays."""
FROZEN = 0.35
"""Share of images with varied tones in which the water is frozen."""
APRON = 0.5
"""Share of images with varied tones in which the slopes along the shore are smooth."""
BOTH = "both"
SENSORS: dict[str, tuple[Kind, ...]] = {
    BOTH: ("optical", "sar"),
    "optical": ("optical",),
    "sar": ("sar",),
}
"""Kinds of scene that are painted in turn, by the name of the choice."""
CENTRE_PLAY = 0.25
"""Largest shift of the terminus from the centre, as a share of the side, in either direction."""


def iterate(
    count: int, seed: int = 0, bays: float = 0.0, sensor: str = BOTH
) -> Iterator[LabelledImage]:
    """Paint labelled images.

    Parameters
    ----------
    count : int
    seed : int
        The same seed gives the same images.
    bays : float
        Share of images that show a bay in an ice margin instead of a fjord. If positive, tones,
        fast ice and smooth shores vary in all bays and in half of the other images.
    sensor : {'both', 'optical', 'sar'}
        'both' alternates between the two.

    Yields
    ------
    LabelledImage
        Glacier `GLACIER`, sensor 'optical' or 'sar'; all zones are known.
    """
    kinds = SENSORS[sensor]
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        kind = kinds[number % len(kinds)]
        yield _image(kind, f"synthetic_{seed}_{number}", rng, bays)


def _image(kind: Kind, name: str, rng: np.random.Generator, bays: float) -> LabelledImage:
    draw = rng.uniform()
    if NO_GLACIER <= draw < NO_GLACIER + bays:
        made = render_with_front(kind, bay.random_bay(rng, SIDE), _varied_weather(kind, rng), rng)
    else:
        paint = _coast if draw < NO_GLACIER else _glacier
        made = paint(kind, VARIED if bays else 0.0, rng)
    return LabelledImage(
        name=name,
        glacier=GLACIER,
        sensor=kind,
        date="2000-01-01",
        # contrast may push SAR below zero; not clipped without bays: the shipped weights saw it
        image=np.maximum(made.image, 0) if bays else made.image,
        front=_burn(made.fronts, made.image.shape),
        zones=made.zones,
        edge_known=np.ones(made.image.shape, bool),
        source=Path(name),
    )


def _glacier(kind: Kind, varied: float, rng: np.random.Generator) -> Rendering:
    """Paint a glacier on a larger canvas and cut the image, so that the front's place varies."""
    side = round(SIDE * (1 + 2 * CENTRE_PLAY))
    weather = _weather(kind, varied, rng)
    made = render(kind, (side, side), rng, fjord=random_fjord(rng, SIDE), weather=weather)
    row, col = (int(corner) for corner in rng.integers(0, side - SIDE, 2))
    window = (slice(row, row + SIDE), slice(col, col + SIDE))
    fronts = tuple(front - (row, col) for front in made.fronts)
    return Rendering(made.image[window], made.zones[window], fronts)


def _coast(kind: Kind, varied: float, rng: np.random.Generator) -> Rendering:
    ground = survey(random_fjord(rng, SIDE), None, *centred((SIDE, SIDE)))
    return render_with_front(kind, ground, _weather(kind, varied, rng) or random_weather(rng), rng)


def _weather(kind: Kind, varied: float, rng: np.random.Generator) -> Weather | None:
    """Draw weather with varied tones by chance; return None if the usual one is to be drawn."""
    return _varied_weather(kind, rng) if varied and rng.uniform() < varied else None


def _varied_weather(kind: Kind, rng: np.random.Generator) -> Weather:
    """Draw weather with fast ice, and with the variety of tones of glaciers and sensors."""
    frozen = rng.uniform() < FROZEN
    reflectance = rng.uniform(0.25, 0.9) if kind == "optical" else np.exp(rng.normal(-1.0, 0.7))
    melange, sea, ice, land = np.exp(rng.normal(0, (0.4, 0.5, 0.35, 0.4)))
    return replace(
        random_weather(rng),
        snow=float(rng.uniform(0.05, 0.95)),
        fast_ice=float(frozen * reflectance),
        melange_tone=float(melange),
        sea_tone=float(sea),
        apron=float(rng.uniform(4, 50) * (rng.uniform() < APRON)),
        ice_tone=float(ice),
        land_tone=float(land),
        ice_contrast=float(np.exp(rng.normal(0.1, 0.5))),
    )


def _burn(fronts: tuple[Float64, ...], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Draw fronts (row, col) as lines one pixel wide."""
    if not fronts:
        return np.zeros(shape, bool)
    # rasterize takes x first, counted from the corner of the first pixel
    lines = [shapely.LineString(front[:, ::-1] + 0.5) for front in fronts]
    burned: NDArray[np.uint8] = rasterize(lines, out_shape=shape[:2], all_touched=False)
    return burned.astype(bool)
