"""Read domains, which are named polygons, from vector files and ISSM's .exp contours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import ContourError, DomainError, MissingCRSError
from pycalfin.expfile import Contour, read_exp
from pycalfin.files import readable, safe_name
from pycalfin.geo import NORTH_CRS, crs_name
from pycalfin.records import Domain, Float64
from pycalfin.vectors.areas import areas, require_degrees
from pycalfin.vectors.assumed import assume_north
from pycalfin.vectors.kinds import is_address
from pycalfin.vectors.read import VectorLayer, read_layer
from pycalfin.vectors.rings import shape

NAME_FIELDS = ("Name", "name", "RefName")
"""Fields that hold a domain's name, best first. RefName is used by CALFIN."""


@dataclass(frozen=True, eq=False)
class Feature:
    """A feature of a vector file, with its name as the file gives it; '' without one."""

    name: str
    geometry: BaseGeometry | None
    attributes: dict[str, Any] = field(default_factory=dict)


def read_domains(
    path: str | Path, *, name_field: str | None = None, crs: str | None = None
) -> list[Domain]:
    """Read the domains of a file, one per feature.

    Parameters
    ----------
    path : path
        Shapefile, GeoJSON (its `crs` member is honoured), GeoPackage, KML, FlatGeobuf, or .exp, in
        which every closed contour is a domain.
    name_field : str, optional
        Field that holds the names. Default: Name, name or RefName, else the file's stem
        (numbered if there are several domains).
    crs : str, optional
        Coordinate reference system of a file that has none. Default for an .exp file: EPSG:3413,
        which is logged.

    Returns
    -------
    list of Domain
        In the order of the file, with unique names that are safe for paths. Outlines that cross
        themselves are repaired; features without an area are left out, with a warning.

    Raises
    ------
    DomainError
        If the file cannot be read or holds no polygon.
    MissingCRSError
        If neither the file nor `crs` names the coordinate reference system, or the coordinates of
        an .exp file cannot be in EPSG:3413.
    """
    path = Path(path)
    if not path.exists() and not is_address(path):
        raise DomainError(f"{path}: no such file; check --domain")
    if path.suffix.lower() == ".exp":
        features = _from_exp(path, name_field)
        return _domains(path, features, readable(path.stem), crs, "contour")
    features, found = named_features(path, name_field, crs)
    return _domains(path, features, readable(path.stem), found)


def domains_from_contours(
    origin: str, contours: Sequence[Contour], crs: str | None = None
) -> list[Domain]:
    """Make a domain of every closed contour.

    Parameters
    ----------
    origin : str
        Name of the contours in messages, and of a domain whose contour has no name.
    contours : sequence of Contour
    crs : str, optional
        Of the contours. Default: EPSG:3413, which is logged, as for an .exp file.

    Returns
    -------
    list of Domain

    Raises
    ------
    DomainError
        If there is no contour, or none makes an area.
    MissingCRSError
        If `crs` is not given and the coordinates cannot be in EPSG:3413.
    """
    features = _from_contours(contours)
    return _domains(origin, features, origin, crs, "contour")


def domain_from_mesh(
    name: str, x: Float64, y: Float64, elements: NDArray[np.int64], crs: str | None = None
) -> Domain:
    """Make a domain of the area of a triangle mesh, without its holes.

    Parameters
    ----------
    name : str
    x, y : (nv,) float64
        Coordinates of the vertices, in `crs`.
    elements : (ne, 3) int
        Vertices of each triangle, counted from 0.
    crs : str, optional
        Default: EPSG:3413, which is logged.

    Returns
    -------
    Domain

    Raises
    ------
    DomainError
        If there is no triangle, or one names a vertex that does not exist or is not finite.
    MissingCRSError
        If `crs` is not given and the coordinates cannot be in EPSG:3413.
    """
    if len(elements) == 0 or len(x) != len(y):
        raise DomainError(
            f"{name}: a mesh of {len(elements)} elements, {len(x)} x and {len(y)} y; expected "
            "triangles and one y for every x"
        )
    if elements.min() < 0 or elements.max() >= len(x):
        raise DomainError(
            f"{name}: its elements name vertices {elements.min() + 1} to {elements.max() + 1} of "
            f"{len(x)}; check md.mesh.elements"
        )
    corners = np.stack([x, y], axis=-1)[elements]
    if not np.isfinite(corners).all():
        raise DomainError(f"{name}: the mesh has coordinates that are not finite; check md.mesh.x")
    outline = shapely.coverage_union_all(shapely.polygons(corners))
    return _domains(name, [Feature(name, outline)], name, crs)[0]


