"""Times, areas, and level sets of a source on a mesh."""

import numpy as np
import pytest
import shapely

from pycalfin.errors import FrontsError, SettingsError
from pycalfin.expfile import Contour, write_exp_contours
from pycalfin.issm.build import make_levelsets, read_area, read_times
from pycalfin.issm.decimal import decimal_year
from pycalfin.issm.mesh import Mesh
from pycalfin.issm.oceanside import read_side
from pycalfin.issm.sources import Source
from pycalfin.records import Front
from tests.issm.drawn import SOUTH, WEST, across, ocean_west, write_vector
from tests.vectors.files import write

DATES = ["2016-01-15", "2016-07-15", "2018-01-15"]


@pytest.fixture
def mesh(square):
    x, y, elements = square
    return Mesh(x, y, elements, "EPSG:3413")


@pytest.fixture
def source():
    fronts = [
        Front(across(1000 + 300 * n), "EPSG:3413", date, domain="Bræ")
        for n, date in enumerate(DATES)
    ]
    return Source(tuple(fronts), (None,) * 3)


def test_one_date(mesh, source):
    made = make_levelsets(source, mesh, date="2016-07-15")
    assert made.spclevelset is None
    assert made.time.tolist() == [decimal_year("2016-07-15")]
    line = shapely.LineString(across(1300))
    distance = shapely.distance(line, shapely.points(mesh.x, mesh.y))
    np.testing.assert_allclose(np.abs(made.levelset), distance, atol=1e-6)
    west = mesh.x < WEST + 1200
    assert (made.levelset[west] > 0).all()
    assert (made.levelset[mesh.x > WEST + 1400] < 0).all()


def test_a_date_between_is_interpolated_and_one_outside_refused(mesh, source, caplog):
    made = make_levelsets(source, mesh, date="2016-04-01")
    assert "no front of 2016-04-01" in caplog.text
    ends = [make_levelsets(source, mesh, date=date).levelset for date in DATES[:2]]
    years = [decimal_year(date) for date in DATES[:2]]
    weight = (decimal_year("2016-04-01") - years[0]) / (years[1] - years[0])
    np.testing.assert_allclose(made.levelset, ends[0] + weight * (ends[1] - ends[0]))
    with pytest.raises(FrontsError, match=r"no front of 2019-01-01: .* 2018-01-15"):
        make_levelsets(source, mesh, date="2019-01-01")


def test_a_series_and_its_times(mesh, source):
    made = make_levelsets(source, mesh)
    assert made.spclevelset.shape == (len(mesh.x) + 1, 3)
    np.testing.assert_array_equal(made.levelset, made.spclevelset[:-1, 0])
    np.testing.assert_array_equal(made.spclevelset[-1], [decimal_year(date) for date in DATES])
    monthly = make_levelsets(source, mesh, times="monthly")
    assert len(monthly.time) == 24
    assert monthly.time[0] == decimal_year("2016-02-01")
    short = make_levelsets(source, mesh, times="monthly", max_gap=200)
    assert len(short.time) == 6
    only = make_levelsets(source, mesh, times="2016-03-01,2017-03-01", max_gap=200)
    assert only.spclevelset.shape == (len(mesh.x),)
    assert only.time.tolist() == [decimal_year("2016-03-01")]


def test_the_time_of_one_column_is_that_of_the_column(mesh):
    """Two glaciers at two times of a day: the mean, as in a series of several days."""
    fronts = [
        Front(across(1000), "EPSG:3413", "2016-01-15", domain=domain, time=time)
        for domain, time in (("A", "10:00:00"), ("B", "12:00:00"))
    ]
    made = make_levelsets(Source(tuple(fronts), (None, None)), mesh)
    assert made.time.tolist() == [decimal_year("2016-01-15", "11:00:00")]


def test_options_that_contradict(mesh, source):
    with pytest.raises(SettingsError, match="one of them"):
        make_levelsets(source, mesh, date=DATES[0], times="monthly")
    with pytest.raises(SettingsError, match="needs --times"):
        make_levelsets(source, mesh, max_gap=5)


def test_within_the_ocean_of_the_source(mesh, source):
    island = shapely.box(WEST - 100, SOUTH + 1900, WEST + 600, SOUTH + 3100)
    known = Source(source.fronts[:1], (ocean_west(1000) - island,))
    free = make_levelsets(known, mesh)
    bound = make_levelsets(known, mesh, within_ocean=True)
    inside = shapely.contains_xy(island, mesh.x, mesh.y)
    assert inside.any()
    assert (free.levelset[inside] > 0).all()
    np.testing.assert_array_equal(bound.levelset, np.where(inside, -1, 1) * free.levelset)


