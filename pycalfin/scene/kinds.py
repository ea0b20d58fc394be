"""Formats of images that may be opened, and descriptions of files that are no images.

GDAL recognises formats by content. Some are texts that name other files or web addresses to read,
so only formats that contain their pixels are opened. Overviews and masks next to an image are
checked too, because GDAL opens them in any format.
"""

from __future__ import annotations

import gzip
import re
import zipfile
from pathlib import Path

from pycalfin.errors import SceneError

DRIVERS = ("GTiff", "JP2OpenJPEG", "PNG", "JPEG", "HFA", "ENVI")
"""GDAL drivers for formats that contain their pixels; GTiff includes cloud-optimised GeoTIFFs."""
START_BYTES = 4096
"""Bytes read at the start of a file to recognise its kind."""
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""First bytes of TIFF and BigTIFF."""
BESIDE = (".ovr", ".msk")
"""Ends of the names of overviews and masks next to an image."""

_TRUST = "it can refer to other files and addresses; if you trust it, convert it to a GeoTIFF"
_CONVERT = "convert it to a GeoTIFF (gdal_translate)"
_HDF4 = (
    "rasterio's GDAL cannot read it: download the product as GeoTIFF, or convert its near-infrared "
    "band with a GDAL that reads HDF4 (gdal_translate)"
)
_UNPACK = "unpack it, or rename it with the right extension"
_AGAIN = "perhaps a log-in or error page; download the file again"
_ROOTS = {
    "VRTDataset": ("a GDAL VRT description", _TRUST),
    "GDAL_WMS": ("a description of a web map (GDAL WMS)", _TRUST),
    "GDAL_WMTS": ("a description of a web map (GDAL WMTS)", _TRUST),
    "WMS_Capabilities": ("a description of a web map (WMS)", _TRUST),
    "WMT_MS_Capabilities": ("a description of a web map (WMS)", _TRUST),
    "WMS_Tile_Service": ("a description of a web map (WMS)", _TRUST),
    "TileMapService": ("a description of a web map (TMS)", _TRUST),
    "TileMap": ("a description of a web map (TMS)", _TRUST),
    "Capabilities": ("a description of a web map (WMTS)", _TRUST),
    "WCS_GDAL": ("a description of a web service (GDAL WCS)", _TRUST),
    "GDALTileIndexDataset": ("a GDAL tile index", _TRUST),
    "OGRVRTDataSource": ("an OGR VRT description of vectors", _TRUST),
    "MRF_META": ("a GDAL MRF description", _TRUST),
    "kml": ("a KML file", _TRUST),
    "html": ("a web page (HTML)", _AGAIN),
}
"""Descriptions of XML files by the name of their first element, and remedies."""
_MAGIC = {
    b"PK\3\4": ("a ZIP archive", _UNPACK),
    b"\x1f\x8b": ("a gzip-compressed file", _UNPACK),
    b"BZh": ("a bzip2-compressed file", _UNPACK),
    b"\xfd7zXZ": ("an xz-compressed file", _UNPACK),
    b"7z\xbc\xaf": ("a 7-Zip archive", _UNPACK),
    b"\x89HDF": ("an HDF5 or netCDF-4 file", _CONVERT),
    b"CDF": ("a netCDF file", _CONVERT),
    b"\x0e\x03\x13\x01": ("an HDF4 file", _HDF4),
    b"GRIB": ("a GRIB file", _CONVERT),
    b"NITF": ("an NITF file", _CONVERT),
    b"GIF8": ("a GIF image", _CONVERT),
    b"BM": ("a BMP image", _CONVERT),
    b"%PDF": ("a PDF document", _CONVERT),
    b"SQLite format 3": ("a SQLite or GeoPackage database", _CONVERT),
}
"""Descriptions of binary files by their first bytes, and remedies."""
_SUBFILE = re.compile(
    r"/vsisubfile/(?P<offset>\d+)_(?P<size>\d+),(?P<gzip>/vsigzip/)?(?P<place>.*)", re.DOTALL
)
_ELEMENT = re.compile(rb"<(?:\w+:)?(\w+)")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/?/|/vsi\w+[/?]|\\\\\?\\vsi")


def refuse_address(path: str) -> None:
    """Refuse a web address or a virtual path of GDAL instead of a file.

    Raises
    ------
    SceneError
    """
    if _ADDRESS.match(path):
        raise SceneError(f"{path}: an address, not a file; download it first and give the file")


def describe_kind(start: bytes) -> str | None:
    """Describe a file that is no image, with a remedy; return None if its kind is unknown.

    Parameters
    ----------
    start : bytes
        First bytes of the file, at most `START_BYTES`.

    Examples
    --------
    >>> describe_kind(b"<html><body>Please log in").split(",")[0]
    'a web page (HTML)'
    >>> describe_kind(b"II*\\0") is None
    True
    """
    if start.startswith(TIFF_STARTS):
        return None
    known = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), None)
    if known is None:
        # GDAL searches for its elements anywhere near the start
        names = [name.decode("ascii", "replace") for name in _ELEMENT.findall(start)]
        lowered = {name.lower(): kind for name, kind in _ROOTS.items()}
        known = next((lowered[name.lower()] for name in names if name.lower() in lowered), None)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if known is None and text.startswith(b"<?xml"):
        known = ("an XML text", "give the GeoTIFF that it describes")
    if known is None and text[:1] in (b"{", b"["):
        stac = b'"stac_version"' in text
        known = ("a STAC description", _TRUST) if stac else ("a JSON text", "give a GeoTIFF")
    return None if known is None else f"{known[0]}, not an image; {known[1]}"


def leading_bytes(raster: str, most: int = START_BYTES) -> bytes:
    """Read the first bytes of a file or of a member of an archive; return b'' if that fails.

    Parameters
    ----------
    raster : str
        Path for GDAL: a file, or a member as `/vsisubfile/...` or `/vsizip/{file}/member`.
    most : int
        Number of bytes.
    """
    within = _SUBFILE.match(raster)
    try:
        if raster.startswith("/vsizip/"):
            place, _, member = raster.removeprefix("/vsizip/{").partition("}/")
            with zipfile.ZipFile(place) as archive, archive.open(member) as stream:
                return stream.read(most)
        if within:
            opener = gzip.open if within["gzip"] else open
            with opener(within["place"], "rb") as stream:
                stream.seek(int(within["offset"]))
                return bytes(stream.read(min(most, int(within["size"]))))
        with Path(raster).open("rb") as stream:
            return stream.read(most)
    except Exception:  # only the message about the file becomes less precise
        return b""


def side_files(raster: str) -> list[Path]:
    """List overviews and masks next to an image, including those of overviews.

    Raises
    ------
    SceneError
        If one is not a TIFF, since GDAL would open it and any file that it refers to.
    """
    file = Path(raster)
    begin = f"{file.name}.".lower()
    try:
        names = [item.name for item in file.parent.iterdir()]
    except OSError:
        return []
    found = [
        file.with_name(name)
        for name in sorted(names)
        if name.lower().startswith(begin) and name.lower().endswith(BESIDE)
    ]
    for item in found:
        start = leading_bytes(str(item))
        if not start.startswith(TIFF_STARTS):
            what = describe_kind(start) or "not an image; remove it"
            raise SceneError(f"{item}: the {item.suffix.lower()} file of {file.name} is {what}")
    return found
