"""Companion files of a .shp: the encoding of its table, its index, its CRS."""

from __future__ import annotations

import codecs
import re
import struct
from pathlib import Path

from pycalfin.textfile import ANSI, decode_document

_PAGES = {
    1: "cp437", 2: "cp850", 3: "cp1252", 8: "cp865", 9: "cp437", 10: "cp850", 11: "cp437",
    13: "cp437", 14: "cp850", 15: "cp437", 16: "cp850", 17: "cp437", 18: "cp850", 19: "cp932",
    20: "cp850", 21: "cp437", 22: "cp850", 23: "cp865", 24: "cp437", 25: "cp437", 26: "cp850",
    27: "cp437", 28: "cp863", 29: "cp850", 31: "cp852", 34: "cp852", 35: "cp852", 36: "cp860",
    37: "cp850", 38: "cp866", 55: "cp850", 64: "cp852", 77: "cp936", 78: "cp949", 79: "cp950",
    80: "cp874", 88: "cp1252", 89: "cp1252", 100: "cp852", 101: "cp866", 102: "cp865",
    103: "cp861", 106: "cp737", 107: "cp857", 108: "cp863", 120: "cp950", 121: "cp949",
    122: "cp936", 123: "cp932", 124: "cp874", 134: "cp737", 135: "cp852", 136: "cp857",
    200: "cp1250", 201: "cp1251", 202: "cp1254", 203: "cp1253", 204: "cp1257",
}  # fmt: skip
"""Code pages by the language id of a .dbf (byte 29).

0 declares nothing. 0x57 means the ANSI code page of the writer's computer, but writers of UTF-8 use
it too."""
_HEADER = 100
"""Length of the header of .shp and .shx, in bytes."""


def beside(path: Path, suffix: str) -> Path | None:
    """Find a file with the same stem and this suffix, in lower or upper case."""
    for name in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if name.is_file():
            return name
    return None


def declared_encoding(path: Path) -> tuple[str | None, str]:
    """Read the encoding that the table of a shapefile declares.

    Parameters
    ----------
    path : Path
        The .shp.

    Returns
    -------
    declared : str or None
        Encoding by the .cpg, else by the language id of the .dbf; None if neither is definite.
    otherwise : str
        Code page for text that is neither in that encoding nor UTF-8.
    """
    table = beside(path, ".dbf")
    page = None
    if table is not None:
        with table.open("rb") as file:
            head = file.read(32)
        page = _PAGES.get(head[29]) if len(head) == 32 else None
    named = beside(path, ".cpg")
    declared = _codec(named.read_bytes()[:64]) if named is not None else None
    return declared or page, page or ANSI


def _codec(content: bytes) -> str | None:
    """Read a .cpg: 'UTF-8', '1252', 'ISO 88591', 'ANSI 1252', 'LDID/87', ..."""
    text = decode_document(content)[0].strip().strip("\0").upper()
    identity = re.fullmatch(r"LDID/(\d+)", text)
    if identity:
        return _PAGES.get(int(identity[1]))
    text = re.sub(r"^(ANSI|OEM|WINDOWS|CP|MS)[\s_-]*(?=\d)", "", text)
    latin = re.fullmatch(r"(?:ISO[\s_-]*)?8859[\s_-]*(\d+)", text)
    if latin:
        text = f"iso8859-{latin[1]}"
    elif text in ("65001", "UTF8"):
        text = "utf-8"
    elif text.isdigit():
        text = f"cp{text}"
    try:
        return codecs.lookup(text).name
    except LookupError:
        return None


def coordinate_system(path: Path) -> str | None:
    """Read the text of a .prj in any encoding; return None if it is missing or empty."""
    file = beside(path, ".prj")
    return (decode_document(file.read_bytes())[0].strip() or None) if file is not None else None


def index_of(content: bytes) -> bytes:
    """Build the .shx of a .shp.

    Parameters
    ----------
    content : bytes
        Content of the .shp. Records after a damaged one are left out.

    Returns
    -------
    bytes
    """
    entries = []
    at = _HEADER
    while at + 12 <= len(content):
        words = struct.unpack_from(">i", content, at + 4)[0]
        if words < 2 or at + 8 + 2 * words > len(content):
            break
        entries.append(struct.pack(">ii", at // 2, words))
        at += 8 + 2 * words
    size = (_HEADER + 8 * len(entries)) // 2
    return b"".join([content[:24], struct.pack(">i", size), content[28:_HEADER], *entries])
