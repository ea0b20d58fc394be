"""List the layers of an untrusted GeoPackage, if they are plain tables.

A view is a program that runs when it is read, and GDAL offers it functions that contact servers.
Only ordinary tables are read, and finding them runs no view.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from pycalfin.errors import PycalfinError

_INDEX = "USING RTREE"
"""Mark of spatial indexes, the only virtual tables that a GeoPackage needs."""
_LAYERS = (
    "SELECT c.table_name, g.geometry_type_name FROM gpkg_contents c "
    "JOIN gpkg_geometry_columns g ON lower(g.table_name) = lower(c.table_name) "
    "WHERE c.data_type = 'features'"
)
KINDS = {"POLYGON": "Polygon", "LINESTRING": "LineString", "POINT": "Point"}


def layers_of(path: Path, error: type[PycalfinError]) -> list[tuple[str, str]]:
    """List the layers with geometries.

    Parameters
    ----------
    path : Path
    error : type of PycalfinError
        Error class to raise.

    Returns
    -------
    list of (str, str)
        Name and type of geometry; 'Unknown' for a layer of any type.

    Raises
    ------
    PycalfinError
        If the file is damaged, is another SQLite database, or holds views instead of tables.
    """
    try:
        connection = sqlite3.connect(
            f"file:{quote(os.fsencode(path.absolute()))}?mode=ro", uri=True
        )
    except sqlite3.Error as problem:
        raise error(f"{path}: cannot be opened ({problem}); check the path") from problem
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        objects = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        names = {name.lower() for kind, name, _ in objects if kind == "table"}
        if not {"gpkg_contents", "gpkg_geometry_columns"} <= names:
            if any(name.lower().startswith("gpkg_") for _, name, _ in objects):
                raise error(f"{path}: a GeoPackage without feature tables; export it again")
            raise error(
                f"{path}: cannot be read as a vector file (an SQLite database, but not a "
                "GeoPackage); export the layer to a GeoPackage"
            )
        programs = {
            name.lower()
            for kind, name, sql in objects
            if kind == "view" or (kind == "table" and _virtual(sql or ""))
        }
        _refuse(path, {name for name in programs if name.startswith("gpkg_")}, error)
        found = connection.execute(_LAYERS).fetchall()
    except sqlite3.Error as problem:
        raise error(
            f"{path}: a damaged or locked GeoPackage ({problem}); copy or export it again"
        ) from problem
    finally:
        connection.close()
    _refuse(path, {name for name, _ in found if name.lower() in programs}, error)
    return [(name, _kind(kind)) for name, kind in found]


def _virtual(sql: str) -> bool:
    words = " ".join(sql.split()).upper()
    return words.startswith("CREATE VIRTUAL") and _INDEX not in words


def _refuse(path: Path, views: set[str], error: type[PycalfinError]) -> None:
    if views:
        raise error(
            f"{path}: {', '.join(sorted(views))[:80]} is a view, a program that runs when it is "
            "read, not a table; export the layer to a new GeoPackage"
        )


def _kind(name: str) -> str:
    plain = name.upper().removeprefix("MULTI").removesuffix("ZM").removesuffix("Z")
    return KINDS.get(plain.removesuffix("M"), "Unknown")
