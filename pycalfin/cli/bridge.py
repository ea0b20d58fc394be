"""`pycalfin bridge`: answer a request of calfin.m, or of another program."""

from __future__ import annotations

import argparse

from pycalfin.logs import printable

HELP = "answer a request of the MATLAB class calfin"
DESCRIPTION = (
    "Answer one request of the MATLAB class calfin, or of any other program that keeps to the\n"
    "contract. The answer is written beside the request, the fronts to fronts.h5 in the output\n"
    "folder. bridge/README.md in the sources describes the files."
)
EPILOG = "example: pycalfin bridge job/request.json\n\nexit status: as of `pycalfin run`"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the request."""
    parser.add_argument("request", metavar="REQUEST", help="the request, a JSON file")


def execute(arguments: argparse.Namespace) -> int:
    """Serve, once."""
    from calfin_bridge.serve import serve

    return serve(arguments.request, lambda text: print(f"pycalfin: {printable(text)}", flush=True))
