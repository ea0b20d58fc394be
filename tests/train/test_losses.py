import numpy as np
import pytest

from pycalfin.network.engine import import_keras
from pycalfin.train import losses

import_keras()


@pytest.fixture
def batch():
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(2, 16, 16, 4)).astype(np.float32)
    target = np.zeros((2, 16, 16, 5), np.float32)
    target[:, 8, :, 0] = 1
    target[:, :, :12, 1] = 1
    target[:, :8, :10, 2] = 1
    target[:, 9:, :10, 3] = 1
    return logits, target


def test_unknown_pixels_add_nothing(batch):
    logits, target = batch
    changed = logits.copy()
    changed[:, :, 12:] = 50.0
    expected, _ = losses.total_loss(logits, target)
    found, _ = losses.total_loss(changed, target)
    assert float(found) == pytest.approx(float(expected), rel=1e-6)


def test_unknown_pixels_have_no_gradient(batch):
    import tensorflow as tf

    logits, target = batch
    variable = tf.Variable(logits)
    with tf.GradientTape() as tape:
        loss, _ = losses.total_loss(variable, target)
    gradient = np.asarray(tape.gradient(loss, variable))
    assert (gradient[:, :, 12:] == 0).all()
    assert (gradient[:, :, 10:, 1:] == 0).all()
    assert (gradient[:, :, :10, 0] != 0).all()


def test_entropy_of_the_edge_by_hand(batch):
    _, target = batch
    entropy, _ = losses.edge_loss(np.zeros((2, 16, 16, 4), np.float32), target)
    share = 1 / 16
    assert float(entropy) == pytest.approx(np.log(2) * (3 * share + 1 - share), rel=1e-5)


def test_perfect_prediction_costs_nothing(batch):
    _, target = batch
    logits = np.concatenate([target[..., :1], target[..., 2:]], axis=-1) * 60 - 30
    loss, _ = losses.total_loss(logits, target)
    assert float(loss) < 1e-4


def test_a_pixel_of_two_possible_zones_costs_what_both_together_are_not():
    rng = np.random.default_rng(4)
    logits = rng.normal(size=(1, 8, 8, 4)).astype(np.float32)
    target = np.zeros((1, 8, 8, 5), np.float32)
    target[..., 3:] = 1
    zones = np.exp(logits[..., 1:])
    ground = zones[..., 1:].sum(axis=-1) / zones.sum(axis=-1)
    loss = float(losses.zone_loss(logits, target))
    assert loss == pytest.approx(float(-np.log(ground).mean()), rel=1e-5)
    target[:, :4, :, 3] = 0  # half is land for certain, and weighs more
    land, either = losses.ZONE_WEIGHTS[2], np.mean(losses.ZONE_WEIGHTS[1:])
    certain = -np.log(zones[:, :4, :, 2] / zones[:, :4].sum(axis=-1)).mean()
    expected = (land * certain + either * -np.log(ground[:, 4:]).mean()) / (land + either)
    assert float(losses.zone_loss(logits, target)) == pytest.approx(float(expected), rel=1e-5)


def test_nothing_known_costs_nothing():
    target = np.zeros((1, 8, 8, 5), np.float32)
    loss, _ = losses.total_loss(np.ones((1, 8, 8, 4), np.float32), target)
    assert float(loss) == pytest.approx(0.0, abs=1e-6)
