import json
import warnings

import numpy as np
import pyogrio
import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from pycalfin.errors import DomainError, MissingCRSError
from pycalfin.expfile import Contour, write_exp_contours
from pycalfin.scene.domain import read_domains

ONE, TWO = box(0, 0, 1000, 2000), box(5000, 0, 6000, 2000)


def write(path, geometries, fields=None, crs="EPSG:3413", **options):
    """Write a vector file of any format by its suffix."""
    fields = fields or {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.raw.write(
            path,
            geometry=shapely.to_wkb(np.array(geometries, object)),
            field_data=[np.array(values, object) for values in fields.values()],
            fields=list(fields),
            geometry_type=options.pop("kind", "Unknown"),
            crs=crs,
            **options,
        )
    return path


@pytest.mark.parametrize("suffix", [".shp", ".geojson", ".gpkg"])
def test_every_format(tmp_path, suffix):
    if suffix == ".geojson":
        path = geojson(tmp_path, [ONE, TWO], [{"Name": "Ab Cø", "id": 1}, {"Name": "D", "id": 2}])
    else:
        fields = {"Name": ["Ab Cø", "D"], "id": [1, 2]}
        path = write(tmp_path / f"a{suffix}", [ONE, TWO], fields, kind="Polygon")
    first, second = read_domains(path)
    assert (first.name, second.name) == ("Ab_Cø", "D")
    assert first.polygon.equals(ONE)
    assert first.crs == "EPSG:3413"
    assert first.attributes["Name"] == "Ab Cø"
    assert str(second.attributes["id"]) == "2"


def geojson(tmp_path, geometries, properties=None, crs="urn:ogc:def:crs:EPSG::3413"):
    features = [
        {
            "type": "Feature",
            "properties": (properties or [{}] * len(geometries))[number],
            "geometry": None if geometry is None else shapely.geometry.mapping(geometry),
        }
        for number, geometry in enumerate(geometries)
    ]
    content = {"type": "FeatureCollection", "features": features}
    if crs:
        content["crs"] = {"type": "name", "properties": {"name": crs}}
    path = tmp_path / "area.geojson"
    path.write_text(json.dumps(content))
    return path


def test_geojson_without_crs_is_longitude_and_latitude(tmp_path):
    degrees = box(-68, 77, -67, 78)
    (domain,) = read_domains(geojson(tmp_path, [degrees], crs=None))
    assert (domain.crs, domain.name) == ("EPSG:4326", "area")
    metres = geojson(tmp_path, [ONE], crs=None)
    with pytest.raises(MissingCRSError, match=r"not degrees.*--crs"):
        read_domains(metres)
    assert read_domains(metres, crs="EPSG:3413")[0].crs == "EPSG:3413"


def test_exp(tmp_path):
    path = tmp_path / "area.exp"
    contours = [
        Contour.from_xy("Kong Oscar", shapely.get_coordinates(ONE)),
        Contour.from_xy("b", shapely.get_coordinates(TWO)),
    ]
    write_exp_contours(path, contours)
    first, second = read_domains(path)
    assert (first.name, first.crs) == ("Kong_Oscar", "EPSG:3413")
    assert second.polygon.equals(TWO)
    assert read_domains(path, crs="EPSG:3031")[0].crs == "EPSG:3031"


@pytest.mark.parametrize(
    ("fields", "name_field", "names"),
    [
        ({}, None, ["a_1", "a_2"]),
        ({"RefName": ["x", "y"]}, None, ["x", "y"]),
        ({"RefName": ["x", "y"], "Name": ["p", "q"]}, None, ["p", "q"]),
        ({"RefName": ["x", "y"], "Name": ["p", "q"]}, "RefName", ["x", "y"]),
        ({"Name": ["x", "X"]}, None, ["x", "X_2"]),
        ({"Name": ["x/y", "x y"]}, None, ["x_y", "x_y_2"]),
        ({"Name": ["", None]}, None, ["a_1", "a_2"]),
    ],
)
def test_names(tmp_path, fields, name_field, names):
    path = write(tmp_path / "a.gpkg", [ONE, TWO], fields)
    domains = read_domains(path, name_field=name_field)
    assert [domain.name for domain in domains] == names


def test_numbers_can_be_names(tmp_path):
    path = geojson(tmp_path, [ONE], [{"id": 7}])
    assert read_domains(path, name_field="id")[0].name == "7"


def test_multipolygons_heights_and_mixed_layers(tmp_path):
    both = MultiPolygon([ONE, TWO])
    path = write(tmp_path / "a.gpkg", [shapely.force_3d(both, 5.0)])
    (domain,) = read_domains(path)
    assert domain.polygon.equals(both)
    assert not domain.polygon.has_z
    write(tmp_path / "b.gpkg", [Point(0, 0)], layer="points", kind="Point")
    write(tmp_path / "b.gpkg", [ONE], layer="areas", kind="Polygon", append=False)
    assert len(read_domains(tmp_path / "b.gpkg")) == 1


def bad_domain(case, tmp_path):
    path = tmp_path / "bad.gpkg"
    if case == "missing":
        return path
    if case == "text":
        path.write_text("no vector file")
        return path
    if case == "empty file":
        path.write_bytes(b"")
        return path
    if case.startswith("exp"):
        path = tmp_path / "bad.exp"
        if case == "exp open":
            write_exp_contours(path, [Contour("line", [0, 1, 2, 3], [0, 1, 0, 5])])
        elif case == "exp malformed":
            path.write_text("## Name:a\n5 1\n0 0\n")
        else:
            path.write_text("")
        return path
    geometries = {
        "no features": [],
        "empty": [Polygon()],
        "no geometry": [None],
        "point": [Point(1, 2)],
        "line": [LineString([(0, 0), (1, 1)])],
        "many": [Point(1, 2)] * 9,
    }[case]
    return write(path, geometries, {"Name": ["Store Ø"] * len(geometries)})


@pytest.mark.parametrize(
    ("case", "remedy"),
    [
        ("missing", "check --domain"),
        ("text", "give a shapefile"),
        ("empty file", "give a shapefile"),
        ("no features", "draw the domain"),
        ("empty", "is empty.*redraw"),
        ("no geometry", "is empty.*redraw"),
        ("point", "is a Point, not a polygon"),
        ("line", "is a LineString, not a polygon"),
        ("many", r"\(and 7 more\)"),
        ("exp open", "close it"),
        ("exp malformed", "line 3.*mend"),
        ("exp empty", "draw the domain"),
    ],
)
def test_bad_domains(tmp_path, case, remedy, capfd):
    path = bad_domain(case, tmp_path)
    capfd.readouterr()
    with pytest.raises(DomainError, match=remedy) as caught:
        read_domains(path)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value).splitlines()) == 1
    assert capfd.readouterr().err == ""


