"""Find the window of a scene that covers a domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import LinearRing, LineString, Polygon
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import DomainError, NoOverlapError
from pycalfin.geo import (
    densify,
    parse_crs,
    reproject,
    same_crs,
)
from pycalfin.grid import Grid, Window
from pycalfin.records import Domain, Float64, Scene
from pycalfin.scene.subsetfile import Stored
from pycalfin.settings import Settings

if TYPE_CHECKING:
    from rasterio import DatasetReader

EDGE_TOLERANCE = 1e-6
"""Pixels. A domain's edge closer than this to a pixel's edge lies on it."""
AREA_TOLERANCE = 1e-9
"""Fraction of a domain's area that rounding may leave outside the image."""
EMPTY = Window(0, 0, 0, 0)


@dataclass(frozen=True, eq=False)
class Tile(Domain):
    """A part of a scene that replaces the domain if none was given.

    Parameters
    ----------
    window : Window
        Window to read, without a margin.
    """

    window: Window = EMPTY


@dataclass(frozen=True, eq=False)
class Footprint:
    """The position of a domain in a scene.

    Parameters
    ----------
    window : Window
        Window to read, with the margin.
    polygon : shapely geometry
        The domain in the CRS of the scene.
    inside : float
        Fraction of the domain's area that the image covers.
    """

    window: Window
    polygon: BaseGeometry
    inside: float = 1.0


def find_footprint(
    scene: Scene,
    dataset: DatasetReader,
    domain: Domain,
    settings: Settings,
    stored: Stored | None,
) -> tuple[Footprint, Stored | None]:
    """Find the window of a domain; return stored values only if they are for this domain."""
    grid = Grid((dataset.height, dataset.width), dataset.transform, scene.crs)
    if isinstance(domain, Tile):
        return Footprint(domain.window, domain.polygon), None
    polygon = in_grid(domain, scene.path, grid)
    if stored is not None and stored.polygon is not None and domain.name == stored.domain:
        same = shapely.equals_exact(polygon, stored.polygon, tolerance=0.0)
        if same:
            return Footprint(Window(0, 0, *grid.shape), polygon), stored
    rowcol = grid.rowcol(shapely.get_coordinates(polygon))
    low, high = rowcol.min(axis=0), rowcol.max(axis=0)
    last = np.array(grid.shape) - 0.5
    if (high <= -0.5).any() or (low >= last).any():
        raise NoOverlapError("no overlap of the domain with the scene")
    image = shapely.box(-0.5, -0.5, last[0], last[1])
    in_pixels = shapely.transform(polygon, grid.rowcol)
    covered = shapely.intersection(in_pixels, image).area
    if not covered > 0:
        raise NoOverlapError("no overlap of the domain with the scene")
    margin = _margin(low, high, grid, settings.margin)
    start = np.maximum(np.floor(low - margin + 0.5 + EDGE_TOLERANCE), 0).astype(int)
    stop = np.minimum(np.ceil(high + margin + 0.5 - EDGE_TOLERANCE), grid.shape).astype(int)
    row, col = (int(value) for value in start)
    height, width = (int(value) for value in stop - start)
    part = covered / in_pixels.area
    return Footprint(
        Window(row, col, height, width), polygon, 1.0 if part > 1 - AREA_TOLERANCE else part
    ), None


def _margin(low: Float64, high: Float64, grid: Grid, margin: float) -> Float64:
    """Return the margin in rows and columns: a fraction of the longer side on the ground."""
    sides = high - low
    box = (int(sides[0]) + 1, int(sides[1]) + 1)
    spacing = np.array(Grid(box, grid.shifted(low[0], low[1]), grid.crs).spacing)
    if not (np.isfinite(spacing).all() and (spacing > 0).all()):
        spacing = np.ones(2)
    return np.asarray(margin * (sides * spacing).max() / spacing, float)


def in_grid(domain: Domain, path: str, grid: Grid) -> BaseGeometry:
    """Reproject a domain to the CRS of a grid, with longitudes on the grid's side of 180 degrees.

    Parameters
    ----------
    domain : Domain
    path : str
        Name of the scene for messages.
    grid : Grid

    Returns
    -------
    Polygon or MultiPolygon
        Valid polygon.

    Raises
    ------
    NoOverlapError
        If the domain lies outside the area that the CRS can show.
    DomainError
        If the domain has no area in the CRS, or surrounds the pole in longitude and latitude.
    """
    crs = grid.crs
    geographic = parse_crs(crs).is_geographic
    centre = grid.xy(grid.centre)[0, 0]
    parts = []
    for part in shapely.get_parts(domain.polygon):
        rings = [
            reproject(_dense(ring, domain.crs, crs), domain.crs, crs)
            for ring in (part.exterior, *part.interiors)
        ]
        if not all(np.isfinite(ring).all() for ring in rings):
            raise NoOverlapError(
                f"no overlap of the domain with the scene (it lies outside {_title(crs)})"
            )
        if geographic:
            rings = [_unwrapped(ring, centre, domain, path) for ring in rings]
        parts.append(Polygon(rings[0], rings[1:]))
    polygon = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    if polygon.is_valid:
        return polygon
    mended = shapely.make_valid(polygon)
    polygons = [
        piece
        for piece in shapely.get_parts(shapely.get_parts(mended))
        if piece.geom_type == "Polygon" and not piece.is_empty
    ]
    if not polygons:
        raise DomainError(
            f"domain {domain.name}: has no area in {_title(crs)}, the CRS of {path}; "
            "check its polygon"
        )
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _dense(ring: LinearRing, crs: str, target: str) -> Float64:
    """Add vertices to a ring before it is reprojected; sides across 180 degrees stay short."""
    xy = shapely.get_coordinates(ring)
    if same_crs(crs, target):
        return xy
    if parse_crs(crs).is_geographic:
        longitude = np.unwrap(xy[:, 0], period=360.0)
        # the box of the whole world would lose its width
        if np.ptp(longitude) > 0:
            xy[:, 0] = longitude
    return shapely.get_coordinates(densify(LineString(xy)))


def _unwrapped(ring: Float64, centre: float, domain: Domain, path: str) -> Float64:
    """Shift the longitudes of a ring to the grid's side of 180 degrees, without a jump."""
    longitude = np.unwrap(ring[:, 0], period=360.0)
    if abs(longitude[-1] - longitude[0]) > 180.0:
        raise DomainError(
            f"domain {domain.name}: surrounds the pole, which a scene in longitude and latitude "
            f"({path}) cannot show; reproject the scene to EPSG:3413 or EPSG:3031"
        )
    middle = (longitude.min() + longitude.max()) / 2
    longitude += 360.0 * round((centre - middle) / 360.0)
    return np.column_stack([longitude, ring[:, 1]])


def _title(crs: str) -> str:
    return crs if len(crs) <= 20 else str(parse_crs(crs).name)
