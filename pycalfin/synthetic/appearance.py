"""The appearance of an invented fjord in near-infrared reflectance or radar amplitude."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pycalfin.records import Float32, Float64
from pycalfin.synthetic import texture
from pycalfin.synthetic.landscape import Ground

UNKNOWN, OCEAN, ICE, LAND = range(4)
"""Codes of zones, as in `pycalfin.datasets`; ocean includes mélange."""

WATER, BARE_ICE, SNOW, ROCK = 0.022, 0.42, 0.78, 0.20
"""Near-infrared reflectance (0.85 um), after Warren 1982 and Hall et al. 1990."""
SAR_SEA, SAR_ICE, SAR_ROCK, SAR_MELANGE = 85.0, 330.0, 300.0, 230.0
"""Amplitude (DN) of a Sentinel-1 GRD scene: near -17, -5, -6 and -8 dB."""
SAR_LOOKS = 14.0
"""Equivalent looks of an EW GRDM or a thrice averaged IW GRDH pixel."""
FLOE = 5.0
"""Nominal pixels: typical size of a floe in the mélange."""
MELANGE_ENDS = 10.0
"""Distance from the front beyond which there is no mélange, in units of its usual width."""
LARGEST_BERG = 7.0
"""Pixels: largest radius of an iceberg."""
MOST_ACROSS = 1.6
"""Half widths: distance from the centre line up to which crevasses are arched."""
LIT_LIMIT = 1.7
"""Upper limit of a slope's brightness, relative to level ground."""
OPTICAL_BLUR, SAR_BLUR = 0.45, 0.35
"""Pixels: standard deviation of the instrument's Gaussian point spread."""


@dataclass(frozen=True)
class Weather:
    """The conditions that change from one date to the next.

    Parameters
    ----------
    sun_azimuth, sun_elevation : float
        Degrees clockwise from the top of the image, and degrees above the horizon.
    snow : float
        Share of the land covered by snow, 0..1.
    melange : float
        Nominal pixels of mélange in front of the glacier; 0 for open water.
    bergs : int
        Icebergs per 100 x 100 pixels of open water.
    looks_right : bool
        True if the radar looks to the right of the image, False if to the left.
    fast_ice : float
        Reflectance of fast ice with ponds and open patches, which covers the water instead of
        mélange; 0 for none. For radar, the amplitude on a scale where mélange has 0.3.
    apron : float
        Nominal pixels of smooth slope along the shore (raised beaches, moraine); 0 for none.
    melange_tone, sea_tone, ice_tone, land_tone, ice_contrast : float
        Factors: brightness of mélange, open water, ice and bare land, and contrast within the
        ice, relative to the usual.
    """

    sun_azimuth: float = 160.0
    sun_elevation: float = 34.0
    snow: float = 0.25
    melange: float = 0.0
    bergs: int = 14
    looks_right: bool = True
    fast_ice: float = 0.0
    apron: float = 0.0
    melange_tone: float = 1.0
    sea_tone: float = 1.0
    ice_tone: float = 1.0
    land_tone: float = 1.0
    ice_contrast: float = 1.0

    @property
    def sun(self) -> tuple[float, float]:
        """Return the horizontal unit vector towards the sun, (row, col)."""
        azimuth = np.radians(self.sun_azimuth)
        return -float(np.cos(azimuth)), float(np.sin(azimuth))

    @property
    def sun_tangent(self) -> float:
        """Return the tangent of the sun's elevation."""
        return float(np.tan(np.radians(self.sun_elevation)))


def zones(ground: Ground) -> NDArray[np.uint8]:
    """Return the zone that covers most of each pixel: `OCEAN`, `ICE` or `LAND`."""
    covers = np.stack([ground.water, ground.ice, ground.land])
    return (np.argmax(covers, axis=0) + 1).astype(np.uint8)


