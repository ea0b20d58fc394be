"""What the whole extraction comes to on glaciers that were held out, and the constants it suggests.

    python benchmarks/held_out.py DATA --fold WEIGHTS GLACIER ... [--fold ...] [--write WEIGHTS]

DATA holds frontlearning/ and caffe256/. Each fold names weights and the glaciers that these have
not seen (`pycalfin train --recipe weights/recipe.toml --hold-out GLACIER ...`). Prints a row for
every glacier, how often lines of a confidence are right, and whether errors lie within one
deviation; then the calibration (`pycalfin.network.calibration`) that fits these predictions best.
`--write` stores it in a weights file: that of the same recipe, trained on all glaciers. The
registered hash of shipped weights (`weights/registry.json`) must then be changed by hand.

Everything is measured with one calibration, a guess, whatever the folds have; the tables then show
the shares with the one that was fitted.
"""

from __future__ import annotations

import argparse
import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy import optimize
from scipy.spatial import cKDTree

from pycalfin.datasets import ZONES, Item, LabelledImage, caffe, frontlearning
from pycalfin.front.confidence import MOST_DEVIATION, confidence
from pycalfin.front.extract import extract
from pycalfin.network import Network, load, weights
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
START = Calibration(0.46, 0.1, 0.6, 1.0, ["a guess"], images=1)
"""What everything is measured with, and where the fit starts."""


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


def fit_confidence(lines: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """Fit the logistic of the plausibility to what was right.

    Returns
    -------
    even_plausibility, plausibility_scale : float
    """
    said, true = (np.array(column, float) for column in zip(*lines, strict=True))
    plausibility = plausibility_of(said)

    def loss(given: np.ndarray) -> float:
        logit = (plausibility - given[0]) / given[1]
        return float(np.mean(np.logaddexp(0.0, logit) - true * logit))

    start = (START.even_plausibility, START.plausibility_scale)
    best = optimize.minimize(loss, start, method="Nelder-Mead").x
    return float(best[0]), float(best[1])


def groups(scores: dict[str, list[Score]]) -> dict[str, list[Score]]:
    """Put optical and SAR glaciers together."""
    both: dict[str, list[Score]] = {"optical": [], "SAR": []}
    for glacier, its in scores.items():
        both["optical" if glacier in OPTICAL else "SAR"] += its
    return {name: its for name, its in both.items() if its}


def coverage(scores: dict[str, list[Score]]) -> None:
    """Print the share of errors within one deviation."""
    for name, its in groups(scores).items():
        found = calibration(its)
        thirds = " ".join(f"{third.coverage:.0%}" for third in found.terciles)
        print(
            f"{name:<8} {found.coverage:.0%} of {found.vertices} errors within one deviation, "
            f"thirds {thirds}, Spearman {found.spearman:.2f}"
        )


def fit_deviation(scores: dict[str, list[Score]]) -> tuple[float, float]:
    """Fit both constants so that the share of errors is nearest to the wanted in every third.

    Returns
    -------
    deviation, exponent : float
    """
    kinds = []
    for its in groups(scores).values():
        hits = [score for score in its if score.outcome == "TP"]
        size = np.abs(np.concatenate([score.errors for score in hits]))
        given = np.concatenate([score.uncertainty for score in hits])
        met = np.isfinite(size)
        doubtful = doubt_of(given[met])
        thirds = np.array_split(np.argsort(given[met], kind="stable"), 3)
        kinds += [(size[met][third], doubtful[third]) for third in thirds]

    def misfit(constants: tuple[float, float]) -> float:
        factor, exponent = constants
        shares = [np.mean(size <= factor * doubtful**exponent) for size, doubtful in kinds]
        return max(abs(float(share) - WITHIN) for share in shares)

    grid = itertools.product(np.geomspace(0.1, 1.5, 100), np.arange(0.5, 3.05, 0.1))
    return min(grid, key=misfit)


def by(fitted: Calibration, found: Found) -> Found:
    """Return what was measured with START as it would be with another calibration."""
    said, true = (np.array(column, float) for column in zip(*found.lines, strict=True))
    lines = [confidence(value, fitted) for value in plausibility_of(said)]
    scores = {
        glacier: [replace(score, uncertainty=deviation_of(score, fitted)) for score in its]
        for glacier, its in found.scores.items()
    }
    return Found(scores, list(zip(lines, true.astype(bool).tolist(), strict=True)))


def plausibility_of(said: np.ndarray) -> np.ndarray:
    """Return the plausibility of lines from the confidence that START gives them."""
    odds = np.log(np.clip(said, 1e-6, 1 - 1e-6) / np.clip(1 - said, 1e-6, 1))
    return START.even_plausibility + START.plausibility_scale * odds


def doubt_of(uncertainty: np.ndarray) -> np.ndarray:
    """Return what a calibration raises to its power, from the deviation that START gives."""
    return (uncertainty / START.deviation) ** (1 / START.exponent)


def deviation_of(score: Score, fitted: Calibration) -> np.ndarray:
    """Return the deviations of the vertices of a score by a calibration, in pixels."""
    wide = fitted.deviation * doubt_of(score.uncertainty) ** fitted.exponent
    return np.minimum(wide, MOST_DEVIATION)


def fit(found: Found) -> Calibration:
    """Fit all constants to what was measured with START.

    Raises
    ------
    ValueError
        If nothing can be fitted to so few lines, or only to impossible constants.
    """
    vertices = sum(calibration(its).vertices for its in groups(found.scores).values())
    if len({true for _, true in found.lines}) < 2 or not vertices:
        raise ValueError("lines must be right and wrong, and errors known; hold more glaciers out")
    even, scale = fit_confidence(found.lines)
    factor, exponent = fit_deviation(found.scores)
    sets = [f"{'FrontLearning' if name in OPTICAL else 'CaFFe'} {name}" for name in found.scores]
    return Calibration(
        even_plausibility=round(even, 3),
        plausibility_scale=round(scale, 3),
        deviation=round(float(factor), 3),
        exponent=round(float(exponent), 1),
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
    found = Found()
    for path, *glaciers in arguments.fold:
        network = replace(load(path), calibration=START)
        look_at((item for item in items if item.glacier in glaciers), network, found)
    table(found.scores)
    try:
        fitted = fit(found)
    except ValueError as error:
        raise SystemExit(f"no calibration: {error}") from error
    print(fitted)
    told = by(fitted, found)
    reliability(told.lines)
    coverage(told.scores)
    if arguments.write is not None:
        weights.write_calibration(arguments.write, fitted)
        print(f"{arguments.write}: calibration written")


if __name__ == "__main__":
    main()
