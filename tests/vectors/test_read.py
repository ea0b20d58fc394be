"""Text, sidecars and layers of vector files, as they come from others."""

import json
import os
import shutil
import struct
import sys
import warnings
from pathlib import Path

import pyogrio
import pytest
import shapely

from pycalfin.errors import DomainError
from pycalfin.scene.domain import read_domains
from pycalfin.vectors.read import layer_names, read_layer
from tests.vectors.files import DEGREES, SQUARE, collection, crs, polygon, shapefile, write

KML = """<?xml version="1.0" encoding="{encoding}"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><Placemark><name>Bræ</name>
<ExtendedData><Data name="id"><value>7</value></Data></ExtendedData>
<Polygon><outerBoundaryIs><LinearRing><coordinates>
-68,77,0 -67,77,0 -67,78,0 -68,78,0 -68,77,0</coordinates></LinearRing></outerBoundaryIs></Polygon>
</Placemark></Folder></Document></kml>"""


def read(path, **options):
    return read_layer(path, DomainError, **options)


@pytest.mark.parametrize(
    ("encoding", "cpg", "language", "warns"),
    [
        ("UTF-8", "UTF-8", None, False),
        ("UTF-8", "utf8", None, False),
        ("UTF-8", "65001", None, False),
        ("UTF-8", None, 0, False),
        ("UTF-8", None, 0x57, False),
        ("CP1252", "1252", None, False),
        ("CP1252", "CP1252", None, False),
        ("CP1252", "Windows-1252", None, False),
        ("CP1252", "ANSI 1252", None, False),
        ("CP1252", "ISO 88591", None, False),
        ("CP1252", "ISO-8859-1", None, False),
        ("CP1252", None, 3, False),
        ("CP850", None, 2, False),
        ("CP865", None, 8, False),
        ("CP865", "865", 3, False),
        ("CP1252", "UTF-8", None, True),
        ("CP1252", None, 0, True),
        ("CP1252", None, 0x57, True),
        ("CP850", "UTF-8", 2, True),
        ("CP1252", "no encoding", 0x57, True),
        ("UTF-8", "US-ASCII", 0, True),
        ("UTF-8", "1252", 0, True),
        ("UTF-8", "ISO 88591", 0x57, True),
        ("UTF-8", None, 3, True),
        ("UTF-8", None, 2, True),
    ],
)
def test_text_of_shapefiles(tmp_path, caplog, encoding, cpg, language, warns):
    path = shapefile(tmp_path / "a.shp", ["Testbræ", "plain"], encoding, cpg, language)
    assert list(read(path).fields["Name"]) == ["Testbræ", "plain"]
    assert [("check special characters" in text) for text in caplog.messages] == [True] * warns


def test_names_of_fields_are_text_too(tmp_path, caplog):
    path = shapefile(tmp_path / "a.shp", ["x"], "CP1252", "UTF-8", field="Bræ")
    assert list(read(path).fields) == ["Bræ"]
    assert caplog.text.count("read as Windows-1252") == 1


def test_one_bad_row_leaves_the_others(tmp_path):
    path = shapefile(tmp_path / "a.shp", ["Bræ_ok", "Bræ_xyz"], "UTF-8", "UTF-8")
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("Bræ_xyz".encode(), "Bræ_xyz ".encode("cp1252")))
    assert [name.strip() for name in read(path).fields["Name"]] == ["Bræ_ok", "Bræ_xyz"]


def test_a_letter_cut_in_two_is_dropped(tmp_path, caplog):
    path = shapefile(tmp_path / "a.shp", ["Bræ Ø"], "UTF-8", "UTF-8")
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("Bræ Ø".encode(), "Bræ Ø".encode()[:-1] + b" "))
    (name,) = read(path).fields["Name"]
    assert name.strip() == "Bræ"
    assert not caplog.messages


@pytest.mark.parametrize(
    ("encoding", "warns"),
    [("utf-8", False), ("utf-8-sig", False), ("utf-16", False), ("utf-16-le", False),
     ("utf-32", False), ("cp1252", True)],
)  # fmt: skip
def test_text_of_geojson(tmp_path, caplog, encoding, warns):
    path = tmp_path / "a.geojson"
    path.write_bytes(collection(SQUARE.__geo_interface__, crs=crs()).encode(encoding))
    layer = read(path)
    assert (list(layer.fields["Name"]), layer.crs) == (["Bræ"], "EPSG:3413")
    assert layer.geometries[0].equals(SQUARE)
    assert len(caplog.messages) == warns


