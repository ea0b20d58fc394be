"""A run of a stranger: calfin.m reads numbers and text from it, and runs nothing."""

from __future__ import annotations

import json
import shutil

import h5py
import numpy as np
import pytest

from tests.matlab.outlet import write_run

pytestmark = pytest.mark.octave

DATASETS = (
    "contract", "document", "count", "x", "y", "row", "column", "uncertainty",
)  # fmt: skip


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("run") / "fjord", dates=("2016-01-15", "2016-06-15"))


@pytest.fixture(scope="module")
def handle(octave, tmp_path_factory):
    """Store what Octave's `load` would evaluate: a function handle, as its `save` writes it."""
    saved = tmp_path_factory.mktemp("saved") / "handle.h5"
    octave(f"handle=@() 1; save('-hdf5','{saved}','handle');")

    def store(file, name, mark):
        with h5py.File(saved) as source:
            source.copy("handle", file, name)
        del file[f"{name}/value/fcn"]
        text = f"{{@() 1, system('touch {mark}')}}{{1}}".encode()
        file[f"{name}/value/fcn"] = np.array(text, dtype=f"S{len(text) + 1}")

    return store


def replaced(name, make):
    """Put something else in the place of a dataset."""

    def change(path, folder):
        with h5py.File(path, "r+") as file:
            values = file[name][()]
            del file[name]
            make(file, name, values, folder)

    return change


def outside(file, name, values, folder):
    with h5py.File(folder / "private.h5", "w") as other:
        other[name] = values
    file[name] = h5py.ExternalLink(str(folder / "private.h5"), name)


def raw(file, name, values, folder):
    (folder / "private").write_bytes(values.tobytes())
    file.create_dataset(
        name, values.shape, values.dtype, external=[(str(folder / "private"), 0, values.nbytes)]
    )


def virtual(file, name, values, folder):
    with h5py.File(folder / "private.h5", "w") as other:
        other[name] = values
    layout = h5py.VirtualLayout(values.shape, values.dtype)
    layout[...] = h5py.VirtualSource(folder / "private.h5", name, values.shape)
    file.create_virtual_dataset(name, layout)


def soft(file, name, values, _):
    file["elsewhere"] = values
    file[name] = h5py.SoftLink("/elsewhere")


def packed(file, name, values, _):
    file.create_dataset(name, data=values, compression="gzip")


def typed(dtype):
    def make(file, name, values, _):
        file[name] = values.astype(dtype)

    return make


def huge(file, name, *_):
    space = h5py.h5s.create_simple((1, 10**12))
    h5py.h5d.create(file.id, name.encode(), h5py.h5t.IEEE_F64LE, space)


def patched(find, offset, content):
    """Change bytes after the first place where some are found."""

    def change(path, _):
        body = bytearray(path.read_bytes())
        place = body.index(find) + offset
        body[place : place + len(content)] = content
        path.write_bytes(body)

    return change


def circle(path, _):
    """Let the list of datasets contain itself."""
    body = bytearray(path.read_bytes())
    tree = body.index(b"TREE")
    body[tree + 32 : tree + 40] = tree.to_bytes(8, "little")
    path.write_bytes(body)


def said(**changes):
    """Change what the document says."""

    def change(path, _):
        with h5py.File(path, "r+") as file:
            document = json.loads(file["document"][0].tobytes())
            for key, value in changes.items():
                holder = document["fronts"][0] if key == "figure" else document
                holder[key] = value
            text = np.frombuffer(json.dumps(document).encode(), np.uint8)
            del file["document"]
            file["document"] = text[None, :]

    return change


