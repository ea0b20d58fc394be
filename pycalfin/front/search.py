"""Search a whole scene for places where fronts may be, where no domain was given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pycalfin.front.extract import preset_of
from pycalfin.front.places import find_places
from pycalfin.front.scene_maps import FINE_METRES, VIEW, scene_maps
from pycalfin.grid import Grid
from pycalfin.network import Network
from pycalfin.records import Domain, Scene
from pycalfin.scene.glaciers import read_glaciers
from pycalfin.scene.landmask import COAST_REACH, near_coast
from pycalfin.scene.reduced import Reduced, read_reduced
from pycalfin.scene.subset import TILE, refuse_blank, searchable_grid
from pycalfin.settings import Settings

ONE_VIEW = VIEW * 2 * FINE_METRES
"""Ground metres: longest side of an image that the network sees at once, at the coarsest; 28.8 km,
or 960 pixels of Landsat."""
NO_PLACE = "nothing in the scene looks like a calving front"
NO_COAST = (
    f"no coast of OpenStreetMap within {COAST_REACH / 1000:g} km of the scene; leave out --coast "
    "to search all of it"
)


@dataclass(frozen=True, eq=False)
class SceneSearch:
    """The windows of a scene that may hold fronts.

    Parameters
    ----------
    places : tuple of Domain
        By name; none if nothing in the scene looks like a front.
    reduced : Reduced
        The scene as it was searched.
    reason : str
        Why there are no places; '' if there are.
    """

    places: tuple[Domain, ...]
    reduced: Reduced
    reason: str = ""


def is_large(grid: Grid) -> bool:
    """Return True if an image is too large for one view of the network.

    Parameters
    ----------
    grid : Grid
        Of the image.
    """
    longest = float((np.array(grid.spacing) * grid.shape).max())
    return longest > ONE_VIEW or max(grid.shape) > TILE


def search(
    scene: Scene, settings: Settings, load_network: Callable[[], Network]
) -> SceneSearch | None:
    """Search a scene for which the user gave no domain.

    Parameters
    ----------
    scene : Scene
    settings : Settings
        `tile`, `preset`, `nodata`, `nodata_floor`, `threads`, `coast`, `glaciers`,
        `domain_name` and `crs` are used.
    load_network : callable
        Gives the network; called only where the scene is large.

    Returns
    -------
    SceneSearch or None
        None if the scene is not searched: it has a domain of its own, is small enough for one view,
        or is to be cut into tiles.

    Raises
    ------
    PrunedError
        If it has no data, or one value only.
    SceneError
        If it cannot be read, or is larger than what is looked at without a domain.
    """
    if settings.tile is not None:
        return None
    grid = searchable_grid(scene)
    if grid is None or not is_large(grid):
        return None
    network = load_network()
    if network.side is not None or preset_of(settings, network) != "light":
        return None
    reduced = read_reduced(scene, settings, FINE_METRES)
    refuse_blank(reduced.pixels, reduced.valid)
    near = near_coast(reduced.grid) if settings.coast else None
    if near is not None and not near.any():
        return SceneSearch((), reduced, NO_COAST)
    maps = scene_maps(reduced, network, settings.threads, near)
    glaciers = []
    if settings.glaciers is not None:
        named = settings.domain_name
        glaciers = read_glaciers(settings.glaciers, name_field=named, crs=settings.crs)
    places = tuple(find_places(maps, glaciers))
    return SceneSearch(places, reduced, "" if places else NO_PLACE)
