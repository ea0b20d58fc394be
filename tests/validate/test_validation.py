"""A data set at a time: lazily, whatever happens to single images."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from pycalfin.datasets import Item
from pycalfin.errors import OutputError, SceneError, WeightsError
from pycalfin.settings import Settings
from pycalfin.validate.conditions import Note
from pycalfin.validate.validation import validate


def blank(image, name):
    return replace(image, name=name, image=np.full_like(image.image, 7))


def test_no_image_is_kept_when_the_next_is_read(image, tmp_path):
    alive, most = [], []

    def read(name):
        gc.collect()
        most.append(sum(one() is not None for one in alive))
        made = blank(image, name)
        alive.append(weakref.ref(made))
        return made

    items = [Item(str(k), "", lambda k=k: read(str(k))) for k in range(6)]
    found = validate(items, Settings(), tmp_path, figures=2)
    assert max(most) == 0
    assert [score.name for score in found.scores] == list("012345")
    assert len(found.figures) == len(list((tmp_path / "figures").iterdir())) == 2


def test_one_bad_image_stops_nothing(image, tmp_path):
    def fail():
        raise SceneError("b.png: not a readable PNG; fetch it again")

    def surprise():
        raise ZeroDivisionError("by zero")

    done = []
    items = [Item("a", "", lambda: blank(image, "a")), Item("b", "", fail), Item("c", "", surprise)]
    found = validate(
        items, Settings(), tmp_path, figures=0, notes={"a": Note(("shadow",), 12.0)},
        progress=lambda *given: done.append(given[:2]),
    )  # fmt: skip
    assert found.scores[0].conditions == ("shadow",)
    assert found.scores[0].metres == 12.0
    assert [failure.name for failure in found.failures] == ["b", "c"]
    assert found.failures[0].reason == "b.png: not a readable PNG; fetch it again"
    assert "unexpected ZeroDivisionError" in found.failures[1].reason
    assert done == [(1, 3), (2, 3), (3, 3)]


def test_what_cannot_work_is_told_before_anything_is_read(tmp_path):
    def never():
        raise AssertionError("read")

    items = [Item("a", "", never)]
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write"):
        validate(items, Settings(), tmp_path / "file")
    with pytest.raises(WeightsError, match=r"none\.h5: no such weights file"):
        validate(items, Settings(), tmp_path, against="none.h5")
