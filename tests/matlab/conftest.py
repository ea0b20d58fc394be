"""A fixture that runs GNU Octave on the package's MATLAB files."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pycalfin.resources import folder

HARMLESS = "ignoring const execution_exception"
"""Octave may end its stderr so when it stops after an error that was caught."""
TIMEOUT = 120
"""Seconds."""


@pytest.fixture(scope="session")
def octave(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Run a script with matlab/ on the path and return what it printed."""
    program = shutil.which("octave-cli") or shutil.which("octave")
    if program is None:
        reason = "GNU Octave is not installed (apt-get install octave)"
        if os.environ.get("PYCALFIN_REQUIRE_OCTAVE") == "1":
            pytest.fail(reason + ", and PYCALFIN_REQUIRE_OCTAVE=1")
        pytest.skip(reason)
    place = tmp_path_factory.mktemp("octave")

    def run(script: str) -> str:
        path = Path(place) / "script.m"
        path.write_text(f"addpath('{folder('matlab')}');\n{script}\n", encoding="utf-8")
        done = subprocess.run(
            [program, "--no-gui", "--no-init-file", "--no-history", str(path)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT,
            cwd=place,
        )
        errors = [line for line in done.stderr.splitlines() if line and HARMLESS not in line]
        assert done.returncode == 0, (done.stdout, done.stderr)
        assert not errors, errors
        return done.stdout

    return run
