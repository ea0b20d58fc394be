"""State and log of a training.

The state holds everything that the next epoch depends on, so the state alone decides where a
training continues. It is the last file of an epoch and appears by rename. A training that is killed
while it writes repeats its last epoch.
"""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pycalfin.errors import SettingsError, WeightsError
from pycalfin.files import replacing

LOG = "log.csv"


def save(
    path: Path, variables: Sequence[Any], epochs: int, best: float, recipe: Mapping[str, Any]
) -> None:
    """Write the state of a training.

    Parameters
    ----------
    path : Path
        Appears by rename.
    variables : sequence of keras.Variable
        Variables of model and optimizer.
    epochs : int
        Epochs done.
    best : float
        Lowest loss so far.
    recipe : mapping
        Settings that must not change when the training continues.
    """
    arrays: dict[str, Any] = {
        f"v{number}": np.asarray(variable) for number, variable in enumerate(variables)
    }
    described = json.dumps(dict(recipe))
    with replacing(path) as part:
        np.savez(part, epochs=epochs, best=best, recipe=described, **arrays)


def restore(path: Path, variables: Sequence[Any], recipe: Mapping[str, Any]) -> tuple[int, float]:
    """Restore variables from a state, if it exists.

    Parameters
    ----------
    path : Path
    variables : sequence of keras.Variable
        All saved variables, or the first of them.
    recipe : mapping
        Settings of this training, to compare with those of the state.

    Returns
    -------
    epochs : int
        Epochs done; 0 without a state.
    best : float
        Lowest loss so far; infinite without a state.

    Raises
    ------
    SettingsError
        If the training was started with another recipe.
    WeightsError
        If the state is damaged.
    """
    if not path.exists():
        return 0, float("inf")
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            described = json.loads(str(stored["recipe"]))
            _compare(path, described, json.loads(json.dumps(dict(recipe))))
            for number, variable in enumerate(variables):
                variable.assign(stored[f"v{number}"])
            return int(stored["epochs"]), float(stored["best"])
    except SettingsError:
        raise
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise WeightsError(
            f"{path}: not the state of a training ({error}); delete it to start anew"
        ) from error


def _compare(path: Path, stored: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    changed = [
        f"{name} {stored.get(name)} (now {value})"
        for name, value in given.items()
        if stored.get(name) != value
    ]
    if changed:
        raise SettingsError(
            f"{path}: this training was started with {', '.join(changed)}; "
            "pass the same settings or another --output"
        )


def log(path: Path, row: Mapping[str, int | str]) -> list[dict[str, str]]:
    """Add an epoch to the log; replace the rows of this and later epochs.

    Parameters
    ----------
    path : Path
    row : mapping
        Values by column, including 'epoch'.

    Returns
    -------
    list of dict of str to str
        The whole log, with the columns of `row`.
    """
    rows: list[dict[str, str]] = []
    if path.exists():
        with path.open(newline="", encoding="utf-8") as stream:
            rows += [old for old in csv.DictReader(stream) if int(old["epoch"]) < int(row["epoch"])]
    rows.append({name: str(value) for name, value in row.items()})
    rows = [{name: old.get(name) or "" for name in row} for old in rows]
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(row), restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return rows
