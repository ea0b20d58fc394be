"""The layers as those of Keras: for training, and as the reference.

Bilinear resizing that aligns the corners of the grids is two matrix products, which any backend
knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pycalfin.network.layers import Normal
from pycalfin.network.normalisation import normalised


class KerasLayers:
    """Makes Keras layers; see `pycalfin.network.layers.Layers`. Needs `import_keras` before."""

    def width(self, x: Any) -> int:
        """Tell the number of channels."""
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
            # the stride is a slice: the gradient of a strided 1 x 1 convolution of three channels
            # corrupts memory in TensorFlow 2.21 on processors (oneDNN)
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
        """Convolve each channel by itself; see `Layers.depthwise`."""
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
        """Put the channels of images behind each other."""
        import keras

        return keras.layers.Concatenate(name=name)(list(parts))

    def halved(self, x: Any, name: str) -> Any:
        """Take the largest of each 2 x 2 pixels."""
        import keras

        return keras.layers.MaxPooling2D(2, name=name)(x)

    def doubled(self, x: Any, name: str) -> Any:
        """Resize to twice the height and width; see `double`."""
        import keras

        return keras.layers.Lambda(double, output_shape=(None, None, self.width(x)), name=name)(x)

    def aligned(self, x: Any, side: int, name: str) -> Any:
        """Resize to (side, side), corners aligned: one matrix product per axis."""
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
        """Leave out a share of the values, in a training."""
        import keras

        return keras.layers.Dropout(share, name=name)(x)

    def edge_and_zones(self, x: Any) -> Any:
        """Make probabilities: sigmoid of the first channel, softmax of the others."""
        import keras

        edge = keras.layers.Activation("sigmoid", name="edge")(x[..., :1])
        zones = keras.layers.Softmax(name="zones")(x[..., 1:])
        return keras.layers.Concatenate(name="maps")([edge, zones])


def aligned_matrix(size: int, target: int) -> NDArray[np.float32]:
    """Weights of linear interpolation that aligns the first and the last samples of two grids.

    Parameters
    ----------
    size, target : int
        Samples before and after.

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
    """Interpolate to twice the height and width, bilinearly, whether or not sizes are known.

    Keras resizes only tensors of known size. In a graph that takes any size the same values come
    from weighted neighbours, at about five times the cost.

    Parameters
    ----------
    x : (n, H, W, C) tensor

    Returns
    -------
    (n, 2 H, 2 W, C) tensor
        Between the pixels' centres; held at the borders.
    """
    from keras import ops

    height, width = x.shape[1:3]
    if height is None or width is None:
        return _doubled_along(_doubled_along(x, 1), 2)
    return ops.image.resize(x, (2 * height, 2 * width), interpolation="bilinear")


def _doubled_along(x: Any, axis: int) -> Any:
    """Two pixels from each along rows (1) or columns (2): 3/4 of it, 1/4 of the neighbour's."""
    from keras import ops

    first, last = (x[:, :1], x[:, -1:]) if axis == 1 else (x[:, :, :1], x[:, :, -1:])
    inner, outer = (x[:, :-1], x[:, 1:]) if axis == 1 else (x[:, :, :-1], x[:, :, 1:])
    before = 0.75 * x + 0.25 * ops.concatenate([first, inner], axis=axis)
    after = 0.75 * x + 0.25 * ops.concatenate([outer, last], axis=axis)
    shape = list(ops.shape(x))
    shape[axis] = -1
    return ops.reshape(ops.stack([before, after], axis=axis + 1), shape)
