import csv
import json
import os

import numpy as np
import pytest

from pycalfin.errors import SettingsError, WeightsError
from pycalfin.train import state

STATE = "state.npz"
RECIPE = {"seed": 1, "batch": 8, "lightness": (0.5, 1.0)}


class Variable:
    """What the state sees of a variable of Keras."""

    def __init__(self, value):
        self.value = np.array(value)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.value, dtype, copy=copy)

    def assign(self, value):
        self.value = value


def test_a_state_comes_back_whole(tmp_path):
    path = tmp_path / STATE
    assert state.restore(path, [], RECIPE) == (0, float("inf"))
    state.save(path, [Variable([1.0, 2.0]), Variable(7)], 3, 0.25, RECIPE)
    variables = [Variable([0.0, 0.0]), Variable(0)]
    assert state.restore(path, variables, RECIPE) == (3, 0.25)
    assert variables[0].value.tolist() == [1.0, 2.0]
    assert variables[1].value == 7
    assert [file.name for file in tmp_path.iterdir()] == [STATE]


def test_another_recipe_is_refused(tmp_path):
    path = tmp_path / STATE
    state.save(path, [], 3, 0.25, RECIPE)
    with pytest.raises(SettingsError, match=r"started with batch 8 \(now 4\); pass the same"):
        state.restore(path, [], {**RECIPE, "batch": 4})


@pytest.mark.parametrize("kept", [0, 40, 300])
def test_a_damaged_state_says_what_to_do(tmp_path, kept):
    path = tmp_path / STATE
    state.save(path, [Variable(np.zeros(100))], 3, 0.25, RECIPE)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsError, match="delete it to start anew"):
        state.restore(path, [Variable(np.zeros(100))], RECIPE)


class Harm:
    """What numpy would unpickle from a state of a stranger."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def test_a_state_that_runs_something_is_refused(tmp_path):
    path, mark = tmp_path / STATE, tmp_path / "MARK"
    described = np.array([Harm(mark)], dtype=object)
    np.savez(path, epochs=1, best=1.0, recipe=json.dumps({}), v0=described)
    with pytest.raises(WeightsError, match="delete it to start anew"):
        state.restore(path, [Variable(0)], {})
    assert not mark.exists()


def test_an_epoch_that_is_repeated_stands_in_the_log_once(tmp_path):
    path = tmp_path / state.LOG
    for epoch, loss in ((1, "3"), (2, "2"), (3, "bad"), (2, "1")):
        state.log(path, {"epoch": epoch, "loss": loss})
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["epoch"], row["loss"]) for row in rows] == [("1", "3"), ("2", "1")]
    assert list(rows[0]) == ["epoch", "loss"]
