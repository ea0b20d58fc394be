import csv
import json
import os
from dataclasses import replace

import numpy as np
import pytest

from pycalfin import network
from pycalfin.errors import OutputError, SettingsError, WeightsError
from pycalfin.network import custom, light, light_file, weights
from pycalfin.network.engine import ONEDNN
from pycalfin.train import curves, fit, recipe, state
from pycalfin.train.augment import Augmentation
from pycalfin.train.losses import total_loss
from pycalfin.train.recipe import Recipe, Stage

RECIPE = Recipe(
    init="random",
    batch=2,
    warm_up=1,
    smallest_epoch=4,
    stages=(Stage(1, 1e-3), Stage(2, 1e-3)),
    augmentation=Augmentation(crop=32),
)
SMALL = """
import keras

def build():
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(6, 3, padding="same")(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dropout(0.3)(x)
    return keras.Model(inputs, keras.layers.Conv2D(4, 1)(keras.layers.ReLU()(x)))
"""


@pytest.fixture(autouse=True)
def eagerly():
    """Run graphs step by step: tracing one takes longer than these few small steps."""
    fit.import_keras()
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def small(tmp_path, request):
    """A recipe for a small network of one's own, with dropout, whose module is found here."""
    name = f"small_{request.node.name[:40].replace('[', '_').replace(']', '_')}"
    (tmp_path / f"{name}.py").write_text(SMALL)
    return replace(RECIPE, network=f"{name}:build")


@pytest.mark.usefixtures("shallow")
def test_steps_reduce_the_loss(sample):
    fit.import_keras().utils.set_random_seed(0)
    model = light.build(logits=True)
    larger = replace(RECIPE, augmentation=Augmentation(crop=64))
    step = fit.compiled_step(model, fit.optimizer_of(model, larger, Stage(2, 3e-3), 4))
    channels, target = next(fit.batches([sample] * 2, larger, 0, 1))
    before = float(total_loss(model(channels, training=True), target)[0])
    for _ in range(4):
        after = float(step(channels, target)["loss"])
    assert after < 0.9 * before


def test_batches_do_not_depend_on_threads_and_differ_between_epochs_and_seeds(sample):
    one = list(fit.batches([sample] * 4, RECIPE, 0, 1, threads=1))
    many = list(fit.batches([sample] * 4, RECIPE, 0, 1, threads=3))
    assert len(one) == len(many) == 2
    for (channels, target), (channels2, target2) in zip(one, many, strict=True):
        np.testing.assert_array_equal(channels, channels2)
        np.testing.assert_array_equal(target, target2)
    for epoch, seed in ((1, 1), (0, 2)):
        other = next(fit.batches([sample] * 4, RECIPE, epoch, seed))
        assert not np.array_equal(one[0][0], other[0])


def _stored(folder):
    with np.load(folder / fit.STATE) as archive:
        return {name: archive[name] for name in archive.files}


@pytest.mark.parametrize("kept", [1, 2])
def test_a_stopped_training_continues_to_the_same_weights(sample, tmp_path, small, kept):
    """Stopped after `kept` epochs: between the two stages, and within the second."""
    epochs, steps = [], []
    whole = fit.train(
        [sample],
        small,
        tmp_path / "whole",
        metadata={"data": "a sine"},
        report=epochs.append,
        progress=lambda *given: steps.append(given),
    )
    assert [epoch.number for epoch in epochs] == [1, 2, 3]
    assert steps == [(done, 6, (done + 1) // 2) for done in range(1, 7)]

    def stop(epoch):
        if epoch.number == kept:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit.train([sample], small, tmp_path / "parts", report=stop)
    assert int(_stored(tmp_path / "parts")["epochs"]) == kept
    again = fit.train([sample], small, tmp_path / "parts")

    whole_state, parts_state = _stored(tmp_path / "whole"), _stored(tmp_path / "parts")
    assert whole_state.keys() == parts_state.keys()
    for name in set(whole_state) - {"best"}:
        np.testing.assert_array_equal(whole_state[name], parts_state[name], err_msg=name)
    with (tmp_path / "parts" / state.LOG).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["epoch"], row["stage"]) for row in rows] == [("1", "1"), ("2", "2"), ("3", "2")]
    assert (tmp_path / "parts" / curves.CURVES).read_bytes().startswith(b"\x89PNG")
    stored = weights.read_metadata(again)
    assert weights.read_metadata(whole)["data"] == "a sine"
    assert stored["recipe"] == (tmp_path / "parts" / fit.RECIPE).read_text()
    assert recipe.read(tmp_path / "parts" / fit.RECIPE) == small


