"""The extractor of networks that know ocean, ice and land: no fjord mask is needed.

The whole subset is predicted first. Where it had to be shrunk for that, a window around every
candidate is predicted again at up to full resolution (CALFIN's re-subset), and the finer lines
replace the coarse one. In each view the fronts are stretches of one interface
(`pycalfin.front.interface`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pycalfin.front import fjord as fjord_masks
from pycalfin.front import interface, view
from pycalfin.front.candidate import Candidate, Found, drop_duplicates
from pycalfin.front.confidence import (
    OVERLAP_DISTANCE,
    confidence,
    overlap,
    plausibility,
)
from pycalfin.records import Float32, Mask, Subset
from pycalfin.results import Prediction
from pycalfin.settings import Settings
from pycalfin.timing import Stopwatch

if TYPE_CHECKING:
    from pycalfin.network import Network

SECOND_CHANCE = 0.15
"""Confidence from which on a candidate is predicted again at full resolution."""
SHRUNK = 1.25
"""Subset pixels per pixel of the view from which on a refinement is worth its time."""
SAME_SHARE = 0.5
"""Share of a coarse line near a finer one from which on the finer one replaces it."""


@dataclass(frozen=True, eq=False)
class _Views:
    """Predicts windows of one subset and finds the fronts in them."""

    subset: Subset
    network: Network
    settings: Settings
    fjord: Mask | None
    watch: Stopwatch

    def find(
        self, window: view.Window, even_edge: float
    ) -> tuple[list[Candidate], Prediction, Float32]:
        """Predict a window; return its candidates, the prediction and the ocean."""
        settings = self.settings
        with self.watch("network"):
            prediction = self._within_fjord(
                view.predict(self.subset, window, self.network, settings)
            )
        with self.watch("trace"):
            ocean = interface.ocean_level(prediction, even_edge)
            smoothing = (settings.smoothing_window, settings.smoothing_order)
            found = interface.fronts(prediction, ocean, even_edge, settings.min_length, smoothing)
        calibration = self.network.calibration
        candidates = [
            Candidate(
                prediction.to_subset(line.rowcol),
                line,
                prediction,
                confidence(plausibility(line), calibration),
            )
            for line in found
        ]
        return candidates, prediction, ocean

    def _within_fjord(self, prediction: Prediction) -> Prediction:
        """Make everything outside the fjord land."""
        if self.fjord is None:
            return prediction
        inside = fjord_masks.on_grid(self.fjord, prediction)
        land = np.zeros_like(prediction.ocean) if prediction.land is None else prediction.land
        return replace(
            prediction,
            edge=np.where(inside, prediction.edge, np.float32(0)),
            ocean=np.where(inside, prediction.ocean, np.float32(0)),
            land=np.where(inside, land, np.float32(1)),
        )


def find(
    subset: Subset, network: Network, settings: Settings, fjord: Mask | None, watch: Stopwatch
) -> Found:
    """Find the fronts of a subset; see `pycalfin.front.candidate.Extractor`."""
    views = _Views(subset, network, settings, fjord, watch)
    first, second = settings.thresholds("light")
    found, whole, ocean = views.find(view.Window.whole(subset), first)
    if settings.refine and _shrunk(subset, whole):
        found = _refined(found, views, second)
    if not found:
        return Found([], whole, ocean, "no edge in the prediction")
    believed = [item for item in found if item.confidence >= settings.min_confidence]
    if not believed:
        best = max(item.confidence for item in found)
        reason = f"no front above confidence {settings.min_confidence:g} (best {best:.2f})"
        return Found([], whole, ocean, reason)
    return Found(drop_duplicates(believed), whole, ocean)


def _shrunk(subset: Subset, prediction: Prediction) -> bool:
    """Return True if the pixels of a view are notably coarser on the ground than the subset's."""
    spacing = np.array(view.pixel_spacing(subset))
    pixel = float(np.sqrt(np.prod(spacing * prediction.step)))
    return pixel > SHRUNK * view.native_metres(subset)


def _refined(first: list[Candidate], views: _Views, even_edge: float) -> list[Candidate]:
    """Predict a window around every candidate that could be a front; keep the finer lines."""
    settings = views.settings
    least = min(SECOND_CHANCE, settings.min_confidence)
    plausible = [item for item in first if item.confidence >= least]
    found: list[Candidate] = []
    for item in sorted(plausible, key=lambda item: -item.score)[: settings.max_fronts]:
        window = view.Window.around(
            item.rowcol, views.subset, settings.refine_side, settings.window
        )
        finer, _, _ = views.find(window, even_edge)
        reach = OVERLAP_DISTANCE * max(item.prediction.step)
        if not any(overlap(other.rowcol, item.rowcol, reach) >= SAME_SHARE for other in finer):
            finer.append(item)
        found.extend(finer)
    return found
