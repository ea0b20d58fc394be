"""Make polygons of the features of a file; repair outlines where possible, with a warning."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pycalfin.arrays import Float64
from pycalfin.errors import MissingCRSError, PycalfinError
from pycalfin.files import safe_name
from pycalfin.geo import ground_area, parse_crs
from pycalfin.vectors.rings import area_of, shut

log = logging.getLogger(__name__)

LARGEST_LONGITUDE, LARGEST_LATITUDE = 540.0, 90.1
"""Degrees. Larger coordinates cannot be longitude and latitude."""
SHOWN = 2
"""Number of problems that a message lists."""


class _NoAreaError(Exception):
    """A feature has no area; the message says why."""


def areas(
    origin: str | Path,
    geometries: Sequence[BaseGeometry | None],
    crs: str | None,
    error: type[PycalfinError],
    names: Sequence[str] = (),
    what: str = "feature",
) -> list[BaseGeometry | None]:
    """Make polygons of the features of a file.

    Parameters
    ----------
    origin : str or Path
        Name of the file for messages.
    geometries : sequence of shapely geometry or None
    crs : str or None
        Coordinate reference system of the geometries.
    error : type of PycalfinError
        Error class to raise.
    names : sequence of str, optional
        Names of the features for messages.
    what : {'feature', 'contour'}
        Word for a feature in messages.

    Returns
    -------
    list of Polygon, MultiPolygon or None
        Valid polygons; None for a feature without an area, with a warning that says why.

    Raises
    ------
    PycalfinError
        If there are features and none of them has an area.
    """
    found: list[BaseGeometry | None] = []
    problems: list[str] = []
    notes: list[str] = []
    for number, geometry in enumerate(geometries, start=1):
        name = names[number - 1] if names else ""
        label = f"{what} {number} ({safe_name(name)[:40]})" if name else f"{what} {number}"
        try:
            area, said = _area(geometry, crs)
        except _NoAreaError as problem:
            why = str(problem)
            if what == "contour":
                why = why.replace("a LineString, not a polygon", "an open line")
            problems.append(f"{label} {why}")
            found.append(None)
        else:
            notes += [f"{label} {note}" for note in said]
            found.append(area)
    if problems and len(problems) == len(found):
        tool = "ISSM: exptool" if what == "contour" else "QGIS: Fix geometries"
        raise error(f"{origin}: {_listed(problems)}; repair or redraw it ({tool})")
    if notes:
        log.warning("%s: %s", origin, _listed(notes))
    if problems:
        log.warning("%s: %s; left out, the other features are used", origin, _listed(problems))
    return found


def _listed(problems: list[str]) -> str:
    more = f" (and {len(problems) - SHOWN} more)" if len(problems) > SHOWN else ""
    return f"{'; '.join(problems[:SHOWN])}{more}"


def require_degrees(
    path: Path, geometries: Sequence[BaseGeometry | None], crs: str, given: str | None
) -> str:
    """Refuse coordinates that are declared as longitude and latitude but out of range.

    Parameters
    ----------
    path : Path
    geometries : sequence of shapely geometry or None
    crs : str
        CRS that the file declares.
    given : str or None
        CRS that the user gave.

    Returns
    -------
    str
        `crs`, or `given` if the coordinates rule out `crs`.

    Raises
    ------
    MissingCRSError
        If the coordinates rule out both.
    """
    shapes = [item for item in geometries if item is not None and not item.is_empty]
    if not shapes or not parse_crs(crs).is_geographic:
        return crs
    x, y = np.abs(np.vstack([shapely.get_coordinates(item) for item in shapes])).T
    if not np.isfinite([x, y]).all():
        return crs
    if x.max() <= LARGEST_LONGITUDE and y.max() <= LARGEST_LATITUDE:
        return crs
    if given is not None and not parse_crs(given).is_geographic:
        return given
    if y.max() <= LARGEST_LONGITUDE and x.max() <= LARGEST_LATITUDE:
        raise MissingCRSError(
            f"{path}: a latitude of {y.max():.6g} degrees; longitude must come first and latitude "
            "second, so swap them"
        )
    raise MissingCRSError(
        f"{path}: declared as longitude and latitude (the default of GeoJSON without a crs member),"
        " but its coordinates are not degrees; pass --crs EPSG:n"
    )


def _area(geometry: BaseGeometry | None, crs: str | None) -> tuple[BaseGeometry, list[str]]:
    """Return the polygon of a geometry, and notes on any repair."""
    if geometry is None or geometry.is_empty:
        raise _NoAreaError("is empty")
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise _NoAreaError("has coordinates that are not finite")
    drawn, notes = _polygons(geometry)
    if crs is not None and parse_crs(crs).is_geographic:
        drawn = _joined(drawn)
    if drawn.is_valid and drawn.area > 0:
        return drawn, notes
    mended = area_of(drawn)
    if not mended.area > 0:
        raise _NoAreaError("has no area")
    before, after = abs(ground_area(drawn, crs)), ground_area(mended, crs)
    why = shapely.is_valid_reason(drawn).replace("[", " at ").rstrip("]")
    notes.append(
        f"is not a simple outline ({why}); repaired, its area is {_size(after, crs)}, "
        f"{_change(before, after, crs)}"
    )
    return mended, notes


def _polygons(geometry: BaseGeometry) -> tuple[BaseGeometry, list[str]]:
    """Return the polygons of a geometry, including closed lines meant as polygons, and notes."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry, []
    polygons, rest, notes = [], [], []
    for part in shapely.get_parts(shapely.get_parts(geometry)):
        xy = shapely.get_coordinates(part)
        if part.geom_type == "Polygon":
            polygons.append(part)
        elif "Line" in part.geom_type and (gap := shut(xy)) is not None:
            ends = f" whose ends are {gap:.3g} map units apart" if gap else ""
            notes.append(f"is a closed line{ends}, used as the outline of an area")
            polygons.append(shapely.Polygon(xy))
        else:
            rest.append(part.geom_type)
    if not polygons:
        what = f"is a {geometry.geom_type}, not a polygon"
        if geometry.geom_type == "LineString":
            gap = float(np.hypot(*(xy[0] - xy[-1])))
            apart = f"its ends are {gap:.3g} map units apart; close it to make it an area"
            what += f" ({apart})" if gap > 0 else " (it encloses nothing)"
        raise _NoAreaError(what)
    if rest:
        notes.append(f"holds a {rest[0]} besides polygons; only the polygons are used")
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons), notes


