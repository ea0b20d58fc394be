"""`pycalfin train`: train a network on labelled images."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycalfin.cli import console
from pycalfin.errors import EXIT_OK, SettingsError

if TYPE_CHECKING:
    from pycalfin.train import fit
    from pycalfin.train.calfin.fit import Epoch

HELP = "train a network on labelled images"
DESCRIPTION = (
    "Train light, the published network of CALFIN, or a custom network, on labelled images.\n"
    "SOURCE is a folder in the layout of FrontLearning, CaFFe or CALFIN, a folder of GeoTIFFs\n"
    "with fronts or zones in vector files, or synthetic:N. Append *N to use each image N times\n"
    "per epoch. An interrupted training continues with the same command."
)
EPILOG = (
    "example: pycalfin train my_glacier/ --output trained --init default\n"
    "         pycalfin train --recipe weights/recipe.toml --data data/ --output trained\n"
    "         pycalfin train 'frontlearning*2' caffe synthetic:300 --output trained \\\n"
    "             --init imagenet --hold-out Kangerlussuaq Jorum\n"
    "         pycalfin train pairs/ --output trained --network calfin --hold-out Upernavik\n\n"
    "exit status: 0 trained; 1 the data or weights cannot be used; 2 wrong command line"
)
ONLY_CALFIN = "steps"
NOT_CALFIN = ("recipe", "data", "rate")
"""Options for only one kind of network."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="folder of labelled images, or synthetic:N; *N appended repeats it; replaces the "
        "sources of the recipe",
    )
    parser.add_argument(
        "--output", metavar="DIR", required=True, help="folder for weights, state, log and curves"
    )
    parser.add_argument(
        "--network",
        metavar="NAME|MODULE:FUNCTION",
        help="light, calfin, or a function that returns a keras.Model (default: light)",
    )
    parser.add_argument(
        "--init",
        metavar="default|imagenet|random|FILE",
        help="initial weights (default: the shipped ones for light, random ones otherwise)",
    )
    parser.add_argument("--recipe", metavar="FILE", help="recipe in TOML; options override it")
    parser.add_argument("--data", metavar="DIR", help="parent folder of the sources")
    parser.add_argument(
        "--hold-out",
        nargs="+",
        metavar="GLACIER",
        help="glaciers, domains or images that are left out of training and measured at the end",
    )
    parser.add_argument(
        "--epochs",
        type=int,
        metavar="N",
        help="number of epochs (default: 10 from weights, else 16; calfin: 80)",
    )
    parser.add_argument(
        "--rate", type=float, metavar="R", help="learning rate (default: 2e-4 from weights, "
        "else 1.5e-3)",
    )  # fmt: skip
    parser.add_argument("--batch", type=int, metavar="N", help="crops per step (default: 8)")
    parser.add_argument(
        "--steps", type=int, metavar="N", help="steps per epoch, only for calfin (default: 4000)"
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="seed of all random numbers (default: 1)"
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=2,
        metavar="N",
        help="threads of one operation (default: %(default)s)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print a machine-readable summary on standard output"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Train, and print the losses after each epoch."""
    if arguments.threads < 1:
        raise SettingsError(f"threads is {arguments.threads}; expected 1 or more")
    calfin = arguments.network == "calfin"
    _refuse(arguments, NOT_CALFIN if calfin else (ONLY_CALFIN,))
    return _train_calfin(arguments) if calfin else _train(arguments)


def _train(arguments: argparse.Namespace) -> int:
    from pycalfin.train import recipe, sources, training

    given = {name: getattr(arguments, name) for name in ("network", "init", "seed", "batch")}
    given.update(epochs=arguments.epochs, rate=arguments.rate)
    given["hold_out"] = tuple(arguments.hold_out) if arguments.hold_out else None
    given["sources"] = tuple(map(sources.parse, arguments.sources)) or None
    if arguments.recipe:
        made = recipe.read(Path(arguments.recipe), **given)
    else:
        made = recipe.make(**given)
    with console.progress("reading") as progress:
        images = sources.gather(made, Path(arguments.data) if arguments.data else None, progress)
    _say(f"{images.sentence()}; {made.network} from {made.init}, {made.epochs} epochs")
    with console.progress("training") as progress:
        done = training.run(
            made,
            images,
            Path(arguments.output),
            threads=arguments.threads,
            progress=progress,
            report=_report,
        )
    for glacier, values in done.held_out.items():
        _say(f"{glacier}: " + ", ".join(f"{name} {value:.3g}" for name, value in values.items()))
    _finish(
        arguments,
        done.network,
        weights=str(done.weights),
        network=done.network,
        training=sum(count for _, count in images.counts),
        held_out=done.held_out,
    )
    return EXIT_OK


def _train_calfin(arguments: argparse.Namespace) -> int:
    from pycalfin.datasets.calfin import find
    from pycalfin.train.calfin.fit import Recipe, train

    if len(arguments.sources) != 1:
        raise SettingsError(
            f"{len(arguments.sources)} SOURCE for calfin; expected one folder in the layout of "
            "CALFIN's training set"
        )
    names = ("epochs", "steps", "batch", "seed")
    given = {name: getattr(arguments, name) for name in names}
    recipe = Recipe(**{name: value for name, value in given.items() if value is not None})
    division = find(Path(arguments.sources[0]), arguments.hold_out or [])
    training, validation = len(division.training), len(division.validation)
    deciding = "" if validation else "; the training loss selects the best epoch"
    _say(f"{training} images to train on, {validation} to validate with{deciding}")
    init = None if arguments.init in (None, "random") else Path(arguments.init)
    with console.progress("training") as progress:
        best = train(
            division,
            recipe,
            Path(arguments.output),
            init=init,
            threads=arguments.threads,
            progress=progress,
            report=lambda epoch: _report_calfin(epoch, recipe.epochs),
        )
    _finish(arguments, str(best), best=str(best), training=training, validation=validation)
    return EXIT_OK


def _refuse(arguments: argparse.Namespace, names: tuple[str, ...]) -> None:
    given = [f"--{name}" for name in names if getattr(arguments, name) is not None]
    if given:
        raise SettingsError(
            f"{', '.join(given)}: not for --network {arguments.network or 'light'}; remove it"
        )


def _report(epoch: fit.Epoch) -> None:
    losses = {**epoch.losses}
    total = losses.pop("loss")
    parts = ", ".join(f"{name} {value:.4f}" for name, value in losses.items())
    _say(f"epoch {epoch.number}/{epoch.total}: loss {total:.4f} ({parts}), {epoch.seconds:.0f} s")


def _report_calfin(epoch: Epoch, epochs: int) -> None:
    loss, edge, mask = epoch.training
    text = f"epoch {epoch.number}/{epochs}: loss {loss:.4f} (edge {edge:.4f}, mask {mask:.4f})"
    if epoch.validation is not None:
        loss, edge, mask = epoch.validation
        text += f", validation {loss:.4f} (edge {edge:.4f}, mask {mask:.4f})"
    _say(f"{text}, {epoch.seconds:.0f} s{', the best so far' if epoch.best else ''}")


def _finish(arguments: argparse.Namespace, last: str, **summary: Any) -> None:
    if arguments.json:
        print(json.dumps({"output": arguments.output, **summary}, indent=1, ensure_ascii=False))
    else:
        print(last)


def _say(text: str) -> None:
    console.complain(text)
