"""Domains: named polygons from shapefiles, GeoJSON, GeoPackage and ISSM's .exp contours."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import ContourError, DomainError, MissingCRSError
from pycalfin.expfile import Contour, read_exp
from pycalfin.files import plain_path, readable, safe_name
from pycalfin.geo import NORTH_CRS, crs_name, parse_crs
from pycalfin.records import Domain, Float64

URL_CHARACTERS = "!;\n\r\t"
"""What pyogrio takes in a path for parts of a URL, or drops."""
NAME_FIELDS = ("Name", "name", "RefName")
"""Fields that hold a domain's name, best first; RefName is CALFIN's."""
LARGEST_LONGITUDE, LARGEST_LATITUDE = 540.0, 90.1
"""Degrees; coordinates beyond cannot be longitude and latitude."""


@dataclass(frozen=True, eq=False)
class _Feature:
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
        Shapefile, GeoJSON (its `crs` member is honoured), GeoPackage, or .exp, in which every
        closed contour is a domain.
    name_field : str, optional
        Field that holds the names. Default: Name, name or RefName, else the file's stem
        (numbered if there are several).
    crs : str, optional
        Coordinate reference system of a file that has none; an .exp file's default is EPSG:3413.

    Returns
    -------
    list of Domain
        In the order of the file, with unique names that are safe for paths.

    Raises
    ------
    DomainError
        If the file cannot be read, holds no polygon, or holds an invalid or empty one.
    MissingCRSError
        If neither the file nor `crs` tells the coordinate reference system.
    """
    path = Path(path)
    if not path.exists():
        raise DomainError(f"{path}: no such file; check --domain")
    if path.suffix.lower() == ".exp":
        features, found = _from_exp(path, name_field), crs or NORTH_CRS
    else:
        features, found = _from_vector(path, name_field, crs)
    return _domains(path, features, readable(path.stem), found)


def domains_from_contours(
    origin: str, contours: Sequence[Contour], crs: str | None = None
) -> list[Domain]:
    """Make a domain of every closed contour.

    Parameters
    ----------
    origin : str
        What errors call the contours, and the name of a domain whose contour has none.
    contours : sequence of Contour
    crs : str, optional
        Of the contours; default: EPSG:3413, as for an .exp file.

    Returns
    -------
    list of Domain

    Raises
    ------
    DomainError
        If there is no contour, or one is open or makes no valid polygon.
    """
    return _domains(origin, _from_contours(origin, contours), origin, crs_name(crs or NORTH_CRS))