def _joined(polygons: BaseGeometry) -> BaseGeometry:
    """Remove the jump of longitudes at 180 degrees from the rings of polygons."""
    parts = []
    for part in shapely.get_parts(polygons):
        rings = [
            _unwrapped(shapely.get_coordinates(ring)) for ring in (part.exterior, *part.interiors)
        ]
        middle = rings[0][:, 0].mean()
        for hole in rings[1:]:
            hole[:, 0] += 360.0 * round((middle - hole[:, 0].mean()) / 360.0)
        parts.append(shapely.Polygon(rings[0], rings[1:]))
    return parts[0] if polygons.geom_type == "Polygon" else shapely.MultiPolygon(parts)


def _unwrapped(ring: Float64) -> Float64:
    if (np.abs(np.diff(ring[:, 0])) > 180.0).any():
        longitude = np.unwrap(ring[:, 0], period=360.0)
        # keep rings around the pole, and the box of the whole world, whose width would vanish
        if abs(longitude[-1] - longitude[0]) < 180.0 and np.ptp(longitude) > 0:
            return np.column_stack([longitude, ring[:, 1]])
    return ring


def _size(area: float, crs: str | None) -> str:
    return f"{area:.4g} square pixels" if crs is None else f"{area / 1e6:.4g} km²"


def _change(before: float, after: float, crs: str | None) -> str:
    change = after - before
    share = f" ({100 * abs(change) / before:.2g} %)" if before > 0 else ""
    return f"{_size(abs(change), crs)}{share} {'more' if change >= 0 else 'less'} than as drawn"
