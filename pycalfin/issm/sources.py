"""Fronts for level sets: from a run, CALFIN's published files, or lines that somebody drew.

pycalfin's own fronts have the ocean on their left. Other lines have no known direction: ocean
polygons beside them, or the user, tell the side. Without either they are refused.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import FrontsError
from pycalfin.geo import densify, latitude_of, reproject, reproject_geometry, same_crs
from pycalfin.issm.frontfiles import FoundFront, read_file
from pycalfin.issm.oceanside import Side, ocean_is_left, side_in, too_few_points
from pycalfin.records import Float64, Front
from pycalfin.vectors.assumed import place_name

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Source:
    """Fronts, ready for level sets.

    Parameters
    ----------
    fronts : tuple of Front
        With the ocean on their left.
    oceans : tuple of shapely geometry or None
        For each front what its file says is ocean, in the front's crs. It ends where the image
        did: beyond it nothing is known.
    fields : tuple of str
        Names of the fields of the file that the fronts come from.
    """

    fronts: tuple[Front, ...]
    oceans: tuple[BaseGeometry | None, ...]
    fields: tuple[str, ...] = ()

    @property
    def dates(self) -> list[str]:
        """Dates of the fronts, sorted, each once."""
        return sorted({front.date for front in self.fronts})


def read_fronts(
    path: str | Path,
    *,
    crs: str | None = None,
    mesh_crs: str | None = None,
    ocean: Side | None = None,
    allow_synthetic: bool = False,
) -> Source:
    """Read fronts and find the ocean's side of each.

    Parameters
    ----------
    path : path
        A run's folder, its fronts.h5 or a GeoPackage of it; a shapefile (CALFIN's published
        `termini_*.shp`, which has its `_closed` file beside it), another vector file of lines, a
        folder of shapefiles; or an .exp file whose contours are named <domain>_<YYYY-MM-DD>[_<n>].
    crs : str, optional
        Of a file that has none.
    mesh_crs : str, optional
        Of an .exp file where `crs` is not given.
    ocean : Side, optional
        Where the ocean is, for lines that do not say so themselves.
    allow_synthetic : bool
        Take fronts of synthetic scenes, which are no observations.

    Returns
    -------
    Source

    Raises
    ------
    FrontsError
        If there are no fronts, nothing tells the ocean's side, or fronts are synthetic.
    MissingCRSError
        If nothing tells the coordinate reference system.
    """
    path = Path(path)
    if not path.exists():
        raise FrontsError(f"{path}: no such file or folder; check --fronts")
    found = read_file(path, crs, mesh_crs)
    if not found:
        raise FrontsError(f"{path}: no fronts in it")
    if not allow_synthetic and (count := sum(item.front.synthetic for item in found)):
        raise FrontsError(
            f"{path}: {count} of {len(found)} fronts come from synthetic scenes and "
            "are no observations; to test the workflow with them, pass --allow-synthetic"
        )
    return _oriented(path, found, ocean)


def near(source: Source, x: Float64, y: Float64, crs: str) -> Source:
    """Keep the glaciers that have a front on the mesh.

    Parameters
    ----------
    source : Source
    x, y : (nv,) float64
        Vertices, in `crs`.
    crs : str

    Returns
    -------
    Source
        With all fronts of every domain of which one front meets the convex hull of the vertices,
        in the coordinates of the mesh.

    Raises
    ------
    FrontsError
        If there is none.
    """
    hull = shapely.MultiPoint(np.column_stack([x, y])).convex_hull
    shapely.prepare(hull)
    lines = [
        front.xy if front.crs is None else reproject(front.xy, front.crs, crs)
        for front in source.fronts
    ]
    domains = {
        (front.domain, front.crs)
        for front, xy in zip(source.fronts, lines, strict=True)
        if np.isfinite(xy).all() and hull.intersects(shapely.LineString(xy))
    }
    kept = [(front.domain, front.crs) in domains for front in source.fronts]
    if not any(kept):
        west, south, east, north = hull.bounds
        where = hemispheres(source.fronts[0], hull, crs)
        raise FrontsError(
            f"none of the {len(kept)} fronts lies on the mesh, which reaches from x {west:.0f} to "
            f"{east:.0f} and y {south:.0f} to {north:.0f} in {crs}{where}; is that its system "
            "(--crs)?"
        )
    if not all(kept):
        log.info("%d fronts of glaciers away from the mesh are left out", kept.count(False))
    moved = [
        (replace(front, xy=xy, crs=crs), _moved(ocean, front.crs, crs))
        for front, ocean, xy, keep in zip(source.fronts, source.oceans, lines, kept, strict=True)
        if keep
    ]
    return replace(
        source,
        fronts=tuple(one for one, _ in moved),
        oceans=tuple(other for _, other in moved),
    )


def hemispheres(front: Front, other: BaseGeometry, crs: str) -> str:
    """Say in which hemispheres a front and another geometry lie; '' if it is the same one."""
    if front.crs is None:
        return ""
    latitudes = latitude_of(shapely.get_coordinates(other), crs), latitude_of(front.xy, front.crs)
    if not np.isfinite(latitudes).all() or latitudes[0] * latitudes[1] >= 0:
        return ""
    there, here = (place_name(latitude, "NS") for latitude in latitudes)
    return f" (at {there}, but the fronts are in {front.crs}, at {here})"


def _moved(ocean: BaseGeometry | None, crs: str | None, target: str) -> BaseGeometry | None:
    if ocean is None or crs is None or same_crs(crs, target):
        return ocean
    return reproject_geometry(densify(ocean), crs, target)


def _oriented(path: Path, found: Sequence[FoundFront], side: Side | None) -> Source:
    """Turn every front so that the ocean lies on its left."""
    loose = [item.front for item in found if not item.oriented]
    if too_few_points(side, [front.domain for front in loose]):
        raise FrontsError(
            f"{path}: fronts of {len({front.domain for front in loose})} glaciers; give --ocean a "
            "point for each of them, or polygons"
        )
    if side is not None and side.geometry is not None and side.crs is not None and loose:
        where = hemispheres(loose[0], side.geometry, side.crs)
        if where:
            raise FrontsError(
                f"{path}: --ocean, in {side.crs}, lies in the other hemisphere{where}; pass --crs"
            )
    fronts, undecided = [], []
    for item in found:
        left = True if item.oriented else _left(item, side)
        if left is None:
            undecided.append(item.front)
        fronts.append(item.front if left else _reversed(item.front))
    if undecided:
        first = undecided[0]
        label = " ".join(part for part in (first.domain, first.date) if part) or "the first"
        why = (
            "what --ocean says lies on both sides, on neither, or too far to the side"
            if side is not None
            else "the ocean polygon lies on both sides or on neither, or there is none"
        )
        raise FrontsError(
            f"{path}: on which side of {len(undecided)} of {len(found)} fronts the ocean lies is "
            f"not known ({label}: {why}).\nGive --ocean: a polygon or a point in the ocean, or the "
            "word left or right if all lines were drawn so (CALFIN: keep the _closed file beside)"
        )
    names = tuple(dict.fromkeys(name for item in found for name in item.fields))
    return Source(tuple(fronts), tuple(item.ocean for item in found), names)


def _reversed(front: Front) -> Front:
    """Walk a front the other way, with all that belongs to its vertices."""
    names = ("xy", "pixels", "uncertainty")
    return replace(front, **{name: getattr(front, name)[::-1] for name in names})


def _left(item: FoundFront, side: Side | None) -> bool | None:
    if side is not None and side.word is not None:
        return side.word == "left"
    ocean = item.ocean if side is None else side_in(side, item.front.crs)
    return None if ocean is None else ocean_is_left(item.front.xy, ocean)
