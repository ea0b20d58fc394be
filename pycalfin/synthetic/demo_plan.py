"""Places, dates, sensors and weather of the demo's scenes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from shapely.geometry import Polygon, box

from pycalfin import geo
from pycalfin.records import Float64
from pycalfin.synthetic.appearance import Weather
from pycalfin.synthetic.landscape import Fjord, Terminus

NOMINAL_PIXEL = 30.0
"""Metres of the place's CRS per unit of world coordinates: Landsat's near-infrared pixel."""
EW_PIXEL = 40.0
"""Metres: pixel spacing of Sentinel-1 EW GRDM."""
DOMAIN_SIDE = 236
"""Nominal pixels: side of a domain."""

Kind: TypeAlias = Literal["optical", "sar"]


@dataclass(frozen=True)
class Site:
    """The place of an invented fjord on Earth.

    Parameters
    ----------
    name : str
        Name of its domain.
    lonlat : (longitude, latitude)
        Degrees: position of the origin of world coordinates.
    crs : str
        'EPSG:n' whose axes are parallel to those of world coordinates.
    fjord : Fjord
    """

    name: str
    lonlat: tuple[float, float]
    crs: str
    fjord: Fjord

    @property
    def centre(self) -> Float64:
        """Return (2,) x and y in `crs` of the origin, rounded to a multiple of a pixel."""
        xy = geo.reproject(np.array([self.lonlat]), geo.LONLAT, self.crs)[0]
        return NOMINAL_PIXEL * np.round(xy / NOMINAL_PIXEL)

    def to_crs(self, world: Float64, crs: str) -> Float64:
        """Convert (N, 2) world coordinates to x and y in any CRS."""
        return geo.reproject(self.centre + world * NOMINAL_PIXEL, self.crs, crs)

    def domain(self) -> Polygon:
        """Return a square around the origin, in the place's `crs`."""
        half = DOMAIN_SIDE / 2 * NOMINAL_PIXEL
        return box(*(self.centre - half), *(self.centre + half))


@dataclass(frozen=True)
class Plan:
    """A scene of the demo; an empty `crs` means the CRS of the place."""

    name: str
    date: str
    place: Site
    terminus: Terminus | None
    weather: Weather
    kind: Kind = "optical"
    crs: str = ""
    pixel: float = NOMINAL_PIXEL
    features: tuple[str, ...] = ()


def plans(seed: int) -> list[Plan]:
    """List the demo's scenes; each seed gives other fjords and fronts."""
    north = Site(
        "DemoNorth",
        (-52.6, 71.3),
        "EPSG:32622",
        Fjord(10 * seed + 1, azimuth=205, half_width=52, bend=0.12, flare=0.05, mouth=105),
    )
    south = Site(
        "DemoSouth",
        (-60.9, -64.9),
        "EPSG:3031",
        Fjord(10 * seed + 2, azimuth=35, half_width=62, bend=-0.1, flare=0.1, mouth=70, relief=18),
    )
    coast = Site(
        "DemoCoast",
        (-53.9, 70.9),
        "EPSG:32622",
        Fjord(
            10 * seed + 3,
            azimuth=250,
            half_width=38,
            flare=0.5,
            mouth=30,
            relief=16,
            ruggedness=11,
        ),
    )

    def front(number: int, position: float, concavity: float = 9.0, rough: float = 2.2) -> Terminus:
        return Terminus(100 * seed + number, position, concavity, rough)

    summer = Weather(sun_azimuth=162, sun_elevation=38, snow=0.25)
    return [
        Plan(
            "LE07_L1TP_012010_20120703_20200908_02_T1_B4",
            "2012-07-03",
            north,
            front(1, 22, 6.0),
            Weather(sun_azimuth=158, sun_elevation=40, snow=0.3, bergs=8),
            features=("slc-off",),
        ),
        Plan(
            "LC08_L1TP_012010_20160714_20200906_02_T1_B5",
            "2016-07-14",
            north,
            front(2, 12),
            summer,
        ),
        Plan(
            "LC08_L1TP_012010_20170428_20200904_02_T1_B5",
            "2017-04-28",
            north,
            front(3, 14, 5.0),
            Weather(sun_azimuth=170, sun_elevation=30, snow=0.6, melange=75, bergs=25),
            features=("melange",),
        ),
        Plan(
            "LC08_L1TP_012010_20180720_20200831_02_T1_B5",
            "2018-07-20",
            north,
            front(4, -4, 11.0, 2.6),
            Weather(sun_azimuth=165, sun_elevation=36, snow=0.2, bergs=22),
        ),
        Plan(
            "S1B_EW_GRDM_1SDH_20190815T203012_20190815T203112_017600_0211C5_7A3D",
            "2019-08-15",
            north,
            front(5, -14, 10.0),
            Weather(bergs=10),
            "sar",
            geo.NORTH_CRS,
            EW_PIXEL,
        ),
        Plan(
            "LC08_L1TP_012010_20200725_20200911_02_T1_B5",
            "2020-07-25",
            north,
            front(6, -20, 12.0),
            Weather(sun_azimuth=160, sun_elevation=35, snow=0.15, bergs=16),
        ),
        Plan(
            "S1A_EW_GRDM_1SDH_20210312T104521_20210312T104621_036960_0458E1_C04B",
            "2021-03-12",
            north,
            front(7, -24, 8.0),
            Weather(melange=45, bergs=14, looks_right=False),
            "sar",
            geo.NORTH_CRS,
            EW_PIXEL,
            ("melange",),
        ),
        Plan(
            "LC08_L1GT_217106_20190110_20201016_02_T2_B5",
            "2019-01-10",
            south,
            front(8, 0, -6.0, 3.0),
            Weather(sun_azimuth=60, sun_elevation=33, snow=0.72, bergs=18),
            features=("southern",),
        ),
        Plan(
            "LC08_L1TP_013010_20190822_20200826_02_T1_B5",
            "2019-08-22",
            coast,
            None,
            Weather(sun_azimuth=172, sun_elevation=31, snow=0.3, bergs=9),
            features=("no-front",),
        ),
    ]
