"""Recognise the format of a vector file by its content, never by its name.

GDAL tries all its drivers on a file. Some formats only describe where the data are: in other files
of the computer, or at addresses. So pycalfin passes only files of known content to GDAL.
"""

from __future__ import annotations

import re
from pathlib import Path

from pycalfin.errors import PycalfinError
from pycalfin.textfile import decode_document

SHAPEFILE, GEOPACKAGE, FLATGEOBUF, JSON, KML = (
    "shapefile",
    "GeoPackage",
    "FlatGeobuf",
    "JSON",
    "KML",
)
TAKEN = "a shapefile, GeoJSON, GeoPackage, KML, FlatGeobuf or ISSM's .exp"
"""Accepted formats, for messages."""
HEAD = 4096
"""Bytes read at the start of a file to recognise it."""
_SHP = b"\x00\x00\x27\x0a"
_MAGIC = (
    (b"SQLite format 3\0", GEOPACKAGE),
    (b"fgb\x03", FLATGEOBUF),
    (_SHP, SHAPEFILE),
)
_OTHERS = (
    (b"PK\x03\x04", "a zip archive, such as .kmz and .xlsx; unpack it and give a file from it"),
    (b"\x1f\x8b", "a gzip archive; unpack it and give a file from it"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89HDF", "an HDF5 file"),
    (b"CDF", "a netCDF file"),
    (b"MATLAB 5.0", "a MATLAB file"),
    (b"%PDF", "a PDF document"),
    (b"## Name", "an ISSM contour file; name it .exp"),
)
_ROOTS = {
    "OGRVRTDataSource": "a GDAL virtual format (OGR VRT), which only points to other files",
    "VRTDataset": "a GDAL virtual image (VRT), which only points to other files",
    "GDAL_WMS": "a GDAL description of a web map, which only points to an address",
    "WFS_Capabilities": "a description of a web service, which only points to an address",
    "html": "a web page",
    "gpx": "GPX",
    "osm": "OpenStreetMap XML",
    "svg": "an SVG drawing",
}
_PROLOG = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.S)
_DOCTYPE = re.compile(r"<!DOCTYPE\s+([\w:.-]+)", re.I)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_ADDRESS = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.]+:|/vsi\w+/)")


def kind_of(path: Path, error: type[PycalfinError]) -> str:
    """Return the format of a vector file.

    Parameters
    ----------
    path : Path
    error : type of PycalfinError
        Error class to raise.

    Returns
    -------
    {'shapefile', 'GeoPackage', 'FlatGeobuf', 'JSON', 'KML'}

    Raises
    ------
    PycalfinError
        If the file is missing or has another format. The message names it.
    """
    if path.is_dir():
        raise error(f"{path}: cannot be read as a vector file (a folder); give {TAKEN}")
    if is_address(path):
        raise error(
            f"{path}: an address or the name of a database, not a file; pycalfin opens files only, "
            "so download the data and give the file"
        )
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as problem:
        why = problem.strerror or "cannot be opened"
        raise error(f"{path}: cannot be read as a vector file ({why}); check the path") from problem
    known = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if known == SHAPEFILE and path.suffix.lower() != ".shp":
        raise error(
            f"{path}: part of a shapefile, but its name does not end in .shp; give the .shp, with "
            "its .dbf and .prj in the same folder"
        )
    if known is None:
        known, what = _by_text(head)
        if known is None:
            raise error(
                f"{path}: cannot be read as a vector file ({what}); give {TAKEN} (QGIS and ogr2ogr "
                "convert to them)"
            )
    return known


def is_address(path: Path) -> bool:
    """Return True if a path that does not exist is an address, or one for GDAL."""
    return _ADDRESS.match(str(path)) is not None and not path.exists()


def xml_root(text: str) -> tuple[str, bool]:
    """Return the name of the root of an XML document, and True if it has a document type."""
    start = _PROLOG.match(text)
    assert start is not None
    rest = text[start.end() :]
    declared = _DOCTYPE.match(rest)
    if declared is not None:
        return declared[1], True
    root = _ROOT.match(rest)
    return (root[1] if root else ""), False


def _by_text(head: bytes) -> tuple[str | None, str]:
    what = next((text for magic, text in _OTHERS if head.startswith(magic)), None)
    if what is not None:
        return None, what
    if not head.strip():
        return None, "the file is empty"
    text = decode_document(head)[0].lstrip("\x1e \t\r\n")
    if text[:1] == "{":
        return JSON, ""
    if text[:1] == "<":
        name, _ = xml_root(text)
        if name.lower() == "kml":
            return KML, ""
        if name in _ROOTS or name.lower() == "html":
            return None, _ROOTS.get(name) or _ROOTS["html"]
        return None, f"XML with the root {name[:40]!r}"
    if "\0" in text or "\ufffd" in text:
        return None, "unknown format"
    return None, f"text that begins with {' '.join(text.split())[:30]!r}"
