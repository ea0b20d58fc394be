"""`pycalfin train`: train CALFIN's network on images with masks."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pycalfin.cli import EXIT_OK, console
from pycalfin.errors import SettingsError

if TYPE_CHECKING:
    from pycalfin.train.calfin.fit import Epoch

HELP = "train CALFIN's network on images with masks"
DESCRIPTION = (
    "Train CALFIN's network as published, on pairs of NAME.png (red the grey subset, green an\n"
    "HDR-toned, blue a shadows/highlights copy) and NAME_mask.png (255 land or ice, 0 ocean).\n"
    "DIR/calfin_best.h5 and DIR/calfin_last.h5 are in the published layout: pass them to\n"
    "`pycalfin run --network`. A training that was stopped continues with the same command."
)
EPILOG = (
    "example: pycalfin train training/data --output trained --network calfin\n"
    "         pycalfin train data --output trained --init published.h5 --hold-out Upernavik"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the data, a folder, and how to train."""
    parser.add_argument(
        "data", metavar="DATA", help="folder with the pairs, or with train/ and validation/"
    )
    parser.add_argument(
        "--output", metavar="DIR", required=True, help="folder for weights, state and log"
    )
    parser.add_argument(
        "--network", choices=("calfin", "light"), default="calfin", help="(default: %(default)s)"
    )
    parser.add_argument(
        "--init", metavar="FILE", help="weights of CALFIN to start from (default: random ones)"
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="(default: 80)")
    parser.add_argument("--steps", type=int, metavar="N", help="steps per epoch (default: 4000)")
    parser.add_argument("--batch", type=int, metavar="N", help="crops per step (default: 8)")
    parser.add_argument("--seed", type=int, metavar="N", help="of everything random (default: 1)")
    parser.add_argument(
        "--hold-out",
        nargs="+",
        default=[],
        metavar="DOMAIN",
        help="domains to validate with and not to train on",
    )
    parser.add_argument(
        "--json", action="store_true", help="print a machine-readable summary on standard output"
    )
    parser.add_argument(
        "--threads", type=int, default=2, metavar="N", help="(default: %(default)s)"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Train, and say after each epoch what it came to."""
    if arguments.network != "calfin":
        raise SettingsError(
            f"--network {arguments.network} is trained by `python -m pycalfin.train DATA OUTPUT`; "
            "this command trains calfin"
        )
    if arguments.threads < 1:
        raise SettingsError(f"threads is {arguments.threads}; expected 1 or more")
    from pycalfin.datasets.calfin import find
    from pycalfin.train.calfin.fit import Recipe, train

    names = ("epochs", "steps", "batch", "seed")
    given = {name: getattr(arguments, name) for name in names}
    recipe = Recipe(**{name: value for name, value in given.items() if value is not None})
    division = find(Path(arguments.data), arguments.hold_out)
    training, validation = len(division.training), len(division.validation)
    deciding = "" if validation else "; the loss of the training decides which epoch is the best"
    _say(f"{training} images to train on, {validation} to validate with{deciding}")
    with console.progress("training") as progress:
        best = train(
            division,
            recipe,
            Path(arguments.output),
            init=Path(arguments.init) if arguments.init else None,
            threads=arguments.threads,
            progress=progress,
            report=lambda epoch: _tell(epoch, recipe.epochs),
        )
    if arguments.json:
        summary = {
            "output": arguments.output,
            "best": str(best),
            "training": training,
            "validation": validation,
        }
        print(json.dumps(summary, indent=1, ensure_ascii=False))
    else:
        print(best)
    return EXIT_OK


def _tell(epoch: Epoch, epochs: int) -> None:
    loss, edge, mask = epoch.training
    text = f"epoch {epoch.number}/{epochs}: loss {loss:.4f} (edge {edge:.4f}, mask {mask:.4f})"
    if epoch.validation is not None:
        loss, edge, mask = epoch.validation
        text += f", validation {loss:.4f} (edge {edge:.4f}, mask {mask:.4f})"
    _say(f"{text}, {epoch.seconds:.0f} s{', the best so far' if epoch.best else ''}")


def _say(text: str) -> None:
    print(f"pycalfin: {text}", file=sys.stderr, flush=True)
