"""Fronts that overlapping tiles of one scene both see."""

from __future__ import annotations

import numpy as np

from pycalfin.batch.task import _without_doubles
from pycalfin.records import Front, PairResult


def tile(name: str, confidence: float, shift: float) -> PairResult:
    xy = np.column_stack([np.arange(0, 3000, 30.0), np.full(100, shift)])
    front = Front(xy=xy, crs="EPSG:3413", date="2020-07-01", domain=name, confidence=confidence)
    return PairResult("scene", name, "scene.tif", "done", fronts=(front,), crs="EPSG:3413")


def test_the_better_view_of_a_front_stays() -> None:
    results = _without_doubles([tile("a", 0.6, 0.0), tile("b", 0.9, 20.0), tile("c", 0.7, 5000.0)])
    assert [result.status for result in results] == ["no_front", "done", "done"]
    assert [len(result.fronts) for result in results] == [0, 1, 1]
    assert "tile" in results[0].reason
