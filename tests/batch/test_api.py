"""What a Python program sees: run, open, read, tables and pictures of fronts."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pyogrio
import pytest
import shapely

import pycalfin
from pycalfin import geo
from pycalfin.errors import CRSMismatchError, FrontsError, SettingsError
from pycalfin.records import Identity
from pycalfin.results import PairResult


@pytest.fixture(scope="module")
def made(demo_scenes, tmp_path_factory: pytest.TempPathFactory) -> pycalfin.RunResult:
    """A run over the scenes of 2018 and 2019: a front in each hemisphere, one scene without."""
    scenes = [item.path for item in demo_scenes]
    chosen = [path for path in scenes if "_20180720_" in path.name or "_20190110_" in path.name]
    domain = scenes[0].with_name("domains.geojson")
    return pycalfin.run(scenes=chosen, domain=domain, output=tmp_path_factory.mktemp("made"))


def test_settings_may_be_given_by_name(made: pycalfin.RunResult, tmp_path: Path) -> None:
    record = json.loads((made.output / "run.json").read_text(encoding="utf-8"))
    scene = record["settings"]["scenes"][0]
    base = pycalfin.Settings(domain=record["settings"]["domain"], output=str(tmp_path / "out"))
    result = pycalfin.run(base, scenes=scene)
    assert len(result.fronts) == 1
    with pytest.raises(SettingsError, match="did you mean 'domain'"):
        pycalfin.run(scenes=scene, domian="x")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"figuers": "all"}, "run: unknown setting 'figuers'; did you mean 'figures'?"),
        ({"figures": "alll"}, "run: figures is 'alll'; expected one of: all, worst, none; did you"),
        ({"progres": True}, "run: unknown setting 'progres'; did you mean 'progress'?"),
        ({"domians": []}, "run: unknown setting 'domians'; did you mean 'domains'?"),
        ({"min_confidance": 0.1}, "did you mean 'min_confidence'?"),
    ],
)
def test_a_misspelt_keyword_is_told_with_the_nearest(values: dict, sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        pycalfin.run(scenes="a.tif", **values)
    assert sentence in str(caught.value)


def test_progress_is_a_function_or_a_bar(
    made: pycalfin.RunResult, capsys: pytest.CaptureFixture[str]
) -> None:
    record = json.loads((made.output / "run.json").read_text(encoding="utf-8"))["settings"]
    values = {name: record[name] for name in ("scenes", "domain", "output")}
    seen = []
    pycalfin.run(progress=lambda done, total, _: seen.append((done, total)), **values)
    assert seen == [(6, 6)]
    pycalfin.run(progress=True, **values)
    assert "6/6" in capsys.readouterr().out


def test_a_result_is_short_in_words_and_a_table_in_a_notebook(made: pycalfin.RunResult) -> None:
    assert repr(made) == f"<RunResult {made.output}: 2 fronts in 2 scenes, 2 domains>"
    page = made._repr_html_()
    assert page.count("<tr>") == 1 + len(made.fronts)
    assert str(made.report) in page
    assert len(repr(made.fronts[0])) < 200


def test_a_folder_opens_as_the_result_that_left_it(made: pycalfin.RunResult) -> None:
    again = pycalfin.open(made.output)
    assert again.sentence() == made.sentence()
    assert again.exit_status == 0
    assert [front.id for front in again.fronts] == [front.id for front in made.fronts]
    for one, other in zip(again.fronts, made.fronts, strict=True):
        np.testing.assert_array_equal(one.xy, other.xy)
        np.testing.assert_array_equal(one.pixels, other.pixels)
        assert one.crs == other.crs
    assert [pair.status for pair in again.pairs] == [pair.status for pair in made.pairs]


def test_a_folder_without_a_run_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(FrontsError, match="no finished run"):
        pycalfin.open(tmp_path)
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(FrontsError, match="no finished run"):
        pycalfin.open(tmp_path)


@pytest.mark.parametrize("name", ["", "fronts_north.gpkg", "issm/DemoNorth.exp", "fronts.h5"])
def test_fronts_are_read_from_any_product(made: pycalfin.RunResult, name: str) -> None:
    found = pycalfin.read_fronts(made.output / name)
    known = {front.date: front for front in made.fronts}
    assert len(found) == (2 if name in ("", "fronts.h5") else 1)
    for front in found:
        np.testing.assert_allclose(front.xy, known[front.date].xy, atol=1e-6)


def test_a_geodataframe_has_what_the_geopackage_has(made: pycalfin.RunResult) -> None:
    geopandas = pytest.importorskip("geopandas")
    with pytest.raises(CRSMismatchError, match="choose one"):
        made.to_geodataframe()
    table = made.to_geodataframe("EPSG:4326")
    assert table.crs == "EPSG:4326"
    assert list(table["date"]) == [front.date for front in made.fronts]
    north = geopandas.read_file(made.output / "fronts_north.gpkg", layer="fronts")
    assert set(north.columns) - {"schema"} <= set(table.columns) | {"fid"}
    moved = table.to_crs("EPSG:3413").geometry
    index = list(table["id"]).index(north["id"][0])
    assert shapely.hausdorff_distance(moved[index], north.geometry[0]) < 1e-3
    row = table.iloc[index]
    assert row["length"] == pytest.approx(made.fronts[index].length)


def test_a_front_is_a_geojson_feature(made: pycalfin.RunResult) -> None:
    front = made.fronts[0]
    feature = json.loads(json.dumps(front.__geo_interface__))
    line = shapely.geometry.shape(feature["geometry"])
    assert feature["properties"]["date"] == front.date
    assert abs(line.bounds[1]) <= 90
    back = geo.reproject(np.asarray(line.coords), geo.LONLAT, front.crs)
    np.testing.assert_allclose(back, front.xy, atol=1e-6)


def test_a_front_has_geometry_length_and_a_picture(made: pycalfin.RunResult) -> None:
    mpl.use("agg")
    from matplotlib.figure import Figure

    front = made.fronts[0]
    assert front.geometry.equals(shapely.LineString(front.xy))
    assert front.length == pytest.approx(geo.ground_length(front.xy, front.crs))
    axes = Figure().subplots()
    assert front.plot(axes, color="k") is axes
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), front.xy)
    pixels = pycalfin.Front(xy=[[0, 0], [3, 4]])
    assert pixels.length == 5
    assert repr(pixels) == "<Front 5 pixels, 2 vertices, no CRS, confidence 1.00>"


def test_results_without_fronts_make_an_empty_table() -> None:
    pytest.importorskip("geopandas")
    pair = PairResult(Identity("s"), "d", "s.tif", "no_front")
    empty = pycalfin.RunResult(Path("out"), (pair,), Path("out/report.html"))
    assert len(empty.to_geodataframe()) == 0
    assert "0 fronts" in empty._repr_html_()


def test_layers_of_the_geopackage_are_those_of_the_documents(made: pycalfin.RunResult) -> None:
    layers = {str(name) for name, _ in pyogrio.list_layers(made.output / "fronts_north.gpkg")}
    assert layers == {"fronts", "ocean", "coastline", "front_points"}