HOSTILE = {
    "another file": (replaced("x", outside), "there are 0 datasets x|x is a link|is of another"),
    "bytes of another file": (replaced("x", raw), "x lies in another file"),
    "pieces of another file": (replaced("x", virtual), "x is packed"),
    "a link": (replaced("x", soft), "x is a link"),
    "packed": (replaced("x", packed), "x is packed, as an older pycalfin did it"),
    "absurdly large": (replaced("x", huge), "x is cut short"),
    "other numbers": (
        replaced("x", typed(">f8")),
        "x holds no plain numbers",
    ),
    "integers": (
        replaced("x", typed("<i8")),
        "x holds no plain numbers",
    ),
    "text": (
        replaced("document", lambda file, name, *_: file.create_dataset(name, data="{}")),
        "document has other than two dimensions",
    ),
    "one dimension": (
        replaced("x", lambda file, name, values, _: file.create_dataset(name, data=values[0])),
        "x has other than two dimensions",
    ),
    "a circle": (circle, "its list of datasets has no end"),
    "a list beyond the end": (patched(b"TREE", 32, b"\xf0" * 8), "it is cut short"),
    "names beyond the end": (patched(b"HEAP", 8, b"\xff" * 8), "it is cut short"),
    "a newer version": (patched(b"\x89HDF\r\n\x1a\n", 8, b"\2"), "another program or version"),
    "a report elsewhere": (said(report="../../other/report.html"), "outside the folder"),
    "a report of the root": (said(report="/etc/passwd"), "outside the folder"),
    "a figure elsewhere": (said(figure="quality_assurance/../../x.png"), "outside the folder"),
    "a figure on a drive": (said(figure="C:\\x.png"), "outside the folder"),
    "no report": (said(report=None), "outside the folder"),
}  # fmt: skip


def test_what_is_no_plain_file_of_pycalfin_is_refused(octave, run_folder, tmp_path):
    script = ["warning('off','all');"]
    for name, (change, _) in HOSTILE.items():
        folder = tmp_path / name
        shutil.copytree(run_folder, folder)
        change(folder / "fronts.h5", tmp_path)
        script.append(
            f"cf=calfin(); try; cf.load('{folder}'); disp('taken'); "
            "catch e; printf('%s|%s\\n',e.identifier,e.message); end"
        )
    lines = octave("\n".join(script)).splitlines()
    for (name, (_, what)), line in zip(HOSTILE.items(), lines, strict=True):
        assert line.startswith(f"calfin:badresult|{tmp_path / name}/fronts.h5: "), (name, line)
        assert any(part in line for part in what.split("|")), (name, line)


@pytest.mark.parametrize("folder", ["run", "job"])
def test_a_function_handle_is_not_run(octave, handle, run_folder, tmp_path, folder):
    script, marks = [], {}
    for name in ("zzz", *DATASETS):
        place = tmp_path / name
        shutil.copytree(run_folder, place)
        mark = tmp_path / f"MARK_{name}"
        with h5py.File(place / "fronts.h5", "r+") as file:
            if name in file:
                del file[name]
            handle(file, name, mark)
        read = f"calfinlib.readnumbers('{place}/fronts.h5',{{'{name}'}})"
        if folder == "run":
            read = f"cf=calfin(); cf.load('{place}')"
        script.append(f"try; {read}; disp('taken'); catch e; disp(e.identifier); end")
        marks[name] = mark
    control = tmp_path / "zzz" / "fronts.h5"
    stdout = octave("\n".join(script)).splitlines()
    assert [name for name, mark in marks.items() if mark.exists()] == []
    taken = {"taken"} if folder == "run" else {"calfin:badresult"}
    assert set(stdout[:1]) == taken
    assert set(stdout[1:]) == {"calfin:badresult"}
    # Octave's own load runs it, or this would be no test
    octave(f"warning('off','all'); load('-hdf5','{control}');")
    assert marks["zzz"].exists()


def test_names_do_not_steer_the_terminal(octave, run_folder, tmp_path):
    shutil.copytree(run_folder, tmp_path / "run")
    path = tmp_path / "run" / "fronts.h5"
    with h5py.File(path, "r+") as file:
        text = file["document"][0].tobytes().decode()
        document = json.loads(text)
        document["fronts"][0]["domain"] = "\x1b]0;title\x07 100 %d\r\n"
        document["fronts"][0]["name"] = "\x1b[1m%s"
        document["pairs"][0].update(scene="\x1b[2J%s", warnings=["\x1b[31m"])
        del file["document"]
        file["document"] = np.frombuffer(json.dumps(document).encode(), np.uint8)[None, :]
    stdout = octave(f"cf=calfin(); cf.load('{tmp_path}/run'); disp(cf.log); disp(cf.fronts(1)); cf")
    assert "\x1b" not in stdout
    assert "\x07" not in stdout
    assert "?[2J%s" in stdout
    assert "?]0;title? 100 %d??" in stdout
