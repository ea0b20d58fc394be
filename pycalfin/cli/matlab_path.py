"""`pycalfin matlab-path`: the folder to give to MATLAB's or Octave's addpath."""

from __future__ import annotations

import argparse
import json
import sys

from pycalfin.resources import MATLAB_CONFIG, folder, user_config

HELP = "print the folder of the MATLAB and Octave files"
DESCRIPTION = "Print one line, the folder to give to addpath(genpath(...)), and nothing else."
EPILOG = (
    "example: octave --eval \"addpath(genpath('$(pycalfin matlab-path)'))\"\n"
    "         pycalfin matlab-path --configure"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--configure`."""
    parser.add_argument(
        "--configure",
        action="store_true",
        help="also make this Python the one that calfin.m starts, by a file in the user's "
        "configuration folder",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the folder."""
    place = folder("matlab")
    if arguments.configure:
        from pycalfin.files import replacing

        config = user_config() / MATLAB_CONFIG
        with replacing(config) as part:
            part.write_text(json.dumps({"python": sys.executable}) + "\n", encoding="utf-8")
        print(f"pycalfin: {config}: calfin.m starts {sys.executable}", file=sys.stderr)
    print(place)
    return 0
