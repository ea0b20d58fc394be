"""Networks that find calving fronts: `load` one, then `Network.predict`.

Importing this package is cheap: TensorFlow is imported by `load`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pycalfin.network.engine import Engine, TensorFlowEngine, import_keras

__all__ = ["DEFAULT", "DEFAULT_THREADS", "Network", "load"]

DEFAULT = "light"
"""Name of the network that is used unless another is asked for."""
DEFAULT_THREADS = 2
"""Threads within one operation; a fixed number, so results do not depend on the machine."""


@dataclass(frozen=True, eq=False)
class Network:
    """A network with its weights, ready to predict.

    Attributes
    ----------
    name : str
        The registered name, or the stem of the weights file.
    kind : str
        The architecture: 'light'.
    digest : str
        SHA-256 of the weights file, hexadecimal.
    channels : tuple of str
        Input channels in order; keys of `pycalfin.scene.enhance.CHANNELS`.
    outputs : tuple of str
        Output maps in order.
    stride : int
        Height and width of patches must be multiples of this.
    engine : Engine
    """

    name: str
    kind: str
    digest: str
    channels: tuple[str, ...]
    outputs: tuple[str, ...]
    stride: int
    engine: Engine

    def predict(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Predict the probabilities of patches, exactly (float32).

        Parameters
        ----------
        patches : (n, H, W, len(channels)) float32 in [-1, 1]
            H and W multiples of `stride`.

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
        if 0 in shape or shape[1] % self.stride or shape[2] % self.stride:
            raise ValueError(
                f"patches are {shape[1]} x {shape[2]} pixels; expected multiples of {self.stride}; "
                "pycalfin.network.predict.predict_image pads any image"
            )
        return self.engine.run(patches)


def load(name_or_path: str | Path = DEFAULT, *, threads: int = DEFAULT_THREADS) -> Network:
    """Load a network with its weights.

    Parameters
    ----------
    name_or_path : str or Path
        A registered name ('light'), or a weights file (.h5).
    threads : int
        Threads within one operation. The first network loaded in a process decides.

    Returns
    -------
    Network

    Raises
    ------
    WeightsError
        If the weights are missing, damaged, or belong to another network.
    MissingDependencyError
        If TensorFlow is not installed.
    SettingsError
        If Keras is set to another backend by the environment.

    Examples
    --------
    >>> import numpy as np
    >>> network = load("light")
    >>> network.predict(np.zeros((1, 64, 64, 3), np.float32)).shape
    (1, 64, 64, 4)
    """
    from pycalfin.network import light, weights

    path, entry = weights.locate(name_or_path)
    digest = weights.digest(path, entry)
    kind = weights.kind_of(path)
    import_keras(threads)
    model = light.build()
    weights.load_light(path, model)
    return Network(
        name=entry.name if entry else path.stem,
        kind=kind,
        digest=digest,
        channels=light.CHANNELS,
        outputs=light.OUTPUTS,
        stride=light.STRIDE,
        engine=TensorFlowEngine(model),
    )
