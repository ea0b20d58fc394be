"""A list of glaciers, by which places that were found in a scene are named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import DomainError
from pycalfin.files import safe_name
from pycalfin.geo import reproject_geometry
from pycalfin.records import Domain
from pycalfin.scene.domain import NAME_FIELDS, named_features


@dataclass(frozen=True, eq=False)
class Glacier:
    """A glacier of a list.

    Parameters
    ----------
    name : str
        Safe for file names and .exp contours.
    geometry : shapely geometry
        Points, lines or polygons in `crs`; not empty.
    crs : str
        'EPSG:n' or WKT.
    attributes : dict
        All fields of the feature, copied to the products.
    """

    name: str
    geometry: BaseGeometry
    crs: str
    attributes: dict[str, Any] = field(default_factory=dict)


def read_glaciers(
    path: str | Path, *, name_field: str | None = None, crs: str | None = None
) -> list[Glacier]:
    """Read a list of glaciers: points, lines or polygons with names.

    Parameters
    ----------
    path : path
        Any vector file but .exp.
    name_field : str, optional
        Field that holds the names. Default: Name, name or RefName.
    crs : str, optional
        Of a file that has none.

    Returns
    -------
    list of Glacier
        Without the features that have no name or no geometry.

    Raises
    ------
    DomainError
        If the file cannot be read, or names no glacier.
    MissingCRSError
        If neither the file nor `crs` names the coordinate reference system.
    """
    path = Path(path)
    if not path.exists():
        raise DomainError(f"{path}: no such file; check --glaciers")
    features, found = named_features(path, name_field, crs)
    glaciers = [
        Glacier(safe_name(item.name), item.geometry, found, item.attributes)
        for item in features
        if item.name.strip() and item.geometry is not None and not item.geometry.is_empty
    ]
    if not glaciers:
        fields = name_field or ", ".join(NAME_FIELDS)
        raise DomainError(
            f"{path}: none of its {len(features)} features has a place and a name (in a field "
            f"{fields}); choose the field with --domain-name"
        )
    return glaciers


def named_by_glaciers(places: Sequence[Domain], glaciers: Sequence[Glacier]) -> list[Domain]:
    """Give places the names and attributes of the glaciers that lie in them.

    Parameters
    ----------
    places : sequence of Domain
        All in one coordinate reference system.
    glaciers : sequence of Glacier

    Returns
    -------
    list of Domain
        In the order of `places`. Of several glaciers in a window the one nearest to its centre
        counts; a window without one keeps its name.
    """
    if not places or not glaciers:
        return list(places)
    there = [reproject_geometry(item.geometry, item.crs, places[0].crs) for item in glaciers]
    tree = shapely.STRtree(there)
    named = []
    for place in places:
        inside = tree.query(place.polygon, predicate="intersects")
        if inside.size:
            centre = place.polygon.centroid
            nearest = glaciers[min(inside, key=lambda number: there[number].distance(centre))]
            place = replace(place, name=nearest.name, attributes=nearest.attributes)
        named.append(place)
    return named
