"""`pycalfin subset`: files, messages and exit status."""

import importlib
import json
import re

import numpy as np
import pytest
import rasterio
from affine import Affine

from pycalfin.cli import main

TRANSFORM = Affine(30.0, 0.0, -300_000.0, 0.0, -30.0, -1_900_000.0)
NAME = "LC08_L1TP_031005_20160630_20170323_01_T1_B5"
SUBSET = "Kong_Oscar_LC08_L1TP_2016-06-30_031-005_T1_B5.tif"


@pytest.fixture
def scene(tmp_path):
    return write(tmp_path / "scenes" / f"{NAME}.TIF")


def write(path, image=None, **options):
    path.parent.mkdir(exist_ok=True)
    if image is None:
        image = np.random.default_rng(0).integers(6000, 12000, (100, 120)).astype("uint16")
    profile = {"driver": "GTiff", "count": 1, "crs": "EPSG:3413", "transform": TRANSFORM, **options}
    height, width = image.shape
    with rasterio.open(path, "w", height=height, width=width, dtype=image.dtype, **profile) as out:
        out.write(image, 1)
    return path


@pytest.fixture
def domain(tmp_path):
    x, y = -299_000, -1_901_000
    ring = [[x, y], [x + 1500, y], [x + 1500, y - 1200], [x, y - 1200], [x, y]]
    content = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3413"}},
        "features": [
            {
                "type": "Feature",
                "properties": {"Name": "Kong Oscar", "GlacierID": 7, "other": "Second"},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        ],
    }
    path = tmp_path / "area.geojson"
    path.write_text(json.dumps(content))
    return path


def test_one_scene_one_domain(scene, domain, tmp_path, capsys):
    status = main(["subset", str(scene), "--domain", str(domain), "--output", "out"])
    captured = capsys.readouterr()
    assert status == 0
    assert captured.out == f"out/{SUBSET}\n"
    assert captured.err == ""
    assert [item.name for item in (tmp_path / "out").iterdir()] == [SUBSET]
    with rasterio.open(tmp_path / "out" / SUBSET) as dataset:
        assert dataset.dtypes == ("uint16",)
        assert dataset.tags()["PYCALFIN_DOMAIN"] == "Kong_Oscar"
        assert json.loads(dataset.tags()["PYCALFIN_DOMAIN_ATTRIBUTES"])["GlacierID"] == 7


def test_channels(scene, domain, tmp_path):
    assert (
        main(["subset", str(scene), "--domain", str(domain), "--output", "out", "--channels"]) == 0
    )
    channels = tmp_path / "out" / SUBSET.replace(".tif", "_channels.tif")
    with rasterio.open(channels) as dataset:
        assert dataset.count == 3
    assert (tmp_path / "out" / SUBSET).exists()


def test_subsets_of_subsets_are_the_same(scene, domain):
    main(["subset", str(scene), "--domain", str(domain), "--output", "one"])
    assert main(["subset", "one", "--output", "two"]) == 0
    with rasterio.open(f"one/{SUBSET}") as one, rasterio.open(f"two/{SUBSET}") as two:
        np.testing.assert_array_equal(one.read(), two.read())
        assert one.tags() == two.tags()
        assert one.transform == two.transform


def test_domain_name_field_and_settings_file(scene, domain, tmp_path):
    (tmp_path / "settings.toml").write_text(
        'output = "from-file"\nmargin = 0.0\ndate = "2000-01-01"'
    )
    arguments = ["subset", str(scene), "--domain", str(domain), "--settings", "settings.toml"]
    assert main([*arguments, "--domain-name", "other", "--date", "2016-07-01"]) == 0
    (file,) = (tmp_path / "from-file").iterdir()
    assert file.name == "Second_LC08_L1TP_2016-07-01_031-005_T1_B5.tif"


def test_a_batch_of_good_and_bad(scene, domain, capsys):
    (scene.parent / "text.tif").write_text("no image")
    write(scene.parent / "constant_2016-06-30.tif", np.full((100, 120), 7, "uint8"))
    arguments = ["subset", "scenes", "missing.tif", "--domain", str(domain), "--output", "out"]
    assert main([*arguments, "--json"]) == 3
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert summary["counts"] == {"done": 1, "skipped": 1, "failed": 2}
    assert [pair["status"] for pair in summary["pairs"]] == ["done", "skipped", "failed", "failed"]
    lines = captured.err.splitlines()
    assert len(lines) == 3
    assert re.search(r"constant_2016-06-30\.tif.*skipped: constant value", lines[0])
    assert "text.tif" in lines[1]
    assert "missing.tif" in lines[2]


