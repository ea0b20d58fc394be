import csv
from dataclasses import replace

import numpy as np
import pytest

from pycalfin import network
from pycalfin.network import light, weights
from pycalfin.train import fit
from pycalfin.train.augment import Augmentation
from pycalfin.train.losses import total_loss

RECIPE = fit.Recipe(epochs=2, batch=2, warm_up=1, augmentation=Augmentation(crop=32))


@pytest.fixture(autouse=True)
def eagerly():
    """Run graphs step by step: tracing one takes longer than these few small steps."""
    fit.import_keras()
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def from_scratch(monkeypatch):
    """Train without the ImageNet encoder, which needs PyTorch."""
    monkeypatch.setattr(fit, "encoder_weights", lambda _: {})


def test_steps_reduce_the_loss(sample):
    fit.import_keras().utils.set_random_seed(0)
    model = light.build(logits=True)
    recipe = replace(RECIPE, rate=3e-3, augmentation=Augmentation(crop=64))
    step = fit._compiled_step(model, fit._optimizer(model, recipe, 4))
    channels, target = next(fit.batches([sample] * 2, recipe, 0))
    before = float(total_loss(model(channels, training=True), target)[0])
    for _ in range(6):
        after = float(step(channels, target)[0])
    assert after < 0.9 * before


def test_batches_do_not_depend_on_threads_and_differ_between_epochs(sample):
    one = list(fit.batches([sample] * 4, RECIPE, 0, threads=1))
    many = list(fit.batches([sample] * 4, RECIPE, 0, threads=3))
    other = list(fit.batches([sample] * 4, RECIPE, 1))
    assert len(one) == len(many) == len(other) == 2
    for (channels, target), (channels2, target2) in zip(one, many, strict=True):
        np.testing.assert_array_equal(channels, channels2)
        np.testing.assert_array_equal(target, target2)
    assert not np.array_equal(one[0][0], other[0][0])


@pytest.mark.usefixtures("from_scratch")
def test_stopped_training_continues_to_the_same_weights(sample, tmp_path, monkeypatch):
    samples = [sample] * 4
    whole = fit.train(samples, RECIPE, tmp_path / "whole", metadata={"data": "a sine"})

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fit, "_compiled_step", _stopping_after(2, fit._compiled_step, stop))
        with pytest.raises(KeyboardInterrupt):
            fit.train(samples, RECIPE, tmp_path / "parts")
    fit.train(samples, RECIPE, tmp_path / "parts")

    with (tmp_path / "parts" / fit.LOG).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    stored = [np.load(tmp_path / name / fit.CHECKPOINT) for name in ("whole", "parts")]
    with stored[0] as first, stored[1] as second:
        for name in first.files:
            np.testing.assert_allclose(first[name], second[name], atol=2e-3, err_msg=name)
    assert weights.read_metadata(whole)["data"] == "a sine"
    assert weights.read_metadata(whole)["recipe.batch"] == "2"
    assert network.load(whole).name == "light"


def _stopping_after(steps, make, stop):
    def made(*arguments):
        step, done = make(*arguments), []

        def counted(channels, target):
            if len(done) == steps:
                stop()
            done.append(1)
            return step(channels, target)

        return counted

    return made


@pytest.mark.usefixtures("from_scratch")
def test_training_starts_from_given_weights(sample, tmp_path):
    model = light.build(logits=True)
    weights.save_light(tmp_path / "start.h5", model)
    still = replace(RECIPE, epochs=1, rate=1e-9)
    path = fit.train([sample] * 2, still, tmp_path / "more", init=tmp_path / "start.h5")
    trained = light.build(logits=True)
    weights.load_light(path, trained)
    before, after = (weights.variables(m)["stem/kernel"] for m in (model, trained))
    np.testing.assert_allclose(np.asarray(after), np.asarray(before), atol=1e-3)
