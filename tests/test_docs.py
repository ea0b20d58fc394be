"""The documents say what the code says, and their links lead somewhere."""

import itertools
import re
import runpy
import shutil
import subprocess
import sys
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


def test_every_error_of_calfin_has_its_row(root):
    page = (root / "docs" / "matlab.md").read_text(encoding="utf-8")
    named = set()
    for path in (root / "matlab").rglob("*.m"):
        named |= set(re.findall(r"\('calfin:(\w+)'", path.read_text(encoding="utf-8")))
    assert {"nopython", "contract", "badresult"} <= named
    for name in named - {"internal", "file", "config", "plot"}:
        assert f"`calfin:{name}`" in page, name


def test_the_contract_names_what_the_code_writes(root):
    from calfin_bridge import CONTRACT
    from calfin_bridge.contract import TASKS
    from pycalfin.products.fronts_h5 import PLAIN, VERTICES

    page = (root / "bridge" / "README.md").read_text(encoding="utf-8")
    assert f"**version {CONTRACT}**" in page
    for name in (*TASKS, *PLAIN, *VERTICES, "count", "document", "contract"):
        assert f"`{name}`" in page, name
    reader = (root / "matlab" / "+calfinlib" / "readresult.m").read_text(encoding="utf-8")
    assert f"contract={CONTRACT};" in reader


def snippets(page):
    """Language and text of every fenced snippet of a page."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)


def test_the_readme_has_no_snippet_that_is_not_run(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    assert {language for language, _ in snippets(root / "README.md")} == {"sh", "python", "matlab"}
    plain = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    assert not re.search(r"^    \S", plain, re.M), "an indented snippet is not tested"


@pytest.mark.octave
@pytest.mark.slow
def test_the_readme_runs_word_for_word(root, tmp_path):
    """As a reader would, in one folder; `make demo` installs first, and then runs the demo."""
    place = tmp_path / ".venv" / "bin"
    place.mkdir(parents=True)
    (place / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (place / "python").chmod(0o755)
    python = ""
    for language, group in itertools.groupby(snippets(root / "README.md"), lambda one: one[0]):
        text = "".join(text for _, text in group)
        if language == "sh":
            command = ["sh", "-ec", text.replace("make demo", ".venv/bin/python -m pycalfin demo")]
        elif language == "python":
            python += text  # a reader's session goes on
            command = [sys.executable, "-c", python]
        else:
            command = [shutil.which("octave-cli") or "octave-cli", "--no-init-file", "--eval", text]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (text, done.stdout, done.stderr)
    assert (tmp_path / "fronts" / "report.html").exists()
    assert (tmp_path / "levelsets.mat").exists()
