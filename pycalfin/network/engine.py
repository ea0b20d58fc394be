"""Engines that run a network: TensorFlow is the reference, OpenVINO is faster.

Importing this module is cheap; each library is imported when it is first needed.
"""

from __future__ import annotations

import logging
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pycalfin.errors import MissingDependencyError, SettingsError

if TYPE_CHECKING:
    import keras

logger = logging.getLogger(__name__)

BACKEND = "tensorflow"
INSTALL = "pip install 'pycalfin[train]'"
"""Command that installs TensorFlow."""
TELEMETRY = "openvino_telemetry"
"""A package of OpenVINO that pycalfin blocks: no network access unless the user asks for it."""
MOST_ON_AVERAGE = 0.005
"""Probability: largest mean difference from float32 at which a faster arithmetic is accepted."""
ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
"""Environment variable that turns oneDNN on; TensorFlow's default is off without AVX-512."""
_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "GRPC_VERBOSITY": "ERROR", "ABSL_MIN_LOG_LEVEL": "3"}


class Engine(Protocol):
    """The interface of an engine: run one network on batches of patches."""

    def run(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Predict.

        Parameters
        ----------
        patches : (n, H, W, channels) float32 in [-1, 1]

        Returns
        -------
        (n, H, W, outputs) float32
        """
        ...


class TensorFlowEngine:
    """An engine that runs a Keras model as one TensorFlow graph, for patches of any size.

    Parameters
    ----------
    model : keras.Model
    """

    def __init__(self, model: keras.Model) -> None:
        import tensorflow as tf

        channels = model.input_shape[-1]
        signature = [tf.TensorSpec([None, None, None, channels], tf.float32)]

        @tf.function(input_signature=signature, jit_compile=False)  # type: ignore[untyped-decorator]
        def graph(patches: Any) -> Any:
            return model(patches, training=False)

        self._graph = graph
        self._in_use = Lock()

    def run(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Predict; see `Engine.run`. One thread at a time, for the memory's sake."""
        with self._in_use:
            return np.asarray(self._graph(np.ascontiguousarray(patches, np.float32)), np.float32)


class OpenVINOEngine:
    """An engine that runs an OpenVINO graph on the processor, without TensorFlow.

    Parameters
    ----------
    graph : openvino.Model
        From `pycalfin.network.opset.graph`.
    threads : int
    precision : {'f32', 'bf16'}
        Precision of the arithmetic. Always set, because OpenVINO's default is bf16 on processors
        that support it.
    """

    name = "openvino"

    def __init__(self, graph: Any, threads: int, precision: str = "f32") -> None:
        openvino = import_openvino()
        core = openvino.Core()
        config = {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            # pinning would put all processes of a batch on the same cores
            "ENABLE_CPU_PINNING": False,
        }
        self._request = core.compile_model(graph, "CPU", config).create_infer_request()
        self._in_use = Lock()

    def run(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Predict; see `Engine.run`. One thread at a time: a request holds one answer."""
        with self._in_use:
            found = self._request.infer({0: np.ascontiguousarray(patches, np.float32)})
            return np.array(found[0], np.float32)


def faithful(rough: Engine, exact: Engine, side: int, channels: Sequence[str]) -> bool:
    """Return True if a faster arithmetic nearly matches the exact one on a synthetic scene.

    Parameters
    ----------
    rough, exact : Engine
        Both run the same network.
    side : int
        Pixels: height and width of the scene.
    channels : sequence of str
        Input channels of the network.
    """
    from pycalfin.scene import enhance
    from pycalfin.synthetic.painting import render

    scene = render("optical", (side, side), np.random.default_rng(0)).image.astype(np.float32)
    image = enhance.channels(scene, np.ones(scene.shape, bool), channels)[None]
    difference = np.abs(rough.run(image) - exact.run(image))
    return bool(np.isfinite(difference).all() and difference.mean() <= MOST_ON_AVERAGE)


def describe(name: str) -> str:
    """Describe an engine in words: its name, its version and the processor.

    Parameters
    ----------
    name : {'openvino', 'tensorflow'}

    Examples
    --------
    >>> describe("openvino").split(" on ")[0].split()[0]
    'OpenVINO'
    """
    title = {"openvino": "OpenVINO", "tensorflow": "TensorFlow"}[name]
    try:
        version = f" {metadata.version(name)}"
    except metadata.PackageNotFoundError:  # a build of TensorFlow under another name
        version = ""
    return f"{title}{version} on {processor()}"


@lru_cache(maxsize=1)
def processor() -> str:
    """Return the name of this machine's processor, or its architecture if no name is known."""
    with suppress(OSError):
        for line in (
            Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        ):
            key, _, value = line.partition(":")
            if key.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine() or "an unknown processor"


def available() -> bool:
    """Return True if OpenVINO is installed."""
    return find_spec("openvino") is not None


def import_openvino() -> Any:
    """Import OpenVINO.

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    # OpenVINO reports even its import over the network unless this package is missing
    sys.modules.setdefault(TELEMETRY, None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise MissingDependencyError(
            f"the engine openvino needs OpenVINO, which cannot be imported ({error}): "
            "pip install openvino, or set engine to tensorflow"
        ) from error
    return openvino


def import_keras(threads: int = 2, *, onednn: bool = True) -> ModuleType:
    """Import Keras with the TensorFlow backend, quietly.

    Parameters
    ----------
    threads : int
        Threads within one operation. TensorFlow fixes them at its first operation; later calls
        cannot change them.
    onednn : bool
        Let TensorFlow compute with oneDNN on any processor, unless the environment says
        otherwise. False leaves the choice to TensorFlow. The first call decides.

    Returns
    -------
    module
        `keras`.

    Raises
    ------
    SettingsError
        If Keras is set to another backend by the environment.
    MissingDependencyError
        If TensorFlow is not installed.
    """
    chosen = os.environ.setdefault("KERAS_BACKEND", BACKEND)
    if chosen != BACKEND:
        raise SettingsError(
            f"KERAS_BACKEND is '{chosen}', but pycalfin runs its networks with TensorFlow; "
            f"unset KERAS_BACKEND or set it to '{BACKEND}'"
        )
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if onednn:
        os.environ.setdefault(ONEDNN, "1")
    try:
        with _muted_stderr():
            # pyogrio first: both packages ship SQLite, and GDAL must not load TensorFlow's
            import pyogrio  # noqa: F401
            import tensorflow as tf
    except ImportError as error:
        raise MissingDependencyError(
            "TensorFlow trains networks, runs custom ones, and is the engine where OpenVINO is not "
            f"installed; it cannot be imported ({error}): {INSTALL}"
        ) from error
    import keras

    if keras.backend.backend() != BACKEND:
        raise SettingsError(
            f"Keras was imported with the backend '{keras.backend.backend()}' before pycalfin; "
            f"set KERAS_BACKEND={BACKEND} at the start of the program"
        )
    _set_threads(tf, threads)
    return keras


@contextmanager
def _muted_stderr() -> Iterator[None]:
    """Silence stderr, where TensorFlow's C++ code writes before its log levels apply."""
    try:
        kept = os.dup(2)
    except OSError:  # no stderr to silence
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _set_threads(tf: Any, threads: int) -> None:
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        logger.debug("TensorFlow is already running; its threads stay as they are")
