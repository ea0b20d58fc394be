"""OpenVINO implementation of the layers: a graph built from the weights, without TensorFlow.

Batch normalisation is folded into the convolution before it, in double precision. Inside the graph
channels come first, as OpenVINO expects; input and output have them last, as everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pycalfin.network.engine import import_openvino
from pycalfin.network.layers import Layers, Normal

INSIDE, OUTSIDE = (0, 3, 1, 2), (0, 2, 3, 1)
"""Orders of the axes: to channels first, and back."""
LIMIT = 6.0
"""Upper limit of ReLU6."""

Values = Mapping[str, NDArray[Any]]


def graph(
    describe: Callable[[Layers, Any], Any],
    shape: Sequence[int | None],
    values: Values,
    depthwise_kernel: str,
) -> Any:
    """Build the graph of a network or a part of it.

    Parameters
    ----------
    describe : callable
        `describe(layers, x)`, such as `pycalfin.network.light.describe`.
    shape : sequence of int or None
        Shape of the input, (n, H, W, channels); None for any size.
    values : mapping of str to array
        All weights of that part, `<layer>/<weight>`, as in `pycalfin.network.shapes.table`.
    depthwise_kernel : str
        Name of a depthwise convolution's kernel in `values`.

    Returns
    -------
    openvino.Model

    Raises
    ------
    MissingDependencyError
        If OpenVINO is not installed.
    """
    openvino = import_openvino()
    layers = OpsetLayers(openvino, values, depthwise_kernel)
    ops = layers.ops
    sizes = openvino.PartialShape([-1 if size is None else size for size in shape])
    channels = ops.parameter(sizes, np.float32, name="channels")
    x = describe(layers, ops.transpose(channels, np.array(INSIDE)))
    return openvino.Model([ops.transpose(x, np.array(OUTSIDE))], [channels])


class OpsetLayers:
    """The `Layers` of OpenVINO (`pycalfin.network.layers`).

    Parameters
    ----------
    openvino : module
    values : mapping of str to array
    depthwise_kernel : str
        As in `graph`.
    """

    def __init__(self, openvino: Any, values: Values, depthwise_kernel: str) -> None:
        self.ops = openvino.opset13
        # passed an array, the operations convert it by way of a list, which is slow
        self._constant = openvino.op.Constant
        self._values = values
        self._depthwise_kernel = depthwise_kernel

    def width(self, x: Any) -> int:
        """Return the number of channels."""
        return int(x.get_output_partial_shape(0)[1].get_length())

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
        del size  # known from the kernel
        if normal is None:
            scale, bias = np.ones(filters), self._values[f"{name}/bias"]
        else:
            scale, bias = self._folded(name, normal)
        kernel = self._values[f"{name}/kernel"].transpose(3, 2, 0, 1)
        x = self.ops.convolution(
            x,
            self._constant(_scaled(kernel, scale)),
            strides=[stride] * 2,
            pads_begin=[0, 0],
            pads_end=[0, 0],
            dilations=[1, 1],
            auto_pad="same_upper",
            name=name,
        )
        return self._shifted(x, bias)

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
        scale, bias = self._folded(name, normal)
        kernel = self._values[f"{name}/{self._depthwise_kernel}"].transpose(2, 3, 0, 1)
        pad = [rate * (size // 2)] * 2 if even else [0, 0]
        x = self.ops.group_convolution(
            x,
            self._constant(_scaled(kernel, scale)[:, None]),
            strides=[stride] * 2,
            pads_begin=pad,
            pads_end=pad,
            dilations=[rate] * 2,
            auto_pad="explicit" if even else "same_upper",
            name=name,
        )
        return self._shifted(x, bias)

    def activation(self, x: Any, kind: str, name: str) -> Any:
        """Apply a function; see `Layers.activation`."""
        if kind == "elu":
            return self.ops.elu(x, 1.0, name=name)
        if kind == "relu6":
            return self.ops.clamp(x, 0.0, LIMIT, name=name)
        return self.ops.sigmoid(x, name=name)

    def add(self, parts: Sequence[Any], name: str) -> Any:
        """Add two images of one shape."""
        first, second = parts
        return self.ops.add(first, second, name=name)

    def concatenate(self, parts: Sequence[Any], name: str) -> Any:
        """Concatenate the channels of images."""
        return self.ops.concat(list(parts), 1, name=name)

    def halved(self, x: Any, name: str) -> Any:
        """Halve the size: the maximum of each 2 x 2 pixels."""
        pooled = self.ops.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2], name=name)
        return pooled.output(0)

    def doubled(self, x: Any, name: str) -> Any:
        """Resize to twice the height and width, bilinearly between pixel centres."""
        factors = np.array([2.0, 2.0], np.float32)
        return self._resized(x, factors, "scales", "half_pixel", name)

    def aligned(self, x: Any, side: int, name: str) -> Any:
        """Resize bilinearly to (side, side) with aligned corners."""
        return self._resized(x, np.array([side, side]), "sizes", "align_corners", name)

    def dropout(self, x: Any, share: float, name: str) -> Any:
        """Return the input unchanged: graphs are not trained."""
        del share, name
        return x

    def edge_and_zones(self, x: Any) -> Any:
        """Turn logits into probabilities: sigmoid of the first channel, softmax of the others."""
        parts = self.ops.variadic_split(x, 1, np.array([1, -1]))
        edge, zones = self.ops.sigmoid(parts.output(0)), self.ops.softmax(parts.output(1), 1)
        return self.ops.concat([edge, zones], 1)

    def _folded(self, name: str, normal: Normal) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the factor and shift of each channel that equal a batch normalisation."""
        gamma, beta, mean, variance = (
            self._values[f"{name}{normal.suffix}/{kind}"].astype(np.float64)
            for kind in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        scale = gamma / np.sqrt(variance + normal.epsilon)
        return scale, beta - mean * scale

    def _shifted(self, x: Any, bias: NDArray[Any]) -> Any:
        return self.ops.add(x, self._constant(bias.astype(np.float32)[None, :, None, None]))

    def _resized(self, x: Any, target: NDArray[Any], meaning: str, grid: str, name: str) -> Any:
        return self.ops.interpolate(
            x,
            target,
            "linear_onnx",
            meaning,
            coordinate_transformation_mode=grid,
            axes=np.array([2, 3]),
            name=name,
        )


def _scaled(kernel: NDArray[Any], scale: NDArray[np.float64]) -> NDArray[np.float32]:
    """Multiply along the first axis, in double precision; the result is contiguous."""
    ordered = np.array(kernel, np.float32, order="C")
    return np.multiply(ordered, scale[:, None, None, None], out=ordered, casting="same_kind")
