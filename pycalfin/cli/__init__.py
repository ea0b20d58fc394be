"""The command line: parse arguments, call the package, print. Nothing is computed here.

Every command is a module of this package with `HELP`, `add_arguments(parser)` and
`execute(arguments) -> int`. A module imports the code of its command inside `execute`, so that
`--help` answers at once.
"""

from __future__ import annotations

import argparse
import difflib
import io
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from pycalfin import __version__
from pycalfin.cli.interrupt import interrupted_once
from pycalfin.cli.options import joined_nodata
from pycalfin.errors import EXIT_NOTHING, PycalfinError
from pycalfin.files import READABLE
from pycalfin.logs import printable, to_stderr

COMMANDS = {
    "run": "run",
    "demo": "demo",
    "subset": "subset",
    "levelset": "levelset",
    "train": "train",
    "validate": "validate",
    "weights": "weights",
    "settings": "settings",
    "doctor": "doctor",
    "push": "push",
    "bridge": "bridge",
    "matlab-path": "matlab_path",
}
"""Commands and their modules in this package."""


class Parser(argparse.ArgumentParser):
    """A parser that suggests the nearest known option or command for an unknown one."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse the arguments; an unknown argument ends the program with status 2."""
        parsed, unknown = self.parse_known_args(args, namespace)
        options = [text for text in unknown if text.startswith("-")] or unknown
        if options:
            command: Parser = getattr(parsed, "parser", self)
            command.error("; ".join(command.unknown(text) for text in options))
        return parsed

    def unknown(self, text: str) -> str:
        """Return the message for an unknown argument, with the nearest known one."""
        name = text.partition("=")[0]
        if not name.startswith("-"):
            return f"unexpected argument {text!r}"
        near = difflib.get_close_matches(name, list(self._option_string_actions), n=1)
        return f"unknown option {name}" + (f"; did you mean {near[0]}?" if near else "")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        words = [str(word) for word in action.choices]
        near = difflib.get_close_matches(str(value), words, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; expected one of: {', '.join(words)}"
        what = "unknown command" if action.dest == "command" else "unknown value"
        raise argparse.ArgumentError(
            None if action.dest == "command" else action, f"{what} {value!r}{hint}"
        )


def build_parser() -> Parser:
    """Build the parser of all commands."""
    parser = Parser(
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
        child.set_defaults(execute=module.execute, parser=child)
    return parser


def keep_folder_out() -> None:
    """Keep processes started here from importing modules in the working folder.

    An installed program does not search that folder, but the processes of workers and of `push`
    would. A folder from somebody else may hold a module of a common name. Needs Python 3.11.
    """
    if not {"", str(Path.cwd())} & set(sys.path):
        os.environ.setdefault("PYTHONSAFEPATH", "1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Arguments without the program's name. Default: those of the process.

    Returns
    -------
    int
        Exit status: 0 done, 1 nothing done, 2 wrong command line, 3 partly done.
    """
    words = sys.argv[1:] if arguments is None else arguments
    parsed = build_parser().parse_args(joined_nodata(words))
    if arguments is None:
        keep_folder_out()
    for stream in (sys.stdout, sys.stderr):
        # a character that the console cannot show must not end a run
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=READABLE)
    to_stderr(logging.DEBUG if parsed.debug else logging.WARNING)
    with interrupted_once():
        return _execute(parsed)


def _execute(parsed: argparse.Namespace) -> int:
    """Run the command; turn errors into a sentence and an exit status."""
    try:
        return int(parsed.execute(parsed))
    except PycalfinError as error:
        if parsed.debug:
            traceback.print_exception(error)
        for line in str(error).splitlines():
            print(f"pycalfin: {printable(line)}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("pycalfin: interrupted; the same command continues where it stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # the reader of stdout (head, less) has closed it: leave nothing for Python to flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_NOTHING
