"""False fronts: how often a front is found in an image without one.

    python benchmarks/no_front.py DATA [--network NAME|FILE] [--glacier NAME ...] [--synthetic N]

DATA holds frontlearning/ and caffe256/. The images are:

- squares of one zone: for ocean, ice and land the largest one in each labelled image, away from
  the front
- a part of these squares again, under a bank of cloud
- N synthetic coasts without a glacier

The script prints the share of images without a front found, by kind.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import ndimage

from pycalfin.datasets import ZONES, LabelledImage, caffe, frontlearning, synthetic
from pycalfin.front.extract import extract
from pycalfin.network import Network, load
from pycalfin.settings import Settings

CLEAR = 10
"""Pixels: least distance between the front and the square."""
LEAST_SIDE = 64
"""Pixels: least side of a square; smaller ones show too little to be a scene."""
CLOUDED = 3
"""One of this many squares is also predicted under a cloud."""


def largest_square(free: np.ndarray) -> tuple[slice, slice] | None:
    """Return the largest square of true pixels, or None if it is smaller than the least side."""
    padded = np.pad(free, 1)
    reach = ndimage.distance_transform_cdt(padded, metric="chessboard")[1:-1, 1:-1]
    half = int(reach.max()) - 1
    if 2 * half + 1 < LEAST_SIDE:
        return None
    row, col = np.unravel_index(np.argmax(reach), reach.shape)
    return slice(row - half, row + half + 1), slice(col - half, col + half + 1)


def squares(images: Sequence[LabelledImage]) -> Iterator[tuple[str, LabelledImage]]:
    """Yield the squares of one zone, with the zone's name."""
    for image in images:
        known = image.edge_known & ~ndimage.binary_dilation(image.front, iterations=CLEAR)
        for name, zone in ZONES.items():
            place = largest_square(known & (image.zones == zone))
            if place is not None:
                yield (
                    name,
                    replace(
                        image,
                        image=image.image[place],
                        front=image.front[place],
                        zones=image.zones[place],
                        edge_known=image.edge_known[place],
                    ),
                )


def clouded(image: LabelledImage, rng: np.random.Generator) -> LabelledImage:
    """Cover most of an image with a bank of cloud."""
    high = np.nanpercentile(image.image, 99.0)
    field = ndimage.gaussian_filter(rng.standard_normal(image.image.shape), rng.uniform(4.0, 12.0))
    share = np.clip(0.75 + 0.25 * field / field.std(), 0.0, 1.0).astype(np.float32)
    return replace(image, image=image.image * (1.0 - share) + high * share)


def finds_none(image: LabelledImage, network: Network, settings: Settings) -> bool:
    """Return True if no front is found."""
    return not extract(image.as_subset(), network, settings).fronts


def main() -> None:
    """Measure and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--network", default="light")
    parser.add_argument("--glacier", nargs="+")
    parser.add_argument("--synthetic", type=int, default=20)
    arguments = parser.parse_args()
    network, settings = load(arguments.network), Settings()
    labelled = [
        image
        for image in frontlearning.read(arguments.data / "frontlearning", land=True)
        + caffe.read(arguments.data / "caffe256")
        if arguments.glacier is None or image.glacier in arguments.glacier
    ]
    rng = np.random.default_rng(1)
    rejected: dict[str, list[bool]] = defaultdict(list)
    for number, (kind, square) in enumerate(squares(labelled)):
        rejected[kind].append(finds_none(square, network, settings))
        if number % CLOUDED == 0:
            rejected["cloud"].append(finds_none(clouded(square, rng), network, settings))
    for image in synthetic.iterate(arguments.synthetic * 20, seed=9):
        if len(rejected["synthetic"]) == arguments.synthetic:
            break
        if not image.front.any():
            rejected["synthetic"].append(finds_none(image, network, settings))
    everything = [one for found in rejected.values() for one in found]
    for kind, found in [*rejected.items(), ("all", everything)]:
        share = f"{np.mean(found):6.1%}" if found else ""
        print(f"{kind:<10} {sum(found):4d} of {len(found):4d} without a front  {share}")


if __name__ == "__main__":
    main()
