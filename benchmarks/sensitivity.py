"""Show how little the fronts depend on the constants of the method.

    python benchmarks/sensitivity.py DATA --cache DIR --output PICTURE.png [--network NAME|FILE]

DATA holds frontlearning/, caffe256/ and landsat8_zones/. Each constant of
`pycalfin.front.interface` and the reach of the ridge in `pycalfin.front.trace` is varied from a
quarter to four times its value, the others left alone. Drawn are completeness and correctness
(`pycalfin.validate.matching`), the mean of the glaciers. Predictions are kept in DIR.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import matplotlib as mpl
import numpy as np
from extractors import Kept, items
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from pycalfin.datasets import Item, LabelledImage
from pycalfin.front import interface, trace
from pycalfin.front.extract import extract
from pycalfin.network import Network, load
from pycalfin.settings import Settings
from pycalfin.validate.matching import Matching, match_image, total

EVERY = {"frontlearning": 10, "caffe256": 10, "landsat8_zones": 1}
"""One of so many images of a set is looked at."""
TIMES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Multiples of each constant's default."""
BLUE, ORANGE, INK, GREY = "#0b63b0", "#d95f02", "#16202a", "#8a96a1"
SIZE, DPI = (11.0, 4.7), 110
"""Inches and dots: 1210 pixels wide, read at the width of a page."""
LOWEST = 0.5
"""Share at the bottom of the panels, unless a line goes lower."""


@dataclass(frozen=True)
class Constant:
    """A constant of the method: where it is, what it is, and the values that it may take."""

    name: str
    meaning: str
    default: float
    module: ModuleType | None = None
    most: float = np.inf

    @property
    def values(self) -> tuple[float, ...]:
        """Multiples of the default that are allowed."""
        return tuple(dict.fromkeys(min(self.default * times, self.most) for times in TIMES))

    @contextmanager
    def set_to(self, value: float) -> Iterator[Settings]:
        """Give settings with another value, which holds within the block."""
        if self.module is None:
            yield Settings(edge_threshold=value, second_threshold=value)
            return
        before = getattr(self.module, self.name)
        setattr(self.module, self.name, value)
        try:
            yield Settings()
        finally:
            setattr(self.module, self.name, before)


def constants() -> list[Constant]:
    """List the constants with their present values."""
    first, _ = Settings().thresholds("light")
    here, there = interface, trace
    return [
        Constant("edge_threshold", "even edge probability p0", first, most=1.0),
        Constant("EVEN_OCEAN", "even probability of ocean", here.EVEN_OCEAN, here, 0.7),
        Constant("LENGTH_COST", "energy of a pixel of border", here.LENGTH_COST, here),
        Constant("CHANGE_COST", "energy from front to coast", here.CHANGE_COST, here),
        Constant(
            "LEAST_PROBABILITY", "least probability of a zone", here.LEAST_PROBABILITY, here, 0.5
        ),
        Constant("LEAST_SHARE", "least probability behind an edge", here.LEAST_SHARE, here, 1.0),
        Constant("RIDGE_REACH", "pixels searched for the ridge", there.RIDGE_REACH, there),
    ]


@dataclass(frozen=True)
class Point:
    """Completeness and correctness with one value, means of the glaciers."""

    completeness: float
    correctness: float


def chosen(data: Path) -> list[tuple[str, Item]]:
    """Choose every so many images of each set, with their glaciers."""
    sets = defaultdict(list)
    for name, item in items(data):
        kind = {"FL": "frontlearning", "L8": "landsat8_zones"}.get(name.split()[-1], "caffe256")
        sets[kind].append((name, item))
    return [one for kind, members in sets.items() for one in members[:: EVERY[kind]]]


def look(image: LabelledImage, network: Network, settings: Settings) -> Matching:
    """Find the fronts of an image and match them with those drawn."""
    fronts = extract(image.as_subset(), network, settings).fronts
    return match_image(image, [front.pixels for front in fronts])


