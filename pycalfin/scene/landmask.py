"""Where a scene is near a coast, by the land polygons of OpenStreetMap.

The polygons come with the package `roaring-landmask` (extra `coast`), so nothing is fetched. Ice
shelves and ice sheets are land in them. Their fronts are of an unknown year, and some fjords are
some hundred metres off, so they only tell where to look.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from scipy import ndimage

from pycalfin.errors import MissingDependencyError
from pycalfin.geo import LONLAT
from pycalfin.grid import Grid
from pycalfin.records import Mask

COAST_REACH = 20_000.0
"""Ground metres from the coast within which fronts are searched: more than most fronts have moved
since satellites see them."""
_NEEDED = "coast is true, which needs the land mask of roaring-landmask"
_REMEDY = 'pip install "pycalfin[coast]", or leave coast out to search all of the scene'
SAMPLE = 500.0
"""Ground metres from one sample to the next; the land mask has cells of about 460 m."""


def require_landmask() -> None:
    """Refuse a search near coasts where the land mask is not installed.

    Raises
    ------
    MissingDependencyError
    """
    if find_spec("roaring_landmask") is None:
        raise MissingDependencyError(f"{_NEEDED}: {_REMEDY}")


@lru_cache(maxsize=1)
def _landmask() -> Any:
    """Load the mask once for all scenes: it takes a second and 0.4 GB."""
    require_landmask()
    try:
        from roaring_landmask import LandmaskProvider, RoaringMask
    except ImportError as error:
        why = f"{_NEEDED}, which cannot be imported ({error})"
        raise MissingDependencyError(f"{why}: {_REMEDY}") from error
    return RoaringMask.new(LandmaskProvider.Osm)


def is_land(lonlat: np.ndarray) -> np.ndarray:
    """Return which of (N, 2) longitudes and latitudes are land, (N,) bool; places nowhere are not.

    Raises
    ------
    MissingDependencyError
        Without roaring-landmask.
    """
    lon, lat = np.asarray(lonlat, float).T
    known = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90)
    lon = (np.where(known, lon, 0.0) + 180.0) % 360.0 - 180.0
    land = _landmask().contains_many(lon, np.where(known, lat, 0.0))
    return np.asarray(land & known, bool)


def near_coast(grid: Grid, reach: float = COAST_REACH) -> Mask:
    """Mark what lies near the border of land and ocean.

    Parameters
    ----------
    grid : Grid
    reach : float
        Ground metres.

    Returns
    -------
    (H, W) bool

    Raises
    ------
    MissingDependencyError
        Without roaring-landmask.
    """
    spacing = np.array(grid.spacing)
    every = np.maximum(1, np.rint(SAMPLE / spacing)).astype(int)
    step = every * spacing
    beyond = np.ceil(reach / step).astype(int)  # a coast outside of the image counts too
    rows, cols = (
        (np.arange(-out, -(-size // n) + out) + 0.5) * n - 0.5
        for size, n, out in zip(grid.shape, every, beyond, strict=True)
    )
    places = np.stack(np.meshgrid(rows, cols, indexing="ij"), axis=-1)
    land = is_land(grid.xy(places.reshape(-1, 2), LONLAT)).reshape(places.shape[:2])
    if land.all() or not land.any():
        return np.zeros(grid.shape, bool)
    to_ocean, to_land = (
        ndimage.distance_transform_edt(where, sampling=step) for where in (land, ~land)
    )
    # the cells beside a coast are near it, however large they are
    near = np.maximum(to_ocean, to_land) <= max(reach, *step)
    inside = near[beyond[0] :, beyond[1] :]
    whole = np.repeat(np.repeat(inside, every[0], axis=0), every[1], axis=1)
    return np.asarray(whole[: grid.shape[0], : grid.shape[1]])
