"""Options that several commands share, and the settings they amount to."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from typing import Any

from pycalfin.settings import Settings


def add_scene_arguments(parser: argparse.ArgumentParser) -> None:
    """Take scenes, domains, and what is missing in their files."""
    parser.add_argument(
        "scenes",
        nargs="+",
        metavar="SCENE",
        help="GeoTIFF, product folder, .tar, .tar.gz or .zip, or a folder of these",
    )
    parser.add_argument(
        "--domain",
        metavar="FILE",
        help="domain polygons: shapefile, GeoJSON, GeoPackage, KML or .exp; one domain per feature "
        "(default: the whole scene)",
    )
    parser.add_argument(
        "--domain-name",
        metavar="FIELD",
        help="field with the domains' names (default: Name, name or RefName, else the file's stem)",
    )
    parser.add_argument(
        "--date",
        metavar="YYYY-MM-DD",
        help="date of every scene given; overrides what was found",
    )
    parser.add_argument(
        "--crs", metavar="EPSG:n", help="coordinate reference system of files that lack one"
    )
    parser.add_argument(
        "--band", metavar="B", help="band to use: a number, or a name such as B5 or HH"
    )
    add_nodata(parser)
    parser.add_argument("--settings", metavar="FILE", help="settings in TOML or JSON; options win")
    parser.add_argument(
        "--json", action="store_true", help="print a machine-readable summary on standard output"
    )


def add_nodata(parser: argparse.ArgumentParser) -> None:
    """Take a value of no-data."""
    parser.add_argument(
        "--nodata",
        metavar="VALUE|none",
        help="value that is no-data, in place of the file's tag; none: every value is data "
        "(default: by tag and mask, else found out and said)",
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