def test_times(tmp_path):
    expected = [2016.5, decimal_year("2017-01-02")]
    (tmp_path / "t.txt").write_text("# times\n2017-01-02\n2016.5 # half\n")
    for text in ("2017-01-02, 2016.5", str(tmp_path / "t.txt")):
        assert read_times(text, []).tolist() == expected
    many = [f"{year}-0{month}-01" for year in range(2000, 2020) for month in range(1, 10)]
    # no file has a name as long as that
    assert read_times(",".join(many), []).tolist() == [decimal_year(date) for date in many]
    assert len(read_times("monthly", ["2016-01-01", "2016-12-31"])) == 12
    for wrong in ("weekly", "", "2016-13-01"):
        with pytest.raises((SettingsError, ValueError)):
            read_times(wrong, [])
    with pytest.raises(FrontsError, match="no first of a month"):
        read_times("monthly", ["2016-01-02", "2016-01-31"])


def test_areas_come_in_the_coordinates_of_the_mesh(tmp_path):
    square = shapely.box(0, 0, 10, 10)
    path = write_vector(tmp_path / "a.gpkg", [square], a=[1])
    assert read_area(path, "EPSG:3413").equals(square)
    assert not read_area(path, "EPSG:32622").equals(square)
    exp = write_exp_contours(
        tmp_path / "a.exp", [Contour("a", [0, 10, 10, 0, 0], [0, 0, 10, 10, 0])]
    )
    assert read_area(exp, "EPSG:3413").equals(square)
    line = write_exp_contours(tmp_path / "b.exp", [Contour("a", [0, 10], [0, 0])])
    with pytest.raises(FrontsError, match="contour 1 is an open line"):
        read_area(line, "EPSG:3413")


LOOP = [
    (0, 0),
    (500, 0),
    (501, 8),
    (500.5, -8),
    (499, 6),
    (520, 0),
    (1000, 0),
    (1000, 1000),
    (0, 1000),
]


def test_areas_that_cross_themselves(tmp_path, caplog):
    """Land and ocean are mended as domains are; closed lines are areas, points are none."""
    drawn = [shapely.Polygon(LOOP), shapely.Point(5, 5),
             shapely.LineString([(2000, 0), (3000, 0), (3000, 1000), (2000, 0)])]  # fmt: skip
    path = write(tmp_path / "a.gpkg", drawn, kind="Unknown")
    assert read_area(path, "EPSG:3413").area == pytest.approx(1.5e6, rel=1e-4)
    for said in ("is not a simple outline", "is a closed line", "feature 2 is a Point"):
        assert said in caplog.text
    contours = [Contour.from_xy("loop", [*LOOP, LOOP[0]])]
    exp = write_exp_contours(tmp_path / "a.exp", contours)
    assert read_area(exp, "EPSG:3413").area == pytest.approx(1e6, rel=1e-4)
    side = read_side(str(path), "EPSG:3413").geometry
    assert side.intersects(shapely.Point(900, 900))
    assert side.intersects(shapely.Point(5, 5))


@pytest.mark.parametrize("reader", [read_area, read_side])
def test_areas_of_strangers(tmp_path, reader):
    other = write_vector(tmp_path / "other.gpkg", [shapely.box(0, 0, 1, 1)], a=[1])
    path = tmp_path / "innocent.geojson"
    path.write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{other}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    with pytest.raises(FrontsError, match="a GDAL virtual format"):
        reader(str(path), "EPSG:3413")
    path.write_text("{}")
    with pytest.raises(FrontsError, match="not GeoJSON"):
        reader(str(path), "EPSG:3413")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_times_in_any_encoding(tmp_path, encoding):
    path = tmp_path / "times.txt"
    path.write_bytes("# år\r\n2016.5\r\n2017-01-01\r\n".encode(encoding))
    np.testing.assert_allclose(read_times(str(path), DATES), [2016.5, 2017.0], atol=0.01)


def test_areas_around_the_world(tmp_path):
    """What the mesh's projection cannot show is left out; what jumps at 180 is joined."""
    cap = shapely.Polygon([(-180, -90), (180, -90), (180, -70), (-180, -70)])
    ring = shapely.Polygon([(179, 75), (-179, 75), (-179, 76), (179, 76)])
    path = write(tmp_path / "a.gpkg", [cap, ring], crs="EPSG:4326")
    area = read_area(path, "EPSG:3413")
    assert area.is_valid
    assert 0 < area.area < 1e10
    alone = write(tmp_path / "b.gpkg", [cap], crs="EPSG:4326")
    with pytest.raises(FrontsError, match="cannot be shown in EPSG:3413"):
        read_area(alone, "EPSG:3413")
