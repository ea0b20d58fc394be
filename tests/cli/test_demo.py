"""The demo: its command with a stand-in for the pipeline, and what the pipeline finds in it."""

import json
from pathlib import Path

import numpy as np
import pytest

from pycalfin import cli, geo
from pycalfin.batch import pipeline
from pycalfin.batch.result import RunResult
from pycalfin.records import Front, Identity
from pycalfin.results import Extraction, PairResult
from pycalfin.synthetic import demo_plan, painting
from pycalfin.synthetic.landscape import known_front
from pycalfin.validate import known


@pytest.fixture(scope="module")
def scenes():
    """The demo's scenes without their pixels."""
    made = []
    for plan in demo_plan.plans(0):
        crs = plan.crs or plan.place.crs
        lines = [known_front(plan.place.fjord, plan.terminus)] if plan.terminus else []
        made.append(
            painting.SyntheticScene(
                path=Path(f"{plan.name}.TIF"),
                date=plan.date,
                kind=plan.kind,
                crs=crs,
                pixel=plan.pixel,
                fronts=tuple(plan.place.to_crs(line, crs) for line in lines),
                domain=geo.reproject_geometry(plan.place.domain(), plan.place.crs, crs),
                domain_name=plan.place.name,
                features=plan.features,
            )
        )
    return made


@pytest.fixture
def demo(scenes, tmp_path, monkeypatch):
    """Call the demo with a pipeline that finds every known front `shift` pixels to the east."""

    def call(*options, shift=0.0, lose=(), invent=False, fail=()):
        def run(settings, progress=None):
            results = []
            for count, scene in enumerate(scenes, start=1):
                name, domain, path = scene.name, scene.domain_name, str(scene.path)
                if name in fail:
                    results.append(PairResult(Identity(name), domain, path, "failed", "it broke"))
                    continue
                fronts = [] if name in lose else [front(scene, line) for line in scene.fronts]
                if invent and not scene.fronts:
                    fronts = [front(scene, np.array(scene.domain.exterior.coords[:2]))]
                status = "done" if fronts else "no_front"
                found = Extraction(tuple(fronts))
                results.append(PairResult(Identity(name), domain, path, status, "", found))
                results.append(
                    PairResult(Identity(name), "Elsewhere", path, "skipped", "no overlap")
                )
                progress(count, len(scenes), results[-1])
            output = Path(settings.output)
            return RunResult(output, tuple(results), output / "report.html")

        def front(scene, line):
            latitude = geo.latitude_of(np.array(scene.domain.exterior.coords), scene.crs)
            polar = geo.polar_crs(latitude)
            moved = geo.reproject(line + (shift * scene.pixel, 0), scene.crs, polar)
            return Front(xy=moved, crs=polar, date=scene.date)

        monkeypatch.setattr(pipeline, "run", run)
        monkeypatch.setattr(painting, "generate", lambda _folder: scenes)
        return cli.main(["demo", "--output", str(tmp_path), *options])

    return call


def test_perfect_fronts_have_no_error(demo, capsys):
    assert demo("--json") == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["mean_error_pixels"] == pytest.approx(0, abs=1e-3)
    assert summary["missed"] == summary["invented"] == []
    assert [item["found"] for item in summary["scenes"]] == [
        item["known"] for item in summary["scenes"]
    ]


def test_the_error_is_in_pixels_of_the_scene_and_ground_metres(demo, capsys):
    assert demo("--json", shift=2.0) == 0
    summary = json.loads(capsys.readouterr().out)
    for item in summary["scenes"]:
        if item["known"]:
            # moved two pixels to the east: two across the line where it runs north
            assert 0.5 < item["error_pixels"] <= 2.0
            metres = item["error_metres"] / item["error_pixels"]
            nominal = 40.0 if item["kind"] == "sar" else 30.0
            assert metres == pytest.approx(nominal, rel=0.05)
            assert (metres == pytest.approx(nominal, rel=1e-3)) == (
                item["kind"] == "optical" and "southern" not in item["features"]
            )


def test_the_last_line_is_the_report(demo, tmp_path, capsys):
    assert demo() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == str(tmp_path.resolve() / "report.html")
    assert any(line.startswith("Mean error against the known fronts: 0.00") for line in lines)
    assert "Fronts in the scene without one: none found" in lines


def test_missed_and_invented_fronts_are_told(demo, scenes, capsys):
    lost = next(scene.name for scene in scenes if scene.fronts)
    assert demo("--json", lose=[lost], invent=True) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["missed"] == [lost]
    assert len(summary["invented"]) == 1
    assert summary["mean_error_pixels"] == pytest.approx(0, abs=1e-3)
    demo(lose=[lost], invent=True)
    printed = capsys.readouterr().out
    assert "in 7 of 8 scenes; missed in 1" in printed
    assert "Fronts in the scene without one: 1 found" in printed


def test_the_exit_status_is_that_of_the_run(demo, scenes, capsys):
    assert demo(fail=[scenes[0].name]) == 3
    assert f"{scenes[0].name}: it broke" in capsys.readouterr().out
    assert demo(fail=[scene.name for scene in scenes]) == 1
    assert "No front was found" in capsys.readouterr().out


def test_an_output_that_cannot_be_written_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert cli.main(["demo", "--output", str(tmp_path / "file")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "file" in printed.err
    assert len(printed.err.splitlines()) <= 3


def test_the_pipeline_finds_every_known_front_and_no_other(demo_scenes, demo_run):
    assert demo_run.exit_status == 0
    assert (demo_run.output / "report.html").is_file()
    measured = known.compare(demo_scenes, demo_run.pairs)
    assert len(measured) == len(demo_scenes)
    assert not any(item.missed or item.false_positives for item in measured)
    assert known.mean_error(measured)[0] < 1.5