@pytest.mark.parametrize(
    ("encoding", "told", "warns"),
    [("utf-8", "UTF-8", 0), ("cp1252", "ISO-8859-1", 0), ("utf-16", "UTF-16", 0),
     ("cp1252", "UTF-8", 1), ("utf-8", "US-ASCII", 0)],
)  # fmt: skip
def test_kml(tmp_path, caplog, encoding, told, warns):
    path = tmp_path / "a.KML"
    path.write_bytes(KML.format(encoding=told).encode(encoding))
    layer = read(path)
    assert layer.geometries[0].equals(DEGREES)
    assert (layer.crs, list(layer.fields["Name"])) == ("EPSG:4326", ["Bræ"])
    assert len(caplog.messages) == warns


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb"])
def test_broken_utf8_in_binary_files(tmp_path, caplog, suffix):
    path = write(tmp_path / f"a{suffix}", [SQUARE], {"Name": ["Testbræxx"]})
    path.write_bytes(path.read_bytes().replace("bræxx".encode(), "bræxx ".encode("cp1252")))
    assert read(path).fields["Name"][0].strip() == "Testbræxx"
    assert "read as Windows-1252" in caplog.text


def test_capital_letters_and_missing_companions(tmp_path, caplog):
    shapefile(tmp_path / "a.shp", ["Bræ"], "UTF-8", "UTF-8")
    for part in list(tmp_path.iterdir()):
        part.rename(tmp_path / part.name.upper())
    path = tmp_path / "A.SHP"
    layer = read(path)
    assert (layer.crs, list(layer.fields["Name"])) == ("EPSG:3413", ["Bræ"])
    assert not caplog.messages
    (tmp_path / "A.SHX").unlink()
    assert read(path).geometries[0].equals(SQUARE)
    assert "its .shx is missing" in caplog.text
    assert not path.with_suffix(".SHX").exists()
    (tmp_path / "A.DBF").unlink()
    layer = read(path)
    assert (layer.fields, len(layer.geometries)) == ({}, 1)
    (tmp_path / "A.PRJ").unlink()
    assert read(path).crs is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_projection_files(tmp_path, encoding):
    path = write(tmp_path / "a.shp", [SQUARE])
    projection = path.with_suffix(".prj")
    projection.write_bytes(projection.read_text().encode(encoding))
    assert read(path).crs == "EPSG:3413"
    projection.write_text("")
    assert read(path).crs is None
    projection.write_text("nonsense")
    with pytest.raises(DomainError, match=r"its \.prj holds no coordinate reference system"):
        read(path)


@pytest.mark.parametrize("name", ["a!b", "a?b=c", "a#b", "a b;c", "50%25", "Bræ", "x.zip"])
@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".fgb"])
def test_names_of_files(tmp_path, monkeypatch, name, suffix):
    plain = write(tmp_path / f"plain{suffix}", [SQUARE])
    for part in list(tmp_path.glob("plain.*")):
        shutil.move(part, tmp_path / f"{name}{part.suffix}")
    assert not plain.exists()
    assert len(read(tmp_path / f"{name}{suffix}").geometries) == 1
    monkeypatch.chdir(tmp_path)
    assert len(read(Path(f"{name}{suffix}")).geometries) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".fgb"])
def test_names_of_files_that_are_not_unicode(tmp_path, suffix):
    write(tmp_path / f"plain{suffix}", [SQUARE])
    odd = os.fsdecode("bræ".encode("latin-1"))
    for part in list(tmp_path.glob("plain.*")):
        shutil.move(part, tmp_path / f"{odd}{part.suffix}")
    assert len(read(tmp_path / f"{odd}{suffix}").geometries) == 1


def test_several_layers(tmp_path, caplog):
    path = tmp_path / "a.gpkg"
    write(path, [shapely.Point(0, 0)], layer="points", kind="Point")
    write(path, [], layer="empty", kind="Polygon")
    write(path, [SQUARE], layer="areas")
    write(path, [shapely.LineString([(0, 0), (1, 1)])], layer="lines", kind="LineString")
    assert layer_names(path, DomainError) == ["points", "empty", "areas", "lines"]
    assert read(path).name == "areas"
    assert "4 layers (points, empty, areas, lines); areas is used" in caplog.text
    assert read(path, shape="LineString").name == "lines"
    caplog.clear()
    assert read(path, name="points").geometries[0].equals(shapely.Point(0, 0))
    assert not caplog.messages


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".fgb", ".geojson"])
def test_heights_measures_and_nothing(tmp_path, suffix):
    high = write(tmp_path / f"z{suffix}", [shapely.force_3d(SQUARE, 7.0)], kind="Polygon Z")
    (geometry,) = read(high).geometries
    assert (geometry.has_z, geometry.equals(SQUARE)) == (False, True)
    empty = write(tmp_path / f"e{suffix}", [])
    assert read(empty).geometries == []
    if suffix == ".fgb":
        return  # holds no features without a geometry
    null = write(tmp_path / f"n{suffix}", [SQUARE, None], {"Name": ["a", "b"]})
    assert sorted(item is None or item.is_empty for item in read(null).geometries) == [False, True]


