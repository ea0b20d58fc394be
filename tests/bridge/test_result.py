"""fronts.h5, written by products and read back by the bridge."""

import json

import h5py
import numpy as np
import pytest

from calfin_bridge.result import read_result
from pycalfin.errors import ContractError
from pycalfin.products import write_all
from pycalfin.products.figures import overlay_name
from pycalfin.records import Front, Identity
from pycalfin.results import Extraction, PairResult


def make(number, **fields):
    xy = np.random.default_rng(number).normal(size=(5 + number, 2)) * 1e6
    given = {
        "crs": "EPSG:3413",
        "date": f"2016-06-{number + 1:02}",
        "domain": "Bræ",
        "scene": f"scene_{number}",
        "subset": f"s{number}",
        "pixels": xy[:, ::-1] / 30,
        "uncertainty": np.linspace(1, 2, len(xy)),
        "confidence": 0.1 + number / 7,
    }
    return Front(xy, **{**given, **fields})


def write(folder, fronts):
    results = [
        PairResult(
            Identity(front.scene, date=front.date),
            front.domain,
            "p",
            "done",
            extraction=Extraction((front,), crs=front.crs),
            figures={overlay_name(front.subset, front.number): b""},
        )
        for front in fronts
    ]
    failed = PairResult(Identity("bad"), "", "bad.tif", "failed", "bad.tif: no CRS", error="crs")
    write_all(folder, [*results, failed], {"settings": {"jobs": 1}, "versions": {"a": "1"}})
    return folder / "fronts.h5"


def test_fronts_are_read_back_as_they_were(tmp_path):
    fronts = [
        make(0, time="10:20:30", partial=True),
        make(1, pixels=np.empty((0, 2)), uncertainty=np.empty(0)),
        make(2, synthetic=True, quality=13),
    ]
    result = read_result(write(tmp_path, fronts))
    assert len(result.fronts) == 3
    for found, front in zip(result.fronts, fronts, strict=True):
        for name in ("xy", "pixels", "uncertainty"):
            np.testing.assert_array_equal(getattr(found, name), getattr(front, name))
        for name in (
            "id",
            "crs",
            "date",
            "time",
            "domain",
            "scene",
            "number",
            "confidence",
            "quality",
            "partial",
            "synthetic",
        ):
            assert getattr(found, name) == getattr(front, name), name
    document = result.document
    assert document["counts"] == {"done": 3, "no_front": 0, "skipped": 0, "failed": 1}
    assert document["pairs"][0]["error"] == "crs"
    assert [item["name"] for item in document["fronts"]] == [
        "Bræ_2016-06-01", "Bræ_2016-06-02", "Bræ_2016-06-03",
    ]  # fmt: skip
    assert document["fronts"][0]["figure"] == "quality_assurance/Bræ/s0_1_overlay_front.png"
    assert document["settings"] == {"jobs": 1}


def test_a_run_without_a_front_leaves_the_file(tmp_path):
    write(tmp_path, [])
    assert read_result(tmp_path).fronts == []


def test_only_what_every_program_reads_is_in_the_file(tmp_path):
    with h5py.File(write(tmp_path, [make(0)]), "r") as file:
        kinds = {name: (item.dtype.kind, item.ndim, item.shape[0]) for name, item in file.items()}
    assert set(kinds.values()) <= {("f", 2, 1), ("u", 2, 1)}


def test_damaged_and_foreign_files_are_named(tmp_path):
    path = write(tmp_path, [make(0)])
    whole = path.read_bytes()
    for damaged in (b"", b"no HDF5", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(ContractError, match=r"fronts\.h5: a damaged file"):
            read_result(tmp_path)
    path.write_bytes(whole)
    with h5py.File(path, "r+") as file:
        file["contract"][...] = 2
    with pytest.raises(ContractError, match=r"version 2\.0 of the contract"):
        read_result(path)
    with h5py.File(path, "r+") as file:
        file["contract"][...] = 1
        del file["count"]
        file["count"] = np.array([[4.0]])
    with pytest.raises(ContractError, match="do not fit together"):
        read_result(path)
    with h5py.File(path, "r+") as file:
        del file["x"]
    with pytest.raises(ContractError, match="damaged"):
        read_result(path)
    with pytest.raises(ContractError, match="no such file"):
        read_result(tmp_path / "none")


def test_text_of_any_kind_survives(tmp_path):
    front = make(0, scene='it\'s "a" \\ Bræ 冰', domain="a b")
    write(tmp_path, [front])
    result = read_result(tmp_path)
    assert result.fronts[0].scene == front.scene
    assert json.dumps(result.document)
