"""A batch as a user runs it: resumed, split, in parallel, in any order, from anywhere."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pyogrio
import pytest
import shapely

from pycalfin.batch.pipeline import plan, run
from pycalfin.batch.result import RunResult
from pycalfin.errors import SettingsError
from pycalfin.scene.domain import read_domains
from pycalfin.settings import Settings
from tests import holding

SCENES = 3


@pytest.fixture(scope="module")
def scenes(demo_scenes) -> list[Path]:
    """Some scenes of the demo's northern glacier."""
    return [item.path for item in demo_scenes if item.domain_name == "DemoNorth"][:SCENES]


@pytest.fixture(scope="module")
def reference(scenes, tmp_path_factory) -> RunResult:
    return run(settings(scenes, tmp_path_factory.mktemp("reference")))


def settings(scenes: list[Path], output: Path, **more: object) -> Settings:
    domains = more.get("domain", scenes[0].parent / "domains.geojson")
    base = Settings(scenes=tuple(map(str, scenes)), domain=domains, output=str(output))
    return replace(base, **{"figures": "none", **more})


def vectors(output: Path) -> tuple[list[str], np.ndarray]:
    """Ids and vertices of all fronts, as a reader sees them."""
    meta, _, lines, columns = pyogrio.raw.read(output / "fronts.gpkg", layer="fronts")
    ids = list(columns[list(meta["fields"]).index("id")])
    return ids, shapely.get_coordinates(shapely.from_wkb(lines))


def check_same(output: Path, reference: RunResult) -> None:
    ids, xy = vectors(output)
    expected_ids, expected_xy = vectors(reference.output)
    assert ids == expected_ids
    np.testing.assert_array_equal(xy, expected_xy)
    for file in sorted(reference.output.rglob("*.exp")) + sorted(reference.output.rglob("*.shp")):
        assert (output / file.relative_to(reference.output)).read_bytes() == file.read_bytes()


def test_every_pair_has_an_end(reference: RunResult) -> None:
    assert reference.exit_status == 0
    assert reference.count("done") == SCENES
    assert reference.count("failed") == 0
    written = json.loads((reference.output / "run.json").read_text(encoding="utf-8"))["pairs"]
    assert [pair["status"] for pair in written] == [pair.status for pair in reference.pairs]


def test_order_of_scenes_and_number_of_workers_do_not_matter(
    scenes, reference: RunResult, tmp_path: Path
) -> None:
    run(settings(scenes[::-1], tmp_path / "out", jobs=2))
    check_same(tmp_path / "out", reference)


