"""The published way from a subset to fronts (Cheng et al. 2021), for CALFIN's own weights.

The subset is resized to 256 x 256 pixels, whatever its shape, and predicted in nine overlapping
windows. The edge's skeleton becomes one polyline; points along the walls of the fjord mask are
taken off; what remains is cut again from the full-resolution subset and predicted again, and
accepted if the prediction is sure enough. Constants are those of the public code (commit
e8f647d4) where nothing else is said; those that depend on the hemisphere go by latitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from skimage.morphology import skeletonize

from pycalfin.front import fjord as fjord_masks
from pycalfin.front import view
from pycalfin.front.candidate import Candidate, Found, drop_duplicates
from pycalfin.front.polyline import heaviest_path
from pycalfin.front.trace import measure_oriented, runs, smooth
from pycalfin.network.predict import SIDE_256, predict_square
from pycalfin.records import Float32, Float64, Mask, Subset
from pycalfin.results import Prediction
from pycalfin.scene import enhance
from pycalfin.settings import Settings
from pycalfin.timing import Stopwatch

if TYPE_CHECKING:
    from pycalfin.network import Network

LEAST_POINTS = 4
"""Skeleton points of a polyline."""
LEAST_FRONT_POINTS = 10
"""Points of a front after the walls were taken off."""
SMALL_COMPONENT = 0.15
"""Share of the largest component below which one is dropped."""
SMALL_COMPONENT_IMAGE = 0.00025
"""Share of the image's pixels below which one is dropped."""
WALL_DISTANCE = 3.0
"""Pixels: points this close to the fjord's walls always belong to them."""
WALL_BINS = 12
"""Most bins of the histogram of distances from the walls."""
WALL_OUTLIER = 2.5
"""Robust z-score (median absolute deviation) of a bin that holds a wall."""
SURE_ABOVE = 0.05
"""Edge probability above which pixels count in the confidence test."""
LENGTH_ABOVE = 0.25
"""Edge probability above which pixels count as the edge's length ..."""
LINE_WIDTH = 3.0
"""... which is their number divided by this, the width of the network's lines in pixels."""
MASK_REACH = 15
"""Pixels: side of the square that dilates the edge in the test of the mask's balance."""
SPECK = 3
"""Pixels: side of the square whose median is the ocean's level."""
POLAR_SOUTH = -60.0
"""Degrees: farther south Antarctica's constants hold."""


@dataclass(frozen=True)
class Constants:
    """What depends on the hemisphere.

    Parameters
    ----------
    zero : float
        Pixels: gap in the polyline that is worth nothing.
    power : float
        Exponent of a gap's cost.
    side : float
        Of the refined window, in longest sides of a front's box.
    """

    zero: float
    power: float
    side: float


NORTH, ANTARCTICA = Constants(5.0, 1.5, 2.5), Constants(10.0, 1.45, 1.75)
"""The published values."""


def constants(subset: Subset, settings: Settings) -> Constants:
    """Choose the constants by latitude, unless the settings give them.

    Parameters
    ----------
    subset : Subset
    settings : Settings
    """
    own = ANTARCTICA if _antarctic(subset) else NORTH
    given = (settings.calfin_zero, settings.calfin_power, settings.calfin_side)
    chosen = zip(given, (own.zero, own.power, own.side), strict=True)
    return Constants(*(published if value is None else value for value, published in chosen))


def _antarctic(subset: Subset) -> bool:
    return subset.grid is not None and subset.grid.latitude < POLAR_SOUTH


def find(
    subset: Subset, network: Network, settings: Settings, fjord: Mask | None, watch: Stopwatch
) -> Found:
    """Find the fronts of a subset; see `pycalfin.front.candidate.Extractor`.

    Without a fjord mask nothing is taken off.
    """
    values = constants(subset, settings)
    edge, second = settings.thresholds("calfin")
    views = _Views(subset, network, settings, fjord, values, watch)
    whole = views.predict(view.Window.whole(subset))
    with watch("trace"):
        first = views.lines(whole, edge)
    if not first:
        return Found([], whole, views.ocean(whole), views.nothing(whole, edge))
    found: list[Candidate] = []
    reasons: list[str] = []
    if settings.refine:
        for line in first:
            window = view.Window.square(line, subset, values.side, SIDE_256)
            closer = views.predict(window)
            with watch("trace"):
                _accept(views, closer, second, found, reasons)
    if not found:
        with watch("trace"):
            _accept(views, whole, edge, found, reasons)
    if not found:
        return Found([], whole, views.ocean(whole), reasons[-1])
    return Found(drop_duplicates(found), whole, views.ocean(whole))


def _accept(
    views: _Views,
    prediction: Prediction,
    threshold: float,
    found: list[Candidate],
    reasons: list[str],
) -> None:
    """Add the fronts of a prediction if it passes the published tests, else the reason."""
    reason = rejection_reason(prediction, views.settings)
    if reason:
        reasons.append(reason)
        return
    lines = views.lines(prediction, threshold)
    if not lines:
        reasons.append(views.nothing(prediction, threshold))
    found.extend(views.candidate(line, prediction) for line in lines)


def certainty(edge: Float32) -> float:
    """How far the edge's probabilities are from a toss-up: mean of 2 |p - 0.5|, 0..1."""
    near = edge[edge > SURE_ABOVE]
    return float(np.mean(2 * np.abs(near - 0.5))) if near.size else 0.0