def domain_from_mesh(
    name: str, x: Float64, y: Float64, elements: NDArray[np.int64], crs: str | None = None
) -> Domain:
    """Make a domain of the area that a mesh of triangles covers, holes left out.

    Parameters
    ----------
    name : str
    x, y : (nv,) float64
        Vertices, in `crs`.
    elements : (ne, 3) int
        Vertices of the triangles, counted from 0.
    crs : str, optional
        Default: EPSG:3413.

    Returns
    -------
    Domain

    Raises
    ------
    DomainError
        If there is no triangle, or one names a vertex that does not exist or is not finite.
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
    return _domains(name, [_Feature(name, outline)], name, crs_name(crs or NORTH_CRS))[0]


def _domains(origin: str | Path, features: list[_Feature], stem: str, crs: str) -> list[Domain]:
    if not features:
        raise DomainError(f"{origin}: no polygon in it; draw the domain as a polygon")
    polygons = _polygons(origin, features)
    names = _unique([feature.name for feature in features], stem)
    return [
        Domain(name, polygon, crs, feature.attributes)
        for name, polygon, feature in zip(names, polygons, features, strict=True)
    ]


def _from_exp(path: Path, name_field: str | None) -> list[_Feature]:
    if name_field is not None:
        raise DomainError(f"{path}: an .exp file has no fields; leave out --domain-name")
    try:
        contours = read_exp(path)
    except ContourError as error:
        raise DomainError(str(error)) from error
    return _from_contours(path, contours)


def _from_contours(origin: str | Path, contours: Sequence[Contour]) -> list[_Feature]:
    features = []
    for number, contour in enumerate(contours, start=1):
        if not contour.closed or len(contour.x) < 4:
            raise DomainError(
                f"{origin}: contour {number} ({contour.name or 'no name'}) is an open line; close "
                "it (repeat its first point at the end) to make it a domain"
            )
        features.append(_Feature(contour.name, Polygon(contour.xy)))
    return features


def _from_vector(path: Path, name_field: str | None, crs: str | None) -> tuple[list[_Feature], str]:
    meta, wkb, columns = read_features(path)
    fields = [str(name) for name in meta["fields"]]
    if name_field is not None and name_field not in fields:
        listed = ", ".join(fields) or "none"
        raise DomainError(
            f"{path}: no field {name_field!r} for --domain-name; its fields are {listed}"
        )
    title = name_field or next((name for name in NAME_FIELDS if name in fields), None)
    features = []
    for number in range(len(wkb)):
        attributes = {
            name: _plain(column[number]) for name, column in zip(fields, columns, strict=True)
        }
        label = attributes.get(title) if title else None
        features.append(
            _Feature("" if label is None else str(label), _geometry(wkb[number]), attributes)
        )
    return features, _crs(path, meta["crs"], crs, features)


def read_features(path: Path, shape: str = "Polygon") -> tuple[dict[str, Any], Any, Sequence[Any]]:
    """Read the first layer of a vector file with geometries of a shape, else its first with any.

    Parameters
    ----------
    path : Path
    shape : {'Polygon', 'LineString'}

    Returns
    -------
    meta : dict
        With 'crs' and 'fields'.
    wkb : array of bytes
        Geometries in two dimensions.
    columns : sequence of arrays
        One for each field.

    Raises
    ------
    DomainError
        If it cannot be read or has no geometries.
    """
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError
    from pyogrio.errors import GeometryError as PyogrioGeometryError

    with plain_path(path, URL_CHARACTERS) as plain, warnings.catch_warnings():
        # about measures, curves and dates, none of which a domain needs
        warnings.simplefilter("ignore")
        try:
            layers = pyogrio.list_layers(plain)
            spatial = [name for name, kind in layers if kind is not None]
            if not spatial:
                raise DomainError(
                    f"{path}: no {shape.lower()} in the file; it has no geometries at all"
                )
            wanted = [name for name, kind in layers if kind and shape in kind]
            meta, _, wkb, columns = pyogrio.raw.read(
                plain, layer=(wanted or spatial)[0], force_2d=True
            )
        except (
            DataSourceError,
            DataLayerError,
            FeatureError,
            FieldError,
            PyogrioGeometryError,
            OSError,
        ) as error:
            why = (str(error).splitlines() or [""])[0].replace(plain, "")[:120].strip(" ;:'")
            raise DomainError(
                f"{path}: cannot be read as a vector file ({why}); give a shapefile, GeoJSON, "
                "GeoPackage or .exp"
            ) from error
    return meta, wkb, columns


def _geometry(wkb: bytes | None) -> BaseGeometry | None:
    if wkb is None:
        return None
    try:
        geometry: BaseGeometry = shapely.from_wkb(wkb)
    except shapely.errors.GEOSException:
        return None
    return shapely.force_2d(geometry)


def _plain(value: Any) -> Any:
    """Turn a numpy value into one that JSON and every vector format can hold."""
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return None if np.isnat(value) else str(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return value
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def _crs(path: Path, found: str | None, given: str | None, features: list[_Feature]) -> str:
    if not found:
        if given is None:
            raise MissingCRSError(
                f"{path}: no coordinate reference system (a shapefile needs its .prj); "
                "pass --crs EPSG:n"
            )
        return crs_name(given)
    name = crs_name(found)
    if parse_crs(name).is_geographic and not _could_be_degrees(features):
        if given is None or parse_crs(given).is_geographic:
            raise MissingCRSError(
                f"{path}: its coordinates are no degrees, although it says so (GeoJSON without a "
                "crs member is longitude and latitude); pass --crs EPSG:n"
            )
        return crs_name(given)
    return name


def _could_be_degrees(features: list[_Feature]) -> bool:
    shapes = [item.geometry for item in features if item.geometry is not None]
    bounds = np.abs(shapely.total_bounds(shapes)) if shapes else np.zeros(4)
    if not np.isfinite(bounds).all():
        return True
    return bool(
        max(bounds[0], bounds[2]) <= LARGEST_LONGITUDE
        and max(bounds[1], bounds[3]) <= LARGEST_LATITUDE
    )


def _polygons(path: str | Path, features: list[_Feature]) -> list[BaseGeometry]:
    """Check every feature; all problems of the file make one error."""
    problems = []
    polygons = []
    for number, feature in enumerate(features, start=1):
        problem = _problem(feature.geometry)
        if problem:
            label = f" ({safe_name(feature.name)[:40]})" if feature.name else ""
            problems.append(f"feature {number}{label} {problem}")
        else:
            polygons.append(feature.geometry)
    if problems:
        more = f" (and {len(problems) - 2} more)" if len(problems) > 2 else ""
        raise DomainError(
            f"{path}: {'; '.join(problems[:2])}{more}; mend or redraw it (QGIS: Fix geometries)"
        )
    return [polygon for polygon in polygons if polygon is not None]


def _problem(geometry: BaseGeometry | None) -> str:
    if geometry is None or geometry.is_empty:
        return "is empty"
    if geometry.geom_type not in ("Polygon", "MultiPolygon"):
        return f"is a {geometry.geom_type}, not a polygon"
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        return "has coordinates that are not finite"
    if not geometry.is_valid:
        return f"is invalid ({shapely.is_valid_reason(geometry)})"
    return "" if geometry.area > 0 else "has no area"


def _unique(names: list[str], stem: str) -> list[str]:
    """Make names safe, and unique even where a file system ignores case."""
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
