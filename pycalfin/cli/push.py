"""`pycalfin push`: results into a running MATLAB, or into GNU Octave."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

HELP = "make the results of a run a variable of MATLAB or Octave"
DESCRIPTION = (
    "Make the results of a finished run the variable cf (class calfin) of another program: of a\n"
    "MATLAB whose session is shared (matlab.engine.shareEngine), else of a MATLAB that this\n"
    "starts, or of a GNU Octave, which then takes statements from standard input until exit."
)
EPILOG = (
    "example: pycalfin push fronts --to matlab\n"
    "         pycalfin push fronts --to matlab:my_session\n"
    "         pycalfin push fronts --to octave\n\n"
    "exit status: 0 pushed; 1 the program did not take it; 2 there is no such program here"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the folder and the program."""
    parser.add_argument("folder", metavar="DIR", help="output folder of a finished run")
    parser.add_argument("--to", metavar="matlab[:NAME]|octave", required=True, help="the program")
    parser.add_argument(
        "--check", action="store_true", help="only tell whether the program is there"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Connect, push, and leave the program to the user."""
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
