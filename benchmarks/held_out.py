"""What the whole extraction comes to on glaciers that were held out, and the constants it suggests.

    python benchmarks/held_out.py DATA --fold WEIGHTS GLACIER ... [--fold ...] [--write WEIGHTS]

DATA holds frontlearning/ and caffe256/. Each fold names weights and the glaciers that these have
not seen (`pycalfin train --recipe weights/recipe.toml --hold-out GLACIER ...`). Prints a row for
every glacier, how often lines of a confidence are right, and whether errors lie within one
deviation; then the calibration (`pycalfin.network.calibration`) that fits these predictions best.
`--write` stores it in a weights file: that of the same recipe, trained on all glaciers. The
registered hash of shipped weights (`weights/registry.json`) must then be changed by hand.

Everything is measured with the calibration of the shipped weights, whatever the folds have.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy import optimize
from scipy.spatial import cKDTree

from pycalfin.datasets import ZONES, Item, LabelledImage, caffe, frontlearning
from pycalfin.front.extract import extract
from pycalfin.network import Network, load, registry, weights
from pycalfin.network.calibration import Calibration
from pycalfin.settings import Settings
from pycalfin.validate import pixels
from pycalfin.validate.score import Score, measure
from pycalfin.validate.summary import calibration, risk_coverage, summarise

NEAR = 5.0
"""Pixels between a line and the drawn front within which it is right."""
WITHIN = 0.68
"""Share of the errors that shall lie within one deviation."""
LENGTHS = (0.7, 1.4)
"""Length found by length drawn that counts as whole."""
OPTICAL = ("Sverdrup", "Jakobshavn", "Kangerlussuaq")
START = Calibration(0.46, 0.1, 0.6, ["a guess"], images=1)
"""Where the fit starts if the shipped weights have no calibration."""


@dataclass
class Found:
    """What was measured: scores by glacier, and (confidence, right) of all lines."""

    scores: dict[str, list[Score]] = field(default_factory=lambda: defaultdict(list))
    lines: list[tuple[float, bool]] = field(default_factory=list)


def look_at(items: Iterable[Item], network: Network, found: Found) -> None:
    """Measure images, and judge all lines in them, believed or not."""
    every = Settings(min_confidence=0.0)
    for item in items:
        image = item.read()
        score, _ = measure(image, network, Settings())
        found.scores[image.glacier].append(score)
        fronts = extract(image.as_subset(), network, every).fronts
        found.lines += [(front.confidence, right(front.pixels, image)) for front in fronts]


def right(rowcol: np.ndarray, image: LabelledImage) -> bool:
    """Tell whether at least half of a line is near a drawn front."""
    drawn = np.argwhere(pixels.thin(image.front))
    near, _ = cKDTree(drawn).query(rowcol, distance_upper_bound=NEAR)
    return bool(np.isfinite(near).mean() >= 0.5)


def table(scores: dict[str, list[Score]]) -> None:
    """Print a row for every glacier."""
    print("glacier          images found   mean median length  ocean  ice   land   risk")
    for glacier, its in scores.items():
        total = summarise(its)
        ratios = np.array([score.length_ratio for score in its])
        whole = np.mean((ratios >= LENGTHS[0]) & (ratios <= LENGTHS[1]))
        zones = " ".join(f"{total.zones.get(name, np.nan):6.2f}" for name in ZONES)
        print(
            f"{glacier:<16} {total.images:6d} {1 - total.no_prediction:5.0%} "
            f"{total.pixels.image_mean:6.2f} {total.pixels.image_median:6.2f} {whole:6.0%} {zones} "
            f"{risk_coverage(its).area:6.2f}"
        )


def reliability(lines: Sequence[tuple[float, bool]]) -> None:
    """Print how often lines of a confidence are right."""
    said, true = (np.array(column, float) for column in zip(*lines, strict=True))
    for low in np.arange(0.0, 1.0, 0.2):
        among = (said >= low) & (said < low + 0.2 + (low > 0.7))
        if among.any():
            print(f"said {said[among].mean():.2f}  right {true[among].mean():.2f}  ({among.sum()})")


def fit_confidence(lines: Sequence[tuple[float, bool]], used: Calibration) -> tuple[float, float]:
    """Fit the logistic of the plausibility to what was right.

    Returns
    -------
    even_plausibility, plausibility_scale : float
    """
    said, true = (np.array(column, float) for column in zip(*lines, strict=True))
    odds = np.log(np.clip(said, 1e-6, 1 - 1e-6) / np.clip(1 - said, 1e-6, 1))
    plausibility = used.even_plausibility + used.plausibility_scale * odds

    def loss(given: np.ndarray) -> float:
        logit = (plausibility - given[0]) / given[1]
        return float(np.mean(np.logaddexp(0.0, logit) - true * logit))

    start = (used.even_plausibility, used.plausibility_scale)
    best = optimize.minimize(loss, start, method="Nelder-Mead").x
    return float(best[0]), float(best[1])


def groups(scores: dict[str, list[Score]]) -> dict[str, list[Score]]:
    """Put optical and SAR glaciers together."""
    both: dict[str, list[Score]] = {"optical": [], "SAR": []}
    for glacier, its in scores.items():
        both["optical" if glacier in OPTICAL else "SAR"] += its
    return {name: its for name, its in both.items() if its}


def coverage(scores: dict[str, list[Score]]) -> int:
    """Print the share of errors within one deviation; return the number of vertices measured."""
    vertices = 0
    for name, its in groups(scores).items():
        found = calibration(its)
        thirds = " ".join(f"{third.coverage:.0%}" for third in found.terciles)
        print(
            f"{name:<8} {found.coverage:.0%} of {found.vertices} errors within one deviation, "
            f"thirds {thirds}, Spearman {found.spearman:.2f}"
        )
        vertices += found.vertices
    return vertices


def fit_deviation(scores: dict[str, list[Score]], used: Calibration) -> float:
    """Scale the constant so that the share of errors is nearest to the wanted in every third."""
    kinds = []
    for its in groups(scores).values():
        hits = [score for score in its if score.outcome == "TP"]
        size = np.abs(np.concatenate([score.errors for score in hits]))
        given = np.concatenate([score.uncertainty for score in hits])
        met = np.isfinite(size)
        ratio = size[met] / given[met]
        kinds += [ratio[third] for third in np.array_split(np.argsort(given[met]), 3)]

    def misfit(scale: float) -> float:
        return max(abs(float(np.mean(ratio <= scale)) - WITHIN) for ratio in kinds)

    return used.deviation * min(np.arange(0.5, 2.0, 0.01), key=misfit)


def fit(found: Found, used: Calibration, vertices: int) -> Calibration:
    """Fit all constants to what was measured.

    Parameters
    ----------
    found : Found
        Measured with networks of the calibration `used`.
    used : Calibration
    vertices : int
        Number of vertices whose errors were measured.

    Raises
    ------
    ValueError
        If nothing can be fitted to so few lines, or only to impossible constants.
    """
    if len({true for _, true in found.lines}) < 2 or not vertices:
        raise ValueError("lines must be right and wrong, and errors known; hold more glaciers out")
    even, scale = fit_confidence(found.lines, used)
    sets = [f"{'FrontLearning' if name in OPTICAL else 'CaFFe'} {name}" for name in found.scores]
    return Calibration(
        even_plausibility=round(even, 3),
        plausibility_scale=round(scale, 3),
        deviation=round(fit_deviation(found.scores, used), 2),
        data=sets,
        images=sum(map(len, found.scores.values())),
        vertices=vertices,
    )


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--fold", nargs="+", action="append", required=True)
    parser.add_argument("--write", type=Path, metavar="WEIGHTS")
    arguments = parser.parse_args()
    items = frontlearning.find(arguments.data / "frontlearning", land=False) + caffe.find(
        arguments.data / "caffe256"
    )
    used = weights.read_calibration(registry.locate("light")[0], "light") or START
    found = Found()
    for path, *glaciers in arguments.fold:
        network = replace(load(path), calibration=used)
        look_at((item for item in items if item.glacier in glaciers), network, found)
    table(found.scores)
    reliability(found.lines)
    vertices = coverage(found.scores)
    try:
        fitted = fit(found, used, vertices)
    except ValueError as error:
        raise SystemExit(f"no calibration: {error}") from error
    print(fitted)
    if arguments.write is not None:
        weights.write_calibration(arguments.write, fitted)
        print(f"{arguments.write}: calibration written")


if __name__ == "__main__":
    main()
