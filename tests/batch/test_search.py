"""A scene without a domain, from the command line's side: searched once, the same wherever it lies.

The scene is a painted fjord with its glacier in a canvas of no data: the search is cheap there.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from pycalfin.batch.earlier import missing_from, read_pairs
from pycalfin.batch.pipeline import plan, run
from pycalfin.batch.result import RunResult, progress_line, together
from pycalfin.batch.task import work
from pycalfin.cli import main
from pycalfin.front.search import NO_COAST, NO_PLACE
from pycalfin.geo import reproject
from pycalfin.records import Domain
from pycalfin.scene.place import place_name
from pycalfin.settings import Settings
from tests.shared import once

SIDE = 1100
"""Pixels of 30 m: more than one view of the network holds."""
CORNER = (300, 400)
"""Row and column of the painted scene in its canvas."""


def on_canvas(source: Path, target: Path, corner: tuple[int, int]) -> Path:
    """Put a scene into a larger one without data, where it lies on the ground."""
    with rasterio.open(source) as scene:
        pixels, profile = scene.read(1), scene.profile
    image = np.zeros((SIDE, SIDE), pixels.dtype)
    image[corner[0] :, corner[1] :][: pixels.shape[0], : pixels.shape[1]] = pixels
    transform = profile["transform"] @ Affine.translation(-corner[1], -corner[0])
    profile.update(height=SIDE, width=SIDE, transform=transform, nodata=0, tiled=False)
    with rasterio.open(target, "w", **profile) as canvas:
        canvas.write(image, 1)
    return target


def searched(source: Path, folder: Path, corner: tuple[int, int] = CORNER, **more) -> RunResult:
    folder.mkdir(parents=True, exist_ok=True)
    scene = on_canvas(source, folder / source.name, corner)
    return run(Settings(scenes=(str(scene),), output=str(folder / "out"), **more))


@pytest.fixture(scope="session")
def found(painted_scene, tmp_path_factory) -> RunResult:
    """What a search of the painted scene on its canvas found; do not change it."""
    return once(tmp_path_factory, "searched", lambda folder: searched(painted_scene.path, folder))


def scene_of(result: RunResult) -> str:
    return result.pairs[0].path


def test_the_front_is_found_once_in_a_place_with_a_name(found: RunResult, painted_scene) -> None:
    assert found.exit_status == 0
    (front,) = found.fronts
    assert front.domain == place_name(front.xy.mean(axis=0)[None], front.crs)
    assert all(pair.searched for pair in found.pairs)
    (truth,) = painted_scene.fronts
    known = reproject(truth, painted_scene.crs, front.crs)
    apart = shapely.distance(shapely.points(known), front.geometry)
    assert np.mean(apart) <= 60
    assert found.sentence() == "1 front in 1 scene"
    assert (found.output / "issm" / f"{front.domain}.exp").is_file()


def test_one_map_of_the_scene(found: RunResult) -> None:
    name = found.pairs[0].scene
    maps = list((found.output / "quality_assurance").rglob("*_overview.png"))
    assert maps == [found.output / "quality_assurance" / name / f"{name}_overview.png"]
    link = maps[0].relative_to(found.output).as_posix()
    assert f'<a href="{link}">{name}</a>' in found.report.read_text(encoding="utf-8")


@pytest.mark.parametrize("shift", [(144, 144), (-97, 55)])
def test_where_the_scene_lies_in_its_image_does_not_matter(
    shift, found: RunResult, painted_scene, tmp_path
) -> None:
    """By half a view, and by any other number of pixels."""
    corner = (CORNER[0] + shift[0], CORNER[1] + shift[1])
    moved = searched(painted_scene.path, tmp_path, corner)
    assert [pair.domain for pair in moved.pairs] == [pair.domain for pair in found.pairs]
    for one, other in zip(found.fronts, moved.fronts, strict=True):
        np.testing.assert_allclose(other.xy, one.xy, atol=0.01)


def test_a_second_run_searches_nothing(found: RunResult) -> None:
    seen = []
    settings = Settings(scenes=(scene_of(found),), output=str(found.output))
    again = run(settings, lambda done, total, _: seen.append((done, total)))
    assert seen == [(1, 1)]
    assert [front.id for front in again.fronts] == [front.id for front in found.fronts]


def test_progress_tells_of_the_scene_not_of_its_last_place(found: RunResult) -> None:
    latest = together([*found.pairs, *found.pairs])
    assert progress_line(1, 1, latest).startswith(f"1 of 1: {latest.date} {latest.scene}: done, 2 ")
    assert together(found.pairs[:1]) is found.pairs[0]


def test_tiles_where_they_are_asked_for(found: RunResult, tmp_path) -> None:
    settings = Settings(scenes=(scene_of(found),), output=str(tmp_path), tile=700, max_nodata=1.0)
    (planned,) = plan(settings)
    names = [result.domain for result in work(planned).results]
    assert [name.partition("_r")[2] for name in names] == ["0_c0", "0_c1", "1_c0", "1_c1"]


def test_a_scene_without_a_place_has_no_front(found: RunResult, tmp_path) -> None:
    with rasterio.open(scene_of(found)) as scene:
        profile = scene.profile
    noise = np.random.default_rng(0).normal(9000, 40, (SIDE, SIDE)).astype(profile["dtype"])
    path = tmp_path / Path(scene_of(found)).name
    with rasterio.open(path, "w", **profile) as target:
        target.write(noise, 1)
    result = run(Settings(scenes=(str(path),), output=str(tmp_path / "out")))
    (pair,) = result.pairs
    assert (pair.status, pair.reason, pair.domain) == ("no_front", NO_PLACE, pair.scene)
    assert result.exit_status == 0
    assert list((tmp_path / "out").rglob("*_overview.png"))
    seen = []
    settings = Settings(scenes=(str(path),), output=str(tmp_path / "out"))
    run(settings, lambda done, total, _: seen.append((done, total)))
    assert seen == [(1, 1)]


def test_far_from_any_coast_nothing_is_searched(found: RunResult, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(
        "pycalfin.scene.landmask.is_land", lambda lonlat: np.ones(len(lonlat), bool)
    )
    settings = Settings(scenes=(scene_of(found),), output=str(tmp_path), coast=True)
    (planned,) = plan(settings)
    (result,) = work(planned).results
    assert (result.status, result.reason) == ("no_front", NO_COAST)


def test_a_search_near_coasts_needs_the_land_mask(tmp_path, painted_scene, monkeypatch) -> None:
    monkeypatch.setattr("pycalfin.scene.landmask.find_spec", lambda _: None)
    output = tmp_path / "out"
    assert main(["run", str(painted_scene.path), "--output", str(output), "--coast"]) == 2
    assert not output.exists()


def test_a_scene_without_data_is_skipped(found: RunResult, tmp_path) -> None:
    with rasterio.open(scene_of(found)) as scene:
        profile = scene.profile
    path = tmp_path / Path(scene_of(found)).name
    with rasterio.open(path, "w", **profile) as target:
        target.write(np.zeros((SIDE, SIDE), profile["dtype"]), 1)
    (pair,) = run(Settings(scenes=(str(path),), output=str(tmp_path / "out"))).pairs
    assert (pair.status, pair.reason) == ("skipped", "no valid pixel: all no-data")


def test_a_dry_run_says_that_the_scene_would_be_searched(
    found: RunResult, tmp_path, capsys
) -> None:
    given = ["run", scene_of(found), "--output", str(tmp_path / "out"), "--dry-run"]
    assert main(given) == 0
    assert "(searched if large)" in " ".join(capsys.readouterr().out.split())
    assert main([*given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"path": scene_of(found), "domain": ""}]
    assert not (tmp_path / "out").exists()


def test_places_are_not_dropped_by_a_run_with_another_domain(found: RunResult, tmp_path) -> None:
    pairs = read_pairs(found.output)
    searched_again = plan(Settings(scenes=(scene_of(found),), output=str(tmp_path)))
    assert missing_from(pairs, searched_again) == []
    (task,) = searched_again
    other = Domain("Other", shapely.box(0, 0, 1, 1), "EPSG:3413")
    assert missing_from(pairs, [replace(task, domain=other)]) == pairs


def test_figures_that_were_left_out_are_drawn_later(painted_scene, tmp_path) -> None:
    first = searched(painted_scene.path, tmp_path, figures="none")
    assert not list(first.output.rglob("*_overview.png"))
    second = run(Settings(scenes=(scene_of(first),), output=str(first.output)))
    assert len(list(second.output.rglob("quality_assurance/**/*_overview.png"))) == 1
