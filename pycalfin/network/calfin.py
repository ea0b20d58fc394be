"""The published CALFIN network (Cheng et al. 2021), as its weights files need it.

A modified Xception encoder and DeepLabv3+ decoder with 29.5 million parameters. It looks at
224 x 224 pixels of three channels and predicts the calving-front edge and a mask of land and ice.
The layers bear the names of the published Keras 2.2.4 files, so that weights are loaded by name.

Only Keras layers and operations are used. Bilinear resizing, which in the published network
aligns the corners of the grids (TensorFlow 1's align_corners), is two matrix products: any
backend and any converter knows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

CHANNELS = ("grey", "hdr", "shadows_highlights")
"""Input channels, in order: the grey subset, and what the authors made of it in Photoshop."""
OUTPUTS = ("edge", "mask")
"""Output maps, in order: the calving front, and land or ice (1) against ocean or melange (0)."""
SIDE = 224
"""Pixels: height and width of what it looks at."""
STRIDE = 16
"""Pixels of the input per pixel of the encoder's end."""
PARAMETERS = 29_458_201
ENCODER_EPSILON, DECODER_EPSILON = 1e-3, 1e-5
"""Of batch normalisation, in the encoder and after it."""
HEAD_STRIDE, HEAD_FILTERS = 4, 256
"""Of the first two blocks, which overlapping windows share."""
MIDDLE_UNITS = 8
ASPP_FILTERS = 256
ASPP_RATES = (1, 2, 3, 4, 5)
"""Dilation rates of the pyramid's separable convolutions, aspp1 to aspp5."""
SKIP_FILTERS = 48
DROPOUT = 0.1


def build(side: int = SIDE, *, logits: bool = False) -> keras.Model:
    """Build the network with fresh weights.

    Parameters
    ----------
    side : int
        Height and width of the input, a multiple of 32. The published one is 224; the weights
        fit any.
    logits : bool
        Leave out the sigmoid (for training).

    Returns
    -------
    keras.Model
        (n, side, side, 3) in [-1, 1] -> (n, side, side, 2): probabilities of `OUTPUTS`.
    """
    import keras

    inputs = keras.Input((side, side, len(CHANNELS)), name="channels")
    x = _body(_head(inputs), side, logits=logits)
    return keras.Model(inputs, x, name="calfin")


