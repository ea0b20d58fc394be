"""Domains whose reference system was assumed, against the hemisphere of the scenes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from pycalfin.errors import DomainError, MissingDateError, PycalfinError
from pycalfin.geo import SOUTH_CRS, latitude_of
from pycalfin.grid import Grid
from pycalfin.records import Domain
from pycalfin.scene.raster import open_dataset
from pycalfin.scene.read import open_scene
from pycalfin.settings import Settings

ANY_DATE = "2000-01-01"
"""For scenes that name no date; their place does not depend on it."""


def require_hemisphere(
    domains: Sequence[Domain], paths: Iterable[str], settings: Settings, option: str = "--domain"
) -> None:
    """Refuse domains in an assumed reference system if every scene lies in the other hemisphere.

    Parameters
    ----------
    domains : sequence of Domain
        Only those with `crs_assumed` are checked.
    paths : iterable of str
        Scenes; opened one by one until one lies in the hemisphere of the domains. Scenes that
        cannot be opened are passed over.
    settings : Settings
    option : str
        What messages call the domains.

    Raises
    ------
    DomainError
    """
    assumed = next((domain for domain in domains if domain.crs_assumed), None)
    if assumed is None:
        return
    opposite = ""
    for path in paths:
        latitude = _latitude(path, settings)
        if latitude is None:
            continue
        if latitude >= 0:
            return
        opposite = opposite or f"{path}, at {-latitude:.1f} S"
    if opposite:
        raise DomainError(
            f"{option}: {assumed.name} was assumed to be in {assumed.crs}, in the north, but the "
            f"scenes lie in the south ({opposite}); pass --crs EPSG:n ({SOUTH_CRS}: Antarctic "
            "polar stereographic)"
        )


def _latitude(path: str, settings: Settings) -> float | None:
    """Latitude of a scene's middle; None if that is not known."""
    try:
        try:
            scene = open_scene(path, crs=settings.crs, band=settings.band)
        except MissingDateError:
            scene = open_scene(path, date=ANY_DATE, crs=settings.crs, band=settings.band)
        with open_dataset(scene.path, scene.raster) as dataset:
            if scene.gcps:
                points, crs = dataset.gcps
                xy = np.array([[point.x, point.y] for point in points])
                latitude = latitude_of(xy, crs.to_wkt())
            else:
                shape = (dataset.height, dataset.width)
                latitude = Grid(shape, dataset.transform, scene.crs).latitude
    except (PycalfinError, OSError, ValueError):
        return None  # the run reports such a scene
    return latitude if np.isfinite(latitude) else None
