"""`pycalfin weights`: list, fetch, describe and check the weights of networks."""

from __future__ import annotations

import argparse
import json
import traceback
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pycalfin.cli import console
from pycalfin.errors import EXIT_NOTHING, WeightsError

if TYPE_CHECKING:
    from pycalfin.network.inspection import Description, Listed

HELP = "list, fetch, describe and check the weights of networks"
DESCRIPTION = (
    "List the weights that pycalfin knows, download them, and describe or check a file.\n"
    "FILE is a weights file (.h5), or the name of known weights."
)
EPILOG = (
    "example: pycalfin weights list\n"
    "         pycalfin weights fetch calfin-e17\n"
    "         pycalfin weights verify cfm_weights.h5\n\n"
    "exit status: 0 done; 1 the file is missing, damaged or for another network;\n"
    "             2 wrong command line"
)
SCHEMA = 1
"""Version of the output of --json."""
PLACES = {"shipped": "shipped", "cached": "in the cache", "": "not fetched"}
"""Words of the table for the place of a file."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, argument, text, execute_action in (
        ("list", "", "list the known weights and their places", _list),
        ("verify", "FILE", "check hash, layers, shapes and values of a file", _verify),
        ("fetch", "NAME", "download known weights into the cache", _fetch),
        ("info", "FILE", "describe a file", _info),
    ):
        sample = {"FILE": " light", "NAME": " calfin-e17", "": ""}[argument]
        child = actions.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            epilog=f"example: pycalfin weights {name}{sample}",
        )
        if argument:
            child.add_argument("what", metavar=argument, help=_ARGUMENTS[argument])
        child.add_argument(
            "--json", action="store_true", help="print a machine-readable summary on stdout"
        )
        # SUPPRESS: without it, the default would override a --debug before the action
        child.add_argument(
            "--debug",
            action="store_true",
            default=argparse.SUPPRESS,
            help="show tracebacks and debug logs",
        )
        child.set_defaults(act=execute_action)


_ARGUMENTS = {
    "FILE": "a weights file (.h5), or the name of known weights",
    "NAME": "the name of known weights; see `pycalfin weights list`",
}


def execute(arguments: argparse.Namespace) -> int:
    """Run the action."""
    act: Callable[[argparse.Namespace], int] = arguments.act
    try:
        return act(arguments)
    except WeightsError as error:  # a bad file is a result of this command
        if arguments.debug:
            traceback.print_exception(error)
        console.complain(str(error))
        return EXIT_NOTHING


def _list(arguments: argparse.Namespace) -> int:
    from pycalfin.network import registry
    from pycalfin.network.inspection import listed

    items = listed()
    if arguments.json:
        _print_json(cache=str(registry.cache()), weights=[_listed_summary(item) for item in items])
        return 0
    rows = []
    for item in items:
        entry = item.entry
        size, where = console.size(item.size), PLACES[item.place]
        rows.append([entry.name, entry.kind, size, where, entry.licence, entry.origin])
    console.table(["name", "network", ">size", "where", "licence", "origin"], rows)
    absent = [item.entry.name for item in items if item.path is None]
    if absent:
        print("`pycalfin weights fetch NAME` downloads missing weights, or says how to get them")
    print(f"The cache is {registry.cache()}")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from pycalfin.network.inspection import verify

    try:
        found = verify(arguments.what)
    except WeightsError as error:
        if arguments.json:
            _print_json(file=arguments.what, ok=False, reason=str(error))
        raise
    if arguments.json:
        _print_json(file=str(found.path), ok=True, reason="", **_summary(found))
    else:
        print(f"OK: {found.path}: {_sentence(found)}")
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    from pycalfin.network.fetch import fetch
    from pycalfin.network.inspection import describe

    with console.progress(f"Fetching {arguments.what}", in_bytes=True) as advance:
        path = fetch(arguments.what, lambda done, total: advance(done, total, None))
    if arguments.json:
        _print_json(file=str(path), **_summary(describe(path)))
    else:
        print(path)
    return 0


def _info(arguments: argparse.Namespace) -> int:
    from pycalfin.network.inspection import describe

    found = describe(arguments.what)
    if arguments.json:
        _print_json(file=str(found.path), **_summary(found))
        return 0
    rows = [
        ("file", str(found.path)),
        ("known as", found.name or "not registered"),
        ("network", found.kind),
        ("parameters", f"{found.parameters:,} in {found.layers} layers"),
        ("layout", found.layout),
        ("size", f"{console.size(found.size)} ({found.size:,} bytes)"),
        ("SHA-256", found.sha256),
        ("calibrated", _calibration(found)),
    ]
    console.fields(rows)
    if found.metadata:
        print("\nMetadata in the file")
        console.fields([(name, _shortened(text)) for name, text in found.metadata.items()])
    return 0


def _sentence(found: Description) -> str:
    if found.name is None:
        known = "not registered"
    elif found.compared:
        known = f"the registered '{found.name}'"
    else:
        known = f"stored as '{found.name}', whose SHA-256 is not known"
    return f"network {found.kind}, {found.parameters:,} parameters; {known}"


def _calibration(found: Description) -> str:
    fitted = found.calibration
    if fitted is None:
        return "no: confidence is not a probability"
    return f"on {fitted.images:,} images: {', '.join(fitted.data)}"


def _shortened(text: str, most: int = 90) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


def _listed_summary(item: Listed) -> dict[str, Any]:
    entry = item.entry
    return {
        "name": entry.name,
        "network": entry.kind,
        "file": entry.file,
        "path": str(item.path) if item.path else None,
        "place": item.place or None,
        "size": item.size,
        "sha256": entry.sha256,
        "licence": entry.licence,
        "origin": entry.origin,
        "url": entry.url,
        "source": entry.source,
    }


def _summary(found: Description) -> dict[str, Any]:
    return {
        "name": found.name,
        "network": found.kind,
        "parameters": found.parameters,
        "layers": found.layers,
        "layout": found.layout,
        "size": found.size,
        "sha256": found.sha256,
        "compared": found.compared,
        "metadata": dict(found.metadata),
        "calibration": None if found.calibration is None else asdict(found.calibration),
    }


def _print_json(**content: Any) -> None:
    print(json.dumps({"schema": SCHEMA, **content}, indent=1, ensure_ascii=False))
