"""Errors of front rates: fronts that move by known speeds, on meshes of 50 to 500 m.

    python benchmarks/rates.py [--days N]

A mesh 6 km wide has vertices at random places, `spacing` apart in the mean. Two fronts cross it:

- straight: at 17 degrees to the axes, moved along its normal;
- bent: an arc of 4 km radius, moved to a concentric one;
- rotating: a straight front turned about a point beyond its end, 6.5 km from its fast end;
- winding: waves 1500 m long and 200 m high, moved as a whole. Its speed is that of the area swept.

Errors of vertices within 1 km of the front, in metres per day, for three ways to take a rate from
level sets phi: as pycalfin does, and divided by the slope that the mesh shows, of the mean level
set or of each of the two. For the winding front the table has the error of the mean alone.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import Delaunay

from pycalfin.issm import front_rates, spclevelset
from pycalfin.issm.zeroline import slopes, zero_line
from pycalfin.records import Front

SIDE = 6000.0
"""Metres: side of the mesh."""
SPACINGS = (50.0, 100.0, 200.0, 500.0)
SPEEDS = (0.0, 2.0, 20.0)
"""Metres per day."""
BORDER = 500.0
"""Metres: vertices closer to the sides may have the nearest point of the front off the mesh."""
RADIUS, PIVOT = 4000.0, np.array([-500.0, 2600.0])
DAYS = 365.0
"""In a year without a leap day, for speeds per day."""


def mesh(spacing: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Make vertices, (nv, 2), and triangles, (ne, 3)."""
    random = np.random.default_rng(seed)
    steps = np.linspace(0, SIDE, round(SIDE / spacing) + 1)
    xy = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    inner = ((xy > 0) & (xy < SIDE)).all(axis=1)
    xy[inner] += random.uniform(-0.3, 0.3, (inner.sum(), 2)) * spacing
    return xy, Delaunay(xy).simplices


@dataclass(frozen=True)
class Case:
    """A front that moves: its line, and the true retreat at places half way in time.

    `line` takes the metres moved, `truth` places (n, 2) and the metres moved in all.
    """

    name: str
    line: Callable[[float], np.ndarray]
    truth: Callable[[np.ndarray, float], np.ndarray]


def _straight(moved: float) -> np.ndarray:
    along, normal = _axes(17.0)
    across = np.linspace(-6000, 6000, 13)[:, None]
    return np.array([3000.0, 3200.0]) + across * along - moved * normal


def _axes(degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the direction along a front and its normal to the ocean (up)."""
    angle = np.radians(degrees)
    return np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])


def _bent(moved: float) -> np.ndarray:
    angle = np.radians(np.linspace(170, 10, 1601))[:, None]
    around = np.hstack([np.cos(angle), np.sin(angle)])
    return np.array([3000.0, -500.0]) + (RADIUS - moved) * around


def _turned(moved: float) -> np.ndarray:
    along, _ = _axes(np.degrees(-moved / 6500.0))
    return PIVOT + np.linspace(0, 9000, 10)[:, None] * along


def _turning(xy: np.ndarray, moved: float) -> np.ndarray:
    along, _ = _axes(np.degrees(-moved / 2 / 6500.0))
    return (xy - PIVOT) @ along * moved / 6500.0


def _winding(moved: float) -> np.ndarray:
    x = np.linspace(-1000, 7000, 1601)
    return np.column_stack([x, 3300.0 + 200.0 * np.sin(2 * np.pi * x / 1500.0) - moved])


def _swept(xy: np.ndarray, moved: float) -> np.ndarray:
    line = _winding(0.0)
    steps = np.hypot(*np.diff(line, axis=0).T)
    return np.full(len(xy), moved * 8000.0 / steps.sum())


CASES = (
    Case("straight", _straight, lambda xy, moved: np.full(len(xy), moved)),
    Case("bent", _bent, lambda xy, moved: np.full(len(xy), moved)),
    Case("rotating", _turned, _turning),
    Case("winding", _winding, _swept),
)


def divided(series: np.ndarray, xy: np.ndarray, triangles: np.ndarray, of_mean: bool) -> tuple:
    """Return rates along the front divided by slopes, (s,), their places and their lengths."""
    first, second = series[:-1].T
    line = zero_line((first + second) / 2, triangles)
    if of_mean:
        slope = np.hypot(*slopes((first + second) / 2, xy, triangles[line.triangle]).T)
    else:
        both = [slopes(values, xy, triangles[line.triangle]) for values in (first, second)]
        slope = sum(np.hypot(*part.T) for part in both) / 2
    ends = line.at(xy)
    span = series[-1, 1] - series[-1, 0]
    rate = line.at(second - first).mean(axis=1) / slope / span
    return rate, ends.mean(axis=1), np.hypot(*(ends[:, 1] - ends[:, 0]).T)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--days", type=int, default=30, help="days between the two fronts")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    dates = ["2018-03-01", str(np.datetime64("2018-03-01") + options.days)]
    print(f"{options.days} days; errors in m/day")
    print(f"{'front':10}{'mesh':>6}{'speed':>7}{'vertices':>10}{'largest':>10}{'mean':>10}"
          f"{'/ slope of mean':>17}{'/ mean of slopes':>18}")  # fmt: skip
    for case in CASES:
        for spacing in SPACINGS:
            xy, triangles = mesh(spacing)
            for speed in SPEEDS:
                moved = speed * options.days
                fronts = [
                    Front(case.line(way), crs="EPSG:3413", date=date)
                    for way, date in zip((0.0, moved), dates, strict=True)
                ]
                series = spclevelset(fronts, *xy.T, elements=triangles)
                found = front_rates(series, *xy.T, triangles)
                near = np.isfinite(found.retreat[:, 0])
                near &= (xy[:, 0] > BORDER) & (xy[:, 0] < SIDE - BORDER)
                wrong = found.retreat[near, 0] / DAYS - case.truth(xy[near], moved) / options.days
                others = []
                for of_mean in (True, False):
                    rate, place, length = divided(series, xy, triangles, of_mean)
                    off = rate / DAYS - case.truth(place, moved) / options.days
                    mean = abs(np.average(off, weights=length))
                    others.append(mean if case.name == "winding" else np.abs(off).max())
                largest = np.nan if case.name == "winding" else np.abs(wrong).max()
                rate, place, length = divided(series, xy, triangles, True)
                truth = np.average(case.truth(place, moved), weights=length) / options.days
                mean = found.mean_retreat[0] / DAYS - truth
                print(f"{case.name:10}{spacing:6.0f}{speed:7.0f}{near.sum():10}{largest:10.1e}"
                      f"{mean:10.1e}{others[0]:17.1e}{others[1]:18.1e}")  # fmt: skip


if __name__ == "__main__":
    main()
