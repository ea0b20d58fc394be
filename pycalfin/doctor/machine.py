"""Checks of the machine: cache, GDAL, projections and output folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from pycalfin import resources
from pycalfin.doctor.finding import (
    NOTE,
    OK,
    PROBLEM,
    Finding,
    existing_folder,
    why_unwritable,
)
from pycalfin.scene.kinds import DRIVERS

LITTLE_ROOM = 1e9
"""Bytes: the output folder gets a note if less disk space is free."""


def check_cache() -> Finding:
    """Measure the cache, and check that it can be written."""
    folder = resources.user_cache()
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    details = {"folder": str(folder), "files": len(files), "size": size}
    why = why_unwritable(folder)
    if why:
        remedy = "name another folder in PYCALFIN_CACHE"
        text = f"{folder} cannot be written ({why}): no weights can be stored"
        return Finding("cache", NOTE, text, remedy, details)
    what = f"{size / 1e6:.1f} MB in {len(files)} files" if files else "empty"
    return Finding("cache", OK, f"{folder}, {what}", "", details)


def check_gdal() -> Finding:
    """Report the GDAL versions of the packages, and check their drivers."""
    import pyogrio
    import rasterio

    versions = {
        "rasterio": rasterio.__gdal_version__,
        "pyogrio": pyogrio.__gdal_version_string__,
    }
    text = ", ".join(f"{version} in {name}" for name, version in versions.items())
    lacking = sorted({"GPKG", "ESRI Shapefile", "GeoJSON"} - set(pyogrio.list_drivers()))
    if lacking:
        remedy = "python -m pip install --force-reinstall pyogrio"
        text = f"{text}; pyogrio lacks {', '.join(lacking)}"
        return Finding("GDAL", PROBLEM, text, remedy, versions)
    with rasterio.Env() as gdal:
        lacking = sorted(set(DRIVERS) - set(gdal.drivers()))
    if lacking:
        remedy = "python -m pip install --force-reinstall rasterio"
        text = f"{text}; rasterio lacks {', '.join(lacking)}: such images cannot be read"
        return Finding("GDAL", NOTE, text, remedy, versions)
    return Finding("GDAL", OK, text, "", versions)


def check_projections() -> Finding:
    """Transform a point with pyproj and rasterio: each has a database, often misconfigured."""
    import pyproj
    from rasterio.crs import CRS
    from rasterio.warp import transform

    details = {"proj": pyproj.proj_version_str, "data": pyproj.datadir.get_data_dir()}
    try:
        one = pyproj.Transformer.from_crs(4326, 3413, always_xy=True).transform(-45.0, 77.0)
        other = transform(CRS.from_epsg(4326), CRS.from_epsg(3413), [-45.0], [77.0])
        same = abs(one[0] - other[0][0]) < 1 and abs(one[1] - other[1][0]) < 1
        why = "pyproj and rasterio disagree"
    except Exception as error:  # the two libraries raise different errors
        same, why = False, " ".join(str(error).split())
    if not same:
        names = [name for name in ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA") if name in os.environ]
        what = " and ".join(names) or "packages of another installation"
        remedy = f"unset {what}" if names else f"remove {what} from PYTHONPATH"
        return Finding("projections", PROBLEM, why, remedy, details)
    text = f"PROJ {pyproj.proj_version_str}; EPSG:3413 in pyproj and in rasterio"
    return Finding("projections", OK, text, "", details)


def check_output(folder: Path) -> Finding:
    """Try to write into the output folder."""
    folder = folder.resolve()
    details: dict[str, Any] = {"folder": str(folder)}
    why = why_unwritable(folder)
    if why:
        text = f"{folder} cannot be written ({why})"
        return Finding("output", PROBLEM, text, "choose another --output", details)
    details["free"] = free = shutil.disk_usage(existing_folder(folder)).free
    text = f"{folder} can be written, {free / 1e9:.1f} GB free"
    if free < LITTLE_ROOM:
        return Finding("output", NOTE, text, "make room, or choose another --output", details)
    return Finding("output", OK, text, "", details)
