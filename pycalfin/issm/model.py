"""Fronts in a pyISSM model: its ice mask at the start, and its moving front."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import FrontsError, MeshError
from pycalfin.issm.build import LevelSets, make_levelsets, restored
from pycalfin.issm.decimal import decimal_year
from pycalfin.issm.knownland import Known
from pycalfin.issm.mesh import Elements, Mesh
from pycalfin.issm.oceanside import Side
from pycalfin.issm.sources import Source, read_fronts
from pycalfin.records import Float64, Front, Mask

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ModelLevelSets:
    """Level sets for the masks of a model.

    Parameters
    ----------
    levelset : (nv,) float64
        md.mask.ice_levelset.
    start : float
        Decimal year of `levelset`.
    spclevelset : (nv + 1, nt) or (nv,) float64 or None
        md.levelset.spclevelset; None if only the mask was requested.
    time : (nt,) float64
        Decimal years of the columns, or of the mask if there are none.
    fronts : tuple of Front
        Fronts that were used, in the coordinates of the mesh.
    kept : int
        Number of ice-free vertices that keep their values.
    """

    levelset: Float64
    start: float
    spclevelset: Float64 | None
    time: Float64
    fronts: tuple[Front, ...]
    kept: int = 0


def apply(
    md: Any,
    fronts: Sequence[Front] | Source | str | Path,
    *,
    crs: str | None = None,
    date: str | None = None,
    times: str | ArrayLike | None = None,
    max_gap: float | None = None,
    transient: bool | None = None,
    replacemask: bool = False,
    allow_synthetic: bool = False,
    ocean: BaseGeometry | str | None = None,
    land: BaseGeometry | None = None,
    fjord: BaseGeometry | None = None,
) -> Any:
    """Fill the masks of a pyISSM model from fronts.

    Parameters
    ----------
    md : pyissm.model.Model
        Model with a mesh; changed in place.
    fronts : sequence of Front, Source or path
        A path is read like that of `pycalfin levelset --fronts`. Fronts away from the mesh are
        left out.
    crs : str, optional
        CRS of the mesh, used if md.mesh.epsg is 0. Default: EPSG:3413, which is logged.
    date : str, optional
        YYYY-MM-DD of the front at the start. Default: the front is interpolated to
        md.timestepping.start_time. Before the first front the model starts with the first, and
        after the last with the last, as in ISSM's solver, which is logged.
    times : 'monthly' or sequence of float or str, optional
        Times of the series. Default: the dates with fronts.
    max_gap : float, optional
        Days; see `spclevelset`.
    transient : bool, optional
        True: prescribe the series (fill md.levelset.spclevelset, set md.transient.ismovingfront).
        False: fill only the mask. Default: False if `date` is given without `times`, else True.
    replacemask : bool
        True: the fronts alone decide. False: land that the model knows bounds the extension of
        fronts and stays as it is (docs/levelsets.md). So do vertices without ice that no front
        makes ocean, and that are not connected to the ocean over vertices without ice.
    allow_synthetic : bool
        Accept fronts of synthetic scenes.
    ocean : 'left', 'right' or shapely geometry, optional
        Side of the ocean, or an area in it in the mesh's coordinates, for files that do not say.
    land, fjord : shapely geometry, optional
        In the mesh's coordinates; see `levelset`.

    Returns
    -------
    pyissm.model.Model
        The model that was given.

    Raises
    ------
    MeshError
        If md has no mesh.
    MissingCRSError
        If EPSG:3413 would be assumed, but the mesh cannot be in it.
    FrontsError
        If no front lies on the mesh, or fronts are synthetic and that is not allowed.
    """
    mesh = _mesh(md, replacemask).located(crs)
    made = fill(
        mesh,
        _source(fronts, mesh, ocean, allow_synthetic),
        start_time=float(md.timestepping.start_time),
        date=date,
        times=_times(times),
        max_gap=max_gap,
        transient=transient,
        land=land,
        fjord=fjord,
    )
    md.mask.ice_levelset = made.levelset
    if made.spclevelset is not None:
        md.levelset.spclevelset = made.spclevelset
        md.transient.ismovingfront = 1
        if made.spclevelset.ndim == 2 and not getattr(md.timestepping, "interp_forcing", 1):
            log.warning("md.timestepping.interp_forcing is 0: the front will move in jumps")
    return md


def fill(
    mesh: Mesh,
    source: Source,
    *,
    start_time: float | None = None,
    date: str | None = None,
    times: Any = None,
    max_gap: float | None = None,
    transient: bool | None = None,
    land: BaseGeometry | None = None,
    fjord: BaseGeometry | None = None,
    within_ocean: bool = False,
) -> ModelLevelSets:
    """Compute the level sets that `apply` (pyISSM) and calfin.m (ISSM) put into a model.

    Parameters
    ----------
    mesh : Mesh
        Must have a coordinate reference system. If it knows no masks, the fronts alone decide.
    source : Source
    start_time : float, optional
        Decimal year at which the model starts; None if unknown.
    date, times, max_gap, transient, land, fjord
        As in `apply`.
    within_ocean : bool
        See `make_levelsets`.

    Returns
    -------
    ModelLevelSets

    Raises
    ------
    FrontsError, LevelSetError
        See `make_levelsets`.
    """
    series = transient if transient is not None else date is None or times is not None
    areas: dict[str, Any] = {
        "max_gap": max_gap,
        "land": land,
        "fjord": fjord,
        "within_ocean": within_ocean,
    }
    made = None
    if series or date is None:
        made = make_levelsets(source, mesh, times=times, **areas)
    if date is not None:
        one = make_levelsets(source, mesh, date=date, **areas)
        start, year = one.levelset, decimal_year(date)
        made = one if made is None else made
    else:
        assert made is not None
        start, year = _at_start(made, start_time)
    made = replace(made, levelset=start, spclevelset=made.spclevelset if series else None)
    time = made.time if series else np.array([year])
    made = _keep(made, mesh)
    if made.kept.any():
        log.info("%d vertices without ice are left as they are", made.kept.sum())
    return ModelLevelSets(
        made.levelset, year, made.spclevelset, time, made.fronts, int(made.kept.sum())
    )


def _mesh(md: Any, replacemask: bool) -> Mesh:
    try:
        x, y, elements = (getattr(md.mesh, name) for name in ("x", "y", "elements"))
        epsg = float(md.mesh.epsg or 0)
    except AttributeError as error:
        raise MeshError(
            f"a {type(md).__name__} is not a model with a mesh in map coordinates; give a pyISSM "
            "model"
        ) from error
    if np.ndim(x) == 0 or np.size(x) == 0:
        raise MeshError("the model has no mesh yet (md.mesh.x is empty); make the mesh first")
    triangles = np.asarray(elements) if np.ndim(elements) == 2 else None
    crs = f"EPSG:{epsg:.0f}" if np.isfinite(epsg) and epsg > 0 else None
    known = None if replacemask else _known(md, np.size(x))
    return Mesh(x, y, triangles, crs, known)


def _known(md: Any, vertices: int) -> Known:
    mask, geometry = getattr(md, "mask", None), getattr(md, "geometry", None)
    return Known.of(
        vertices,
        ice=getattr(mask, "ice_levelset", None),
        ocean=getattr(mask, "ocean_levelset", None),
        bed=getattr(geometry, "bed", None),
    )


def _source(
    fronts: Sequence[Front] | Source | str | Path,
    mesh: Mesh,
    ocean: BaseGeometry | str | None,
    allow_synthetic: bool,
) -> Source:
    if isinstance(fronts, (str, Path)):
        side = None
        if isinstance(ocean, str):
            if ocean not in ("left", "right"):
                raise FrontsError(f"ocean is {ocean!r}; give 'left', 'right' or a geometry")
            side = Side(word="left" if ocean == "left" else "right")
        elif ocean is not None:
            side = Side(geometry=ocean, crs=mesh.crs)
        return read_fronts(fronts, mesh_crs=mesh.crs, ocean=side, allow_synthetic=allow_synthetic)
    source = fronts if isinstance(fronts, Source) else Source(tuple(fronts), (None,) * len(fronts))
    count = sum(front.synthetic for front in source.fronts)
    if count and not allow_synthetic:
        raise FrontsError(
            f"{count} of {len(source.fronts)} fronts come from synthetic scenes and "
            "are no observations; to test the workflow with them, pass allow_synthetic=True"
        )
    return source


def _times(times: str | ArrayLike | None) -> Any:
    return times if times is None or isinstance(times, str) else np.asarray(times)


def _at_start(made: LevelSets, start: float | None) -> tuple[Float64, float]:
    """Return level set and time at the model's start, as the solver interpolates and holds them."""
    first, last = float(made.time[0]), float(made.time[-1])
    if start is None or not np.isfinite(start):
        log.warning("the model has no start time; it starts with the first front")
        return made.levelset, first
    if not first <= start <= last:
        log.warning(
            "the model starts at %g, but the fronts are of %.4f to %.4f; it starts with the %s "
            "front, which ISSM holds outside",
            start, first, last, "first" if start < first else "last",
        )  # fmt: skip
    if made.spclevelset is None or made.spclevelset.ndim == 1 or start <= first:
        return made.levelset, first
    values = made.spclevelset[:-1]
    if start >= last:
        return values[:, -1].copy(), last
    after = int(np.searchsorted(made.time, start, side="right"))
    low, high = made.time[after - 1], made.time[after]
    weight = (start - low) / (high - low)
    return values[:, after - 1] + weight * (values[:, after] - values[:, after - 1]), start


