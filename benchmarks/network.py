"""Speed and accuracy of the engines that run a network: one run, with ratios, on one machine.

    python benchmarks/network.py [--weights FILE.h5] [--repeat N] [--threads N]

The script compares plain `keras.Model.predict`, the TensorFlow engine, OpenVINO in float32 and
bf16, and (for CALFIN's network) the fast mode. For each it prints:

- The seconds. CALFIN's network predicts one 256 x 256 image in nine windows; it has random weights
  unless a file is given. `light` predicts all views of one scene.
- The largest difference of a probability from plain Keras.
- The distance by which a line moves: the front of a synthetic scene for `light`; for CALFIN's
  network the line where the edge passes its median, because random weights find no front.

With given weights it also compares the fronts of eight synthetic scenes in bf16. The engines take
turns, so that a noisy machine affects all of them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from skimage.measure import find_contours

from pycalfin.front.extract import extract
from pycalfin.network import Network, calfin, load, registry, weights
from pycalfin.network.calfin_file import save_published
from pycalfin.network.engine import import_keras
from pycalfin.network.predict import SIDE_256, SIDE_FAST, predict_square
from pycalfin.records import Subset
from pycalfin.settings import Settings
from pycalfin.synthetic.painting import render
from pycalfin.validate.metrics import front_distance

GAIN = 1.15
"""Gain of random weights that keeps the signal alive through the depth of the network."""
SCENES = 8
"""Number of synthetic scenes with compared fronts."""
EVERY = Settings(min_confidence=0.0)


class PlainKeras:
    """Engine that calls `keras.Model.predict` in the simplest way."""

    def __init__(self, model: object) -> None:
        self.model = model

    def run(self, patches: np.ndarray) -> np.ndarray:
        """Predict all patches in one call."""
        return np.asarray(self.model.predict(patches, verbose=0))


def random_file(path: Path) -> Path:
    """Write a file of CALFIN's network with random weights and random statistics."""
    keras = import_keras()
    keras.utils.set_random_seed(1)
    model = calfin.build()
    random = np.random.default_rng(1)
    for layer in model.layers:
        if layer.weights and not layer.name.endswith("_BN"):
            kernel, *bias = layer.get_weights()
            inputs = 9 if "depthwise" in layer.name else kernel.shape[2]
            layer.set_weights([random.normal(0, np.sqrt(GAIN / inputs), kernel.shape), *bias])
        if layer.name.endswith("_BN"):
            shape = layer.weights[0].shape
            layer.set_weights(
                [
                    random.uniform(0.8, 1.2, shape),
                    random.normal(0, 0.1, shape),
                    random.normal(0, 0.1, shape),
                    random.uniform(0.5, 1.5, shape),
                ]
            )
    save_published(path, model)
    return path


def plain(path: str | Path, kind: str, like: Network) -> Network:
    """Load a network that runs through `keras.Model.predict`."""
    from pycalfin.network import light

    model = calfin.build() if kind == "calfin" else light.build()
    file, _ = registry.locate(path)
    weights.load_into(file, kind, model)
    return replace(like, engine=PlainKeras(model), batch=99)


def level_line(edge: np.ndarray, level: float) -> list[np.ndarray]:
    """Return the lines (row, column) where a map passes a level."""
    return [line for line in find_contours(edge, level) if len(line) > 20]


