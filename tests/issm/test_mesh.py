"""Meshes as every program saves them, and files that hold none."""

import io
import os
import shutil
import struct
import subprocess
import zipfile

import h5py
import numpy as np
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st

from pycalfin.errors import MeshError, SettingsError
from pycalfin.issm.mesh import Mesh, read_mesh
from pycalfin.issm.variables import Opaque, read_variables

X = np.array([0.0, 1000.0, 0.0, 1000.0, 500.0])
Y = np.array([-10.0, 0.0, 1000.0, 1000.5, 500.0])
ELEMENTS = np.array([[1, 2, 5], [2, 4, 5], [4, 3, 5], [3, 1, 5]])
PRISMS = np.hstack([ELEMENTS, ELEMENTS + 5])


def model(epsg=3413, **mesh):
    return {"md": {"mesh": {"x": X, "y": Y, "elements": ELEMENTS, "epsg": epsg} | mesh, "b": "c"}}


def mat7(path, content):
    scipy.io.savemat(path, content, do_compression=True, oned_as="column")


def mat73(path, content):
    """Write as MATLAB's save -v7.3 does: a user block, reversed order, classes as attributes."""
    with h5py.File(path, "w", userblock_size=512) as file:
        _group73(file, content)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512, b"\0"))


def _group73(group, content):
    for name, value in content.items():
        if isinstance(value, dict):
            item = group.create_group(name)
            item.attrs["MATLAB_class"] = np.bytes_("struct")
            _group73(item, value)
        elif isinstance(value, str):
            item = group.create_dataset(name, data=np.array([[ord(c)] for c in value], np.uint16))
            item.attrs["MATLAB_class"] = np.bytes_("char")
        else:
            value = np.atleast_1d(np.asarray(value, float))
            value = value[:, None] if value.ndim == 1 else value
            item = group.create_dataset(name, data=value.T)
            item.attrs["MATLAB_class"] = np.bytes_("double")


def hdf5(path, content):
    with h5py.File(path, "w") as file:
        _plain_group(file, content)


def _plain_group(group, content):
    for name, value in content.items():
        if isinstance(value, dict):
            _plain_group(group.create_group(name), value)
        else:
            group[name] = value


def npz(path, content):
    np.savez(path, **content)


def classic(path, content):
    with scipy.io.netcdf_file(path, "w") as file:
        file.createDimension("vertex", len(X))
        file.createDimension("element", len(ELEMENTS))
        file.createDimension("corner", 3)
        for name, value in content.items():
            if name == "epsg":
                file.epsg = value
                continue
            shape = ("vertex",) if value.ndim == 1 else ("element", "corner")
            file.createVariable(name, "d" if value.ndim == 1 else "i", shape)[:] = value


