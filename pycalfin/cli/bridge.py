"""`pycalfin bridge`: answer a request of calfin.m or another program."""

from __future__ import annotations

import argparse

from pycalfin.logs import printable

HELP = "answer a request of the MATLAB class calfin"
DESCRIPTION = (
    "Answer one request of the MATLAB class calfin, or of any other program that follows the\n"
    "contract. The answer is written to the folder of the request, and the fronts to fronts.h5\n"
    "in the output folder. bridge/README.md in the sources describes the files."
)
EPILOG = "example: pycalfin bridge job/request.json\n\nexit status: as for `pycalfin run`"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("request", metavar="REQUEST", help="the request, a JSON file")


def execute(arguments: argparse.Namespace) -> int:
    """Answer one request."""
    from calfin_bridge.serve import serve

    return serve(arguments.request, lambda text: print(f"pycalfin: {printable(text)}", flush=True))
