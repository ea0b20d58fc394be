"""Weights files: writing, reading and checking them; `registry` lists the known ones.

A `light` file is HDF5: a dataset `<layer>/<variable>` in half precision for every variable of the
model, and the attributes kind, version, channels and outputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pycalfin.errors import WeightsError
from pycalfin.hdf5 import open_hdf5
from pycalfin.network import own, published, shapes
from pycalfin.network.registry import REINSTALL
from pycalfin.network.registry import digest as digest
from pycalfin.network.registry import locate as locate

if TYPE_CHECKING:
    import h5py
    import keras

KIND_LIGHT = "pycalfin-light"
"""Attribute `kind` of a weights file of `light`."""
KINDS = {KIND_LIGHT: "light", own.KIND: "own"}
VERSION = 2
"""Version of the network `light` and of the layout of its files; 2 has the larger encoder."""
_RETRAIN = "pass a file that pycalfin's training wrote, or the name of a known network"


def kind_of(path: Path) -> str:
    """Tell which network a weights file belongs to.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        'light', 'calfin', or 'own' (`pycalfin.network.own`).

    Raises
    ------
    WeightsError
        If the file is no HDF5, truncated, or of no kind that can be loaded.
    """
    with opened(path) as file:
        kind = _text(file.attrs.get("kind", ""))
        if kind in KINDS:
            return KINDS[kind]
        group = published.layer_group(file)
        if group is not None and published.is_calfin(file):
            return "calfin"
        names = [] if group is None else published.layer_names(group)
    if kind:
        arrived = f"kind '{kind}'"
    elif names:
        arrived = f"weights of another Keras network ({_listed(names)})"
    else:
        arrived = "an HDF5 file without the attribute 'kind' and without layers"
    raise WeightsError(
        f"{path}: {arrived}; expected kind '{KIND_LIGHT}', or the layers of CALFIN; {_RETRAIN}"
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
        If the file does not fit the model; everything that does not is listed at once.
    """
    if kind == "light":
        load_light(path, model)
        return
    with opened(path) as file:
        published.load_published(path, file, model)


def save_light(path: Path, model: keras.Model, metadata: Mapping[str, str] | None = None) -> None:
    """Write the weights of a `light` model, in half precision and compressed.

    Parameters
    ----------
    path : Path
        Appears by rename, so an existing file is replaced whole or not at all.
    model : keras.Model
        From `pycalfin.network.light.build`.
    metadata : mapping of str to str, optional
        Stored as attributes beside kind, version, channels and outputs.

    Raises
    ------
    WeightsError
        If a weight is not finite in half precision.
    """
    import h5py

    from pycalfin.network import light

    values = {name: np.asarray(variable, np.float16) for name, variable in variables(model).items()}
    broken = [name for name, value in values.items() if not np.isfinite(value).all()]
    if broken:
        raise WeightsError(
            f"{path}: not written, weights are not finite in half precision: {_listed(broken)}; "
            "train again with a lower learning rate"
        )
    part = path.with_name(path.name + ".part")
    with h5py.File(part, "w", track_order=True) as file:
        for key, text in (metadata or {}).items():
            file.attrs[key] = text
        file.attrs["kind"] = KIND_LIGHT
        file.attrs["version"] = VERSION
        file.attrs["channels"] = ",".join(light.CHANNELS)
        file.attrs["outputs"] = ",".join(light.OUTPUTS)
        for name, value in values.items():
            file.create_dataset(name, data=value, compression="gzip", compression_opts=9)
    part.replace(path)


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
        If the file is no HDF5, truncated, of another kind or version, or if weights are missing,
        left over or of another shape; all of these are listed at once. Also if weights are not
        finite.
    """
    expected = variables(model)
    values = read_light(path, {name: tuple(v.shape) for name, v in expected.items()})
    for name, variable in expected.items():
        variable.assign(values[name].astype(np.float32))


def read_light(
    path: Path, expected: Mapping[str, tuple[int, ...]]
) -> Mapping[str, NDArray[np.float16]]:
    """Read a `light` file that must hold the expected weights, and no others.

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
    if kind_of(path) != "light":
        raise WeightsError(f"{path}: belongs to another network than 'light'; {_RETRAIN}")
    with opened(path) as file:
        _check_layout(path, file)
        problems = _differences(_datasets(path, file), expected)
        if problems:
            raise WeightsError(f"{path}: does not fit the network 'light': {problems}; {_RETRAIN}")
        values = _read_all(path, file)
    broken = [name for name in expected if not np.isfinite(values[name]).all()]
    if broken:
        raise WeightsError(
            f"{path}: damaged, weights are not finite: {_listed(broken)}; {REINSTALL}"
        )
    return values


