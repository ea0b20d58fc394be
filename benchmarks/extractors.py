"""Compare extractors on the predictions of networks for glaciers that these have not seen.

    python benchmarks/extractors.py DATA --cache DIR --fold WEIGHTS GLACIER ... [--fold ...]

DATA holds frontlearning/, caffe256/ and landsat8_zones/. Each fold names weights and the glaciers
that these have not seen. Predictions are kept in DIR, so that another run only extracts.

Completeness is the share of the drawn front within `WITHIN` pixels of what was found, correctness
the share of what was found within `WITHIN` pixels of the drawn front (Heipke et al. 1997); the
distance is that of the found vertices which match. A line is false if most of it is farther than
`FALSE` pixels from any drawn front.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pycalfin.datasets import Item, LabelledImage, caffe, coasts, frontlearning
from pycalfin.front.extract import extract
from pycalfin.network import Network, load
from pycalfin.records import Float64
from pycalfin.settings import Settings
from pycalfin.validate import pixels

WITHIN = 3.0
"""Pixels within which found and drawn match."""
FALSE = 5.0
"""Pixels from any drawn front beyond which a line is false, if most of it is."""


@dataclass(frozen=True)
class Kept:
    """An engine whose answers are kept in a folder."""

    engine: object
    folder: Path

    def run(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Answer from the folder, or ask the engine."""
        name = hashlib.sha256(np.ascontiguousarray(patches)).hexdigest()[:24]
        path = self.folder / f"{name}.npy"
        if path.exists():
            return np.load(path).astype(np.float32)
        answer = self.engine.run(patches)
        self.folder.mkdir(parents=True, exist_ok=True)
        np.save(path, answer.astype(np.float16))
        return np.load(path).astype(np.float32)


@dataclass(frozen=True)
class Match:
    """How the fronts found in one image match those drawn."""

    name: str
    drawn: float
    drawn_met: float
    found: float
    found_met: float
    distance: float
    lines: int
    false: int
    seconds: float

    @property
    def completeness(self) -> float:
        """Share of what was drawn."""
        return self.drawn_met / self.drawn if self.drawn else np.nan

    @property
    def correctness(self) -> float:
        """Share of what was found."""
        return self.found_met / self.found if self.found else np.nan


def match(image: LabelledImage, lines: list[Float64], seconds: float) -> Match:
    """Compare lines (row, column) with the drawn front."""
    truth = np.argwhere(pixels.thin(image.front)).astype(float)
    dense = [densified(line) for line in lines]
    found = np.concatenate(dense) if dense else np.empty((0, 2))
    drawn_met = found_met = 0
    distance = np.nan
    false = len(dense)
    if len(truth) and len(found):
        tree = cKDTree(truth)
        away = tree.query(found)[0]
        found_met = int((away <= WITHIN).sum())
        drawn_met = int((cKDTree(found).query(truth)[0] <= WITHIN).sum())
        distance = float(away[away <= WITHIN].mean()) if found_met else np.nan
        false = sum(np.median(tree.query(line)[0]) > FALSE for line in dense)
    return Match(
        image.name, len(truth), drawn_met, len(found), found_met, distance, len(dense), false,
        seconds,
    )  # fmt: skip


def densified(line: Float64) -> Float64:
    """Vertices half a pixel apart, so that lines count by their length."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    stations = np.arange(0.0, along[-1], 0.5)
    return np.column_stack([np.interp(stations, along, axis) for axis in line.T])


def items(data: Path) -> Iterator[tuple[str, Item]]:
    """List the images by set and glacier."""
    for item in frontlearning.find(data / "frontlearning", land=False):
        yield f"{item.glacier} FL", item
    for item in caffe.find(data / "caffe256"):
        yield item.glacier, item
    for item in coasts.find(data / "landsat8_zones", Settings()):
        yield f"{item.glacier} L8", item


def measure(network: Network, chosen: list[tuple[str, Item]], settings: Settings) -> dict:
    """Match all images, by glacier."""
    results = defaultdict(list)
    for glacier, item in chosen:
        image = item.read()
        start = time.process_time()
        fronts = extract(image.as_subset(), network, settings).fronts
        seconds = time.process_time() - start
        results[glacier].append(match(image, [front.pixels for front in fronts], seconds))
    return results


def table(results: dict[str, list[Match]]) -> None:
    """Print a row for every glacier."""
    print("glacier            images complete correct distance false/100 length  found  seconds")
    rows = []
    for glacier, its in results.items():
        complete = sum(one.drawn_met for one in its) / max(sum(one.drawn for one in its), 1)
        correct = sum(one.found_met for one in its) / max(sum(one.found for one in its), 1)
        length = sum(one.found for one in its) / 2 / max(sum(one.drawn for one in its), 1)
        distance = float(np.nanmean([one.distance for one in its]))
        false = 100 * sum(one.false for one in its) / len(its)
        any_found = np.mean([one.found > 0 for one in its])
        seconds = np.mean([one.seconds for one in its])
        rows.append((complete, correct, distance, false))
        print(
            f"{glacier:<18} {len(its):6d} {complete:8.3f} {correct:7.3f} {distance:8.2f} "
            f"{false:9.1f} {length:6.2f} {any_found:6.0%} {seconds:8.3f}"
        )
    mean = np.nanmean(rows, axis=0)
    print(f"{'mean':<25} {mean[0]:8.3f} {mean[1]:7.3f} {mean[2]:8.2f} {mean[3]:9.1f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--fold", nargs="+", action="append", required=True)
    parser.add_argument("--worst", type=int, default=0)
    arguments = parser.parse_args()
    every = list(items(arguments.data))
    results: dict[str, list[Match]] = {}
    for weights, *glaciers in arguments.fold:
        network = load(weights)
        kept = Kept(network.engine, arguments.cache / network.digest[:12])
        chosen = [(name, item) for name, item in every if name in glaciers]
        results |= measure(replace(network, engine=kept), chosen, Settings())
    table(results)
    for glacier, its in results.items():
        for one in sorted(its, key=lambda one: one.completeness)[: arguments.worst]:
            print(f"{glacier} {one.name} {one.completeness:.2f} {one.correctness:.2f} {one.false}")


if __name__ == "__main__":
    main()
