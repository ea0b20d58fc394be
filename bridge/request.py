"""Reader of requests: JSON text, with arrays of contours or of a mesh in a second file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from calfin_bridge.contract import TASKS, check_contract
from calfin_bridge.fronts_request import FrontsRequest, read_fronts_request
from pycalfin.errors import ContractError
from pycalfin.expfile import Contour
from pycalfin.records import Domain, Float64
from pycalfin.scene.domain import domain_from_mesh, domains_from_contours
from pycalfin.settings import Settings

PATHS = ("scenes", "output", "domain", "fjord", "network")
"""Settings that are paths, in which `~` stands for the user's home."""
SWITCHES = tuple(item.name for item in fields(Settings) if isinstance(item.default, bool))
"""Settings that are true or false; MATLAB users may write 1 or 0."""


@dataclass(frozen=True, eq=False)
class Request:
    """A request of a client.

    Parameters
    ----------
    task : {'run', 'demo', 'levelset', 'contours'}
    settings : Settings
    domains : list of Domain or None
        Domains given as contours or as a mesh. None: use `settings.domain`, if any.
    of_fronts : FrontsRequest or None
        Details of the tasks 'levelset' and 'contours'.
    """

    task: str
    settings: Settings
    domains: list[Domain] | None = None
    of_fronts: FrontsRequest | None = None


def read_request(path: str | Path) -> Request:
    """Read a request.

    Parameters
    ----------
    path : path
        JSON file. Relative paths in it are relative to the working directory.

    Returns
    -------
    Request

    Raises
    ------
    ContractError
        If the file is missing, damaged, or written for another version.
    SettingsError
        If settings are unknown or have bad values; lists all of them.
    DomainError
        If a contour or mesh has no area.
    MissingCRSError
        If EPSG:3413 would be assumed for a contour or mesh, but it cannot be in it.
    """
    path = Path(path)
    content = _json(path)
    check_contract(content.get("contract"), path, str(content.get("client", "")))
    task = content.get("task")
    if task not in TASKS:
        raise ContractError(f"{path}: task is {task!r}; expected one of: {', '.join(TASKS)}")
    if task in ("levelset", "contours"):
        arrays = _arrays(path, content) if content.get("arrays") else {}
        return Request(task, Settings(), of_fronts=read_fronts_request(path, content, arrays))
    given = content.get("settings", {})
    if not isinstance(given, dict):
        raise ContractError(
            f"{path}: settings is not an object of names and values; write {{}} for none"
        )
    values = {name: _home(value) if name in PATHS else value for name, value in given.items()}
    # MATLAB writes these for settings left empty, and 1 or 0 for true or false
    values = {name: value for name, value in values.items() if value not in ("", None, [])}
    values.update({name: bool(values[name]) for name in SWITCHES if values.get(name) in (0, 1)})
    file = content.get("settings_file")
    if file:
        settings = Settings.read(_home(file), **values)
    else:
        settings = Settings.from_mapping(values, "calfin")
    shape = content.get("domain")
    if not shape:
        return Request(task, settings)
    domains = _domains(path, content, shape, settings.crs)
    if shape.get("kind") == "mesh" and settings.out_crs is None and shape.get("crs"):
        # fronts for a mesh are returned in its coordinates
        settings = replace(settings, out_crs=domains[0].crs)
    return Request(task, settings, domains)


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContractError(f"{path}: cannot read the request ({error.strerror})") from error
    except ValueError as error:
        raise ContractError(
            f"{path}: the request is not JSON in UTF-8 ({error}); see bridge/README.md"
        ) from error
    if not isinstance(content, dict):
        raise ContractError(f"{path}: the request is not a JSON object; see bridge/README.md")
    return content


def _home(value: Any) -> Any:
    if isinstance(value, list):
        return [_home(item) for item in value]
    return str(Path(value).expanduser()) if isinstance(value, str) and value[:1] == "~" else value


def _domains(path: Path, content: Mapping[str, Any], shape: Any, crs: str | None) -> list[Domain]:
    kind = shape.get("kind") if isinstance(shape, dict) else None
    if kind not in ("contours", "mesh"):
        raise ContractError(f"{path}: domain is of kind {kind!r}; expected contours or mesh")
    arrays = _arrays(path, content)
    crs = shape.get("crs") or crs
    if kind == "contours":
        counts = _array(path, arrays, "count").astype(int)
        xy = np.column_stack([_array(path, arrays, name) for name in ("x", "y")])
        if counts.sum() != len(xy):
            raise ContractError(
                f"{path}: the contours have {len(xy)} points but count adds up to {counts.sum()}"
            )
        parts = np.split(xy, np.cumsum(counts)[:-1]) if len(counts) else []
        names = [name if isinstance(name, str) else "" for name in shape.get("names", [])]
        if len(names) != len(parts):
            raise ContractError(f"{path}: {len(names)} names for {len(parts)} contours")
        contours = [Contour.from_xy(*item) for item in zip(names, parts, strict=True)]
        return domains_from_contours("domain", contours, crs)
    x, y, elements = (_array(path, arrays, name) for name in ("x", "y", "elements"))
    name = str(shape.get("name") or "mesh")
    return [domain_from_mesh(name, x, y, elements.reshape(-1, 3).astype(int) - 1, crs)]


def _arrays(path: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    file = path.parent / str(content.get("arrays") or "")
    try:
        found: dict[str, Any] = loadmat(file)
    except (OSError, ValueError, NotImplementedError, MatReadError) as error:
        raise ContractError(
            f"{file}: cannot read the arrays of the request ({error}); save them with -v7"
        ) from error
    return found


def _array(path: Path, arrays: Mapping[str, Any], name: str) -> Float64:
    if name not in arrays:
        raise ContractError(f"{path}: the arrays lack {name!r}; see bridge/README.md")
    values = np.asarray(arrays[name])
    if values.dtype.kind not in "biuf":
        raise ContractError(f"{path}: the array {name!r} is not numeric ({values.dtype})")
    return values.astype(np.float64) if name == "elements" else values.astype(np.float64).ravel()
