"""Weights files in the layout of Keras 2.2.4, in which CALFIN was published.

The files are HDF5 with one group per layer, at the root (`save_weights`) or in `model_weights`
(`save`). The attribute `layer_names` lists the layers. Each layer's attribute `weight_names` lists
its datasets, `<layer>/<weight>:0`. Text may be bytes or str. Layers are found by name; their order
does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pycalfin.errors import WeightsError
from pycalfin.files import replacing
from pycalfin.network.calfin import DEPTHWISE_KERNEL

if TYPE_CHECKING:
    import h5py
    import keras

Float = NDArray[np.float32]

SAVED_MODEL_GROUP = "model_weights"
"""Group in which `save` stores the layers; `save_weights` stores them at the root."""
CALFIN_MARKS = ("entry_flow_block", "middle_flow_unit_", "exit_flow_block")
"""Layer-name prefixes that identify a file of CALFIN's network."""
KERAS_VERSION, BACKEND = b"2.2.4", b"tensorflow"
"""Attributes of the published files, repeated in files written here."""


def layer_group(file: h5py.File) -> h5py.Group | None:
    """Return the group that holds the layers; None for a file of another layout."""
    for group in (file, file.get(SAVED_MODEL_GROUP)):
        if group is not None and "layer_names" in group.attrs:
            return group
    return None


def layer_names(group: h5py.Group) -> list[str]:
    """List the layers of a file."""
    return _texts(group.attrs["layer_names"])


def is_calfin(file: h5py.File) -> bool:
    """Return True if the layer names are those of CALFIN's network."""
    group = layer_group(file)
    if group is None:
        return False
    names = layer_names(group)
    return all(any(name.startswith(mark) for name in names) for mark in CALFIN_MARKS)


def load_published(path: Path, file: h5py.File, model: keras.Model) -> None:
    """Set the weights of a model from a file, by the names of its layers.

    Parameters
    ----------
    path : Path
        Name of the file in error messages.
    file : h5py.File
    model : keras.Model
        From `pycalfin.network.calfin.build`.

    Raises
    ------
    WeightsError
        If layers or weights are missing, unexpected, misshapen, not finite or unreadable. The
        error lists all of them.
    """
    expected = named(model)
    found = read_published(path, file, {name: tuple(v.shape) for name, v in expected.items()})
    for name, variable in expected.items():
        variable.assign(found[name])


def read_published(
    path: Path, file: h5py.File, expected: Mapping[str, tuple[int, ...]]
) -> Mapping[str, Float]:
    """Read the weights of a file that must hold exactly the expected ones.

    Parameters
    ----------
    path : Path
        Name of the file in error messages.
    file : h5py.File
    expected : mapping of str to tuple of int
        Shapes by name, `<layer>/<weight>`.

    Returns
    -------
    mapping of str to float32 array

    Raises
    ------
    WeightsError
        As `load_published`.
    """
    group = layer_group(file)
    if group is None:
        raise WeightsError(f"{path}: no layers in the layout of Keras; pass a file of CALFIN")
    found, unreadable = _read(group)
    problems = {
        "missing": [name for name in expected if name not in found and name not in unreadable],
        "unknown": [name for name in found if name not in expected],
        "misshapen": [
            f"{name} {found[name].shape} instead of {shape}"
            for name, shape in expected.items()
            if name in found and found[name].shape != shape
        ],
        "not finite": [name for name, value in found.items() if not np.isfinite(value).all()],
        "unreadable": unreadable,
    }
    listed = "; ".join(
        f"{len(names)} {kind}: {', '.join(names)}" for kind, names in problems.items() if names
    )
    if listed:
        raise WeightsError(
            f"{path}: does not fit the network 'calfin': {listed}; "
            "fetch the file again, or pass one that was written for this network"
        )
    return found


def save_published(path: Path, model: keras.Model) -> None:
    """Write the weights of a model in the layout of Keras 2.2.4's `save_weights`.

    Parameters
    ----------
    path : Path
        Written under a temporary name first, then renamed.
    model : keras.Model
    """
    import h5py

    with replacing(path) as part, h5py.File(part, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        file.attrs["backend"] = np.bytes_(BACKEND)
        file.attrs["keras_version"] = np.bytes_(KERAS_VERSION)
        for layer in model.layers:
            group = file.create_group(layer.name)
            names = [f"{name}:0" for name, _ in _named(layer)]
            group.attrs["weight_names"] = np.array([name.encode() for name in names], "S")
            for name, (_, variable) in zip(names, _named(layer), strict=True):
                group[name] = np.asarray(variable, np.float32)


def named(model: keras.Model) -> dict[str, keras.Variable]:
    """Map the published names, `<layer>/<weight>`, to the variables of a model."""
    return {name: variable for layer in model.layers for name, variable in _named(layer)}


def stored_shapes(group: h5py.Group) -> dict[str, tuple[int, ...]]:
    """List the weights that a file holds, without reading them.

    Parameters
    ----------
    group : h5py.Group
        From `layer_group`.

    Returns
    -------
    dict of str to tuple of int
        Shapes by name, `<layer>/<weight>`, in the order of the file.
    """
    return {label: inside[name].shape for label, inside, name in _stored(group) if name in inside}


def _named(layer: keras.Layer) -> list[tuple[str, keras.Variable]]:
    """List a layer's variables with their published names, `<layer>/<weight>`."""
    depthwise = {"kernel": DEPTHWISE_KERNEL} if "Depthwise" in type(layer).__name__ else {}
    return [(f"{layer.name}/{depthwise.get(v.name, v.name)}", v) for v in layer.weights]


def _read(group: h5py.Group) -> tuple[Mapping[str, Float], list[str]]:
    """Read all weights, and list the names of those that cannot be read."""
    found: dict[str, Float] = {}
    unreadable = []
    for label, inside, name in _stored(group):
        try:
            found[label] = np.asarray(inside[name][()], np.float32)
        except (KeyError, OSError, RuntimeError, ValueError, TypeError):
            unreadable.append(label)
    return found, unreadable


def _stored(group: h5py.Group) -> Iterator[tuple[str, h5py.Group, str]]:
    """Yield (name here, group of the layer, name in that group) for each weight a file lists."""
    for layer in layer_names(group):
        inside = group.get(layer)
        if inside is None:
            continue  # listed but absent: the caller reports the layer as missing
        for name in _texts(inside.attrs.get("weight_names", ())):
            # some versions repeat the layer's name in the path
            yield f"{layer}/{name.rsplit('/', 1)[-1].removesuffix(':0')}", inside, name


def _texts(values: Any) -> list[str]:
    return [
        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        for value in np.asarray(values).ravel().tolist()
    ]