def read(path: Path, kind: str) -> Mapping[str, NDArray[np.float16] | NDArray[np.float32]]:
    """Read and check the weights in a file of a kind, without TensorFlow.

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
        As `load_into`; everything that does not fit is listed at once.
    """
    if kind == "light":
        return read_light(path, shapes.table(kind))
    with opened(path) as file:
        return published.read_published(path, file, shapes.table(kind))


def check(path: Path) -> str:
    """Check all of a weights file, without TensorFlow.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        The kind: 'light', 'calfin' or 'own'; of the last, only the numbers can be checked.

    Raises
    ------
    WeightsError
        If it cannot be loaded; everything that does not fit is listed at once.
    """
    kind = kind_of(path)
    if kind == "own":
        with opened(path) as file:
            values = _read_all(path, file)
        broken = [name for name, value in values.items() if not np.isfinite(value).all()]
        if broken:
            raise WeightsError(f"{path}: damaged, weights are not finite: {_listed(broken)}")
    else:
        read(path, kind)
    return kind


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
        If the file is no HDF5 or truncated.
    """
    with opened(path) as file:
        return {key: _text(value) for key, value in file.attrs.items()}


def contents(path: Path) -> tuple[str, dict[str, tuple[int, ...]]]:
    """List what a weights file holds, without reading the weights.

    Parameters
    ----------
    path : Path

    Returns
    -------
    layout : str
        How the file is laid out, for people.
    stored : dict of str to tuple of int
        Shapes by name, `<layer>/<weight>`.

    Raises
    ------
    WeightsError
        If the file is no HDF5 or damaged.
    """
    with opened(path) as file:
        group = published.layer_group(file)
        if group is not None:
            where = "at the root" if group.name == "/" else f"in {group.name.strip('/')}"
            return f"Keras 2, layers {where}", published.stored_shapes(group)
        stored = {name: item.shape for name, item in _datasets(path, file).items()}
        return f"pycalfin, version {_text(file.attrs.get('version', '?'))}", stored


def variables(model: keras.Model) -> dict[str, keras.Variable]:
    """Name every variable of a model 'layer/variable', e.g. 'stem_bn/gamma'.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    dict of str to keras.Variable
    """
    return {f"{layer.name}/{v.name}": v for layer in model.layers for v in layer.weights}


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open a weights file for reading; what is damaged inside shows only while it is read.

    Raises
    ------
    WeightsError
        If it is missing, no HDF5, truncated, or turns out damaged while it is open.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file; {REINSTALL}")
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open_hdf5(path))
        except (OSError, RuntimeError, KeyError, TypeError) as error:
            what = "a truncated or damaged HDF5 file" if _looks_hdf5(path) else "not an HDF5 file"
            raise WeightsError(
                f"{path}: {what} ({path.stat().st_size} bytes); expected network weights in HDF5; "
                f"{REINSTALL}"
            ) from error
        except ValueError as error:
            raise WeightsError(f"{path}: {error}; pass a file that is whole in itself") from error
        try:
            yield file
        except WeightsError:
            raise
        except (OSError, RuntimeError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise WeightsError(f"{path}: a damaged HDF5 file ({error}); {REINSTALL}") from error


def _looks_hdf5(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(8) == b"\x89HDF\r\n\x1a\n"


def _check_layout(path: Path, file: h5py.File) -> None:
    from pycalfin.network import light

    expected = {
        "version": str(VERSION),
        "channels": ",".join(light.CHANNELS),
        "outputs": ",".join(light.OUTPUTS),
    }
    problems = [
        f"{key} '{_text(file.attrs.get(key, 'missing'))}' instead of '{value}'"
        for key, value in expected.items()
        if _text(file.attrs.get(key, "missing")) != value
    ]
    if problems:
        raise WeightsError(
            f"{path}: written for another version of 'light': {', '.join(problems)}; train "
            "it anew, or pass the name of a known network"
        )


def _read_all(path: Path, file: h5py.File) -> dict[str, NDArray[np.float16]]:
    try:
        items = _datasets(path, file)
        texts = [name for name, item in items.items() if item.dtype.kind not in "fiu"]
        if texts:
            raise WeightsError(f"{path}: damaged, these are no numbers: {_listed(texts)}")
        return {name: item[()] for name, item in items.items()}
    except (OSError, RuntimeError) as error:
        raise WeightsError(f"{path}: a damaged HDF5 file ({error}); {REINSTALL}") from error


def _datasets(path: Path, file: h5py.File) -> dict[str, h5py.Dataset]:
    import h5py

    found: dict[str, h5py.Dataset] = {}

    def collect(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item

    try:
        file.visititems(collect)
    except (OSError, RuntimeError) as error:
        raise WeightsError(f"{path}: a damaged HDF5 file ({error}); {REINSTALL}") from error
    return found


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
        f"{len(names)} {kind} ({_listed(names)})" for kind, names in kinds.items() if names
    )


def _listed(names: list[str], most: int = 4) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
