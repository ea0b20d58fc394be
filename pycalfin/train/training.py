"""A whole training: fit the network, and evaluate it on the images held out."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pycalfin.datasets import Item
from pycalfin.files import replacing
from pycalfin.network import load
from pycalfin.train import fit
from pycalfin.train.evaluate import evaluate, summarise
from pycalfin.train.recipe import Recipe
from pycalfin.train.sources import Gathered

logger = logging.getLogger(__name__)

HELD_OUT = "held_out.json"
"""Name of the file with the evaluation on the images held out, by glacier."""

Measured = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Trained:
    """Result of a training.

    Attributes
    ----------
    weights : Path
        The weights file.
    network : str
        Value for `pycalfin run --network`.
    held_out : dict of str to dict of str to float
        Evaluation by glacier, from `pycalfin.train.evaluate.summarise`; empty if nothing was held
        out.
    """

    weights: Path
    network: str
    held_out: Measured = field(default_factory=dict)


def run(
    given: Recipe,
    images: Gathered,
    folder: Path,
    *,
    threads: int = 2,
    progress: Callable[[int, int, object], None] | None = None,
    report: Callable[[fit.Epoch], None] | None = None,
) -> Trained:
    """Train a network by a recipe and evaluate it.

    Parameters
    ----------
    given : Recipe
    images : Gathered
        Images from `pycalfin.train.sources.gather`.
    folder : Path
        Output folder for the weights, the recipe, state, log, curves and `held_out.json`.
    threads : int
    progress, report : callable, optional
        See `pycalfin.train.fit.train`.

    Returns
    -------
    Trained
    """
    path = fit.train(
        images.samples,
        given,
        folder,
        threads=threads,
        metadata={
            "data": ", ".join(f"{name} ({count} images)" for name, count in images.counts),
            "held_out": ", ".join(given.hold_out) or "nothing",
        },
        progress=progress,
        report=report,
    )
    network = str(path) if given.network == "light" else f"{given.network}@{path}"
    measured: Measured = {}
    if images.held_out:
        measured = measure(network, images.held_out, threads)
        with replacing(folder / HELD_OUT) as part:
            part.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    return Trained(path, network, measured)


def measure(network: str, held_out: Sequence[Item], threads: int = 2) -> Measured:
    """Evaluate a network on labelled images; see `pycalfin.train.evaluate`."""
    loaded = load(network, threads=threads)
    return summarise(evaluate(loaded, (item.read() for item in held_out)))
