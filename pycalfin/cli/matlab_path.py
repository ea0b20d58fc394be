"""`pycalfin matlab-path`: the folder to give to MATLAB's or Octave's addpath."""

from __future__ import annotations

import argparse

from pycalfin.resources import folder

HELP = "print the folder of the MATLAB and Octave files"
DESCRIPTION = "Print one line, the folder to give to addpath(genpath(...)), and nothing else."
EPILOG = "example: octave --eval \"addpath(genpath('$(pycalfin matlab-path)'))\""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take no options but the common ones."""
    del parser


def execute(arguments: argparse.Namespace) -> int:
    """Print the folder."""
    del arguments
    print(folder("matlab"))
    return 0
