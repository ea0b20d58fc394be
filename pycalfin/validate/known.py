"""Comparison of a run with the known fronts of synthetic scenes: found, missed, false, distance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pycalfin import geo
from pycalfin.results import PairResult
from pycalfin.synthetic.painting import SyntheticScene
from pycalfin.validate.metrics import ground_distance


@dataclass(frozen=True, eq=False)
class Measured:
    """A scene with known fronts and its result.

    Parameters
    ----------
    scene : SyntheticScene
    result : PairResult or None
        Result for the scene and its own domain; None if the run has no such pair.
    metres : float
        Mean distance, ground metres; NaN if no front was found or none is known.
    pixels : float
        Mean distance, pixels of the scene.
    """

    scene: SyntheticScene
    result: PairResult | None
    metres: float
    pixels: float

    @property
    def found(self) -> int:
        """Return the number of fronts found."""
        return len(self.result.fronts) if self.result else 0

    @property
    def status(self) -> str:
        """Return the status of the pair, or 'missing'."""
        return self.result.status if self.result else "missing"

    @property
    def missed(self) -> bool:
        """Return True if a front is known and none was found."""
        return bool(self.scene.fronts) and not self.found

    @property
    def false_positives(self) -> bool:
        """Return True if no front is known and one was found."""
        return not self.scene.fronts and self.found > 0


def compare(scenes: Sequence[SyntheticScene], results: Sequence[PairResult]) -> list[Measured]:
    """Compare a run on synthetic scenes with their known fronts.

    Parameters
    ----------
    scenes : sequence of SyntheticScene
    results : sequence of PairResult
        Pairs of a scene with another scene's domain are ignored.

    Returns
    -------
    list of Measured
        In the order of `scenes`.
    """
    pairs = {(Path(result.path).name, result.domain): result for result in results}
    return [_measure(scene, pairs.get((scene.path.name, scene.domain_name))) for scene in scenes]


def _measure(scene: SyntheticScene, result: PairResult | None) -> Measured:
    if result is None or not result.fronts or not scene.fronts:
        return Measured(scene, result, math.nan, math.nan)
    middle = np.concatenate(scene.fronts).mean(axis=0)[np.newaxis]
    pixel = scene.pixel * float(geo.ground_scale(middle, scene.crs)[0])
    metres = ground_distance(result.fronts, scene.fronts, scene.crs, pixel).mean
    return Measured(scene, result, metres, metres / pixel)


def mean_error(measured: Sequence[Measured]) -> tuple[float, float]:
    """Return the mean distance over the scenes in which a known front was found.

    Returns
    -------
    pixels, metres : float
        NaN if there is no such scene.
    """
    hits = [item for item in measured if not math.isnan(item.pixels)]
    if not hits:
        return math.nan, math.nan
    return (
        float(np.mean([item.pixels for item in hits])),
        float(np.mean([item.metres for item in hits])),
    )
