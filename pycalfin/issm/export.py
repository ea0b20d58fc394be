"""Level sets as files, in the shapes that each program expects."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from pycalfin.errors import SettingsError
from pycalfin.files import replacing
from pycalfin.records import Float64

FORMATS = (".mat", ".h5", ".hdf5", ".nc", ".npz")
"""Formats that `write_levelsets` can write, chosen by the ending of the file's name."""


def check_format(path: str | Path) -> None:
    """Refuse a file name with an unknown ending.

    Raises
    ------
    SettingsError
        If the ending is not one of `FORMATS`.
    """
    if Path(path).suffix.lower() not in FORMATS:
        raise SettingsError(
            f"{path}: the name has no known ending; give one that ends in {', '.join(FORMATS)}"
        )


def write_levelsets(
    path: str | Path,
    levelset: Float64,
    time: Float64,
    spclevelset: Float64 | None,
    crs: str,
    *,
    packed: bool = True,
) -> Path:
    """Write level sets; the complete file appears by rename.

    Parameters
    ----------
    path : path
        .mat (v7), .h5, .nc (classic) or .npz.
    levelset : (nv,) float64
        Level set of the first date, for md.mask.ice_levelset.
    time : (nt,) float64
        Decimal years.
    spclevelset : (nv + 1, nt) or (nv,) float64 or None
        Series, for md.levelset.spclevelset. None: not written.
    crs : str
        CRS of the mesh. Its EPSG code, if any, is written as the number `epsg`.
    packed : bool
        False: write HDF5 without compression, which calfinlib.readnumbers needs.

    Returns
    -------
    Path
        Path of the file.

    Raises
    ------
    SettingsError
        If the ending of the name is unknown.
    OutputError
        If the file cannot be written.

    Notes
    -----
    MATLAB and Octave reverse the order of dimensions of HDF5 and netCDF. A series is therefore
    stored as (nt, nv + 1) in these formats.
    """
    path = Path(path)
    check_format(path)
    content: dict[str, Float64] = {"levelset": levelset, "time": np.atleast_1d(time)}
    if spclevelset is not None:
        content["spclevelset"] = spclevelset
    if crs.startswith("EPSG:"):
        content["epsg"] = np.array([float(crs.removeprefix("EPSG:"))])
    writers = {".mat": _mat, ".nc": _netcdf, ".npz": _npz}
    plain = partial(_hdf5, packed=packed)
    with replacing(path) as part:
        writers.get(path.suffix.lower(), plain)(part, content)
    return path


def _column(name: str, values: Float64) -> Float64:
    """Shape values for MATLAB: times as a row, everything else as columns."""
    if values.ndim == 2:
        return values
    return values[None, :] if name == "time" else values[:, None]


def _mat(path: Path, content: dict[str, Float64]) -> None:
    import scipy.io

    shaped = {name: _column(name, values) for name, values in content.items()}
    scipy.io.savemat(path, shaped, do_compression=True)


def _hdf5(path: Path, content: dict[str, Float64], *, packed: bool) -> None:
    filters = {"compression": "gzip", "shuffle": True} if packed else {}
    with h5py.File(path, "w") as file:
        for name, values in content.items():
            file.create_dataset(name, data=_column(name, values).T, **filters)


def _npz(path: Path, content: dict[str, Float64]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **content)  # type: ignore[arg-type]


def _netcdf(path: Path, content: dict[str, Any]) -> None:
    """Write classic netCDF with 64-bit offsets; SciPy writes it without another library."""
    from scipy.io import netcdf_file

    content = dict(content)
    with netcdf_file(path, "w", version=2) as file:
        if "epsg" in content:
            file.epsg = int(content.pop("epsg")[0])
        file.createDimension("vertex", len(content["levelset"]))
        file.createDimension("time", len(content["time"]))
        file.createDimension("vertex_and_time", len(content["levelset"]) + 1)
        series = ("time", "vertex_and_time")
        for name, values in content.items():
            dims = {"time": ("time",)}.get(name, ("vertex",) if values.ndim == 1 else series)
            variable = file.createVariable(name, "d", dims)
            variable[:] = values.T
            variable.units = "decimal years" if name == "time" else "units of the mesh"