def measure(
    network: Network, images: Sequence[tuple[str, Item]], varied: Sequence[Constant]
) -> dict[str, list[Point]]:
    """Match the fronts of all images with every value of every constant."""
    found: dict[tuple[str, float], dict[str, list[Matching]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for number, (glacier, item) in enumerate(images):
        image = item.read()
        plain = look(image, network, Settings())
        for constant in varied:
            for value in constant.values:
                if value == constant.default:
                    matching = plain
                else:
                    with constant.set_to(value) as settings:
                        matching = look(image, network, settings)
                found[constant.name, value][glacier].append(matching)
        print(f"{number + 1} of {len(images)} images", file=sys.stderr)
    return {
        constant.name: [mean(found[constant.name, value]) for value in constant.values]
        for constant in varied
    }


def mean(glaciers: dict[str, list[Matching]]) -> Point:
    """Average the glaciers, each of them all its lengths together."""
    every = [total(its) for its in glaciers.values()]
    return Point(
        float(np.nanmean([one.completeness for one in every])),
        float(np.nanmean([one.correctness for one in every])),
    )


def draw(results: dict[str, list[Point]], varied: Sequence[Constant], output: Path) -> None:
    """Draw a panel for every constant."""
    mpl.use("Agg")
    mpl.rcParams |= {"font.size": 11, "axes.edgecolor": GREY, "text.color": INK}
    figure, axes = plt.subplots(2, 4, figsize=SIZE, sharey=True, layout="constrained")
    shares = [min(one.completeness, one.correctness) for its in results.values() for one in its]
    axes[0, 0].set_ylim(min(LOWEST, min(shares) - 0.05), 1.0)
    for axis in axes.flat[len(varied) :]:
        axis.set_visible(False)
    for number, (axis, constant) in enumerate(zip(axes.flat, varied, strict=False)):
        panel(axis, constant, results[constant.name], labelled=number == 0)
    for axis in axes[:, 0]:
        axis.set_ylabel("share of the length")
    figure.savefig(output, dpi=DPI, metadata={"Software": None})


def panel(axis: Axes, constant: Constant, points: Sequence[Point], *, labelled: bool) -> None:
    """Draw both shares against one constant, with its default marked."""
    lines = {"completeness": BLUE, "correctness": ORANGE}
    shares = {name: [getattr(point, name) for point in points] for name in lines}
    for name, colour in lines.items():
        axis.plot(constant.values, shares[name], color=colour, lw=2, marker="o", ms=4)
    axis.axvline(constant.default, color=GREY, lw=1, ls=":", zorder=0)
    if labelled:
        order = sorted(lines, key=lambda name: shares[name][-1])
        for name, place, side in zip(order, (-8, 8), ("top", "bottom"), strict=True):
            axis.annotate(
                name, (constant.values[-1], shares[name][-1]), xytext=(4, place), va=side,
                ha="right", textcoords="offset points", color=lines[name], fontweight="bold",
            )  # fmt: skip
        axis.annotate(
            "default", (constant.default, 0), xytext=(-4, 5), color=GREY, ha="right",
            textcoords="offset points", xycoords=axis.get_xaxis_transform(),
        )  # fmt: skip
    axis.set_title(constant.meaning, loc="left", fontsize=10, color=GREY)
    axis.annotate(
        constant.name, (0, 1), xytext=(0, 22), xycoords="axes fraction", fontweight="bold",
        textcoords="offset points",
    )  # fmt: skip
    axis.set_xscale("log")
    axis.margins(x=0.08)
    axis.set_xticks([*constant.values], [f"{value:.3g}" for value in constant.values])
    axis.minorticks_off()
    axis.tick_params(labelsize=10, length=3, color=GREY)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", color="#e6ebef")


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--network", default="light")
    arguments = parser.parse_args()
    network = load(arguments.network)
    kept = Kept(network.engine, arguments.cache / network.digest[:12])
    varied = constants()
    results = measure(replace(network, engine=kept), chosen(arguments.data), varied)
    print("constant               value  complete   correct")
    for constant in varied:
        for value, point in zip(constant.values, results[constant.name], strict=True):
            print(
                f"{constant.name:<18} {value:9.4g} {point.completeness:9.3f} "
                f"{point.correctness:9.3f}"
            )
    draw(results, varied, arguments.output)


if __name__ == "__main__":
    main()
