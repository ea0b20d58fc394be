"""GeoPackages and shapefiles, read back as a user would."""

import numpy as np
import pyogrio
import pytest
import shapely

from pycalfin import geo
from pycalfin.errors import CRSMismatchError
from pycalfin.issm.sources import read_fronts
from pycalfin.products import schema, write_all
from pycalfin.products.fronts_h5 import read_exchange
from pycalfin.products.table import cut_text

DTYPES = {
    "text": ("object", "str"),
    "integer": ("int32",),
    "real": ("float64",),
    "boolean": ("bool",),
    "date": ("datetime64[D]", "datetime64[ms]"),
}
LEVEL1 = "level-1_shapefiles-domain-termini"
CALFIN = [
    ("GlacierID", "integer"),
    ("Center_X", "real"),
    ("Center_Y", "real"),
    ("Latitude", "real"),
    ("Longitude", "real"),
    ("QualFlag", "integer"),
    ("Satellite", "text"),
    ("Date", "text"),
    ("ImageID", "text"),
    ("GrnlndcN", "text"),
    ("OfficialN", "text"),
    ("AltName", "text"),
    ("RefName", "text"),
    ("Author", "text"),
]


def read(path, layer=None):
    meta, _, geometries, values = pyogrio.raw.read(path, layer=layer)
    table = dict(zip(meta["fields"], values, strict=True))
    return meta, shapely.from_wkb(geometries), table


def assert_schema(path, columns, layer=None):
    found = pyogrio.read_info(path, layer=layer)
    assert list(found["fields"]) == [column.name for column in columns]
    for column, dtype in zip(columns, found["dtypes"], strict=True):
        assert str(dtype) in DTYPES[column.kind], column.name


@pytest.fixture
def written(tmp_path, make, info):
    """Two dates of one glacier; the first has two fronts."""
    first = make.result(
        (make.front(number=1, time="12:30:00"), make.front(number=2, partial=True)),
        time="12:30:00",
        attributes={
            "GlacierID": 7.0,
            "GrnlndcN": "Qeqertaarsuup Sermia",
            "OfficialN": "Tracy",
            "AltName": None,
            "RefName": "Tracy_" + "ø" * 200,
        },
    )
    later = make.result(date="2018-07-01", sensor="S1B")
    write_all(tmp_path, [later, first], info)
    return tmp_path


@pytest.mark.parametrize(
    ("layer", "columns", "geometry", "count"),
    [
        ("fronts", schema.FRONTS, "LineString", 3),
        ("ocean", schema.OCEAN, "Polygon", 3),
        ("coastline", schema.COASTLINE, "LineString", 6),
        ("front_points", schema.FRONT_POINTS, "Point", 63),
    ],
)
def test_layers_of_the_geopackage(written, layer, columns, geometry, count):
    path = written / "fronts.gpkg"
    assert_schema(path, columns, layer)
    found = pyogrio.read_info(path, layer=layer)
    assert found["geometry_type"] == geometry
    assert geo.same_crs(found["crs"], "EPSG:3413")
    assert found["features"] == count
    assert found["dataset_metadata"][schema.SCHEMA_KEY] == schema.SCHEMA_VERSION


def test_fronts_hold_what_was_found(written, make):
    _, lines, table = read(written / "fronts.gpkg", "fronts")
    assert [str(day)[:10] for day in table["date"]] == ["2016-06-30", "2016-06-30", "2018-07-01"]
    assert table["number"].tolist() == [1, 2, 1]
    assert table["time"].tolist() == ["12:30:00", None, None]
    assert table["partial"].tolist() == [False, True, False]
    assert table["uncertainty"] == pytest.approx(30.0)
    front = make.front()
    assert table["id"][1] == make.front(number=2).id
    np.testing.assert_array_equal(shapely.get_coordinates(lines[0]), front.xy)
    assert table["length"][0] == pytest.approx(geo.ground_length(front.xy, front.crs))
    # 3413 shrinks lengths on the map at 77 N
    assert table["length"][0] == pytest.approx(lines[0].length / 0.983, rel=0.005)


def test_every_vertex_has_its_uncertainty(written, make):
    _, points, table = read(written / "fronts.gpkg", "front_points")
    _, lines, fronts = read(written / "fronts.gpkg", "fronts")
    assert table["front_id"].tolist() == np.repeat(fronts["id"], 21).tolist()
    assert table["vertex"].tolist() == 3 * list(range(21))
    np.testing.assert_array_equal(shapely.get_coordinates(points), shapely.get_coordinates(lines))
    np.testing.assert_array_equal(table["uncertainty"], np.tile(make.front().uncertainty, 3))
    for name in ("date", "scene", "domain", "number"):
        assert table[name].tolist() == np.repeat(fronts[name], 21).tolist()


