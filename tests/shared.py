"""Things that are made once for all processes of a test run, however many workers it has."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from tests import holding

Made = TypeVar("Made")


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Made]) -> Made:
    """Call a function with a new folder, in the first process that asks; the others wait.

    Parameters
    ----------
    factory : fixture tmp_path_factory
    name : str
        Of the folder.
    make : callable
        Returns what can be pickled. If it fails, whoever asks next tries again.

    Returns
    -------
    What `make` returned. All tests share its files: copy them before you change any.
    """
    base = factory.getbasetemp()
    # each worker of pytest-xdist has a folder of its own in that of the run
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    place.mkdir(exist_ok=True)
    made, turn = place / f"{name}.pickle", place / f"{name}.turn"
    while not made.is_file():
        try:
            turn.touch(exist_ok=False)
        except FileExistsError:
            holding.wait_until(lambda: not turn.exists())
            continue
        try:
            if not made.is_file():  # it may have been made since
                _keep(made, make, place / name)
        finally:
            turn.unlink()
    return pickle.loads(made.read_bytes())


def _keep(made: Path, make: Callable[[Path], Made], folder: Path) -> None:
    """Make, and note what was made: last of all, and by rename."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    part = made.with_suffix(".part")
    part.write_bytes(pickle.dumps(make(folder)))
    part.rename(made)
