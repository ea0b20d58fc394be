"""Speed of level sets: one run, with ratios against straightforward solutions.

    python benchmarks/levelset.py [--vertices N] [--dates N] [--points N] [--brute-dates N]

The mesh has random vertices, denser around the fronts; wiggly fronts move from date to date. All
solutions use one thread:

- `spclevelset` makes all columns with signs, without and with a fjord polygon. Its peak memory is
  that of the process, from the operating system.
- NumPy brute force compares every vertex with every segment, vectorised, in blocks that fit the
  cache or all at once.
- `shapely.distance` measures every vertex against the prepared line.

The last two measure unsigned distances of the first dates only; their time is scaled to all dates.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import shapely

from pycalfin.issm import spclevelset
from pycalfin.records import Front

EXTENT = 100e3
"""Metres: side of the mesh."""
BLOCK = 1000
"""Vertices per block of NumPy."""


def make_fronts(dates: int, points: int, random: np.random.Generator) -> list[Front]:
    """Make wiggly fronts through most of the mesh, ten days apart."""
    share = np.linspace(0, 1, points)
    fronts = []
    for number in range(dates):
        wiggle = np.cumsum(random.normal(0, 30e3 / points, points))
        y = 0.5 * EXTENT + 0.1 * EXTENT * np.sin(9 * share) + wiggle - 50.0 * number
        date = np.datetime64("2015-01-01") + 10 * number
        xy = np.column_stack([(0.1 + 0.8 * share) * EXTENT, y])
        fronts.append(Front(xy=xy, crs="EPSG:3413", date=str(date)))
    return fronts


def make_vertices(count: int, random: np.random.Generator) -> np.ndarray:
    """Make random vertices, half of them everywhere and half near the fronts."""
    everywhere = random.uniform(0, EXTENT, (count - count // 2, 2))
    near = np.column_stack(
        [random.uniform(0, EXTENT, count // 2), random.normal(EXTENT / 2, EXTENT / 10, count // 2)]
    )
    return np.concatenate([everywhere, near])


def with_numpy(xy: np.ndarray, line: np.ndarray, block: int) -> np.ndarray:
    """Return the distances, from every vertex against every segment."""
    start, step = line[:-1], np.diff(line, axis=0)
    length = np.hypot(step[:, 0], step[:, 1])
    along = step / length[:, None]
    found = np.empty(len(xy))
    for begin in range(0, len(xy), block):
        x = xy[begin : begin + block, 0, None] - start[:, 0]
        y = xy[begin : begin + block, 1, None] - start[:, 1]
        way = x * along[:, 0] + y * along[:, 1]
        across = y * along[:, 0] - x * along[:, 1]
        way -= np.clip(way, 0.0, length)
        found[begin : begin + block] = np.sqrt((way * way + across * across).min(axis=1))
    return found


def with_shapely(xy: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Return the distances, from every vertex against the prepared line."""
    drawn = shapely.LineString(line)
    shapely.prepare(drawn)
    return shapely.distance(drawn, shapely.points(xy))


def peak_gb() -> float:
    """Return the peak memory of this process, in 10^9 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--vertices", type=int, default=100_000)
    parser.add_argument("--dates", type=int, default=100)
    parser.add_argument("--points", type=int, default=300, help="vertices of each front")
    parser.add_argument("--brute-dates", type=int, default=3, help="dates measured by brute force")
    options = parser.parse_args()
    random = np.random.default_rng(1)
    xy = make_vertices(options.vertices, random)
    fronts = make_fronts(options.dates, options.points, random)
    fjord = shapely.Polygon(
        [(0.05 * EXTENT, 0), (0.95 * EXTENT, 0), (0.95 * EXTENT, EXTENT), (0.05 * EXTENT, EXTENT)]
    ).segmentize(EXTENT / 200)

    print(f"{options.vertices} vertices, {options.dates} dates, {options.points} points per front")
    rows = []
    for name, known in (("spclevelset", {}), ("spclevelset, fjord", {"fjord": fjord})):
        began = time.perf_counter()
        series = spclevelset(fronts, *xy.T, **known)
        rows.append((name, time.perf_counter() - began, peak_gb()))
    table = series[: len(xy)].reshape(len(xy), -1)

    measured = min(options.brute_dates, options.dates)
    ways = {
        "NumPy, all at once": lambda line: with_numpy(xy, line, len(xy)),
        f"NumPy, {BLOCK} at a time": lambda line: with_numpy(xy, line, BLOCK),
        "shapely.distance": lambda line: with_shapely(xy, line),
    }
    worst = 0.0
    for name, way in ways.items():
        began = time.perf_counter()
        found = [way(front.xy) for front in fronts[:measured]]
        seconds = (time.perf_counter() - began) / measured * options.dates
        rows.append((name, seconds, float("nan")))
        for number, distance in enumerate(found):
            worst = max(worst, float(np.abs(np.abs(table[:, number]) - distance).max()))
    ours = rows[0][1]
    print(f"{'':24} {'time':>10} {'ratio':>8} {'peak':>9}")
    for name, seconds, memory in rows:
        peak = "" if np.isnan(memory) else f"{memory:6.2f} GB"
        print(f"{name:24} {seconds:8.1f} s {seconds / ours:7.1f}x {peak:>9}")
    print(f"largest difference of a distance: {worst:.1e} m")


if __name__ == "__main__":
    main()
