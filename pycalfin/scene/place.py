"""Names of places: latitude and longitude of the nearest point of a lattice of some 4 km.

A glacier so bears one name on most dates, though its front moves.
"""

from __future__ import annotations

import math

from pycalfin import geo
from pycalfin.records import Float64

STEP = 0.04
"""Degrees of latitude between two points of the lattice, 4.5 km; of longitude a whole multiple, of
nearly that length. A point lies within the smallest window whose centre it names."""


def place_name(xy: Float64, crs: str) -> str:
    """Name a place by its latitude and longitude.

    Parameters
    ----------
    xy : (1, 2) float64
    crs : str

    Returns
    -------
    str
        Safe for paths and .exp files.

    Examples
    --------
    >>> place_name([[-67.5702, 76.5731]], "EPSG:4326")
    '76.56N_67.52W'
    """
    ((longitude, latitude),) = geo.reproject(xy, crs, geo.LONLAT).tolist()
    latitude = round(latitude / STEP) * STEP
    wide = STEP * max(1, round(1 / max(math.cos(math.radians(latitude)), STEP)))
    longitude = round((longitude + 180.0) % 360.0 / wide) * wide % 360.0 - 180.0
    north = "N" if latitude >= 0 else "S"
    east = "E" if longitude >= 0 else "W"
    return f"{abs(latitude):.2f}{north}_{abs(longitude):.2f}{east}"
