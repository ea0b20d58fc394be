"""Fronts that overlapping tiles of one scene both see, and what is kept from task to task."""

from __future__ import annotations

import numpy as np
import pytest

from pycalfin.batch import task as module
from pycalfin.batch.task import Task, _View, _without_doubles
from pycalfin.records import Domain, Front, Identity, Scene, Subset
from pycalfin.results import Extraction, PairResult
from pycalfin.settings import Settings

SCENE = Scene(Identity("scene", date="2020-07-01"), "scene.tif", "scene.tif", 1, "EPSG:3413")


def tile(name: str, confidence: float, shift: float) -> _View:
    xy = np.column_stack([np.arange(0, 3000, 30.0), np.full(100, shift)])
    front = Front(xy=xy, crs="EPSG:3413", date="2020-07-01", domain=name, confidence=confidence)
    found = Extraction((front,), crs="EPSG:3413")
    figures = {f"{name}_1_overlay_front.png": b"front"}
    result = PairResult(
        SCENE.identity, name, "scene.tif", "done", "", found, subset=name, figures=figures
    )
    return _View(result, Domain(name, None, "EPSG:3413"), found)  # type: ignore[arg-type]


@pytest.fixture
def grey(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut any tile as a grey image of its name."""
    pixels = np.tile(np.arange(64, dtype=np.float32), (64, 1))

    def cut(_: Scene, domain: Domain, __: Settings) -> Subset:
        return Subset(domain.name, pixels, np.ones(pixels.shape, bool))

    monkeypatch.setattr(module, "cut", cut)


@pytest.mark.usefixtures("grey")
def test_the_better_view_of_a_front_stays() -> None:
    views = [tile("a", 0.6, 0.0), tile("b", 0.9, 20.0), tile("c", 0.7, 5000.0)]
    task = Task("scene.tif", None, Settings(), "")
    results = [view.result for view in _without_doubles(task, SCENE, views)]
    assert [result.status for result in results] == ["no_front", "done", "done"]
    assert [len(result.fronts) for result in results] == [0, 1, 1]
    assert "neighbouring window" in results[0].reason


@pytest.mark.usefixtures("grey")
def test_a_front_that_is_dropped_has_no_figure() -> None:
    views = [tile("a", 0.6, 0.0), tile("b", 0.9, 20.0)]
    task = Task("scene.tif", None, Settings(), "")
    dropped, kept = (view.result for view in _without_doubles(task, SCENE, views))
    assert not [name for name in dropped.figures if "_front" in name]
    assert "a_thumbnail.jpg" in dropped.figures
    assert list(kept.figures) == ["b_1_overlay_front.png"]


def test_a_scene_is_opened_again_once_its_content_is_another(monkeypatch) -> None:
    """In a process that lives long, a notebook's say."""
    opened: list[str] = []
    monkeypatch.setattr(module, "open_scene", lambda path, **_: opened.append(path))
    for content in ("a", "a", "b"):
        module._open("again.tif", Settings(), content)
    assert opened == ["again.tif"] * 2


def test_a_network_is_loaded_again_once_its_weights_are_others(monkeypatch, tmp_path) -> None:
    loaded: list[Settings] = []
    monkeypatch.setattr(module, "load_for", loaded.append)
    file = tmp_path / "again.h5"
    for content, date in (("a", "2020-01-01"), ("a", "2020-01-02"), ("longer", None)):
        if not file.exists() or file.read_text() != content:
            file.write_text(content)
        module.network_of(Settings(network=str(file), date=date))
    assert len(loaded) == 2
