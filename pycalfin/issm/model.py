"""Fronts into a model of pyISSM: where the ice ends when it starts, and how that moves."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import FrontsError, MeshError
from pycalfin.issm.build import LevelSets, make_levelsets
from pycalfin.issm.decimal import decimal_year
from pycalfin.issm.mesh import Elements, Mesh
from pycalfin.issm.oceanside import Side
from pycalfin.issm.sources import Source, read_fronts
from pycalfin.records import Float64, Front, Mask

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ModelLevelSets:
    """What a model's masks are to hold.

    Parameters
    ----------
    levelset : (nv,) float64
        md.mask.ice_levelset.
    start : float
        Decimal year of `levelset`.
    spclevelset : (nv + 1, nt) or (nv,) float64 or None
        md.levelset.spclevelset; None: only the mask was asked for.
    time : (nt,) float64
        Decimal years of the columns; of the mask if there are none.
    fronts : tuple of Front
        Those that were used, in the coordinates of the mesh.
    kept : int
        Vertices without ice that keep their values.
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
    """Fill a pyISSM model's masks with fronts.

    Parameters
    ----------
    md : pyissm.model.Model
        With a mesh; changed in place.
    fronts : sequence of Front, Source or path
        A path is read as `pycalfin levelset --fronts` reads it. Fronts away from the mesh are
        left out.
    crs : str, optional
        Of the mesh where md.mesh.epsg is 0; default: EPSG:3413, which is logged.
    date : str, optional
        YYYY-MM-DD of the front at the start. Default: interpolated to md.timestepping.start_time
        if that lies between the first and the last date, else the first date, which is logged.
    times : 'monthly' or sequence of float or str, optional
        Of the series; default: the dates seen.
    max_gap : float, optional
        Days; see `spclevelset`.
    transient : bool, optional
        Prescribe the series: fill md.levelset.spclevelset and set md.transient.ismovingfront.
        False: only the mask. Default: unless `date` is given and `times` are not.
    replacemask : bool
        Default: vertices without ice (md.mask.ice_levelset > 0) that no front makes ocean, and
        that are bare land (md.mask.ocean_levelset > 0) or hang together with no ocean, keep their
        values. True: the fronts alone decide.
    allow_synthetic : bool
        Take fronts of synthetic scenes.
    ocean : 'left', 'right' or shapely geometry, optional
        For files whose lines do not tell the ocean's side; in the mesh's coordinates.
    land, fjord : shapely geometry, optional
        In the mesh's coordinates; see `levelset`.

    Returns
    -------
    pyissm.model.Model
        The same.

    Raises
    ------
    MeshError
        If md has no mesh.
    FrontsError
        If no front lies on the mesh, or fronts are synthetic.
    """
    mesh = _mesh(md).located(crs)
    made = fill(
        mesh,
        _source(fronts, mesh, ocean, allow_synthetic),
        start_time=float(md.timestepping.start_time),
        date=date,
        times=_times(times),
        max_gap=max_gap,
        transient=transient,
        ice=None if replacemask else md.mask.ice_levelset,
        grounded=md.mask.ocean_levelset,
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
    ice: ArrayLike | None = None,
    grounded: ArrayLike | None = None,
    land: BaseGeometry | None = None,
    fjord: BaseGeometry | None = None,
    within_ocean: bool = False,
) -> ModelLevelSets:
    """Make what `apply` puts into a model of pyISSM, and calfin.m into one of ISSM.

    Parameters
    ----------
    mesh : Mesh
        With a coordinate reference system.
    source : Source
    start_time : float, optional
        Decimal year at which the model starts; None: not known.
    date, times, max_gap, transient, land, fjord
        As in `apply`.
    ice, grounded : (nv,) array_like, optional
        md.mask.ice_levelset and md.mask.ocean_levelset as they are; of another shape they count
        for nothing. Without `ice` the fronts alone decide.
    within_ocean : bool
        See `make_levelsets`.

    Returns
    -------
    Filling

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
    columns = made.spclevelset if series else None
    time = made.time if series else np.array([year])
    kept = 0
    if ice is not None:
        start, columns, kept = _keep(ice, grounded, mesh, start, columns)
    return ModelLevelSets(start, year, columns, time, made.fronts, kept)


def _mesh(md: Any) -> Mesh:
    try:
        x, y, elements = (getattr(md.mesh, name) for name in ("x", "y", "elements"))
        epsg = float(md.mesh.epsg or 0)
    except AttributeError as error:
        raise MeshError(
            f"{type(md).__name__} is no model with a mesh in map coordinates; give a pyISSM model"
        ) from error
    if np.ndim(x) == 0 or np.size(x) == 0:
        raise MeshError("the model has no mesh yet (md.mesh.x is empty); make the mesh first")
    triangles = np.asarray(elements) if np.ndim(elements) == 2 else None
    known = f"EPSG:{epsg:.0f}" if np.isfinite(epsg) and epsg > 0 else None
    return Mesh(x, y, triangles, known)


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
    """Interpolate to the model's start, as the solver will do; give the time as well."""
    first, last = float(made.time[0]), float(made.time[-1])
    if start is None:
        log.warning("the model does not say when it starts; it starts with the first front")
        return made.levelset, first
    if made.spclevelset is None or made.spclevelset.ndim == 1 or not first <= start <= last:
        if start != first:
            log.warning(
                "the model starts at %g, the fronts reach from %.4f to %.4f; it starts with the "
                "first front",
                start, first, last,
            )  # fmt: skip
        return made.levelset, first
    after = min(int(np.searchsorted(made.time, start, side="right")), len(made.time) - 1)
    low, high = made.time[after - 1], made.time[after]
    weight = (start - low) / (high - low)
    values = made.spclevelset[:-1]
    return values[:, after - 1] + weight * (values[:, after] - values[:, after - 1]), start


