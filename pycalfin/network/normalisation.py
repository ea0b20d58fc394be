"""Batch normalisation as one fused TensorFlow operation, for training.

Keras computes it by a dozen elementwise operations. On a CPU these take nearly half of a training
step of `light`; the fused operation gives the same values (benchmarks/training.py).
"""

from __future__ import annotations

import functools
from typing import Any

from pycalfin.network.layers import Normal


def normalised(x: Any, name: str, normal: Normal) -> Any:
    """Normalise a Keras tensor: over its batch in training, by running statistics in inference.

    Parameters
    ----------
    x : (n, H, W, C) keras.KerasTensor
    name : str
        Name of the layer before the normalisation.
    normal : Normal

    Returns
    -------
    (n, H, W, C) keras.KerasTensor
    """
    return fused()(epsilon=normal.epsilon, momentum=normal.momentum, name=name + normal.suffix)(x)


@functools.cache
def fused() -> type[Any]:
    """Return the layer's class; defined here so that Keras is imported only when needed."""
    import keras
    import tensorflow as tf

    class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
        """`keras.layers.BatchNormalization` over the last axis of images, faster in training."""

        def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
            """Normalise; see `keras.layers.BatchNormalization`."""
            if not (training and self.trainable):
                return super().call(inputs, training=training, mask=mask)
            outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
                x=inputs,
                scale=self.gamma.value,
                offset=self.beta.value,
                mean=[],
                variance=[],
                epsilon=self.epsilon,
                is_training=True,
            )
            # the operation returns the population variance; Keras keeps the sample variance
            count = tf.cast(tf.size(inputs) / tf.shape(inputs)[-1], variance.dtype)
            self._follow(self.moving_mean, mean)
            self._follow(self.moving_variance, variance * (1.0 - 1.0 / count))
            return outputs

        def _follow(self, moving: Any, found: Any) -> None:
            moving.assign(moving * self.momentum + found * (1.0 - self.momentum))

    return FusedBatchNormalization
