"""The documents say what the code says, and their links lead somewhere."""

import re
import runpy
from pathlib import Path

import pytest

from pycalfin.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_repository_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_every_command_is_documented(root):
    text = (root / "docs" / "cli.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"| `pycalfin {command}` |" in text, command


def test_the_settings_page_is_current(root):
    page = runpy.run_path(str(root / "docs" / "settings_table.py"))["page"]
    current = (root / "docs" / "settings.md").read_text(encoding="utf-8")
    assert current == page(), "run python docs/settings_table.py"


def test_every_page_is_in_the_index(root):
    index = (root / "docs" / "index.md").read_text(encoding="utf-8")
    for page in (root / "docs").glob("*.md"):
        assert page.stem == "index" or f"({page.name})" in index, page.name
