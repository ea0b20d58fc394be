"""Files of strangers that would make GDAL open other files, ask servers or run programs."""

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest

from pycalfin.errors import DomainError
from pycalfin.scene.domain import read_domains
from pycalfin.vectors.read import layer_names, read_layer
from tests.vectors.files import DEGREES, SQUARE, collection, crs, write

VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer>'
    "</OGRVRTDataSource>"
)


@pytest.fixture
def other(tmp_path):
    """A file that must not be read."""
    return write(tmp_path / "other.gpkg", [SQUARE], {"Name": ["secret"]})


def refused(path, message):
    with pytest.raises(DomainError, match=message) as caught:
        read_layer(path, DomainError)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("suffix", [".geojson", ".shp", ".gpkg", ".kml", ".fgb", ".vrt", ""])
@pytest.mark.parametrize("before", ["", "\ufeff", "\n\n", '<?xml version="1.0"?>\n<!-- x -->'])
def test_a_virtual_format_under_any_name(tmp_path, other, suffix, before):
    path = tmp_path / f"innocent{suffix}"
    path.write_text(before + VRT.format(other), encoding="utf-8")
    refused(path, "a GDAL virtual format.*only points to other files.*give a shapefile")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_virtual_format_in_another_encoding(tmp_path, other, encoding):
    path = tmp_path / "innocent.geojson"
    path.write_bytes(VRT.format(other).encode(encoding))
    refused(path, "a GDAL virtual format")


def test_geojson_that_holds_a_virtual_format(tmp_path, other):
    """GDAL looks for a virtual format anywhere in the beginning of a file."""
    path = tmp_path / "a.geojson"
    vrt = VRT.format(other)
    for name, members in ((vrt, {}), ("x", {vrt: vrt}), ("x", {"a": [vrt]})):
        square = SQUARE.__geo_interface__
        path.write_text(collection(square, name=name, crs=crs(), **members), encoding="utf-8")
        assert list(read_layer(path, DomainError).fields["Name"]) == [name]


def test_kml_that_holds_a_virtual_format(tmp_path, other):
    path = tmp_path / "a.kml"
    ring = " ".join(f"{x},{y}" for x, y in DEGREES.exterior.coords)
    mark = (
        "<Placemark><name>x</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        f"{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
    )
    vrt = VRT.format(other)
    for text in (
        f"<kml><!-- {vrt} --><Document>{mark}</Document></kml>",
        f"<kml><Document><description><![CDATA[{vrt}]]></description>{mark}</Document></kml>",
        f"<kml><Document>{vrt}{mark}</Document></kml>",
        f'<kml xmlns:gml="http://www.opengis.net/gml" x="a"><Document>{mark}</Document></kml>',
    ):
        path.write_text(text, encoding="utf-8")
        assert list(read_layer(path, DomainError).fields["Name"]) == ["x"]
    path.write_text(f"<kml>{mark}</kml>{vrt}", encoding="utf-8")
    refused(path, "damaged KML")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('<!DOCTYPE kml [<!ENTITY a SYSTEM "{other}">]><kml><Placemark>&a;</Placemark></kml>',
         "document type"),
        ('<!DOCTYPE kml [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><kml>&b;</kml>', "document type"),
        ("<kml><NetworkLink><Link><href>{other}</href></Link></NetworkLink></kml>",
         "only links to an address"),
        ("<kml>&undeclared;</kml>", "damaged KML"),
        ("<kml><Placemark>", "damaged KML"),
        ("<kml><Placemark><Point><coordinates>a,b</coordinates></Point></Placemark></kml>",
         "damaged KML"),
        ('<FeatureCollection xmlns="http://www.opengis.net/gml" schemaLocation="{other}"/>',
         "root 'FeatureCollection'.*ogr2ogr convert"),
        ("<GDAL_WMS><Service/></GDAL_WMS>", "only points to an address"),
        ("<!DOCTYPE html><html></html>", "a web page"),
        ("<html></html>", "a web page"),
        ("<gpx></gpx>", "GPX"),
        ("<svg/>", "SVG"),
        ("<VRTDataset/>", "virtual image"),
        ("Name,WKT\na,POINT(0 0)\n", "text that begins with 'Name,WKT a,POINT"),
        ("## Name:a\n", "name it .exp"),
        ("PG:dbname=x", "text that begins"),
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ("{", "damaged JSON"),
        ('{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline"}', "not GeoJSON"),
        ('{"type": "FeatureCollection", "features": 3}', "not a list of objects"),
        ('{"type": "FeatureCollection", "features": [3]}', "not a list of objects"),
        ('{"openapi": "3.0.0", "links": []}', "not GeoJSON"),
        ("[1, 2]", "text that begins"),
        ('{"a":' * 200_000, "nested too deeply|damaged JSON"),
        ('{"type": "Polygon", "coordinates": ' + "[" * 200_000, "nested too deeply|damaged JSON"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path, other, text, message):
    path = tmp_path / "a.geojson"
    path.write_text(text.replace("{other}", str(other)), encoding="utf-8")
    refused(path, message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04", "a zip archive"), (b"\x1f\x8b\x08", "a gzip archive"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"), (b"II*\0", "a TIFF image"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"), (b"MATLAB 5.0 MAT-file", "a MATLAB file"),
        (bytes(range(256)), "unknown format"), (b"\0" * 50, "unknown format"),
        (b"\x00\x00\x27\x0a", "its name does not end in .shp"),
    ],
)  # fmt: skip
def test_other_files(tmp_path, content, message):
    path = tmp_path / "a.gpkg"
    path.write_bytes(content)
    refused(path, message)


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".fgb"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.7])
def test_damaged_files_end_in_a_sentence(tmp_path, suffix, part):
    path = write(tmp_path / f"a{suffix}", [SQUARE] * 50)
    content = path.read_bytes()
    path.write_bytes(content[: max(int(part * len(content)), 16)])
    # GDAL mends what it can
    with contextlib.suppress(DomainError):
        read_layer(path, DomainError)