@pytest.mark.parametrize(
    ("uncertainty", "mean"), [([], None), (np.full(21, np.nan), None), ([np.nan] * 20 + [7.0], 7.0)]
)
def test_unknown_uncertainties_are_null(tmp_path, make, info, uncertainty, mean):
    write_all(tmp_path, [make.result((make.front(uncertainty=uncertainty),))], info)
    _, _, table = read(tmp_path / "fronts.gpkg", "front_points")
    expected = uncertainty if len(uncertainty) else np.full(21, np.nan)
    np.testing.assert_array_equal(table["uncertainty"], expected)
    _, _, fronts = read(tmp_path / "fronts.gpkg", "fronts")
    np.testing.assert_array_equal(fronts["uncertainty"], [np.nan if mean is None else mean])
    (front,) = read_fronts(tmp_path / "fronts.gpkg").fronts
    np.testing.assert_array_equal(front.uncertainty, expected if mean else [])


def test_uncertain_ends_are_in_the_table(tmp_path, make, info):
    ends = [np.repeat(values, (10, 5, 10)) for values in ([1, 1, 3], [3, 1, 3], [1, 1, 1])]
    xy = make.front().xy[:1] + np.arange(25)[:, None] * [0.0, -90.0]
    fronts = tuple(
        make.front(number=n).with_fields(xy=xy - [3000 * n, 0], uncertainty=values, id="")
        for n, values in enumerate(ends, start=1)
    )
    write_all(tmp_path, [make.result(fronts)], info)
    _, _, table = read(tmp_path / "fronts.gpkg", "fronts")
    assert table["uncertain_end"].tolist() == [2, 0, 0]  # the second: most of it is uncertain
    _, document, _ = read_exchange(tmp_path / "fronts.h5")
    assert [item["uncertain_end"] for item in document["fronts"]] == [2, 0, 0]


def test_the_ocean_lies_on_the_left(written):
    _, lines, _ = read(written / "fronts.gpkg", "fronts")
    _, oceans, table = read(written / "fronts.gpkg", "ocean")
    ocean = shapely.union_all(oceans)
    for line in lines:
        middle = line.interpolate(0.5, normalized=True)
        ahead = line.interpolate(line.length / 2 + 1)
        left = (middle.x - (ahead.y - middle.y) * 100, middle.y + (ahead.x - middle.x) * 100)
        assert ocean.contains(shapely.Point(left))
    assert table["area"] == pytest.approx([p.area / 0.983**2 for p in oceans], rel=0.01)


def test_the_coastline_flags_the_calving_front(written):
    _, pieces, table = read(written / "fronts.gpkg", "coastline")
    _, lines, _ = read(written / "fronts.gpkg", "fronts")
    flagged = pieces[table["calving_front"]]
    assert [line.wkb for line in flagged] == [line.wkb for line in lines]


@pytest.mark.parametrize("kind", ["", "_closed"])
def test_level1_has_calfins_attributes_first(written, kind):
    path = written / LEVEL1 / f"termini_2016-2018_Bræ{kind}_v1.0.shp"
    columns = schema.LEVEL1_CLOSED if kind else schema.LEVEL1
    assert [(column.name, column.kind) for column in columns[:14]] == CALFIN
    assert max(len(column.name) for column in columns) <= 10
    assert_schema(path, columns)
    assert path.with_suffix(".cpg").read_text() == "UTF-8"
    assert "Polar" in path.with_suffix(".prj").read_text()
    meta, geometries, table = read(path)
    assert geo.same_crs(meta["crs"], "EPSG:3413")
    assert set(shapely.get_type_id(geometries)) == {3 if kind else 1}
    assert table["GlacierID"].tolist() == [7, 7, 0]
    assert table["OfficialN"].tolist()[:2] == ["Tracy", "Tracy"]
    assert [name or "" for name in table["AltName"]] == ["", "", ""]
    assert table["RefName"][0] == "Tracy_" + "ø" * 124
    assert table["RefName"][2] == "Bræ"
    assert table["Date"].tolist() == ["2016-06-30", "2016-06-30", "2018-07-01"]
    assert table["Satellite"].tolist() == ["LC08", "LC08", "S1B"]
    assert table["QualFlag"].tolist() == [10, 10, 10]
    assert table["Author"].tolist() == ["pycalfin"] * 3
    assert table["Partial"].tolist() == [0, 1, 0]
    assert table["Schema"].tolist() == [schema.SCHEMA_VERSION] * 3
    lonlat = np.column_stack([table["Longitude"], table["Latitude"]])
    centre = np.column_stack([table["Center_X"], table["Center_Y"]])
    np.testing.assert_allclose(geo.reproject(centre, "EPSG:3413", "EPSG:4326"), lonlat)
    assert ((lonlat[:, 1] > 75) & (lonlat[:, 1] < 79)).all()
    if kind:
        assert shapely.contains_xy(geometries, *centre.T).all()
    else:
        assert (shapely.distance(geometries, shapely.points(centre)) < 1e-6).all()


