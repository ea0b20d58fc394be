"""The steps of `pycalfin levelset`: from fronts and a mesh to level sets."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from datetime import date as Date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import FrontsError, LevelSetError, MissingCRSError, SettingsError
from pycalfin.expfile import read_exp
from pycalfin.geo import densify, reproject_geometry, same_crs
from pycalfin.issm.decimal import decimal_year, decimal_years
from pycalfin.issm.features import read_features
from pycalfin.issm.frontfiles import listed
from pycalfin.issm.mesh import Mesh
from pycalfin.issm.series import levelset, series_table, spclevelset
from pycalfin.issm.sources import Source, near
from pycalfin.issm.walls import within_walls
from pycalfin.records import Float64, Front, Mask
from pycalfin.textfile import read_text
from pycalfin.vectors.areas import areas, require_degrees
from pycalfin.vectors.assumed import assume
from pycalfin.vectors.rings import area_of, shape

log = logging.getLogger(__name__)

FARTHEST = 1e8
"""Map units. The Earth is 4e7 m around, so polygons farther away than this are not on the map."""


@dataclass(frozen=True, eq=False)
class LevelSets:
    """Level sets of fronts on one mesh.

    Parameters
    ----------
    levelset : (nv,) float64
        Level set at the first of `time`, in units of the mesh: negative on ice, positive on ocean,
        0 on the front.
    time : (nt,) float64
        Decimal years.
    spclevelset : (nv + 1, nt) or (nv,) float64 or None
        Level sets at all times. None if a single date was requested.
    fronts : tuple of Front
        Fronts on the mesh, in its coordinates.
    kept : (nv,) bool
        Vertices without ice that keep the model's values, because they are known land.
    """

    levelset: Float64
    time: Float64
    spclevelset: Float64 | None
    fronts: tuple[Front, ...]
    kept: Mask


def make_levelsets(
    source: Source,
    mesh: Mesh,
    *,
    date: str | None = None,
    times: str | Float64 | None = None,
    max_gap: float | None = None,
    land: BaseGeometry | None = None,
    fjord: BaseGeometry | None = None,
    within_ocean: bool = False,
) -> LevelSets:
    """Compute the level sets of all fronts on a mesh.

    Parameters
    ----------
    source : Source
    mesh : Mesh
        Must have a coordinate reference system (`Mesh.located`). What it knows of land bounds the
        extension of fronts and stays as it is (docs/levelsets.md).
    date : str, optional
        YYYY-MM-DD: make one level set, of this date. If it lies between two dates with fronts,
        the level set is interpolated and the log says so.
    times : str or array_like, optional
        Times of the series; see `read_times`.
    max_gap : float, optional
        Days; see `spclevelset`.
    land, fjord : shapely geometry, optional
        In the coordinates of the mesh.
    within_ocean : bool
        Limit the ocean to the source's ocean polygons.

    Returns
    -------
    LevelSets

    Raises
    ------
    FrontsError
        If no front lies on the mesh, if `date` lies outside the dates of the fronts, or if the
        fjord does not meet the mesh.
    LevelSetError, CRSMismatchError
        See `spclevelset`.
    """
    if mesh.crs is None:
        raise MissingCRSError("the mesh has no coordinate reference system; use Mesh.located")
    if date is not None and times is not None:
        raise SettingsError("--date makes one level set and --times a series; give one of them")
    if fjord is not None:
        _require_on_mesh(fjord, mesh)
    here = near(source, mesh.x, mesh.y, mesh.crs)
    options: dict[str, Any] = {
        "crs": mesh.crs,
        "land": land,
        "fjord": fjord,
        "ocean": here.oceans if within_ocean and any(here.oceans) else None,
    }
    if date is None or not any(here.dates):
        _require_dates(here)
    wanted = None
    if date is None:
        wanted = read_times(times, here.dates) if times is not None else None
        if max_gap is not None and wanted is None:
            raise SettingsError("--max-gap needs --times: without them every date makes a column")
    options, dry = within_walls(mesh, here, options)
    if date is None:
        made = _series(mesh, here, options, wanted, max_gap)
    else:
        made = _of_date(mesh, here, options, date, max_gap)
    return made if mesh.known is None else restored(made, dry & mesh.known.bare(len(dry)), mesh)


def _series(
    mesh: Mesh,
    here: Source,
    options: dict[str, Any],
    wanted: Float64 | None,
    max_gap: float | None,
) -> LevelSets:
    table = series_table(here.fronts, mesh.x, mesh.y, times=wanted, max_gap=max_gap, **options)
    first = table[0, :-1].copy()
    found = first if len(table) == 1 else table.T
    return LevelSets(first, table[:, -1].copy(), found, here.fronts, np.zeros(len(mesh.x), bool))


def _of_date(
    mesh: Mesh, here: Source, options: dict[str, Any], date: str, max_gap: float | None
) -> LevelSets:
    year, none = decimal_year(date), np.zeros(len(mesh.x), bool)
    chosen = [index for index, front in enumerate(here.fronts) if front.date == date]
    if chosen:
        if options["ocean"] is not None:
            options = options | {"ocean": [here.oceans[index] for index in chosen]}
        fronts = [here.fronts[index] for index in chosen]
        phi = levelset(fronts, mesh.x, mesh.y, **options)
        return LevelSets(phi, np.array([year]), None, tuple(fronts), none)
    _require_within(date, here.dates)
    log.warning("no front of %s; interpolated between the dates before and after", date)
    found = spclevelset(here.fronts, mesh.x, mesh.y, times=[year], max_gap=max_gap, **options)
    return LevelSets(found, np.array([year]), None, here.fronts, none)


def restored(made: LevelSets, kept: Mask, mesh: Mesh) -> LevelSets:
    """Give vertices back the values of md.mask.ice_levelset, on all dates."""
    if not kept.any() or mesh.known is None or mesh.known.ice is None:
        return made
    old = mesh.known.ice[kept]
    start, columns = made.levelset.copy(), made.spclevelset
    start[kept] = old
    if columns is not None:
        columns = columns.copy()
        columns[np.flatnonzero(kept)] = old if columns.ndim == 1 else old[:, None]
    return replace(made, levelset=start, spclevelset=columns, kept=made.kept | kept)


def _require_on_mesh(fjord: BaseGeometry, mesh: Mesh) -> None:
    """Refuse a fjord away from the mesh: there would be no ocean at all."""
    hull = shapely.MultiPoint(np.column_stack([mesh.x, mesh.y])).convex_hull
    if not hull.intersects(fjord):
        raise FrontsError(
            f"the polygons of --fjord do not meet the mesh, in {mesh.crs}; give those around it, "
            "and --crs if their file names none"
        )


def _require_dates(source: Source) -> None:
    undated = sum(not front.date for front in source.fronts)
    if undated:
        raise FrontsError(
            f"{undated} of {len(source.fronts)} fronts have no date, and a level set needs one "
            "for every front; name the field that holds dates Date (YYYY-MM-DD); fields there "
            f"are: {listed(source.fields)}"
        )


def _require_within(date: str, dates: list[str]) -> None:
    if not dates[0] or not dates[0] <= date <= dates[-1]:
        reach = f"{dates[0]} to {dates[-1]}" if dates[0] else "without dates"
        raise FrontsError(f"no front of {date}: those on the mesh are {reach}; choose a date there")


def read_times(times: str | Float64, dates: list[str]) -> Float64:
    """Read the times given with `--times`.

    Parameters
    ----------
    times : str or array_like
        One of:

        - 'monthly': the first of every month between the first and the last date;
        - the name of a text file of decimal years or dates, one per line;
        - decimal years or dates, separated by commas;
        - an array of decimal years or dates.
    dates : list of str
        Sorted dates of the fronts.

    Returns
    -------
    (nt,) float64
        Decimal years, sorted, without duplicates.

    Raises
    ------
    SettingsError
        If `times` cannot be read as any of these.
    FrontsError
        If 'monthly' has no month to take, or some fronts have no date.
    """
    if not isinstance(times, str):
        return decimal_years(times)
    if times == "monthly":
        if not all(dates):
            raise FrontsError("some fronts have no date; --times monthly needs them")
        return _monthly(dates[0], dates[-1])
    text = _file_text(times)
    text = times if text is None else text
    text = re.sub(r"#.*", "", text)
    words = [word for word in re.split(r"[,;\s]+", text) if word]
    try:
        numbers = [_year(word) for word in words]
    except (LevelSetError, ValueError):
        raise SettingsError(
            f"{times}: not a list of times; --times takes 'monthly', a text file of decimal years "
            "or dates (YYYY-MM-DD), or a list of them with commas"
        ) from None
    return decimal_years(np.array(numbers))


def _file_text(name: str) -> str | None:
    """Read a text file; return None if there is none. A long list of dates may be no valid name."""
    path = Path(name)
    try:
        there = path.is_file()
    except OSError:
        return None
    return read_text(path) if there else None


def _year(word: str) -> float:
    return decimal_year(word) if "-" in word.lstrip("-") else float(word)


def _monthly(first: str, last: str) -> Float64:
    start, end = Date.fromisoformat(first), Date.fromisoformat(last)
    months = range(12 * start.year + start.month - 1, 12 * end.year + end.month)
    days = [Date(month // 12, month % 12 + 1, 1) for month in months]
    inside = [day.isoformat() for day in days if start <= day <= end]
    if not inside:
        raise FrontsError(
            f"no first of a month lies between {first} and {last}; leave out --times, or give it "
            "dates"
        )
    return decimal_years(inside)


def read_area(path: str | Path, crs: str, given: str | None = None) -> BaseGeometry:
    """Read the polygons of a file as one area in the coordinates of a mesh.

    Parameters
    ----------
    path : path
        Vector file, or .exp with closed contours.
    crs : str
        CRS of the mesh.
    given : str, optional
        CRS of a file that names none. Default: that of the mesh, which is logged.

    Raises
    ------
    FrontsError
        If the file holds no polygon, or none that can be shown in `crs`.
    """
    path = Path(path)
    found, shapes = _shapes(path, crs, given)
    what = "contour" if path.suffix.lower() == ".exp" else "feature"
    made = areas(path, shapes, found, FrontsError, what=what)
    polygons = [item for item in made if item is not None]
    if not polygons:
        raise FrontsError(f"{path}: no polygon in it; draw the area as a polygon")
    if not same_crs(found, crs):
        moved = [
            reproject_geometry(densify(part), found, crs)
            for item in polygons
            for part in shapely.get_parts(item)
        ]
        # a polar projection cannot show the other pole
        polygons = [
            area_of(part)
            for part in moved
            if (np.abs(shapely.get_coordinates(part)) < FARTHEST).all()
        ]
        if not polygons:
            raise FrontsError(
                f"{path}: its polygons cannot be shown in {crs}; give polygons near the mesh"
            )
    return shapely.union_all(polygons)


def _shapes(path: Path, crs: str, given: str | None) -> tuple[str, list[BaseGeometry | None]]:
    if path.suffix.lower() == ".exp":
        shapes: list[BaseGeometry | None] = [
            shape(item.xy) for item in read_exp(path) if len(item.x)
        ]
        return given or assume(path, crs), shapes
    layer = read_features(path, shape="Polygon")
    if layer.crs is None:
        return given or assume(path, crs), layer.geometries
    return require_degrees(path, layer.geometries, layer.crs, given or crs), layer.geometries
