"""Level sets of calving fronts for ISSM, for one date or as a series."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import CRSMismatchError, LevelSetError
from pycalfin.issm.decimal import days, decimal_years
from pycalfin.issm.field import Field, bounds_of, mesh_outline, read_vertices
from pycalfin.issm.gaps import fill_gaps
from pycalfin.issm.grouping import (
    Line,
    Ocean,
    columns,
    common_crs,
    most_confident_scene,
    read_lines,
    to_mesh,
)
from pycalfin.records import Float64, Front

log = logging.getLogger(__name__)


def levelset(
    fronts: Sequence[Front],
    x: ArrayLike,
    y: ArrayLike,
    *,
    crs: str | None = None,
    elements: ArrayLike | None = None,
    ocean: Ocean = None,
    land: BaseGeometry | None = None,
    fjord: BaseGeometry | None = None,
) -> Float64:
    """Compute the signed distance of mesh vertices to fronts of one date (md.mask.ice_levelset).

    The value is the exact Euclidean distance to the nearest front, in the mesh's coordinates. It is
    negative on ice and land, and positive on ocean and mélange. docs/levelsets.md states the rules.

    Parameters
    ----------
    fronts : sequence of Front
        Fronts of one date, with the ocean on their left. If two scenes show one domain, only the
        more confident one is used.
    x, y : (nv,) array_like
        Vertices of the mesh, in `crs`.
    crs : str, optional
        Projected CRS of the mesh; the fronts are reprojected to it. Default: that of the fronts.
    elements : (ne, 3) array_like of int, optional
        Triangles, counted from 0 or 1. With them, fronts are extended to the mesh's outline.
    ocean : shapely geometry, or dict of date to geometry, or one for each front, optional
        Known ocean, in the fronts' CRS. Everything outside is not ocean.
    land : shapely geometry, optional
        Bare land, in the fronts' CRS. Its vertices are negative, and fronts end at it.
    fjord : shapely geometry, optional
        Area of ice and ocean, in the fronts' CRS. Vertices outside are negative.

    Returns
    -------
    (nv,) float64
        Units of the mesh; 0 on a front; never NaN.

    Raises
    ------
    LevelSetError
        If there are no fronts, they have several dates, a front has fewer than two distinct
        points, or coordinates are not finite.
    CRSMismatchError
        If fronts are in different coordinate reference systems and `crs` is not given.

    Examples
    --------
    >>> front = Front(xy=[[0, -5], [0, 5]], crs="EPSG:3413")
    >>> levelset([front], x=[-2, 0, 3], y=[0, 0, 0])
    array([ 2.,  0., -3.])
    """
    lines = read_lines(fronts, crs, ocean)
    dates = sorted({line.front.date for line in lines})
    if len(dates) > 1:
        raise LevelSetError(
            f"fronts of {len(dates)} dates ({dates[0] or 'none'} to {dates[-1]}) do not make one "
            "level set; use spclevelset for a series, or give the fronts of one date"
        )
    chosen = most_confident_scene(lines)
    return _field(chosen, crs, x, y, elements, land, fjord).signed(chosen)


def spclevelset(
    fronts: Sequence[Front],
    x: ArrayLike,
    y: ArrayLike,
    *,
    crs: str | None = None,
    elements: ArrayLike | None = None,
    times: ArrayLike | None = None,
    max_gap: float | None = None,
    ocean: Ocean = None,
    land: BaseGeometry | None = None,
    fjord: BaseGeometry | None = None,
) -> Float64:
    """Compute the level sets of a series of fronts, with their times (md.levelset.spclevelset).

    Each date with a front gives a column, computed as in `levelset`. The fronts of a date may not
    cover all vertices, because a domain has no front or only a partial one. Such vertices are
    interpolated in time between the dates that cover them, and keep the nearest value beyond these.

    Parameters
    ----------
    fronts : sequence of Front
        Fronts with dates, in any order.
    x, y, crs, elements, ocean, land, fjord
        As in `levelset`. A single `ocean` geometry limits the ocean on all dates.
    times : sequence of float or str, optional
        Decimal years or dates to interpolate to. Default: the dates with fronts. Times before the
        first or after the last date are left out, because the solver extends the series itself.
    max_gap : float, optional
        Days. Times between two dates farther apart than this are left out, with a warning. Only
        with `times`.

    Returns
    -------
    (nv + 1, nt) float64
        The last row holds decimal years, strictly increasing. Never NaN. A single time gives (nv,)
        instead, because ISSM's solver stops at a series of one column.

    Raises
    ------
    LevelSetError
        As in `levelset`; also if a front has no date, or no time is left.
    CRSMismatchError
        If fronts are in different coordinate reference systems and `crs` is not given.

    Examples
    --------
    >>> first = Front([[0, -5], [0, 5]], date="2016-01-01")
    >>> second = Front([[9, -5], [9, 5]], date="2017-01-01")
    >>> spclevelset([second, first], x=[-2, 3], y=[0, 0]).tolist()
    [[2.0, 11.0], [-3.0, 6.0], [2016.0, 2017.0]]
    """
    table = series_table(
        fronts, x, y, crs=crs, elements=elements, times=times, max_gap=max_gap, ocean=ocean,
        land=land, fjord=fjord,
    )  # fmt: skip
    return table[0, :-1].copy() if len(table) == 1 else table.T


def series_table(
    fronts: Sequence[Front],
    x: ArrayLike,
    y: ArrayLike,
    *,
    crs: str | None = None,
    elements: ArrayLike | None = None,
    times: ArrayLike | None = None,
    max_gap: float | None = None,
    ocean: Ocean = None,
    land: BaseGeometry | None = None,
    fjord: BaseGeometry | None = None,
) -> Float64:
    """Compute the series of `spclevelset` as (nt, nv + 1), even for a single time."""
    if max_gap is not None and times is None:
        raise LevelSetError("max_gap needs times; without them each date with a front is a column")
    if max_gap is not None and not max_gap > 0:
        raise LevelSetError(f"max_gap is {max_gap}; expected a number of days above 0")
    wanted = None if times is None else decimal_years(times)
    lines = read_lines(fronts, crs, ocean)
    seen = columns(lines)
    field = _field(
        [line for column in seen for line in column.lines], crs, x, y, elements, land, fjord
    )
    table = np.empty((len(seen), len(field.xy) + 1))
    table[:, -1] = [column.year for column in seen]
    for row, column in zip(table, seen, strict=True):
        row[:-1] = field.signed(column.lines)
    fill_gaps(table[:, :-1], seen, field)
    if wanted is not None:
        table = _resampled(table, wanted, max_gap)
    return table


def _field(
    lines: Sequence[Line],
    crs: str | None,
    x: ArrayLike,
    y: ArrayLike,
    elements: ArrayLike | None,
    land: BaseGeometry | None,
    fjord: BaseGeometry | None,
) -> Field:
    """Return the mesh with its land and fjord in its coordinates."""
    fronts = [line.front for line in lines]
    target, sources = common_crs(fronts, crs), {front.crs for front in fronts}
    if len(sources) > 1 and not (land is None and fjord is None):
        raise CRSMismatchError(
            "land and fjord are in the fronts' coordinate reference system, but the fronts have "
            f"{len(sources)}: {', '.join(sorted(map(str, sources)))}; reproject the fronts first"
        )
    xy = read_vertices(x, y)
    source = fronts[0].crs
    return Field(
        xy,
        bounds_of(lines),
        outline=None if elements is None else mesh_outline(xy, elements),
        land=None if land is None else to_mesh(land, source, target, "land"),
        fjord=None if fjord is None else to_mesh(fjord, source, target, "fjord"),
    )


def _resampled(table: Float64, wanted: Float64, max_gap: float | None) -> Float64:
    """Interpolate rows (values, then the decimal year) linearly to other times."""
    years = table[:, -1]
    place = np.searchsorted(years, wanted, side="right") - 1
    inside = (wanted >= years[0]) & (wanted <= years[-1])
    after = np.minimum(place + 1, len(years) - 1)
    place = np.maximum(place, 0)
    exact = wanted == years[place]
    if max_gap is not None:
        apart = days(years[after]) - days(years[place])
        wide = inside & ~exact & (apart > max_gap)
        if wide.any():
            log.warning(
                "%d times lie between dates more than %g days apart and are left out: %s",
                wide.sum(), max_gap, ", ".join(f"{year:.4f}" for year in wanted[wide]),
            )  # fmt: skip
        inside &= ~wide
    if not inside.any():
        raise LevelSetError(
            f"none of the {len(wanted)} times ({wanted[0]:.4f} to {wanted[-1]:.4f}) can be "
            f"interpolated from the fronts' dates ({years[0]:.4f} to {years[-1]:.4f})"
            + ("" if max_gap is None else f" with gaps of at most {max_gap:g} days")
        )
    found = np.empty((int(inside.sum()), table.shape[1]))
    for row, low, high, year in zip(
        found, place[inside], after[inside], wanted[inside], strict=True
    ):
        span = years[high] - years[low]
        weight = (year - years[low]) / span if span > 0 else 0.0
        row[:] = table[low] + weight * (table[high] - table[low])
        row[-1] = year
    return found
