"""Fixtures that run GNU Octave on the package's MATLAB files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pycalfin.resources import folder

HARMLESS = "ignoring const execution_exception"
"""Octave may end its stderr so when it stops after an error that was caught."""
TIMEOUT = 120
"""Seconds."""
OPTIONS = ("--no-gui", "--no-init-file", "--no-history", "--quiet")


@pytest.fixture(scope="session")
def program() -> str:
    """GNU Octave; skips where it is absent, fails if it is required."""
    found = shutil.which("octave")
    if found is None:
        reason = "GNU Octave is not installed (apt-get install octave)"
        if os.environ.get("PYCALFIN_REQUIRE_OCTAVE") == "1":
            pytest.fail(reason + ", and PYCALFIN_REQUIRE_OCTAVE=1")
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def start(program, tmp_path_factory) -> Callable[..., subprocess.Popen[str]]:
    """Start a script with matlab/ on the path; calfin.m finds this Python, unless told otherwise."""

    def begin(script, *, cwd=None, python=sys.executable, matlab=None, **env):
        place = tmp_path_factory.mktemp("octave")
        path = place / "script.m"
        path.write_text(f"addpath('{matlab or folder('matlab')}');\n{script}\n", encoding="utf-8")
        given = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
        given |= {"PYCALFIN_PYTHON": python, "LC_ALL": "C.UTF-8"} | env
        return subprocess.Popen(
            [program, *OPTIONS, str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=cwd or place,
            env=given,
            start_new_session=True,
        )

    return begin


@pytest.fixture(scope="session")
def octave_run(start) -> Callable[..., tuple[str, str]]:
    """Run a script; return what it printed on stdout and stderr. It must end well."""

    def run(script, **options):
        process = start(script, **options)
        try:
            stdout, stderr = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        assert process.returncode == 0, (stdout, stderr)
        shown = [line for line in stderr.splitlines() if line and HARMLESS not in line]
        # what Octave says in a terminal without a screen
        shown = [line for line in shown if not line.startswith("octave: ")]
        return stdout, "\n".join(shown)

    return run


@pytest.fixture(scope="session")
def octave(octave_run) -> Callable[..., str]:
    """Run a script that must say nothing on stderr, and return what it printed."""

    def run(script: str, **options: object) -> str:
        stdout, stderr = octave_run(script, **options)
        assert not stderr, stderr
        return str(stdout)

    return run
