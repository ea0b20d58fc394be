"""The `light` network: an EfficientNet-Lite0 encoder with a small U-Net-like decoder.

About 3.1 million parameters, fully convolutional. It sees three channels made from one grey image
(`pycalfin.scene.enhance`) and predicts the calving front together with the zones on its two
sides, so that no hand-drawn fjord mask is needed. The encoder is EfficientNet-Lite0 (Tan and Le
2019, arXiv:1905.11946; the Lite variant has ReLU6 and no squeeze-and-excitation), cut before its
classification head; the decoder follows U-Net (Ronneberger et al. 2015, arXiv:1505.04597) with
separable convolutions.

Only Keras layers and operations are used, so any Keras backend can run it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import keras

CHANNELS = ("grey", "tonemap", "shadows")
"""Input channels, in order; made by `pycalfin.scene.enhance.channels`."""
OUTPUTS = ("edge", "ocean", "ice", "land")
"""Output maps, in order: the front (sigmoid), then three exclusive zones (softmax)."""
STRIDE = 32
"""Height and width of the input must be multiples of this many pixels."""
SIDE = None
"""Any height and width will do."""
BN_EPSILON = 1e-3
"""Batch normalisation's epsilon of the published EfficientNet-Lite weights."""
BN_MOMENTUM = 0.98
"""Per step; a running mean over about 50 batches suits a training of a few hundred steps."""
STEM_FILTERS = 32


class Stage(NamedTuple):
    """A run of inverted-bottleneck blocks of the encoder."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    filters: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
"""EfficientNet-Lite0 (Tan and Le 2019, table 1; width and depth multipliers 1)."""
SKIP_STAGES = (4, 2, 1, 0)
"""Stages whose outputs feed the decoder, deepest first: strides 16, 8, 4 and 2."""
DECODER_FILTERS = (112, 72, 48, 32, 24)
"""Filters of the decoder at strides 16, 8, 4, 2 and 1."""


def build(*, logits: bool = False) -> keras.Model:
    """Build the network with fresh weights.

    Parameters
    ----------
    logits : bool
        Leave out sigmoid and softmax (for training).

    Returns
    -------
    keras.Model
        (n, H, W, 3) in [-1, 1] -> (n, H, W, 4); H and W multiples of `STRIDE`. The outputs are
        those of `OUTPUTS`: probabilities, or logits if so asked.
    """
    import keras

    inputs = keras.Input((None, None, len(CHANNELS)), name="channels")
    skips = _encoder(inputs)
    x = skips.pop()
    for level, filters in enumerate(DECODER_FILTERS):
        skip = skips.pop() if skips else inputs
        x = _decoder_level(x, skip, filters, f"decoder{level}")
    x = keras.layers.Conv2D(len(OUTPUTS), 1, name="head", dtype="float32")(x)
    if not logits:
        x = probabilities(x)
    return keras.Model(inputs, x, name="light")


def _encoder(inputs: Any) -> list[Any]:
    """Outputs of the stages that the decoder uses, the deepest last."""
    x = _conv(inputs, STEM_FILTERS, 3, "stem", stride=2)
    skips = []
    block = 0
    for number, stage in enumerate(STAGES):
        for repeat in range(stage.repeats):
            x = _bottleneck(x, stage, stage.stride if repeat == 0 else 1, f"block{block}")
            block += 1
        if number in SKIP_STAGES:
            skips.append(x)
    return [*skips, x]


def _bottleneck(x: Any, stage: Stage, stride: int, name: str) -> Any:
    """Inverted bottleneck: expand, filter each channel, project; the input is added if it fits."""
    import keras

    inputs, width = x, x.shape[-1]
    if stage.expand != 1:
        x = _conv(x, width * stage.expand, 1, f"{name}_expand")
    x = _depthwise(x, stage.kernel, f"{name}_depthwise", stride=stride)
    x = _conv(x, stage.filters, 1, f"{name}_project", activate=False)
    if stride == 1 and width == stage.filters:
        x = keras.layers.Add(name=f"{name}_add")([inputs, x])
    return x


def _decoder_level(x: Any, skip: Any, filters: int, name: str) -> Any:
    """Narrow, double the resolution, join the encoder's features, two separable convolutions."""
    import keras

    x = _conv(x, filters, 1, f"{name}_narrow")
    x = _doubled(x, f"{name}_up")
    x = keras.layers.Concatenate(name=f"{name}_join")([x, skip])
    for half in ("a", "b"):
        x = _depthwise(x, 3, f"{name}{half}_depthwise")
        x = _conv(x, filters, 1, f"{name}{half}_mix")
    return x


def _doubled(x: Any, name: str) -> Any:
    """Bilinear interpolation between pixel centres to twice the height and width."""
    import keras

    return keras.layers.Lambda(double, output_shape=(None, None, x.shape[-1]), name=name)(x)


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


def _conv(
    x: Any, filters: int, kernel: int, name: str, *, stride: int = 1, activate: bool = True
) -> Any:
    import keras

    x = keras.layers.Conv2D(
        filters, kernel, strides=stride, padding="same", use_bias=False, name=name
    )(x)
    return _normalise(x, name, activate)


def _depthwise(x: Any, kernel: int, name: str, *, stride: int = 1) -> Any:
    import keras

    x = keras.layers.DepthwiseConv2D(
        kernel, strides=stride, padding="same", use_bias=False, name=name
    )(x)
    return _normalise(x, name, True)


def _normalise(x: Any, name: str, activate: bool) -> Any:
    import keras

    x = keras.layers.BatchNormalization(
        epsilon=BN_EPSILON, momentum=BN_MOMENTUM, name=f"{name}_bn"
    )(x)
    return keras.layers.ReLU(6.0, name=f"{name}_relu")(x) if activate else x


def probabilities(logits: Any) -> Any:
    """Turn logits into the probabilities of `OUTPUTS`.

    Parameters
    ----------
    logits : (n, H, W, 4) Keras tensor

    Returns
    -------
    (n, H, W, 4) Keras tensor
    """
    import keras

    edge = keras.layers.Activation("sigmoid", name="edge")(logits[..., :1])
    zones = keras.layers.Softmax(name="zones")(logits[..., 1:])
    return keras.layers.Concatenate(name="maps")([edge, zones])
