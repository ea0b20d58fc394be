"""What the networks are made of: the layers that `calfin` and `light` describe themselves with.

A network is described once, by calls of these. `keras_layers` makes a Keras model of the calls, to
train and as the reference; `opset` a graph of OpenVINO, from the weights alone; `shapes` the table
of what a weights file has to hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol


class Normal(NamedTuple):
    """Batch normalisation after a convolution.

    Attributes
    ----------
    suffix : str
        Of the convolution's name: that of the normalisation.
    epsilon : float
    momentum : float
        Of the running mean and variance, per step of a training.
    """

    suffix: str
    epsilon: float
    momentum: float = 0.99


class Layers(Protocol):
    """Makes layers; each takes and gives what stands for images (n, H, W, channels)."""

    def width(self, x: Any) -> int:
        """Tell the number of channels."""
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
        """Convolve, and normalise or, without `normal`, add a bias; zeros around keep a size."""
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
        """Convolve each channel by itself, with holes at `rate` > 1, and normalise.

        Zeros are put around: as many as keep a size, the odd one at the end; or, if `even`, as many
        on each side as reach from the middle of the kernel.
        """
        ...

    def activation(self, x: Any, kind: str, name: str) -> Any:
        """Apply 'elu', 'relu6' or 'sigmoid'."""
        ...

    def add(self, parts: Sequence[Any], name: str) -> Any:
        """Add images of one shape."""
        ...

    def concatenate(self, parts: Sequence[Any], name: str) -> Any:
        """Put the channels of images behind each other."""
        ...

    def halved(self, x: Any, name: str) -> Any:
        """Take the largest of each 2 x 2 pixels."""
        ...

    def doubled(self, x: Any, name: str) -> Any:
        """Resize to twice the height and width, bilinearly between the pixels' centres."""
        ...

    def aligned(self, x: Any, side: int, name: str) -> Any:
        """Resize to (side, side), bilinearly, corners upon corners (align_corners)."""
        ...

    def dropout(self, x: Any, share: float, name: str) -> Any:
        """Leave out a share of the values, in a training."""
        ...

    def edge_and_zones(self, x: Any) -> Any:
        """Make probabilities: sigmoid of the first channel, softmax of the others."""
        ...