def test_measures(tmp_path):
    """GIS of roads and of GPS tracks leave shapefiles of PolygonM."""
    path = write(tmp_path / "m.shp", [SQUARE])
    content = bytearray(path.read_bytes())
    measures = struct.pack("<7d", 0, 1, 0, 0, 0, 0, 1)
    struct.pack_into("<i", content, 32, 25)
    struct.pack_into("<i", content, 108, 25)
    for at in (24, 104):
        words = struct.unpack_from(">i", content, at)[0]
        struct.pack_into(">i", content, at, words + len(measures) // 2)
    path.write_bytes(content + measures)
    path.with_suffix(".shx").unlink()
    assert read(path).geometries[0].equals(SQUARE)


@pytest.mark.parametrize("gap", [0.001, 1000.0])
@pytest.mark.parametrize("suffix", [".geojson", ".gpkg"])
def test_open_rings_are_closed(tmp_path, caplog, suffix, gap):
    ring = [(0, 0), (1000, 0), (1000, 2000), (0, 2000), (0, gap)]
    text = collection(polygon(ring), crs=crs())
    path = tmp_path / "a.geojson"
    path.write_text(text)
    if suffix == ".gpkg":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            meta, _, wkb, columns = pyogrio.raw.read(path)
        path = path.with_suffix(suffix)
        pyogrio.raw.write(path, wkb, list(columns), meta["fields"], geometry_type="Polygon",
                          crs="EPSG:3413")  # fmt: skip
    assert read(path).geometries[0].area == pytest.approx(2e6)
    assert "1 outlines were open by up to" in caplog.text


def test_what_geojson_may_be(tmp_path):
    square = SQUARE.__geo_interface__
    feature = {
        "type": "Feature",
        "properties": {"Name": "x"},
        "geometry": DEGREES.__geo_interface__,
    }
    rings = [shapely.get_coordinates(SQUARE).tolist()]
    esri = {
        "geometryType": "esriGeometryPolygon", "spatialReference": {"wkid": 3413}, "fields": [],
        "features": [{"attributes": {}, "geometry": {"rings": rings}}],
    }  # fmt: skip
    for content, expected in [
        (json.dumps(feature), "EPSG:4326"),
        (json.dumps(feature["geometry"]), "EPSG:4326"),
        (f"{json.dumps(feature)}\n{json.dumps(feature)}\n", "EPSG:4326"),
        (f"\x1e{json.dumps(feature)}\n\x1e{json.dumps(feature)}\n", "EPSG:4326"),
        (collection(square, crs=crs("EPSG:3031")), "EPSG:3031"),
        (collection(square, crs=crs("http://www.opengis.net/def/crs/EPSG/0/3031")), "EPSG:3031"),
        (collection(feature["geometry"], crs=crs("urn:ogc:def:crs:OGC:1.3:CRS84")), "EPSG:4326"),
        (collection(feature["geometry"], crs=None), "EPSG:4326"),
        (collection(square, crs={"type": "EPSG", "properties": {"code": 3413}}), "EPSG:3413"),
        (json.dumps(esri), "EPSG:3413"),
    ]:
        path = tmp_path / "a.json"
        path.write_text(content, encoding="utf-8")
        layer = read(path)
        assert layer.crs == expected
        assert layer.geometries[0].area > 0


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (crs("EPSG:999999"), "'EPSG:999999', which is unknown"),
        (crs("/etc/passwd"), "'/etc/passwd', which is unknown"),
        (crs("http://127.0.0.1:9/crs"), "which is unknown"),
        ({"type": "link", "properties": {"href": "http://127.0.0.1:9"}}, "a link, which is not op"),
        ("EPSG:3413", "which is unknown"),
    ],
)
def test_a_crs_of_geojson_that_is_none(tmp_path, member, message):
    path = tmp_path / "a.geojson"
    path.write_text(collection(SQUARE.__geo_interface__, crs=member))
    with pytest.raises(DomainError, match=message):
        read(path)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e400"])
@pytest.mark.parametrize("at", [0, 1])
def test_coordinates_that_are_not_finite(tmp_path, caplog, value, at):
    """A ring that begins with NaN can never be closed."""
    ring = [[0, 0], [9, 0], [9, 9], [0, 0]]
    ring[at] = ["here", 0]
    path = tmp_path / "a.geojson"
    square = SQUARE.__geo_interface__
    text = collection(square, polygon(ring), crs=crs()).replace('"here"', value)
    path.write_text(text, encoding="utf-8")
    assert [domain.name for domain in read_domains(path)] == ["Bræ"]
    assert "feature 2 (Bræ) has coordinates that are not finite; left out" in caplog.text
    assert "inf map units" not in caplog.text