PLAIN = {"x": X, "y": Y, "elements": ELEMENTS}
FILES = {
    "md.mat v7": (mat7, model()),
    "md.mat v7.3": (mat73, model()),
    "md.h5": (hdf5, model()),
    "mesh only.mat": (mat7, model()["md"]),
    "plain.mat": (mat7, PLAIN | {"epsg": 3413}),
    "plain v7.3.mat": (mat73, PLAIN | {"epsg": 3413}),
    "plain.h5": (hdf5, PLAIN | {"epsg": 3413}),
    "plain.npz": (npz, PLAIN | {"epsg": 3413}),
    "plain.nc": (classic, PLAIN | {"epsg": 3413}),
    "a name of its own.mat": (mat7, {"jakobshavn": model()["md"]}),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_mesh(tmp_path, name):
    write, content = FILES[name]
    path = tmp_path / ("mesh ø." + name.rpartition(".")[2].split()[0])
    write(path, content)
    mesh = read_mesh(path)
    np.testing.assert_array_equal(mesh.x, X)
    np.testing.assert_array_equal(mesh.y, Y)
    np.testing.assert_array_equal(mesh.elements, ELEMENTS)
    assert mesh.crs == "EPSG:3413"


@pytest.mark.parametrize("write", [mat7, mat73, hdf5])
@pytest.mark.parametrize("epsg", [0, np.nan])
def test_a_mesh_without_a_system(tmp_path, write, epsg, caplog):
    write(tmp_path / "a.mat", model(epsg=epsg))
    mesh = read_mesh(tmp_path / "a.mat")
    assert mesh.crs is None
    assert mesh.located("EPSG:3031").crs == "EPSG:3031"
    assert not caplog.text
    assert mesh.located().crs == "EPSG:3413"
    assert "assumed EPSG:3413, where it lies at" in caplog.text


def test_the_system_of_the_mesh_wins_and_that_is_said(caplog):
    mesh = Mesh(X, Y, crs="EPSG:3413")
    assert mesh.located("EPSG:3031").crs == "EPSG:3413"
    assert "not in EPSG:3031" in caplog.text
    with pytest.raises(SettingsError):
        Mesh(X, Y).located("EPSG:5703")


@pytest.mark.parametrize("write", [mat7, mat73])
def test_an_extruded_mesh_keeps_all_its_vertices(tmp_path, write):
    layers = np.vstack([PRISMS, PRISMS + 5])
    write(tmp_path / "a.mat", model(x=np.tile(X, 3), y=np.tile(Y, 3), elements=layers))
    mesh = read_mesh(tmp_path / "a.mat")
    assert len(mesh.x) == 15
    np.testing.assert_array_equal(mesh.elements, layers)
    np.testing.assert_array_equal(mesh.triangles, ELEMENTS)


TEXTS = {
    "x,y\n{}": ",",
    "{}": " ",
    "# x y\n{}": "\t",
    "# a comment\nx;y\n{}": ";",
    '"X", "Y"\r\n{}': ", ",
    "\ufeff{}\n\n": ",",
}


@pytest.mark.parametrize("form", TEXTS)
def test_columns_of_text(tmp_path, form):
    rows = "\n".join(f"{x}{TEXTS[form]}{y}" for x, y in zip(X, Y, strict=True))
    path = tmp_path / "vertices.csv"
    path.write_text(form.format(rows), encoding="utf-8", newline="")
    mesh = read_mesh(path)
    np.testing.assert_array_equal(mesh.x, X)
    np.testing.assert_array_equal(mesh.y, Y)
    assert mesh.elements is None


def test_columns_by_their_names(tmp_path):
    (tmp_path / "a.txt").write_text("id y x\n1 5 6\n2 7 8\n")
    mesh = read_mesh(tmp_path / "a.txt")
    assert (mesh.x.tolist(), mesh.y.tolist()) == ([6, 8], [5, 7])


@given(st.integers(1, 40), st.sampled_from([mat7, mat73]))
def test_elements_keep_their_order(tmp_path_factory, count, write):
    """Three and six elements look the same from both sides."""
    rng = np.random.default_rng(count)
    elements = np.array([rng.permutation(5)[:3] + 1 for _ in range(count)])
    path = tmp_path_factory.mktemp("mesh") / "a.mat"
    write(path, model(elements=elements))
    np.testing.assert_array_equal(read_mesh(path).elements, elements)


def opaque(path):
    """Write what MATLAB leaves of an object in a v7 file: its class's name, and a number."""

    def tagged(kind, data):
        return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)

    flags = tagged(6, struct.pack("<II", 17, 0))
    words = b"".join(tagged(1, word) for word in (b"md", b"MCOS", b"model"))
    number = tagged(5, struct.pack("<ii", 1, 1)) + tagged(1, b"") + tagged(6, struct.pack("<I", 1))
    inner = tagged(14, tagged(6, struct.pack("<II", 13, 0)) + number)
    head = b"MATLAB 5.0 MAT-file".ljust(116) + bytes(8) + struct.pack("<H", 0x0100) + b"IM"
    path.write_bytes(head + tagged(14, flags + words + inner))


def opaque73(path):
    with h5py.File(path, "w", userblock_size=512) as file:
        item = file.create_dataset("md", data=np.arange(6, dtype=np.uint32)[None])
        item.attrs["MATLAB_class"] = np.bytes_("model")
        item.attrs["MATLAB_object_decode"] = np.int32(3)


@pytest.mark.parametrize("write", [opaque, opaque73])
def test_an_object_of_matlab_is_refused_and_how_to_save_is_said(tmp_path, write):
    write(tmp_path / "md.mat")
    with pytest.raises(MeshError, match=r"MATLAB object.*x=md\.mesh\.x; .*save\('-v7'"):
        read_mesh(tmp_path / "md.mat")


REFUSED = {
    "no such": lambda path: path.unlink(missing_ok=True),
    "an unknown format": lambda path: path.write_bytes(b"\0\1\2" * 100),
    "damaged file": lambda path: path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(128) + b"\0\1\2"),
    "no mesh in it .its variables: other": lambda path: mat7(path, {"other": 1.0}),
    "several meshes .a.mesh, b.mesh": lambda path: mat7(
        path, {"a": model()["md"], "b": model()["md"]}
    ),
    "5 x and 4 y": lambda path: mat7(path, {"x": X, "y": Y[:4]}),
    "not finite": lambda path: mat7(path, {"x": X, "y": Y * np.nan}),
    "count vertices from 0": lambda path: npz_as(path, PLAIN | {"elements": ELEMENTS - 1}),
    "name vertices 1 to 9 of 5": lambda path: npz_as(path, PLAIN | {"elements": ELEMENTS**2 % 10}),
    "hold fractions": lambda path: mat7(path, PLAIN | {"elements": ELEMENTS + 0.5}),
    r"shape \(4, 2\)": lambda path: mat7(path, PLAIN | {"elements": ELEMENTS[:, :2]}),
    "epsg is 99999": lambda path: mat7(path, model(epsg=99999)),
    "on the sphere": lambda path: mat7(path, model(r=X, lat=X)),
    "line 2 of the data": lambda path: path.write_text("1 2\n3\n"),
    "empty; expected": lambda path: path.write_text("x y\n"),
}


