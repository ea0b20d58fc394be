"""Variables in files of MATLAB, Octave, pyISSM and NumPy, as nested mappings of arrays.

The first bytes of a file decide its format, never its name. Arrays have the shape shown by the
program that wrote them: the reversed order of MATLAB and Octave is undone.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import h5py
import numpy as np

from pycalfin.errors import MeshError
from pycalfin.hdf5 import open_hdf5

Tree: TypeAlias = dict[str, Any]

HOW_TO_SAVE = (
    "x=md.mesh.x; y=md.mesh.y; elements=md.mesh.elements; epsg=md.mesh.epsg; "
    "save('-v7','mesh.mat','x','y','elements','epsg')"
)
"""Commands in MATLAB or Octave that save a mesh in a file that every program can read."""


class Opaque:
    """Placeholder for an object that only the program that saved it can read."""


def read_variables(path: str | Path) -> Tree:
    """Read all numeric variables of a file.

    Parameters
    ----------
    path : path
        .mat (v5 to v7.3), HDF5, netCDF (classic or 4), or .npz.

    Returns
    -------
    dict
        Arrays, `Opaque` objects or nested dicts by name. Scalars are arrays of one value.

    Raises
    ------
    MeshError
        If the file cannot be read or has another format.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        why = "no such file" if not path.exists() else f"cannot be read ({error.strerror})"
        raise MeshError(f"{path}: {why}; check --mesh") from error
    try:
        if h5py.is_hdf5(path):
            with open_hdf5(path) as file:
                return _from_hdf5(file, reversed_order=False)
        if start.startswith(b"CDF"):
            return _from_classic_netcdf(path)
        if start.startswith(b"PK"):
            return _from_npz(path)
        if start.startswith(b"MATLAB"):
            return _from_mat(path)
    except MeshError:
        raise
    except Exception as error:  # readers of binary files raise anything on damaged ones
        why = (str(error).splitlines() or [""])[0][:120]
        raise MeshError(
            f"{path}: a damaged file ({type(error).__name__}: {why}); save it again: {HOW_TO_SAVE}"
        ) from error
    raise MeshError(
        f"{path}: an unknown format; give .mat, HDF5, netCDF, .npz, or columns x y as .csv "
        f"or .txt. In MATLAB or Octave: {HOW_TO_SAVE}"
    )


def is_binary(path: Path) -> bool:
    """Return True if a file is not plain text; False if it cannot be read."""
    try:
        with path.open("rb") as file:
            return b"\0" in file.read(4096)
    except OSError:
        return False


def _from_mat(path: Path) -> Tree:
    import warnings

    import scipy.io

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about variables that are not used
        content = scipy.io.loadmat(path, struct_as_record=False)
    tree = {name: value for name, value in content.items() if not name.startswith("__")}
    return {str(name): _plain(value) for name, value in tree.items()}


def _plain(value: Any) -> Any:
    from scipy.io import matlab

    if isinstance(value, (matlab.MatlabOpaque, matlab.MatlabFunction)):
        return Opaque()
    if isinstance(value, np.ndarray) and value.dtype == object and value.size == 1:
        return _plain(value.flat[0])
    if hasattr(value, "_fieldnames"):
        return {name: _plain(getattr(value, name)) for name in value._fieldnames}
    if isinstance(value, np.ndarray) and value.dtype.kind == "V":
        return Opaque()
    return value


def _from_hdf5(group: Any, *, reversed_order: bool) -> Tree:
    tree: Tree = {
        str(name): np.asarray(value)
        for name, value in group.attrs.items()
        if not str(name).startswith(("MATLAB_", "OCTAVE_", "_", "H5PATH"))
    }
    for name, item in group.items():
        if str(name).startswith("#"):
            continue
        matlab = {str(key) for key in item.attrs}
        turned = reversed_order or "MATLAB_class" in matlab or "OCTAVE_NEW_FORMAT" in matlab
        if "MATLAB_object_decode" in matlab and "MATLAB_fields" not in matlab:
            tree[name] = Opaque()
        elif isinstance(item, h5py.Dataset):
            tree[name] = _dataset(item, turned)
        elif set(item) == {"type", "value"} and "OCTAVE_NEW_FORMAT" in matlab:
            tree[name] = _octave(item["value"])
        else:
            tree[name] = _from_hdf5(item, reversed_order=turned)
    return tree


def _octave(item: Any) -> Any:
    if isinstance(item, h5py.Dataset):
        return _dataset(item, True)
    return _from_hdf5(item, reversed_order=True)


def _dataset(item: Any, turned: bool) -> Any:
    if item.dtype.kind not in "biuf" or "MATLAB_empty" in item.attrs:
        return np.empty(0)
    value = np.asarray(item[()])
    return value.T if turned else value


def _from_classic_netcdf(path: Path) -> Tree:
    from scipy.io import netcdf_file

    with netcdf_file(path, "r", mmap=False) as file:
        tree: Tree = {name: np.asarray(value) for name, value in file._attributes.items()}
        tree |= {name: np.array(item.data) for name, item in file.variables.items()}
    return {name: value.astype(value.dtype.newbyteorder("=")) for name, value in tree.items()}


def _from_npz(path: Path) -> Tree:
    if not zipfile.is_zipfile(path):
        raise MeshError(f"{path}: a damaged .npz file; save it again")
    with np.load(path, allow_pickle=False) as content:
        names = [name for name in content.files if not name.startswith("__")]
        return {name: _npz_member(content, name) for name in names}


def _npz_member(content: Mapping[str, Any], name: str) -> Any:
    try:
        return content[name]
    except ValueError:  # a pickled object, which is never loaded
        return Opaque()