@pytest.mark.parametrize("where", ["pycalfin.scene.read.open_scene", "pycalfin.scene.subset.cut"])
def test_an_unexpected_error_costs_one_scene_only(scene, domain, where, monkeypatch, capsys):
    bad = write(scene.parent / "bad_2016-06-30.tif")
    module, _, name = where.rpartition(".")
    real = getattr(importlib.import_module(module), name)

    def fail(given, *arguments, **options):
        if "bad_" in str(given):
            raise ZeroDivisionError("two\nlines")
        return real(given, *arguments, **options)

    monkeypatch.setattr(where, fail)
    arguments = [str(bad), str(scene), "--domain", str(domain), "--output", "out"]
    assert main(["subset", *arguments]) == 3
    captured = capsys.readouterr()
    assert captured.out == f"out/{SUBSET}\n"
    message = f"pycalfin: {bad}: unexpected ZeroDivisionError: two lines; please report it"
    assert captured.err.startswith(message)
    assert len(captured.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["missing.tif"], 1, "missing.tif: no such file"),
        (["SCENE", "--domain", "none.gpkg"], 2, "none.gpkg: no such file; check --domain"),
        (["SCENE", "--date", "yesterday"], 2, "expected YYYY-MM-DD"),
        (["SCENE", "--date", "20210926"], 2, "expected YYYY-MM-DD"),
        (["SCENE", "--crs", "EPSG:0"], 2, "not a coordinate reference system"),
        (["SCENE", "--crs", "EPSG:5714"], 2, "Vertical CRS"),
        (["SCENE", "--settings", "none.toml"], 2, "check --settings"),
        (["SCENE", "--band", "B9"], 1, "B9 is missing"),
        (["SCENE", "--output", "SCENE"], 1, "choose another --output"),
    ],
)
def test_bad_command_lines(scene, arguments, status, text, capsys):
    given = [str(scene) if word == "SCENE" else word for word in arguments]
    given += [] if "--output" in given else ["--output", "out"]
    assert main(["subset", *given]) == status
    captured = capsys.readouterr()
    assert text in captured.err
    assert len(captured.err.splitlines()) <= 3
    assert captured.out == ""


def test_two_scenes_of_one_name_do_not_overwrite_each_other(tmp_path, capsys):
    write(tmp_path / "again" / "a_2016-06-30.tif")
    write(tmp_path / "other" / "a_2016-06-30.tif")
    assert main(["subset", "again", "other", "--output", "out"]) == 0
    assert capsys.readouterr().out.split() == ["out/a_2016-06-30.tif", "out/a_2016-06-30_2.tif"]


@pytest.mark.parametrize(
    ("words", "gap", "said"),
    [
        ([], True, True),
        (["--nodata", "none"], False, False),
        (["--nodata", "-1e20"], True, False),
        (["--nodata=-1e20"], True, False),
        (["--nodata", "7"], False, False),
    ],
)
def test_no_data_by_the_user_or_found_out(tmp_path, words, gap, said, caplog):
    image = np.random.default_rng(0).uniform(0.1, 0.8, (60, 60)).astype("float32")
    image[:, :9] = -1e20
    path = write(tmp_path / "scenes" / "scene_2016-06-30.tif", image)
    assert main(["subset", str(path), "--output", str(tmp_path / "out"), *words]) == 0
    (file,) = (tmp_path / "out").glob("*.tif")
    with rasterio.open(file) as subset:
        assert np.isnan(subset.read(1)[:, :9]).all() == gap
    assert ("--nodata none keeps it" in caplog.text) is said


def test_a_word_that_is_no_value_of_no_data(tmp_path, scene, capsys):
    assert main(["subset", str(scene), "--output", str(tmp_path / "out"), "--nodata", "black"]) == 2
    assert "nodata is 'black'; expected a number, 'nan' or 'none'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