def test_a_polygon_with_two_fronts_is_written_once(tmp_path, make, info):
    fronts = (make.front(number=1, confidence=0.9), make.front(number=2, confidence=0.6))
    everything = shapely.box(*shapely.total_bounds([make.line(f) for f in fronts]))
    far = shapely.transform(everything, lambda xy: xy + 90_000)
    ocean = shapely.MultiPolygon([far, everything])
    write_all(tmp_path, [make.result(fronts, ocean=ocean)], info)
    _, geometries, table = read(tmp_path / LEVEL1 / "termini_2016-2016_Bræ_closed_v1.0.shp")
    assert len(geometries) == 1
    assert table["Confid"].tolist() == [0.6]
    assert table["FrontID"].tolist() == [" ".join(front.id for front in fronts)]
    lengths = [geo.ground_length(front.xy, front.crs) for front in fronts]
    assert table["Length_m"] == pytest.approx([sum(lengths)])


def test_the_two_hemispheres_are_two_files(tmp_path, make, info):
    south = make.result(place=make.south, domain="Sjögren")
    write_all(tmp_path, [make.result()], info)
    assert (tmp_path / "fronts.gpkg").is_file()
    write_all(tmp_path, [make.result(), south], info)
    names = sorted(path.name for path in tmp_path.glob("*.gpkg"))
    assert names == ["fronts_north.gpkg", "fronts_south.gpkg"]
    assert geo.same_crs(pyogrio.read_info(tmp_path / names[1], layer="ocean")["crs"], "EPSG:3031")
    level1 = pyogrio.read_info(tmp_path / LEVEL1 / "termini_2016-2016_Sjögren_v1.0.shp")
    assert geo.same_crs(level1["crs"], "EPSG:3031")
    write_all(tmp_path, [south], info)
    assert [path.name for path in tmp_path.glob("*.gpkg")] == ["fronts.gpkg"]


def test_the_points_of_each_hemisphere_are_with_its_fronts(tmp_path, make, info):
    write_all(tmp_path, [make.result(), make.result(place=make.south, domain="Sjögren")], info)
    for name, crs in (("north", "EPSG:3413"), ("south", "EPSG:3031")):
        path = tmp_path / f"fronts_{name}.gpkg"
        meta, points, _ = read(path, "front_points")
        assert geo.same_crs(meta["crs"], crs)
        (front,) = read_fronts(path).fronts
        np.testing.assert_array_equal(shapely.get_coordinates(points), front.xy)
        np.testing.assert_array_equal(front.uncertainty, make.front().uncertainty)


def test_one_domain_in_two_systems_keeps_them_apart(tmp_path, make, info):
    write_all(tmp_path, [make.result(), make.result(place=make.south)], info)
    assert sorted(path.name for path in (tmp_path / "issm").iterdir()) == [
        "Bræ_north.exp",
        "Bræ_south.exp",
    ]


@pytest.mark.parametrize(
    ("results", "crs"),
    [([], "EPSG:3413"), (["no_front"], "EPSG:3031"), (["failed"], "EPSG:3413")],
)
def test_nothing_found_gives_empty_layers(tmp_path, make, info, results, crs):
    pairs = [
        make.result((), place=make.south if crs == "EPSG:3031" else make.north, status=status)
        for status in results
    ]
    write_all(tmp_path, pairs, info)
    for layer in ("fronts", "ocean", "coastline", "front_points"):
        found = pyogrio.read_info(tmp_path / "fronts.gpkg", layer=layer)
        assert found["features"] == 0
        assert geo.same_crs(found["crs"], crs)
    shapes = [path.name for path in (tmp_path / LEVEL1).glob("*.shp")]
    assert len(shapes) == (2 if results == ["no_front"] else 0)
    assert not list(tmp_path.glob("issm/*"))
    assert (tmp_path / "report.html").is_file()


def test_without_georeference_only_the_geopackage(tmp_path, make, info, caplog):
    front = make.front(place=(None, 10.0, 20.0))
    write_all(tmp_path, [make.result((front,), place=(None, 0, 0))], info)
    found = pyogrio.read_info(tmp_path / "fronts.gpkg", layer="fronts")
    assert found["crs"] is None or "Undefined" in found["crs"]
    assert found["features"] == 1
    assert not list(tmp_path.glob("issm/*"))
    assert not list((tmp_path / LEVEL1).iterdir())
    assert "1 fronts have no georeference" in caplog.text


def test_a_front_in_another_system_is_refused(tmp_path, make, info):
    result = make.result((make.front(place=make.south),), place=make.north)
    with pytest.raises(CRSMismatchError, match="EPSG:3031"):
        write_all(tmp_path, [result], info)


def test_texts_are_cut_between_characters():
    assert cut_text("a" + "ø" * 200) == "a" + "ø" * 126
    assert len(cut_text("æ" * 400).encode()) == schema.DBF_BYTES


def test_the_docs_describe_every_field(root):
    text = (root / "docs" / "products.md").read_text(encoding="utf-8")
    for columns in (
        schema.FRONTS,
        schema.FRONT_POINTS,
        schema.OCEAN,
        schema.COASTLINE,
        schema.LEVEL1_CLOSED,
    ):
        for column in columns:
            assert f"`{column.name}`" in text, column.name
