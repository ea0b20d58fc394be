"""The table of settings as people read it: docstring, page of the documentation, TOML template."""

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
    "All values are checked when the record is made; it cannot be changed afterwards. Use\n"
    "`dataclasses.replace(settings, jobs=2)` to make another. '-' may stand for '_' in a file.\n\n"
    "Parameters\n"
    "----------\n"
)
RAISES = (
    "\nRaises\n"
    "------\n"
    "SettingsError\n"
    "    If a value is of a wrong type or out of range; all of them are told at once.\n\n"
    "Examples\n"
    "--------\n"
    ">>> Settings(scenes=(\"scene.tif\",), max_cloud=0.3).max_cloud\n"
    "0.3\n"
)  # fmt: skip
TEMPLATE_HEAD = """\
## Settings of pycalfin, with their defaults. Take the # away from those that you change, and give
## the file with --settings FILE. Options of the command line win over it. Empty text ("") means:
## not set.
"""
PAGE_HEAD = """# Settings

Made by `python docs/settings_table.py`; do not edit. A settings file holds any of these names, in
TOML (`max_cloud = 0.3`) or JSON, and is given with `--settings FILE`; options of the command line
win. `pycalfin settings > settings.toml` prints one to start from. In Python they are the fields of
`pycalfin.Settings`. Unknown names and bad values are refused, all at once. Empty text in a file
leaves a setting without a value unset.
"""
TABLE_HEAD = """
| name | default | unit | meaning | source of the default |
|---|---|---|---|---|
"""


def docstring() -> str:
    """Write the docstring of `Settings`, as `inspect.getdoc` gives it."""
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
    """Write docs/settings.md."""
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
    """Write a TOML file with every setting at its default, all of them commented out.

    What explains begins with ##, so that the file stays valid with one # less in every line.

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
    told = "; ".join(filter(None, facts))
    text = f"{_sentence(row.meaning)}{f' ({told})' if told else ''}"
    lines = textwrap.fill(
        text, WIDTH, initial_indent="## ", subsequent_indent="##   ", break_on_hyphens=False
    )
    return f"\n{lines}\n# {row.name} = {toml_value(row.default)}\n"


def toml_value(value: Any) -> str:
    """Write a default as TOML has it; of one that is not set, empty text.

    Examples
    --------
    >>> toml_value(None), toml_value(True), toml_value("light"), toml_value(())
    ('""', 'true', '"light"', '[]')
    """
    return json.dumps("" if value is None else value)
