"""Both engines: that they agree, which one is chosen, and what they leave alone."""

import os
import subprocess
import sys

import numpy as np
import pytest

from pycalfin import network
from pycalfin.errors import MissingDependencyError, SettingsError
from pycalfin.network import engine


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_importing_the_package_leaves_tensorflow_alone(root):
    code = "import sys, pycalfin.network as n; print({'tensorflow', 'keras'} & set(sys.modules))"
    assert run(code, PYTHONPATH=str(root)).stdout.strip() == "set()"


def test_other_backend_is_refused_in_one_sentence(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(SettingsError, match="KERAS_BACKEND is 'jax'") as caught:
        engine.import_keras()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "set_before", "then"),
    [(True, "", "1"), (True, "0", "0"), (False, "", None), (False, "1", "1")],
)
def test_onednn_is_asked_for_unless_the_environment_says_otherwise(
    monkeypatch, asked, set_before, then
):
    if set_before:
        monkeypatch.setenv(engine.ONEDNN, set_before)
    else:
        monkeypatch.delenv(engine.ONEDNN, raising=False)
    engine.import_keras(onednn=asked)
    assert os.environ.get(engine.ONEDNN) == then


def test_engine_equals_the_model(model):
    rng = np.random.default_rng(1)
    patches = rng.uniform(-1, 1, (2, 64, 96, 3)).astype(np.float32)
    found = engine.TensorFlowEngine(model).run(patches)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.asarray(model(patches, training=False)), atol=1e-5)


def shown(side, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (3, side, side, 3)).astype(np.float32)


@pytest.mark.parametrize("own", [False, True])
def test_engines_agree_on_light(own, weights_file):
    file = weights_file if own else network.DEFAULT
    first, second = (network.load(file, engine=name) for name in ("tensorflow", "openvino"))
    for height, width in ((64, 64), (160, 96), (32, 224)):
        patches = shown(224)[:, :height, :width]
        difference = np.abs(first.predict(patches) - second.predict(patches))
        assert difference.max() < 1e-4


@pytest.mark.parametrize("numbers", [{"threads": 0}, {"batch": 0}, {"side": 100}, {"side": 0}])
def test_impossible_numbers_are_refused(numbers):
    (name,) = numbers
    with pytest.raises(SettingsError, match=f"{name} is "):
        network.load(**numbers)


def test_openvino_that_cannot_be_imported_is_as_none(monkeypatch):
    def refuse():
        raise MissingDependencyError("no OpenVINO") from ImportError("libtbb.so.12")

    monkeypatch.setattr(engine, "import_openvino", refuse)
    chosen = network.choose_engine()
    assert chosen.name == "tensorflow"
    assert chosen.reason == "OpenVINO is installed but does not work: libtbb.so.12"


def test_the_number_of_patches_and_the_batch_do_not_matter():
    patches = shown(96)
    one = network.load(engine="openvino", batch=1).predict(patches)
    many = network.load(engine="openvino", batch=3).predict(patches)
    np.testing.assert_allclose(many, one, atol=1e-5)
    np.testing.assert_array_equal(network.load(engine="openvino").predict(patches[1:2]), one[1:2])


def test_bf16_is_another_arithmetic_only_on_request():
    patches = shown(96)
    exact = network.load(engine="openvino").predict(patches)
    rough = network.load(engine="openvino", precision="bf16").predict(patches)
    assert np.abs(rough - exact).max() < 0.2
    with pytest.raises(SettingsError, match="precision bf16 needs the engine openvino"):
        network.load(engine="tensorflow", precision="bf16")
    with pytest.raises(SettingsError, match="expected one of: f32, bf16"):
        network.load(precision="fp8")
    with pytest.raises(SettingsError, match="expected one of: auto, openvino, tensorflow"):
        network.load(engine="onnx")


def test_without_openvino_there_is_tensorflow(monkeypatch):
    assert network.choose_engine().name == "openvino"
    monkeypatch.setattr(engine, "find_spec", lambda _: None)
    chosen = network.choose_engine()
    assert (chosen.name, chosen.reason) == ("tensorflow", "OpenVINO is not installed")
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert network.load().predict(shown(32)).shape == (3, 32, 32, 4)
    with pytest.raises(MissingDependencyError, match="pip install openvino"):
        network.load(engine="openvino")


def test_a_run_leaves_tensorflow_alone(painted_scene, tmp_path):
    code = (
        "import sys\n"
        "from pycalfin.cli import main\n"
        f"assert main(['run', {str(painted_scene.path)!r}, '--output', 'out']) == 0\n"
        "print(sorted({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_arithmetic_that_changes_much_is_not_used(monkeypatch, caplog):
    patches = shown(96)
    exact = network.load(engine="openvino").predict(patches)
    # not even no difference is small enough, which is what processors without bf16 make
    monkeypatch.setattr(engine, "MOST_ON_AVERAGE", -1.0)
    found = network.load(engine="openvino", precision="bf16").predict(patches)
    np.testing.assert_array_equal(found, exact)
    assert "f32 is used" in caplog.text


def test_openvino_tells_nobody(weights_file, tmp_path):
    """Its import alone is reported over the network, if nothing is done about it."""
    code = (
        "import sys, socket\n"
        "def refuse(*_, **__): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse\n"
        "from pycalfin import network\n"
        f"network.load({str(weights_file)!r}, engine='openvino')\n"
        "print('tensorflow' in sys.modules, sys.modules['openvino_telemetry'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=os.environ | {"PYCALFIN_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "False None"
    assert "AssertionError" not in done.stderr
    assert list(tmp_path.iterdir()) == []