def test_the_state_tells_of_sources_only_what_was_given(sample, tmp_path, small):
    """So a key that a source gains later, with a default that changes nothing, stops nobody."""
    given = (recipe.Source("mine", repeat=3), recipe.Source(synthetic=5))
    fit.train([sample], replace(small, sources=given, stages=(Stage(1, 1e-3),)), tmp_path / "out")
    described = json.loads(str(_stored(tmp_path / "out")["recipe"]))
    assert described["sources"] == [{"path": "mine", "repeat": 3}, {"synthetic": 5}]


def test_a_seed_decides_the_weights(sample, tmp_path, small):
    one, same, other = (
        fit.train([sample], replace(small, seed=seed, stages=(Stage(1, 1e-3),)), tmp_path / name)
        for name, seed in (("one", 1), ("same", 1), ("other", 2))
    )
    models = [custom.build(custom.parse(small.network)) for _ in range(3)]
    for path, model in zip((one, same, other), models, strict=True):
        custom.load(path, model)
    kernels = [np.asarray(model.weights[0]) for model in models]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.allclose(kernels[0], kernels[2])


def test_another_recipe_or_other_images_are_refused(sample, tmp_path, small):
    fit.train([sample], small, tmp_path / "out")
    for changed, samples, word in (
        (replace(small, batch=1), [sample], "batch 2"),
        (small, [replace(sample, name="other")], "images"),
    ):
        with pytest.raises(SettingsError, match=f"was started with .*{word}"):
            fit.train(samples, changed, tmp_path / "out")
    assert recipe.read(tmp_path / "out" / fit.RECIPE) == small


@pytest.mark.usefixtures("shallow")
def test_training_starts_from_given_weights_and_leaves_the_normalisation(sample, tmp_path):
    model = light.build(logits=True)
    light_file.save_light(tmp_path / "start.h5", model)
    still = replace(
        RECIPE, init=str(tmp_path / "start.h5"), stages=(Stage(1, 1e-9),), frozen_norm=True
    )
    path = fit.train([sample] * 2, still, tmp_path / "more")
    trained = light.build(logits=True)
    light_file.load_light(path, trained)
    before, after = (light_file.variables(m) for m in (model, trained))
    for name in ("stem/kernel", "stem_bn/moving_mean", "stem_bn/gamma"):
        np.testing.assert_allclose(np.asarray(after[name]), np.asarray(before[name]), atol=1e-3)
    assert network.load(path, engine="tensorflow").kind == "light"


def test_a_loss_that_is_not_finite_ends_the_training(sample, tmp_path, small, monkeypatch):
    monkeypatch.setattr(fit, "compiled_step", lambda *_: lambda *_: {"loss": np.nan})
    with pytest.raises(WeightsError, match="loss of epoch 1 is not finite"):
        fit.train([sample], small, tmp_path / "out")
    assert not (tmp_path / "out" / fit.STATE).exists()


def test_a_folder_that_cannot_be_written_is_told_before_the_training(sample, tmp_path, small):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="choose another --output"):
        fit.train([sample], small, tmp_path / "file" / "out")


def stop(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize(("own_network", "then"), [(False, "1"), (True, None)])
def test_a_network_of_ones_own_is_not_trained_with_onednn_unasked(
    own_network, then, sample, small, tmp_path, monkeypatch
):
    monkeypatch.delenv(ONEDNN, raising=False)
    monkeypatch.setattr(fit, "_filled", stop)  # what follows takes no part
    with pytest.raises(KeyboardInterrupt):
        fit.train([sample], small if own_network else RECIPE, tmp_path)
    assert os.environ.get(ONEDNN) == then