def measure(
    networks: dict[str, Network], work: Callable[[Network], object], repeat: int
) -> tuple[dict[str, float], dict[str, object]]:
    """Return median seconds and results; networks take turns, the first round does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in networks}
    results: dict[str, object] = {}
    for turn in range(repeat + 1):
        for name, network in networks.items():
            began = time.perf_counter()
            results[name] = work(network)
            if turn:
                seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in seconds.items()}, results


def row(name: str, seconds: float, first: float, difference: float, moved: str) -> None:
    """Print the row of an engine."""
    print(f"{name:28} {seconds:8.3f} s {first / seconds:7.2f} x {difference:12.1e} {moved:>12}")


def of_calfin(file: Path, repeat: int, threads: int) -> None:
    """Compare the engines on nine windows."""
    exact = load(file, engine="tensorflow", threads=threads)
    vino = {"threads": threads, "engine": "openvino"}
    networks = {
        "keras.Model.predict": plain(file, "calfin", exact),
        "TensorFlow": exact,
        "OpenVINO f32": load(file, **vino),
        "OpenVINO bf16": load(file, **vino, precision="bf16"),
        "OpenVINO f32, fast": load(file, **vino, side=SIDE_FAST),
        "OpenVINO bf16, fast": load(file, **vino, side=SIDE_FAST, precision="bf16"),
    }
    image = render("optical", (SIDE_256, SIDE_256), np.random.default_rng(4)).image
    grey = (image / image.max()).astype(np.float32)
    square = np.stack([grey, np.sqrt(grey), grey**2], axis=-1) * 2 - 1

    def look(network: Network) -> np.ndarray:
        return predict_square(network, square, fast=network.side == SIDE_FAST)

    seconds, maps = measure(networks, look, repeat)
    reference = np.asarray(maps["keras.Model.predict"])
    level = float(np.median(reference[..., 0]))
    known = level_line(reference[..., 0], level)
    print(f"CALFIN, nine windows of one image, {threads} threads, median of {repeat}")
    for name, found in maps.items():
        found = np.asarray(found)
        moved = front_distance(level_line(found[..., 0], level), known).mean
        difference = float(np.abs(found - reference).max())
        row(name, seconds[name], seconds["keras.Model.predict"], difference, f"{moved:.3f} px")


def of_fronts(file: Path, threads: int) -> None:
    """Print how far bf16 moves the fronts found with CALFIN's weights in synthetic scenes."""
    exact, quick = (
        load(file, engine="openvino", threads=threads, precision=precision)
        for precision in ("f32", "bf16")
    )
    moved = []
    for seed in range(SCENES):
        image = render("optical", (SIDE_256, SIDE_256), np.random.default_rng(seed)).image
        subset = Subset("s", image.astype(np.float32), np.ones(image.shape, bool))
        pair = [
            [front.pixels for front in extract(subset, network, EVERY).fronts]
            for network in (quick, exact)
        ]
        if all(pair):
            moved.append(front_distance(*pair).mean)
    mean = f"{np.mean(moved):.3f}, at most {np.max(moved):.3f}" if moved else "none to compare:"
    print(f"\nbf16 moves the fronts of {len(moved)} of {SCENES} scenes by {mean} px")


def of_light(repeat: int, threads: int) -> None:
    """Compare the engines on the views of one scene."""
    exact = load(engine="tensorflow", threads=threads)
    vino = {"threads": threads, "engine": "openvino"}
    networks = {
        "keras.Model.predict": plain("light", "light", exact),
        "TensorFlow": exact,
        "OpenVINO f32": load(**vino),
        "OpenVINO bf16": load(**vino, precision="bf16"),
    }
    image = render("optical", (288, 288), np.random.default_rng(4)).image.astype(np.float32)
    subset = Subset("s", image, np.ones(image.shape, bool))
    seconds, found = measure(networks, lambda net: extract(subset, net, Settings()), repeat)
    known = found["keras.Model.predict"]
    print(
        f"\nlight, one image of 288 x 288 with its mirror images, fronts traced, {threads} threads"
    )
    for name, result in found.items():
        difference = float(np.abs(result.prediction.edge - known.prediction.edge).max())
        lines = [front.pixels for front in result.fronts]
        moved = front_distance(lines, [front.pixels for front in known.fronts]).mean
        row(name, seconds[name], seconds["keras.Model.predict"], difference, f"{moved:.3f} px")


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    header = ("", "time", "ratio", "difference", "line moves")
    print("{:28} {:>10} {:>9} {:>12} {:>12}".format(*header))
    with tempfile.TemporaryDirectory() as place:
        os.environ["PYCALFIN_CACHE"] = place
        import_keras(options.threads)
        file = options.weights or random_file(Path(place) / "random.h5")
        of_calfin(file, options.repeat, options.threads)
        if options.weights:
            of_fronts(file, options.threads)
        of_light(options.repeat, options.threads)


if __name__ == "__main__":
    main()
