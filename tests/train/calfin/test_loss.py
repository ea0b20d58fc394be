import numpy as np
import pytest

from pycalfin.network.engine import import_keras
from pycalfin.train.calfin import loss

import_keras()


@pytest.fixture
def batch():
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 3, (3, 12, 16, 2)).astype(np.float32)
    target = (rng.random((3, 12, 16, 2)) < (0.1, 0.6)).astype(np.float32)
    target[1, ..., 0] = 0
    return logits, target


def plain(logits, target):
    """The published formula, image by image, in double precision."""
    total = 0.0
    for image, truth in zip(logits.astype(float), target.astype(float), strict=True):
        for output, weight in enumerate((25 / 26, 1 / 26)):
            p, t = 1 / (1 + np.exp(-image[..., output])), truth[..., output]
            entropy = -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))
            both = (p * t).sum()
            iou = (both + 1) / (p.sum() + t.sum() - both + 1)
            total += weight * (entropy - np.log(iou)) / len(logits)
    return total


def test_it_is_the_plain_formula(batch):
    found, parts = loss.total_loss(*batch)
    assert float(found) == pytest.approx(plain(*batch), rel=1e-5)
    weighted = (25 * float(parts["edge"]) + float(parts["mask"])) / 26
    assert weighted == pytest.approx(float(found), rel=1e-5)


def test_a_batch_costs_the_mean_of_its_images(batch):
    logits, target = batch
    alone = [float(loss.total_loss(logits[i : i + 1], target[i : i + 1])[0]) for i in range(3)]
    assert float(loss.total_loss(logits, target)[0]) == pytest.approx(np.mean(alone), rel=1e-5)


def test_perfect_and_certain_mistakes_are_finite(batch):
    _, target = batch
    assert float(loss.total_loss(target * 120 - 60, target)[0]) < 1e-4
    wrong = float(loss.total_loss(60 - target * 120, target)[0])
    assert np.isfinite(wrong)
    assert wrong > 50


def test_the_penalty_is_that_of_l1_and_l2():
    kernels = [np.array([1.0, -2.0], np.float32), np.array([[3.0]], np.float32)]
    assert float(loss.penalty(kernels)) == pytest.approx(1e-6 * (6 + 14))
