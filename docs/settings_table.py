"""Write docs/settings.md from the settings themselves."""

from __future__ import annotations

from pathlib import Path

from pycalfin.settings import describe

PAGE = Path(__file__).with_name("settings.md")
HEAD = """# Settings

Made by `python docs/settings_table.py`; do not edit. A settings file holds any of these names, in
TOML (`max_cloud = 0.3`) or JSON, and is given with `--settings FILE`; options of the command line
win. In Python they are the fields of `pycalfin.Settings`. Unknown names and bad values are refused,
all at once.

| name | default | unit | meaning | source of the default |
|---|---|---|---|---|
"""


def page() -> str:
    """Return the page as Markdown."""
    rows = (
        f"| `{name}` | `{default}` | {unit} | {meaning} | {source} |\n"
        for name, default, unit, meaning, source in describe()
    )
    return HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
