"""The record of a loaded network, with its `predict`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pycalfin.network.calibration import Calibration
from pycalfin.network.engine import Engine

DEFAULT_BATCH = 1
"""Number of patches predicted together; fixed, so that results do not depend on their number."""


@dataclass(frozen=True, eq=False)
class Network:
    """A network with its weights, ready to predict.

    Attributes
    ----------
    name : str
        The registered name, or the stem of the weights file.
    kind : str
        The architecture: 'light', 'calfin' or 'custom'.
    digest : str
        SHA-256 of the weights file, hexadecimal; for a custom network, of weights and source.
    channels : tuple of str
        Input channels in order; keys of `pycalfin.scene.enhance.CHANNELS`.
    outputs : tuple of str
        Output maps in order.
    stride : int
        Height and width of patches must be multiples of this.
    engine : Engine
    side : int or None
        Height and width of patches, for a network of fixed size.
    extractor : {'light', 'calfin'}
        What makes fronts of its outputs, by the name of the setting `preset`.
    batch : int
        Number of patches predicted together.
    computed_by : str
        Engine with its version, and processor.
    calibration : Calibration or None
        Constants of confidence and uncertainty. A network without them makes no calibrated claim.
    """

    name: str
    kind: str
    digest: str
    channels: tuple[str, ...]
    outputs: tuple[str, ...]
    stride: int
    engine: Engine
    side: int | None = None
    extractor: str = "light"
    batch: int = DEFAULT_BATCH
    computed_by: str = ""
    calibration: Calibration | None = None

    def predict(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Predict the probabilities of patches, in float32 unless loaded with another precision.

        Parameters
        ----------
        patches : (n, H, W, len(channels)) float32 in [-1, 1]
            H and W are multiples of `stride`, or equal to `side` if the network has one.

        Returns
        -------
        (n, H, W, len(outputs)) float32 in [0, 1]

        Raises
        ------
        ValueError
            If the patches have another shape.
        """
        shape = np.shape(patches)
        if len(shape) != 4 or shape[3] != len(self.channels):
            raise ValueError(
                f"patches have the shape {shape}; expected (n, height, width, {len(self.channels)})"
            )
        if self.side is not None and shape[1:3] != (self.side, self.side):
            raise ValueError(
                f"patches are {shape[1]} x {shape[2]} pixels; the network '{self.kind}' takes "
                f"{self.side} x {self.side}"
            )
        if 0 in shape or shape[1] % self.stride or shape[2] % self.stride:
            raise ValueError(
                f"patches are {shape[1]} x {shape[2]} pixels; expected multiples of {self.stride}; "
                "pycalfin.network.predict.predict_image pads any image"
            )
        parts = [
            self.engine.run(patches[start : start + self.batch])
            for start in range(0, shape[0], self.batch)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)
