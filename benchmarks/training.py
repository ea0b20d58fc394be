"""Time of a training step, with Keras' batch normalisation and with the fused one.

    python benchmarks/training.py [--steps N] [--threads N] [--batch N] [--crop N]

The two take turns, so that a noisy machine affects both. The script prints their medians and ratio.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from pycalfin.network import keras_layers, light
from pycalfin.network.engine import import_keras
from pycalfin.network.normalisation import normalised
from pycalfin.train.fit import compiled_step, optimizer_of
from pycalfin.train.recipe import Recipe, Stage

KINDS = ("keras", "fused")


def plain(x: Any, name: str, normal: Any) -> Any:
    """Add Keras' own batch normalisation."""
    import keras

    return keras.layers.BatchNormalization(
        epsilon=normal.epsilon, momentum=normal.momentum, name=name + normal.suffix
    )(x)


def step_with(kind: str) -> Callable[[Any, Any], Any]:
    """Build `light` with one of the two and return its training step."""
    keras_layers.normalised = plain if kind == "keras" else normalised
    model = light.build(logits=True)
    return compiled_step(model, optimizer_of(model, Recipe(), Stage(), 100))


def main() -> None:
    """Measure and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--crop", type=int, default=224)
    arguments = parser.parse_args()
    import_keras(arguments.threads)
    rng = np.random.default_rng(1)
    shape = (arguments.batch, arguments.crop, arguments.crop)
    channels = rng.uniform(-1.0, 1.0, (*shape, 3)).astype(np.float32)
    target = np.ones((*shape, 5), np.float32)
    steps = {kind: step_with(kind) for kind in KINDS}
    seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(arguments.steps + 1):
        for kind, step in steps.items():
            started = time.perf_counter()
            float(step(channels, target)["loss"])
            if number:  # the first one compiles
                seconds[kind].append(time.perf_counter() - started)
    medians = {kind: statistics.median(found) for kind, found in seconds.items()}
    for kind, median in medians.items():
        print(f"{kind:<6} {median:6.2f} s a step of {arguments.batch} crops of {arguments.crop}")
    print(f"ratio  {medians['keras'] / medians['fused']:6.2f}")


if __name__ == "__main__":
    main()
