"""Fronts that overlapping windows of one scene saw: every stretch is kept once."""

from __future__ import annotations

import numpy as np
import pytest

from pycalfin.batch.doubles import Sighting, depth_in, without_doubles
from pycalfin.records import Front
from pycalfin.results import Prediction


def seen(
    window: int, start: float, stop: float, *, off: float = 0.0, depth: float = 1.0
) -> Sighting:
    """A straight front along x, seen by a window."""
    x = np.arange(start, stop + 1, 30.0)
    xy = np.column_stack([x, np.full(x.size, off)])
    front = Front(
        xy=xy, crs="EPSG:3413", pixels=xy / 30, uncertainty=np.ones(x.size), confidence=0.9
    )
    return Sighting(front, window, depth)


def spans(sightings: list[Sighting]) -> list[tuple[float, float] | None]:
    """Where along x each of the fronts is kept."""
    left = without_doubles(sightings)
    return [
        None if front is None else (float(front.xy[0, 0]), float(front.xy[-1, 0])) for front in left
    ]


CASES = {
    "far apart": ([seen(0, 0, 3000), seen(1, 0, 3000, off=900)], [(0, 3000), (0, 3000)]),
    "the same": ([seen(0, 0, 3000, depth=0.4), seen(1, 0, 3000, off=20)], [None, (0, 3000)]),
    "a part of it": ([seen(0, 600, 1500), seen(1, 0, 3000, off=20)], [None, (0, 3000)]),
    "cut by its window": (
        [seen(0, 0, 3000), seen(1, 0, 2400, depth=0.0)],
        [(0, 3000), None],
    ),
    "continued": ([seen(0, 0, 3000), seen(1, 1500, 4200)], [(0, 3000), (3090, 4200)]),
    "hardly continued": ([seen(0, 0, 3000), seen(1, 600, 3300)], [(0, 3000), None]),
    "of one window": ([seen(0, 0, 3000), seen(0, 0, 3000, off=20)], [(0, 3000), (0, 3000)]),
    "three windows": (
        [seen(0, 0, 3000), seen(1, 0, 2900, off=10), seen(2, 30, 2800, off=-10)],
        [(0, 3000), None, None],
    ),
    "alone": ([seen(0, 0, 3000)], [(0, 3000)]),
    "none": ([], []),
}


@pytest.mark.parametrize("case", CASES)
def test_every_stretch_is_kept_once(case) -> None:
    given, expected = CASES[case]
    assert spans(given) == expected


def test_what_is_left_of_a_front_is_partial() -> None:
    whole, rest = without_doubles([seen(0, 0, 3000), seen(1, 1500, 4200)])
    assert whole is not None
    assert not whole.partial
    assert rest is not None
    assert rest.partial
    assert len(rest.pixels) == len(rest.uncertainty) == len(rest.xy)


@pytest.mark.parametrize(
    ("rows", "depth"), [((50, 50), 1.0), ((10, 50), 0.21), ((0, 99), 0.01), ((-3, 20), 0.0)]
)
def test_depth_in_a_window(rows, depth) -> None:
    blank = np.zeros((50, 60), np.float32)
    window = Prediction(blank, blank, None, blank > 0, blank, origin=(0.5, 0.5), step=(2.0, 2.0))
    pixels = np.column_stack([rows, [59.5, 59.5]])
    front = Front(xy=[[0, 0], [1, 1]], pixels=pixels)
    assert depth_in(window, front) == pytest.approx(depth, abs=0.02)
    assert depth_in(None, front) == 1.0
