"""Requests for level sets on a mesh, or for contours, from the fronts of a finished run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pycalfin.errors import ContractError
from pycalfin.records import Float64

OPTIONS = (
    "date", "times", "max_gap", "within_ocean", "transient", "replacemask", "allow_synthetic",
    "mask",
)  # fmt: skip
"""Options of `levelset`, all optional; `times` may also be an array."""
SWITCHES = ("within_ocean", "transient", "replacemask", "allow_synthetic", "mask")
"""Options that are true or false."""


@dataclass(frozen=True, eq=False)
class FrontsRequest:
    """A request for level sets or contours of the fronts of a run.

    Parameters
    ----------
    fronts : Path
        Folder of the run.
    ids : frozenset of str or None
        Ids of the fronts to use; None: all.
    crs : str or None
        CRS of the mesh, 'EPSG:n'.
    options : dict
        Options from `OPTIONS` that were given.
    arrays : dict of str to array
        x, y and elements (counted from 1). Optional: times, ice_levelset, ocean_levelset, bed,
        start_time.
    output : str
        Folder for contours.
    """

    fronts: Path
    ids: frozenset[str] | None = None
    crs: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, Any] = field(default_factory=dict)
    output: str = ""


def read_fronts_request(
    path: Path, content: Mapping[str, Any], arrays: Mapping[str, Any]
) -> FrontsRequest:
    """Read a request for level sets or contours.

    Parameters
    ----------
    path : Path
        Path of the request, for messages.
    content : mapping
        Content of the request.
    arrays : mapping
        Arrays from its file of arrays.

    Returns
    -------
    FrontsRequest

    Raises
    ------
    ContractError
        If a value is missing or has the wrong type.
    """
    place = _object(path, content, "fronts")
    folder = place.get("folder")
    if not isinstance(folder, str) or not folder:
        raise ContractError(f"{path}: fronts names no folder; give that of a finished run")
    ids = place.get("ids")
    numbers = {name: _numbers(path, name, arrays[name]) for name in arrays if name[:2] != "__"}
    if content.get("task") == "levelset":
        missing = [name for name in ("x", "y", "elements") if name not in numbers]
        if missing:
            raise ContractError(f"{path}: the arrays lack {', '.join(missing)} of the mesh")
    options = {
        name: bool(value) if name in SWITCHES else value
        for name, value in _object(path, content, "options").items()
        if value not in ("", None, [])
    }
    unknown = [name for name in options if name not in OPTIONS]
    if unknown:
        raise ContractError(
            f"{path}: unknown option {', '.join(unknown)}; expected some of {', '.join(OPTIONS)}"
        )
    return FrontsRequest(
        fronts=Path(folder).expanduser(),
        ids=None if ids is None else frozenset([ids] if isinstance(ids, str) else ids),
        crs=_object(path, content, "mesh").get("crs") or None,
        options=options,
        arrays=numbers,
        output=str(content.get("output") or ""),
    )


def _object(path: Path, content: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = content.get(name) or {}
    if not isinstance(value, dict):
        raise ContractError(f"{path}: {name} is {value!r}; expected an object")
    return value


def _numbers(path: Path, name: str, values: Any) -> Float64:
    found = np.asarray(values)
    if found.dtype.kind not in "biuf":
        raise ContractError(f"{path}: the array {name!r} is not numeric ({found.dtype})")
    return found.astype(np.float64) if name == "elements" else found.astype(np.float64).ravel()
