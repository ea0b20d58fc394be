import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from pycalfin import network
from pycalfin.network import light, light_file, registry
from pycalfin.network.engine import import_keras


@pytest.fixture(scope="session")
def model():
    """A `light` model with random weights and lively batch statistics."""
    import_keras().utils.set_random_seed(3)
    model = light.build()
    rng = np.random.default_rng(3)
    for name, variable in light_file.variables(model).items():
        if name.endswith("gamma"):
            variable.assign(rng.uniform(0.8, 1.2, variable.shape))
    return model


@pytest.fixture(scope="session")
def weights_file(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "mine.h5"
    light_file.save_light(path, model, {"data": "none"})
    return path


@pytest.fixture(scope="session")
def loaded(weights_file):
    return network.load(weights_file)


@pytest.fixture
def registered(weights_file, tmp_path, monkeypatch):
    """Folders `weights` and cache of its own, one registered file; `change` edits its entry."""
    entry = registry.Entry(
        name="mine",
        kind="light",
        file="mine.h5",
        sha256=registry.digest(weights_file),
        size=weights_file.stat().st_size,
        licence="MIT",
        origin="a test",
    )
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "mine.h5").write_bytes(weights_file.read_bytes())

    def change(**fields):
        text = json.dumps({"weights": [vars(replace(entry, **fields))]})
        (folder / registry.REGISTRY).write_text(text)

    change()
    monkeypatch.setenv("PYCALFIN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(registry.resources, "folder", lambda name: tmp_path / name)
    return SimpleNamespace(folder=folder, change=change, entry=entry)
