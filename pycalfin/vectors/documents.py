"""Read GeoJSON and KML, and rewrite them for GDAL without links to other files or addresses.

The result is GeoJSON with known members only, in ASCII and without '<', so that no other GDAL
driver can mistake it for its own format.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pycalfin.errors import PycalfinError, SettingsError
from pycalfin.geo import LONLAT, crs_name
from pycalfin.textfile import decode_document
from pycalfin.vectors.kinds import xml_root

GEOMETRIES = {
    "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon",
    "GeometryCollection",
}  # fmt: skip
_FOREIGN = {
    "Topology": ("type", "bbox", "transform", "objects", "arcs"),
    "ESRI JSON": (
        "displayFieldName", "fieldAliases", "geometryType", "spatialReference", "fields",
        "hasZ", "hasM", "features",
    ),
}  # fmt: skip
"""Members that are kept of formats related to GeoJSON."""
_CRS_NAME = re.compile(
    r"(urn:(x-)?ogc:def:crs:|http://www\.opengis\.net/def/crs/|EPSG:|OGC:)", re.I
)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([\w.:-]+)["']""")


def read_json(path: Path, error: type[PycalfinError]) -> tuple[bytes, str | None, str]:
    """Read GeoJSON, TopoJSON or ESRI JSON.

    Parameters
    ----------
    path : Path
    error : type of PycalfinError
        Error class to raise.

    Returns
    -------
    content : bytes
        Document for GDAL.
    crs : str or None
        None if GDAL finds the CRS in the content.
    odd : str
        Encoding of the file, if that is neither UTF nor the declared one; else ''.

    Raises
    ------
    PycalfinError
        If the file is not JSON with features, or its CRS is unknown or only a link.
    """
    text, odd = _decoded(path.read_bytes(), "utf-8")
    found = _objects(path, text, error)
    try:
        content, crs = _known_members(path, found, error)
        return _dumped(content), crs, odd
    except RecursionError as problem:
        raise error(f"{path}: damaged GeoJSON (nested too deeply); export it again") from problem


def _known_members(
    path: Path, found: dict[str, Any], error: type[PycalfinError]
) -> tuple[dict[str, Any], str | None]:
    """Return a document with the known members only, and its CRS."""
    kind = found.get("type")
    relative = "ESRI JSON" if kind is None and _is_esri(found) else str(kind)
    if relative in _FOREIGN:
        return {name: found[name] for name in _FOREIGN[relative] if name in found}, None
    features: Any
    if kind == "FeatureCollection":
        features = found.get("features")
    elif kind == "Feature":
        features = [found]
    elif kind in GEOMETRIES:
        features = [{"type": "Feature", "properties": {}, "geometry": found}]
    else:
        raise error(
            f"{path}: cannot be read as a vector file (JSON, but not GeoJSON: its type is "
            f"{str(kind)[:40]!r}); give a FeatureCollection"
        )
    if not isinstance(features, list) or not all(isinstance(item, dict) for item in features):
        raise error(
            f"{path}: damaged GeoJSON: its features are not a list of objects; export it again"
        )
    crs = _crs(path, found["crs"], error) if found.get("crs") is not None else LONLAT
    return _collection(features), crs


def read_kml(path: Path, error: type[PycalfinError]) -> tuple[bytes, str | None, str]:
    """Read the placemarks of a KML file; ignore its links, styles and images.

    See `read_json` for parameters, returns and errors.
    """
    content = path.read_bytes()
    declared = _XML_ENCODING.match(content)
    text, odd = _decoded(content, declared[1].decode("ascii").lower() if declared else "utf-8")
    if xml_root(text)[1]:
        raise error(
            f"{path}: KML with a document type (DOCTYPE), which can include other files; remove it"
        )
    text = re.sub(r"^\s*<\?xml.*?\?>", "", text, count=1, flags=re.S)
    try:
        root = ElementTree.fromstring(text)
        for element in root.iter():
            element.tag = element.tag.rsplit("}", 1)[-1]
        marks = [_placemark(mark) for mark in root.iter("Placemark")]
    except (ElementTree.ParseError, ValueError) as problem:
        raise error(f"{path}: damaged KML ({problem}); export it again") from problem
    if not marks and root.find(".//NetworkLink") is not None:
        raise error(f"{path}: KML that only links to an address; download that file and give it")
    return _dumped(_collection(marks)), LONLAT, odd


