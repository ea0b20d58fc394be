"""`pycalfin matlab-path`: print the folder for addpath in MATLAB or Octave."""

from __future__ import annotations

import argparse
import json
import sys

from pycalfin.resources import MATLAB_CONFIG, folder, user_config

HELP = "print the folder of the MATLAB and Octave files"
DESCRIPTION = "Print one line, the folder for addpath(genpath(...)), and nothing else."
EPILOG = (
    "example: octave --eval \"addpath(genpath('$(pycalfin matlab-path)'))\"\n"
    "         pycalfin matlab-path --configure"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--configure",
        action="store_true",
        help="also set this Python as the one that calfin.m starts, in a file in the user's "
        "configuration folder",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the folder, and configure calfin.m if asked to."""
    place = folder("matlab")
    if arguments.configure:
        from pycalfin.files import replacing

        config = user_config() / MATLAB_CONFIG
        with replacing(config) as part:
            part.write_text(json.dumps({"python": sys.executable}) + "\n", encoding="utf-8")
        print(f"pycalfin: {config}: calfin.m starts {sys.executable}", file=sys.stderr)
    print(place)
    return 0
