"""Fixtures that run GNU Octave on the package's MATLAB files."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from pycalfin.resources import folder
from tests.holding import HANG

HARMLESS = "ignoring const execution_exception"
"""Octave may end its stderr so when it stops after an error that was caught."""
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
def launch(program, tmp_path_factory) -> Callable[..., subprocess.Popen[str]]:
    """Start a script with matlab/ on the path; by default calfin.m finds this Python."""

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


def stop(process: subprocess.Popen[str]) -> None:
    """End Octave and what it runs, if they still do, and close what was read from."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with process:
        pass


@pytest.fixture
def start(launch) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a script that goes on beside the test, at the longest until the test ends."""
    with contextlib.ExitStack() as stack:

        def begin(script, **options):
            process = launch(script, **options)
            stack.callback(stop, process)
            return process

        yield begin


@pytest.fixture(scope="session")
def octave_run(launch) -> Callable[..., tuple[str, str]]:
    """Run a script; return what it printed on stdout and stderr. It must end well."""

    def run(script, **options):
        process = launch(script, **options)
        try:
            stdout, stderr = process.communicate(timeout=HANG)
        finally:
            stop(process)
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


@pytest.fixture(scope="session")
def made(painted_scene, tmp_path_factory):
    """A synthetic scene with one front, and the domains of the demo."""
    place = tmp_path_factory.mktemp("made scenes ø")
    source = painted_scene.path
    return tuple(
        Path(shutil.copy(file, place)) for file in (source, source.with_name("domains.geojson"))
    )


@pytest.fixture(scope="session")
def solved(made, octave_run, tmp_path_factory):
    """One solve: its folder (as text within quotes), and what Octave printed."""
    scene, domains = made
    output = tmp_path_factory.mktemp("solved") / "o'ut ø put"
    quoted = str(output).replace("'", "''")
    stdout, stderr = octave_run(
        f"""
        cf=calfin('scenes','{scene}','domain','{domains}','output','{quoted}');
        cf.solve();
        front=cf.fronts(1);
        printf('front %s %d %.9f %.9f\\n',front.name,numel(cf.fronts),front.x(1),front.y(end));
        printf('figure %s\\n',cf.figures{{1}});
        printf('report %s\\n',cf.report);
        printf('%s',cf.log);
        """
    )
    return SimpleNamespace(output=output, quoted=quoted, stdout=stdout, stderr=stderr)
