"""Readers of files of fronts: results of a run, CALFIN's shapefiles, other lines, .exp contours."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import FrontsError, MissingCRSError
from pycalfin.expfile import read_exp
from pycalfin.geo import same_crs
from pycalfin.hdf5 import open_hdf5
from pycalfin.issm.features import Layer, read_date, read_features
from pycalfin.records import Float64, Front
from pycalfin.vectors.assumed import assume
from pycalfin.vectors.read import layer_names, read_layer
from pycalfin.vectors.rings import area_of

log = logging.getLogger(__name__)

PACKAGES = ("fronts.gpkg", "fronts_north.gpkg", "fronts_south.gpkg")
"""GeoPackages in the folder of a run. Fronts without a georeference are not used."""
EXCHANGE = "fronts.h5"
POINTS_LAYER = "front_points"
"""Layer with the uncertainty of every vertex, in the GeoPackages of a run."""
POINTS_FIELDS = ("front_id", "vertex", "uncertainty")
VERTICES = ("x", "y", "uncertainty")
SAME = 1e-6
"""Map units: largest difference from rounding, in an .exp file or between two layers."""
_LEVEL1 = re.compile(r"(?P<stem>.+?)(?P<closed>_closed)?(?P<version>_v[\d.]+)?", re.I)


@dataclass(frozen=True, eq=False)
class FoundFront:
    """A front read from a file.

    Parameters
    ----------
    front : Front
    ocean : shapely geometry or None
        Ocean polygons of the file, for this front.
    oriented : bool
        True if the ocean is known to lie on the left of the line.
    fields : tuple of str
        Names of the file's fields.
    """

    front: Front
    ocean: BaseGeometry | None = None
    oriented: bool = False
    fields: tuple[str, ...] = ()


def read_file(path: Path, crs: str | None, mesh_crs: str | None) -> list[FoundFront]:
    """Read the fronts of a file or folder of any supported kind; see `sources.read_fronts`."""
    if path.is_dir():
        return _from_folder(path, crs)
    if path.suffix.lower() == ".exp":
        return _from_exp(path, crs, mesh_crs)
    if h5py.is_hdf5(path):
        return _from_exchange(path)
    names = layer_names(path, FrontsError)
    if "fronts" in names:
        return _from_package(path, names, crs)
    return _from_lines(path, crs)


def _from_folder(path: Path, crs: str | None) -> list[FoundFront]:
    packages = [path / name for name in PACKAGES if (path / name).is_file()]
    if packages:
        return [
            item
            for file in packages
            for item in _from_package(file, layer_names(file, FrontsError), crs)
        ]
    if (path / EXCHANGE).is_file():
        return _from_exchange(path / EXCHANGE)
    shapes = [file for file in sorted(path.glob("*.shp")) if not _parts(file)[1]]
    if shapes:
        return [item for file in shapes if _filled_layer(file) for item in _from_lines(file, crs)]
    raise FrontsError(
        f"{path}: neither the folder of a run (fronts.gpkg, {EXCHANGE}) nor one of shapefiles; "
        "check --fronts"
    )


def _filled_layer(path: Path) -> bool:
    """Return True if a shapefile holds geometries. A run without fronts writes an empty one."""
    return any(item is not None and not item.is_empty for item in read_features(path).geometries)


def _from_package(path: Path, names: Sequence[str], crs: str | None) -> list[FoundFront]:
    layer = read_features(path, "fronts")
    oceans = read_features(path, "ocean") if "ocean" in names else None
    found = _found(layer, oceans, crs)
    return _with_uncertainty(path, found) if POINTS_LAYER in names and layer.ours else found


def _with_uncertainty(path: Path, found: list[FoundFront]) -> list[FoundFront]:
    """Add the uncertainty of every vertex; leave out that of fronts with other vertices."""
    layer = read_layer(path, FrontsError, name=POINTS_LAYER)
    nothing = np.empty(0, object)
    ids, vertex, uncertainty = (layer.fields.get(name, nothing) for name in POINTS_FIELDS)
    if not len(ids) or {vertex.dtype.kind, uncertainty.dtype.kind} - set("fiu"):
        if layer.geometries:
            log.warning(
                "%s: the layer %s needs %s with numbers; the fronts have no uncertainty",
                path, POINTS_LAYER, ", ".join(POINTS_FIELDS),
            )  # fmt: skip
        return found
    xy = shapely.get_coordinates(layer.geometries)
    order = np.lexsort((vertex, ids.astype(str)))
    names, first = np.unique(ids.astype(str)[order], return_index=True)
    parts = dict(zip(names.tolist(), np.split(order, first[1:]), strict=True))
    changed, results = 0, []
    for item in found:
        part = parts.get(item.front.id, order[:0])
        fits = len(xy) == len(ids) and _equal(item.front.xy, xy[part])
        changed += not fits
        if fits and np.isfinite(uncertainty[part]).any():
            item = replace(item, front=replace(item.front, uncertainty=uncertainty[part]))
        results.append(item)
    if changed:
        log.warning(
            "%s: %d fronts have other vertices than in the layer %s, and no uncertainty",
            path, changed, POINTS_LAYER,
        )  # fmt: skip
    return results


def _parts(path: Path) -> tuple[str, bool, str]:
    """Split the name of a level-1 file into stem, True if closed, and version."""
    found = _LEVEL1.fullmatch(path.stem)
    assert found is not None
    return found["stem"], found["closed"] is not None, found["version"] or ""


def _from_lines(path: Path, crs: str | None) -> list[FoundFront]:
    stem, is_closed, version = _parts(path)
    closed = path if is_closed else path.with_name(f"{stem}_closed{version}{path.suffix}")
    opened = path.with_name(f"{stem}{version}{path.suffix}") if is_closed else path
    if is_closed and opened.is_file():
        log.warning("%s: polygons of the ocean; the fronts are taken from %s", path, opened.name)
    elif is_closed:
        raise _no_lines(path)
    layer = read_features(opened)
    if not any(_lines(item) for item in layer.geometries):
        kinds = {item.geom_type for item in layer.geometries if item is not None}
        if kinds and all("Point" in kind for kind in kinds):
            raise FrontsError(f"{opened}: holds points; give open lines of fronts")
        if any(item is not None and not item.is_empty for item in layer.geometries):
            raise _no_lines(opened)
        raise FrontsError(f"{opened}: no fronts in it, its layer is empty; check --fronts")
    return _found(layer, read_features(closed) if closed.is_file() else None, crs)


def _no_lines(path: Path) -> FrontsError:
    return FrontsError(
        f"{path}: closed outlines, whose sides are fjord walls and image edges, not fronts; give "
        "the file of open lines (CALFIN's termini_*.shp without _closed) and keep this one "
        "next to it, or pass it as --ocean"
    )


def _lines(geometry: BaseGeometry | None) -> list[Float64]:
    """Return the open lines of a geometry as (N, 2) arrays; closed rings are left out."""
    if geometry is None or geometry.is_empty:
        return []
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "LineString"]
    arrays = [shapely.get_coordinates(part) for part in parts]
    return [
        xy for xy in arrays if np.isfinite(xy).all() and len(np.unique(xy, axis=0)) > 1
        and (xy[0] != xy[-1]).any()
    ]  # fmt: skip


def _found(layer: Layer, oceans: Layer | None, given: str | None) -> list[FoundFront]:
    crs = layer.crs or given
    if crs is None:
        raise MissingCRSError(
            f"{layer.path}: no coordinate reference system (a shapefile needs its .prj); pass "
            "--crs EPSG:n"
        )
    if oceans is not None and oceans.crs is not None and not same_crs(oceans.crs, crs):
        raise FrontsError(
            f"{oceans.path}: in {oceans.crs}, but {layer.path.name} is in {crs}; reproject one of "
            "them"
        )
    if layer.dates.refused:
        raise FrontsError(
            f"{layer.path}: the field {layer.dates.field} holds {layer.dates.refused[0][:40]!r}, "
            "which is not a date; write YYYY-MM-DD, or name the field that holds dates Date "
            f"(fields: {listed(layer.fields)})"
        )
    found, dropped = [], 0
    for geometry, row in zip(layer.geometries, layer.rows, strict=True):
        lines = _lines(geometry)
        dropped += not lines
        for xy in lines:
            front = Front(xy=xy, crs=crs, **row)
            if len(lines) > 1:
                front = replace(front, id="")
            found.append(FoundFront(front, _matching(front, oceans), layer.ours, layer.fields))
    if dropped:
        log.warning("%s: %d features are not open lines and are left out", layer.path, dropped)
    return found


def listed(fields: Sequence[str]) -> str:
    """Format the fields of a file for an error."""
    return ", ".join(fields) or "none"


def _matching(front: Front, oceans: Layer | None) -> BaseGeometry | None:
    """Return the ocean polygons with the front's date and scene, else with its date and domain."""
    if oceans is None:
        return None
    for keys in (("date", "scene", "domain"), ("date", "domain")):
        if not all(getattr(front, key) for key in keys):
            continue
        same = [
            area_of(geometry if "Polygon" in geometry.geom_type else _filled(geometry))
            for geometry, row in zip(oceans.geometries, oceans.rows, strict=True)
            if geometry is not None
            and not geometry.is_empty
            and all(row.get(key) == getattr(front, key) for key in keys)
        ]
        if same:
            return shapely.union_all(same)
    return None


