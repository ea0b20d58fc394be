"""Fronts from every source, with the ocean on their left or not at all."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from pycalfin.errors import FrontsError, MissingCRSError
from pycalfin.expfile import Contour, write_exp_contours
from pycalfin.issm import sources
from pycalfin.issm.build import make_levelsets
from pycalfin.issm.features import read_date
from pycalfin.issm.mesh import Mesh
from pycalfin.issm.oceanside import Side, ocean_is_left, read_side
from pycalfin.issm.sources import near, read_fronts
from pycalfin.records import Front
from tests.issm.drawn import SOUTH, WEST, across, ocean_west, write_vector

FIELDS = {
    "GlacierID": [7, 7], "QualFlag": [10, 13], "Satellite": ["LC08", "LE07"],
    "Date": ["2016-06-30", "2017-07-01"], "ImageID": ["LC08_A", "LE07_B"], "RefName": ["Bræ"] * 2,
    "Author": ["Cheng"] * 2,
}  # fmt: skip


@pytest.fixture
def published(tmp_path):
    """The two files of one glacier, the second line drawn the wrong way round."""
    lines = [LineString(across(1000)), LineString(across(1500, reverse=True))]
    path = write_vector(tmp_path / "termini_2016-2017_Bræ_v1.0.shp", lines, **FIELDS)
    closed = [ocean_west(1500), ocean_west(1000)]
    swapped = {name: values[::-1] for name, values in FIELDS.items()}
    write_vector(tmp_path / "termini_2016-2017_Bræ_closed_v1.0.shp", closed, **swapped)
    return path


def test_published_lines_get_their_side_from_the_closed_file(published):
    source = read_fronts(published)
    for front, east in zip(source.fronts, (1000, 1500), strict=True):
        np.testing.assert_allclose(front.xy, across(east))
    first, second = source.fronts
    assert (first.date, first.domain, first.scene) == ("2016-06-30", "Bræ", "LC08_A")
    assert (second.quality, second.sensor) == (13, "LE07")
    assert source.oceans[0].equals(ocean_west(1000))
    assert source.oceans[1].equals(ocean_west(1500))


def test_the_closed_file_leads_to_the_open_one(published, caplog):
    closed = published.with_name("termini_2016-2017_Bræ_closed_v1.0.shp")
    assert len(read_fronts(closed).fronts) == 2
    assert "the fronts are taken from" in caplog.text
    assert len(read_fronts(published.parent).fronts) == 2


def test_the_closed_file_alone_is_refused(published):
    for file in published.parent.glob("termini_2016-2017_Bræ_v1.0.*"):
        file.unlink()
    with pytest.raises(FrontsError, match="whose sides are fjord walls and image edges"):
        read_fronts(published.with_name("termini_2016-2017_Bræ_closed_v1.0.shp"))


def test_the_open_file_alone_needs_to_be_told(published):
    for file in published.parent.glob("*_closed_*"):
        file.unlink()
    with pytest.raises(FrontsError, match=r"2 of 2 fronts .*Bræ 2016-06-30.*\n.*--ocean"):
        read_fronts(published)
    told = read_fronts(published, ocean=Side(geometry=Point(WEST + 100, SOUTH + 2000)))
    np.testing.assert_allclose(told.fronts[1].xy, across(1500))
    left = read_fronts(published, ocean=Side(word="left"))
    np.testing.assert_allclose(left.fronts[1].xy, across(1500, reverse=True))
    right = read_fronts(published, ocean=Side(word="right"))
    np.testing.assert_allclose(right.fronts[1].xy, across(1500))


def test_an_ocean_that_tells_nothing_is_refused(published):
    everywhere = shapely.box(WEST - 9e4, SOUTH - 9e4, WEST + 9e4, SOUTH + 9e4)
    with pytest.raises(FrontsError, match="lies on both sides, on neither"):
        read_fronts(published, ocean=Side(geometry=everywhere))


def test_one_point_is_not_enough_for_two_glaciers(tmp_path):
    lines = [LineString(across(1000)), LineString(across(2000))]
    path = write_vector(tmp_path / "a.gpkg", lines, name=["a", "b"], date=["2016-06-30"] * 2)
    point = Point(WEST, SOUTH + 2000)
    with pytest.raises(FrontsError, match="fronts of 2 glaciers; give --ocean a point for each"):
        read_fronts(path, ocean=Side(geometry=point))
    both = shapely.MultiPoint([point, Point(WEST + 1500, SOUTH + 2000)])
    assert len(read_fronts(path, ocean=Side(geometry=both)).fronts) == 2


def test_a_run_by_its_packages(tmp_path):
    path = tmp_path / "fronts_north.gpkg"
    row = {"date": ["2016-06-30"], "domain": ["Bræ"], "scene": ["A"], "synthetic": [False]}
    ours = {"PYCALFIN_SCHEMA": "1"}
    line = LineString(across(1000))
    write_vector(path, [line], layer="fronts", metadata=ours, **row)
    write_vector(path, [ocean_west(1000)], layer="ocean", **row)
    south = tmp_path / "fronts_south.gpkg"
    write_vector(south, [line], layer="fronts", crs="EPSG:3031", metadata=ours, **row)
    write_vector(south, [ocean_west(9)], layer="ocean", crs="EPSG:3031", **row)
    source = read_fronts(tmp_path)
    assert [front.crs for front in source.fronts] == ["EPSG:3413", "EPSG:3031"]
    assert source.oceans[0].equals(ocean_west(1000))
    kept = near(source, across(1000)[:, 0] + 5, across(1000)[:, 1], "EPSG:3413")
    assert [front.crs for front in kept.fronts] == ["EPSG:3413"]


def test_synthetic_fronts_are_refused_unless_allowed(tmp_path):
    row = {"date": ["2016-06-30"], "synthetic": [True]}
    write_vector(tmp_path / "fronts.gpkg", [LineString(across(1000))], layer="fronts",
                 metadata={"PYCALFIN_SCHEMA": "1"}, **row)  # fmt: skip
    with pytest.raises(FrontsError, match="1 of 1 fronts come from synthetic"):
        read_fronts(tmp_path)
    (front,) = read_fronts(tmp_path, allow_synthetic=True).fronts
    assert front.synthetic
    # also by the contours that the run left, which cannot say so themselves
    exp = write_exp_contours(tmp_path / "issm" / "Bræ.exp", [Contour.from_xy("a", front.xy)])
    with pytest.raises(FrontsError, match="synthetic"):
        read_fronts(exp)


def test_contours_tell_date_and_domain_by_their_names(tmp_path):
    names = ["Helheim_2016-06-30", "two_words_20170701_2"]
    contours = [Contour.from_xy(name, across(1000 * n)) for n, name in enumerate(names, start=1)]
    path = write_exp_contours(tmp_path / "a.exp", contours)
    with pytest.raises(MissingCRSError):
        read_fronts(path, ocean=Side(word="left"))
    with pytest.raises(FrontsError, match="--ocean"):
        read_fronts(path, mesh_crs="EPSG:3413")
    source = read_fronts(path, mesh_crs="EPSG:3413", ocean=Side(word="left"))
    assert source.dates == ["2016-06-30", "2017-07-01"]
    assert [front.domain for front in source.fronts] == ["Helheim", "two_words"]
    square = Contour("a", [0, 1, 1, 0], [0, 0, 1, 0])
    closed = write_exp_contours(tmp_path / "closed.exp", [square])
    with pytest.raises(FrontsError, match="contour a is closed"):
        read_fronts(closed, mesh_crs="EPSG:3413", ocean=Side(word="left"))


def test_what_holds_no_fronts(tmp_path):
    for path, message in [
        (tmp_path / "none", "no such file"),
        (tmp_path, "neither the folder of a run"),
        (write_vector(tmp_path / "p.gpkg", [Point(0, 0)], a=[1]), "holds points; give open lines"),
    ]:
        with pytest.raises(FrontsError, match=message):
            read_fronts(path)
    (tmp_path / "text.shp").write_text("no shapefile")
    with pytest.raises(FrontsError, match="cannot be read"):
        read_fronts(tmp_path / "text.shp")
    bare = write_vector(tmp_path / "bare.shp", [LineString(across(1))], a=[1])
    bare.with_suffix(".prj").unlink()
    with pytest.raises(MissingCRSError, match="--crs"):
        read_fronts(bare)


def test_fronts_away_from_the_mesh(square, published):
    x, y, _ = square
    assert len(near(read_fronts(published), x, y, "EPSG:3413").fronts) == 2
    with pytest.raises(FrontsError, match="none of the 2 fronts lies on the mesh"):
        near(read_fronts(published), x + 1e5, y, "EPSG:3413")


def test_fronts_come_in_the_coordinates_of_the_mesh(published):
    from pycalfin.geo import reproject

    moved = reproject(across(1000), "EPSG:3413", "EPSG:32622")
    kept = near(read_fronts(published), moved[:, 0] + [-9, 9, 9, 9], moved[:, 1], "EPSG:32622")
    np.testing.assert_allclose(kept.fronts[0].xy, moved)
    assert kept.fronts[0].crs == "EPSG:32622"
    expected = reproject(np.array([[WEST - 500.0, SOUTH + 2000]]), "EPSG:3413", "EPSG:32622")
    assert kept.oceans[0].contains(Point(expected[0]))


@pytest.mark.parametrize(
    ("text", "date"),
    [("2016-06-30T12:00:00", "2016-06-30"), ("2016-13-45", ""), ("x_2016-06-30_2", "2016-06-30")],
)
def test_dates(text, date):
    assert read_date(text) == date


@pytest.mark.parametrize("end", ["shp", "gpkg", "geojson"])
@pytest.mark.parametrize(
    ("fields", "date", "time"),
    [
        ({"Date": ["20210926181012"]}, "2021-09-26", "18:10:12"),
        ({"Date": [20210926]}, "2021-09-26", None),
        ({"Date": np.array(["2021-09-26"], "datetime64[D]")}, "2021-09-26", None),
        ({"SourceDate": ["2021-09-26T18:10:12Z"]}, "2021-09-26", "18:10:12"),
        ({"Date_": ["1850/07/20"]}, "1850-07-20", None),
        ({"year": [2021], "doy": [269]}, "2021-09-26", None),
        ({"dec_year": [2021.7356]}, "2021-09-26", None),
        ({"time": ["2021-09-26T18:10:12"]}, "2021-09-26", "18:10:12"),
        ({"ImageID": ["LC08_L1TP_031005_20160630_20170323_01_T1"]}, "2016-06-30", None),
        ({"Name": ["Bræ"]}, "", None),
        ({"UpdateDate": ["2021-09-26"]}, "", None),
    ],
)
def test_the_field_that_holds_the_date(tmp_path, end, fields, date, time):
    path = write_vector(tmp_path / f"a.{end}", [LineString(across(1000))], **fields)
    (front,) = read_fronts(path, ocean=Side(word="left")).fronts
    assert (front.date, front.time) == (date, time)


def test_a_field_without_usable_dates(tmp_path, square):
    """What is no date is refused, naming the fields there are; so is a series without dates."""
    lines = [LineString(across(1000)), LineString(across(1500))]
    path = write_vector(tmp_path / "a.gpkg", lines, Date=["2016-06-30", "summer"], Bay=["A", "B"])
    with pytest.raises(FrontsError, match=r"field Date holds 'summer'.*fields: Date, Bay"):
        read_fronts(path, ocean=Side(word="left"))
    path = write_vector(
        tmp_path / "b.gpkg", lines, Seen=["2016-06-30", "2016-07-30"], Bay=["A"] * 2
    )
    source = read_fronts(path, ocean=Side(word="left"))
    x, y, _ = square
    mesh = Mesh(x, y, None, "EPSG:3413")
    for wanted in ({}, {"date": "2016-06-30"}, {"times": "monthly"}):
        with pytest.raises(FrontsError, match=r"2 of 2 fronts have no date.*are: Seen, Bay"):
            make_levelsets(source, mesh, **wanted)


@given(
    st.floats(0, 6.28), st.floats(-0.6, 0.6), st.floats(0.02, 1), st.booleans(),
    st.floats(50, 50_000),
)  # fmt: skip
def test_a_point_is_on_its_side_however_the_line_lies(angle, along, off, left, length):
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    line = np.array([[-0.5, 0], [-0.2, 0.01], [0.2, -0.01], [0.5, 0]])
    point = np.array([[along, off if left else -off]])
    found = ocean_is_left(line @ turn * length, Point(*(point @ turn * length)[0]))
    assert found in ((left, None) if abs(along) > 0.4 or off < 0.05 else (left,))


@given(st.floats(0, 6.28), st.booleans(), st.floats(0, 0.02))
def test_a_polygon_that_leaves_a_gap_tells_the_side(angle, left, gap):
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    line = np.array([[0, 0], [400, 60], [700, -40], [1000, 0.0]])
    sign = 1 if left else -1
    edge = line + [0, sign * 1000 * gap]
    polygon = shapely.Polygon(np.vstack([edge, [[1000, sign * 800], [0, sign * 800]]]) @ turn)
    assert ocean_is_left(line @ turn, polygon) is left


def test_ocean_of_the_command_line(tmp_path):
    assert read_side("left", "EPSG:3413").word == "left"
    assert read_side("-10.5,20", "EPSG:3413").geometry.equals(Point(-10.5, 20))
    exp = write_exp_contours(tmp_path / "o.exp", [Contour("p", [5], [6])])
    assert read_side(str(exp), "EPSG:3413").geometry.equals(Point(5, 6))
    polygon = write_vector(tmp_path / "o.gpkg", [ocean_west(9)], crs="EPSG:3031", a=[1])
    assert read_side(str(polygon), "EPSG:3413").crs == "EPSG:3031"
    lines = write_vector(tmp_path / "l.gpkg", [LineString(across(1))], a=[1])
    for wrong in ("nowhere", "1,2,3", "nan,0", "0,1e999", str(lines)):
        with pytest.raises(FrontsError, match="--ocean takes"):
            read_side(wrong, "EPSG:3413")


def test_the_exchange_file_gives_the_same_fronts(tmp_path):
    from pycalfin.products.fronts_h5 import write_exchange
    from pycalfin.records import Identity
    from pycalfin.results import Extraction, PairResult

    front = Front(across(1000), "EPSG:3413", "2016-06-30", domain="Bræ", uncertainty=np.ones(4))
    identity = Identity("A", date="2016-06-30")
    result = PairResult(identity, "Bræ", "a.tif", "done", extraction=Extraction((front,)))
    write_exchange(tmp_path / "fronts.h5", [result], {}, "report.html")
    for path in (tmp_path, tmp_path / "fronts.h5"):
        (found,) = read_fronts(path).fronts
        np.testing.assert_array_equal(found.xy, front.xy)
        np.testing.assert_array_equal(found.uncertainty, front.uncertainty)
        assert (found.id, found.domain, found.crs) == (front.id, "Bræ", "EPSG:3413")
    with h5py.File(tmp_path / "fronts.h5", "r+") as file:
        del file["document"]
        file["document"] = np.full((1, 100_000), ord("["), np.uint8)
    with pytest.raises(FrontsError, match="or damaged"):
        read_fronts(tmp_path / "fronts.h5")


def test_fields_that_mean_something_else_to_others(tmp_path):
    """Words where numbers are expected are not taken; whether a front is real must be clear."""
    fields = {"date": ["2016-06-30"], "quality": ["good"], "number": ["2a"], "confidence": ["high"]}
    path = write_vector(tmp_path / "a.gpkg", [LineString(across(1000))], **fields)
    (front,) = read_fronts(path, ocean=Side(word="left")).fronts
    assert (front.quality, front.number, front.confidence) == (0, 1, 1.0)
    for n, (word, value) in enumerate(
        {"False": False, "yes": True, "1": True, "no": False}.items()
    ):
        path = write_vector(tmp_path / f"p{n}.gpkg", [LineString(across(1000))], partial=[word])
        assert read_fronts(path, ocean=Side(word="left")).fronts[0].partial is value
    path = write_vector(tmp_path / "s.gpkg", [LineString(across(1000))], synthetic=["perhaps"])
    with pytest.raises(FrontsError, match="field synthetic holds 'perhaps'; expected 0 or 1"):
        read_fronts(path, ocean=Side(word="left"))


@pytest.mark.usefixtures("published")
def test_a_folder_in_which_one_shapefile_is_empty(tmp_path):
    """A run writes one for each domain, also for those in which it found nothing."""
    empty = write_vector(tmp_path / "termini_2016-2017_Aaa_v1.0.shp", [], date=np.empty(0, "O"))
    assert len(read_fronts(tmp_path).fronts) == 2
    with pytest.raises(FrontsError, match="its layer is empty"):
        read_fronts(empty)
    for file in tmp_path.glob("*Bræ*"):
        file.unlink()
    with pytest.raises(FrontsError, match="no fronts in it"):
        read_fronts(tmp_path)


def test_a_front_that_is_turned_keeps_the_values_of_its_vertices():
    front = Front(across(1000), "EPSG:3413", uncertainty=[1, 2, 3, 4], pixels=np.eye(4)[:, :2])
    found = [sources.FoundFront(front)]
    (left,) = sources._oriented(Path("a.shp"), found, Side(word="left")).fronts
    (right,) = sources._oriented(Path("a.shp"), found, Side(word="right")).fronts
    for name in ("xy", "uncertainty", "pixels"):
        np.testing.assert_array_equal(getattr(left, name), getattr(front, name))
        np.testing.assert_array_equal(getattr(right, name), getattr(front, name)[::-1])
