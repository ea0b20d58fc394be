"""Meshes of models, from files of MATLAB, Octave, pyISSM and text."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pycalfin.errors import MeshError, SettingsError
from pycalfin.geo import crs_name, require_map_crs
from pycalfin.issm.knownland import Known
from pycalfin.issm.variables import HOW_TO_SAVE, Opaque, Tree, is_binary, read_variables
from pycalfin.records import Float64
from pycalfin.textfile import read_text
from pycalfin.vectors.assumed import assume_north

log = logging.getLogger(__name__)

Elements: TypeAlias = NDArray[np.int64]

CORNERS = (3, 6)
"""Vertices per element: a triangle, or a prism of an extruded mesh."""
DEPTH = 4
"""Nesting levels of structs in which a mesh is searched."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """The mesh of a model.

    Parameters
    ----------
    x, y : (nv,) float64
        Vertices in `crs`. An extruded mesh lists its vertices layer by layer.
    elements : (ne, 3) or (ne, 6) int64 or None
        Vertices of triangles or prisms, **counted from 1** as in md.mesh.elements.
    crs : str or None
        'EPSG:n'; None if the file does not name it.
    known : Known or None
        What the model knows of land. None: the fronts alone decide.
    """

    x: Float64
    y: Float64
    elements: Elements | None = None
    crs: str | None = None
    known: Known | None = None

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            values = np.asarray(getattr(self, name), np.float64).ravel()
            object.__setattr__(self, name, values)
        if len(self.x) != len(self.y) or len(self.x) == 0:
            raise MeshError(
                f"a mesh has {len(self.x)} x and {len(self.y)} y; expected one y for every x, and "
                "at least one vertex"
            )
        if not (np.isfinite(self.x).all() and np.isfinite(self.y).all()):
            raise MeshError("the mesh has coordinates that are not finite; check md.mesh.x and y")
        if self.elements is not None:
            object.__setattr__(self, "elements", _checked(self.elements, len(self.x)))

    @property
    def triangles(self) -> Elements | None:
        """Triangles of the mesh, (n, 3), counted from 1; None without elements.

        For an extruded mesh, the triangles of the lowest layer.
        """
        if self.elements is None or self.elements.shape[1] == 3:
            return self.elements
        lower, upper = self.elements[:, :3], self.elements[:, 3:]
        return lower[~np.isin(lower, upper).any(axis=1)]

    def located(self, given: str | None = None) -> Mesh:
        """Return the mesh with a coordinate reference system.

        Parameters
        ----------
        given : str, optional
            Used if the mesh has none.

        Returns
        -------
        Mesh
            In its own CRS if it has one, else in `given`, else in EPSG:3413, which is logged.

        Raises
        ------
        SettingsError
            If `given` is not the CRS of a map.
        MissingCRSError
            If EPSG:3413 would be assumed, but the vertices cannot be in it.
        """
        if given is not None:
            require_map_crs(given)
        if self.crs is not None:
            if given is not None and crs_name(given) != self.crs:
                log.warning(
                    "the mesh names its own system, %s, which is used; not in %s", self.crs, given
                )
            return self
        if given is None:
            xy = np.column_stack([self.x, self.y])
            given = assume_north("the mesh", xy, "set md.mesh.epsg or pass --crs EPSG:n")
        return replace(self, crs=crs_name(given))


def read_mesh(path: str | Path) -> Mesh:
    """Read the mesh of a model.

    Parameters
    ----------
    path : path
        One of:

        - .mat of MATLAB or Octave (v5 to v7.3): a struct `md` with md.mesh.x and so on, a struct
          `mesh`, or variables x, y and optionally elements and epsg;
        - HDF5 or .npz with the same names, including Octave's `save -hdf5`;
        - netCDF from pyISSM's `save_model`, or with variables x and y;
        - text with columns x and y: those named so in a header, else the first two.

    Returns
    -------
    Mesh
        With what the file knows of land: md.mask.ice_levelset, md.mask.ocean_levelset and
        md.geometry.bed, or variables ice_levelset, ocean_levelset and bed next to x and y.

    Raises
    ------
    MeshError
        If the file cannot be read, or does not hold exactly one valid mesh.
    """
    path = Path(path)
    if path.is_file() and not is_binary(path):
        return _from_text(path)
    tree = read_variables(path)
    found = _find(tree)
    if not found:
        raise MeshError(f"{path}: {_nothing(tree)}")
    if len(found) > 1:
        names = ", ".join(sorted(found))
        raise MeshError(f"{path}: several meshes ({names}); save the one to use: {HOW_TO_SAVE}")
    ((name, mesh),) = found.items()
    if np.size(mesh.get("r", ())) > 1 and np.size(mesh.get("lat", ())) > 1:
        raise MeshError(f"{path}: {name} lies on the sphere; expected a mesh in map coordinates")
    try:
        return Mesh(
            mesh["x"],
            mesh["y"],
            _elements(mesh.get("elements")),
            _crs(mesh.get("epsg")),
            _known(tree, name, np.size(mesh["x"])),
        )
    except MeshError as error:
        raise MeshError(f"{path}: {error}") from error


def _find(tree: Tree, name: str = "", depth: int = DEPTH) -> dict[str, Tree]:
    """Find mappings with x and y; in a model, search only its `mesh`."""
    if _has_vertices(tree):
        return {name or "the file": tree}
    found: dict[str, Tree] = {}
    inner = {key: value for key, value in tree.items() if isinstance(value, dict)}
    if isinstance(inner.get("mesh"), dict):
        inner = {"mesh": inner["mesh"]}
    for key, value in inner.items():
        if depth:
            found |= _find(value, f"{name}.{key}" if name else key, depth - 1)
    return found


def _known(tree: Tree, name: str, vertices: int) -> Known:
    """Read what a model, or variables next to a mesh, know of its land."""
    *path, last = name.split(".")
    for key in path:
        tree = tree.get(key, {})
    if last == "mesh":
        mask, geometry = (tree.get(part) for part in ("mask", "geometry"))
    else:
        mask = geometry = tree.get(last, tree)
    values = {}
    for part, key in ((mask, "ice_levelset"), (mask, "ocean_levelset"), (geometry, "bed")):
        value = part.get(key) if isinstance(part, dict) else None
        if isinstance(value, np.ndarray) and value.dtype.kind in "iuf":
            values[key.removesuffix("_levelset")] = value
    return Known.of(vertices, **values)


def _has_vertices(tree: Tree) -> bool:
    return all(
        isinstance(tree.get(axis), np.ndarray) and tree[axis].dtype.kind in "iuf" for axis in "xy"
    ) and (np.size(tree["x"]) > 1 or np.size(tree["y"]) > 1)


def _nothing(tree: Tree) -> str:
    if _opaque(tree):
        return (
            "its model is a MATLAB object, which only MATLAB can read; in MATLAB save plain "
            f"arrays: {HOW_TO_SAVE}"
        )
    names = ", ".join(sorted(tree)[:8]) or "none"
    return (
        f"no mesh in it (its variables: {names}); expected md.mesh, or x and y. In MATLAB or "
        f"Octave: {HOW_TO_SAVE}"
    )


def _opaque(tree: Any) -> bool:
    if isinstance(tree, dict):
        return any(_opaque(value) for value in tree.values())
    return isinstance(tree, Opaque)


def _elements(value: Any) -> Elements | None:
    """Return elements with one row each; None if there are none (pyISSM writes NaN)."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iuf" or value.size <= 1:
        return None
    if value.ndim == 2 and value.shape[1] not in CORNERS and value.shape[0] in CORNERS:
        value = value.T
    return value


