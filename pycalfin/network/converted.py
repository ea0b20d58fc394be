"""Networks converted for OpenVINO: made once, kept by the hash of their weights, run quickly.

A converted network runs without TensorFlow, whose import alone takes seconds. That of `light`
ships with pycalfin; others are converted when they are first used (TensorFlow is needed once)
and kept in the user's cache folder.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pycalfin import resources
from pycalfin.errors import MissingDependencyError, WeightsError

if TYPE_CHECKING:
    import keras

    from pycalfin.network.engine import Engine

log = logging.getLogger(__name__)

CHECKSUM = ".sha256"
"""Suffix of the file with the SHA-256 of a converted network's two files."""
LAYOUT = 1
"""Version of the conversion; part of a converted file's name."""
TELEMETRY = "openvino_telemetry"
"""A package of OpenVINO that pycalfin keeps out: nothing goes over the network unasked."""
MOST_ON_AVERAGE = 0.005
"""Probability: mean difference from the exact one up to which a quicker arithmetic is used."""
DIGITS = 16
"""Hexadecimal digits of the weights' hash in a converted file's name."""


def available() -> bool:
    """Tell whether OpenVINO is installed."""
    return find_spec("openvino") is not None


def file_name(digest: str, part: str = "") -> str:
    """Name the converted network of some weights, by their SHA-256, or a part of it."""
    return "-".join(filter(None, (digest[:DIGITS], part, str(LAYOUT)))) + ".xml"


def find(digest: str, part: str = "") -> Path | None:
    """Find a converted network: shipped with pycalfin, or made by an earlier use."""
    for folder in (resources.folder("weights"), resources.user_cache() / "openvino"):
        path = folder / file_name(digest, part)
        try:
            if path.with_suffix(CHECKSUM).read_text() == _checksum(path):
                return path
        except (OSError, ValueError):
            continue  # not there, or not whole
        log.warning("%s: damaged; it is made again", path)
    return None


def _checksum(path: Path) -> str:
    """SHA-256 of both files of a converted network."""
    digest = hashlib.sha256(path.read_bytes())
    with path.with_suffix(".bin").open("rb") as file:
        while block := file.read(1 << 24):
            digest.update(block)
    return digest.hexdigest()


def convert(model: keras.Model, digest: str, folder: Path | None = None, *, part: str = "") -> Path:
    """Convert a Keras model and keep it; any number of images, of any size that it takes.

    Parameters
    ----------
    model : keras.Model
    digest : str
        SHA-256 of its weights.
    folder : Path, optional
        Default: the user's cache.
    part : str
        Names a part of the network, or another size than its usual one.

    Returns
    -------
    Path
        The .xml file; its .bin and the SHA-256 of both lie beside it.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    import tensorflow as tf

    openvino = import_openvino()

    signature = [tf.TensorSpec(model.input_shape, tf.float32, name="channels")]

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def graph(channels: Any) -> Any:
        return model(channels, training=False)

    folder = folder or resources.user_cache() / "openvino"
    # before the work, in case there is no such folder to be had
    folder.mkdir(parents=True, exist_ok=True)
    converted = openvino.convert_model(graph.get_concrete_function())
    path = folder / file_name(digest, part)
    beside = folder / f".part-{os.getpid()}-{path.name}"
    openvino.save_model(converted, beside, compress_to_fp16=False)
    beside.with_suffix(CHECKSUM).write_text(_checksum(beside))
    # the checksum last: what is found is whole
    for suffix in (".bin", ".xml", CHECKSUM):
        beside.with_suffix(suffix).replace(path.with_suffix(suffix))
    return path


class OpenVINOEngine:
    """Runs a converted network on the processor.

    Parameters
    ----------
    path : Path
        The .xml file.
    threads : int
    precision : {'f32', 'bf16'}
        Of the arithmetic. OpenVINO would choose bf16 by itself where the processor has it.
    """

    name = "openvino"

    def __init__(self, path: Path, threads: int, precision: str = "f32") -> None:
        openvino = import_openvino()
        core = openvino.Core()
        config = {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            # processes of one batch would all be pinned to the same cores
            "ENABLE_CPU_PINNING": False,
        }
        try:
            self._request = core.compile_model(path, "CPU", config).create_infer_request()
        except RuntimeError as error:
            why = str(error).strip().splitlines()[-1][:120]
            raise WeightsError(
                f"{path}: a converted network that OpenVINO cannot read ({why}); remove it, it is "
                "made again (one that came with pycalfin: reinstall pycalfin)"
            ) from error

    def run(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Predict; see `Engine.run`."""
        found = self._request.infer({0: np.ascontiguousarray(patches, np.float32)})
        return np.array(found[0], np.float32)


def faithful(rough: Engine, exact: Engine, side: int, channels: Sequence[str]) -> bool:
    """Tell whether a quicker arithmetic says nearly what the exact one does, on a synthetic scene.

    Parameters
    ----------
    rough, exact : Engine
        Of the same network.
    side : int
        Pixels of the image.
    channels : sequence of str
        That the network looks at.
    """
    from pycalfin.scene import enhance
    from pycalfin.scene.synthetic import render

    scene = render("optical", (side, side), np.random.default_rng(0)).image.astype(np.float32)
    image = enhance.channels(scene, np.ones(scene.shape, bool), channels)[None]
    difference = np.abs(rough.run(image) - exact.run(image))
    return bool(np.isfinite(difference).all() and difference.mean() <= MOST_ON_AVERAGE)


def import_openvino() -> Any:
    """Import OpenVINO.

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    # its converter would report its use over the network, unless this package is missing
    sys.modules.setdefault(TELEMETRY, None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise MissingDependencyError(
            f"the engine openvino needs OpenVINO, which cannot be imported ({error}): "
            "pip install openvino, or set engine to tensorflow"
        ) from error
    return openvino


def prepared(digest: str, part: str, build: Callable[[], keras.Model]) -> Path:
    """Find a converted network, or convert it now.

    Parameters
    ----------
    digest : str
        SHA-256 of the weights.
    part : str
        Of the network; '' for all of it.
    build : callable
        Makes the Keras model with its weights; called only if there is nothing yet.
    """
    path = find(digest, part)
    if path is None:
        log.info("converting the network for OpenVINO, once")
        model = build()
        try:
            path = convert(model, digest, part=part)
        except OSError as error:
            cache = resources.user_cache()
            log.warning(
                "%s: cannot keep the converted network there (%s); it is made anew every time. "
                "Name a folder that can be written in PYCALFIN_CACHE",
                cache,
                error.strerror,
            )
            path = convert(model, digest, _own_folder(), part=part)
    return path


def _own_folder() -> Path:
    """Make a folder that goes with this process."""
    folder = Path(tempfile.mkdtemp(prefix="pycalfin-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
