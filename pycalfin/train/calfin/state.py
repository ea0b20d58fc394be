"""What a training leaves: weights in the published layout, its own state, a log.

The state holds everything that the next epoch depends on, so it alone decides where a training
continues. It appears last and by rename: a training that is killed while it writes repeats its
last epoch.
"""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pycalfin.errors import SettingsError, WeightsError
from pycalfin.files import replacing

BEST, LAST = "calfin_best.h5", "calfin_last.h5"
STATE = "calfin_state.npz"
LOG = "log.csv"
FIELDS = (
    "epoch", "steps", "seconds", "loss", "edge", "mask", "validation", "validation_edge",
    "validation_mask", "best",
)  # fmt: skip
"""Columns of the log; the validation's are empty where there is none."""


def save(
    path: Path, variables: list[Any], epochs: int, best: float, recipe: Mapping[str, Any]
) -> None:
    """Write the state of a training.

    Parameters
    ----------
    path : Path
        Appears by rename.
    variables : list of keras.Variable
        Those of model and optimizer.
    epochs : int
        Epochs done.
    best : float
        Lowest loss so far.
    recipe : mapping
        What must not change when the training continues.
    """
    arrays: dict[str, Any] = {
        f"v{number}": np.asarray(variable) for number, variable in enumerate(variables)
    }
    described = json.dumps(dict(recipe))
    with replacing(path) as part:
        np.savez(part, epochs=epochs, best=best, recipe=described, **arrays)


def restore(path: Path, variables: list[Any], recipe: Mapping[str, Any]) -> tuple[int, float]:
    """Continue from a state, if there is one.

    Parameters
    ----------
    path : Path
    variables : list of keras.Variable
    recipe : mapping

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
        with path.open("rb") as stream, np.load(stream) as stored:
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
            "pass the same, or another --output"
        )


def log(path: Path, row: Mapping[str, int | str]) -> None:
    """Add an epoch to the log, in place of what the log says about it and later ones.

    Parameters
    ----------
    path : Path
    row : mapping
        Values of `FIELDS`.
    """
    rows: list[Mapping[str, int | str]] = []
    if path.exists():
        with path.open(newline="", encoding="utf-8") as stream:
            rows += [old for old in csv.DictReader(stream) if int(old["epoch"]) < int(row["epoch"])]
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, FIELDS)
        writer.writeheader()
        writer.writerows([*rows, row])
