"""The table of names and shapes: that of the models, and of the published files."""

import pytest

from pycalfin.errors import WeightsError
from pycalfin.network import calfin, registry, shapes
from tests.network import published


def test_the_table_is_that_of_the_models():
    found = {kind: shapes.table(kind) for kind in ("light", "calfin")}
    assert found == shapes.built(), "run python -m pycalfin.network.shapes"


def test_the_table_is_that_of_the_published_files():
    manifest = {
        name.removesuffix(":0"): shape for _, items in published.layers() for name, shape in items
    }
    assert shapes.table("calfin") == manifest
    assert shapes.parameters(manifest) == calfin.PARAMETERS


def test_what_is_written_is_what_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(shapes, "built", lambda: {"light": {"a/kernel": (3, 3), "a/bias": ()}})
    shapes.write(tmp_path / shapes.TABLE)
    monkeypatch.setattr(registry.resources, "folder", lambda _: tmp_path)
    assert shapes.table("light") == {"a/kernel": (3, 3), "a/bias": ()}


@pytest.mark.parametrize("text", ["", "{}", '{"light": {"a": 3}}', '{"light": []}'])
def test_a_damaged_table_is_one_sentence(tmp_path, monkeypatch, text):
    (tmp_path / shapes.TABLE).write_text(text)
    monkeypatch.setattr(registry.resources, "folder", lambda _: tmp_path)
    with pytest.raises(WeightsError, match=r"shapes.json: not the table .*; reinstall"):
        shapes.table("light")
