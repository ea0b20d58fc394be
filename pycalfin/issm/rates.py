"""Retreat and frontal ablation rates from a series of level sets.

Let n be the front's normal, which points to the ocean. The ice moves the front by v.n, frontal
ablation takes c, and the front moves by w = v.n - c. A level set phi, negative on ice, follows it
(Osher and Sethian 1988; Bondzio et al. 2016)::

    dphi/dt + w |grad phi| = 0,  n = grad phi / |grad phi|

    retreat            R = -w = (dphi/dt) / |grad phi|
    frontal ablation   c = v.n - w = v.n + R

R is positive where the front retreats. c is calving and melt of the front together: where melt is
known, subtract it to get the calving rate.

R is taken on the zero line of the mean of two level sets, half way between two fronts::

    R = (phi_2 - phi_1) / (t_2 - t_1)

with |grad phi| = 1, because the level sets are distances. The slope that a mesh shows is smaller
at every bend, and a division by it makes bent fronts faster; docs/issm.md has the errors. With
|grad phi| = 1, R is exact for parallel straight fronts and for concentric arcs, on any mesh. Of a
front that turns by an angle a (radians) it misses a share of a^2 / 24. It is bounded everywhere,
by the distances from the line to both fronts together: nothing grows where a slope vanishes.

References
----------
Osher and Sethian (1988), Journal of Computational Physics, doi:10.1016/0021-9991(88)90002-2.
Bondzio et al. (2016), The Cryosphere, doi:10.5194/tc-10-497-2016.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from pycalfin.errors import LevelSetError
from pycalfin.issm.decimal import decimal_years
from pycalfin.issm.distance import Index, Segments, VertexTree
from pycalfin.issm.field import read_triangles, read_vertices
from pycalfin.issm.mesh import Mesh
from pycalfin.issm.ratefile import write_rates
from pycalfin.issm.ratespread import Spread
from pycalfin.issm.zeroline import ZeroLine, slopes, zero_line
from pycalfin.records import Float64, Front, Mask

log = logging.getLogger(__name__)

WIDTH = 1000.0
"""Units of the mesh: vertices that a front comes as close to as this get a rate."""
STEEPEST = 1.25
"""A distance changes along an edge by at most the edge's length. More, with an allowance for level
sets that a model has moved: the sign changes at a wall or an extension, and there is no front."""
GENTLEST = 0.5
"""A level set with a smaller slope along half of its zero line is no distance."""
TURN = float(np.cos(np.radians(60)))
"""Where the normals at two dates differ by more than 60 degrees, one front ends or another one is
nearer, and no rate is taken. So a distance to an end counts for at most twice the retreat. Measured
on 159 fronts of Harald Moltke Brae: 45 degrees drop the sides of bays that open in a few days."""


@dataclass(frozen=True, eq=False)
class FrontRates:
    """Rates of the front between the dates of a series, in units of the mesh per year.

    ISSM takes metres per year, of 365 days (md.constants.yts).

    Parameters
    ----------
    mesh : Mesh
    bounds : (ni, 2) float64
        Decimal years of both dates of each interval.
    retreat : (nv, ni) float64
        Velocity against the front's normal, positive where it retreats; NaN away from the front.
    ablation : (nv, ni) float64 or None
        Frontal ablation rate. None without an ice velocity.
    uncertainty : (nv, ni) float64 or None
        One standard deviation of either rate, from the positions of the fronts. None if unknown.
    mean_retreat : (ni,) float64
        Mean over the width of the front, weighted by length; NaN if no front is on the mesh.
    mean_ablation, mean_uncertainty : (ni,) float64 or None
        As `mean_retreat`. The uncertainty is that of positions that err together all along the
        front, which is the largest.
    length : (ni,) float64
        Length of the front that the means are taken over, in units of the mesh.
    coverage : (ni,) float64
        Share of the front's length that has a rate, 0..1.
    """

    mesh: Mesh
    bounds: Float64
    retreat: Float64
    ablation: Float64 | None
    uncertainty: Float64 | None
    mean_retreat: Float64
    mean_ablation: Float64 | None
    mean_uncertainty: Float64 | None
    length: Float64
    coverage: Float64

    @property
    def time(self) -> Float64:
        """Decimal years in the middle of the intervals, (ni,)."""
        middle: Float64 = self.bounds.mean(axis=1)
        return middle

    def to_netcdf(self, path: str | Path) -> Path:
        """Write a netCDF file after the conventions CF 1.8 and UGRID 1.0.

        It is classic netCDF, which MATLAB, Octave, xarray and QGIS read. Rates are stored as
        (time, vertex), so that MATLAB's `ncread` gives nv x ni.

        Parameters
        ----------
        path : path
            The complete file appears by rename.

        Returns
        -------
        Path
            Path of the file.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        return write_rates(path, self)


