"""HDF5 of strangers: what names other files is refused, by everything that reads such files."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from calfin_bridge.result import read_result
from pycalfin.errors import ContractError, FrontsError, MeshError, WeightsError
from pycalfin.hdf5 import open_hdf5
from pycalfin.issm.sources import read_fronts
from pycalfin.issm.variables import read_variables
from pycalfin.network.weights import check


def external(file, folder):
    with h5py.File(folder / "private.h5", "w") as other:
        other["x"] = np.ones((1, 3))
    file["x"] = h5py.ExternalLink(str(folder / "private.h5"), "x")


def raw(file, folder):
    (folder / "private").write_bytes(bytes(24))
    file.create_dataset("x", (1, 3), "f8", external=[(str(folder / "private"), 0, 24)])


def virtual(file, folder):
    with h5py.File(folder / "private.h5", "w") as other:
        other["x"] = np.ones((1, 3))
    layout = h5py.VirtualLayout((1, 3), "f8")
    layout[...] = h5py.VirtualSource(folder / "private.h5", "x", (1, 3))
    file.create_virtual_dataset("x", layout)


def huge(file, _):
    file.create_dataset("x", (1, 10**12), "f8", chunks=(1, 10**6))


def circle(file, _):
    file.create_group("x")["back"] = file


def twice(file, _):
    """2 ** 60 ways to the same group, for whoever walks them all."""
    inner = file.create_group("last")
    for number in range(60):
        outer = file.create_group(f"x{number}")
        outer["a"] = outer["b"] = inner
        inner = outer


def around(file, _):
    file["x"] = h5py.SoftLink("/")


def by_way_of(file, folder):
    """A link within the file that leads through one to another."""
    external(file, folder)
    file["away"] = h5py.ExternalLink(str(folder / "private.h5"), "/")
    file["a0"] = h5py.SoftLink("/away/x")


HOSTILE = {
    "another file in two steps": (by_way_of, "is a link to another file"),
    "another file": (external, "x is a link to another file"),
    "bytes of another file": (raw, "x lies in another file"),
    "pieces of another file": (virtual, "x lies in another file"),
    "a claim": (huge, "x claims 8e"),
    "a circle": (circle, "the group x/back is in it twice, or contains itself"),
    "a maze": (twice, "is in it twice"),
    "a link to the top": (around, "x is a link to a group"),
}
READERS = {
    "weights": (check, WeightsError),
    "result": (read_result, ContractError),
    "fronts": (read_fronts, FrontsError),
    "mesh": (read_variables, MeshError),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", HOSTILE)
def test_what_lies_elsewhere_is_refused(tmp_path, name, reader):
    make, what = HOSTILE[name]
    path = tmp_path / "stranger.h5"
    with h5py.File(path, "w") as file:
        file["a"] = np.zeros(3)
        make(file, tmp_path)
    read, kind = READERS[reader]
    with pytest.raises(kind, match=what) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_what_lies_in_the_file_is_read(tmp_path):
    path = tmp_path / "own.h5"
    with h5py.File(path, "w") as file:
        file["group/x"] = np.arange(3.0)
        file["again"] = h5py.SoftLink("/group/x")
        file["nowhere"] = h5py.SoftLink("/none")
        file["twice"] = file["group/x"]
        file.create_dataset("zeros", (1000, 1000), "f8", compression="gzip", fillvalue=0)
        file.create_dataset("packed", data=np.zeros(10**6), compression="gzip")
        file["none"] = h5py.Empty("f8")
        file["text"] = "ø"
    for _ in range(2):
        with open_hdf5(path) as file:
            assert file["again"][2] == file["twice"][2] == 2
    with h5py.File(path, "r+") as file:
        external(file, tmp_path)
    with pytest.raises(ValueError, match="another file"), open_hdf5(path):
        pass
