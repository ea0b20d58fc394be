import numpy as np
import pytest

from pycalfin.network import keras_layers


def test_size(model):
    assert 4.4e6 < model.count_params() < 4.6e6


@pytest.mark.parametrize("shape", [(32, 32), (64, 96), (224, 224)])
def test_output_has_the_input_s_resolution(model, shape):
    maps = np.asarray(model(np.zeros((2, *shape, 3), np.float32)))
    assert maps.shape == (2, *shape, 4)


def test_outputs_are_probabilities(model):
    rng = np.random.default_rng(0)
    maps = np.asarray(model(rng.uniform(-1, 1, (1, 64, 64, 3)).astype(np.float32)))
    assert maps.min() >= 0
    assert maps.max() <= 1
    np.testing.assert_allclose(maps[..., 1:].sum(axis=-1), 1, atol=1e-5)


def test_names_in_the_file_are_stable(model):
    from pycalfin.network.light_file import variables

    names = list(variables(model))
    assert names[0] == "stem/kernel"
    assert names[-1] == "head/bias"
    assert "block15_project_bn/moving_variance" in names
    assert "decoder4b_mix/kernel" in names


def test_doubling_is_the_same_for_known_and_unknown_sizes():
    import tensorflow as tf

    x = np.random.default_rng(0).normal(size=(2, 5, 7, 3)).astype(np.float32)
    graph = tf.function(keras_layers.double, input_signature=[tf.TensorSpec([None] * 3 + [3])])
    found = np.asarray(graph(x))
    assert found.shape == (2, 10, 14, 3)
    np.testing.assert_allclose(found, np.asarray(keras_layers.double(x)), atol=1e-6)


def test_doubling_a_ramp_lies_between_the_centres():
    ramp = np.arange(4, dtype=np.float32).reshape(1, 1, 4, 1)
    found = np.asarray(keras_layers.double(ramp))[0, 0, :, 0]
    np.testing.assert_allclose(found, [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3])
