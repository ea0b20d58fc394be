"""The fused batch normalisation against Keras' own."""

import numpy as np
import pytest

from pycalfin.network.normalisation import fused


def both(momentum=0.9):
    import keras

    layers = [
        make(momentum=momentum, epsilon=1e-3) for make in (keras.layers.BatchNormalization, fused())
    ]
    rng = np.random.default_rng(1)
    start = [
        rng.normal(1.0, 0.3, 5),
        rng.normal(0.0, 1.0, 5),
        rng.normal(0.0, 1.0, 5),
        rng.random(5) + 0.5,
    ]
    for layer in layers:
        layer.build((None, None, None, 5))
        layer.set_weights(start)
    return layers


def images(shape=(2, 6, 7, 5)):
    rng = np.random.default_rng(2)
    return (rng.normal(2.0, 3.0, shape) * np.arange(1, shape[-1] + 1)).astype(np.float32)


def gradients(layer, x, upstream):
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
        loss = tf.reduce_sum(y * upstream)
    return y, tape.gradient(loss, [x, layer.gamma.value, layer.beta.value])


@pytest.mark.parametrize("shape", [(2, 6, 7, 5), (1, 2, 1, 5)])
def test_training_is_that_of_keras(shape):
    plain, quick = both()
    x = images(shape)
    upstream = np.random.default_rng(3).normal(size=shape).astype(np.float32)
    (y, slopes), (y_quick, slopes_quick) = (gradients(one, x, upstream) for one in (plain, quick))
    np.testing.assert_allclose(y_quick, y, rtol=1e-4, atol=1e-4)
    for found, expected in zip(slopes_quick, slopes, strict=True):
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-4)
    for found, expected in zip(quick.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_statistics_move_within_a_compiled_step():
    import tensorflow as tf

    plain, quick = both()
    x = images()
    for layer in (plain, quick):
        step = tf.function(lambda batch, layer=layer: layer(batch, training=True))
        for _ in range(3):
            step(x)
    before, after = plain.get_weights(), quick.get_weights()
    np.testing.assert_allclose(after[2], before[2], rtol=1e-4)
    np.testing.assert_allclose(after[3], before[3], rtol=1e-4)


@pytest.mark.parametrize("trainable", [True, False])
def test_inference_and_frozen_layers_use_what_they_know(trainable):
    plain, quick = both()
    x = images()
    for layer in (plain, quick):
        layer.trainable = trainable
    training = not trainable
    np.testing.assert_allclose(quick(x, training=training), plain(x, training=training), atol=1e-5)
    for found, expected in zip(quick.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
