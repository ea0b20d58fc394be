"""The command line: parse, call, print. Nothing is computed here.

Every command is a module of this room with `HELP`, `add_arguments(parser)` and
`execute(arguments) -> int`. A module imports what it runs inside `execute`, so that `--help`
answers at once.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from pycalfin import __version__
from pycalfin.errors import PycalfinError
from pycalfin.logs import to_stderr

COMMANDS = {
    "run": "run",
    "demo": "demo",
    "subset": "subset",
    "levelset": "levelset",
    "train": "train",
    "validate": "validate",
    "weights": "weights",
    "doctor": "doctor",
    "push": "push",
    "bridge": "bridge",
    "matlab-path": "matlab_path",
}
"""Commands and the modules of this room that hold them."""

EXIT_OK, EXIT_NOTHING, EXIT_USAGE, EXIT_PARTLY = 0, 1, 2, 3
"""At least one done and none failed; none done; wrong command line; some done, some failed."""


def build_parser() -> argparse.ArgumentParser:
    """Assemble the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="pycalfin",
        description="Find the calving fronts of glaciers in Landsat and Sentinel-1 images.",
        epilog="example: pycalfin run scene.tif --domain glacier.geojson --output fronts\n"
        "'pycalfin COMMAND --help' shows the options of a command, with an example.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pycalfin {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module_name in COMMANDS.items():
        module = import_module(f"pycalfin.cli.{module_name}")
        child = commands.add_parser(
            name,
            help=module.HELP,
            description=module.DESCRIPTION,
            epilog=module.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(child)
        child.add_argument("--debug", action="store_true", help="show tracebacks and debug logs")
        child.set_defaults(execute=module.execute)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; default: those of the process.

    Returns
    -------
    int
        The exit status: 0 done, 1 nothing done, 2 wrong command line, 3 done in part.
    """
    parsed = build_parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # a name that the console cannot show must not end a run
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    to_stderr(logging.DEBUG if parsed.debug else logging.WARNING)
    try:
        return int(parsed.execute(parsed))
    except PycalfinError as error:
        if parsed.debug:
            traceback.print_exception(error)
        print(f"pycalfin: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("pycalfin: interrupted; the same command continues where it stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # the reader of stdout (head, less) has gone; leave nothing for the interpreter to flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_NOTHING
