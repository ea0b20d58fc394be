"""Draw the images in which a network does worst, among glaciers that it has not seen.

    python benchmarks/worst_images.py DATA --cache DIR --fold WEIGHTS GLACIER ... --output FILE.png

DATA and `--fold` are as in `benchmarks/extractors.py`, whose cache of predictions is shared. An
image is as bad as the smaller of its completeness and its correctness.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from extractors import folds
from matplotlib import pyplot as plt

from pycalfin.datasets import LabelledImage
from pycalfin.front.extract import extract
from pycalfin.network import Network
from pycalfin.records import Float64
from pycalfin.settings import Settings
from pycalfin.validate import pixels
from pycalfin.validate.matching import Matching, match_image

COLUMNS = 5
INCHES, DOTS = 2.4, 110
"""Side of an image in the figure, and dots per inch."""
FOUND, DRAWN = "#ff5a36", "#35d0ff"


@dataclass(frozen=True)
class Seen:
    """An image with the fronts found in it, and how they match."""

    glacier: str
    image: LabelledImage
    fronts: Sequence[Float64]
    matching: Matching

    @property
    def badness(self) -> float:
        """What is missed or wrong, whichever is more; 0 to 1."""
        own = self.matching
        return 1.0 - min(own.completeness, own.correctness if own.found else 0.0)


def see(network: Network, glacier: str, image: LabelledImage) -> Seen:
    """Find the fronts in an image and match them."""
    found = [front.pixels for front in extract(image.as_subset(), network, Settings()).fronts]
    return Seen(glacier, image, found, match_image(image, found))


def draw(worst: Sequence[Seen], output: Path) -> None:
    """Draw the images with both lines."""
    rows = -(-len(worst) // COLUMNS)
    size = (COLUMNS * INCHES, rows * (INCHES + 0.35))
    figure, axes = plt.subplots(rows, COLUMNS, figsize=size, squeeze=False, layout="constrained")
    for place in axes.flat:
        place.set_axis_off()
    for place, seen in zip(axes.flat, worst, strict=False):
        low, high = np.nanpercentile(seen.image.image, (1, 99))
        place.imshow(seen.image.image, cmap="gray", vmin=low, vmax=high)
        rows_, cols = np.nonzero(pixels.thin(seen.image.front))
        place.plot(cols, rows_, ".", color=DRAWN, markersize=1.6)
        for line in seen.fronts:
            place.plot(line[:, 1], line[:, 0], color=FOUND, linewidth=1.4)
        own = seen.matching
        place.set_title(
            f"{seen.glacier.removesuffix(' FL')}, {seen.image.name[:22]}\n"
            f"complete {own.completeness:.2f}, correct {own.correctness:.2f}",
            fontsize=7,
        )
    figure.savefig(output, dpi=DOTS)


def main() -> None:
    """Find, sort and draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--fold", nargs="+", action="append", required=True)
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    seen = [
        see(network, name, item.read())
        for network, chosen in folds(arguments.fold, arguments.data, arguments.cache)
        for name, item in chosen
    ]
    seen.sort(key=lambda one: -one.badness)
    draw(seen[: arguments.images], arguments.output)
    for one in seen[: arguments.images]:
        own = one.matching
        print(f"{one.glacier} {one.image.name} {own.completeness:.2f} {own.correctness:.2f}")


if __name__ == "__main__":
    main()
