"""Texts made from the table of settings: docstring, page of the documentation, TOML template."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from typing import Any

from pycalfin.settings.record import Settings
from pycalfin.settings.table import CHOICES, GROUPS, Row

WIDTH = 100
"""Characters in a line of the docstring and of the template."""
INDENT = 4
"""Characters before the docstring in its file."""
SUMMARY = (
    "Hold the settings of a run.\n\n"
    "All values are checked when the record is made, and it cannot be changed afterwards. Use\n"
    "`dataclasses.replace(settings, jobs=2)` to make another. '-' may stand for '_' in a file.\n\n"
    "Parameters\n"
    "----------\n"
)
RAISES = (
    "\nRaises\n"
    "------\n"
    "SettingsError\n"
    "    If values have a wrong type or are out of range; the error lists all of them.\n\n"
    "Examples\n"
    "--------\n"
    ">>> Settings(scenes=(\"scene.tif\",), max_cloud=0.3).max_cloud\n"
    "0.3\n"
)  # fmt: skip
TEMPLATE_HEAD = """\
## Settings of pycalfin, with their defaults. Remove the # in front of those that you change, and
## pass the file with --settings FILE. Options of the command line override it. An empty string
## ("") leaves a setting unset.
"""
PAGE_HEAD = """# Settings

Made by `python docs/settings_table.py`; do not edit.

A settings file is TOML (`max_cloud = 0.3`) or JSON with any of these names. Pass it with
`--settings FILE`; options of the command line override it. `pycalfin settings > settings.toml`
prints one to start from. In Python, the settings are the fields of `pycalfin.Settings`. Unknown
names and bad values are refused in one error. In a file, an empty string leaves a setting unset.
"""
TABLE_HEAD = """
| name | default | unit | meaning | source of the default |
|---|---|---|---|---|
"""


def docstring() -> str:
    """Return the docstring of `Settings`, as `inspect.getdoc` gives it."""
    types = {item.name: str(item.type) for item in dataclasses.fields(Settings)}
    rows = (row for rows in GROUPS.values() for row in rows)
    return SUMMARY + "".join(_entry(row, types[row.name]) for row in rows) + RAISES


def _entry(row: Row, annotation: str) -> str:
    text = _sentence(row.meaning) + (f" ({row.unit})." if row.unit else ".")
    if row.source:
        text += f" Source of the default: {row.source}."
    wrapped = textwrap.fill(
        text, WIDTH - INDENT, initial_indent="    ", subsequent_indent="    ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    kind = annotation.replace("tuple[str, ...]", "tuple of str").replace(" | None", "")
    if row.name in CHOICES:
        kind = "{" + ", ".join(map(repr, CHOICES[row.name])) + "}"
    if row.default is None:
        shown = f"optional (default: {row.unset})" if row.unset else "optional"
    else:
        shown = f"default {row.default!r}"
    return f"{row.name} : {kind.replace(' | ', ' or ')}, {shown}\n{wrapped}\n"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def page() -> str:
    """Return the text of docs/settings.md."""
    parts = [PAGE_HEAD]
    for title, rows in GROUPS.items():
        parts.append(f"\n## {title}\n{TABLE_HEAD}")
        parts.extend(
            f"| `{row.name}` | {_default_cell(row)} | {row.unit} | {row.meaning} | {row.source} |\n"
            for row in rows
        )
    return "".join(parts)


def _default_cell(row: Row) -> str:
    if row.default in (None, ()):
        return row.unset
    return f"`{toml_value(row.default)}`"


def template() -> str:
    """Return a TOML file with every setting at its default and commented out.

    Explanations begin with ##, so that the file stays valid if one # is removed from every line.

    Examples
    --------
    >>> "\\n# max_cloud = 0.15\\n" in template()
    True
    """
    parts = [TEMPLATE_HEAD]
    for title, rows in GROUPS.items():
        parts.append(f"\n## ---- {title} ----\n")
        parts.extend(_commented(row) for row in rows)
    return "".join(parts)


def _commented(row: Row) -> str:
    facts = [row.unit, f"default: {row.unset}" if row.unset else ""]
    details = "; ".join(filter(None, facts))
    text = f"{_sentence(row.meaning)}{f' ({details})' if details else ''}"
    lines = textwrap.fill(
        text, WIDTH, initial_indent="## ", subsequent_indent="##   ", break_on_hyphens=False
    )
    return f"\n{lines}\n# {row.name} = {toml_value(row.default)}\n"


def toml_value(value: Any) -> str:
    """Return a default in TOML notation; an empty string for a setting that is not set.

    Examples
    --------
    >>> toml_value(None), toml_value(True), toml_value("light"), toml_value(())
    ('""', 'true', '"light"', '[]')
    """
    return json.dumps("" if value is None else value)