def optical(ground: Ground, weather: Weather, rng: np.random.Generator) -> Float32:
    """Paint a near-infrared image.

    Parameters
    ----------
    ground : Ground
    weather : Weather
    rng : numpy.random.Generator
        Random numbers of the date; those of the place come from the fjord's seed.

    Returns
    -------
    (H, W) float32
        Reflectance, without instrument noise.
    """
    land = _optical_land(ground, weather)
    ice = _optical_ice(ground, weather)
    water = _optical_water(ground, weather, rng)
    image = ground.land * land + ground.ice * ice + ground.water * water
    shadow = texture.cast_shadow(
        ndimage.gaussian_filter(ground.height, 2.0), weather.sun, weather.sun_tangent, 40
    )
    image *= 1 - (0.70 - 0.35 * ground.land) * ndimage.gaussian_filter(shadow, 0.6)
    haze = texture.fractal(rng, ground.x / 3, ground.y / 3, smallest=24.0, largest=170.0)
    image = image * (1 + 0.015 * haze) + 0.003
    return ndimage.gaussian_filter(image, OPTICAL_BLUR).astype(np.float32)


def _lit(weather: Weather, height: Float64) -> Float64:
    """Return the brightness of a slope relative to level ground, with light from the sky."""
    down, right = np.gradient(height)
    toward = -(down * weather.sun[0] + right * weather.sun[1])
    steep = np.sqrt(1 + down**2 + right**2)
    direct = np.clip((toward / weather.sun_tangent + 1) / steep, 0, None)
    return 0.2 + 0.8 * direct / np.hypot(1, direct / LIT_LIMIT)


def _optical_land(ground: Ground, weather: Weather) -> Float64:
    fjord, x, y = ground.fjord, ground.x, ground.y
    fine = texture.fractal(fjord.key(11), x, y, slope=1.0, smallest=2.0, largest=20.0)
    broad = texture.fractal(fjord.key(12), x, y, slope=1.6, smallest=5.0, largest=120.0)
    gullies = texture.fractal(
        fjord.key(13),
        ground.s + 5.0 * broad,
        ground.inland / 5.0,
        slope=1.0,
        smallest=3.0,
        largest=24.0,
    )
    walls = np.clip(ground.inland / 6, 0, 1) * np.exp(-np.clip(ground.inland, 0, None) / 25)
    terrain = ground.height + 0.8 * walls * gullies
    down, right = np.gradient(ndimage.gaussian_filter(terrain, 1.2))
    line = (1 - weather.snow) * 1.5 * fjord.relief
    lies = (terrain - line) / (0.16 * fjord.relief) + 0.7 * broad + 0.2 * fine
    snow = 1 / (1 + np.exp(-3.0 * (lies - 1.1 * np.hypot(down, right))))
    # snow fills small-scale relief
    grain = 0.22 * np.clip(ground.inland / 10, 0, 1) * (1 - 0.8 * snow) * fine
    smooth = ndimage.gaussian_filter(terrain, 2.5)
    lit = _lit(weather, terrain + 0.6 * snow * (smooth - terrain) + grain)
    rock = weather.land_tone * ROCK * (1 + 0.18 * broad + 0.12 * fine)
    bright = rock * (1 - snow) + SNOW * (1 + 0.03 * broad) * snow
    shore = np.exp(-((np.clip(ground.inland, 0, None) / 2.0) ** 2))
    if weather.apron > 0:
        share, slope, tone = _apron(ground, weather)
        even = weather.land_tone * ROCK * tone * _lit(weather, slope)
        return (bright * lit * (1 - share) + even * share) * (1 - 0.3 * shore)
    return bright * lit * (1 - 0.3 * shore)


def _apron(ground: Ground, weather: Weather) -> tuple[Float64, Float64, Float64]:
    """Return the cover of the smooth slope along the shore, its height and its banded tone."""
    inland = np.clip(ground.inland, 0, None)
    along = ground.s + ground.t
    bands = texture.fractal(
        ground.fjord.key(14), along / 25.0, inland / 1.5, slope=0.8, smallest=2.5, largest=24.0
    )
    broad = texture.fractal(ground.fjord.key(15), ground.x, ground.y, smallest=16.0, largest=160.0)
    share = np.exp(-((inland / (weather.apron * np.clip(1 + 0.3 * broad, 0.2, None))) ** 4))
    slope = 0.25 * ndimage.gaussian_filter(inland, 2.0)
    return share, slope, 1 + 0.07 * bands + 0.06 * broad


