"""What an extractor finds in a subset, before it is georeferenced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pycalfin.front.confidence import OVERLAP_DISTANCE, distinct
from pycalfin.front.trace import Trace
from pycalfin.records import Float32, Float64, Mask, Subset
from pycalfin.results import Prediction
from pycalfin.settings import Settings
from pycalfin.timing import Stopwatch

if TYPE_CHECKING:
    from pycalfin.network import Network


@dataclass(frozen=True, eq=False)
class Candidate:
    """A line in the subset's pixels, with the view that it was found in.

    Attributes
    ----------
    rowcol : (N, 2) float64
        Row and column of the subset; ocean on the left on the image as displayed.
    trace : Trace
        The same line in the view.
    prediction : Prediction
        Of the view.
    confidence : float
        0..1.
    """

    rowcol: Float64
    trace: Trace
    prediction: Prediction
    confidence: float

    @property
    def step(self) -> float:
        """Subset pixels per pixel of the view, both axes together."""
        return float(np.sqrt(np.prod(self.prediction.step)))

    @property
    def score(self) -> float:
        """What ranks candidates: confidence times length."""
        return self.confidence * self.trace.length * self.step


def drop_duplicates(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Keep the best of the candidates that are nearly the same line.

    Parameters
    ----------
    candidates : sequence of Candidate
        Of one subset, in views of any resolution; at least one.

    Returns
    -------
    list of Candidate
        Best first.
    """
    reach = OVERLAP_DISTANCE * max(item.step for item in candidates)
    lines = [item.rowcol for item in candidates]
    kept = distinct(lines, [item.score for item in candidates], reach)
    return [candidates[index] for index in kept]


@dataclass(frozen=True, eq=False)
class Found:
    """Everything that an extractor found in a subset.

    Attributes
    ----------
    candidates : sequence of Candidate
        The fronts, best first.
    whole : Prediction
        Of the whole subset.
    ocean : (h, w) float32
        On the grid of `whole`: above 0.5 in the ocean.
    reason : str
        Why there is no front; '' otherwise.
    """

    candidates: Sequence[Candidate]
    whole: Prediction
    ocean: Float32
    reason: str = ""


class Extractor(Protocol):
    """Turns a subset into candidates; one function of a module of `pycalfin.front`."""

    def __call__(
        self,
        subset: Subset,
        network: Network,
        settings: Settings,
        fjord: Mask | None,
        watch: Stopwatch,
    ) -> Found:
        """Find the fronts of a subset.

        Parameters
        ----------
        subset : Subset
        network : Network
        settings : Settings
        fjord : (H, W) bool or None
            True in the fjord, on the subset's grid.
        watch : Stopwatch
            Gets the seconds of 'network' and 'trace'.

        Returns
        -------
        Found
        """
        ...