def front_rates(
    series: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    elements: ArrayLike,
    *,
    times: ArrayLike | None = None,
    velocity: tuple[ArrayLike, ArrayLike] | None = None,
    fronts: Sequence[Front] | None = None,
    uncertainty: float | None = None,
    width: float = WIDTH,
    crs: str | None = None,
) -> FrontRates:
    """Compute retreat and frontal ablation rates between the dates of a series of level sets.

    A front's rate is taken on its zero line half way between two dates; a vertex takes that of the
    nearest point of the line. The module's docstring has the formulae, docs/issm.md the errors.

    Parameters
    ----------
    series : (nv + 1, nt) array_like, or (nv, nt) with `times`
        Signed distances, negative on ice, as from `spclevelset`; the last row holds decimal years.
        NaN where unknown.
    x, y : (nv,) array_like
        Vertices of the mesh.
    elements : (ne, 3) array_like of int
        Triangles, counted from 0 or 1. For an extruded mesh those of one layer.
    times : (nt,) array_like, optional
        Decimal years or dates, for a series without its last row. Strictly increasing.
    velocity : (vx, vy), optional
        Ice velocity at the vertices, in units of the mesh per year: (nv,) each, or (nv, nt - 1)
        with one column per interval. A vertex with NaN, or with 0 where there is no ice, takes the
        nearest one's.
    fronts : sequence of Front, optional
        Fronts of the series, for the uncertainty of their vertices.
    uncertainty : float, optional
        One standard deviation of positions in units of the mesh, for fronts that have none.
    width : float
        Vertices that the front comes as close to as this get a rate.
    crs : str, optional
        CRS of the mesh; the fronts are reprojected to it. It is written to files.

    Returns
    -------
    FrontRates

    Raises
    ------
    LevelSetError
        If the series does not fit the mesh, has fewer than two dates, holds no distances, or has
        no front; if velocity, fronts or uncertainty do not fit the series.

    Examples
    --------
    >>> from pycalfin.issm import spclevelset
    >>> x, y = [0, 900, 0, 900], [0, 0, 900, 900]
    >>> fronts = [Front([[0, 500], [900, 500]], date="2017-01-01"),
    ...           Front([[0, 400], [900, 400]], date="2018-01-01")]
    >>> series = spclevelset(fronts, x, y)
    >>> found = front_rates(series, x, y, [[0, 1, 2], [1, 3, 2]], velocity=([0] * 4, [70] * 4))
    >>> found.retreat.T.tolist()
    [[100.0, 100.0, 100.0, 100.0]]
    >>> found.mean_ablation.tolist()
    [170.0]
    """
    xy = read_vertices(x, y)
    triangles = read_triangles(xy, elements)
    levels, years = _read_series(series, len(xy), times)
    count = len(years) - 1
    if not (np.isfinite(width) and width > 0):
        raise LevelSetError(f"width is {width}; expected a number above 0, in units of the mesh")
    ice = None if velocity is None else _read_velocity(velocity, len(xy), count)
    spread = Spread.of(years, fronts, uncertainty, crs)
    tree = VertexTree(xy)
    fields, means = np.full((3, len(xy), count), np.nan), np.full((3, count), np.nan)
    length, coverage = np.zeros(count), np.zeros(count)
    for at in range(count):
        pair, span = levels[:, at : at + 2], years[at + 1] - years[at]
        line, coverage[at] = _front(pair, xy, triangles, years[at : at + 2])
        if not len(line.triangle):
            continue
        ends = line.at(xy)
        reach = _lengths(ends)
        moved = line.at(pair[:, 1] - pair[:, 0])
        values = np.full((3, *moved.shape), np.nan)
        values[0] = moved / span
        if ice is not None:
            flow = _flow(
                ice[:, :, min(at, ice.shape[2] - 1)], pair.mean(axis=1), line, xy, triangles
            )
            values[1] = values[0] + flow
        if spread is not None:
            values[2] = spread.of_interval(at, ends)
        length[at] = reach.sum()
        means[:, at] = values.mean(axis=2) @ reach / length[at]
        fields[:, :, at] = _spread_out(values, moved, ends, reach, tree, width)
    if not length.any():
        raise LevelSetError(
            "no front crosses the mesh on two dates of the series; give signed distances from "
            "spclevelset, in the units of the mesh"
        )
    return FrontRates(
        mesh=Mesh(xy[:, 0], xy[:, 1], triangles + 1, crs),
        bounds=np.column_stack([years[:-1], years[1:]]),
        retreat=fields[0],
        ablation=None if ice is None else fields[1],
        uncertainty=None if spread is None else fields[2],
        mean_retreat=means[0],
        mean_ablation=None if ice is None else means[1],
        mean_uncertainty=None if spread is None else means[2],
        length=length,
        coverage=coverage,
    )


