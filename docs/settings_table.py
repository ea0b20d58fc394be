"""Write docs/settings.md and the docstring of `Settings` from the table of settings."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pycalfin.settings.record
from pycalfin.settings.writing import INDENT, docstring, page

PAGE = Path(__file__).with_name("settings.md")
MODULE = Path(pycalfin.settings.record.__file__)
PLACE = re.compile(r'(?<=class Settings:\n    """).*?(?="""\n)', re.DOTALL)


def module() -> str:
    """Return pycalfin/settings/record.py with the docstring that the table makes."""
    indented = textwrap.indent(docstring(), " " * INDENT).lstrip() + " " * INDENT
    return PLACE.sub(lambda _: indented, MODULE.read_text(encoding="utf-8"), count=1)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    MODULE.write_text(module(), encoding="utf-8")