def _checked(value: Any, vertices: int) -> Elements:
    elements = np.asarray(value)
    if elements.ndim != 2 or elements.shape[1] not in CORNERS:
        raise MeshError(
            f"the elements have shape {elements.shape}; expected (ne, 3) triangles or (ne, 6) "
            "prisms"
        )
    if not (elements == np.round(elements)).all():
        raise MeshError("the elements hold fractions; expected whole numbers of vertices, from 1")
    if elements.size and elements.min() == 0:
        raise MeshError("the elements count vertices from 0; ISSM counts from 1: add 1 to them")
    if elements.size and (elements.min() < 0 or elements.max() > vertices):
        raise MeshError(
            f"the elements name vertices {int(elements.min())} to {int(elements.max())} of "
            f"{vertices}; check md.mesh.elements"
        )
    return elements.astype(np.int64)


def _crs(epsg: Any) -> str | None:
    """Return the CRS of an EPSG code; None for 0 or NaN, which ISSM writes if it is unknown."""
    try:
        code = float(np.asarray(epsg, float).ravel()[0])
    except (IndexError, TypeError, ValueError):
        return None
    if not np.isfinite(code) or code <= 0:
        return None
    name = f"EPSG:{code:.0f}"
    try:
        require_map_crs(name)
    except SettingsError as error:
        raise MeshError(f"md.mesh.epsg is {code:g}: {error}") from error
    return name


def _from_text(path: Path) -> Mesh:
    lines = read_text(path).splitlines()
    rows = [re.split(r"[,;\s]+", line.strip(" \t,;")) for line in lines]
    rows = [row for row in rows if row[0] and (row[0][0] != "#" or _named(row))]
    columns = [0, 1]
    if rows and (names := _named(rows[0])):
        columns, rows = [names.index("x"), names.index("y")], rows[1:]
    points = []
    for number, row in enumerate(rows, start=1):
        try:
            points.append([float(row[column]) for column in columns])
        except (IndexError, ValueError):
            raise MeshError(
                f"{path}: line {number} of the data is {' '.join(row)[:60]!r}, not x and y; "
                "expected columns x y of numbers, or a .mat, HDF5, netCDF or .npz file"
            ) from None
    if not points:
        raise MeshError(f"{path}: empty; expected columns x y of numbers")
    array = np.array(points)
    try:
        return Mesh(array[:, 0], array[:, 1])
    except MeshError as error:
        raise MeshError(f"{path}: {error}") from error


def _named(row: list[str]) -> list[str]:
    """Return the names of columns in a header with x and y; empty for any other row."""
    names = [word.strip("\"'").lower() for word in row if word.strip("#")]
    if names and names[0].startswith("#"):
        names[0] = names[0].lstrip("#")
    return names if {"x", "y"} <= set(names) else []