def _optical_ice(ground: Ground, weather: Weather) -> Float64:
    fjord, s, across = ground.fjord, ground.s, ground.across
    width = fjord.half_width
    upstream = np.clip(ground.upstream, 0, None)
    streaks, patches = _flow_lines(ground, weather)
    grain = texture.fractal(
        fjord.key(23), s / 1.5, across * width, slope=0.5, smallest=2.0, largest=9.0
    )
    cracks = texture.fractal(
        fjord.key(24), _arched(ground), across * width / 2.5, slope=0.4, smallest=2.0, largest=6.0
    )
    broken = 0.35 + 0.65 * np.exp(-upstream / 45.0)
    margin = np.clip(1 + ground.inland / (0.25 * width), 0, 1)
    down, right = np.gradient(0.16 * broken * cracks + 0.10 * grain)
    lit = 1 - 0.55 * (down * weather.sun[0] + right * weather.sun[1]) / weather.sun_tangent
    bright = (weather.ice_tone * BARE_ICE) * (
        0.92 + 0.06 * patches + 0.10 * streaks + 0.0016 * np.clip(upstream, 0, 160)
    )
    bright += weather.snow * 0.15
    bright *= np.clip(lit, 0.45, 1.6)
    wiggle, _ = texture.waves(
        np.random.default_rng(fjord.key(25)),
        s,
        longest=240.0,
        shortest=60.0,
        height=0.04,
        slope=1.0,
    )
    place = np.random.default_rng(fjord.key(26)).uniform(-0.45, 0.45)
    for offset, strength, half in ((0.0, 0.42, 0.022), (0.07, 0.2, 0.012), (-0.38, 0.16, 0.015)):
        line = np.exp(-(((across - place - offset - wiggle) / half) ** 2) / 2)
        bright *= 1 - strength * (1 - 0.6 * weather.snow) * line * (0.75 + 0.2 * grain)
    bright *= 1 - (0.3 * margin + 0.35 * margin**4) * (1 + 0.2 * streaks) * (1 - 0.5 * weather.snow)
    # the cliff: bright where it faces the sun, dark where it does not
    facing = _facing(ground, weather.sun)
    cliff = np.exp(-(((ground.upstream - 0.6) / 0.75) ** 2))
    rough = 0.6 + 0.4 * np.clip(1 + cracks, 0, 2)
    return np.clip(bright * (1 + (0.35 * facing - 0.05) * cliff * rough), 0.01, 1.0)


def _flow_lines(ground: Ground, weather: Weather) -> tuple[Float64, Float64]:
    """Return streaks along the flow, and broad patches, each of about unit variance."""
    fjord, s = ground.fjord, ground.s
    t = ground.across * fjord.half_width
    streaks = texture.fractal(fjord.key(21), s / 50.0, t, slope=0.9, smallest=2.2, largest=50.0)
    patches = texture.fractal(fjord.key(22), s, t, smallest=10.0, largest=150.0)
    return weather.ice_contrast * streaks, weather.ice_contrast * patches


def _arched(ground: Ground) -> Float64:
    """Return a coordinate whose contours are crevasses: arches across the flow, open upstream."""
    return ground.s + 14.0 * np.clip(ground.across, -MOST_ACROSS, MOST_ACROSS) ** 2


def _facing(ground: Ground, light: tuple[float, float]) -> Float64:
    """Return the cosine of the angle in the image between the seaward direction and the light."""
    if ground.seaward is None:
        down, right = (np.median(part) for part in np.gradient(ground.s))
    else:
        down, right = ground.seaward
    return np.asarray(
        (down * light[0] + right * light[1]) / np.maximum(np.hypot(down, right), 1e-9)
    )


