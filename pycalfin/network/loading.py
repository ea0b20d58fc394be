"""Loading of networks: choose the engine, read the weights, build the engine's model.

Importing this module is cheap: TensorFlow and OpenVINO are imported by `load`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycalfin.errors import MissingDependencyError, SettingsError
from pycalfin.network import calfin, custom, light, registry, weights
from pycalfin.network import engine as engines
from pycalfin.network.engine import Engine, OpenVINOEngine, TensorFlowEngine, import_keras
from pycalfin.network.model import DEFAULT_BATCH, Network
from pycalfin.network.windows import SharedHead
from pycalfin.settings import CHOICES, Settings

if TYPE_CHECKING:
    import keras

    from pycalfin.network.layers import Layers

log = logging.getLogger(__name__)

DEFAULT = "light"
"""Name of the default network."""
DEFAULT_THREADS = 2
"""Threads within one operation; fixed, so that results do not depend on the machine."""
SIDE_STEP = 32
"""Pixels: a window's side must be a multiple of this, so that every network can halve it."""
PROBE_SIDE = 256
"""Pixels: side of the image for the test of an inexact arithmetic, if the network has no side."""
ENGINES = CHOICES["engine"]
"""Names of the engines; auto: OpenVINO if it is installed, else TensorFlow."""


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
    """Choose the engine that runs the networks.

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
        return Choice("tensorflow", f"OpenVINO is installed but does not work: {error.__cause__}")
    return Choice("openvino", "it is installed, and faster than TensorFlow")


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
        A registered name ('light'), or a weights file (.h5) of `light` or CALFIN, recognised by its
        content. `module:function@FILE` is a custom network; its module is imported
        (`pycalfin.network.custom`).
    threads : int
        Threads within one operation. With TensorFlow, the first network loaded in a process
        decides.
    engine : {'auto', 'openvino', 'tensorflow'}
    precision : {'f32', 'bf16'}
        Precision of the arithmetic. bf16 is faster on processors that support it, but inexact; it
        is tested on an image first, and f32 is used if the results differ too much.
    batch : int
        Number of patches predicted together.
    side : int, optional
        Pixels: height and width of the patches, a multiple of 32, for a network of fixed size.
        Default: the published 224.

    Returns
    -------
    Network

    Raises
    ------
    WeightsError
        If the weights are missing, damaged, or belong to another network.
    MissingDependencyError
        If the engine is not installed.
    SettingsError
        If the environment selects another backend of Keras, an argument is out of range, or the
        engine does not support the precision or the network.

    Examples
    --------
    >>> import numpy as np
    >>> network = load("light")
    >>> network.predict(np.zeros((1, 64, 64, 3), np.float32)).shape
    (1, 64, 64, 4)
    """
    from pycalfin.network import calfin, light, weights

    if custom.parse(name_or_path) is not None and engine == "auto":
        engine = "tensorflow"
    chosen = choose_engine(engine).name
    if custom.parse(name_or_path) is not None and chosen != "tensorflow":
        raise SettingsError(f"{name_or_path}: a custom network runs with TensorFlow only")
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
    mine = custom.named(name_or_path, path, kind)
    if mine is not None:
        digest = custom.digest(mine, digest)
    calibration = weights.read_calibration(path, kind)
    architecture = calfin if kind == "calfin" else light
    size = None if architecture.SIDE is None else side or architecture.SIDE

    if mine is not None:
        import_keras(threads)
        logits = custom.build(mine)
        custom.load(path, logits)
        runner: Engine = TensorFlowEngine(custom.with_probabilities(logits))
    elif chosen == "tensorflow":
        models = _keras_models(path, kind, size, threads)
        runner = _joined([TensorFlowEngine(model) for model in models], batch)
    else:
        # before the weights are read, so that a missing package is reported at once
        engines.import_openvino()
        graphs = _graphs(path, kind, size)

        def made(arithmetic: str) -> Engine:
            return _joined([OpenVINOEngine(graph, threads, arithmetic) for graph in graphs], batch)

        runner = made(precision)
        if precision != "f32":
            exact = made("f32")
            if not engines.faithful(runner, exact, size or PROBE_SIDE, architecture.CHANNELS):
                log.warning(
                    "%s: %s changes the predictions too much; f32 is used instead", path, precision
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
        extractor=architecture.EXTRACTOR,
        batch=batch,
        computed_by=engines.describe(chosen),
        calibration=calibration,
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
    return load(
        settings.network,
        threads=settings.threads,
        engine=settings.engine,
        precision=settings.precision,
        batch=settings.batch,
        side=calfin.SIDE_FAST if settings.fast else None,
    )


def _keras_models(path: Path, kind: str, size: int | None, threads: int) -> list[keras.Model]:
    """Build the Keras model of a network, or the models of its two parts."""
    import_keras(threads)
    model = light.build() if size is None else calfin.build(size)
    weights.load_into(path, kind, model)
    return list(calfin.halves(model)) if size == calfin.SIDE else [model]


def _graphs(path: Path, kind: str, size: int | None) -> list[Any]:
    """Build the OpenVINO graph of a network, or the graphs of its two parts."""
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
    """Combine the engines of a network's parts into one engine."""
    return SharedHead(parts[0], parts[1], batch) if len(parts) == 2 else parts[0]
