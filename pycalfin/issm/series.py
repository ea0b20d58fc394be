"""Level sets of calving fronts, for one date and as a series: what ISSM's masks and solver read."""

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
    """Signed distance of mesh vertices to the calving fronts of one date (`md.mask.ice_levelset`).

    The distance is the Euclidean one to the nearest front line, exact, in the mesh's coordinates.
    Its sign is the side: negative on ice and land, positive on ocean and mélange. docs/levelsets.md
    states the rules.

    Parameters
    ----------
    fronts : sequence of Front
        Of one date; ocean lies on their left. Of two scenes of one domain the more confident wins.
    x, y : (nv,) array_like
        Vertices of the mesh, in `crs`.
    crs : str, optional
        Of the mesh, projected; fronts of another are reprojected. Default: that of the fronts.
    elements : (ne, 3) array_like of int, optional
        Triangles, counted from 0 or 1. Fronts are extended within the mesh's outline then.
    ocean : shapely geometry, or dict of date to geometry, or one for each front, optional
        Known ocean, in the fronts' CRS. What lies outside is not ocean.
    land : shapely geometry, optional
        Bare land, in the fronts' CRS; its vertices stay negative, and fronts end at it.
    fjord : shapely geometry, optional
        Where ice or ocean can be, in the fronts' CRS; all outside stays negative.

    Returns
    -------
    (nv,) float64
        Units of the mesh; 0 on a front; never NaN.

    Raises
    ------
    LevelSetError
        If there are no fronts, fronts of several dates, a front without two distinct points, or
        coordinates that are not finite.
    CRSMismatchError
        If coordinate reference systems differ and nothing says what to reproject to.

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
            f"fronts of {len(dates)} dates ({dates[0] or 'none'} to {dates[-1]}) cannot make one "
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
    """Level sets of a series of fronts, with their times (`md.levelset.spclevelset`).

    Every date on which a front was seen makes a column, as `levelset` makes it. Vertices that a
    date says nothing about (their domain was not seen, or only in part) are interpolated in time
    between the dates that do, and hold the nearest beyond them.

    Parameters
    ----------
    fronts : sequence of Front
        With dates, in any order.
    x, y, crs, elements, ocean, land, fjord
        As in `levelset`. A single `ocean` holds for all dates: where ocean can be at all.
    times : sequence of float or str, optional
        Decimal years, or dates, to interpolate to, instead of the dates seen. Those before the
        first or after the last date are left out: the solver holds the ends by itself.
    max_gap : float, optional
        Days. A time between two dates farther apart than this is left out, with a warning in the
        log. Only with `times`.

    Returns
    -------
    (nv + 1, nt) float64
        The last row holds decimal years, strictly increasing. (nv,) if there is one time only:
        ISSM's solver stops at a series of one column. Never NaN.

    Raises
    ------
    LevelSetError
        As `levelset`; also for a front without date, and where no time is left.
    CRSMismatchError
        If coordinate reference systems differ and nothing says what to reproject to.

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
    """Level sets of a series as (nt, nv + 1), also of one time; arguments as `spclevelset`."""
    if max_gap is not None and times is None:
        raise LevelSetError("max_gap needs times; without them every date seen makes a column")
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
    """Bring the mesh and what is known of its land together."""
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
    """Interpolate rows (values and, last, decimal years) linearly to other times."""
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