def _keep(made: LevelSets, mesh: Mesh) -> LevelSets:
    """Restore vertices without ice that no front concerns."""
    if mesh.known is None:
        return made
    ever = made.levelset > 0
    if made.spclevelset is not None:
        columns = made.spclevelset
        values = columns[:-1] if columns.ndim == 2 else columns[:, None]
        ever = ever | (values > 0).any(axis=1)
    ever &= ~made.kept
    bare = mesh.known.bare(len(mesh.x)) & ~made.kept
    return restored(made, bare & ~ever & ~_touching(bare, ever, mesh.elements), mesh)


def _touching(bare: Mask, ocean: Mask, elements: Elements | None) -> Mask:
    """Return True for ice-free vertices that are connected to the ocean over the mesh."""
    if elements is None:
        return bare
    # the new ocean connects vertices too, so that filling a mask twice does not change it
    wet = bare | ocean
    pairs = combinations(range(elements.shape[1]), 2)
    links = np.concatenate([elements[:, pair] for pair in map(list, pairs)]) - 1
    links = links[wet[links].all(axis=1)]
    weights = np.ones(len(links))
    graph = coo_array((weights, (links[:, 0], links[:, 1])), shape=(len(wet), len(wet)))
    labels = connected_components(graph, directed=False)[1]
    return bare & np.isin(labels, labels[ocean])
