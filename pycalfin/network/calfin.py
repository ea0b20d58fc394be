"""The published CALFIN network (Cheng et al. 2021), matching its weights files.

A modified Xception encoder and DeepLabv3+ decoder with 29.5 million parameters. The input is
224 x 224 pixels of three channels; the outputs are the calving-front edge and a mask of land and
ice. The layers have the names of the published Keras 2.2.4 files, because weights are loaded by
name.

`head` and `body` describe the network once for every backend (`pycalfin.network.layers`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pycalfin.network.layers import Layers, Normal

if TYPE_CHECKING:
    import keras

CHANNELS = ("grey", "hdr", "shadows_highlights")
"""Input channels, in order: the grey subset, and two versions of it the authors made in
Photoshop."""
OUTPUTS = ("edge", "mask")
"""Output maps, in order: the calving front, and land or ice (1) against ocean or melange (0)."""
EXTRACTOR = "calfin"
"""What makes fronts of the outputs (`pycalfin.front.calfin`)."""
SIDE = 224
"""Pixels: height and width of the input window."""
SIDE_FAST = 288
"""Pixels: side of the single window of the fast mode, the 256-pixel square plus a frame of 16."""
STRIDE = 16
"""Pixels of the input per pixel of the encoder's output."""
PARAMETERS = 29_458_201
ENCODER_NORMAL, DECODER_NORMAL = Normal("_BN", 1e-3), Normal("_BN", 1e-5)
"""Batch normalisation in the encoder, and after it."""
DEPTHWISE_KERNEL = "depthwise_kernel"
"""Name of a depthwise convolution's kernel in the files."""
HEAD_STRIDE, HEAD_FILTERS = 4, 256
"""Stride and filters of the first two blocks, which overlapping windows share."""
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
        Height and width of the input, a multiple of 32. The published size is 224; the weights
        fit any size.
    logits : bool
        Leave out the sigmoid (for training).

    Returns
    -------
    keras.Model
        (n, side, side, 3) in [-1, 1] -> (n, side, side, 2): probabilities of `OUTPUTS`.
    """
    import keras

    from pycalfin.network.keras_layers import KerasLayers

    layers = KerasLayers()
    inputs = keras.Input((side, side, len(CHANNELS)), name="channels")
    x = body(layers, head(layers, inputs), side, logits=logits)
    return keras.Model(inputs, x, name="calfin")


def halves(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Cut a network in two, so that overlapping windows can share the first part.

    Parameters
    ----------
    model : keras.Model
        From `build`.

    Returns
    -------
    first : keras.Model
        (n, H, W, 3) of any size -> (n, H / 4, W / 4, 256).
    second : keras.Model
        The rest: (n, side / 4, side / 4, 256) -> (n, side, side, 2).
    """
    import keras

    from pycalfin.network.keras_layers import KerasLayers

    layers, side = KerasLayers(), model.input_shape[1]
    inputs = keras.Input((None, None, len(CHANNELS)), name="channels")
    first = keras.Model(inputs, head(layers, inputs), name="calfin_head")
    cells = side // HEAD_STRIDE
    features = keras.Input((cells, cells, HEAD_FILTERS), name="features")
    second = keras.Model(features, body(layers, features, side), name="calfin_body")
    for part in (first, second):
        for layer in part.layers:
            if layer.weights:
                layer.set_weights(model.get_layer(layer.name).get_weights())
    return first, second


def head(layers: Layers, x: Any) -> Any:
    """Build the first two blocks: features at a quarter of the size."""
    x, _ = _block(layers, x, (128, 128, 128), "entry_flow_block1", "conv", stride=2)
    x, _ = _block(layers, x, (HEAD_FILTERS,) * 3, "entry_flow_block2", "conv", stride=2)
    return x