def npz_as(path, content):
    with path.open("wb") as file:
        np.savez(file, **content)


@pytest.mark.parametrize("message", REFUSED)
def test_what_is_no_mesh_is_refused_in_a_sentence(tmp_path, message):
    path = tmp_path / "a.mat"
    REFUSED[message](path)
    with pytest.raises(MeshError, match=message) as caught:
        read_mesh(path)
    assert str(path) in str(caught.value)


@pytest.mark.octave
@pytest.mark.parametrize("form", ["-v6", "-v7", "-hdf5"])
def test_what_octave_saves(tmp_path, form):
    path = tmp_path / "mesh.mat"
    script = (
        f"md.mesh.x={X.tolist()}'; md.mesh.y={Y.tolist()}'; md.mesh.epsg=3413; "
        f"md.mesh.elements=[{';'.join(str(row) for row in ELEMENTS.tolist())}]; "
        f"save('{form}','{path}','md');"
    )
    env = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    program = shutil.which("octave")
    subprocess.run([program, "--no-gui", "-q", "--no-init-file", "--eval", script], check=True,
                   capture_output=True, env=env)  # fmt: skip
    mesh = read_mesh(path)
    np.testing.assert_array_equal(mesh.x, X)
    np.testing.assert_array_equal(mesh.elements, ELEMENTS)
    assert mesh.crs == "EPSG:3413"


class Harm:
    """What NumPy would unpickle from a mesh of a stranger."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("name", ["x", "other"])
def test_a_mesh_that_runs_something(tmp_path, name):
    mark, path = tmp_path / "MARK", tmp_path / "mesh.npz"
    content = {"x": np.zeros(3), "y": np.zeros(3), "elements": np.array([[1, 2, 3]])}
    np.savez(path, **content | {name: np.array([Harm(mark)], dtype=object)})
    read = read_variables(path)
    assert isinstance(read[name], Opaque)
    assert not mark.exists()


def test_a_mesh_that_claims_to_be_absurdly_large(tmp_path):
    header = io.BytesIO()
    about = {"descr": "<f8", "fortran_order": False, "shape": (10**13,)}
    np.lib.format.write_array_header_1_0(header, about)
    with zipfile.ZipFile(tmp_path / "mesh.npz", "w") as archive:
        archive.writestr("x.npy", header.getvalue() + bytes(64))
    with pytest.raises(MeshError, match="a damaged file"):
        read_variables(tmp_path / "mesh.npz")


@pytest.mark.parametrize("kind", ["md", "mesh", "plain", "npz", "dotted"])
def test_what_a_file_knows_of_land_comes_with_its_mesh(tmp_path, kind):
    ice, ocean, bed = np.array([1.0, -1, 1, 1, -1]), np.array([-1.0, 1, 1, 1, 1]), X - 10
    plain = {"x": X, "y": Y, "elements": ELEMENTS}
    masks = {"ice_levelset": ice, "ocean_levelset": ocean}
    parts = {"mesh": plain, "mask": masks, "geometry": {"bed": bed}}
    path = tmp_path / "mesh.mat"
    if kind == "npz":
        path = tmp_path / "mesh.npz"
        np.savez(path, **plain, **masks, bed=bed)
    elif kind == "dotted":
        path = tmp_path / "mesh.h5"
        with h5py.File(path, "w") as file:
            for name, values in (plain | masks).items():
                file[f"a.b/{name}"] = values
    else:
        mat7(
            path, {"md": {"md": parts}, "mesh": parts, "plain": plain | masks | {"bed": bed}}[kind]
        )
    mesh = read_mesh(path).located("EPSG:3413")
    if kind == "dotted":
        return
    np.testing.assert_array_equal(mesh.known.ice, ice)
    np.testing.assert_array_equal(mesh.known.ocean, ocean)
    np.testing.assert_array_equal(mesh.known.bed, bed)


def test_masks_that_are_not_filled_know_nothing(tmp_path):
    content = model()["md"] | {
        "mask": {"ice_levelset": np.nan * X, "ocean_levelset": np.nan},
        "geometry": {"bed": np.ones(3)},
    }
    mat7(tmp_path / "mesh.mat", {"md": content})
    known = read_mesh(tmp_path / "mesh.mat").known
    assert known.ice is known.ocean is known.bed is None
