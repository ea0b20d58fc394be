"""What bounds the extension of fronts on a mesh: its outline, or the shores of known land."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import FrontsError
from pycalfin.issm.field import mesh_outline
from pycalfin.issm.grouping import to_mesh
from pycalfin.issm.knownland import area_without, from_fronts, mostly_on_land, touched
from pycalfin.issm.mesh import Mesh
from pycalfin.issm.series import series_table
from pycalfin.issm.sources import Source
from pycalfin.records import Mask

log = logging.getLogger(__name__)

SAMPLE = 200
"""Number of other vertices that show at which time fronts gave a mask its values."""


def within_walls(mesh: Mesh, here: Source, options: dict[str, Any]) -> tuple[dict[str, Any], Mask]:
    """Bound the extension of fronts by the mesh, or by the known land in it.

    Parameters
    ----------
    mesh : Mesh
    here : Source
        Fronts in the coordinates of the mesh.
    options : dict
        Of `series_table`, without elements.

    Returns
    -------
    options : dict
        With elements, or with the fjord that lies between known land.
    dry : (nv,) bool
        Vertices that are never ocean; none if the fronts alone decide.

    Raises
    ------
    FrontsError
        If all fronts lie on known land.
    """
    triangles = mesh.triangles
    bounded = options | {"elements": triangles}
    if mesh.known is None:
        return bounded, np.zeros(len(mesh.x), bool)
    land, fjord = (
        None if options[name] is None else to_mesh(options[name], mesh.crs, mesh.crs, name)
        for name in ("land", "fjord")
    )
    dry = known_land(mesh, here, options)
    if triangles is not None and dry.any():
        fjord = _fjord(mesh, triangles, dry, here, fjord)
        # it lies within the mesh, whose elements add nothing
        bounded = options | {"fjord": fjord, "elements": None}
    for place, inside in ((land, True), (fjord, False)):
        if place is not None:
            shapely.prepare(place)
            dry |= shapely.intersects_xy(place, mesh.x, mesh.y) == inside
    return bounded, dry


def _fjord(
    mesh: Mesh, triangles: np.ndarray, land: Mask, here: Source, given: BaseGeometry | None
) -> BaseGeometry:
    """Return the parts of a mesh without known land that fronts touch."""
    xy = np.column_stack([mesh.x, mesh.y])
    area = area_without(xy, triangles, land)
    if given is not None:
        area = area.intersection(given)
    found = touched(area, here.fronts)
    if found.is_empty:
        raise FrontsError(
            f"all {len(here.fronts)} fronts lie on land that the model knows (its masks, or "
            "md.geometry.bed above sea level); correct these, or let the fronts alone decide "
            "(replacemask)"
        )
    if count := mostly_on_land(area, mesh_outline(xy, triangles), here.fronts):
        log.warning(
            "%d of %d fronts lie for the most part on land that the model knows (its masks, or "
            "md.geometry.bed above sea level), which stays as it is; correct these, or let the "
            "fronts alone decide (replacemask)",
            count, len(here.fronts),
        )  # fmt: skip
    return found


def known_land(mesh: Mesh, here: Source, options: dict[str, Any]) -> Mask:
    """Return True for vertices that the model knows as land, (nv,).

    Parameters
    ----------
    mesh : Mesh
    here : Source
        Fronts in the coordinates of the mesh.
    options : dict
        Of `series_table`: crs, land, fjord, ocean.
    """
    count = len(mesh.x)
    if mesh.known is None:
        return np.zeros(count, bool)
    high = mesh.known.high(count)
    rock = mesh.known.rock(count) & ~high
    ice, triangles = mesh.known.ice, mesh.triangles
    others = np.flatnonzero(~high & ~rock)
    if not rock.any() or ice is None or triangles is None or not len(others):
        return high | rock
    # vertices without ice may be so because of fronts that filled the mask before
    others = others[:: -(-len(others) // SAMPLE)]
    if np.ptp(np.abs(ice[others])) == 0:
        return high | rock  # values of 1 and -1 are no distances
    chosen = np.r_[np.flatnonzero(rock), others]
    outline = mesh_outline(np.column_stack([mesh.x, mesh.y]), triangles)
    given = options["fjord"]
    if given is not None:
        outline = outline.intersection(to_mesh(given, mesh.crs, mesh.crs, "fjord"))
    there = options | {"fjord": outline}
    table = series_table(here.fronts, mesh.x[chosen], mesh.y[chosen], **there)
    sample = np.arange(len(chosen)) >= rock.sum()
    rock[chosen[from_fronts(ice[chosen], table[:, :-1], sample)]] = False
    return high | rock
