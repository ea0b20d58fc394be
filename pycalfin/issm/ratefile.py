"""Rates of fronts as netCDF."""

from __future__ import annotations

from datetime import date as Date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pycalfin.files import replacing
from pycalfin.geo import parse_crs
from pycalfin.issm.decimal import days

if TYPE_CHECKING:
    from pycalfin.issm.rates import FrontRates

EPOCH = "1970-01-01"
NAMES = {
    "retreat": "retreat velocity of the calving front along its normal, positive inland",
    "ablation": "frontal ablation rate",
    "uncertainty": "one standard deviation of the rates, from the positions of the fronts",
}
"""Fields at the vertices with their meaning; `mean_` of each is the mean over the front."""


def write_rates(path: str | Path, rates: FrontRates) -> Path:
    """Write rates as classic netCDF (CF 1.8, UGRID 1.0); see `FrontRates.to_netcdf`."""
    from scipy.io import netcdf_file

    path = Path(path)
    with replacing(path) as part, netcdf_file(part, "w", version=2) as file:
        file.Conventions = "CF-1.8 UGRID-1.0"
        file.title = "Retreat and frontal ablation of calving fronts"
        _write_mesh(file, rates)
        _write_times(file, rates)
        cell = {"mesh": "mesh", "location": "node", "coordinates": "x y"}
        if rates.mesh.crs is not None:
            cell["grid_mapping"] = "crs"
        for name, meaning in NAMES.items():
            field, mean = getattr(rates, name), getattr(rates, f"mean_{name}")
            if field is None or mean is None:
                continue
            speed = {"units": "m year-1", "cell_methods": "time: mean", "_FillValue": np.nan}
            _write(file, name, field.T, ("time", "vertex"), long_name=meaning, **speed, **cell)
            over = f"{meaning}; mean over the front, weighted by length"
            _write(file, f"mean_{name}", mean, ("time",), long_name=over, **speed)
        _write(
            file, "length", rates.length, ("time",), units="m",
            long_name="length of the front that the means are taken over",
        )  # fmt: skip
        _write(
            file, "coverage", rates.coverage, ("time",), units="1",
            long_name="share of the length of the front that has a rate",
        )  # fmt: skip
    return path


def _write(file: Any, name: str, values: Any, dimensions: tuple[str, ...], **notes: Any) -> None:
    values = np.asarray(values)
    variable = file.createVariable(name, values.dtype.char, dimensions)
    variable[:] = values
    _describe(variable, notes)


def _describe(variable: Any, notes: dict[str, Any]) -> None:
    """Set attributes: text in UTF-8, numbers in the precision that they have."""
    for key, note in notes.items():
        setattr(variable, key, note.encode() if isinstance(note, str) else np.asarray(note))


def _write_mesh(file: Any, rates: FrontRates) -> None:
    mesh = rates.mesh
    assert mesh.elements is not None
    file.createDimension("vertex", len(mesh.x))
    file.createDimension("element", len(mesh.elements))
    file.createDimension("corner", 3)
    topology = {
        "cf_role": "mesh_topology",
        "topology_dimension": np.int32(2),
        "node_coordinates": "x y",
        "face_node_connectivity": "elements",
    }
    _describe(file.createVariable("mesh", "i", ()), topology)
    for name, values in (("x", mesh.x), ("y", mesh.y)):
        standard = f"projection_{name}_coordinate"
        _write(file, name, values, ("vertex",), standard_name=standard, units="m")
    _write(
        file, "elements", mesh.elements.astype(np.int32), ("element", "corner"),
        cf_role="face_node_connectivity", start_index=np.int32(1),
    )  # fmt: skip
    if mesh.crs is not None:
        _describe(file.createVariable("crs", "i", ()), parse_crs(mesh.crs).to_cf())


def _write_times(file: Any, rates: FrontRates) -> None:
    file.createDimension("time", len(rates.bounds))
    file.createDimension("bound", 2)
    epoch = Date.fromisoformat(EPOCH).toordinal()
    bounds = days(rates.bounds.ravel()).reshape(-1, 2) - epoch
    _write(
        file, "time", bounds.mean(axis=1), ("time",), standard_name="time",
        units=f"days since {EPOCH} 00:00:00", calendar="standard", bounds="time_bounds",
    )  # fmt: skip
    _write(file, "time_bounds", bounds, ("time", "bound"))
    _write(
        file, "decimal_year_bounds", rates.bounds, ("time", "bound"),
        long_name="decimal years of both dates, as ISSM counts them",
    )  # fmt: skip
