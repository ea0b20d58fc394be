"""`python -m pycalfin.train`: train the default weights again from the data folders.

Example
-------
python -m pycalfin.train ../shared/data training --hold-out Kangerlussuaq Jorum
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path

from pycalfin.datasets import caffe, frontlearning, synthetic
from pycalfin.errors import PycalfinError
from pycalfin.network import load
from pycalfin.train.evaluate import evaluate, summarise
from pycalfin.train.fit import Recipe, train
from pycalfin.train.targets import prepare

logger = logging.getLogger("pycalfin.train")

HELD_OUT = "held_out.json"
"""Name of the file with the numbers measured on held-out glaciers, in the output folder."""
FRONTLEARNING_REPEATS = 2
"""Times that an epoch sees each FrontLearning image, for each time it sees one of CaFFe."""
SYNTHETIC = 300
"""Synthetic images beside the real ones: they know land, and some have no front."""


def main(arguments: list[str] | None = None) -> int:
    """Run the training that the arguments describe; the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr, force=True
    )
    try:
        path = _train(options)
        if options.hold_out:
            _measure(path, options)
    except PycalfinError as error:
        logger.error("%s", error)
        return 1
    return 0


def _train(options: argparse.Namespace) -> Path:
    held_out = options.hold_out
    optical = frontlearning.read(options.data / "frontlearning", land=True)
    radar = caffe.read(options.data / "caffe256")
    optical = [image for image in optical if image.glacier not in held_out]
    radar = [image for image in radar if image.glacier not in held_out]
    made = list(synthetic.iterate(options.synthetic, options.seed))
    return train(
        [prepare(image) for image in optical * FRONTLEARNING_REPEATS + radar + made],
        Recipe(seed=options.seed, epochs=options.epochs, rate=options.rate),
        options.output,
        threads=options.threads,
        metadata={
            "data": f"FrontLearning ({len(optical)} images), CaFFe ({len(radar)} images), "
            f"synthetic ({len(made)} images)",
            "held_out": ", ".join(held_out) or "nothing",
        },
        init=options.init,
    )


def _measure(path: Path, options: argparse.Namespace) -> None:
    """Measure the weights on the glaciers that the training has not seen."""
    images = frontlearning.read(options.data / "frontlearning")
    images += caffe.read(options.data / "caffe256")
    images = [image for image in images if image.glacier in options.hold_out]
    network = load(path, threads=options.threads)
    summary = summarise(evaluate(network, images))
    (options.output / HELD_OUT).write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    for glacier, values in summary.items():
        numbers = ", ".join(f"{name} {value:.3f}" for name, value in values.items())
        logger.info("%s: %s", glacier, numbers)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pycalfin.train", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("data", type=Path, help="folder that holds frontlearning/ and caffe256/")
    parser.add_argument("output", type=Path, help="folder for checkpoint, log and weights")
    parser.add_argument("--hold-out", nargs="*", default=[], metavar="GLACIER")
    parser.add_argument("--epochs", type=int, default=Recipe.epochs)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--rate", type=float, default=Recipe.rate, help="peak learning rate")
    parser.add_argument(
        "--synthetic", type=int, default=SYNTHETIC, metavar="N", help="number of synthetic images"
    )
    parser.add_argument("--init", type=Path, metavar="FILE", help="weights of light to start from")
    parser.add_argument("--threads", type=int, default=2)
    return parser


if __name__ == "__main__":
    sys.exit(main())
