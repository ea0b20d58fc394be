"""Names and shapes of each network's weights, derived from the network's description.

Neither TensorFlow nor OpenVINO is needed, so that a file is checked in a second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pycalfin.network import calfin, light
from pycalfin.network.layers import Normal

Shapes = dict[str, tuple[int, ...]]


def table(kind: str) -> Shapes:
    """List the weights of a network.

    Parameters
    ----------
    kind : {'light', 'calfin'}

    Returns
    -------
    dict of str to tuple of int
        Shapes by name, `<layer>/<weight>`, in the order of the network.

    Examples
    --------
    >>> parameters(table("calfin"))
    29458201
    """
    if kind == "light":
        layers = ShapeLayers(light.DEPTHWISE_KERNEL)
        light.describe(layers, len(light.CHANNELS))
    else:
        layers = ShapeLayers(calfin.DEPTHWISE_KERNEL)
        calfin.body(layers, calfin.head(layers, len(calfin.CHANNELS)), calfin.SIDE)
    return layers.shapes


def parameters(shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Count the values in arrays of these shapes."""
    return sum(math.prod(shape) for shape in shapes.values())


class ShapeLayers:
    """The `Layers` that record shapes (`pycalfin.network.layers`).

    An image is represented by its number of channels.

    Parameters
    ----------
    depthwise_kernel : str
        Name of a depthwise convolution's kernel in the files.

    Attributes
    ----------
    shapes : dict of str to tuple of int
    """

    def __init__(self, depthwise_kernel: str) -> None:
        self.shapes: Shapes = {}
        self._depthwise_kernel = depthwise_kernel

    def width(self, x: int) -> int:
        """Return the number of channels."""
        return x

    def convolution(
        self,
        x: int,
        filters: int,
        name: str,
        *,
        size: int = 1,
        stride: int = 1,
        normal: Normal | None = None,
    ) -> int:
        """Record a kernel, and its bias or normalisation."""
        del stride
        self.shapes[f"{name}/kernel"] = (size, size, x, filters)
        if normal is None:
            self.shapes[f"{name}/bias"] = (filters,)
        else:
            self._record(name, normal, filters)
        return filters

    def depthwise(
        self,
        x: int,
        name: str,
        normal: Normal,
        *,
        size: int = 3,
        stride: int = 1,
        rate: int = 1,
        even: bool = False,
    ) -> int:
        """Record a kernel and its normalisation."""
        del stride, rate, even
        self.shapes[f"{name}/{self._depthwise_kernel}"] = (size, size, x, 1)
        self._record(name, normal, x)
        return x

    def activation(self, x: int, kind: str, name: str) -> int:
        """Return the number of channels: the layer has no weights."""
        del kind, name
        return x

    def add(self, parts: Sequence[int], name: str) -> int:
        """Return the number of channels: the layer has no weights."""
        del name
        return parts[0]

    def concatenate(self, parts: Sequence[int], name: str) -> int:
        """Return the sum of the channels: the layer has no weights."""
        del name
        return sum(parts)

    def halved(self, x: int, name: str) -> int:
        """Return the number of channels: the layer has no weights."""
        del name
        return x

    def doubled(self, x: int, name: str) -> int:
        """Return the number of channels: the layer has no weights."""
        del name
        return x

    def aligned(self, x: int, side: int, name: str) -> int:
        """Return the number of channels: the layer has no weights."""
        del side, name
        return x

    def dropout(self, x: int, share: float, name: str) -> int:
        """Return the number of channels: the layer has no weights."""
        del share, name
        return x

    def edge_and_zones(self, x: int) -> int:
        """Return the number of channels: the layer has no weights."""
        return x

    def _record(self, name: str, normal: Normal, width: int) -> None:
        for kind in ("gamma", "beta", "moving_mean", "moving_variance"):
            self.shapes[f"{name}{normal.suffix}/{kind}"] = (width,)
