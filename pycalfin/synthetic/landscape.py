"""Invented fjords with an exactly known calving front: walls, terrain and terminus.

World coordinates are x to the right and y up, in nominal pixels (30 m in the demo's scenes). Their
origin is in the middle of the fjord. The coordinate s runs along the fjord, positive towards the
ocean; t runs across it, positive to the left when looking towards the ocean. Walls and front are
sums of sines of s and t, so they can be evaluated anywhere and agree on every grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from pycalfin.records import Float64
from pycalfin.synthetic import texture

FRONT_STEP = 0.25
"""Nominal pixels between the vertices of the known front."""
WALL_EDGE = 1.0
"""Nominal pixels: width of the transition from rock to ice or water."""
NEAR_SHORE = 3.0
"""Nominal pixels: up to this distance from the wall its analytic distance is used."""
LAST_WAVE = 7.0
"""Nominal pixels: shortest wavelength of walls and front; a network cannot resolve shorter ones."""


@dataclass(frozen=True)
class Fjord:
    """The shape of a fjord and its mountains.

    Parameters
    ----------
    seed : int
        Seed of walls, mountains and moraines.
    azimuth : float
        Degrees anticlockwise from x: direction of the glacier's flow.
    half_width : float
        Nominal pixels.
    bend : float
        Curvature of the fjord, per 100 nominal pixels.
    flare : float
        Widening seaward, nominal pixels per nominal pixel and side.
    mouth : float
        s beyond which the fjord opens into the sea.
    relief : float
        Height of the mountains, nominal pixels.
    ruggedness : float
        Height of the longest waves of the walls, nominal pixels.
    """

    seed: int
    azimuth: float = 90.0
    half_width: float = 55.0
    bend: float = 0.1
    flare: float = 0.05
    mouth: float = 120.0
    relief: float = 22.0
    ruggedness: float = 6.0

    def key(self, tag: int) -> tuple[int, int]:
        """Return the key of a random stream that belongs to the place, one stream per tag."""
        return self.seed, tag

    def along_across(self, x: Float64, y: Float64) -> tuple[Float64, Float64]:
        """Convert world coordinates to s and t."""
        cos, sin = np.cos(np.radians(self.azimuth)), np.sin(np.radians(self.azimuth))
        s = x * cos + y * sin
        return s, y * cos - x * sin - self._centre(s)

    def world(self, s: Float64, t: Float64) -> Float64:
        """Convert s and t to (N, 2) world coordinates; inverse of `along_across`."""
        cos, sin = np.cos(np.radians(self.azimuth)), np.sin(np.radians(self.azimuth))
        t = t + self._centre(s)
        return np.column_stack([s * cos - t * sin, s * sin + t * cos])

    def _centre(self, s: Float64) -> Float64:
        return self.bend * s**2 / 200.0

    def half_widths(self, s: Float64) -> tuple[Float64, Float64, Float64, Float64]:
        """Return distance from the centre line and slope of the left wall, then of the right."""
        beyond = np.logaddexp(0.0, (s - self.mouth) / 12.0)
        opening = 9.0 * beyond
        slope = self.flare + 0.75 * np.exp((s - self.mouth) / 12.0 - beyond)
        sides: list[Float64] = []
        for side in (1, 2):
            rough, rough_slope = texture.waves(
                np.random.default_rng(self.key(side)),
                s,
                longest=170.0,
                shortest=LAST_WAVE,
                height=self.ruggedness,
            )
            sides += [self.half_width + self.flare * s + opening + rough, slope + rough_slope]
        return sides[0], sides[2], sides[1], sides[3]

    def inland(self, s: Float64, t: Float64) -> Float64:
        """Return the distance from the nearer wall, nominal pixels; positive on land."""
        left, right, left_slope, right_slope = self.half_widths(s)
        return np.maximum(
            (t - left) / np.hypot(1, left_slope), (-t - right) / np.hypot(1, right_slope)
        )

    def height(self, x: Float64, y: Float64, inland: Float64) -> Float64:
        """Return the height of the terrain above the fjord, nominal pixels."""
        land = np.clip(inland, 0, None)
        broad = texture.fractal(self.key(3), x / 2.0, y / 2.0, smallest=8.0, largest=64.0)
        # noise folded at zero has sharp crests: ridges, and smaller ones on their flanks
        ridges = 1 - np.abs(
            texture.fractal(self.key(4), x, y, slope=1.7, smallest=7.0, largest=90.0)
        )
        spurs = 1 - np.abs(
            texture.fractal(self.key(5), x, y, slope=1.1, smallest=3.2, largest=24.0)
        )
        ramp = 1 - np.exp(-land / 9.0)
        slopes = (1 - np.exp(-land / 32.0)) * np.clip(0.75 + 0.35 * broad, 0.15, None)
        flanks = 0.26 * ridges + 0.05 * spurs * np.clip(0.6 + ridges, 0.2, None)
        terrain: Float64 = self.relief * ramp * (slopes + flanks)
        return np.clip(terrain, 0, None)


@dataclass(frozen=True)
class Terminus:
    """The terminus of a glacier on one date.

    Parameters
    ----------
    seed : int
        Seed of the front's waves.
    position : float
        s of the front on the centre line, without waves.
    concavity : float
        Nominal pixels by which the sides lie seaward of the centre (negative: landward).
    roughness : float
        Height of the front's longest waves, nominal pixels.
    """

    seed: int
    position: float = 0.0
    concavity: float = 6.0
    roughness: float = 2.0

    def front(self, t: Float64, half_width: float) -> tuple[Float64, Float64]:
        """Return s of the front at t, and its slope."""
        rough, slope = texture.waves(
            np.random.default_rng([self.seed, 7]),
            t,
            longest=1.5 * half_width,
            shortest=LAST_WAVE,
            height=self.roughness,
            slope=0.9,
        )
        bowl = self.concavity / half_width**2
        return self.position + bowl * t**2 + rough, 2 * bowl * t + slope


@dataclass(frozen=True, eq=False)
class Ground:
    """A fjord sampled on a grid: the cover of each pixel, distances and heights.

    Parameters
    ----------
    x, y : (H, W) float64
        World coordinates of the pixel centres.
    s, t : (H, W) float64
        Along and across the fjord.
    land, ice, water : (H, W) float64
        Fractions of each pixel; they sum to 1.
    inland : (H, W) float64
        Distance from the shore or the wall, positive on land, nominal pixels.
    upstream : (H, W) float64
        Distance from the front, positive on the ice side; minus infinity without a glacier.
    height : (H, W) float64
        Height of the terrain, nominal pixels.
    fronts : tuple of (N, 2) float64
        Known fronts in world coordinates, ocean on the left; empty if no glacier meets the water.
    seaward : tuple of (H, W) float64, or None
        Row and column of a vector from the ice to the nearest water; None for the direction of `s`.
    """

    fjord: Fjord
    x: Float64
    y: Float64
    s: Float64
    t: Float64
    land: Float64
    ice: Float64
    water: Float64
    inland: Float64
    upstream: Float64
    height: Float64
    fronts: tuple[Float64, ...]
    seaward: tuple[Float64, Float64] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of rows and columns."""
        return self.x.shape[0], self.x.shape[1]

    @property
    def across(self) -> Float64:
        """Return the position between right wall (about -1) and left wall (1), without waves."""
        fjord = self.fjord
        return self.t / np.maximum(fjord.half_width + fjord.flare * self.s, 5.0)


