"""`python -m pycalfin.train`: train the default weights again from the data folders.

Example
-------
python -m pycalfin.train ../shared/data training --hold-out Kangerlussuaq Jorum
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from pycalfin.datasets import LabelledImage, caffe, frontlearning
from pycalfin.errors import PycalfinError
from pycalfin.train.fit import Recipe, train
from pycalfin.train.targets import prepare

FRONTLEARNING_REPEATS = 2
"""Times that an epoch sees each FrontLearning image, for each time it sees one of CaFFe."""


def main(arguments: list[str] | None = None) -> int:
    """Run the training that the arguments describe; the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr, force=True
    )
    try:
        optical = _kept(frontlearning.read(options.data / "frontlearning"), options.hold_out)
        radar = _kept(caffe.read(options.data / "caffe256"), options.hold_out)
        samples = [prepare(image) for image in optical * FRONTLEARNING_REPEATS + radar]
        recipe = Recipe(seed=options.seed, epochs=options.epochs)
        train(
            samples,
            recipe,
            options.output,
            threads=options.threads,
            metadata={
                "data": f"FrontLearning ({len(optical)} images), CaFFe ({len(radar)} images)",
                "held_out": ", ".join(options.hold_out) or "nothing",
            },
        )
    except PycalfinError as error:
        logging.getLogger(__name__).error("%s", error)
        return 1
    return 0


def _kept(images: list[LabelledImage], hold_out: list[str]) -> list[LabelledImage]:
    return [image for image in images if image.glacier not in hold_out]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pycalfin.train", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("data", type=Path, help="folder that holds frontlearning/ and caffe256/")
    parser.add_argument("output", type=Path, help="folder for checkpoint, log and weights")
    parser.add_argument("--hold-out", nargs="*", default=[], metavar="GLACIER")
    parser.add_argument("--epochs", type=int, default=Recipe.epochs)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--threads", type=int, default=2)
    return parser


if __name__ == "__main__":
    sys.exit(main())
