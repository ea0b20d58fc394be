"""Accuracy and cost of a search for the front of a real scene in whole scenes without a domain.

Mirror images continue the scene of Harald Moltke Bræ to squares of several sizes, at three places
in each. `pycalfin run` gets each square without a domain. The script prints the mean distances of
the front to the known ones of the days around, and wall time, processor time and peak memory of the
process. Example:

    python benchmarks/whole_scene.py ../shared/data --sides 2000 4000 --places 3

A mirrored square holds dozens of fronts, all of which are refined; a real scene has fewer. The
other extreme is `--alone`: the scene lies once in a square without data. The script needs a POSIX
system.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyogrio
import rasterio
import shapely
from affine import Affine

from pycalfin import geo
from pycalfin.validate.metrics import front_distance

DATE = "2021-09-26"
TRUTH_DATES = ("2021-09-25", "2021-09-27")
"""Dates of the known fronts before and after the scene."""
PIXEL = 30.0
"""Metres: side of a pixel of the scene."""


class Run(NamedTuple):
    """Time, memory and summary of a run."""

    wall: float
    processor: float
    megabytes: float
    summary: dict[str, Any]


def known_fronts(path: Path) -> list[np.ndarray]:
    """Read the fronts of the days around the scene, EPSG:3413."""
    meta, _, geometries, columns = pyogrio.raw.read(path)
    dates = [str(date)[:10] for date in columns[list(meta["fields"]).index("date")]]
    lines = shapely.from_wkb(geometries)
    return [shapely.get_coordinates(lines[dates.index(date)]) for date in TRUTH_DATES]


def distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean symmetric distance in ground metres; both lines are in EPSG:3413."""
    scale = float(geo.ground_scale(first.mean(axis=0)[None], geo.NORTH_CRS)[0])
    return scale * front_distance([first], [second], spacing=PIXEL / 3).mean


def write_square(source: Path, target: Path, side: int, corner: tuple[int, int], how: str) -> None:
    """Write a scene in a square, continued by mirror images or surrounded by no data."""
    with rasterio.open(source) as scene:
        pixels, profile = scene.read(1), scene.profile
    height, width = pixels.shape
    frame = [
        (corner[0], side - height - corner[0]),
        (corner[1], side - width - corner[1]),
    ]
    image = np.pad(pixels, frame, mode=how)
    transform = profile["transform"] @ Affine.translation(-corner[1], -corner[0])
    profile.update(height=side, width=side, transform=transform, compress="deflate")
    profile.update(tiled=True, blockxsize=512, blockysize=512)
    profile.update(nodata=0 if how == "constant" else None)
    with rasterio.open(target, "w", **profile) as square:
        square.write(image, 1)


def run(scene: Path, output: Path) -> Run:
    """Run pycalfin on a scene without a domain, in a separate process."""
    command = [sys.executable, "-m", "pycalfin", "run", str(scene), "--date", DATE, "--json"]
    with tempfile.TemporaryFile("w+") as printed:
        start = time.perf_counter()
        child = subprocess.Popen([*command, "--output", str(output)], stdout=printed)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        text = printed.read()
    if child.returncode:
        sys.exit(f"pycalfin run ended with {child.returncode}")
    kibibytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Run(wall, usage.ru_utime + usage.ru_stime, kibibytes / 1024, json.loads(text))


def read_fronts(output: Path) -> list[np.ndarray]:
    """Read the lines of fronts.gpkg."""
    _, _, geometries, _ = pyogrio.raw.read(output / "fronts.gpkg", layer="fronts")
    return [shapely.get_coordinates(line) for line in shapely.from_wkb(geometries)]


def main() -> None:
    """Measure and print a line for every square."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("data", type=Path, help="folder that holds harald_moltke_brae")
    parser.add_argument("--sides", type=int, nargs="+", default=[2000, 4000, 7600], help="pixels")
    parser.add_argument("--places", type=int, default=3, help="places of the scene per square")
    parser.add_argument("--alone", action="store_true", help="no mirror images around it")
    options = parser.parse_args()
    folder = options.data / "harald_moltke_brae"
    truths = known_fronts(folder / "fronts.gpkg")
    print("  side  corner        distance to both known fronts  windows fronts   wall    cpu   MiB")
    for side in options.sides:
        # the corners are odd numbers of pixels apart, so that no lattice fits them
        for row, col in np.linspace([101, 203], [side - 1001, side - 907], options.places):
            corner = (int(row), int(col))
            with tempfile.TemporaryDirectory() as place:
                scene, output = Path(place, "scene.tif"), Path(place, "out")
                how = "constant" if options.alone else "reflect"
                write_square(folder / "scene.tif", scene, side, corner, how)
                took = run(scene, output)
                fronts = read_fronts(output)
            apart = [min(distance(front, truth) for front in fronts) for truth in truths]
            print(
                f"{side:6} {corner!s:14} {apart[0]:13.1f} m {apart[1]:13.1f} m"
                f"{len(took.summary['pairs']):9}{len(fronts):7}{took.wall:7.0f}"
                f"{took.processor:7.0f}{took.megabytes:6.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
