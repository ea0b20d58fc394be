"""The guard of the other tests: what is left open is found where it was left."""

import subprocess
import sys

import pytest

from tests import leftovers

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def lose(path):
    """Open a file that refers to itself."""
    file = path.open("w")
    file.itself = file


def test_what_is_closed_and_ended_is_fine(tmp_path):
    with leftovers.none_left(tmp_path), (tmp_path / "file").open("w") as file:
        subprocess.run([sys.executable, "-c", ""], check=True)
        file.write("text")


def test_an_open_file_is_found(tmp_path):
    with pytest.raises(AssertionError, match=r"left open: file .*kept"):  # noqa: SIM117
        with leftovers.none_left(tmp_path):
            file = (tmp_path / "kept").open("w")
    file.close()


def test_a_file_that_nobody_can_close_any_more_is_found(tmp_path):
    with pytest.raises(AssertionError, match=r"left open: unclosed file .*lost"):  # noqa: SIM117
        with leftovers.none_left(tmp_path):
            lose(tmp_path / "lost")


def test_a_child_is_found_and_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers, "PATIENCE", 0.0)
    with pytest.raises(AssertionError, match=r"left open: process .*") as caught:  # noqa: SIM117
        with leftovers.none_left(tmp_path):
            child = subprocess.Popen(SLEEP)
    assert f"pid={child.pid}," in str(caught.value)
    assert child.wait() == -9
