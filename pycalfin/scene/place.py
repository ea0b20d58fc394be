"""Names of places: latitude and longitude in hundredths of a degree."""

from __future__ import annotations

import re

from pycalfin import geo
from pycalfin.records import Float64

_PLACE = re.compile(r"\d\d\.\d\d[NS]_\d{3}\.\d\d[EW](_\d+)?")


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
    '76.57N_067.57W'
    """
    ((longitude, latitude),) = geo.reproject(xy, crs, geo.LONLAT).tolist()
    longitude = round((longitude + 180.0) % 360.0 - 180.0, 2)
    north = "N" if latitude >= 0 else "S"
    east = "E" if longitude >= 0 else "W"
    return f"{abs(latitude):05.2f}{north}_{abs(longitude):06.2f}{east}"


def is_place_name(name: str) -> bool:
    """Return True for the name of a place, also for a numbered one.

    Examples
    --------
    >>> is_place_name("76.57N_067.57W"), is_place_name("Helheim")
    (True, False)
    """
    return _PLACE.fullmatch(name) is not None
