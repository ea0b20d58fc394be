"""Writing and checked reading of the weights files of `light`.

The files are HDF5 with one dataset `<layer>/<variable>` in half precision for every variable of
the model, and the attributes kind, version, channels and outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pycalfin.errors import WeightsError
from pycalfin.files import replacing
from pycalfin.network import light
from pycalfin.network.h5file import REINSTALL, datasets, opened, read_all, shortened, text_of

if TYPE_CHECKING:
    import h5py
    import keras

KIND = "pycalfin-light"
"""Attribute `kind` of the weights files of `light`."""
VERSION = 2
"""Version of the network `light` and its file layout; version 2 has the larger encoder."""
RETRAIN = "pass a file that pycalfin's training wrote, or the name of a known network"
"""Remedy for a file of another network or version."""


def save_light(path: Path, model: keras.Model, metadata: Mapping[str, str] | None = None) -> None:
    """Write the weights of a `light` model, in half precision and compressed.

    Parameters
    ----------
    path : Path
        Written under a temporary name, then renamed: an existing file is never half replaced.
    model : keras.Model
        From `pycalfin.network.light.build`.
    metadata : mapping of str to str, optional
        Stored as attributes, in addition to kind, version, channels and outputs.

    Raises
    ------
    WeightsError
        If a weight is not finite in half precision.
    """
    import h5py

    values = {name: np.asarray(variable, np.float16) for name, variable in variables(model).items()}
    broken = [name for name, value in values.items() if not np.isfinite(value).all()]
    if broken:
        raise WeightsError(
            f"{path}: not written, weights are not finite in half precision: {shortened(broken)}; "
            "train again with a lower learning rate"
        )
    with replacing(path) as part, h5py.File(part, "w", track_order=True) as file:
        for key, text in (metadata or {}).items():
            file.attrs[key] = text
        file.attrs["kind"] = KIND
        file.attrs["version"] = VERSION
        file.attrs["channels"] = ",".join(light.CHANNELS)
        file.attrs["outputs"] = ",".join(light.OUTPUTS)
        for name, value in values.items():
            file.create_dataset(name, data=value, compression="gzip", compression_opts=9)


def load_light(path: Path, model: keras.Model) -> None:
    """Set the weights of a `light` model from a file.

    Parameters
    ----------
    path : Path
    model : keras.Model
        From `pycalfin.network.light.build`.

    Raises
    ------
    WeightsError
        If the file is not HDF5, truncated, or of another kind or version. If weights are missing,
        unexpected, misshapen (the error lists all of them) or not finite.
    """
    expected = variables(model)
    values = read_light(path, {name: tuple(v.shape) for name, v in expected.items()})
    for name, variable in expected.items():
        variable.assign(values[name].astype(np.float32))


def read_light(
    path: Path, expected: Mapping[str, tuple[int, ...]]
) -> Mapping[str, NDArray[np.float16]]:
    """Read a `light` file that must hold exactly the expected weights.

    Parameters
    ----------
    path : Path
    expected : mapping of str to tuple of int
        Shapes by name, `<layer>/<variable>`.

    Returns
    -------
    mapping of str to float16 array

    Raises
    ------
    WeightsError
        As `load_light`.
    """
    with opened(path) as file:
        if text_of(file.attrs.get("kind", "")) != KIND:
            raise WeightsError(f"{path}: not a weights file of 'light'; {RETRAIN}")
        _check_layout(path, file)
        problems = _differences(datasets(path, file), expected)
        if problems:
            raise WeightsError(f"{path}: does not fit the network 'light': {problems}; {RETRAIN}")
        values = read_all(path, file)
    broken = [name for name in expected if not np.isfinite(values[name]).all()]
    if broken:
        raise WeightsError(
            f"{path}: damaged, weights are not finite: {shortened(broken)}; {REINSTALL}"
        )
    return values


def variables(model: keras.Model) -> dict[str, keras.Variable]:
    """Map names 'layer/variable', e.g. 'stem_bn/gamma', to the variables of a model.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    dict of str to keras.Variable
    """
    return {f"{layer.name}/{v.name}": v for layer in model.layers for v in layer.weights}


def _check_layout(path: Path, file: h5py.File) -> None:
    expected = {
        "version": str(VERSION),
        "channels": ",".join(light.CHANNELS),
        "outputs": ",".join(light.OUTPUTS),
    }
    problems = [
        f"{key} '{text_of(file.attrs.get(key, 'missing'))}' instead of '{value}'"
        for key, value in expected.items()
        if text_of(file.attrs.get(key, "missing")) != value
    ]
    if problems:
        raise WeightsError(
            f"{path}: written for another version of 'light': {', '.join(problems)}; train "
            "it again, or pass the name of a known network"
        )


def _differences(
    values: Mapping[str, h5py.Dataset], expected: Mapping[str, tuple[int, ...]]
) -> str:
    missing = [name for name in expected if name not in values]
    extra = [name for name in values if name not in expected]
    misshapen = [
        f"{name} {values[name].shape} instead of {shape}"
        for name, shape in expected.items()
        if name in values and values[name].shape != shape
    ]
    kinds = {"missing": missing, "unknown": extra, "misshapen": misshapen}
    return "; ".join(
        f"{len(names)} {kind} ({shortened(names)})" for kind, names in kinds.items() if names
    )
