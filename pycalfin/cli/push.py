"""`pycalfin push`: load results into a running MATLAB, or into GNU Octave."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

HELP = "load the results of a run into MATLAB or Octave"
DESCRIPTION = (
    "Load the results of a finished run as the variable cf (class calfin) into MATLAB or GNU\n"
    "Octave. A shared MATLAB session (matlab.engine.shareEngine) is used if there is one, else a\n"
    "new MATLAB is started. Octave is always started, and reads statements from standard input\n"
    "until exit."
)
EPILOG = (
    "example: pycalfin push fronts --to matlab\n"
    "         pycalfin push fronts --to matlab:my_session\n"
    "         pycalfin push fronts --to octave\n\n"
    "exit status: 0 loaded; 1 the program did not take the results; 2 the program is not available"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("folder", metavar="DIR", help="output folder of a finished run")
    parser.add_argument(
        "--to",
        metavar="matlab[:NAME]|octave",
        required=True,
        help="program that gets the results",
    )
    parser.add_argument(
        "--check", action="store_true", help="only check whether the program is available"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Connect, load the results, and leave the program to the user."""
    from calfin_bridge import engine

    if arguments.check:
        engine.require(arguments.to)
        return 0
    session = engine.connect(arguments.to)
    try:
        engine.push(session, arguments.folder)
        _say(f"{session.name}: {engine.VARIABLE} holds the fronts of {arguments.folder}")
        if not session.lasting:
            session.leave(_statements(), _say)
    finally:
        session.close()
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


def _statements() -> Iterator[str]:
    while True:
        try:
            yield input("octave> ")
        except EOFError:
            return
