"""All products together: order, stale files, failures, equal bytes."""

import json
from dataclasses import replace

import pytest

from pycalfin.errors import OutputError
from pycalfin.issm import read_exp
from pycalfin.products import write, write_all


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_equal_results_give_equal_bytes(tmp_path, make, info, drawn):
    results = [drawn, make.result(date="2018-07-01"), make.result((), status="failed", date="")]
    write_all(tmp_path / "a", results, info)
    write_all(tmp_path / "b", [make.result(date="2017-01-01")], info)
    write_all(tmp_path / "b", results[::-1], info)
    first, second = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_stale_files_go_and_the_users_stay(tmp_path, make, info):
    write_all(tmp_path, [make.result(date="2014-07-01"), make.result(domain="Old")], info)
    (tmp_path / "issm" / "mine.exp").write_text("")
    (tmp_path / "quality_assurance_bad").mkdir()
    (tmp_path / "notes.txt").write_text("")
    paths = write_all(tmp_path, [make.result()], info)
    assert sorted(contents(tmp_path)) == sorted(
        [path.relative_to(tmp_path).as_posix() for path in paths] + ["issm/mine.exp", "notes.txt"]
    )
    assert not any("2014" in path.name or "Old" in path.name for path in paths)


@pytest.mark.parametrize("step", ["write_gpkg", "write_level1", "render_report", "write_exp"])
def test_a_failure_leaves_the_old_state(tmp_path, make, info, monkeypatch, step):
    write_all(tmp_path, [make.result()], info)
    before = contents(tmp_path)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, step, fail)
    with pytest.raises(OutputError, match="No space left"):
        write_all(tmp_path, [make.result(date="2018-07-01")], info)
    assert contents(tmp_path) == before
    assert not (tmp_path / ".staging").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path, make, info):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(OutputError, match="file"):
        write_all(blocked, [make.result()], info)


def test_any_folder_and_domain_name_will_do(tmp_path, make, info):
    output = tmp_path / "a!b;c d#e"
    paths = write_all(output, [make.result(domain="x;y!'&(z)")], info)
    assert all(path.is_file() for path in paths)
    names = [path.name for path in paths]
    assert "termini_2016-2016_x;y!'&(z)_v1.0.shp" in names
    assert "x;y!'&(z).exp" in names


def test_what_a_killed_run_left_is_cleared(tmp_path, make, info):
    (tmp_path / ".staging" / "files").mkdir(parents=True)
    (tmp_path / "run.json").write_text('{"files": ["../outside", 3')
    write_all(tmp_path, [make.result()], info)
    assert not (tmp_path / ".staging").exists()


def test_a_record_cannot_remove_files_outside(tmp_path, make, info):
    outside = tmp_path / "outside.txt"
    outside.write_text("keep")
    output = tmp_path / "out"
    output.mkdir()
    (output / "run.json").write_text(json.dumps({"files": ["../outside.txt", str(outside)]}))
    write_all(output, [make.result()], info)
    assert outside.read_text() == "keep"


@pytest.mark.parametrize(
    "name",
    [
        "thesis.docx", ".git/config", "issm/mine.txt", "issm/deep/x.exp", "run.json.bak", ".",
        "quality_assurance_bad/Bræ/x_1_overlay_front.png", "quality_assurance/x.png",
        "issm/../notes.gpkg", "scenes/fronts.h5",
    ],
)  # fmt: skip
def test_a_record_removes_products_only(tmp_path, make, info, name):
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "issm").mkdir(exist_ok=True)
    if name != ".":
        file.write_text("keep")
    (tmp_path / "run.json").write_text(json.dumps({"files": [name]}))
    write_all(tmp_path, [make.result()], info)
    assert file.exists()
    assert name == "." or file.read_text() == "keep"


def test_of_a_link_that_a_record_names_the_link_is_removed(tmp_path, make, info):
    output, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    (output / "issm").mkdir(parents=True)
    elsewhere.mkdir()
    (output / "notes.txt").write_text("keep")
    (elsewhere / "x.exp").write_text("keep")
    (output / "issm" / "link.exp").symlink_to("../notes.txt")
    (output / "quality_assurance").symlink_to(elsewhere)
    (output / "quality_assurance" / "a").mkdir()
    (elsewhere / "a" / "x.png").write_text("keep")
    names = ["issm/link.exp", "quality_assurance/a/x.png"]
    (output / "run.json").write_text(json.dumps({"files": names}))
    write_all(output, [make.result()], info)
    assert not (output / "issm" / "link.exp").is_symlink()
    assert (output / "notes.txt").read_text() == "keep"
    assert (elsewhere / "a" / "x.png").read_text() == "keep"


def test_contours_follow_the_order_of_the_geopackage(tmp_path, make, info):
    morning = make.result(
        (make.front(scene="A", number=1), make.front(scene="A", number=2)), scene="A"
    )
    noon = make.result((make.front(scene="B"),), scene="B")
    later = make.result(date="2018-07-01")
    write_all(tmp_path, [later, noon, morning], info)
    found = read_exp(tmp_path / "issm" / "Bræ.exp")
    assert [item.name for item in found] == [
        "Bræ_2016-06-30_1",
        "Bræ_2016-06-30_2",
        "Bræ_2016-06-30_3",
        "Bræ_2018-07-01",
    ]
    assert not any(item.closed for item in found)
    assert found[1].xy == pytest.approx(make.front(number=2).xy, abs=1e-9)


def test_run_json_tells_how_every_pair_ended(tmp_path, make, info):
    failed = make.result((), status="failed", reason="no CRS", date="", crs=None, domain="")
    write_all(tmp_path, [make.result(), failed], info)
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert record["schema"] == "1"
    assert {name: record[name] for name in info} == info
    assert record["counts"] == {"done": 1, "no_front": 0, "skipped": 0, "failed": 1}
    assert [pair["status"] for pair in record["pairs"]] == ["failed", "done"]
    assert record["pairs"][0]["reason"] == "no CRS"
    assert record["pairs"][1] == record["pairs"][1] | {
        "scene": "LC08_2016-06-30",
        "domain": "Bræ",
        "path": "/data/LC08_2016-06-30.tif",
        "date": "2016-06-30",
        "fronts": 1,
        "timings": {"read": 0.25},
    }
    assert set(record["files"]) == set(contents(tmp_path))


def test_figures_are_those_of_the_results_and_no_others(tmp_path, info, drawn):
    elsewhere = replace(
        drawn,
        domain="Other",
        subset="Other_s",
        figures={name.replace("Bræ", "Other"): data for name, data in drawn.figures.items()},
    )
    write_all(tmp_path, [drawn, elsewhere], info)
    mine = tmp_path / "quality_assurance" / "Bræ" / "mine.png"
    mine.write_bytes(b"")
    assert len(list((tmp_path / "quality_assurance" / "Other").iterdir())) == 4
    write_all(tmp_path, [drawn], info)
    assert not list((tmp_path / "quality_assurance").rglob("Other*.png"))
    assert len(list(mine.parent.iterdir())) == 5
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert sum(name.startswith("quality_assurance/") for name in record["files"]) == 4
