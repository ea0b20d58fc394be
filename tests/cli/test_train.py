"""`pycalfin train`: a checkpoint that loads, messages and exit status."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pycalfin import network
from pycalfin.cli import main
from pycalfin.network import calfin
from pycalfin.network.engine import import_keras


@pytest.fixture
def eagerly():
    """Run graphs step by step: tracing one takes longer than these few steps."""
    import_keras()
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (256, 256, 3), "uint8")
    land = np.where(np.arange(256) > 128, 255, 0)[:, None].repeat(256, axis=1).astype(np.uint8)
    for name in ("Rink_LC08_L1TP_2016-07-12_014-009_T1_B5", "other"):
        Image.fromarray(pixels).save(folder / f"{name}.png")
        Image.fromarray(land).save(folder / f"{name}_mask.png")
    return folder


@pytest.mark.slow
@pytest.mark.usefixtures("eagerly")
def test_two_images_two_steps_and_the_checkpoint_loads(data, painted_scene, capsys, monkeypatch):
    monkeypatch.setattr(calfin, "MIDDLE_UNITS", 1)  # of eight, all alike
    import_keras().utils.set_random_seed(1)
    before = np.asarray(calfin.build(logits=True).get_layer("aspp0").kernel)
    numbers = ["--epochs", "1", "--steps", "2", "--batch", "1", "--json"]
    assert main(["train", str(data), "--output", "out", "--network", "calfin", *numbers]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {
        "output": "out",
        "best": "out/calfin_best.h5",
        "training": 2,
        "validation": 0,
    }
    lines = captured.err.splitlines()
    assert lines[0].startswith("pycalfin: 2 images to train on, 0 to validate with; ")
    assert lines[1].startswith("pycalfin: epoch 1/1: loss ")
    assert "nan" not in captured.err

    loaded = network.load("out/calfin_best.h5", engine="tensorflow")
    assert loaded.kind == "calfin"
    maps = loaded.predict(np.zeros((1, 224, 224, 3), np.float32))
    assert maps.shape == (1, 224, 224, 2)
    assert np.isfinite(maps).all()
    import h5py

    with h5py.File("out/calfin_last.h5") as file:
        after = file["aspp0/aspp0/kernel:0"][()]
    assert 1e-6 < np.abs(after - before).max() < 1e-2

    scene = painted_scene.path
    Path("s.toml").write_text("fast = true\n")
    arguments = ["run", str(scene), "--network", "out/calfin_best.h5", "--output", "found"]
    assert main([*arguments, "--settings", "s.toml"]) == 0
    record = json.loads(Path("found/run.json").read_text(encoding="utf-8"))
    assert [pair["status"] for pair in record["pairs"]] == ["no_front"]


RECIPE = """
smallest_epoch = 2
batch = 2
[[source]]
synthetic = 2
[[stage]]
epochs = 1
rate = 1e-4
[[stage]]
epochs = 1
rate = 1e-5
[augmentation]
crop = 32
"""
MODULE = """
import keras

def build():
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Conv2D(4, 1)(x))
"""


@pytest.mark.slow
@pytest.mark.usefixtures("eagerly")
def test_a_recipe_trains_from_the_shipped_weights(capsys):
    Path("r.toml").write_text(RECIPE)
    assert main(["train", "--recipe", "r.toml", "--output", "out"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "out/light.h5\n".replace("/", os.sep)
    lines = captured.err.splitlines()
    assert lines[0] == (
        "pycalfin: synthetic:2 (2 images); 0 held out; light from default, 2 epochs"
    )
    assert [line[:20] for line in lines[1:]] == ["pycalfin: epoch 1/2:", "pycalfin: epoch 2/2:"]
    left = {path.name for path in Path("out").iterdir()}
    assert left == {"light.h5", "recipe.toml", "state.npz", "log.csv", "curves.png"}
    assert network.load("out/light.h5", engine="tensorflow").kind == "light"


@pytest.mark.usefixtures("eagerly")
def test_a_network_of_ones_own_is_trained_measured_and_run(painted_scene, capsys):
    Path("own_nets.py").write_text(MODULE)
    Path("r.toml").write_text(RECIPE.split("[[stage]]")[0] + "[augmentation]\ncrop = 32")
    arguments = ["--network", "own_nets:build", "--epochs", "1", "--rate", "0.01", "--json"]
    arguments += ["--hold-out", "synthetic_0"]
    assert main(["train", "--recipe", "r.toml", "--output", "out", *arguments]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["network"] == f"own_nets:build@{Path('out/network.h5')}"
    assert summary["training"] == 1
    assert summary["held_out"] == json.loads(Path("out/held_out.json").read_text())
    assert summary["held_out"]["synthetic"]["images"] == 1

    scene = painted_scene.path
    assert main(["run", str(scene), "--network", summary["network"], "--output", "found"]) == 0
    record = json.loads(Path("found/run.json").read_text(encoding="utf-8"))
    assert {pair["status"] for pair in record["pairs"]} <= {"done", "no_front"}
    assert main(["run", str(scene), "--network", "out/network.h5", "--output", "other"]) == 2
    assert "if you trust that module, pass own_nets:build@out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["DATA", "CALFIN", "--steps", "0"], 2, "steps is 0; expected 1 or more"),
        (["DATA", "CALFIN", "--seed", "-1"], 2, "seed is -1; expected 0 or more"),
        (["DATA", "CALFIN", "--threads", "0"], 2, "threads is 0; expected 1 or more"),
        (["none", "CALFIN"], 1, "none: no NAME.png with NAME_mask.png"),
        (["DATA", "CALFIN", "--hold-out", "Jorum"], 1, "the domains are: Rink"),
        (["DATA", "CALFIN", "--init", "none.h5"], 2, "none.h5: no such weights file"),
        (["CALFIN"], 2, "0 SOURCE for calfin; expected one folder"),
        (["DATA", "CALFIN", "--rate", "0.1"], 2, "--rate: not for --network calfin"),
        (["DATA", "--steps", "3"], 2, "--steps: not for --network light"),
        ([], 2, "no SOURCE to train on"),
        (["none"], 1, "none: does not exist"),
        (["DATA*many"], 2, "expected a folder or synthetic:N"),
        (["DATA", "--epochs", "0"], 2, "epochs is 0; expected 1 or more"),
        (["DATA", "--rate", "-1"], 2, "rate is -1.0; expected a number between 0 and 1"),
        (["DATA", "--network", "lite"], 2, "network is 'lite'; expected light or"),
        (["DATA", "--network", "no_nets:build"], 2, "cannot import no_nets"),
        (["DATA", "--init", "none.h5"], 2, "none.h5: no such weights file"),
        (["DATA", "--hold-out", "Jorum"], 1, "the glaciers are: Rink"),
        (["DATA", "--recipe", "none.toml"], 2, "none.toml: cannot read the recipe"),
    ],
)
def test_bad_command_lines(data, arguments, status, text, capsys):
    given = [word.replace("DATA", str(data)) for word in arguments if word != "CALFIN"]
    given += ["--network", "calfin"] if "CALFIN" in arguments else []
    assert main(["train", *given, "--output", "out"]) == status
    captured = capsys.readouterr()
    assert text in captured.err
    assert len(captured.err.splitlines()) <= 2
    assert captured.out == ""
