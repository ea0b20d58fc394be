"""Options that several commands share, and the settings they amount to."""

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
"""Settings that say where to look in a scene and what its file does not tell, with their values."""


def add_scene_arguments(parser: argparse.ArgumentParser) -> None:
    """Take scenes, domains, and what is missing in their files."""
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
    """Take a setting: --max-cloud, say, with the help text of the table.

    A setting that is on or off makes a switch: --clip turns it on, --no-resume off.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    name : str
    metavar : str
        Stands for the value; not of a switch.
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
    """Take a file of settings."""
    parser.add_argument(
        "--settings",
        metavar="FILE",
        help="settings in TOML or JSON (pycalfin settings prints them all); options win",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument(
        "--json", action="store_true", help="print a machine-readable summary on standard output"
    )


def joined_nodata(arguments: Sequence[str]) -> list[str]:
    """Write `--nodata -1e20` as `--nodata=-1e20`, which argparse would take for an option.

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
    """Merge the settings file and the options of a command; options win.

    Every argument that has the name of a setting is taken; one that was not given must be None.

    Parameters
    ----------
    arguments : argparse.Namespace

    Returns
    -------
    Settings

    Raises
    ------
    SettingsError
        Unknown settings or bad values, all at once.
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