def _filled(rings: BaseGeometry) -> BaseGeometry:
    """Convert closed lines to polygons."""
    lines = [shapely.get_coordinates(part) for part in shapely.get_parts(rings)]
    closed = [xy for xy in lines if len(xy) > 3 and (xy[0] == xy[-1]).all()]
    return shapely.MultiPolygon([shapely.Polygon(xy) for xy in closed])


def _from_exp(path: Path, crs: str | None, mesh_crs: str | None) -> list[FoundFront]:
    """Read contours. For those of a run, take the fronts from the run's folder."""
    run = path.parent.parent
    known: list[FoundFront] = []
    if path.parent.name == "issm" and any((run / name).is_file() for name in PACKAGES):
        known = _from_folder(run, None)
    found = []
    for contour in read_exp(path):
        same = next((item for item in known if _equal(item.front.xy, contour.xy)), None)
        if same is not None:
            found.append(same)
            continue
        if len(contour.x) < 2 or contour.closed:
            raise FrontsError(
                f"{path}: contour {contour.name or '(no name)'} is "
                f"{'closed' if contour.closed else 'a point'}; expected the open line of a front"
            )
        if crs is None and mesh_crs is None:
            raise MissingCRSError(
                f"{path}: an .exp file names no coordinate reference system; pass --crs EPSG:n"
            )
        crs = crs or assume(path, str(mesh_crs))
        date = read_date(contour.name)
        domain = re.split(r"_?\d{4}-?\d{2}-?\d{2}", contour.name)[0]
        found.append(FoundFront(Front(xy=contour.xy, crs=crs, date=date, domain=domain)))
    return found


def _equal(one: Float64, other: Float64) -> bool:
    return one.shape == other.shape and bool(np.abs(one - other).max() < SAME)


def _from_exchange(path: Path) -> list[FoundFront]:
    try:
        with open_hdf5(path) as file:
            described = json.loads(file["document"][0].tobytes().decode())["fronts"]
            counts = file["count"][0].astype(int)
            table = np.column_stack([file[name][0] for name in VERTICES])
        parts = np.split(table, np.cumsum(counts)[:-1]) if len(counts) else []
        return [
            FoundFront(_front(content, part), None, True)
            for content, part in zip(described, parts, strict=True)
            if content["crs"] is not None
        ]
    except (OSError, LookupError, ValueError, TypeError, RecursionError) as error:
        raise FrontsError(
            f"{path}: not the fronts.h5 of a run, or damaged ({error}); run again"
        ) from error


def _front(content: dict[str, Any], part: Float64) -> Front:
    known = {item.name for item in fields(Front)}
    own = {name: value for name, value in content.items() if name in known}
    uncertainty = part[:, 2] if np.isfinite(part[:, 2]).any() else np.empty(0)
    return Front(xy=part[:, :2], uncertainty=uncertainty, **own)
