"""`pycalfin settings`: a file of all settings to start from."""

from __future__ import annotations

import argparse
import json

from pycalfin.errors import EXIT_OK

HELP = "print all settings as a file to start from"
DESCRIPTION = (
    "Print a TOML file of all settings with their defaults, units and meanings, each commented\n"
    "out. Change what you need and give it to a command with --settings."
)
EPILOG = (
    "example: pycalfin settings > settings.toml\n"
    "         pycalfin run scenes/ --settings settings.toml --output fronts"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the form."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the defaults as JSON, which --settings takes from a file named .json",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the template, or the defaults."""
    from pycalfin.settings import Settings
    from pycalfin.settings.writing import template

    print(json.dumps(Settings().to_dict(), indent=1) if arguments.json else template().rstrip())
    return EXIT_OK
