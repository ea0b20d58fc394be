"""Uncertainty of a front's rate, from that of the positions of the fronts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from pycalfin.errors import LevelSetError
from pycalfin.issm.grouping import Column, columns, read_lines
from pycalfin.records import Float64, Front

SAME = 1e-6
"""Years (half a minute): times this close are one."""


@dataclass(frozen=True, eq=False)
class Spread:
    """One standard deviation of positions on each date with fronts.

    A rate is a sum of positions x_k with factors f_k, because a series is linear in time between
    the dates with fronts. Positions on different dates are independent, so that the variance of
    the rate is the sum of (f_k s_k)^2.

    Parameters
    ----------
    factors : (ni, nk) float64
        Factors of the positions on each date in the rate of each interval, per year.
    dates : tuple of (tree or None, (n,) float64)
        For each date the vertices of its fronts and their standard deviations; a single value
        without vertices holds everywhere.
    """

    factors: Float64
    dates: tuple[tuple[cKDTree | None, Float64], ...]

    @classmethod
    def of(
        cls,
        years: Float64,
        fronts: Sequence[Front] | None,
        uncertainty: float | None,
        crs: str | None,
    ) -> Spread | None:
        """Return what is known about the positions in a series; None if nothing was given."""
        if uncertainty is not None and not (np.isfinite(uncertainty) and uncertainty >= 0):
            raise LevelSetError(
                f"uncertainty is {uncertainty}; expected one standard deviation of positions, 0 or "
                "more units of the mesh"
            )
        if fronts is None:
            if uncertainty is None:
                return None
            everywhere = (None, np.array([float(uncertainty)]))
            return cls(_factors(years, years), (everywhere,) * len(years))
        seen = columns(read_lines(fronts, crs, None))
        dates = tuple(_positions(column, uncertainty) for column in seen)
        if all(np.isnan(spread).all() for _, spread in dates):
            raise LevelSetError(
                f"none of the {len(fronts)} fronts has an uncertainty; give uncertainty, one "
                "standard deviation of their positions in units of the mesh"
            )
        known = np.array([column.year for column in seen])
        if years[0] < known[0] - SAME or years[-1] > known[-1] + SAME:
            raise LevelSetError(
                f"the fronts are of {known[0]:.4f} to {known[-1]:.4f} and the series of "
                f"{years[0]:.4f} to {years[-1]:.4f}; give the fronts that the series was made from"
            )
        return cls(_factors(years, known), dates)

    def of_interval(self, number: int, xy: Float64) -> Float64:
        """Return the standard deviation of an interval's rate at places, (..., 2)."""
        variance = np.zeros(xy.shape[:-1])
        for place in np.flatnonzero(self.factors[number]):
            tree, spread = self.dates[place]
            nearest = 0 if tree is None else tree.query(xy)[1]
            variance += (self.factors[number, place] * spread[nearest]) ** 2
        found: Float64 = np.sqrt(variance)
        return found


def _factors(years: Float64, known: Float64) -> Float64:
    weights = np.column_stack([np.interp(years, known, unit) for unit in np.eye(len(known))])
    factors: Float64 = np.diff(weights, axis=0) / np.diff(years)[:, None]
    return factors


def _positions(column: Column, uncertainty: float | None) -> tuple[cKDTree, Float64]:
    default = np.nan if uncertainty is None else uncertainty
    spreads = []
    for line in column.lines:
        own: Float64 = line.front.uncertainty
        if len(own) == len(line.front.xy) != len(line.xy):
            # repeated vertices were dropped from the line
            own = np.full(len(line.xy), own.max())
        elif len(own) != len(line.xy):
            own = np.full(len(line.xy), np.nan)
        spreads.append(np.where(np.isfinite(own), own, default))
    return cKDTree(np.concatenate([line.xy for line in column.lines])), np.concatenate(spreads)