def rejection_reason(prediction: Prediction, settings: Settings) -> str:
    """Say why a prediction holds no front by the published tests; '' if it may.

    Parameters
    ----------
    prediction : Prediction
    settings : Settings
        The `calfin_...` thresholds are used.
    """
    edge, mask = prediction.edge, 1.0 - prediction.ocean
    sure = certainty(edge)
    if sure < settings.calfin_confidence:
        return f"confidence {sure:.3f} is below {settings.calfin_confidence:g}"
    length = np.count_nonzero(edge > LENGTH_ABOVE) / LINE_WIDTH
    if length < settings.calfin_length:
        return f"the edge is {length:.0f} pixels long, less than {settings.calfin_length:g}"
    land = np.count_nonzero(mask > 0.5)
    ratio = land / max(mask.size - land, 1)
    if ratio > settings.calfin_land_ratio:
        return f"{ratio:.0f} times more land and ice than ocean"
    near = ndimage.maximum_filter(edge > settings.thresholds("calfin")[0], MASK_REACH)
    balance = abs(float(mask[near].mean()) - 0.5) if near.any() else 0.5
    if balance > settings.calfin_balance:
        return f"the edge does not lie between ocean and ice (mask off balance by {balance:.2f})"
    return ""


@dataclass(frozen=True, eq=False)
class _Views:
    """Predict windows of one subset and trace the lines in them."""

    subset: Subset
    network: Network
    settings: Settings
    fjord: Mask | None
    values: Constants
    watch: Stopwatch

    def predict(self, window: view.Window) -> Prediction:
        """Predict a window, resized to a square of 256 pixels."""
        step = (window.height / SIDE_256, window.width / SIDE_256)
        with self.watch("network"):
            pixels, valid, cloud = view.resample(self.subset, window, step)
            channels = enhance.published_channels(pixels, valid, self.network.channels)
            maps = predict_square(self.network, channels, fast=self.settings.fast)
        edge = maps[..., self.network.outputs.index("edge")]
        if "mask" in self.network.outputs:
            ocean = 1 - maps[..., self.network.outputs.index("mask")]
        else:
            ocean = maps[..., self.network.outputs.index("ocean")]
        return Prediction(
            edge=edge,
            ocean=ocean,
            land=None,
            valid=valid,
            grey=(channels[..., 0] + np.float32(1)) / np.float32(2),
            cloud=cloud,
            origin=(window.row + step[0] / 2, window.col + step[1] / 2),
            step=step,
        )

    def lines(self, prediction: Prediction, threshold: float) -> list[Float64]:
        """Lines of a prediction off the walls, smoothed, as row and column of the subset."""
        points = np.argwhere(skeletonize(prediction.edge > threshold)).astype(float)
        if len(points) < LEAST_POINTS:
            return []
        path = heaviest_path(points, self.values.zero, self.values.power)
        parts = [path]
        if self.fjord is not None:
            parts = off_walls(path, fjord_masks.on_grid(self.fjord, prediction))
        smoothing = (self.settings.smoothing_window, self.settings.smoothing_order)
        return [
            prediction.to_subset(smooth(part, smoothing))
            for part in parts
            if len(part) >= LEAST_POINTS
        ]

    def ocean(self, prediction: Prediction) -> Float32:
        """Return the level of the ocean: its probability within the fjord, without specks."""
        level = ndimage.median_filter(prediction.ocean, SPECK)
        if self.fjord is None:
            return np.asarray(level)
        inside = fjord_masks.on_grid(self.fjord, prediction)
        return np.where(inside, level, np.float32(0))

    def nothing(self, prediction: Prediction, threshold: float) -> str:
        """Why a prediction has no line."""
        if self.fjord is not None and (prediction.edge > threshold).any():
            return "the edge lies along the walls of the fjord mask, or outside it"
        return "no edge in the prediction"

    def candidate(self, line: Float64, prediction: Prediction) -> Candidate:
        """Measure a line and turn the ocean to its left."""
        trace = measure_oriented(prediction.from_subset(line), prediction)
        line = prediction.to_subset(trace.rowcol)
        return Candidate(line, trace, prediction, certainty(prediction.edge))


def off_walls(path: Float64, fjord: Mask) -> list[Float64]:
    """Take off the points of a polyline that run along the walls of the fjord.

    Parameters
    ----------
    path : (N, 2) float64
        Row and column on the grid of the mask.
    fjord : (h, w) bool

    Returns
    -------
    list of (M, 2) float64
        What remains, in its order along the line; without small pieces.
    """
    padded = np.pad(fjord, 1, constant_values=False)
    distance = ndimage.distance_transform_edt(padded)[1:-1, 1:-1]
    rows, cols = np.rint(path).astype(int).T
    along = distance[rows, cols]
    parts = [path[run] for run in runs(along >= wall_cutoff(along))]
    if not parts:
        return []
    least = max(SMALL_COMPONENT_IMAGE * fjord.size, SMALL_COMPONENT * max(map(len, parts)))
    return [part for part in parts if len(part) >= max(least, LEAST_FRONT_POINTS)]


def wall_cutoff(distance: Float64) -> float:
    """Distance from the walls up to which points of a polyline belong to them.

    It begins with `WALL_DISTANCE` and grows over the next bins of the distances' histogram while
    they hold more points than the others do.

    Parameters
    ----------
    distance : (N,) float64
        Pixels from the walls.
    """
    bins = int(min(distance.max() // 2, WALL_BINS))
    if bins < 2:
        return WALL_DISTANCE
    counts, edges = np.histogram(distance, bins=bins)
    middle = np.median(counts)
    spread = np.median(np.abs(counts - middle))
    crowded = 0.6745 * (counts - middle) > WALL_OUTLIER * max(spread, 1.0)
    cutoff = WALL_DISTANCE
    for full, upper in zip(crowded, edges[1:], strict=True):
        if not full:
            break
        cutoff = max(cutoff, float(upper))
    return cutoff