def _optical_water(ground: Ground, weather: Weather, rng: np.random.Generator) -> Float64:
    x, y = ground.x, ground.y
    off = np.clip(-ground.upstream, 0, None)
    wind = texture.fractal(rng, x / 2, y / 12, slope=1.2, smallest=3.0, largest=80.0)
    plume = texture.fractal(rng, x, y, slope=1.8, smallest=4.0, largest=60.0)
    water = weather.sea_tone * WATER * (1 + 0.12 * wind)
    water += 0.02 * np.exp(-off / 18.0) * np.clip(0.4 + plume, 0, 3)
    cover, tone = texture.bergs(
        rng,
        ground.shape,
        _berg_density(ground, rng),
        _berg_count(ground, weather),
        LARGEST_BERG,
        weather.sun,
    )
    frozen, brash = _melange(ground, weather, rng)
    water = water * (1 - frozen) + frozen * np.minimum(brash, 0.95)
    ice = np.clip(0.62 * np.clip(tone, 0.6, None), 0, 0.95)
    shaded = water * (1 - 0.55 * np.clip(-tone, 0, 1))
    # with the sun behind it, the ice cliff casts a shadow on the water
    shade = np.clip(-_facing(ground, weather.sun), 0, 1) * np.exp(-off / 0.9) * 0.6
    return shaded * (1 - cover) * (1 - shade) + ice * cover


def _berg_density(ground: Ground, rng: np.random.Generator) -> Float64:
    crowd = texture.fractal(rng, ground.x, ground.y, slope=1.6, smallest=8.0, largest=140.0)
    away = np.clip((-ground.upstream - 1.5) / 4, 0, 1)
    return (ground.water > 0.99) * away * np.exp(1.3 * crowd)


def _berg_count(ground: Ground, weather: Weather) -> int:
    return int(weather.bergs * ground.water.sum() / 1e4)


def _melange(ground: Ground, weather: Weather, rng: np.random.Generator) -> tuple[Float64, Float64]:
    """Return the cover of mélange or fast ice, and its reflectance."""
    if weather.fast_ice > 0:
        return _fast_ice(ground, weather, rng)
    ragged = texture.fractal(rng, ground.x, ground.y, slope=1.6, smallest=3.0, largest=90.0)
    if weather.melange <= 0:
        # some brash ice drifts in every fjord
        drift = texture.fractal(rng, ground.x, ground.y / 3, slope=1.3, smallest=2.5, largest=90.0)
        thin = np.clip(ragged + 0.8 * drift - 1.9, 0, 1) * np.clip(-ground.upstream / 15, 0, 1)
        grain = texture.fractal(rng, ground.x, ground.y, slope=0.8, smallest=2.2, largest=14.0)
        return np.clip(1.3 * thin * (0.5 + 0.45 * grain), 0, 0.6), np.full(ground.shape, 0.30)
    # without a glacier the distance is infinite: clip it, because 0 times infinity is NaN
    off = np.clip(-ground.upstream, 0, MELANGE_ENDS * weather.melange)
    edge = weather.melange * (1 + 0.35 * ragged)
    frozen = np.clip((edge - off) / 8, 0, 1)
    tone, gap = texture.floes(rng, ground.x, ground.y, FLOE)
    fine = texture.fractal(rng, ground.x, ground.y, slope=0.5, smallest=2.0, largest=10.0)
    solid = np.clip(gap / 0.7, 0.25, 1)
    brash = (0.33 + 0.045 * tone + 0.035 * fine + 0.02 * ragged) * (0.65 + 0.35 * solid)
    cover = frozen * np.clip(0.85 + 0.3 * fine * (off / max(weather.melange, 1)), 0, 1)
    return cover, brash * weather.melange_tone


def _fast_ice(
    ground: Ground, weather: Weather, rng: np.random.Generator
) -> tuple[Float64, Float64]:
    """Return the cover and reflectance of fast ice: most of the water, with ponds and gaps."""
    x, y = ground.x, ground.y
    broad = texture.fractal(rng, x, y, slope=1.8, smallest=12.0, largest=200.0)
    fine = texture.fractal(rng, x, y, slope=0.6, smallest=2.0, largest=12.0)
    spots = texture.fractal(rng, x, y, slope=0.5, smallest=4.0, largest=9.0)
    closed, rough, pitted = rng.uniform(1.2, 4.0), rng.uniform(0.01, 0.15), rng.uniform(0, 0.9)
    frozen = np.clip(4 * (closed + broad), 0, 1)
    ponds = pitted * np.clip((spots - 1.6) / 0.4, 0, 1)
    tone = weather.fast_ice * (1 + 0.06 * broad + rough * fine) * (1 - ponds)
    return frozen, np.clip(tone, 0.02, None)


