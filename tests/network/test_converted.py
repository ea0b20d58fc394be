"""Converted networks: the one that ships, those that are made, and what goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from pycalfin import network, resources
from pycalfin.errors import MissingDependencyError, SettingsError, WeightsError
from pycalfin.network import converted, weights


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PYCALFIN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "openvino"


def shown(side, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (3, side, side, 3)).astype(np.float32)


def test_that_of_light_ships_and_is_of_the_shipped_weights(cache):
    path, entry = weights.locate("light")
    found = converted.find(weights.digest(path, entry))
    assert found is not None
    assert found.parent == resources.folder("weights")
    assert len(list(found.parent.glob("*.xml"))) == 1
    assert not cache.exists()


def test_engines_agree_on_the_shipped_weights():
    first, second = (network.load(engine=name) for name in ("tensorflow", "openvino"))
    for side in (64, 160):
        patches = shown(side)
        difference = np.abs(first.predict(patches) - second.predict(patches))
        assert difference.max() < 1e-4


def test_other_weights_are_converted_once(weights_file, cache, monkeypatch):
    loaded = network.load(weights_file, engine="openvino")
    (kept,) = cache.glob("*.xml")
    assert {path.suffix for path in cache.iterdir()} == {".xml", ".bin", ".sha256"}
    expected = network.load(weights_file, engine="tensorflow").predict(shown(64))
    np.testing.assert_allclose(loaded.predict(shown(64)), expected, atol=1e-4)

    def refuse(*_, **__):
        raise AssertionError("converted again")

    monkeypatch.setattr(converted, "convert", refuse)
    again = network.load(weights_file, engine="openvino")
    np.testing.assert_array_equal(again.predict(shown(64)), loaded.predict(shown(64)))
    kept.with_suffix(".bin").unlink()
    with pytest.raises(AssertionError, match="converted again"):
        network.load(weights_file, engine="openvino")


@pytest.mark.parametrize("suffix", [".xml", ".bin", ".sha256"])
def test_a_damaged_conversion_is_made_again(weights_file, cache, suffix):
    expected = network.load(weights_file, engine="openvino").predict(shown(64))
    (kept,) = cache.glob("*.xml")
    damaged = kept.with_suffix(suffix)
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    again = network.load(weights_file, engine="openvino").predict(shown(64))
    np.testing.assert_array_equal(again, expected)
    assert damaged.read_bytes() != bytes(content)


def test_what_openvino_cannot_read_is_named(tmp_path):
    (tmp_path / "n.xml").write_text("<net")
    with pytest.raises(
        WeightsError, match=r"n\.xml: a converted network that OpenVINO cannot read"
    ):
        converted.OpenVINOEngine(tmp_path / "n.xml", 1)


def test_without_a_cache_there_is_a_warning_and_a_network(
    weights_file, tmp_path, monkeypatch, caplog
):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PYCALFIN_CACHE", str(tmp_path / "file"))
    assert network.load(weights_file, engine="openvino").predict(shown(32)).shape == (3, 32, 32, 4)
    assert "PYCALFIN_CACHE" in caplog.text


@pytest.mark.parametrize("numbers", [{"threads": 0}, {"batch": 0}, {"side": 100}, {"side": 0}])
def test_impossible_numbers_are_refused(numbers):
    (name,) = numbers
    with pytest.raises(SettingsError, match=f"{name} is "):
        network.load(**numbers)


def test_openvino_that_cannot_be_imported_is_as_none(monkeypatch):
    def refuse():
        raise MissingDependencyError("no OpenVINO") from ImportError("libtbb.so.12")

    monkeypatch.setattr(converted, "import_openvino", refuse)
    chosen = network.choose_engine()
    assert chosen.name == "tensorflow"
    assert chosen.reason == "OpenVINO is installed but of no use: libtbb.so.12"


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
    monkeypatch.setattr(converted, "find_spec", lambda _: None)
    chosen = network.choose_engine()
    assert (chosen.name, chosen.reason) == ("tensorflow", "OpenVINO is not installed")
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert network.load().predict(shown(32)).shape == (3, 32, 32, 4)
    with pytest.raises(MissingDependencyError, match="pip install openvino"):
        network.load(engine="openvino")


def test_a_run_leaves_tensorflow_alone(tmp_path):
    code = (
        "import sys\n"
        "from pycalfin.scene.synthetic import generate\n"
        "from pycalfin.cli import main\n"
        "scene = generate('made')[1].path\n"
        "assert main(['run', str(scene), '--output', 'out']) == 0\n"
        "print(sorted({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_arithmetic_that_changes_much_is_not_used(monkeypatch, caplog):
    patches = shown(96)
    exact = network.load(engine="openvino").predict(patches)
    monkeypatch.setattr(converted, "MOST_ON_AVERAGE", 0.0)
    found = network.load(engine="openvino", precision="bf16").predict(patches)
    np.testing.assert_array_equal(found, exact)
    assert "f32 is used" in caplog.text


def test_a_conversion_tells_nobody(weights_file, tmp_path):
    """OpenVINO's converter reports its use over the network, if it can."""
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
        env=os.environ | {"PYCALFIN_CACHE": str(tmp_path), "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "True None"
    assert "AssertionError" not in done.stderr
    assert not (tmp_path / "intel").exists()
