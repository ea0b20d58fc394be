"""Networks that find calving fronts: `load` one, then `Network.predict`.

Importing this package is cheap: TensorFlow and OpenVINO are imported by `load`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pycalfin.errors import MissingDependencyError, SettingsError
from pycalfin.network import engine as engines
from pycalfin.network.engine import Engine, OpenVINOEngine, TensorFlowEngine, import_keras
from pycalfin.settings import CHOICES, Settings

if TYPE_CHECKING:
    import keras

    from pycalfin.network.layers import Layers

log = logging.getLogger(__name__)

__all__ = [
    "DEFAULT",
    "DEFAULT_THREADS",
    "ENGINES",
    "Choice",
    "Network",
    "choose_engine",
    "load",
    "load_for",
]

DEFAULT = "light"
"""Name of the network that is used unless another is asked for."""
DEFAULT_THREADS = 2
"""Threads within one operation; a fixed number, so results do not depend on the machine."""
SIDE_STEP = 32
"""Pixels: sides of images that every network can halve as often as it wants."""
PROBE_SIDE = 256
"""Pixels: side of the image on which an inexact arithmetic is tried, for any size."""
DEFAULT_BATCH = 1
"""Patches predicted at once; a fixed number, so results do not depend on how many there are."""
ENGINES = CHOICES["engine"]
"""What can run a network; auto: OpenVINO where it is installed, else TensorFlow."""


@dataclass(frozen=True, eq=False)
class Network:
    """A network with its weights, ready to predict.

    Attributes
    ----------
    name : str
        The registered name, or the stem of the weights file.
    kind : str
        The architecture: 'light', 'calfin' or 'own'.
    digest : str
        SHA-256 of the weights file, hexadecimal; of a network of the user's own, of weights and
        source.
    channels : tuple of str
        Input channels in order; keys of `pycalfin.scene.enhance.CHANNELS`.
    outputs : tuple of str
        Output maps in order.
    stride : int
        Height and width of patches must be multiples of this.
    engine : Engine
    side : int or None
        Height and width of patches, where the network takes only one.
    batch : int
        Patches predicted at once.
    computed_by : str
        What computes: engine with its version, and processor.
    """

    name: str
    kind: str
    digest: str
    channels: tuple[str, ...]
    outputs: tuple[str, ...]
    stride: int
    engine: Engine
    side: int | None = None
    batch: int = DEFAULT_BATCH
    computed_by: str = ""

    def predict(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Predict the probabilities of patches, exactly (float32) unless loaded otherwise.

        Parameters
        ----------
        patches : (n, H, W, len(channels)) float32 in [-1, 1]
            H and W multiples of `stride`, or `side` where the network has one.

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


@dataclass(frozen=True)
class Choice:
    """An engine and why it was chosen.

    Attributes
    ----------
    name : {'openvino', 'tensorflow'}
    reason : str
    """

    name: str
    reason: str


def choose_engine(wanted: str = "auto") -> Choice:
    """Choose what runs the networks.

    Parameters
    ----------
    wanted : {'auto', 'openvino', 'tensorflow'}

    Returns
    -------
    Choice

    Raises
    ------
    SettingsError
        If there is no such engine.
    """
    if wanted not in ENGINES:
        raise SettingsError(f"engine is {wanted!r}; expected one of: {', '.join(ENGINES)}")
    if wanted != "auto":
        return Choice(wanted, "it was asked for")
    if not engines.available():
        return Choice("tensorflow", "OpenVINO is not installed")
    try:
        engines.import_openvino()
    except MissingDependencyError as error:
        return Choice("tensorflow", f"OpenVINO is installed but of no use: {error.__cause__}")
    return Choice("openvino", "it is installed, and quicker than TensorFlow")


def load(
    name_or_path: str | Path = DEFAULT,
    *,
    threads: int = DEFAULT_THREADS,
    engine: str = "auto",
    precision: str = "f32",
    batch: int = DEFAULT_BATCH,
    side: int | None = None,
) -> Network:
    """Load a network with its weights.

    Parameters
    ----------
    name_or_path : str or Path
        A registered name ('light'), or a weights file (.h5) of `light` or of CALFIN; which one it
        is, is seen from its content. `module:function@FILE` is a network of the user's own, whose
        module is then imported (`pycalfin.network.own`).
    threads : int
        Threads within one operation. With TensorFlow the first network loaded in a process
        decides.
    engine : {'auto', 'openvino', 'tensorflow'}
    precision : {'f32', 'bf16'}
        Of the arithmetic; bf16 is quicker where the processor has it, and inexact. It is tried on
        an image first, and not used if it changes much.
    batch : int
        Patches predicted at once.
    side : int, optional
        Height and width of the patches, of a network that takes only one: another multiple of 32
        than the published 224.

    Returns
    -------
    Network

    Raises
    ------
    WeightsError
        If the weights are missing, damaged, or belong to another network.
    MissingDependencyError
        If what runs the network is not installed.
    SettingsError
        If Keras is set to another backend by the environment, or engine and precision do not go
        together.

    Examples
    --------
    >>> import numpy as np
    >>> network = load("light")
    >>> network.predict(np.zeros((1, 64, 64, 3), np.float32)).shape
    (1, 64, 64, 4)
    """
    from pycalfin.network import calfin, light, own, registry, weights

    if own.parse(name_or_path) is not None and engine == "auto":
        engine = "tensorflow"
    chosen = choose_engine(engine).name
    if own.parse(name_or_path) is not None and chosen != "tensorflow":
        raise SettingsError(f"{name_or_path}: a network of your own runs with TensorFlow only")
    if precision not in CHOICES["precision"]:
        raise SettingsError(
            f"precision is {precision!r}; expected one of: {', '.join(CHOICES['precision'])}"
        )
    numbers = {"threads": threads, "batch": batch}
    wrong = [
        f"{name} is {value}; expected 1 or more" for name, value in numbers.items() if value < 1
    ]
    if side is not None and (side < SIDE_STEP or side % SIDE_STEP):
        wrong.append(f"side is {side}; expected a multiple of {SIDE_STEP}")
    if wrong:
        raise SettingsError("; ".join(wrong))
    if precision != "f32" and chosen != "openvino":
        raise SettingsError(f"precision {precision} needs the engine openvino; set precision = f32")
    path, entry = registry.locate(name_or_path)
    digest = registry.digest(path, entry)
    kind = weights.kind_of(path)
    registry.check_kind(path, kind, entry)
    mine = own.named(name_or_path, path, kind)
    if mine is not None:
        digest = own.digest(mine, digest)
    architecture = calfin if kind == "calfin" else light
    size = None if architecture.SIDE is None else side or architecture.SIDE

    if mine is not None:
        import_keras(threads)
        logits = own.build(mine)
        own.load(path, logits)
        runner: Engine = TensorFlowEngine(own.with_probabilities(logits))
    elif chosen == "tensorflow":
        models = _keras_models(path, kind, size, threads)
        runner = _joined([TensorFlowEngine(model) for model in models], batch)
    else:
        # before the weights are read: a missing package is told at once
        engines.import_openvino()
        graphs = _graphs(path, kind, size)

        def made(arithmetic: str) -> Engine:
            return _joined([OpenVINOEngine(graph, threads, arithmetic) for graph in graphs], batch)

        runner = made(precision)
        if precision != "f32":
            exact = made("f32")
            if not engines.faithful(runner, exact, size or PROBE_SIDE, architecture.CHANNELS):
                log.warning(
                    "%s: %s changes what the network says too much; f32 is used", path, precision
                )
                runner = exact
    return Network(
        name=entry.name if entry else path.stem,
        kind=kind,
        digest=digest,
        channels=architecture.CHANNELS,
        outputs=architecture.OUTPUTS,
        stride=architecture.STRIDE,
        engine=runner,
        side=size,
        batch=batch,
        computed_by=engines.describe(chosen),
    )


def load_for(settings: Settings) -> Network:
    """Load the network of settings; see `load`.

    Parameters
    ----------
    settings : Settings
        `network`, `threads`, `engine`, `precision`, `batch` and `fast` are used.

    Returns
    -------
    Network
    """
    from pycalfin.network.predict import SIDE_FAST

    return load(
        settings.network,
        threads=settings.threads,
        engine=settings.engine,
        precision=settings.precision,
        batch=settings.batch,
        side=SIDE_FAST if settings.fast else None,
    )


def _keras_models(path: Path, kind: str, size: int | None, threads: int) -> list[keras.Model]:
    """Make the Keras model of a network, or those of its two parts."""
    from pycalfin.network import calfin, light, weights

    import_keras(threads)
    model = light.build() if size is None else calfin.build(size)
    weights.load_into(path, kind, model)
    return list(calfin.halves(model)) if size == calfin.SIDE else [model]


def _graphs(path: Path, kind: str, size: int | None) -> list[Any]:
    """Make OpenVINO's graph of a network, or those of its two parts."""
    from pycalfin.network import calfin, light, weights
    from pycalfin.network.opset import graph

    values = weights.read(path, kind)
    if size is None:
        shape = (None, None, None, len(light.CHANNELS))
        return [graph(light.describe, shape, values, light.DEPTHWISE_KERNEL)]
    side, kernel, channels = size, calfin.DEPTHWISE_KERNEL, len(calfin.CHANNELS)

    def body(layers: Layers, x: Any) -> Any:
        return calfin.body(layers, x, side)

    def whole(layers: Layers, x: Any) -> Any:
        return body(layers, calfin.head(layers, x))

    if side != calfin.SIDE:
        return [graph(whole, (None, side, side, channels), values, kernel)]
    cells = side // calfin.HEAD_STRIDE
    return [
        graph(calfin.head, (None, None, None, channels), values, kernel),
        graph(body, (None, cells, cells, calfin.HEAD_FILTERS), values, kernel),
    ]


def _joined(parts: Sequence[Engine], batch: int) -> Engine:
    """Make one engine of the parts of a network."""
    from pycalfin.network.windows import SharedHead

    return SharedHead(parts[0], parts[1], batch) if len(parts) == 2 else parts[0]
