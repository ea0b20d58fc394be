"""`pycalfin train`: a checkpoint that loads, messages and exit status."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pycalfin import network
from pycalfin.cli import main
from pycalfin.network import calfin
from pycalfin.network.engine import import_keras
from pycalfin.scene.synthetic import generate


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


@pytest.mark.usefixtures("eagerly")
def test_two_images_two_steps_and_the_checkpoint_loads(data, capsys):
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

    scene = generate("made")[1].path
    Path("s.toml").write_text('engine = "tensorflow"\nfast = true\n')
    arguments = ["run", str(scene), "--network", "out/calfin_best.h5", "--output", "found"]
    assert main([*arguments, "--settings", "s.toml"]) == 0
    record = json.loads(Path("found/run.json").read_text(encoding="utf-8"))
    assert [pair["status"] for pair in record["pairs"]] == ["no_front"]


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["DATA", "--network", "light"], 2, "is trained by `python -m pycalfin.train DATA OUTPUT`"),
        (["DATA", "--steps", "0"], 2, "steps is 0; expected 1 or more"),
        (["DATA", "--seed", "-1"], 2, "seed is -1; expected 0 or more"),
        (["DATA", "--threads", "0"], 2, "threads is 0; expected 1 or more"),
        (["none"], 1, "none: no NAME.png with NAME_mask.png"),
        (["DATA", "--hold-out", "Jorum"], 1, "the domains are: Rink"),
        (["DATA", "--init", "none.h5"], 1, "none.h5: no such weights file"),
    ],
)
def test_bad_command_lines(data, arguments, status, text, capsys):
    given = [str(data) if word == "DATA" else word for word in arguments]
    assert main(["train", *given, "--output", "out"]) == status
    captured = capsys.readouterr()
    assert text in captured.err
    assert len(captured.err.splitlines()) <= 2
    assert captured.out == ""
