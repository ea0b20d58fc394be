"""From lines in a view to what is found in a subset: clipped, georeferenced, with its ocean.

Both ways to fronts, that of `light` and the published one, end here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from pycalfin import geo
from pycalfin.front import polygon, view
from pycalfin.front.candidate import Candidate, Found
from pycalfin.front.confidence import deviation
from pycalfin.front.gaps import trusted_pixels
from pycalfin.front.trace import interpolated
from pycalfin.grid import Grid
from pycalfin.records import Float64, Front, Subset
from pycalfin.results import Coast, Extraction
from pycalfin.settings import Settings

if TYPE_CHECKING:
    from pycalfin.network import Network

PARTIAL_REACH = 5.0
"""Pixels of the view: a front that ends this close to the border, a cloud or a gap is partial. The
network is unsure that far from what it cannot see, so a front that goes on ends a little before."""
AUTOMATIC = 10
"""CALFIN's QualFlag of a front found automatically."""
SLC_OFF = 3
"""Added to it for Landsat 7 after its scan-line corrector failed."""
SLC_OFF_DATE = "2003-05-31"
"""Last day of Landsat 7 with a working scan-line corrector."""


def finish(found: Found, subset: Subset, settings: Settings, network: Network) -> Extraction:
    """Keep what lies in the domain, georeference it, and outline the ocean.

    Parameters
    ----------
    found : Found
    subset : Subset
    settings : Settings
        `clip`, `max_fronts` and `out_crs` are used.
    network : Network
        Its name goes into the fronts, its calibration into their uncertainty.

    Returns
    -------
    Extraction
    """
    kept = _in_domain(found.candidates, subset, settings)[: settings.max_fronts]
    outside = bool(found.candidates) and not kept
    target = Target(subset, settings.out_crs)
    lines = [item.rowcol for item in kept]
    ocean = polygon.ocean_polygon(found.ocean, found.whole, lines)
    coast = polygon.coastline(ocean, found.whole, lines)
    return Extraction(
        fronts=tuple(
            _front(item, number, target, network) for number, item in enumerate(kept, start=1)
        ),
        ocean=target.geometry(ocean),
        coast=tuple(Coast(target.xy(line), calving) for line, calving in coast),
        crs=target.crs,
        reason="no front inside the domain" if outside else found.reason,
        prediction=found.whole,
    )


def _in_domain(found: Sequence[Candidate], subset: Subset, settings: Settings) -> list[Candidate]:
    if subset.polygon is None or subset.grid is None:
        return list(found)
    grid, area = subset.grid, subset.polygon
    fronts = list(found)
    if settings.clip:
        fronts = [part for item in fronts for part in _clipped(item, grid, area)]
    return [item for item in fronts if touches_domain(item.rowcol, subset)]


def touches_domain(rowcol: Float64, subset: Subset) -> bool:
    """Return True if any part of a line lies in the domain (always True without a domain).

    Parameters
    ----------
    rowcol : (N, 2) float64
        Of the subset.
    subset : Subset
    """
    if subset.polygon is None or subset.grid is None:
        return True
    return LineString(subset.grid.xy(rowcol)).intersects(subset.polygon)


def _clipped(item: Candidate, grid: Grid, area: BaseGeometry) -> list[Candidate]:
    """Cut a front exactly where it crosses the border of the domain: one front for every piece."""
    line = LineString(grid.xy(item.rowcol))
    along = np.asarray(shapely.line_locate_point(line, shapely.points(line.coords)))
    inside = shapely.line_merge(shapely.intersection(line, area))
    parts = [part for part in shapely.get_parts(inside) if isinstance(part, LineString)]
    ends = [shapely.line_locate_point(line, shapely.points(part.coords)) for part in parts]
    spans = sorted((float(part.min()), float(part.max())) for part in ends)
    pieces = []
    for start, stop in spans:
        between = np.flatnonzero((along > start) & (along < stop))
        first, last = np.interp([start, stop], along, np.arange(len(along)))
        if last - first < 1:  # a sliver at a corner, shorter than the spacing of vertices
            continue
        where = np.array([first, *between, last])
        pieces.append(
            replace(
                item,
                rowcol=interpolated(item.rowcol, where),
                trace=item.trace.at(where),
            )
        )
    return pieces


@dataclass(frozen=True, eq=False)
class Target:
    """Where results go: from the pixels of a subset to the CRS of the results."""

    subset: Subset
    wanted: str | None = None

    @property
    def crs(self) -> str | None:
        """Coordinate reference system of the results; None without a georeference."""
        if self.subset.grid is None:
            return None
        if self.wanted is not None:
            return geo.crs_name(self.wanted)
        return geo.polar_crs(self.subset.grid.latitude)

    @property
    def mirrored(self) -> bool:
        """Tell whether left on the image as displayed is right on the map."""
        return self.subset.grid is not None and self.subset.grid.mirrored

    def xy(self, rowcol: Float64) -> Float64:
        """Map row and column; column and row where there is no georeference."""
        if self.subset.grid is None:
            return np.ascontiguousarray(rowcol[:, ::-1])
        return self.subset.grid.xy(rowcol, self.crs)

    def geometry(self, plane: BaseGeometry) -> BaseGeometry:
        """Map a geometry of the subset's plane."""
        mapped = shapely.transform(plane, lambda xy: self.xy(polygon.from_plane(xy)))
        return mapped if mapped.is_valid else shapely.make_valid(mapped)


def _front(
    item: Candidate,
    number: int,
    target: Target,
    network: Network,
) -> Front:
    subset = target.subset
    order = slice(None, None, -1) if target.mirrored else slice(None)
    rowcol = item.rowcol[order]
    pixel = view.native_metres(subset)
    identity = subset.identity
    slc_off = identity.sensor == "LE07" and identity.date > SLC_OFF_DATE
    return Front(
        xy=target.xy(rowcol),
        crs=target.crs,
        date=identity.date,
        time=identity.time,
        scene=identity.name,
        domain=subset.domain,
        subset=subset.name,
        number=number,
        pixels=rowcol,
        confidence=item.confidence,
        uncertainty=deviation(item.trace, network.calibration)[order] * item.step * pixel,
        quality=AUTOMATIC + SLC_OFF * slc_off,
        partial=_partial(item, subset),
        synthetic=subset.synthetic,
        sensor=identity.sensor,
        network=f"{network.name}:{network.digest[:12]}",
    )


def _partial(item: Candidate, subset: Subset) -> bool:
    """Tell whether an end of a front lies at the border, a gap or a cloud."""
    ends = item.trace.rowcol[[0, -1]]
    step = np.array(item.prediction.step)
    in_subset = item.rowcol[[0, -1]]
    room = np.minimum(in_subset + 0.5, np.array(subset.shape) - 0.5 - in_subset) / step
    if (room < PARTIAL_REACH).any():
        return True
    blocked = ~trusted_pixels(item.prediction.valid)
    if item.prediction.cloud is not None:
        blocked |= item.prediction.cloud
    if not blocked.any():
        return False
    distance: NDArray[np.float64] = ndimage.distance_transform_edt(~blocked)
    near = ndimage.map_coordinates(distance, ends.T, order=1, mode="nearest")
    return bool((near < PARTIAL_REACH).any())
