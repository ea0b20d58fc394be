"""Writer of layers of vector files; equal content gives equal bytes."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyogrio
from numpy.typing import NDArray
from shapely import to_wkb
from shapely.geometry.base import BaseGeometry

from pycalfin.products.schema import DBF_BYTES, Column

_DTYPES = {"integer": np.int32, "real": np.float64, "boolean": np.bool_}


def write_layer(
    path: Path,
    layer: str,
    driver: str,
    geometry_type: str,
    crs: str | None,
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Any]],
    geometries: Sequence[BaseGeometry],
    **options: Any,
) -> None:
    """Write a layer from a row for each geometry; see `write_columns`.

    Parameters
    ----------
    rows : sequence of mapping
        Values by name of column; None is null.
    """
    values = {item.name: [row[item.name] for row in rows] for item in columns}
    array = np.array(geometries, object)
    write_columns(path, layer, driver, geometry_type, crs, columns, values, array, **options)


def write_columns(
    path: Path,
    layer: str,
    driver: str,
    geometry_type: str,
    crs: str | None,
    columns: Sequence[Column],
    values: Mapping[str, Sequence[Any] | NDArray[Any]],
    geometries: NDArray[np.object_],
    **options: Any,
) -> None:
    """Write a layer; an existing GeoPackage gets it in addition to its other layers.

    Parameters
    ----------
    path : Path
    layer : str
    driver : str
        'GPKG' or 'ESRI Shapefile'.
    geometry_type : str
        'Point', 'LineString' or 'Polygon'.
    crs : str or None
        None: the layer has no coordinate reference system.
    columns : sequence of Column
    values : mapping of str to sequence
        By name of column, one for each geometry; None is null.
    geometries : (n,) array of shapely geometry
        In `crs`.
    **options
        Passed on to pyogrio: layer and dataset options, metadata.
    """
    with warnings.catch_warnings():
        # images without a georeference have no CRS
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.raw.write(
            path,
            geometry=np.asarray(to_wkb(geometries), object),
            field_data=[_column(values[item.name], item) for item in columns],
            fields=np.array([item.name for item in columns], object),
            layer=layer,
            driver=driver,
            geometry_type=geometry_type,
            crs=crs,
            **options,
        )


def _column(values: Sequence[Any] | NDArray[Any], column: Column) -> NDArray[Any]:
    if column.kind == "text":
        return np.array([None if value is None else str(value) for value in values], object)
    if column.kind == "date":
        return np.array([value or "NaT" for value in values], "datetime64[D]")
    return np.array(values, _DTYPES[column.kind])


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Provide a path in the system's temporary folder, and copy the files written to `target`.

    pyogrio reads ';' and '!' in a path as parts of a URL, and SQLite needs locks that network
    file systems may lack. All files of a shapefile get the target's stem.
    """
    with TemporaryDirectory(prefix="pycalfin-") as folder:
        yield Path(folder) / f"layer{target.suffix}"
        for part in sorted(Path(folder).iterdir()):
            shutil.copyfile(part, target.with_name(target.stem + part.suffix))


def cut_text(text: str, size: int = DBF_BYTES) -> str:
    """Cut a text to at most `size` bytes of UTF-8, without splitting characters.

    Examples
    --------
    >>> cut_text("Sermeq ø", 8)
    'Sermeq '
    """
    return text.encode("utf-8")[:size].decode("utf-8", errors="ignore")


@contextmanager
def stamped(date: str) -> Iterator[None]:
    """Give files written in the block `date` as their time of change.

    Parameters
    ----------
    date : str
        YYYY-MM-DD.
    """
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{date}T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
