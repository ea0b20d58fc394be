"""`pycalfin settings`: print a settings file to start from."""

from __future__ import annotations

import argparse
import json

from pycalfin.errors import EXIT_OK

HELP = "print a settings file to start from"
DESCRIPTION = (
    "Print a TOML file with all settings, their defaults, units and meanings, commented out.\n"
    "Change what you need, and pass the file to a command with --settings."
)
EPILOG = (
    "example: pycalfin settings > settings.toml\n"
    "         pycalfin run scenes/ --settings settings.toml --output fronts"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the defaults as JSON; --settings reads it from a file named .json",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the template, or the defaults as JSON."""
    from pycalfin.settings import Settings
    from pycalfin.settings.writing import template

    print(json.dumps(Settings().to_dict(), indent=1) if arguments.json else template().rstrip())
    return EXIT_OK