def _keep(
    ice: ArrayLike,
    grounded: ArrayLike | None,
    mesh: Mesh,
    start: Float64,
    columns: Float64 | None,
) -> tuple[Float64, Float64 | None, int]:
    """Leave vertices without ice as they are where no front has to do with it; count them."""
    old = np.asarray(ice, float)
    if old.shape != start.shape or not (old > 0).any():
        return start, columns, 0
    ever = start > 0
    if columns is not None:
        values = columns[:-1] if columns.ndim == 2 else columns[:, None]
        ever = ever | (values > 0).any(axis=1)
    bare = old > 0
    kept = bare & ~ever & (_land(grounded, bare) | ~_touching(bare, ever, mesh.elements))
    if not kept.any():
        return start, columns, 0
    log.info("%d vertices without ice away from the fronts are left as they are", kept.sum())
    start = np.where(kept, old, start)
    if columns is not None:
        columns = columns.copy()
        where = np.flatnonzero(kept)
        columns[where] = old[where, None] if columns.ndim == 2 else old[where]
    return start, columns, int(kept.sum())


def _land(grounded: ArrayLike | None, bare: Mask) -> Mask:
    """Tell which vertices without ice are land; none where the mask does not tell ocean at all."""
    ocean = np.asarray(np.nan if grounded is None else grounded, float)
    if ocean.shape != bare.shape or not (ocean[bare] < 0).any():
        return np.zeros_like(bare)
    return bare & (ocean > 0)


def _touching(bare: Mask, ocean: Mask, elements: Elements | None) -> Mask:
    """Tell which vertices without ice hang together, over the mesh, with one that is ocean."""
    if elements is None:
        return bare
    # the ocean counts where it was ice as well: filled again, the mask stays the same
    wet = bare | ocean
    pairs = combinations(range(elements.shape[1]), 2)
    links = np.concatenate([elements[:, pair] for pair in map(list, pairs)]) - 1
    links = links[wet[links].all(axis=1)]
    weights = np.ones(len(links))
    graph = coo_array((weights, (links[:, 0], links[:, 1])), shape=(len(wet), len(wet)))
    labels = connected_components(graph, directed=False)[1]
    return bare & np.isin(labels, labels[ocean])