def _decoded(content: bytes, declared: str) -> tuple[str, str]:
    text, encoding = decode_document(content, declared)
    return text, "" if encoding == declared or encoding.startswith("utf") else encoding


def _objects(path: Path, text: str, error: type[PycalfinError]) -> dict[str, Any]:
    """Parse a JSON document, or a text with one feature on each line."""
    try:
        try:
            found = json.loads(text)
        except json.JSONDecodeError:
            lines = [line.strip("\x1e \t") for line in text.split("\n")]
            found = [json.loads(line) for line in lines if line]
            if len(found) < 2:
                raise
            found = {"type": "FeatureCollection", "features": found}
    except (ValueError, RecursionError) as problem:
        why = "nested too deeply" if isinstance(problem, RecursionError) else problem
        raise error(
            f"{path}: cannot be read as a vector file (damaged JSON: {why}); give a complete file"
        ) from problem
    if not isinstance(found, dict):
        raise error(f"{path}: cannot be read as a vector file (JSON without features)")
    return found


def _is_esri(found: dict[str, Any]) -> bool:
    return str(found.get("geometryType", "")).startswith("esriGeometry")


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    """Return features with the members of GeoJSON only; rings are unchanged."""
    members = ("type", "id", "properties", "geometry")
    kept = [{name: item[name] for name in members if name in item} for item in features]
    return {"type": "FeatureCollection", "features": kept}


def _dumped(content: dict[str, Any]) -> bytes:
    # json escapes everything beyond ASCII, and '<' occurs only in strings
    return json.dumps(content).replace("<", "\\u003c").encode("ascii")


def _crs(path: Path, crs: Any, error: type[PycalfinError]) -> str:
    """Read the `crs` member of GeoJSON; refuse a link."""
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name: Any = properties.get("name") if isinstance(properties, dict) else None
    if isinstance(crs, dict) and crs.get("type") == "EPSG" and isinstance(properties, dict):
        name = f"EPSG:{properties.get('code')}"
    if isinstance(name, str) and _CRS_NAME.match(name):
        try:
            return LONLAT if name.upper().endswith("CRS84") else crs_name(name)
        except SettingsError:
            pass
    what = "a link, which is not opened" if _links(crs) else f"{str(name)[:60]!r}, which is unknown"
    raise error(f"{path}: its crs is {what}; replace it by a name such as EPSG:3413")


def _links(crs: Any) -> bool:
    return isinstance(crs, dict) and crs.get("type") in ("link", "url")


def _placemark(mark: ElementTree.Element) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for tag, name in (("name", "Name"), ("description", "Description")):
        if mark.find(tag) is not None:
            properties[name] = mark.findtext(tag, "").strip()
    for data in mark.iterfind("ExtendedData/Data"):
        properties.setdefault(data.get("name", ""), data.findtext("value", "").strip())
    for data in mark.iterfind("ExtendedData/SchemaData/SimpleData"):
        properties.setdefault(data.get("name", ""), (data.text or "").strip())
    shapes = [shape for child in mark if (shape := _shape(child)) is not None]
    return {"type": "Feature", "properties": properties, "geometry": shapes[0] if shapes else None}


def _shape(element: ElementTree.Element) -> dict[str, Any] | None:
    tag = element.tag
    if tag == "MultiGeometry":
        parts = [part for child in element if (part := _shape(child)) is not None]
        kinds = {part["type"] for part in parts}
        if len(kinds) == 1 and (kind := kinds.pop()) in ("Point", "LineString", "Polygon"):
            return {"type": f"Multi{kind}", "coordinates": [part["coordinates"] for part in parts]}
        return {"type": "GeometryCollection", "geometries": parts}
    if tag == "Polygon":
        rings = [_numbers(ring) for ring in element.iterfind("outerBoundaryIs/LinearRing")]
        rings += [_numbers(ring) for ring in element.iterfind("innerBoundaryIs/LinearRing")]
        return {"type": "Polygon", "coordinates": rings}
    if tag in ("LineString", "LinearRing"):
        return {"type": "LineString", "coordinates": _numbers(element)}
    if tag == "Point":
        points = _numbers(element)
        return {"type": "Point", "coordinates": points[0] if points else []}
    return None


def _numbers(element: ElementTree.Element) -> list[list[float]]:
    """Read longitudes and latitudes from coordinates, without heights."""
    words = re.sub(r"\s*,\s*", ",", element.findtext("coordinates", "")).split()
    return [[float(number) for number in word.split(",")[:2]] for word in words]
