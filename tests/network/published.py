"""CALFIN's network once more, in plain NumPy: what the Keras one is compared with.

Written from the description of the published graph alone. Nothing here knows Keras.
"""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np

MANIFEST = Path(__file__).with_name("calfin_weights_manifest.json")


def layers():
    """Layers of the published file: (layer, [(weight, shape), ...]), in its order."""
    for item in json.loads(MANIFEST.read_text())["layers"]:
        yield item["layer"], [(one["name"], tuple(one["shape"])) for one in item["weights"]]


def random_weights(seed=0):
    """Weights that keep the signal alive through the whole depth."""
    random = np.random.default_rng(seed)
    values = {}
    for layer, weights in layers():
        for name, shape in weights:
            kind = name.rsplit("/", 1)[1]
            if kind in ("gamma:0", "moving_variance:0"):
                value = random.uniform(0.6, 1.4, shape)
            elif kind in ("beta:0", "moving_mean:0", "bias:0"):
                value = random.normal(0, 0.2, shape)
            else:
                inputs = np.prod(shape[:2]) * (1 if "depthwise" in kind else shape[2])
                value = random.normal(0, np.sqrt(1.15 / inputs), shape)
            values[name] = value.astype(np.float32)
        del layer
    return values


def write(path, values, *, group=None, order=None, text=bytes, skip=()):
    """Write a file as Keras 2.2.4 did: at the root, or in `model_weights`; bytes or str."""
    items = [item for item in layers() if item[0] not in skip]
    items = [items[index] for index in order] if order is not None else items
    encode = (lambda value: value.encode()) if text is bytes else str
    with h5py.File(path, "w") as file:
        place = file if group is None else file.create_group(group)
        if group is not None:
            file.create_group("optimizer_weights")["iterations"] = 1
        # layers without weights are listed as well
        names = ["input_1", *(layer for layer, _ in items)]
        place.attrs["layer_names"] = as_attribute(encode(name) for name in names)
        place.create_group("input_1").attrs["weight_names"] = np.array([], "S1")
        for layer, weights in items:
            inside = place.create_group(layer)
            inside.attrs["weight_names"] = as_attribute(encode(name) for name, _ in weights)
            for name, _ in weights:
                inside[name] = values[name]


def as_attribute(texts):
    """Fixed-length bytes, or variable-length str: h5py has both."""
    texts = list(texts)
    kind = h5py.string_dtype() if texts and isinstance(texts[0], str) else None
    return np.array(texts, dtype=kind or "S")


class Published:
    """The forward pass."""

    def __init__(self, values):
        self.values = values

    def __call__(self, images):
        """(n, 224, 224, 3) in [-1, 1] to (n, 224, 224, 2)."""
        x, _ = self.block(images, "entry_flow_block1", "conv", stride=2)
        x, _ = self.block(x, "entry_flow_block2", "conv", stride=2)
        x, skip = self.block(x, "entry_flow_block3", "conv", stride=2)
        for unit in range(1, 9):
            x, _ = self.block(x, f"middle_flow_unit_{unit}", "sum")
        x, _ = self.block(x, "exit_flow_block1", "conv", stride=2)
        x, _ = self.block(x, "exit_flow_block2", "none", rates=(1, 2, 4), inside=True)
        n, height, width, _ = x.shape
        pooled = x.reshape(n, height // 2, 2, width // 2, 2, -1).max(axis=(2, 4))
        branches = [resize(self.projected(pooled, "image_pooling"), height)]
        branches.append(self.projected(x, "aspp0"))
        branches += [
            self.separable(x, f"aspp{rate}", rate=rate, inside=True, epsilon=1e-5)
            for rate in (1, 2, 3, 4, 5)
        ]
        x = self.projected(np.concatenate(branches, axis=-1), "concat_projection")
        x = resize(x, skip.shape[1])
        x = np.concatenate([x, self.projected(skip, "feature_projection1")], axis=-1)
        x = self.separable(x, "decoder_conv1_0", inside=True, epsilon=1e-5)
        x = self.separable(x, "decoder_conv1_1", inside=True, epsilon=1e-5)
        x = self.pointwise(x, "custom_logits_semantic")
        x = x + self.values["custom_logits_semantic/bias:0"]
        return 1 / (1 + np.exp(-resize(x, images.shape[1]).astype(np.float64)))

    def block(self, x, prefix, skip, stride=1, rates=(1, 1, 1), inside=False):
        inputs = x
        outputs = []
        for number, rate in enumerate(rates, start=1):
            name = f"{prefix}_separable_conv{number}"
            x = self.separable(
                x, name, stride=stride if number == 3 else 1, rate=rate, inside=inside, epsilon=1e-3
            )
            outputs.append(x)
        if skip == "conv":
            around = self.pointwise(inputs[:, ::stride, ::stride], f"{prefix}_shortcut")
            x = x + self.normalised(around, f"{prefix}_shortcut_BN", 1e-3)
        elif skip == "sum":
            x = x + inputs
        return x, outputs[1]

    def separable(self, x, prefix, stride=1, rate=1, inside=False, epsilon=1e-3):
        if not inside:
            x = elu(x)
        kernel = self.values[f"{prefix}_depthwise/depthwise_kernel:0"][..., 0]
        x = depthwise(x, kernel, stride, rate)
        x = self.normalised(x, f"{prefix}_depthwise_BN", epsilon)
        if inside:
            x = elu(x)
        x = self.normalised(
            self.pointwise(x, f"{prefix}_pointwise"), f"{prefix}_pointwise_BN", epsilon
        )
        return elu(x) if inside else x

    def projected(self, x, name):
        return elu(self.normalised(self.pointwise(x, name), f"{name}_BN", 1e-5))

    def pointwise(self, x, name):
        kernel = self.values[f"{name}/kernel:0"][0, 0]
        # one product of matrices, not one for every row of pixels
        return (x.reshape(-1, x.shape[-1]) @ kernel).reshape(*x.shape[:-1], -1)

    def normalised(self, x, name, epsilon):
        get = {
            kind: self.values[f"{name}/{kind}:0"]
            for kind in ("gamma", "beta", "moving_mean", "moving_variance")
        }
        scale = get["gamma"] / np.sqrt(get["moving_variance"] + epsilon)
        return x * scale + (get["beta"] - get["moving_mean"] * scale)


def elu(x):
    return np.maximum(x, 0) + np.expm1(np.minimum(x, 0))


def depthwise(x, kernel, stride, rate):
    """3 x 3 per channel; zeros around, as many as keep the size (stride 2: one on each side)."""
    size = x.shape[1]
    padded = np.pad(x, ((0, 0), (rate, rate), (rate, rate), (0, 0)))
    total = np.zeros_like(x[:, ::stride, ::stride])
    for row in range(3):
        for col in range(3):
            part = padded[:, row * rate : row * rate + size, col * rate : col * rate + size]
            total += part[:, ::stride, ::stride] * kernel[row, col]
    return total


def resize(x, size):
    """Bilinear, the corners of both grids on each other, sample by sample."""
    for axis in (1, 2):
        last = x.shape[axis] - 1
        position = np.arange(size) * last / (size - 1)
        low = np.minimum(position.astype(int), last)
        high = np.minimum(low + 1, last)
        shape = [1, 1, 1, 1]
        shape[axis] = size
        share = (position - low).reshape(shape).astype(x.dtype)
        x = np.take(x, low, axis) * (1 - share) + np.take(x, high, axis) * share
    return x
