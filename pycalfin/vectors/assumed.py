"""Reference systems for files that name none: EPSG:3413 where that is possible, or a mesh's."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from pycalfin.arrays import Float64
from pycalfin.errors import MissingCRSError
from pycalfin.geo import LONLAT, NORTH_CRS, reproject
from pycalfin.vectors.areas import LARGEST_LATITUDE, LARGEST_LONGITUDE

log = logging.getLogger(__name__)

SOUTHERNMOST = 50.0
"""Degrees north: EPSG:3413 is meant for 60 N and beyond, and the southernmost glacier of the
Northern Hemisphere that ends in the sea (LeConte, Alaska) lies at 56.8 N. Northings of UTM at any
of these glaciers would lie south of 40 N in EPSG:3413."""


def assume_north(origin: str | Path, xy: Float64, cure: str = "pass --crs EPSG:n") -> str:
    """Return EPSG:3413 for coordinates without a reference system, and say so in the log.

    Parameters
    ----------
    origin : str or Path
        The file, or what messages call it.
    xy : (N, 2) float64
    cure : str
        How the user names another system.

    Returns
    -------
    str
        'EPSG:3413'.

    Raises
    ------
    MissingCRSError
        If the coordinates look like degrees, or lie too far south for EPSG:3413.
    """
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return NORTH_CRS
    if (np.abs(xy) <= [LARGEST_LONGITUDE, LARGEST_LATITUDE]).all():
        raise MissingCRSError(
            f"{origin}: no coordinate reference system, and the coordinates are too small for "
            f"metres of the default, {NORTH_CRS}; {cure} (longitude and latitude: EPSG:4326)"
        )
    longitude, latitude = reproject(xy.mean(axis=0)[None], NORTH_CRS, LONLAT)[0]
    place = f"{place_name(latitude, 'NS')} {place_name(longitude, 'EW')}"
    if latitude < SOUTHERNMOST:
        raise MissingCRSError(
            f"{origin}: no coordinate reference system, and in the default, {NORTH_CRS}, it would "
            f"lie at {place}, too far south; {cure}"
        )
    log.warning(
        "%s: no coordinate reference system, assumed %s, where it lies at %s; if that is wrong, %s",
        origin, NORTH_CRS, place, cure,
    )  # fmt: skip
    return NORTH_CRS


def assume(origin: str | Path, crs: str) -> str:
    """Return a reference system for a file that names none, such as that of a mesh; log it."""
    text = "%s: no coordinate reference system, assumed %s; if that is wrong, pass --crs EPSG:n"
    log.warning(text, origin, crs)
    return crs


def place_name(degrees: float, letters: str) -> str:
    """Write a latitude (letters 'NS') or a longitude ('EW').

    Examples
    --------
    >>> place_name(77.02, "NS"), place_name(-67.5, "EW")
    ('77.0 N', '67.5 W')
    """
    return f"{abs(degrees):.1f} {letters[0] if degrees >= 0 else letters[1]}"
