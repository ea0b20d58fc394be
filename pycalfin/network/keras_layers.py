"""Keras implementation of the layers, for training and as the reference.

Bilinear resizing with aligned corners is written as two matrix products, which every backend
supports.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pycalfin.network.layers import Normal
from pycalfin.network.normalisation import normalised


class KerasLayers:
    """The `Layers` of Keras (`pycalfin.network.layers`); call `import_keras` first."""

    def width(self, x: Any) -> int:
        """Return the number of channels."""
        return int(x.shape[-1])

    def convolution(
        self,
        x: Any,
        filters: int,
        name: str,
        *,
        size: int = 1,
        stride: int = 1,
        normal: Normal | None = None,
    ) -> Any:
        """Convolve; see `Layers.convolution`."""
        import keras

        if size == 1 and stride > 1:
            # slice instead of a stride: on CPUs (oneDNN), TensorFlow 2.21 corrupts memory in the
            # gradient of a strided 1 x 1 convolution of three channels
            x, stride = x[:, ::stride, ::stride], 1
        x = keras.layers.Conv2D(
            filters, size, strides=stride, padding="same", use_bias=normal is None, name=name
        )(x)
        return x if normal is None else normalised(x, name, normal)

    def depthwise(
        self,
        x: Any,
        name: str,
        normal: Normal,
        *,
        size: int = 3,
        stride: int = 1,
        rate: int = 1,
        even: bool = False,
    ) -> Any:
        """Convolve each channel separately; see `Layers.depthwise`."""
        import keras

        if even:
            x = keras.layers.ZeroPadding2D(rate * (size // 2), name=f"{name}_padding")(x)
        x = keras.layers.DepthwiseConv2D(
            size,
            strides=stride,
            padding="valid" if even else "same",
            dilation_rate=rate,
            use_bias=False,
            name=name,
        )(x)
        return normalised(x, name, normal)

    def activation(self, x: Any, kind: str, name: str) -> Any:
        """Apply a function; see `Layers.activation`."""
        import keras

        if kind == "elu":
            return keras.layers.ELU(name=name)(x)
        if kind == "relu6":
            return keras.layers.ReLU(6.0, name=name)(x)
        return keras.layers.Activation(kind, name=name)(x)

    def add(self, parts: Sequence[Any], name: str) -> Any:
        """Add images of one shape."""
        import keras

        return keras.layers.Add(name=name)(list(parts))

    def concatenate(self, parts: Sequence[Any], name: str) -> Any:
        """Concatenate the channels of images."""
        import keras

        return keras.layers.Concatenate(name=name)(list(parts))

    def halved(self, x: Any, name: str) -> Any:
        """Halve the size: the maximum of each 2 x 2 pixels."""
        import keras

        return keras.layers.MaxPooling2D(2, name=name)(x)

    def doubled(self, x: Any, name: str) -> Any:
        """Resize to twice the height and width; see `double`."""
        import keras

        return keras.layers.Lambda(double, output_shape=(None, None, self.width(x)), name=name)(x)

    def aligned(self, x: Any, side: int, name: str) -> Any:
        """Resize to (side, side) with aligned corners: one matrix product per axis."""
        import keras

        _, height, width, channels = x.shape
        rows, cols = aligned_matrix(height, side), aligned_matrix(width, side)

        def resize(images: Any) -> Any:
            ops = keras.ops
            tall = ops.matmul(rows, ops.reshape(images, (-1, height, width * channels)))
            wide = ops.matmul(cols, ops.reshape(tall, (-1, width, channels)))
            return ops.reshape(wide, (-1, side, side, channels))

        return keras.layers.Lambda(resize, output_shape=(side, side, channels), name=name)(x)

    def dropout(self, x: Any, share: float, name: str) -> Any:
        """Drop a share of the values during training."""
        import keras

        return keras.layers.Dropout(share, name=name)(x)

    def edge_and_zones(self, x: Any) -> Any:
        """Turn logits into probabilities: sigmoid of the first channel, softmax of the others."""
        import keras

        edge = keras.layers.Activation("sigmoid", name="edge")(x[..., :1])
        zones = keras.layers.Softmax(name="zones")(x[..., 1:])
        return keras.layers.Concatenate(name="maps")([edge, zones])


def aligned_matrix(size: int, target: int) -> NDArray[np.float32]:
    """Return the weights of linear interpolation with the first and last samples aligned.

    Parameters
    ----------
    size, target : int
        Number of samples before and after.

    Returns
    -------
    (target, size) float32
        Rows sum to 1.

    Examples
    --------
    >>> aligned_matrix(2, 3)
    array([[1. , 0. ],
           [0.5, 0.5],
           [0. , 1. ]], dtype=float32)
    """
    position = np.linspace(0.0, size - 1.0, target)
    before = np.minimum(position.astype(int), max(size - 2, 0))
    share = position - before
    weights = np.zeros((target, size))
    rows = np.arange(target)
    weights[rows, before] = 1.0 - share
    if size > 1:
        weights[rows, before + 1] += share
    return weights.astype(np.float32)


def double(x: Any) -> Any:
    """Interpolate bilinearly to twice the height and width, for known and unknown sizes.

    Keras resizes only tensors of known size. For an unknown size the same values are computed from
    weighted neighbours, at about five times the cost.

    Parameters
    ----------
    x : (n, H, W, C) tensor

    Returns
    -------
    (n, 2 H, 2 W, C) tensor
        Interpolated between pixel centres; constant beyond the outermost centres.
    """
    from keras import ops

    height, width = x.shape[1:3]
    if height is None or width is None:
        return _doubled_along(_doubled_along(x, 1), 2)
    return ops.image.resize(x, (2 * height, 2 * width), interpolation="bilinear")


def _doubled_along(x: Any, axis: int) -> Any:
    """Double along rows (1) or columns (2): 3/4 of each pixel plus 1/4 of its neighbour."""
    from keras import ops

    first, last = (x[:, :1], x[:, -1:]) if axis == 1 else (x[:, :, :1], x[:, :, -1:])
    inner, outer = (x[:, :-1], x[:, 1:]) if axis == 1 else (x[:, :, :-1], x[:, :, 1:])
    before = 0.75 * x + 0.25 * ops.concatenate([first, inner], axis=axis)
    after = 0.75 * x + 0.25 * ops.concatenate([outer, last], axis=axis)
    shape = list(ops.shape(x))
    shape[axis] = -1
    return ops.reshape(ops.stack([before, after], axis=axis + 1), shape)