def test_shapefile_without_prj(tmp_path):
    path = write(tmp_path / "a.shp", [ONE], {"Name": ["x"]}, kind="Polygon")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(MissingCRSError, match=r"a\.shp.*--crs"):
        read_domains(path)
    assert read_domains(path, crs="EPSG:3031")[0].crs == "EPSG:3031"


def test_outlines_that_cross_themselves_are_mended(tmp_path, caplog):
    bow_tie = Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])
    path = write(tmp_path / "a.gpkg", [ONE, bow_tie, Point(1, 2)], {"Name": ["x", "y", "z"]})
    first, second = read_domains(path)
    assert (first.name, second.name) == ("x", "y")
    assert second.polygon.is_valid
    assert second.polygon.area == pytest.approx(5e5)
    assert "feature 2 (y) is not a simple outline (Self-intersection at 500 500)" in caplog.text
    assert "feature 3 (z) is a Point, not a polygon; left out" in caplog.text


def test_contours_that_are_nearly_closed(tmp_path, caplog):
    """A contour whose last point misses the first by a millimetre, and one of two points."""
    path = tmp_path / "area.exp"
    corners = [[0, 0], [1000, 0], [1000, 2000], [0, 2000]]
    contours = [
        Contour.from_xy("bræ", [*corners, [0, 0.001]]),
        Contour.from_xy("b", corners[:2]),
        Contour.from_xy("loop", [[0, 0], [500, 0], [501, 8], [500.5, -8], [499, 6], [520, 0],
                                 *corners[1:], [0, 0]]),
    ]  # fmt: skip
    write_exp_contours(path, contours)
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    first, second = read_domains(path)
    assert (first.name, second.name) == ("bræ", "loop")
    assert first.polygon.area == pytest.approx(2e6)
    for said in (
        "names are read as Windows-1252",
        "ends are 0.001 map units apart",
        "contour 2 (b) is an open line",
        "contour 3 (loop) is not a simple outline",
    ):
        assert said in caplog.text


def test_latitude_before_longitude(tmp_path):
    path = geojson(tmp_path, [box(-76, 161, -75, 163)], crs=None)
    with pytest.raises(MissingCRSError, match="longitude must come first"):
        read_domains(path)


def test_unknown_name_field_lists_those_there_are(tmp_path):
    path = write(tmp_path / "a.gpkg", [ONE], {"Name": ["x"], "GlacierID": [3]})
    with pytest.raises(DomainError, match=r"no field 'Nam'.*Name, GlacierID"):
        read_domains(path, name_field="Nam")
    write_exp_contours(tmp_path / "a.exp", [Contour.from_xy("a", shapely.get_coordinates(ONE))])
    with pytest.raises(DomainError, match="leave out --domain-name"):
        read_domains(tmp_path / "a.exp", name_field="Name")


def test_the_real_box(harald):
    (domain,) = read_domains(harald.box)
    assert (domain.name, domain.crs) == ("box", "EPSG:3413")