def body(layers: Layers, x: Any, side: int, *, logits: bool = False) -> Any:
    """Build everything after the second block; `side` is the side of the network's input."""
    x, skip = _encoder(layers, x)
    x = _pyramid(layers, x, side // STRIDE)
    x = layers.aligned(x, side // 4, "decoder_upsampling")
    low = _projected(layers, skip, SKIP_FILTERS, "feature_projection1")
    x = layers.concatenate([x, low], "decoder_concatenate")
    for number in range(2):
        x = _separable(
            layers, x, ASPP_FILTERS, f"decoder_conv1_{number}", inside=True, normal=DECODER_NORMAL
        )
    x = layers.convolution(x, len(OUTPUTS), "custom_logits_semantic")
    x = layers.aligned(x, side, "logits_upsampling")
    return x if logits else layers.activation(x, "sigmoid", "probabilities")


def _encoder(layers: Layers, x: Any) -> tuple[Any, Any]:
    """Build the encoder: features at 1/16 of the size, and the skip tensor of entry_flow_block3."""
    x, skip = _block(layers, x, (728, 728, 728), "entry_flow_block3", "conv", stride=2)
    for unit in range(1, MIDDLE_UNITS + 1):
        x, _ = _block(layers, x, (728, 728, 728), f"middle_flow_unit_{unit}", "sum")
    x, _ = _block(layers, x, (728, 1024, 1024), "exit_flow_block1", "conv", stride=2)
    x, _ = _block(
        layers, x, (1536, 1536, 2048), "exit_flow_block2", "none", rates=(1, 2, 4), inside=True
    )
    return x, skip


def _block(
    layers: Layers,
    x: Any,
    filters: Sequence[int],
    prefix: str,
    shortcut: str,
    *,
    stride: int = 1,
    rates: Sequence[int] = (1, 1, 1),
    inside: bool = False,
) -> tuple[Any, Any]:
    """Build three separable convolutions, the last one strided, and a shortcut around them.

    Returns the result and the output of the second convolution.
    """
    inputs, skip = x, x
    for number, (width, rate) in enumerate(zip(filters, rates, strict=True), start=1):
        x = _separable(
            layers,
            x,
            width,
            f"{prefix}_separable_conv{number}",
            stride=stride if number == len(filters) else 1,
            rate=rate,
            inside=inside,
            normal=ENCODER_NORMAL,
        )
        if number == 2:
            skip = x
    if shortcut == "conv":
        around = layers.convolution(
            inputs, filters[-1], f"{prefix}_shortcut", stride=stride, normal=ENCODER_NORMAL
        )
        x = layers.add([x, around], f"{prefix}_add")
    elif shortcut == "sum":
        x = layers.add([x, inputs], f"{prefix}_add")
    return x, skip


def _separable(
    layers: Layers,
    x: Any,
    filters: int,
    prefix: str,
    *,
    stride: int = 1,
    rate: int = 1,
    inside: bool,
    normal: Normal,
) -> Any:
    """Build a depthwise 3 x 3 and a pointwise convolution; ELU after each (`inside`) or before."""
    if not inside:
        x = layers.activation(x, "elu", f"{prefix}_elu")
    x = layers.depthwise(
        x, f"{prefix}_depthwise", normal, stride=stride, rate=rate, even=stride > 1
    )
    if inside:
        x = layers.activation(x, "elu", f"{prefix}_depthwise_elu")
    x = layers.convolution(x, filters, f"{prefix}_pointwise", normal=normal)
    return layers.activation(x, "elu", f"{prefix}_pointwise_elu") if inside else x


def _pyramid(layers: Layers, x: Any, side: int) -> Any:
    """Build the spatial pyramid of seven branches (ASPP), joined and projected."""
    pooled = layers.halved(x, "image_max_pooling")
    pooled = _projected(layers, pooled, ASPP_FILTERS, "image_pooling")
    branches = [
        layers.aligned(pooled, side, "image_upsampling"),
        _projected(layers, x, ASPP_FILTERS, "aspp0"),
    ]
    for number, rate in enumerate(ASPP_RATES, start=1):
        branches.append(
            _separable(
                layers,
                x,
                ASPP_FILTERS,
                f"aspp{number}",
                rate=rate,
                inside=True,
                normal=DECODER_NORMAL,
            )
        )
    x = layers.concatenate(branches, "aspp_concatenate")
    x = _projected(layers, x, ASPP_FILTERS, "concat_projection")
    return layers.dropout(x, DROPOUT, "aspp_dropout")


def _projected(layers: Layers, x: Any, filters: int, name: str) -> Any:
    """Build a pointwise convolution, its normalisation and an ELU."""
    x = layers.convolution(x, filters, name, normal=DECODER_NORMAL)
    return layers.activation(x, "elu", f"{name}_elu")