def _domains(
    origin: str | Path,
    features: list[Feature],
    stem: str,
    given: str | None,
    what: str = "feature",
) -> list[Domain]:
    if not features:
        raise DomainError(f"{origin}: no polygon in it; draw the domain as a polygon")
    crs = crs_name(given or NORTH_CRS)
    polygons = areas(
        origin,
        [feature.geometry for feature in features],
        crs,
        DomainError,
        [feature.name for feature in features],
        what,
    )
    kept = [
        (feature, polygon)
        for feature, polygon in zip(features, polygons, strict=True)
        if polygon is not None
    ]
    if given is None:
        assume_north(origin, shapely.get_coordinates([polygon for _, polygon in kept]))
    names = _unique([feature.name for feature, _ in kept], stem)
    return [
        Domain(name, polygon, crs, feature.attributes, given is None)
        for name, (feature, polygon) in zip(names, kept, strict=True)
    ]


def _from_exp(path: Path, name_field: str | None) -> list[Feature]:
    if name_field is not None:
        raise DomainError(f"{path}: an .exp file has no fields; leave out --domain-name")
    try:
        contours = read_exp(path)
    except ContourError as error:
        raise DomainError(str(error)) from error
    return _from_contours(contours)


def _from_contours(contours: Sequence[Contour]) -> list[Feature]:
    return [
        Feature(contour.name, shape(contour.xy) if len(contour.x) else None) for contour in contours
    ]


def named_features(
    path: Path, name_field: str | None, crs: str | None
) -> tuple[list[Feature], str]:
    """Read the features of a vector file, and its coordinate reference system.

    Parameters
    ----------
    path : Path
    name_field, crs : str, optional
        See `read_domains`.

    Raises
    ------
    DomainError
        If the file cannot be read, or has no field of that name.
    MissingCRSError
        If neither the file nor `crs` names the coordinate reference system.
    """
    layer = read_layer(path, DomainError)
    fields = list(layer.fields)
    if name_field is not None and name_field not in fields:
        listed = ", ".join(fields) or "none"
        raise DomainError(
            f"{path}: no field {name_field!r} for --domain-name; its fields are {listed}"
        )
    title = name_field or next((name for name in NAME_FIELDS if name in fields), None)
    features = []
    for number, geometry in enumerate(layer.geometries):
        attributes = {name: _plain(column[number]) for name, column in layer.fields.items()}
        label = attributes.get(title) if title else None
        features.append(Feature("" if label is None else str(label), geometry, attributes))
    return features, _crs(path, layer, crs)


def _plain(value: Any) -> Any:
    """Convert a numpy value to one that JSON and every vector format can store."""
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return None if np.isnat(value) else str(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return value
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def _crs(path: Path, layer: VectorLayer, given: str | None) -> str:
    if layer.crs is not None:
        return crs_name(require_degrees(path, layer.geometries, layer.crs, given))
    if given is None:
        raise MissingCRSError(
            f"{path}: no coordinate reference system (a shapefile needs its .prj); "
            "pass --crs EPSG:n"
        )
    return crs_name(given)


def _unique(names: list[str], stem: str) -> list[str]:
    """Make names safe, and unique even on file systems that ignore case."""
    taken: set[str] = set()
    result = []
    for number, name in enumerate(names, start=1):
        blank = not name.strip()
        base = safe_name(name) if not blank else safe_name(stem)
        chosen = f"{base}_{number}" if blank and len(names) > 1 else base
        again = 2
        while chosen.casefold() in taken:
            chosen = f"{base}_{again}"
            again += 1
        taken.add(chosen.casefold())
        result.append(chosen)
    return result
