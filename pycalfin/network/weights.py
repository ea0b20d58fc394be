"""Recognising, reading and checking of weights files of every kind.

`registry` lists the known files; `light_file`, `calfin_file` and `custom` handle one layout each.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pycalfin.errors import WeightsError
from pycalfin.files import replacing
from pycalfin.network import calfin_file, calibration, custom, light_file, shapes
from pycalfin.network.calibration import Calibration
from pycalfin.network.h5file import datasets, opened, read_all, shortened, text_of

if TYPE_CHECKING:
    import keras

KINDS = {light_file.KIND: "light", custom.KIND: "custom"}


def kind_of(path: Path) -> str:
    """Return the kind of network that a weights file belongs to.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        'light', 'calfin', or 'custom' (`pycalfin.network.custom`).

    Raises
    ------
    WeightsError
        If the file is not HDF5, truncated, or of an unknown kind.
    """
    with opened(path) as file:
        kind = text_of(file.attrs.get("kind", ""))
        if kind in KINDS:
            return KINDS[kind]
        group = calfin_file.layer_group(file)
        if group is not None and calfin_file.is_calfin(file):
            return "calfin"
        names = [] if group is None else calfin_file.layer_names(group)
    if kind:
        arrived = f"kind '{kind}'"
    elif names:
        arrived = f"weights of another Keras network ({shortened(names)})"
    else:
        arrived = "an HDF5 file without the attribute 'kind' and without layers"
    raise WeightsError(
        f"{path}: {arrived}; expected kind '{light_file.KIND}', or the layers of CALFIN; "
        f"{light_file.RETRAIN}"
    )


def load_into(path: Path, kind: str, model: keras.Model) -> None:
    """Set the weights of a model from a file of its kind.

    Parameters
    ----------
    path : Path
    kind : {'light', 'calfin'}
    model : keras.Model

    Raises
    ------
    WeightsError
        If the file does not fit the model; the error lists every difference.
    """
    if kind == "light":
        light_file.load_light(path, model)
        return
    with opened(path) as file:
        calfin_file.load_published(path, file, model)


def read(path: Path, kind: str) -> Mapping[str, NDArray[np.float16] | NDArray[np.float32]]:
    """Read and check the weights of a file of known kind, without TensorFlow.

    Parameters
    ----------
    path : Path
    kind : {'light', 'calfin'}

    Returns
    -------
    mapping of str to array
        By name, `<layer>/<weight>`: all that `pycalfin.network.shapes.table` lists.

    Raises
    ------
    WeightsError
        As `load_into`; the error lists every difference.
    """
    if kind == "light":
        return light_file.read_light(path, shapes.table(kind))
    with opened(path) as file:
        return calfin_file.read_published(path, file, shapes.table(kind))


def check(path: Path) -> str:
    """Check a weights file completely, without TensorFlow.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        The kind: 'light', 'calfin' or 'custom'. For 'custom', only the values can be checked.

    Raises
    ------
    WeightsError
        If the file cannot be loaded; the error lists every difference.
    """
    kind = kind_of(path)
    if kind == "custom":
        with opened(path) as file:
            values = read_all(path, file)
        broken = [name for name, value in values.items() if not np.isfinite(value).all()]
        if broken:
            raise WeightsError(f"{path}: damaged, weights are not finite: {shortened(broken)}")
    else:
        read(path, kind)
    read_calibration(path, kind)
    return kind


def read_calibration(path: Path, kind: str) -> Calibration | None:
    """Read the calibration of a weights file; None if it has none.

    Parameters
    ----------
    path : Path
    kind : str
        Kind of the weights file. Files of CALFIN never have a calibration.

    Returns
    -------
    Calibration or None

    Raises
    ------
    WeightsError
        If the file holds a calibration that cannot be used.
    """
    if kind not in KINDS.values():
        return None
    with opened(path) as file:
        return calibration.read(path, file)


def write_calibration(path: Path, fitted: Calibration) -> None:
    """Store a calibration in a weights file, in place of the one that it has.

    The weights stay as they are. The file's hash changes.

    Parameters
    ----------
    path : Path
        The complete file appears by rename.
    fitted : Calibration

    Raises
    ------
    WeightsError
        If it is not a weights file, or one of CALFIN.
    """
    import h5py

    if kind_of(path) not in KINDS.values():
        raise WeightsError(
            f"{path}: weights of CALFIN, whose layout has no place for a calibration; pass a file "
            "that pycalfin's training wrote"
        )
    with replacing(path) as part:
        shutil.copyfile(path, part)
        with h5py.File(part, "r+") as file:
            calibration.write(file, fitted)


def read_metadata(path: Path) -> dict[str, str]:
    """Read the attributes of a weights file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to str

    Raises
    ------
    WeightsError
        If the file is not HDF5 or truncated.
    """
    with opened(path) as file:
        return {key: text_of(value) for key, value in file.attrs.items()}


def contents(path: Path) -> tuple[str, dict[str, tuple[int, ...]]]:
    """List the content of a weights file, without reading the weights.

    Parameters
    ----------
    path : Path

    Returns
    -------
    layout : str
        Layout of the file, in words.
    stored : dict of str to tuple of int
        Shapes by name, `<layer>/<weight>`.

    Raises
    ------
    WeightsError
        If the file is not HDF5 or damaged.
    """
    with opened(path) as file:
        group = calfin_file.layer_group(file)
        if group is not None:
            where = "at the root" if group.name == "/" else f"in {group.name.strip('/')}"
            return f"Keras 2, layers {where}", calfin_file.stored_shapes(group)
        stored = {name: item.shape for name, item in datasets(path, file).items()}
        return f"pycalfin, version {text_of(file.attrs.get('version', '?'))}", stored
