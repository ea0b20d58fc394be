"""Fronts that run on: along the border of ocean and ice, where the edge itself fades.

A calving front ends at land, at the image's border or at another front. Where the traced line
ends before that, in mélange or in a shadow, the zones often still tell how it goes on. They place
it less well than the edge does, so a line is prolonged by a limited length only, and its weak edge
there makes its uncertainty large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.measure import find_contours

from pycalfin.front.finish import Candidate
from pycalfin.front.fjord import on_grid
from pycalfin.front.gaps import trusted_pixels
from pycalfin.front.polygon import OCEAN_PROBABILITY
from pycalfin.front.trace import measure, measure_oriented, resample
from pycalfin.records import Float64, Mask
from pycalfin.results import Prediction

REACH = 20
"""Vertices, about a pixel of the look apart: longest prolongation of an end."""
NEAR = 8.0
"""Pixels of the look: an end this close to the ocean's border may run on along it."""
SETTLING = 5.0
"""Pixels over which a prolongation passes from the line's end to the border."""
TOUCH = 4.0
"""Pixels of the look: a prolongation stops this close to another front."""
LEAST_STEP = 0.1
"""Step of the ocean's probability across the border below which nothing is known there."""
LAND_SHARE = 0.4
"""Share of land in what is not ocean behind the border from which on it is a coast."""
SMOOTHING = 3.0
"""Vertices: Gaussian width over which that share is averaged along the border."""
WALL = 4
"""Pixels within the walls of a fjord where its mask, not the network, ends the ocean."""
OWN_END = 16
"""Vertices of a line beside which its own prolongation may lie."""
CLOSED = 1.5
"""Pixels between the ends of a border that goes around."""
SHORTEST = 24
"""Vertices: shorter borders are those of bergs and specks."""


@dataclass(frozen=True, eq=False)
class Border:
    """One line between ocean and what is not, ocean on its left.

    Attributes
    ----------
    rowcol : (N, 2) float64
        Of the prediction, about one pixel apart.
    calving : (N,) bool
        What lies behind is ice rather than land.
    """

    rowcol: Float64
    calving: Mask


def prolong(fronts: Sequence[Candidate], fjord: Mask | None = None) -> list[Candidate]:
    """Let fronts run on along the border of ocean and ice, each in the look that it was found in.

    Parameters
    ----------
    fronts : sequence of Candidate
    fjord : (H, W) bool, optional
        On the subset's grid; nothing runs on along its walls.

    Returns
    -------
    list of Candidate
        In the same order; what a front gained keeps its distance from the others.
    """
    known: dict[int, list[Border]] = {}
    longer: list[Candidate] = []
    for number, item in enumerate(fronts):
        prediction, line = item.prediction, item.trace.rowcol
        if id(prediction) not in known:
            inside = None if fjord is None else on_grid(fjord, prediction)
            known[id(prediction)] = borders(prediction, inside)
        others = [*longer, *fronts[number + 1 :]]
        rowcol = prolonged(
            line,
            known[id(prediction)],
            [prediction.from_subset(other.rowcol) for other in others],
        )
        if len(rowcol) > len(line):
            trace = measure(resample(rowcol), prediction)
            item = replace(item, trace=trace, rowcol=prediction.to_subset(trace.rowcol))
        longer.append(item)
    return longer


def borders(prediction: Prediction, inside: Mask | None = None) -> list[Border]:
    """Find where ocean borders on what is not.

    Parameters
    ----------
    prediction : Prediction
    inside : (h, w) bool, optional
        Where there can be ocean and ice.

    Returns
    -------
    list of Border
    """
    known = trusted_pixels(prediction.valid)
    if inside is not None:
        known = known & ndimage.binary_erosion(inside, iterations=WALL, border_value=1)
    ocean = np.where(known, ndimage.gaussian_filter(prediction.ocean, 1.0), np.nan)
    found = []
    for contour in find_contours(ocean, OCEAN_PROBABILITY):
        line = resample(contour)
        if len(line) < SHORTEST:
            continue
        sides = measure_oriented(line, prediction)
        share = sides.land / np.maximum(1.0 - sides.right, LEAST_STEP)
        share = ndimage.gaussian_filter1d(share, SMOOTHING, mode="nearest")
        calving = (share < LAND_SHARE) & (sides.left - sides.right > LEAST_STEP)
        found.append(Border(sides.rowcol, calving))
    return found


def prolonged(line: Float64, border: Sequence[Border], others: Sequence[Float64] = ()) -> Float64:
    """Prolong both ends of a line along the ocean's border.

    Parameters
    ----------
    line : (N, 2) float64
        Row and column, ocean on the left.
    border : sequence of Border
    others : sequence of (N, 2) float64
        Where a prolongation stops.

    Returns
    -------
    (M, 2) float64
        The line, and before and behind it what was added.
    """
    if not border:
        return line
    stop = cKDTree(np.concatenate(others)) if others else None
    backwards = [Border(item.rowcol[::-1], item.calving[::-1]) for item in border]
    ahead = _onward(line, border, stop)
    behind = _onward(line[::-1], backwards, stop)[::-1]
    return np.concatenate([behind, line, ahead])


def _onward(line: Float64, border: Sequence[Border], stop: cKDTree | None) -> Float64:
    """Vertices to add behind the last one of a line."""
    end = line[-1]
    apart = [np.hypot(*(item.rowcol - end).T) for item in border]
    nearest = int(np.argmin([distance.min() for distance in apart]))
    if apart[nearest].min() > NEAR:
        return line[:0]
    onward = _from(border[nearest], int(np.argmin(apart[nearest])))
    way = onward.rowcol[1 : REACH + 1]
    blocked = ~onward.calving[1 : REACH + 1]
    if stop is not None:
        blocked |= stop.query(way)[0] < TOUCH
    if len(line) > OWN_END:  # a border may turn back to the line that it leaves
        blocked |= cKDTree(line[:-OWN_END]).query(way)[0] < TOUCH
    way = way[: int(np.argmax(blocked))] if blocked.any() else way
    fading = np.exp(-np.arange(1, len(way) + 1) / SETTLING)
    return np.asarray(way + (end - onward.rowcol[0]) * fading[:, None])


def _from(border: Border, start: int) -> Border:
    """A border from one of its vertices on; all the way around, if it is closed."""
    rowcol, calving = border.rowcol, border.calving
    if np.hypot(*(rowcol[0] - rowcol[-1])) < CLOSED:
        return Border(np.roll(rowcol, -start, axis=0), np.roll(calving, -start))
    return Border(rowcol[start:], calving[start:])
