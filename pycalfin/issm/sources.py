"""Fronts for level sets: from a run, CALFIN's published files, or lines that somebody drew.

pycalfin's own fronts have the ocean on their left. Other lines have no known direction: ocean
polygons beside them, or the user, tell the side. Without either they are refused.
"""

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
from pycalfin.geo import densify, reproject, reproject_geometry, same_crs
from pycalfin.hdf5 import open_hdf5
from pycalfin.issm.features import Layer, read_date, read_features
from pycalfin.issm.oceanside import Side, ocean_is_left, side_in, too_few_points
from pycalfin.records import Float64, Front
from pycalfin.vectors.read import layer_names
from pycalfin.vectors.rings import area_of

log = logging.getLogger(__name__)

PACKAGES = ("fronts.gpkg", "fronts_north.gpkg", "fronts_south.gpkg")
"""Of a run's folder; fronts without a georeference have no place on a mesh."""
EXCHANGE = "fronts.h5"
VERTICES = ("x", "y", "uncertainty")
SAME = 1e-6
"""Map units: coordinates that an .exp file has rounded."""
_LEVEL1 = re.compile(r"(?P<stem>.+?)(?P<closed>_closed)?(?P<version>_v[\d.]+)?", re.I)


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


@dataclass(frozen=True, eq=False)
class _Found:
    front: Front
    ocean: BaseGeometry | None = None
    oriented: bool = False
    fields: tuple[str, ...] = ()


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
        Take fronts of synthetic scenes, which observe nothing.

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
    found = _read(path, crs, mesh_crs)
    if not found:
        raise FrontsError(f"{path}: no fronts in it")
    if not allow_synthetic and (count := sum(item.front.synthetic for item in found)):
        raise FrontsError(
            f"{path}: {count} of {len(found)} fronts come from synthetic scenes and observe "
            "nothing; to try the way to the model with them, pass --allow-synthetic"
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
        raise FrontsError(
            f"none of the {len(kept)} fronts lies on the mesh, which reaches from x {west:.0f} to "
            f"{east:.0f} and y {south:.0f} to {north:.0f} in {crs}; is that its system (--crs)?"
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


def _moved(ocean: BaseGeometry | None, crs: str | None, target: str) -> BaseGeometry | None:
    if ocean is None or crs is None or same_crs(crs, target):
        return ocean
    return reproject_geometry(densify(ocean), crs, target)


def _read(path: Path, crs: str | None, mesh_crs: str | None) -> list[_Found]:
    if path.is_dir():
        return _from_folder(path, crs)
    if path.suffix.lower() == ".exp":
        return _from_exp(path, crs or mesh_crs)
    if h5py.is_hdf5(path):
        return _from_exchange(path)
    names = layer_names(path, FrontsError)
    if "fronts" in names:
        return _from_package(path, names, crs)
    return _from_lines(path, crs)


def _from_folder(path: Path, crs: str | None) -> list[_Found]:
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
        f"{path}: neither a run's folder (fronts.gpkg, {EXCHANGE}) nor one of shapefiles; check "
        "--fronts"
    )


def _filled_layer(path: Path) -> bool:
    """Tell whether a shapefile holds anything; a run leaves an empty one where it found nothing."""
    return any(item is not None and not item.is_empty for item in read_features(path).geometries)


def _from_package(path: Path, names: Sequence[str], crs: str | None) -> list[_Found]:
    layer = read_features(path, "fronts")
    oceans = read_features(path, "ocean") if "ocean" in names else None
    return _found(layer, oceans, crs)


def _parts(path: Path) -> tuple[str, bool, str]:
    """Take a level-1 name apart: stem, closed or not, version."""
    found = _LEVEL1.fullmatch(path.stem)
    assert found is not None
    return found["stem"], found["closed"] is not None, found["version"] or ""


def _from_lines(path: Path, crs: str | None) -> list[_Found]:
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
            raise FrontsError(f"{opened}: Points in it; expected the open lines of fronts")
        if any(item is not None and not item.is_empty for item in layer.geometries):
            raise _no_lines(opened)
        raise FrontsError(f"{opened}: no fronts in it; its layer is empty")
    return _found(layer, read_features(closed) if closed.is_file() else None, crs)


def _no_lines(path: Path) -> FrontsError:
    return FrontsError(
        f"{path}: closed outlines, whose sides are fjord walls and image edges, not fronts; give "
        "the file of open lines (CALFIN's termini_*.shp without _closed) and keep this one beside "
        "it, or pass it as --ocean"
    )


def _lines(geometry: BaseGeometry | None) -> list[Float64]:
    """Take a line, or several, as (N, 2) arrays; closed rings are none."""
    if geometry is None or geometry.is_empty:
        return []
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "LineString"]
    arrays = [shapely.get_coordinates(part) for part in parts]
    return [
        xy for xy in arrays if np.isfinite(xy).all() and len(np.unique(xy, axis=0)) > 1
        and (xy[0] != xy[-1]).any()
    ]  # fmt: skip