@pytest.mark.parametrize(
    "name",
    ["http://127.0.0.1:9/a.geojson", "/vsicurl/http://127.0.0.1:9/a.geojson", "PG:dbname=x",
     "https://example.org/a.gpkg", "s3://bucket/a.shp", "/vsizip/a.zip/a.shp", "WFS:http://x",
     "GeoJSON:http://127.0.0.1:9/x"],
)  # fmt: skip
def test_addresses(name):
    with pytest.raises(DomainError, match="an address or the name of a database"):
        read_layer(Path(name), DomainError)
    with pytest.raises(DomainError, match="an address or the name of a database"):
        read_domains(name)


def test_folders_and_names_that_look_like_addresses(tmp_path, monkeypatch):
    refused(tmp_path, "a folder")
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "plain.gpkg", [SQUARE]).rename(tmp_path / "PG:dbname=x")
    assert len(read_layer(Path("PG:dbname=x"), DomainError).geometries) == 1


def execute(path, *statements):
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


@pytest.mark.parametrize(
    "statements",
    [
        # a view in place of the layer's table
        ["ALTER TABLE a RENAME TO b", "CREATE VIEW a AS SELECT fid, geom, load_extension('x') AS "
         "Name FROM b"],
        ["ALTER TABLE a RENAME TO b", "CREATE VIEW a AS SELECT fid, geom, ogr_geocode('x') AS "
         "Name FROM b"],
        ["ALTER TABLE a RENAME TO b", "CREATE VIEW A AS WITH RECURSIVE n(i) AS (SELECT 1 UNION "
         "ALL SELECT i + 1 FROM n) SELECT fid, geom, Name FROM b, n"],
        # views that are read when the file is opened
        ["ALTER TABLE gpkg_spatial_ref_sys RENAME TO s",
         "CREATE VIEW gpkg_spatial_ref_sys AS SELECT * FROM s"],
        ["ALTER TABLE gpkg_contents RENAME TO s",
         "CREATE VIEW gpkg_contents AS SELECT * FROM s WHERE load_extension('x')"],
        ["DROP TABLE a", "CREATE VIRTUAL TABLE a USING fts5(fid, geom, Name)"],
    ],
)  # fmt: skip
def test_a_geopackage_whose_layer_is_a_program(tmp_path, statements):
    path = write(tmp_path / "a.gpkg", [SQUARE])
    execute(path, "PRAGMA legacy_alter_table = ON", *statements)
    refused(path, "is a view, a program|without feature tables")
    with pytest.raises(DomainError):
        layer_names(path, DomainError)


def test_other_views_and_triggers_are_not_run(tmp_path):
    path = write(tmp_path / "a.gpkg", [SQUARE], {"Name": ["x"]})
    execute(
        path,
        "CREATE VIEW costly AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT max(i) AS Name FROM n",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; END",
    )
    before = path.read_bytes()
    assert list(read_layer(path, DomainError).fields["Name"]) == ["x"]
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["a.gpkg"]


def test_other_databases(tmp_path):
    path = execute(tmp_path / "a.gpkg", "CREATE TABLE a (b)")
    refused(path, "an SQLite database, but not a GeoPackage")
    write(tmp_path / "b.gpkg", [SQUARE]).rename(tmp_path / "b.mbtiles")
    assert len(read_layer(tmp_path / "b.mbtiles", DomainError).geometries) == 1


def test_json_of_features_that_are_damaged(tmp_path):
    path = tmp_path / "a.geojson"
    for geometry in ({"type": "Polygon", "coordinates": [[["a", 0]]]}, {"type": "Polygon"}, {}, 3):
        content = {"type": "Feature", "properties": {"Name": "a"}, "geometry": geometry}
        path.write_text(json.dumps(content))
        layer = read_layer(path, DomainError)
        assert [item is None or item.is_empty for item in layer.geometries] == [True]
