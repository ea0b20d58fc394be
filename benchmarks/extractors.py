"""Compare extractors on the predictions of networks for glaciers that these have not seen.

    python benchmarks/extractors.py DATA --cache DIR --fold WEIGHTS GLACIER ... [--fold ...]

DATA holds frontlearning/, caffe256/ and landsat8_zones/. Each fold names weights and the glaciers
that these have not seen. Predictions are kept in DIR, so that another run only extracts.

Completeness, correctness, the distance of what matches, false lines and coasts called front are
those of `pycalfin.validate.matching`, of all images of a glacier together; the last row is the mean
of the glaciers.
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

from pycalfin.datasets import Item, caffe, coasts, frontlearning
from pycalfin.front.extract import extract
from pycalfin.network import Network, load
from pycalfin.settings import Settings
from pycalfin.validate.matching import Matching, match_image, total


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
class Measured:
    """How the fronts found in one image match those drawn, and the seconds that it took."""

    name: str
    matching: Matching
    seconds: float


def items(data: Path) -> Iterator[tuple[str, Item]]:
    """List the images by set and glacier."""
    for item in frontlearning.find(data / "frontlearning", land=False):
        yield f"{item.glacier} FL", item
    for item in caffe.find(data / "caffe256"):
        yield item.glacier, item
    for item in coasts.find(data / "landsat8_zones", Settings()):
        yield f"{item.glacier} L8", item


def folds(
    wanted: list[list[str]], data: Path, cache: Path
) -> Iterator[tuple[Network, list[tuple[str, Item]]]]:
    """Load the network of every fold, with cached answers, and list the images that it is for.

    Parameters
    ----------
    wanted : list of (weights, glacier, ...)
    data, cache : Path
    """
    every = list(items(data))
    for weights, *glaciers in wanted:
        network = load(weights)
        kept = Kept(network.engine, cache / network.digest[:12])
        chosen = [(name, item) for name, item in every if name in glaciers]
        yield replace(network, engine=kept), chosen


def measure(
    network: Network, chosen: list[tuple[str, Item]], settings: Settings
) -> dict[str, list[Measured]]:
    """Match all images, by glacier."""
    results = defaultdict(list)
    for glacier, item in chosen:
        image = item.read()
        start = time.process_time()
        fronts = extract(image.as_subset(), network, settings).fronts
        seconds = time.process_time() - start
        matching = match_image(image, [front.pixels for front in fronts])
        results[glacier].append(Measured(image.name, matching, seconds))
    return results


HEAD = ("glacier", "images", "complete", "correct", "distance", "false/100", "coast", "length",
        "found", "seconds")  # fmt: skip


def table(results: dict[str, list[Measured]]) -> None:
    """Print a row for every glacier."""
    print(f"{HEAD[0]:<18} " + " ".join(f"{name:>9}" for name in HEAD[1:]))
    rows = []
    for glacier, its in results.items():
        every = total(one.matching for one in its)
        rows.append(
            (
                len(its),
                every.completeness,
                every.correctness,
                every.distance,
                100 * every.false_lines / len(its),
                every.coast_called_front,
                every.found / every.drawn if every.drawn else np.nan,
                np.mean([one.matching.found > 0 for one in its]),
                np.mean([one.seconds for one in its]),
            )
        )
        line(glacier, *rows[-1])
    known = np.ma.masked_invalid(rows)
    line("mean", sum(row[0] for row in rows), *known.mean(axis=0).filled(np.nan)[1:])


def line(glacier: str, images: int, *values: float) -> None:
    """Print one row."""
    print(f"{glacier:<18} {images:9d} " + " ".join(f"{value:9.3f}" for value in values))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--fold", nargs="+", action="append", required=True)
    parser.add_argument("--worst", type=int, default=0)
    arguments = parser.parse_args()
    results: dict[str, list[Measured]] = {}
    for network, chosen in folds(arguments.fold, arguments.data, arguments.cache):
        results |= measure(network, chosen, Settings())
    table(results)
    for glacier, its in results.items():
        for one in sorted(its, key=lambda one: one.matching.completeness)[: arguments.worst]:
            own = one.matching
            print(
                f"{glacier} {one.name} {own.completeness:.2f} {own.correctness:.2f} "
                f"{own.false_lines}"
            )


if __name__ == "__main__":
    main()
