"""Runs that keep all figures, the worst or none, one after the other into the same folder."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from calfin_bridge.result import read_result
from pycalfin.batch import figure_choice
from pycalfin.batch.pipeline import run
from pycalfin.settings import Settings

VALUES = ("all", "worst", "none")


@pytest.fixture(scope="module")
def base(demo_scenes, tmp_path_factory) -> Settings:
    """Three scenes of one glacier, in a domain that all of them show."""
    folder = tmp_path_factory.mktemp("given")
    north = [item for item in demo_scenes if item.domain_name == "DemoNorth"][:3]
    content = json.loads(north[0].path.with_name("domains.geojson").read_text(encoding="utf-8"))
    content["features"] = [
        item for item in content["features"] if "DemoNorth" in item["properties"].values()
    ]
    (folder / "domain.geojson").write_text(json.dumps(content), encoding="utf-8")
    return Settings(
        scenes=tuple(str(item.path) for item in north), domain=str(folder / "domain.geojson")
    )


@pytest.fixture(autouse=True)
def one_of_each_domain(monkeypatch) -> None:
    monkeypatch.setattr(figure_choice, "WORST", 1)


@pytest.fixture(scope="module")
def fresh(base, tmp_path_factory) -> dict[str, Path]:
    """A folder for each value, as a first run leaves it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figure_choice, "WORST", 1)
        folders = {value: tmp_path_factory.mktemp(value) for value in VALUES}
        for value, folder in folders.items():
            run(replace(base, figures=value, output=str(folder)))
    return folders


def pictures(output: Path) -> dict[str, bytes]:
    return {
        path.relative_to(output).as_posix(): path.read_bytes()
        for path in (output / "quality_assurance").rglob("*")
        if path.is_file()
    }


def kept(output: Path) -> set[str]:
    """Pictures in the ledger."""
    return {path.name for path in (output / ".pycalfin").rglob("*.*g") if path.is_file()}


def check(output: Path, figures: str) -> None:
    """Everything that names a figure names one that is there, and the record says which."""
    record = json.loads((output / "run.json").read_text(encoding="utf-8"))
    assert record["settings"]["figures"] == figures
    assert set(pictures(output)) == {name for name in record["files"] if name.endswith(".png")}
    named = {item["figure"] for item in read_result(output).document["fronts"]} - {""}
    assert named == {name for name in pictures(output) if name.endswith("_overlay_front.png")}
    page = (output / "report.html").read_text(encoding="utf-8")
    assert set(re.findall(r'href="(quality_assurance/[^"]+)"', page)) == named
    assert page.count("data:image/jpeg") == len(record["pairs"])
    assert f"(figures = {figures})" in page or figures == "all"


@pytest.mark.parametrize("value", VALUES)
def test_a_first_run(fresh, value) -> None:
    output = fresh[value]
    check(output, value)
    overlays = [name for name in pictures(output) if name.endswith("_overlay_front.png")]
    fronts = read_result(output).fronts
    least = min(fronts, key=lambda front: front.confidence)
    assert len(overlays) == {"all": len(fronts), "worst": 1, "none": 0}[value]
    if value == "worst":
        assert Path(overlays[0]).name == f"{least.subset}_{least.number}_overlay_front.png"
    # what nothing shows takes no room
    thumbnails = {name for name in kept(output) if name.endswith("_thumbnail.jpg")}
    assert len(thumbnails) == 3
    assert kept(output) - thumbnails == {Path(name).name for name in pictures(output)}


@pytest.mark.parametrize("then", VALUES)
@pytest.mark.parametrize("first", VALUES)
def test_another_value_gives_what_a_first_run_gives(base, fresh, tmp_path, first, then) -> None:
    output = tmp_path / "out"
    shutil.copytree(fresh[first], output)
    calls = []
    again = run(
        replace(base, figures=then, output=str(output)),
        lambda done, total, latest: calls.append((done, total, latest is not None)),
    )
    assert again.exit_status == 0
    assert pictures(output) == pictures(fresh[then])
    assert kept(output) == kept(fresh[then])
    assert [front.id for front in again.fronts] == [
        front.id for front in read_result(fresh[then]).fronts
    ]
    check(output, then)
    redrawn = {("worst", "all"): 2, ("none", "all"): 3, ("none", "worst"): 1}.get((first, then), 0)
    assert calls == [(3, 3, False), *((3 + n, 3 + redrawn, True) for n in range(1, redrawn + 1))]


def test_the_number_of_workers_and_the_order_of_scenes_do_not_matter(base, fresh, tmp_path) -> None:
    given = replace(base, scenes=base.scenes[::-1], jobs=2, figures="worst", output=str(tmp_path))
    run(given)
    assert pictures(tmp_path) == pictures(fresh["worst"])


def test_shards_and_the_run_that_puts_them_together(base, fresh, tmp_path) -> None:
    given = replace(base, figures="worst", output=str(tmp_path))
    for shard in ("1/2", "2/2", None):
        run(replace(given, shard=shard))
        check(tmp_path, "worst")
    assert pictures(tmp_path) == pictures(fresh["worst"])
    assert kept(tmp_path) == kept(fresh["worst"])


def test_a_killed_run_continues_with_other_figures(base, fresh, tmp_path) -> None:
    def stop(done: int, total: int, latest: object) -> None:
        del total, latest
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(replace(base, figures="none", output=str(tmp_path)), stop)
    assert not (tmp_path / "run.json").exists()
    run(replace(base, figures="worst", output=str(tmp_path)))
    assert pictures(tmp_path) == pictures(fresh["worst"])
    check(tmp_path, "worst")


@pytest.mark.parametrize(("first", "then"), [("all", "none"), ("all", "worst"), ("none", "all")])
def test_earlier_scenes_that_stay(base, fresh, tmp_path, caplog, first, then) -> None:
    run(replace(base, scenes=base.scenes[:1], figures=first, output=str(tmp_path)))
    more = replace(base, scenes=base.scenes[1:], mode="append", output=str(tmp_path))
    run(replace(more, figures=then))
    check(tmp_path, then)
    if (first, then) == ("none", "all"):
        # its scene is not given, so nothing can be drawn: that is said
        assert "1 earlier result without figures" in caplog.text
        assert len(pictures(tmp_path)) < len(pictures(fresh["all"]))
        run(replace(base, figures="all", output=str(tmp_path)))
        assert pictures(tmp_path) == pictures(fresh["all"])
        return
    assert "without figures" not in caplog.text
    assert pictures(tmp_path) == pictures(fresh[then])
    # what --append kept can still be drawn
    run(replace(more, figures="all"))
    assert pictures(tmp_path) == pictures(fresh["all"])


def test_figures_of_a_scene_that_is_gone_stay(base, tmp_path, fresh) -> None:
    output, scene = tmp_path / "out", tmp_path / Path(base.scenes[0]).name
    shutil.copy(base.scenes[0], scene)
    given = replace(base, scenes=(str(scene), *base.scenes[1:]), output=str(output))
    run(given)
    scene.unlink()
    ended = run(replace(given, figures="worst"))
    assert ended.exit_status == 3
    assert pictures(output) == pictures(fresh["worst"])
