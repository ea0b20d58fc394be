"""The interface of layers, with which `calfin` and `light` describe their architecture.

A network is described once, by calls of these methods. Three modules implement them:

- `keras_layers` builds a Keras model, for training and as the reference;
- `opset` builds an OpenVINO graph from the weights;
- `shapes` lists the names and shapes that a weights file must hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol


class Normal(NamedTuple):
    """Batch normalisation after a convolution.

    Attributes
    ----------
    suffix : str
        Added to the convolution's name to name the normalisation.
    epsilon : float
    momentum : float
        Momentum of the running mean and variance, per training step.
    """

    suffix: str
    epsilon: float
    momentum: float = 0.99


class Layers(Protocol):
    """The interface; each method takes and returns a representation of images (n, H, W, C)."""

    def width(self, x: Any) -> int:
        """Return the number of channels."""
        ...

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
        """Convolve with zero padding, then normalise; add a bias if `normal` is None."""
        ...

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
        """Convolve each channel separately, dilated by `rate`, and normalise.

        Zero padding keeps the size, with an odd row or column added at the end. If `even`, both
        sides are padded by half the dilated kernel.
        """
        ...

    def activation(self, x: Any, kind: str, name: str) -> Any:
        """Apply 'elu', 'relu6' or 'sigmoid'."""
        ...

    def add(self, parts: Sequence[Any], name: str) -> Any:
        """Add images of one shape."""
        ...

    def concatenate(self, parts: Sequence[Any], name: str) -> Any:
        """Concatenate the channels of images."""
        ...

    def halved(self, x: Any, name: str) -> Any:
        """Halve the size: the maximum of each 2 x 2 pixels."""
        ...

    def doubled(self, x: Any, name: str) -> Any:
        """Resize to twice the height and width, bilinearly between pixel centres."""
        ...

    def aligned(self, x: Any, side: int, name: str) -> Any:
        """Resize bilinearly to (side, side) with aligned corners (align_corners)."""
        ...

    def dropout(self, x: Any, share: float, name: str) -> Any:
        """Drop a share of the values during training."""
        ...

    def edge_and_zones(self, x: Any) -> Any:
        """Turn logits into probabilities: sigmoid of the first channel, softmax of the others."""
        ...
