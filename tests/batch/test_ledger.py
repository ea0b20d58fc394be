"""What goes into the ledger comes out of it, to the last bit."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
import shapely

from pycalfin.batch.earlier import read_pairs
from pycalfin.batch.ledger import Ledger, fingerprint, sidecars
from pycalfin.errors import OutputError, SettingsError
from pycalfin.products.runlog import RUN_FILE, earlier_files
from pycalfin.records import Front, Identity
from pycalfin.results import Coast, Extraction, PairResult

FRONT = Front(
    xy=np.array([[0.1 + 0.2, 1e-300], [np.pi, -1e22], [1 / 3, 2 / 3]]),
    crs="EPSG:3413",
    date="2016-06-30",
    time="10:11:12",
    scene="LC08_ø",
    domain="Sør",
    number=2,
    pixels=np.array([[0.5, 1.5], [2.0, 3.0], [4.0, 5.0]]),
    confidence=0.1 + 0.2,
    uncertainty=np.array([1 / 3, 2.0, 3.0]),
    partial=True,
)
RESULT = PairResult(
    identity=Identity("LC08_ø", "LC08", "optical", "2016-06-30", time="10:11:12"),
    domain="Sør",
    path="/tmp/a b.tif",
    status="done",
    extraction=Extraction(
        fronts=(FRONT,),
        ocean=shapely.box(0, 0, 1 / 3, 1),
        coast=(Coast(np.array([[0.0, 1.0], [1 / 3, 2.0]]), True),),
        crs="EPSG:3413",
    ),
    timings={"read": 0.1},
    figures={"a_thumbnail.jpg": b"\xff\xd8\x00"},
    attributes={"GlacierID": 3},
)


def same(first: object, second: object) -> bool:
    if isinstance(first, np.ndarray):
        return np.array_equal(first, second)
    if isinstance(first, shapely.Geometry):
        return first.equals_exact(second, 0)
    if isinstance(first, tuple):
        return len(first) == len(second) and all(map(same, first, second))  # type: ignore[arg-type]
    if dataclasses.is_dataclass(first):
        names = [item.name for item in dataclasses.fields(first)]
        return all(same(getattr(first, name), getattr(second, name)) for name in names)
    return first == second


def test_round_trip(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    empty = dataclasses.replace(RESULT.with_fronts(()), status="no_front", figures={})
    kept = ledger.save("key", [RESULT, empty])
    loaded = ledger.load("key")
    assert loaded is not None
    assert same(loaded[0], kept[0])
    assert {item.entry for item in loaded} == {"key"}
    assert same(dataclasses.replace(loaded[0], figures=RESULT.figures, entry=""), RESULT)
    (figure,) = loaded[0].figures.values()
    assert isinstance(figure, Path)
    assert figure.read_bytes() == RESULT.figures["a_thumbnail.jpg"]
    assert loaded[1].status == "no_front"


def test_unknown_and_damaged_entries_are_made_anew(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.load("missing") is None
    ledger.save("key", [RESULT])
    (file,) = ledger.folder.glob("*.json")
    whole = file.read_text(encoding="utf-8")
    damages = [whole[: len(whole) // 2], "[]", "null", whole.replace('"schema": 4', '"schema": 99')]
    damages.append(re.sub('"ocean": "[0-9A-F]+"', '"ocean": "00"', whole))
    damages.append("[" * 100_000)
    content = json.loads(whole)
    for part, name, value in (
        ("pair", "figures", "abc"), ("pair", "status", ["done"]), ("pair", "timings", [1]),
        ("pair", "attributes", "x"), ("pair", "synthetic", "no"), ("pair", "identity", None),
        ("identity", "name", 3), ("identity", "date", "soon"), ("identity", "kind", 1),
        ("extraction", "ocean", 3), ("extraction", "crs", 3), ("extraction", "coast", "x"),
        ("front", "xy", "abc"), ("front", "number", "x"), ("front", "number", float("inf")),
        ("front", "confidence", "x"), ("front", "sensor", 3), ("front", "crs", {"a": 1}),
    ):  # fmt: skip
        other = copy.deepcopy(content)
        result = other["results"][0]
        parts = {**result, "pair": result, "front": result["extraction"]["fronts"][0]}
        parts[part][name] = value
        damages.append(json.dumps(other))
    for damage in damages:
        assert damage != whole
        file.write_text(damage, encoding="utf-8")
        assert ledger.load("key") is None
    file.write_text(whole, encoding="utf-8")
    assert ledger.load("key") is not None
    file.unlink()
    file.mkdir()
    assert ledger.load("key") is None


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_an_entry_without_its_figures_is_made_anew(tmp_path: Path, damage) -> None:
    ledger = Ledger(tmp_path)
    ledger.save("key", [RESULT])
    damage(ledger.folder / "key" / "a_thumbnail.jpg")
    assert ledger.load("key") is None


@pytest.mark.parametrize("name", ["../private.png", "{outside}", "a/../../private.png", "link.png"])
def test_an_entry_of_a_stranger_brings_no_other_file(tmp_path: Path, name: str) -> None:
    ledger = Ledger(tmp_path)
    ledger.save("key", [RESULT])
    outside = ledger.folder / "private.png"
    outside.write_bytes(b"secret")
    (ledger.folder / "key" / "link.png").symlink_to(outside)
    (ledger.folder / "key" / "a").mkdir()
    (file,) = ledger.folder.glob("*.json")
    content = json.loads(file.read_text(encoding="utf-8"))
    content["results"][0]["figures"] = {name.format(outside=outside): 6}
    file.write_text(json.dumps(content), encoding="utf-8")
    assert ledger.load("key") is None


def test_a_folder_of_figures_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.save("key", [RESULT])
    (ledger.folder / "key").rename(tmp_path / "elsewhere")
    (ledger.folder / "key").symlink_to(tmp_path / "elsewhere")
    assert ledger.load("key") is None


@pytest.mark.parametrize("date", ["../../x", "2016", 7, None, "2016-06-31"])
def test_an_entry_with_another_date_is_made_anew(tmp_path: Path, date: object) -> None:
    ledger = Ledger(tmp_path)
    ledger.save("key", [RESULT])
    (file,) = ledger.folder.glob("*.json")
    content = json.loads(file.read_text(encoding="utf-8"))
    content["results"][0]["extraction"]["fronts"][0]["date"] = date
    file.write_text(json.dumps(content), encoding="utf-8")
    assert ledger.load("key") is None


def test_an_output_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / ".pycalfin").write_text("in the way")
    with pytest.raises(OutputError, match="cannot write"):
        Ledger(tmp_path).save("key", [RESULT])


def test_fingerprint_sees_content_and_not_the_place(tmp_path: Path) -> None:
    first, second = tmp_path / "a.tif", tmp_path / "elsewhere.tif"
    first.write_bytes(b"x" * 200_000)
    second.write_bytes(b"x" * 200_000)
    assert fingerprint(first) == fingerprint(second)
    second.write_bytes(b"x" * 199_999 + b"y")
    assert fingerprint(first) != fingerprint(second)


def test_sidecars_share_the_name(tmp_path: Path) -> None:
    for name in ("a.tif", "a.prj", "a.tif.aux.xml", "a.TFW", "a.ovr", "ab.prj", "b.tif", "a_1.tif"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in sidecars(tmp_path / "a.tif")] == [
        "a.TFW",
        "a.prj",
        "a.tif.aux.xml",
    ]


@pytest.mark.parametrize("text", ["[" * 100_000, '{"pairs": [1], "files": 2}', "\0"])
def test_a_record_that_somebody_else_made(tmp_path: Path, text: str) -> None:
    (tmp_path / RUN_FILE).write_text(text)
    assert read_pairs(tmp_path) == []
    assert earlier_files(tmp_path) == []
    (tmp_path / "fronts.gpkg").touch()
    with pytest.raises(SettingsError, match="cannot be read; choose another --output"):
        read_pairs(tmp_path)
