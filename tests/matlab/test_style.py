"""MATLAB files pass a MATLAB parser, linter and style checker (miss_hit)."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pycalfin.resources import folder

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "miss_hit.cfg"


def checker(name):
    program = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed (pip install miss-hit)")
    return program


def check(program, place):
    done = subprocess.run(
        [program, "--brief", "."], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def expanded(tmp_path):
    """Copy the files with tabs expanded: ISSM indents by tabs, mh_style refuses them always."""
    source = folder("matlab")
    for path in source.rglob("*.m"):
        copy = tmp_path / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text(encoding="utf-8").expandtabs(4), encoding="utf-8")
    shutil.copy(CONFIG, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["mh_style", "mh_lint"])
def test_files_are_clean(name, expanded):
    check(checker(name), expanded)


def test_indented_by_tabs():
    for path in folder("matlab").rglob("*.m"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if line.startswith(" ")], path
