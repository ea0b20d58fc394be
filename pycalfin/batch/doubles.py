"""Of a front that two windows of one scene saw, keep the better view.

A front counts as better seen the longer and surer it is, and the farther from its window's border.
What of another front lies on a better one is cut off; if little remains, all of it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from pycalfin.arrays import Float64, Mask
from pycalfin.front.trace import runs
from pycalfin.records import Front
from pycalfin.results import Prediction

SAME_DISTANCE = 3.0
"""Mean vertex spacings: fronts of two windows this close are one front."""
LEAST_REST = 1 / 3
"""Of a front's vertices that must remain in one piece where the rest lies on a better one."""


@dataclass(frozen=True, eq=False)
class Sighting:
    """A front as one window saw it.

    Parameters
    ----------
    front : Front
    window : int
        Number of the window; two fronts of one window are never the same.
    depth : float
        Distance to the window's border, 0..1 of half its side.
    """

    front: Front
    window: int
    depth: float = 1.0

    @property
    def score(self) -> float:
        """What ranks sightings: confidence times length times depth."""
        steps = np.hypot(*np.diff(self.front.xy, axis=0).T)
        return float(self.front.confidence * steps.sum() * self.depth)


def depth_in(prediction: Prediction | None, front: Front) -> float:
    """Return how far from the border of its window a front lies, 0..1 of half the shorter side."""
    if prediction is None or not len(front.pixels):
        return 1.0
    size = np.array(prediction.edge.shape) * prediction.step
    low = np.array(prediction.origin) - np.array(prediction.step) / 2
    inside = np.minimum(front.pixels - low, low + size - front.pixels).min()
    return float(np.clip(inside / (size.min() / 2), 0.0, 1.0))


def without_doubles(sightings: Sequence[Sighting]) -> list[Front | None]:
    """Keep every stretch of a front once.

    Parameters
    ----------
    sightings : sequence of Sighting
        Of one scene and in one coordinate reference system.

    Returns
    -------
    list of Front or None
        In the same order: the front, what is left of it, or None.
    """
    if not sightings:
        return []
    reach = SAME_DISTANCE * float(np.median([_spacing(item.front.xy) for item in sightings]))
    kept: list[Front | None] = [None] * len(sightings)
    for index in sorted(range(len(sightings)), key=lambda i: (-sightings[i].score, i)):
        item = sightings[index]
        others = [
            better.xy
            for better, other in zip(kept, sightings, strict=True)
            if better is not None and other.window != item.window
        ]
        kept[index] = _rest(item.front, _near(item.front.xy, others, reach))
    return kept


def _spacing(xy: Float64) -> float:
    return float(np.hypot(*np.diff(xy, axis=0).T).mean())


def _near(xy: Float64, others: Sequence[Float64], reach: float) -> Mask:
    """Mark the vertices within reach of the others' vertices."""
    near = np.zeros(len(xy), bool)
    for other in others:
        distance, _ = cKDTree(other).query(xy, distance_upper_bound=reach)
        near |= np.isfinite(distance)
    return near


def _rest(front: Front, near: Mask) -> Front | None:
    """Cut a front down to its longest stretch that lies on no better one."""
    if not near.any():
        return front
    part = max(runs(~near), key=lambda run: run.stop - run.start, default=None)
    if part is None or part.stop - part.start < max(2, LEAST_REST * len(near)):
        return None
    known = {name: getattr(front, name) for name in ("xy", "pixels", "uncertainty")}
    pieces = {name: values[part] for name, values in known.items() if len(values) == len(near)}
    return front.with_fields(**pieces, partial=True)
