import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pycalfin import network
from pycalfin.errors import SettingsError, WeightsError
from pycalfin.network import custom, inspection, light, light_file, weights
from pycalfin.network.engine import import_keras

MODULE = """
import keras

def build(filters=4):
    inputs = keras.Input((None, None, 3))
    return keras.Model(inputs, keras.layers.Conv2D(filters, 3, padding="same")(inputs))

def smaller():
    inputs = keras.Input((None, None, 3))
    return keras.Model(inputs, keras.layers.Conv2D(4, 1)(inputs))

def fixed():
    inputs = keras.Input((64, 96, 3))
    return keras.Model(inputs, keras.layers.Conv2D(4, 1)(inputs))

def three():
    return build(3)

def halved():
    inputs = keras.Input((None, None, 3))
    return keras.Model(inputs, keras.layers.Conv2D(4, 2, strides=2)(inputs))

def nothing():
    return 3

def broken():
    raise ValueError("no weights today")

number = 3
"""


@pytest.fixture
def module(tmp_path):
    import_keras()
    (tmp_path / "my_nets.py").write_text(MODULE)
    sys.modules.pop("my_nets", None)
    yield "my_nets"
    sys.modules.pop("my_nets", None)


@pytest.fixture
def trained(tmp_path, module):
    mine = custom.parse(f"{module}:build")
    model = custom.build(mine)
    custom.save(tmp_path / "mine.h5", model, mine, {"data": "none"})
    return model, tmp_path / "mine.h5"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nets:build", ("nets", "build", None)),
        ("a.b:build@out/x.h5", ("a.b", "build", Path("out/x.h5"))),
        (r"nets:build@C:\out\x.h5", ("nets", "build", Path(r"C:\out\x.h5"))),
        (r"C:\weights\x.h5", None),
        ("light", None),
        ("out/light.h5", None),
        ("nets:", None),
    ],
)
def test_names(text, found):
    parsed = custom.parse(text)
    assert (parsed and (parsed.module, parsed.function, parsed.file)) == found


def test_a_network_comes_back_and_predicts(trained):
    model, path = trained
    loaded = network.load(f"my_nets:build@{path}")
    with pytest.raises(SettingsError, match="runs with TensorFlow only"):
        network.load(f"my_nets:build@{path}", engine="openvino")
    assert (loaded.kind, loaded.channels, loaded.outputs) == (
        "custom",
        light.CHANNELS,
        light.OUTPUTS,
    )
    patch = np.random.default_rng(0).uniform(-1, 1, (1, 64, 32, 3)).astype(np.float32)
    logits = np.asarray(model(patch), np.float64)
    edge = 1 / (1 + np.exp(-logits[..., :1]))
    zones = np.exp(logits[..., 1:]) / np.exp(logits[..., 1:]).sum(-1, keepdims=True)
    np.testing.assert_allclose(loaded.predict(patch), np.concatenate([edge, zones], -1), atol=1e-5)


def test_the_file_alone_runs_no_code(trained):
    _, path = trained
    sys.modules.pop("my_nets")
    with pytest.raises(WeightsError, match=f"pass my_nets:build@{path}"):
        network.load(path)
    with pytest.raises(WeightsError, match="a custom network without weights"):
        network.load("my_nets:build")
    assert weights.kind_of(path) == weights.check(path) == "custom"
    described = inspection.verify(path)
    assert described.parameters == 3 * 3 * 3 * 4 + 4
    assert described.metadata["data"] == "none"
    assert "my_nets" not in sys.modules


def test_other_weights_and_other_functions_are_refused(trained, tmp_path):
    model, path = trained
    with pytest.raises(WeightsError, match="and 1 differ in shape; pass the function"):
        network.load(f"my_nets:smaller@{path}", engine="tensorflow")
    light_file.save_light(tmp_path / "light.h5", light.build())
    with pytest.raises(WeightsError, match="holds weights of light; pass the file without"):
        network.load(f"my_nets:build@{tmp_path / 'light.h5'}")
    with pytest.raises(WeightsError, match="expected 'pycalfin-custom'"):
        custom.load(tmp_path / "light.h5", model)
    model.weights[0].assign(np.full(model.weights[0].shape, np.nan))
    with pytest.raises(WeightsError, match="not finite"):
        custom.save(tmp_path / "nan.h5", model, custom.parse("my_nets:build"))
    assert not (tmp_path / "nan.h5").exists()


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("none", "has no function none"),
        ("number", "has no function number"),
        ("nothing", "returns a int; expected a keras.Model"),
        ("broken", "the function failed (ValueError: no weights today)"),
        ("fixed", "takes (None, 64, 96, 3); expected"),
        ("three", "returns (1, 64, 96, 3) for"),
        ("halved", "returns (1, 32, 48, 4) for"),
    ],
)
def test_what_is_no_network_is_refused(module, function, told):
    with pytest.raises(SettingsError) as caught:
        custom.build(custom.parse(f"{module}:{function}"))
    assert told in str(caught.value)


def test_a_missing_module():
    with pytest.raises(SettingsError, match="must lie in the working folder or be installed"):
        custom.build(custom.CustomNetwork("no_such_module", "build"))


def test_a_change_of_the_code_changes_the_digest(module, tmp_path):
    mine = custom.parse(f"{module}:build")
    before = custom.digest(mine, "ab")
    assert before != custom.digest(mine, "cd")
    assert before != custom.digest(replace(mine, function="smaller"), "ab")
    (tmp_path / "my_nets.py").write_text(MODULE + "\n# changed\n")
    assert before != custom.digest(mine, "ab")