def radar(ground: Ground, weather: Weather, rng: np.random.Generator) -> Float32:
    """Paint a radar amplitude image.

    Parameters
    ----------
    ground, weather, rng
        As for `optical`.

    Returns
    -------
    (H, W) float32
        Amplitude, DN of a Sentinel-1 GRD scene.
    """
    look = (0.17, 0.985) if weather.looks_right else (0.17, -0.985)
    image = (
        ground.land * _radar_land(ground, weather, look)
        + ground.ice * _radar_ice(ground, weather, look)
        + ground.water * _radar_water(ground, weather, rng, look)
    )
    image = ndimage.gaussian_filter(image, SAR_BLUR)
    return (image * texture.speckle(rng, ground.shape, SAR_LOOKS)).astype(np.float32)


def _layover(height: Float64, look: tuple[float, float]) -> Float64:
    """Return the brightness of a slope by its inclination towards the radar."""
    down, right = np.gradient(height)
    rise = down * look[0] + right * look[1]
    return 0.25 + 2.6 / (1 + np.exp(-3.2 * (rise - 0.35)))


def _radar_land(ground: Ground, weather: Weather, look: tuple[float, float]) -> Float64:
    """Paint land: slopes that face the radar are short and bright, the others long and dark."""
    fjord, x, y = ground.fjord, ground.x, ground.y
    fine = texture.fractal(fjord.key(11), x, y, slope=1.0, smallest=2.0, largest=20.0)
    broad = texture.fractal(fjord.key(12), x, y, slope=1.6, smallest=5.0, largest=120.0)
    height = ground.height + 0.12 * np.clip(ground.inland / 10, 0, 1) * fine
    lit = _layover(ndimage.gaussian_filter(height, 0.6), look)
    shadow = texture.cast_shadow(
        ndimage.gaussian_filter(height, 2.0), (-look[0], -look[1]), 0.9, 20
    )
    rough = (0.8 + 0.16 * broad + 0.12 * fine) * lit * (1 - 0.7 * shadow)
    if weather.apron > 0:
        share, slope, tone = _apron(ground, weather)
        rough = rough * (1 - share) + 0.8 * tone * _layover(slope, look) * share
    return weather.land_tone * SAR_ROCK * rough


def _radar_ice(ground: Ground, weather: Weather, look: tuple[float, float]) -> Float64:
    fjord = ground.fjord
    upstream = np.clip(ground.upstream, 0, None)
    streaks, patches = _flow_lines(ground, weather)
    cracks = texture.fractal(
        fjord.key(24),
        _arched(ground),
        ground.across * fjord.half_width / 2.5,
        slope=0.4,
        smallest=3.2,
        largest=9.0,
    )
    rough = np.exp(-upstream / 60.0)
    bright = (weather.ice_tone * SAR_ICE) * (0.75 + 0.35 * rough + 0.12 * patches + 0.14 * streaks)
    bright *= np.clip(1 + (0.08 + 0.15 * rough) * cracks, 0.3, 2)
    facing = -_facing(ground, look)
    cliff = np.exp(-(((ground.upstream - 0.7) / 0.9) ** 2))
    return bright * (1 + (0.25 + 0.55 * facing) * cliff * np.clip(1 + 0.5 * cracks, 0, 2))


def _radar_water(
    ground: Ground, weather: Weather, rng: np.random.Generator, look: tuple[float, float]
) -> Float64:
    wind = texture.fractal(rng, ground.x / 3, ground.y / 6, slope=1.5, smallest=4.0, largest=90.0)
    sea = weather.sea_tone * SAR_SEA * np.exp(0.22 * wind)
    cover, tone = texture.bergs(
        rng,
        ground.shape,
        _berg_density(ground, rng),
        _berg_count(ground, weather),
        LARGEST_BERG,
        (-look[0], -look[1]),
    )
    frozen, brash = _melange(ground, weather, rng)
    sea = sea * (1 - frozen) + frozen * SAR_MELANGE * brash / 0.3
    return sea * (1 - cover) + cover * 650.0 * np.clip(tone, 0.4, None)
