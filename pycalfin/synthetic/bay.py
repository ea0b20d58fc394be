"""Invented bays in an ice margin, for training on fronts without fjord walls.

Arms of the sea reach into the ice, with rock on none, some or most of their sides. There may be
islands, an ice tongue, and several fronts in one image. Unlike a `landscape.Fjord`, a bay is drawn
on one grid, and its fronts are known only to half a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import measure

from pycalfin.records import Float64
from pycalfin.synthetic import texture
from pycalfin.synthetic.landscape import Fjord, Ground, centred

FINER = 2
"""Cells per pixel and direction on which zones are drawn, so that pixels can be mixed."""
SMALLEST_WATER, SMALLEST_ICE, SMALLEST_LAND = 600, 500, 120
"""Pixels: smaller pieces of a zone are merged into their surroundings."""
SHORTEST_FRONT = 8
"""Vertices on the fine grid (about twice the pixels): shorter pieces of front are dropped."""
SEA_SHARE = (0.06, 0.75)
"""Range of the ocean's share of an image."""
BROAD, NEAR = 8.0, 60.0
"""Pixels: smoothing of the distance from the ocean, and the distance up to which its gradient gives
the direction of ice flow."""
NEARBY = 2.0
"""Pixels: smoothing of the distance from the ocean for the direction that a cliff faces."""
TRIES = 20
"""Maximum number of attempts to draw a bay with `SEA_SHARE`."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Arm:
    """An arm of the sea, or an ice tongue, from its head outward.

    Parameters
    ----------
    head : (x, y)
        Nominal pixels.
    azimuth : float
        Degrees anticlockwise from x: direction of the arm.
    half_width : float
        Nominal pixels, at the head.
    flare : float
        Widening, nominal pixels per nominal pixel and side.
    blunt : bool
        True for a straight head, False for a round one.
    """

    head: tuple[float, float]
    azimuth: float
    half_width: float
    flare: float
    blunt: bool

    def within(self, x: Float64, y: Float64) -> tuple[Float64, Float64]:
        """Return the depth of points inside the arm and seaward of its head, nominal pixels."""
        cos, sin = np.cos(np.radians(self.azimuth)), np.sin(np.radians(self.azimuth))
        along = (x - self.head[0]) * cos + (y - self.head[1]) * sin
        across = np.abs((y - self.head[1]) * cos - (x - self.head[0]) * sin)
        width = self.half_width + self.flare * np.clip(along, 0, None)
        if self.blunt:
            return np.minimum(along, width - across), along
        return width - np.hypot(np.clip(along, None, 0), across), along


def random_bay(rng: np.random.Generator, side: int) -> Ground:
    """Draw a bay.

    Parameters
    ----------
    rng : numpy.random.Generator
    side : int
        Pixels: height and width of the grid; the origin is at its centre.

    Returns
    -------
    Ground
        Its fronts are the pieces of the border between ocean and ice; there may be none.
    """
    rows, cols = (np.indices((side * FINER, side * FINER)) + 0.5) / FINER - side / 2
    x, y = cols, -rows
    for _ in range(TRIES):
        ocean, flank = _sea(rng, x, y, side)
        if SEA_SHARE[0] < ocean.mean() < SEA_SHARE[1]:
            break
    land = _rock(rng, x, y, flank) & ~ocean
    ocean, land = _tidy(ocean, land)
    return _ground(rng, ocean, land, side)


def _sea(rng: np.random.Generator, x: Float64, y: Float64, side: int) -> tuple[Mask, Float64]:
    """Draw the ocean; also return whether a point lies beside (1) or behind (-1) an arm."""
    seaward = float(rng.uniform(0, 360))
    crooked = rng.uniform(2, 14)
    x, y = (
        straight + crooked * texture.fractal(rng, x, y, smallest=25.0, largest=200.0)
        for straight in (x, y)
    )
    cos, sin = np.cos(np.radians(seaward)), np.sin(np.radians(seaward))
    depth = x * cos + y * sin - rng.uniform(0.1, 0.6) * side
    beside = np.full(x.shape, -1.0)
    for _ in range(rng.choice((1, 2, 3), p=(0.5, 0.35, 0.15))):
        arm = _arm(rng, seaward, side, widest=0.24)
        within, along = arm.within(x, y)
        beside = np.where(within > depth, np.clip(2 * along / arm.half_width - 0.5, -1, 1), beside)
        depth = np.maximum(depth, within)
    if rng.uniform() < 0.25:
        tongue, _ = _arm(rng, seaward + 180, side, widest=0.12).within(x, y)
        depth = np.minimum(depth, -tongue)
    broad = texture.fractal(rng, x, y, smallest=30.0, largest=160.0)
    ragged = texture.fractal(rng, x, y, slope=1.5, smallest=6.0, largest=40.0)
    return depth + rng.uniform(0, 6) * broad + rng.uniform(0.3, 2.2) * ragged > 0, beside


def _arm(rng: np.random.Generator, azimuth: float, side: int, widest: float) -> Arm:
    return Arm(
        head=(float(rng.uniform(-0.3, 0.3) * side), float(rng.uniform(-0.3, 0.3) * side)),
        azimuth=azimuth + float(rng.uniform(-45, 45)),
        half_width=float(rng.uniform(0.05, widest) * side),
        flare=float(rng.uniform(-0.03, 0.25)),
        blunt=bool(rng.uniform() < 0.5),
    )


def _rock(rng: np.random.Generator, x: Float64, y: Float64, beside: Float64) -> Mask:
    """Draw bare land: none, anywhere, or mostly beside the arms."""
    if rng.uniform() < 0.2:
        return np.zeros(x.shape, bool)
    largest, walls, least = rng.uniform((80, 0, -0.2), (250, 2.5, 1.5))
    hills = texture.fractal(rng, x, y, slope=1.8, smallest=14.0, largest=largest)
    return hills + walls * ndimage.gaussian_filter(beside, 4 * FINER) > least


def _tidy(ocean: Mask, land: Mask) -> tuple[Mask, Mask]:
    """Merge small pieces of a zone into their surroundings."""
    ocean = _without_small(ocean, SMALLEST_WATER)
    land = _without_small(land & ~ocean, SMALLEST_LAND)
    crumbs = ~ocean & ~land
    crumbs &= ~_without_small(crumbs, SMALLEST_ICE)
    touching = ndimage.binary_dilation(land)
    pieces, count = ndimage.label(crumbs)
    if count:
        ashore = np.zeros(count + 1, bool)
        ashore[1:] = ndimage.maximum(touching, pieces, np.arange(1, count + 1)) > 0
        land = land | (ashore[pieces] & crumbs)
        ocean = ocean | (~ashore[pieces] & crumbs)
    return ocean, land


def _without_small(mask: Mask, pixels: int) -> Mask:
    """Remove pieces of fewer than `pixels` pixels of the coarse grid."""
    pieces, _ = ndimage.label(mask)
    large = np.bincount(pieces.ravel()) >= pixels * FINER**2
    large[0] = False
    return np.asarray(large[pieces])


def _ground(rng: np.random.Generator, ocean: Mask, land: Mask, side: int) -> Ground:
    ice = ~ocean & ~land
    x, y = centred((side, side))
    inland = _coarser(_distance(~land) - _distance(land))
    # in the ocean minus the distance from ice, elsewhere the distance from the ocean
    upstream = _coarser(np.where(ocean, -_distance(ice), _distance(ocean)))
    down, right = np.gradient(ndimage.gaussian_filter(upstream, NEARBY))
    fjord = Fjord(
        seed=int(rng.integers(2**31)),
        half_width=float(rng.uniform(0.15, 0.35) * side),
        flare=0.0,
        relief=float(np.exp(rng.uniform(*np.log((2.0, 30.0))))),
    )
    s, t = _flow(rng, x, y, upstream)
    scale = float(rng.uniform(0.7, 3.0))
    return Ground(
        fjord=fjord,
        x=x,
        y=y,
        s=s,
        t=t,
        land=_coarser(land.astype(float)),
        ice=_coarser(ice.astype(float)),
        water=_coarser(ocean.astype(float)),
        inland=inland,
        upstream=upstream,
        height=scale * fjord.height(x / scale, y / scale, inland / scale),
        fronts=_fronts(ocean, land, side),
        seaward=(-down, -right),
    )


def _flow(
    rng: np.random.Generator, x: Float64, y: Float64, upstream: Float64
) -> tuple[Float64, Float64]:
    """Return curved coordinates along and across the ice flow, which leads to the ocean."""
    down, right = np.gradient(ndimage.gaussian_filter(upstream, BROAD))
    near = (upstream > 0) & (upstream < NEAR)
    # y points up and rows go down; the distance from the ocean falls towards it
    turn = np.arctan2(down[near].sum(), -right[near].sum()) + rng.normal(0, 0.4)
    s = x * np.cos(turn) + y * np.sin(turn)
    t = y * np.cos(turn) - x * np.sin(turn)
    aside = texture.fractal(rng, x, y, slope=2.5, smallest=60.0, largest=400.0)
    return s, t + rng.uniform(3, 25) * aside


def _distance(mask: Mask) -> Float64:
    """Return the distance from a mask in pixels; a large number if the mask is empty."""
    if not mask.any():
        return np.full(mask.shape, 1e3)
    found: Float64 = ndimage.distance_transform_edt(~mask)
    return np.clip(found - 0.5, 0, None) / FINER


def _coarser(fine: Float64) -> Float64:
    side = fine.shape[0] // FINER
    mean: Float64 = fine.reshape(side, FINER, side, FINER).mean(axis=(1, 3))
    return mean


def _fronts(ocean: Mask, land: Mask, side: int) -> tuple[Float64, ...]:
    """Trace the border between ocean and ice, in world coordinates, ocean on the left."""
    water, rock, ice = (
        ndimage.gaussian_filter(zone.astype(float), FINER) for zone in (ocean, land, ~ocean & ~land)
    )
    fronts = []
    for line in measure.find_contours(water, 0.5):
        cells = tuple(np.rint(line).astype(int).T)
        icy = ice[cells] > rock[cells]
        changes = np.flatnonzero(np.diff(icy.astype(int))) + 1
        for piece, is_front in zip(
            np.split(line, changes), icy[np.concatenate([[0], changes])], strict=True
        ):
            if is_front and len(piece) >= SHORTEST_FRONT:
                row, col = ((piece + 0.5) / FINER - 0.5).T
                front = np.column_stack([col - (side - 1) / 2, (side - 1) / 2 - row])
                fronts.append(front[::-1])
    return tuple(fronts)
