"""The `light` network: an EfficientNet-Lite2 encoder with a small U-Net-like decoder.

The network is fully convolutional, with about 4.5 million parameters. Its input is three channels
made from one grey image (`pycalfin.scene.enhance`). It predicts the calving front and the zones on
both sides of it, so that no hand-drawn fjord mask is needed.

- Encoder: EfficientNet-Lite2 without its classification head (Tan and Le 2019, arXiv:1905.11946;
  the Lite variant has ReLU6 and no squeeze-and-excitation).
- Decoder: as in U-Net (Ronneberger et al. 2015, arXiv:1505.04597), with separable convolutions.

`describe` describes the network once for every backend (`pycalfin.network.layers`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pycalfin.network.layers import Layers, Normal

if TYPE_CHECKING:
    import keras

CHANNELS = ("grey", "tonemap", "shadows")
"""Input channels, in order; made by `pycalfin.scene.enhance.channels`."""
OUTPUTS = ("edge", "ocean", "ice", "land")
"""Output maps, in order: the front (sigmoid), then three exclusive zones (softmax)."""
STRIDE = 32
"""Height and width of the input must be multiples of this many pixels."""
EXTRACTOR = "light"
"""What makes fronts of the outputs (`pycalfin.front.zones`)."""
SIDE = None
"""No fixed height and width."""
NORMAL = Normal("_bn", epsilon=1e-3, momentum=0.98)
"""Batch normalisation. The epsilon is that of the published EfficientNet-Lite weights. The momentum
averages over about 50 batches, which suits a training of a few hundred steps."""
DEPTHWISE_KERNEL = "kernel"
"""Name of a depthwise convolution's kernel in the files."""
STEM_FILTERS = 32


class Stage(NamedTuple):
    """A stage of the encoder: consecutive inverted-bottleneck blocks."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    filters: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(3, 3, 2, 6, 24),
    Stage(3, 5, 2, 6, 48),
    Stage(4, 3, 2, 6, 88),
    Stage(4, 5, 1, 6, 120),
    Stage(5, 5, 2, 6, 208),
    Stage(1, 3, 1, 6, 352),
)
"""EfficientNet-Lite2: Tan and Le 2019, table 1, scaled by 1.1 in width (to multiples of 8) and by
1.2 in depth. The Lite variants do not scale the stem and the depth of the first and last stage."""
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
        (n, H, W, 3) in [-1, 1] -> (n, H, W, 4); H and W multiples of `STRIDE`. Probabilities, or
        logits if `logits`, of `OUTPUTS`.
    """
    import keras

    from pycalfin.network.keras_layers import KerasLayers

    inputs = keras.Input((None, None, len(CHANNELS)), name="channels")
    return keras.Model(inputs, describe(KerasLayers(), inputs, logits=logits), name="light")


def describe(layers: Layers, inputs: Any, *, logits: bool = False) -> Any:
    """Describe the whole network, from the input channels to the output maps."""
    skips = _encoder(layers, inputs)
    x = skips.pop()
    for level, filters in enumerate(DECODER_FILTERS):
        skip = skips.pop() if skips else inputs
        x = _decoder_level(layers, x, skip, filters, f"decoder{level}")
    x = layers.convolution(x, len(OUTPUTS), "head")
    return x if logits else layers.edge_and_zones(x)


def _encoder(layers: Layers, inputs: Any) -> list[Any]:
    """Build the encoder; return the outputs that the decoder uses, the deepest last."""
    x = _conv(layers, inputs, STEM_FILTERS, "stem", size=3, stride=2)
    skips = []
    block = 0
    for number, stage in enumerate(STAGES):
        for repeat in range(stage.repeats):
            stride = stage.stride if repeat == 0 else 1
            x = _bottleneck(layers, x, stage, stride, f"block{block}")
            block += 1
        if number in SKIP_STAGES:
            skips.append(x)
    return [*skips, x]


def _bottleneck(layers: Layers, x: Any, stage: Stage, stride: int, name: str) -> Any:
    """Build an inverted bottleneck: expand, depthwise, project; add the input if shapes agree."""
    inputs, width = x, layers.width(x)
    if stage.expand != 1:
        x = _conv(layers, x, width * stage.expand, f"{name}_expand")
    x = _depthwise(layers, x, f"{name}_depthwise", size=stage.kernel, stride=stride)
    x = layers.convolution(x, stage.filters, f"{name}_project", normal=NORMAL)
    if stride == 1 and width == stage.filters:
        x = layers.add([inputs, x], f"{name}_add")
    return x


def _decoder_level(layers: Layers, x: Any, skip: Any, filters: int, name: str) -> Any:
    """Narrow, double the resolution, join the encoder's features, convolve twice (separable)."""
    x = _conv(layers, x, filters, f"{name}_narrow")
    x = layers.doubled(x, f"{name}_up")
    x = layers.concatenate([x, skip], f"{name}_join")
    for half in ("a", "b"):
        x = _depthwise(layers, x, f"{name}{half}_depthwise")
        x = _conv(layers, x, filters, f"{name}{half}_mix")
    return x


def _conv(
    layers: Layers, x: Any, filters: int, name: str, *, size: int = 1, stride: int = 1
) -> Any:
    x = layers.convolution(x, filters, name, size=size, stride=stride, normal=NORMAL)
    return layers.activation(x, "relu6", f"{name}_relu")


def _depthwise(layers: Layers, x: Any, name: str, *, size: int = 3, stride: int = 1) -> Any:
    x = layers.depthwise(x, name, NORMAL, size=size, stride=stride)
    return layers.activation(x, "relu6", f"{name}_relu")