def _found(layer: Layer, oceans: Layer | None, given: str | None) -> list[_Found]:
    crs = layer.crs or given
    if crs is None:
        raise MissingCRSError(
            f"{layer.path}: no coordinate reference system (a shapefile needs its .prj); pass "
            "--crs EPSG:n"
        )
    if oceans is not None and oceans.crs is not None and not same_crs(oceans.crs, crs):
        raise FrontsError(f"{oceans.path}: in {oceans.crs}, but {layer.path.name} is in {crs}")
    if layer.dates.refused:
        raise FrontsError(
            f"{layer.path}: the field {layer.dates.field} holds {layer.dates.refused[0][:40]!r}, "
            "which is no date; write YYYY-MM-DD, or name the field that holds dates Date (fields: "
            f"{listed(layer.fields)})"
        )
    found, dropped = [], 0
    for geometry, row in zip(layer.geometries, layer.rows, strict=True):
        lines = _lines(geometry)
        dropped += not lines
        for xy in lines:
            front = Front(xy=xy, crs=crs, **row)
            if len(lines) > 1:
                front = replace(front, id="")
            found.append(_Found(front, _matching(front, oceans), layer.ours, layer.fields))
    if dropped:
        log.warning("%s: %d features are no open lines and are left out", layer.path, dropped)
    return found


def listed(fields: Sequence[str]) -> str:
    """Name the fields of a file in an error."""
    return ", ".join(fields) or "none"


def _matching(front: Front, oceans: Layer | None) -> BaseGeometry | None:
    """Polygons of the front's date: of its scene, else of its domain; only one is needed."""
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
    """Make polygons of closed lines."""
    lines = [shapely.get_coordinates(part) for part in shapely.get_parts(rings)]
    closed = [xy for xy in lines if len(xy) > 3 and (xy[0] == xy[-1]).all()]
    return shapely.MultiPolygon([shapely.Polygon(xy) for xy in closed])


def _from_exp(path: Path, crs: str | None) -> list[_Found]:
    """Read contours; those of a run's own file are told by the run that lies beside it."""
    run = path.parent.parent
    known: list[_Found] = []
    if path.parent.name == "issm" and any((run / name).is_file() for name in PACKAGES):
        known = _from_folder(run, None)
    found = []
    for contour in read_exp(path):
        beside = next((item for item in known if _equal(item.front.xy, contour.xy)), None)
        if beside is not None:
            found.append(beside)
            continue
        if len(contour.x) < 2 or contour.closed:
            raise FrontsError(
                f"{path}: contour {contour.name or '(no name)'} is "
                f"{'closed' if contour.closed else 'a point'}; expected the open line of a front"
            )
        if crs is None:
            raise MissingCRSError(f"{path}: an .exp file names no reference system; pass --crs")
        date = read_date(contour.name)
        domain = re.split(r"_?\d{4}-?\d{2}-?\d{2}", contour.name)[0]
        found.append(_Found(Front(xy=contour.xy, crs=crs, date=date, domain=domain)))
    return found


def _equal(one: Float64, other: Float64) -> bool:
    return one.shape == other.shape and bool(np.abs(one - other).max() < SAME)


def _from_exchange(path: Path) -> list[_Found]:
    try:
        with open_hdf5(path) as file:
            described = json.loads(file["document"][0].tobytes().decode())["fronts"]
            counts = file["count"][0].astype(int)
            table = np.column_stack([file[name][0] for name in VERTICES])
        parts = np.split(table, np.cumsum(counts)[:-1]) if len(counts) else []
        return [
            _Found(_front(content, part), None, True)
            for content, part in zip(described, parts, strict=True)
            if content["crs"] is not None
        ]
    except (OSError, LookupError, ValueError, TypeError, RecursionError) as error:
        raise FrontsError(
            f"{path}: no fronts.h5 of a run, or a damaged one ({error}); run again"
        ) from error


def _front(content: dict[str, Any], part: Float64) -> Front:
    known = {item.name for item in fields(Front)}
    own = {name: value for name, value in content.items() if name in known}
    uncertainty = part[:, 2] if np.isfinite(part[:, 2]).any() else np.empty(0)
    return Front(xy=part[:, :2], uncertainty=uncertainty, **own)


def _oriented(path: Path, found: Sequence[_Found], side: Side | None) -> Source:
    """Turn every front so that the ocean lies on its left."""
    loose = [item.front for item in found if not item.oriented]
    if too_few_points(side, [front.domain for front in loose]):
        raise FrontsError(
            f"{path}: fronts of {len({front.domain for front in loose})} glaciers; give --ocean a "
            "point for each of them, or polygons"
        )
    fronts, undecided = [], []
    for item in found:
        left = True if item.oriented else _left(item, side)
        if left is None:
            undecided.append(item.front)
        turned = item.front if left else replace(item.front, xy=item.front.xy[::-1])
        fronts.append(turned)
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


def _left(item: _Found, side: Side | None) -> bool | None:
    if side is not None and side.word is not None:
        return side.word == "left"
    ocean = item.ocean if side is None else side_in(side, item.front.crs)
    return None if ocean is None else ocean_is_left(item.front.xy, ocean)