def centred(shape: tuple[int, int]) -> tuple[Float64, Float64]:
    """Return world coordinates x and y of the pixels of a grid centred on the origin."""
    rows, cols = np.indices(shape, dtype=float)
    return cols - (shape[1] - 1) / 2, (shape[0] - 1) / 2 - rows


def known_front(fjord: Fjord, terminus: Terminus) -> Float64:
    """Trace the front from wall to wall.

    Returns
    -------
    (N, 2) float64
        World coordinates, ocean on the left, a vertex every quarter of a nominal pixel. The ends
        lie on the walls.
    """
    reach = 2.0 * fjord.half_width
    t = np.arange(-reach, reach, FRONT_STEP)
    s, _ = terminus.front(t, fjord.half_width)
    outside = fjord.inland(s, t)
    middle = len(t) // 2
    shut = np.flatnonzero(outside > 0)
    first = shut[shut < middle].max(initial=0)
    last = shut[shut > middle].min(initial=len(t) - 1)
    ends = [_crossing(outside, t, first, first + 1), _crossing(outside, t, last, last - 1)]
    t = np.concatenate([ends[:1], t[first + 1 : last], ends[1:]])
    s, _ = terminus.front(t, fjord.half_width)
    # reversed: with t increasing, from the right wall to the left, the ocean would lie on the right
    return fjord.world(s, t)[::-1]


def _crossing(outside: Float64, t: Float64, a: int, b: int) -> float:
    part = outside[a] / (outside[a] - outside[b])
    return float(t[a] + part * (t[b] - t[a]))


def _from_shore(inland: Float64, x: Float64, y: Float64) -> Float64:
    """Replace the analytic distances by Euclidean ones away from the shore."""
    if not (inland <= 0).any():
        return inland
    pixel = float(np.hypot(x[0, 1] - x[0, 0], y[0, 1] - y[0, 0])) if x.shape[1] > 1 else 1.0
    true = ndimage.distance_transform_edt(inland > 0) * pixel
    return np.where(inland > NEAR_SHORE, np.maximum(true, NEAR_SHORE), inland)


def survey(fjord: Fjord, terminus: Terminus | None, x: Float64, y: Float64) -> Ground:
    """Sample a fjord on a grid.

    Parameters
    ----------
    fjord : Fjord
    terminus : Terminus or None
        None if no glacier reaches the water.
    x, y : (H, W) float64
        World coordinates of the pixel centres.

    Returns
    -------
    Ground
    """
    s, t = fjord.along_across(x, y)
    inland = _from_shore(fjord.inland(s, t), x, y)
    land = np.clip(inland / WALL_EDGE + 0.5, 0, 1)
    if terminus is None:
        upstream = np.full(x.shape, -np.inf)
        fronts: tuple[Float64, ...] = ()
    else:
        front, slope = terminus.front(t, fjord.half_width)
        upstream = (front - s) / np.hypot(1, slope)
        fronts = (known_front(fjord, terminus),)
    ice = (1 - land) * np.clip(upstream + 0.5, 0, 1)
    height = fjord.height(x, y, inland)
    return Ground(fjord, x, y, s, t, land, ice, 1 - land - ice, inland, upstream, height, fronts)
