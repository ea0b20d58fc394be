"""What an earlier run left in a folder is not lost by a mistake."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import pycalfin
from pycalfin.batch.pipeline import run
from pycalfin.batch.result import RunResult
from pycalfin.cli import main
from pycalfin.errors import PycalfinError, RunError, SettingsError
from pycalfin.settings import Settings


@pytest.fixture(scope="module")
def scenes(demo_scenes) -> list[Path]:
    """Two scenes of the demo's northern glacier."""
    return [item.path for item in demo_scenes if item.domain_name == "DemoNorth"][1:3]


@pytest.fixture(scope="module")
def first(scenes: list[Path], tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run(settings(scenes[:1], tmp_path_factory.mktemp("first") / "out"))


@pytest.fixture
def out(first: RunResult, tmp_path: Path) -> Path:
    """The output folder of a finished run over the first scene."""
    return Path(shutil.copytree(first.output, tmp_path / "out"))


def settings(scenes: list[Path], output: Path, **more: object) -> Settings:
    domain = str(scenes[0].parent / "domains.geojson")
    base = Settings(scenes=tuple(map(str, scenes)), domain=domain, output=str(output))
    return replace(base, **more)  # type: ignore[arg-type]


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def names(output: Path) -> set[str]:
    """Scenes whose fronts are in the products."""
    record = json.loads((output / "run.json").read_text(encoding="utf-8"))
    return {pair["scene"] for pair in record["pairs"] if pair["fronts"]}


WRONG: dict[str, Callable[[Path], list[str]]] = {
    "no domain file": lambda _: ["--domain", "domians.geojson"],
    "no field": lambda _: ["--domain-name", "Nmae"],
    "domain is a folder": lambda here: ["--domain", str(here)],
    "domain is text": lambda here: ["--domain", str(written(here / "text.geojson", "hello"))],
    "no network": lambda _: ["--network", "lihgt"],
    "no weights": lambda _: ["--network", "light.hdf5"],
    "weights are text": lambda here: ["--network", str(written(here / "text.h5", "hello"))],
    "preset": lambda _: ["--preset", "clafin"],
    "preset of other weights": lambda _: ["--preset", "calfin", "--network", "calfin"],
    "no fjord mask": lambda _: ["--fjord", "fjrod.tif"],
    "fjord mask is text": lambda here: ["--fjord", str(written(here / "text.tif", "hello"))],
    "CRS": lambda _: ["--crs", "EPSG:999999"],
    "CRS of the results": lambda _: ["--out-crs", "EPSG:4978"],
    "date": lambda _: ["--date", "2020-13-01"],
    "shard": lambda _: ["--shard", "3/2"],
    "jobs": lambda _: ["--jobs", "0"],
    "settings file": lambda _: ["--settings", "settings.tmol"],
    "output is a file": lambda here: ["--output", str(written(here / "taken", "a file"))],
    "output below a file": lambda here: ["--output", str(written(here / "taken", "a file") / "x")],
    "output without a name": lambda _: ["--output", ""],
    "another scene": lambda _: [],
}
"""What is wrong with a command line, and how it is written."""


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("there", [True, False])
def test_what_is_wrong_before_the_start_touches_nothing(
    case: str,
    there: bool,
    scenes: list[Path],
    out: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    output = out if there else tmp_path / "fresh" / "out"
    if case == "another scene" and not there:
        pytest.skip("a fresh folder takes any scene")
    before = content(out)
    scene = scenes[1] if case == "another scene" else scenes[0]
    domain = ["--domain", str(scenes[0].parent / "domains.geojson")]
    options = WRONG[case](tmp_path)
    assert main(["run", str(scene), *domain, "--output", str(output), *options]) == 2
    stdout, stderr = capfd.readouterr()
    assert not stdout
    assert len(stderr.strip().splitlines()) == 1
    assert "Traceback" not in stderr
    assert content(out) == before
    assert not (tmp_path / "fresh").exists()


def test_a_run_without_a_finished_pair_leaves_the_products(
    scenes: list[Path], out: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = content(out)
    broken = written(tmp_path / scenes[0].name, "no image")
    domain = ["--domain", str(scenes[0].parent / "domains.geojson")]
    for more in (["--replace"], ["--append"], []):
        scene = broken if more else tmp_path / "gone" / scenes[0].name
        status = main(["run", str(scene), *domain, "--output", str(out), *more])
        _, stderr = capfd.readouterr()
        assert status == (1 if more else 2)
        assert ("are unchanged" in stderr) is bool(more)
        assert content(out) == before


def test_an_earlier_scene_is_kept_or_dropped_as_it_is_said(
    scenes: list[Path], out: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=r"1 earlier scene .*--append.*--replace"):
        run(settings(scenes[1:], out))
    both = run(settings(scenes, tmp_path / "both"))
    added = run(settings(scenes[1:], out, mode="append"))
    assert [pair.scene for pair in added.kept if pair.fronts] == [
        pair.scene for pair in both.pairs if pair.fronts and pair.path == str(scenes[0])
    ]
    assert "with 1 front of 1 earlier scene" in added.sentence()
    assert names(out) == names(tmp_path / "both")
    vectors = ("fronts.gpkg", "issm", "level-1_shapefiles-domain-termini", "quality_assurance")
    one, other = content(out), content(tmp_path / "both")
    for path, data in other.items():
        if path.startswith(vectors[1:]):
            assert one[path] == data
    run(settings(scenes[1:], out, mode="replace"))
    assert names(out) == {pair.scene for pair in added.pairs if pair.fronts}
    assert len(list((out / "quality_assurance").rglob("*_overlay_front.png"))) == 1


def test_naming_all_scenes_needs_no_word(scenes: list[Path], out: Path, tmp_path: Path) -> None:
    run(settings(scenes, out))
    assert len(names(out)) == 2
    moved = tmp_path / "moved"
    moved.mkdir()
    for scene in scenes:
        shutil.copy(scene, moved)
    again = settings(sorted(moved.iterdir()), out, domain=str(scenes[0].parent / "domains.geojson"))
    run(again)
    assert len(names(out)) == 2


def test_another_domain_would_drop_the_first(scenes: list[Path], out: Path, tmp_path: Path) -> None:
    areas = json.loads((scenes[0].parent / "domains.geojson").read_text())
    for number, feature in enumerate(areas["features"]):
        feature["properties"]["name"] = f"Renamed{number}"
    other = written(tmp_path / "other.geojson", json.dumps(areas))
    before = content(out)
    with pytest.raises(SettingsError, match="1 earlier scene"):
        run(settings(scenes[:1], out, domain=str(other)))
    assert content(out) == before


def test_what_was_found_stays_when_a_scene_is_gone(
    scenes: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "scenes"
    place.mkdir()
    paths = [Path(shutil.copy(scene, place)) for scene in scenes]
    domain = str(scenes[0].parent / "domains.geojson")
    run(settings(paths, tmp_path / "out", domain=domain))
    found = names(tmp_path / "out")
    paths[0].unlink()
    ended = run(settings(paths, tmp_path / "out", domain=domain))
    assert ended.exit_status == 3
    assert names(tmp_path / "out") == found
    (complaint,) = ended.complaints()
    assert "no such file" in complaint
    assert complaint.endswith("(the result of an earlier run is kept)")
    assert "the result of an earlier run is kept" not in caplog.text  # said once is enough
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    (kept,) = [pair for pair in record["pairs"] if pair["fronts"] and pair["path"] == str(paths[0])]
    assert "no such file" in kept["warnings"][-1]


def test_a_damaged_record_is_no_licence(scenes: list[Path], out: Path) -> None:
    (out / "run.json").write_text("{")
    with pytest.raises(SettingsError, match="cannot be read"):
        run(settings(scenes[1:], out))
    run(settings(scenes[1:], out, mode="replace"))
    assert len(names(out)) == 1


def test_adding_to_a_lost_ledger_is_refused(scenes: list[Path], out: Path) -> None:
    shutil.rmtree(out / ".pycalfin")
    before = content(out)
    with pytest.raises(SettingsError, match=r"\.pycalfin is missing"):
        run(settings(scenes[1:], out, mode="append"))
    assert content(out) == before


def test_from_python_a_failure_is_a_warning_and_an_error_on_demand(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    result = pycalfin.run(Settings(scenes=("gone.tif",), output=str(tmp_path / "out")))
    assert "gone.tif: no such file" in caplog.text
    with pytest.raises(RunError, match=r"gone\.tif: no such file"):
        result.raise_for_status()
    assert issubclass(RunError, PycalfinError)


def test_the_error_on_demand_says_that_earlier_products_stay(out: Path) -> None:
    result = pycalfin.run(Settings(scenes=("gone.tif",), output=str(out), mode="replace"))
    with pytest.raises(RunError, match="are unchanged"):
        result.raise_for_status()


def test_run_json_names_what_really_ran(first: RunResult) -> None:
    record = json.loads((first.output / "run.json").read_text(encoding="utf-8"))
    (engine,) = record["engines"]
    program, _, processor = engine.partition(" on ")
    assert processor
    name = program.split()[0].lower()
    assert name in record["versions"]
    assert record["versions"][name] in program
    unused = {"openvino", "tensorflow"} - {name}
    assert unused.isdisjoint(record["versions"])
