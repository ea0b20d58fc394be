from dataclasses import replace

import numpy as np
import pytest

from pycalfin.datasets.calfin import find
from pycalfin.errors import SettingsError, WeightsError
from pycalfin.network import calfin, light, light_file, weights
from pycalfin.network.calfin_file import save_published
from pycalfin.network.engine import import_keras
from pycalfin.train import state
from pycalfin.train.calfin import fit
from pycalfin.train.calfin.augment import Augmentation
from pycalfin.train.calfin.loss import total_loss

SMALL = Augmentation(crop=32, small_angle=0.0, large_angle=0.0)
RECIPE = fit.Recipe(epochs=2, steps=2, batch=1, augmentation=SMALL)


@pytest.fixture(autouse=True)
def eagerly(shallow):  # noqa: ARG001
    """Run graphs step by step: tracing one takes longer than these few small steps."""
    import_keras()
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def test_gradients_of_two_steps_are_averaged():
    """Two steps of one batch change the weights as one step without accumulation does."""
    keras = import_keras()
    rng = np.random.default_rng(0)
    channels = rng.uniform(-1, 1, (1, 8, 8, 3)).astype(np.float32)
    target = (rng.random((1, 8, 8, 2)) < 0.3).astype(np.float32)

    def after(accumulated, steps):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 1)])
        optimizer = fit._optimizer(model, replace(RECIPE, accumulated=accumulated))
        step = fit._compiled_step(model, optimizer)
        before = model.get_weights()
        for _ in range(steps):
            step(channels, target)
        return before, model.get_weights()

    before, once = after(1, 1)
    _, half = after(2, 1)
    _, twice = after(2, 2)
    np.testing.assert_array_equal(half[0], before[0])
    assert np.abs(once[0] - before[0]).min() > 1e-6
    np.testing.assert_allclose(twice[0], once[0], atol=1e-7)


def test_batches_do_not_depend_on_threads_and_take_every_image_in_turn(data):
    pairs = find(data).training
    recipe = replace(RECIPE, steps=3, augmentation=replace(SMALL, crop=256))
    one = list(fit.batches(pairs, recipe, 0, threads=1))
    many = list(fit.batches(pairs, recipe, 0, threads=3))
    assert len(one) == len(many) == 3
    for (channels, target), (channels2, target2) in zip(one, many, strict=True):
        np.testing.assert_array_equal(channels, channels2)
        np.testing.assert_array_equal(target, target2)
    lands = [target[..., 1].sum() for _, target in [*one, *fit.batches(pairs, recipe, 1)]]
    assert len(set(lands[:2])) == len(set(lands[2:4])) == len(set(lands[4:])) == 2


@pytest.fixture
def small(monkeypatch):
    """Take a small network with dropout for CALFIN's, which is dear to build."""

    def build(side, *, logits):
        assert logits
        layers = import_keras().layers
        return import_keras().Sequential(
            [
                import_keras().Input((side, side, 3)),
                layers.Conv2D(4, 3, padding="same"),
                layers.BatchNormalization(),
                layers.Dropout(0.3),
                layers.Conv2D(2, 1),
            ]
        )

    monkeypatch.setattr(fit.calfin, "build", build)


@pytest.mark.usefixtures("small")
def test_a_stopped_training_continues_to_the_same_weights(data, tmp_path, monkeypatch):
    division = find(data, ["Upernavik-NE"])
    epochs, steps = [], []
    fit.train(division, RECIPE, tmp_path / "whole", report=epochs.append,
              progress=lambda done, total, _: steps.append((done, total)))  # fmt: skip
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [epoch.number for epoch in epochs] == [1, 2]
    assert all(np.isfinite([*epoch.training, *epoch.validation]).all() for epoch in epochs)
    assert epochs[0].best

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(state, "save", _second(state.save, stop))
        with pytest.raises(KeyboardInterrupt):
            fit.train(division, RECIPE, tmp_path / "parts")
    fit.train(division, RECIPE, tmp_path / "parts")

    stored = [np.load(tmp_path / name / fit.STATE) for name in ("whole", "parts")]
    with stored[0] as first, stored[1] as second:
        assert int(second["epochs"]) == 2
        for name in first.files:
            if name.startswith("v"):
                np.testing.assert_allclose(first[name], second[name], atol=2e-3, err_msg=name)
    log = (tmp_path / "parts" / state.LOG).read_text().splitlines()
    assert [line.split(",")[0] for line in log] == ["epoch", "1", "2"]
    with pytest.raises(SettingsError, match="seed 1"):
        fit.train(division, replace(RECIPE, seed=2), tmp_path / "parts")


def _second(function, stop):
    """Call a function once, then `stop`."""
    calls = []

    def counted(*arguments):
        calls.append(arguments)
        return stop() if len(calls) == 2 else function(*arguments)

    return counted


@pytest.mark.slow
def test_training_starts_from_given_weights(data, tmp_path):
    import_keras().utils.set_random_seed(9)
    model = calfin.build(32)
    save_published(tmp_path / "start.h5", model)
    still = replace(RECIPE, epochs=1, steps=1, rate=1e-12)
    path = fit.train(find(data), still, tmp_path / "more", init=tmp_path / "start.h5")
    assert path.name == fit.BEST
    path.rename(tmp_path / "moved.h5")
    with pytest.raises(WeightsError, match=r"calfin_best.h5: no such file, .* use calfin_last.h5"):
        fit.train(find(data), still, tmp_path / "more", init=tmp_path / "start.h5")
    (tmp_path / "moved.h5").rename(path)
    trained = calfin.build(32)
    weights.load_into(path, "calfin", trained)
    before, after = (m.get_layer("aspp0").kernel for m in (model, trained))
    np.testing.assert_allclose(np.asarray(after), np.asarray(before), atol=1e-9)


def test_weights_of_another_network_are_refused(data, tmp_path):
    light_file.save_light(tmp_path / "light.h5", light.build())
    with pytest.raises(WeightsError, match="not weights of CALFIN's network"):
        fit.train(find(data), RECIPE, tmp_path, init=tmp_path / "light.h5")


def test_a_loss_that_is_not_finite_ends_the_training(data, tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "_compiled_step", lambda *_: lambda *_: (np.nan, 0.0, 0.0))
    with pytest.raises(WeightsError, match="loss of epoch 1 is not finite"):
        fit.train(find(data), RECIPE, tmp_path / "out")
    assert not (tmp_path / "out" / fit.LAST).exists()


@pytest.mark.parametrize("name", ["epochs", "steps", "batch"])
def test_numbers_below_one_are_refused(name):
    with pytest.raises(SettingsError, match=f"{name} is 0; expected 1 or more"):
        fit.Recipe(**{name: 0})


def test_the_loss_of_the_validation_is_that_of_the_centres(data):
    model = calfin.build(32, logits=True)
    pairs = find(data).training
    loss, edge, mask = fit.validate(model, pairs, RECIPE)
    assert loss == pytest.approx((25 * edge + mask) / 26, rel=1e-5)
    alone = [fit.validate(model, [pair], RECIPE)[0] for pair in pairs]
    assert loss == pytest.approx(np.mean(alone), rel=1e-5)
    assert total_loss(np.zeros((1, 4, 4, 2)), np.zeros((1, 4, 4, 2)))[1].keys() == {"edge", "mask"}