def halves(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Cut a network in two, so that overlapping windows can share the first part.

    Parameters
    ----------
    model : keras.Model
        From `build`.

    Returns
    -------
    head : keras.Model
        (n, H, W, 3) of any size -> (n, H / 4, W / 4, 256).
    body : keras.Model
        What follows: (n, side / 4, side / 4, 256) -> (n, side, side, 2).
    """
    import keras

    side = model.input_shape[1]
    inputs = keras.Input((None, None, len(CHANNELS)), name="channels")
    head = keras.Model(inputs, _head(inputs), name="calfin_head")
    features = keras.Input(
        (side // HEAD_STRIDE, side // HEAD_STRIDE, HEAD_FILTERS), name="features"
    )
    body = keras.Model(features, _body(features, side), name="calfin_body")
    for part in (head, body):
        for layer in part.layers:
            if layer.weights:
                layer.set_weights(model.get_layer(layer.name).get_weights())
    return head, body


def _body(x: Any, side: int, *, logits: bool = False) -> Any:
    """Everything after the second block."""
    import keras

    x, skip = _encoder(x)
    x = _pyramid(x)
    x = _aligned(x, side // 4, "decoder_upsampling")
    low = _projected(skip, SKIP_FILTERS, "feature_projection1")
    x = keras.layers.Concatenate(name="decoder_concatenate")([x, low])
    for number in range(2):
        x = _separable(
            x, ASPP_FILTERS, f"decoder_conv1_{number}", inside=True, epsilon=DECODER_EPSILON
        )
    x = keras.layers.Conv2D(len(OUTPUTS), 1, name="custom_logits_semantic")(x)
    x = _aligned(x, side, "logits_upsampling")
    if not logits:
        x = keras.layers.Activation("sigmoid", name="probabilities")(x)
    return x


def _head(x: Any) -> Any:
    """The first two blocks: features at a quarter of the size."""
    x, _ = _block(x, (128, 128, 128), "entry_flow_block1", "conv", stride=2)
    x, _ = _block(x, (HEAD_FILTERS,) * 3, "entry_flow_block2", "conv", stride=2)
    return x


def _encoder(x: Any) -> tuple[Any, Any]:
    """Features at a sixteenth of the size, and the skip tensor of entry_flow_block3."""
    x, skip = _block(x, (728, 728, 728), "entry_flow_block3", "conv", stride=2)
    for unit in range(1, MIDDLE_UNITS + 1):
        x, _ = _block(x, (728, 728, 728), f"middle_flow_unit_{unit}", "sum")
    x, _ = _block(x, (728, 1024, 1024), "exit_flow_block1", "conv", stride=2)
    x, _ = _block(x, (1536, 1536, 2048), "exit_flow_block2", "none", rates=(1, 2, 4), inside=True)
    return x, skip


def _block(
    x: Any,
    filters: Sequence[int],
    prefix: str,
    shortcut: str,
    *,
    stride: int = 1,
    rates: Sequence[int] = (1, 1, 1),
    inside: bool = False,
) -> tuple[Any, Any]:
    """Three separable convolutions, the last one strided, and a shortcut around them.

    Returns the result and the output of the second convolution.
    """
    import keras

    inputs, skip = x, x
    for number, (width, rate) in enumerate(zip(filters, rates, strict=True), start=1):
        x = _separable(
            x,
            width,
            f"{prefix}_separable_conv{number}",
            stride=stride if number == len(filters) else 1,
            rate=rate,
            inside=inside,
            epsilon=ENCODER_EPSILON,
        )
        if number == 2:
            skip = x
    if shortcut == "conv":
        # the stride is a slice: the gradient of a strided 1 x 1 convolution of three channels
        # corrupts memory in TensorFlow 2.21 on processors (oneDNN)
        around = keras.layers.Conv2D(filters[-1], 1, use_bias=False, name=f"{prefix}_shortcut")(
            inputs[:, ::stride, ::stride]
        )
        around = _normalised(around, f"{prefix}_shortcut_BN", ENCODER_EPSILON)
        x = keras.layers.Add(name=f"{prefix}_add")([x, around])
    elif shortcut == "sum":
        x = keras.layers.Add(name=f"{prefix}_add")([x, inputs])
    return x, skip


def _separable(
    x: Any,
    filters: int,
    prefix: str,
    *,
    stride: int = 1,
    rate: int = 1,
    inside: bool,
    epsilon: float,
) -> Any:
    """Depthwise 3 x 3 and pointwise convolution; ELU after each (`inside`) or before both."""
    import keras

    if not inside:
        x = keras.layers.ELU(name=f"{prefix}_elu")(x)
    if stride > 1:
        x = keras.layers.ZeroPadding2D(1, name=f"{prefix}_padding")(x)
    x = keras.layers.DepthwiseConv2D(
        3,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        dilation_rate=rate,
        use_bias=False,
        name=f"{prefix}_depthwise",
    )(x)
    x = _normalised(x, f"{prefix}_depthwise_BN", epsilon)
    if inside:
        x = keras.layers.ELU(name=f"{prefix}_depthwise_elu")(x)
    x = keras.layers.Conv2D(filters, 1, use_bias=False, name=f"{prefix}_pointwise")(x)
    x = _normalised(x, f"{prefix}_pointwise_BN", epsilon)
    return keras.layers.ELU(name=f"{prefix}_pointwise_elu")(x) if inside else x


def _pyramid(x: Any) -> Any:
    """Spatial pyramid of seven branches (ASPP), joined and projected."""
    import keras

    size = x.shape[1]
    pooled = keras.layers.MaxPooling2D(2, name="image_max_pooling")(x)
    pooled = _projected(pooled, ASPP_FILTERS, "image_pooling")
    branches = [
        _aligned(pooled, size, "image_upsampling"),
        _projected(x, ASPP_FILTERS, "aspp0"),
    ]
    for number, rate in enumerate(ASPP_RATES, start=1):
        branches.append(
            _separable(
                x, ASPP_FILTERS, f"aspp{number}", rate=rate, inside=True, epsilon=DECODER_EPSILON
            )
        )
    x = keras.layers.Concatenate(name="aspp_concatenate")(branches)
    x = _projected(x, ASPP_FILTERS, "concat_projection")
    return keras.layers.Dropout(DROPOUT, name="aspp_dropout")(x)


def _projected(x: Any, filters: int, name: str) -> Any:
    """Pointwise convolution, normalisation, ELU."""
    import keras

    x = keras.layers.Conv2D(filters, 1, use_bias=False, name=name)(x)
    x = _normalised(x, f"{name}_BN", DECODER_EPSILON)
    return keras.layers.ELU(name=f"{name}_elu")(x)


def _normalised(x: Any, name: str, epsilon: float) -> Any:
    import keras

    return keras.layers.BatchNormalization(epsilon=epsilon, name=name)(x)


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


def _aligned(x: Any, target: int, name: str) -> Any:
    """Resize bilinearly to (target, target), corners aligned: one matrix product per axis."""
    import keras

    _, height, width, channels = x.shape
    rows, cols = aligned_matrix(height, target), aligned_matrix(width, target)

    def resize(images: Any) -> Any:
        ops = keras.ops
        tall = ops.matmul(rows, ops.reshape(images, (-1, height, width * channels)))
        wide = ops.matmul(cols, ops.reshape(tall, (-1, width, channels)))
        return ops.reshape(wide, (-1, target, target, channels))

    return keras.layers.Lambda(resize, output_shape=(target, target, channels), name=name)(x)
