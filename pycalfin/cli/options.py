"""Options that several commands share, and their conversion to settings."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from typing import Any

from pycalfin.settings import Settings
from pycalfin.settings.table import ROWS, help_text

SCENE_SETTINGS = {
    "domain": "FILE",
    "domain_name": "FIELD",
    "date": "YYYY-MM-DD",
    "crs": "EPSG:n",
    "band": "B",
    "nodata": "VALUE|none",
}
"""Settings that select a part of a scene or complete its metadata, with their placeholders."""


def add_scene_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments for scenes and domains, and for metadata missing in their files."""
    parser.add_argument(
        "scenes",
        nargs="+",
        metavar="SCENE",
        help=help_text("scenes"),
    )
    for name, metavar in SCENE_SETTINGS.items():
        add_setting(parser, name, metavar)
    add_settings_file(parser)
    add_json(parser)


def add_setting(parser: argparse.ArgumentParser, name: str, metavar: str = "") -> None:
    """Add an option for a setting, e.g. --max-cloud, with the help text of the table.

    A Boolean setting becomes a switch: --clip turns it on, --no-resume turns it off.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    name : str
    metavar : str
        Placeholder for the value; not used for a switch.
    """
    row, option = ROWS[name], name.replace("_", "-")
    text = help_text(name, metavar).replace("%", "%%")
    if isinstance(row.default, bool):
        option = f"no-{option}" if row.default else option
        text = f"do not {text}" if row.default else text
        switch = "store_false" if row.default else "store_true"
        parser.add_argument(f"--{option}", dest=name, action=switch, default=None, help=text)
        return
    kind = str(Settings.__annotations__[name]).partition(" | ")[0]
    number = {"int": int, "float": float}.get(kind, str)
    parser.add_argument(f"--{option}", type=number, metavar=metavar, help=text)


def add_settings_file(parser: argparse.ArgumentParser) -> None:
    """Add `--settings`."""
    parser.add_argument(
        "--settings",
        metavar="FILE",
        help="settings file, TOML or JSON (`pycalfin settings` prints one); options override it",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument(
        "--json", action="store_true", help="print a machine-readable summary on standard output"
    )


def joined_nodata(arguments: Sequence[str]) -> list[str]:
    """Join `--nodata -1e20` to `--nodata=-1e20`; argparse would read the number as an option.

    Examples
    --------
    >>> joined_nodata(["run", "--nodata", "-1e20", "a.tif"])
    ['run', '--nodata=-1e20', 'a.tif']
    """
    joined: list[str] = []
    for word in arguments:
        if joined and joined[-1] == "--nodata" and _is_number(word):
            joined[-1] = f"--nodata={word}"
        else:
            joined.append(word)
    return joined


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def settings_from(arguments: argparse.Namespace) -> Settings:
    """Merge the settings file and the options of a command; options override the file.

    Every argument with the name of a setting is used, unless it is None.

    Parameters
    ----------
    arguments : argparse.Namespace

    Returns
    -------
    Settings

    Raises
    ------
    SettingsError
        If settings are unknown or values are bad; the error lists all of them.
    """
    given: dict[str, Any] = {
        item.name: getattr(arguments, item.name)
        for item in dataclasses.fields(Settings)
        if getattr(arguments, item.name, None) is not None
    }
    if "scenes" in given:
        given["scenes"] = tuple(given["scenes"])
    if getattr(arguments, "settings", None):
        return Settings.read(arguments.settings, **given)
    return Settings.from_mapping(given, "command line")