def _read_series(
    series: ArrayLike, vertices: int, times: ArrayLike | None
) -> tuple[Float64, Float64]:
    """Return level sets, (nv, nt), and decimal years, (nt,)."""
    table = np.asarray(series, float)
    rows = vertices + (times is None)
    if table.ndim != 2 or len(table) != rows or table.shape[1] < 2:
        raise LevelSetError(
            f"the series has shape {table.shape}; expected ({rows}, nt) for {vertices} vertices, "
            f"{'the last row with decimal years' if times is None else 'and times'}, of two or "
            "more dates"
        )
    if times is None:
        years, table = table[-1], table[:-1]
    else:
        given = np.atleast_1d(np.asarray(times)).ravel()
        if len(given) != table.shape[1]:
            raise LevelSetError(f"{len(given)} times for a series of {table.shape[1]} dates")
        years = np.concatenate([decimal_years(time) for time in given])
    if not np.isfinite(years).all() or (np.diff(years) <= 0).any():
        raise LevelSetError("the times of the series are not strictly increasing decimal years")
    if np.isinf(table).any():
        raise LevelSetError("the series holds infinite values; give NaN where it is unknown")
    return table, years


def _read_velocity(velocity: tuple[ArrayLike, ArrayLike], vertices: int, intervals: int) -> Float64:
    """Return velocities, (nv, 2, 1 or ni)."""
    try:
        vx, vy = (np.asarray(part, float) for part in velocity)
    except (TypeError, ValueError):
        raise LevelSetError("velocity is no pair (vx, vy) of arrays of numbers") from None
    shapes = ((vertices,), (vertices, 1), (vertices, intervals))
    if vx.shape != vy.shape or vx.shape not in shapes:
        raise LevelSetError(
            f"vx has shape {vx.shape} and vy {vy.shape}; expected ({vertices},) or ({vertices}, "
            f"{intervals}): a value for every vertex, or for every vertex and interval"
        )
    found: Float64 = np.stack([part.reshape(vertices, -1) for part in (vx, vy)], axis=1)
    return found


def _front(pair: Float64, xy: Float64, triangles: Index, years: Float64) -> tuple[ZeroLine, float]:
    """Return the front half way between two dates, and the share of it that can be followed."""
    line = zero_line(pair.mean(axis=1), triangles)
    # a line through a vertex may have a segment without length
    line = line.where(_lengths(line.at(xy)) > 0)
    edges = xy[line.edge]
    most = STEEPEST * _lengths(edges)
    line = line.where(line.within(pair[:, 0], most) & line.within(pair[:, 1], most))
    if not len(line.triangle):
        return line, 0.0
    first, second = (slopes(values, xy, triangles[line.triangle]) for values in pair.T)
    steep = [np.hypot(*slope.T) for slope in (first, second)]
    for year, slope in zip(years, steep, strict=True):
        if np.nanmedian(slope) < GENTLEST:
            raise LevelSetError(
                f"the level set of {year:.4f} changes by {np.nanmedian(slope):.2g} per unit of the "
                "mesh at the front, a signed distance by 1; give distances, as from spclevelset"
            )
    followed: Mask = np.sum(first * second, axis=1) >= TURN * steep[0] * steep[1]
    length = _lengths(line.at(xy))
    return line.where(followed), float(length[followed].sum() / length.sum())


def _flow(
    velocity: Float64, middle: Float64, line: ZeroLine, xy: Float64, triangles: Index
) -> Float64:
    """Return the ice's velocity along the front's normal at the ends of segments, (s, 2)."""
    stands = (velocity == 0).all(axis=1) & (middle > 0)
    known = np.isfinite(velocity).all(axis=1) & ~stands
    if not known.any():
        raise LevelSetError("the velocity is NaN, or 0 without ice, at all vertices; give vx, vy")
    near = np.unique(line.edge)
    bare = near[~known[near]]
    if len(bare):
        source = np.flatnonzero(known)
        velocity = velocity.copy()
        velocity[bare] = velocity[source[cKDTree(xy[source]).query(xy[bare])[1]]]
    normal = slopes(middle, xy, triangles[line.triangle])
    normal /= np.hypot(*normal.T)[:, None]
    found: Float64 = np.einsum("sej,sj->se", line.at(velocity), normal)
    return found


def _lengths(ends: Float64) -> Float64:
    """Return the distances between pairs of points, (..., 2, 2)."""
    found: Float64 = np.hypot(*np.moveaxis(ends[..., 1, :] - ends[..., 0, :], -1, 0))
    return found


def _spread_out(
    values: Float64, moved: Float64, ends: Float64, reach: Float64, tree: VertexTree, width: float
) -> Float64:
    """Give vertices near the front the values, (k, s, 2), of its nearest point; return (k, nv)."""
    along = (ends[:, 1] - ends[:, 0]) / reach[:, None]
    segments = Segments(ends[:, 0], along, reach, np.arange(len(reach)))
    distance, nearest = tree.nearest(segments)
    way = np.einsum("ij,ij->i", tree.xy - ends[nearest, 0], along[nearest])
    share = np.clip(way / reach[nearest], 0, 1)
    low, high = (values[:, nearest, end] for end in (0, 1))
    start, end = (moved[nearest, side] for side in (0, 1))
    # both fronts lie half of the way from the line
    close = distance <= width + np.abs(start + share * (end - start)) / 2
    return np.where(close, low + share * (high - low), np.nan)
