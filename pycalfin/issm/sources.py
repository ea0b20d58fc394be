"""Fronts for level sets: from a run, CALFIN's published files, or other lines.

Fronts from pycalfin have the ocean on their left. For other lines the side comes from ocean
polygons in a file next to them, or from the user. Without either, they are refused.
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
    """Fronts with a known ocean side, ready for level sets.

    Parameters
    ----------
    fronts : tuple of Front
        Fronts with the ocean on their left.
    oceans : tuple of shapely geometry or None
        Ocean polygons from the file for each front, in the front's crs. They end at the edge of
        the image.
    fields : tuple of str
        Names of the fields in the file of the fronts.
    """

    fronts: tuple[Front, ...]
    oceans: tuple[BaseGeometry | None, ...]
    fields: tuple[str, ...] = ()

    @property
    def dates(self) -> list[str]:
        """Sorted dates of the fronts, without duplicates."""
        return sorted({front.date for front in self.fronts})


def read_fronts(
    path: str | Path,
    *,
    crs: str | None = None,
    mesh_crs: str | None = None,
    ocean: Side | None = None,
    allow_synthetic: bool = False,
) -> Source:
    """Read fronts and determine the ocean's side of each.

    Parameters
    ----------
    path : path
        One of:

        - the folder of a run, its fronts.h5, or one of its GeoPackages;
        - a shapefile, such as CALFIN's published `termini_*.shp` next to its `_closed` file;
        - another vector file of lines, or a folder of shapefiles;
        - an .exp file whose contours are named <domain>_<YYYY-MM-DD>[_<n>].
    crs : str, optional
        CRS of a file that names none.
    mesh_crs : str, optional
        CRS of an .exp file if `crs` is not given; its use is logged.
    ocean : Side, optional
        The ocean's side, for lines whose file does not determine it.
    allow_synthetic : bool
        Accept fronts of synthetic scenes, which are not observations.

    Returns
    -------
    Source

    Raises
    ------
    FrontsError
        If there are no fronts, the ocean's side is unknown, or fronts are synthetic and that is
        not allowed.
    MissingCRSError
        If the coordinate reference system is unknown.
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
    """Keep the fronts of all domains with at least one front on the mesh.

    Parameters
    ----------
    source : Source
    x, y : (nv,) float64
        Vertices, in `crs`.
    crs : str
        CRS of the mesh.

    Returns
    -------
    Source
        All fronts of the domains with a front that meets the convex hull of the vertices, in the
        coordinates of the mesh.

    Raises
    ------
    FrontsError
        If no front meets it.
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
            f"{east:.0f} and y {south:.0f} to {north:.0f} in {crs}{where}; check --crs of the mesh "
            "and the fronts"
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
    """Describe the hemispheres of a front and another geometry; '' if they are the same."""
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
            "the geometry of --ocean lies on both sides, on neither, or too far to the side"
            if side is not None
            else "the ocean polygon lies on both sides or on neither, or there is none"
        )
        raise FrontsError(
            f"{path}: on which side of {len(undecided)} of {len(found)} fronts the ocean lies is "
            f"not known ({label}: {why}).\nGive --ocean: a polygon or a point in the ocean, or "
            "left or right if all lines have it there (CALFIN: keep the _closed file next to it)"
        )
    names = tuple(dict.fromkeys(name for item in found for name in item.fields))
    return Source(tuple(fronts), tuple(item.ocean for item in found), names)


def _reversed(front: Front) -> Front:
    """Reverse a front, with all values of its vertices."""
    names = ("xy", "pixels", "uncertainty")
    return replace(front, **{name: getattr(front, name)[::-1] for name in names})


def _left(item: FoundFront, side: Side | None) -> bool | None:
    if side is not None and side.word is not None:
        return side.word == "left"
    ocean = item.ocean if side is None else side_in(side, item.front.crs)
    return None if ocean is None else ocean_is_left(item.front.xy, ocean)