def test_shards_into_one_folder_make_the_whole(
    scenes, reference: RunResult, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    first = run(settings(scenes, output, shard="1/2"))
    assert len(first.pairs) == len(plan(settings(scenes, output, shard="1/2")))
    assert len(first.pairs) < len(reference.pairs)
    run(settings(scenes, output, shard="2/2"))
    check_same(output, reference)


def test_a_shard_does_not_complain_of_domains_that_are_the_work_of_others(
    scenes, tmp_path: Path
) -> None:
    outside = run(settings(scenes[:1], tmp_path / "out", shard="2/3"))
    assert [pair.overlaps for pair in outside.pairs] == [False]
    assert outside.complaints() == []


def test_a_second_run_computes_nothing(scenes, reference: RunResult, tmp_path: Path) -> None:
    seen = []
    run(settings(scenes, reference.output), lambda done, total, _: seen.append((done, total)))
    total = len(plan(settings(scenes, tmp_path)))
    assert seen == [(total, total)]


def test_a_killed_run_continues_and_gives_the_same(
    scenes, reference: RunResult, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    code = (
        "import os, signal, sys; from pycalfin import Settings, run\n"
        "def progress(done, total, latest):\n"
        "    if done: os.kill(os.getpid(), signal.SIGKILL)\n"
        "*scenes, domain, output = sys.argv[1:]\n"
        "given = Settings(scenes=tuple(scenes), domain=domain, output=output, figures='none')\n"
        "run(given, progress)\n"
    )
    given = settings(scenes, output)
    done = subprocess.run(
        [sys.executable, "-c", code, *given.scenes, given.domain, given.output], check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert not (output / "report.html").exists()
    seen = []
    run(given, lambda count, total, _: seen.append((count, total)))
    total = len(plan(given))
    assert seen == [(count, total) for count in range(1, total + 1)]
    check_same(output, reference)


def test_scenes_of_one_name_are_both_kept(scenes, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    plain = [tmp_path / "a" / "scene.tif", tmp_path / "b" / "scene.tif"]
    for source, target in zip(scenes[:2], plain, strict=True):
        target.write_bytes(source.read_bytes())
    base = settings(scenes, tmp_path / "out", date="2016-07-14", figures="all")
    result = run(replace(base, scenes=tuple(map(str, plain))))
    assert result.count("done") == 2
    ids, _ = vectors(tmp_path / "out")
    assert len(set(ids)) == 2
    overlays = list((tmp_path / "out" / "quality_assurance").rglob("*_1_overlay_front.png"))
    assert len(overlays) == 2


def test_the_same_scene_given_twice_is_looked_at_once(scenes, tmp_path: Path, caplog) -> None:
    copy = tmp_path / scenes[0].name
    copy.write_bytes(scenes[0].read_bytes())
    tasks = plan(settings([scenes[0], copy], tmp_path / "out"))
    assert {task.path for task in tasks} == {str(scenes[0])}
    assert caplog.text.count("the same scene as") == 1  # however many domains there are


@pytest.mark.parametrize("bands", [("B4", "B5"), ("B5",)])
def test_a_product_and_its_archive_are_used_once(bands, tmp_path, caplog) -> None:
    name = "LC08_L1TP_012010_20180720_20200831_02_T1"
    (tmp_path / name).mkdir()
    for band in bands:
        (tmp_path / name / f"{name}_{band}.TIF").write_bytes(b"II*\0")
    with tarfile.open(tmp_path / f"{name}.tar", "w") as archive:
        for file in (tmp_path / name).iterdir():
            archive.add(file, file.name)
    tasks = plan(Settings(scenes=(str(tmp_path),)))
    folder = tmp_path / name
    alone = folder / f"{name}_B5.TIF"  # a folder of one image is no product
    assert [task.path for task in tasks] == [str(folder if len(bands) > 1 else alone)]
    assert f"{name}.tar: the same product as the folder" in caplog.text


def test_a_changed_scene_is_looked_at_again(scenes, tmp_path: Path) -> None:
    scene = tmp_path / "scene.tif"
    scene.write_bytes(scenes[0].read_bytes())
    base = replace(settings(scenes, tmp_path / "out", date="2016-07-14"), scenes=(str(scene),))
    before = {task.key for task in plan(base)}
    content = bytearray(scene.read_bytes())
    content[len(content) // 2] ^= 1
    scene.write_bytes(content)
    assert before.isdisjoint(task.key for task in plan(base))


def test_workers_end_with_the_head(scenes, tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    command = [*holding.command(tmp_path / "tasks"), "run", *map(str, scenes), "--jobs", "2"]
    command += ["--output", str(tmp_path / "out")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as child:
        try:
            workers = holding.held(tmp_path / "tasks", 2, child)
            everybody = psutil.Process(child.pid).children(recursive=True)
        finally:
            child.kill()
    assert set(workers) <= set(everybody)
    holding.wait_for_end(everybody)


@pytest.mark.parametrize("crs", ["EPSG:999999", "EPSG:4978"])
def test_a_bad_crs_is_refused_before_any_work(scenes, tmp_path: Path, crs: str) -> None:
    with pytest.raises(SettingsError, match=crs):
        run(settings(scenes, tmp_path / "out", out_crs=crs))


def test_no_scene_is_an_error() -> None:
    with pytest.raises(SettingsError, match="scene"):
        run(Settings())


def test_domains_may_be_given_as_polygons(scenes, reference, tmp_path) -> None:
    domains = read_domains(scenes[0].parent / "domains.geojson")
    given = run(settings(scenes, tmp_path, domain=None), domains=domains)
    check_same(given.output, reference)


def test_every_scene_may_have_a_date_of_its_own(scenes, tmp_path) -> None:
    dates = ("2001-01-01", "2002-02-02", "2003-03-03")
    first = run(settings(scenes, tmp_path, date=dates))
    kept = {pair.path: pair for pair in first.pairs if pair.status != "skipped"}
    assert [kept[str(path)].date for path in scenes] == list(dates)
    changed = run(settings(scenes, tmp_path, date=("2009-09-09", *dates[1:])))
    again = {pair.path: pair for pair in changed.pairs if pair.status != "skipped"}
    assert again[str(scenes[0])].date == "2009-09-09"
    for path in map(str, scenes[1:]):
        # from the ledger, timings included: nothing was computed again
        assert again[path].timings == kept[path].timings


def test_a_failure_has_one_word_for_its_kind(scenes, tmp_path) -> None:
    (tmp_path / "text.tif").write_text("no image")
    paths = [*scenes[:1], tmp_path / "text.tif", tmp_path / "missing.tif"]
    ended = run(settings(paths, tmp_path / "out", domain=str(scenes[0].parent / "domains.geojson")))
    words = {Path(pair.path).name: pair.error for pair in ended.pairs if pair.status == "failed"}
    assert words == {"text.tif": "scene", "missing.tif": "scene"}
    assert {pair.error for pair in ended.pairs if pair.status == "skipped"} == {"no_overlap"}
    assert {pair.error for pair in ended.pairs if pair.status == "done"} == {""}
    record = json.loads((ended.output / "run.json").read_text(encoding="utf-8"))
    assert {pair["error"] for pair in record["pairs"]} == {"", "scene", "no_overlap"}


def folder_of(output: Path) -> dict[str, bytes]:
    """Everything a run leaves but its log, which holds times, and its ledger."""
    return {
        path.relative_to(output).as_posix(): path.read_bytes()
        for path in output.rglob("*")
        if path.is_file() and ".pycalfin" not in path.parts and path.name != "run.json"
    }


def test_without_a_domain_a_resumed_run_gives_the_same_bytes(scenes, tmp_path) -> None:
    """In processes of their own: what has been imported before must not matter."""
    command = [sys.executable, "-m", "pycalfin", "run", str(scenes[0]), "--output", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    first = folder_of(tmp_path)
    subprocess.run(command, check=True, capture_output=True)
    again = folder_of(tmp_path)
    assert sorted(first) == sorted(again)
    # settings are shown in the report; nothing else may differ
    assert [name for name in first if first[name] != again[name]] == []
    assert b"rtree_fronts_geom" in first["fronts.gpkg"]


def test_figures_are_those_of_the_settings(scenes, tmp_path) -> None:
    base = settings(scenes[:1], tmp_path, figures="all")
    run(base)
    before = folder_of(tmp_path)
    assert any(name.endswith("_overlay_front.png") for name in before)
    run(replace(base, min_confidence=1.0))
    without = folder_of(tmp_path)
    assert not any(name.endswith("_overlay_front.png") for name in without)
    run(base)
    assert folder_of(tmp_path) == before


def test_a_run_that_ends_early_leaves_the_products_of_the_one_before(
    scenes, tmp_path, monkeypatch
) -> None:
    base = settings(scenes[:1], tmp_path)
    run(base)
    before = folder_of(tmp_path)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pycalfin.products.write_all", killed)
    with pytest.raises(KeyboardInterrupt):
        run(replace(base, min_confidence=1.0))
    assert folder_of(tmp_path) == before


def keys(base: Settings) -> list[str]:
    return [task.key for task in plan(base)]


def test_what_can_change_a_front_is_in_its_key(scenes, tmp_path) -> None:
    import h5py

    from pycalfin.resources import folder

    scene = tmp_path / "LC08_L1TP_031005_20160714_20200906_02_T1_B5.TIF"
    scene.write_bytes(scenes[0].read_bytes())
    fjord, weights = tmp_path / "fjord.geojson", tmp_path / "own.h5"
    domain = tmp_path / "domain.geojson"
    domain.write_text((scenes[0].parent / "domains.geojson").read_text())
    fjord.write_text(domain.read_text())
    weights.write_bytes((folder("weights") / "light.h5").read_bytes())
    base = settings([scene], tmp_path, domain=str(domain), fjord=str(fjord), network=str(weights))
    seen = [keys(base)]
    assert keys(base) == seen[0]

    def differs(changed: Settings = base) -> bool:
        seen.append(keys(changed))
        return all(set(seen[-1]).isdisjoint(earlier) for earlier in seen[:-1])

    assert differs(replace(base, min_length=30.0))
    assert differs(replace(base, date="2016-07-15"))
    assert keys(replace(base, jobs=7, output="elsewhere")) == seen[0]
    with h5py.File(weights, "r+") as file:
        file.attrs["note"] = "retrained"
    assert differs()
    fjord.write_text(fjord.read_text().replace("DemoSouth", "DemoWest"))
    assert differs()
    (tmp_path / "fjord.qmd").write_text("a sidecar")
    assert differs()
    content = json.loads(domain.read_text())
    for feature in content["features"]:
        feature["geometry"]["coordinates"][0][1][0] += 1e-4
    domain.write_text(json.dumps(content))
    assert differs()
    (tmp_path / scene.name.replace("_B5", "_QA_PIXEL")).write_bytes(b"quality")
    assert differs()
    (tmp_path / scene.name.replace("_B5.TIF", "_MTL.txt")).write_text("metadata")
    assert differs()
    scene.with_name(scene.name + ".aux.xml").write_text("<PAMDataset/>")
    assert differs()
    (tmp_path / scene.name.replace("_B5", "_B4")).write_bytes(b"another band")
    assert not differs()


def test_a_new_version_computes_anew(scenes, tmp_path, monkeypatch) -> None:
    base = settings(scenes[:1], tmp_path)
    before = keys(base)
    monkeypatch.setattr("pycalfin.batch.prepare.__version__", "99")
    assert set(before).isdisjoint(keys(base))


def test_failures_are_tried_again(scenes, tmp_path) -> None:
    scene = tmp_path / "scene.tif"
    content = scenes[0].read_bytes()
    scene.write_bytes(content[: len(content) // 2])
    base = settings([scene], tmp_path / "out", date="2016-07-14", domain=None)
    first = run(base)
    assert [pair.status for pair in first.pairs] == ["failed"]
    assert not list((tmp_path / "out" / ".pycalfin").glob("*.json"))


def test_two_clips_of_a_product_are_both_kept(scenes, tmp_path) -> None:
    domain, paths = str(scenes[0].parent / "domains.geojson"), []
    for number, source in enumerate(scenes[:2]):
        paths.append(tmp_path / str(number) / scenes[0].name)
        paths[-1].parent.mkdir()
        paths[-1].write_bytes(source.read_bytes())
    base = settings(paths, tmp_path / "out", domain=domain, figures="all")
    ended = run(base)
    assert ended.count("done") == 2
    ids, _ = vectors(tmp_path / "out")
    assert len(set(ids)) == 2
    overlays = list((tmp_path / "out" / "quality_assurance").rglob("*_1_overlay_front.png"))
    assert len(overlays) == 2
