"""fronts.h5: all results of a run, for MATLAB, Octave and other programs.

calfin.m reads the bytes itself, because Octave's `load` executes function handles in a file. The
layout is therefore as plain as possible: uncompressed datasets at the root, with two dimensions, of
float64 or bytes. All text is in one JSON document. `bridge/README.md` describes the layout.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from pycalfin import geo
from pycalfin.hdf5 import open_hdf5
from pycalfin.issm.contour import contour_names
from pycalfin.products.figures import overlay_name, quality_folder
from pycalfin.products.order import fronts_of, vertex_uncertainty
from pycalfin.products.runlog import count_statuses
from pycalfin.products.schema import CONTRACT, SCHEMA_VERSION
from pycalfin.records import Front, field_names
from pycalfin.results import PairResult

VERTICES = ("x", "y", "row", "column", "uncertainty")
"""Datasets with one value per vertex of all fronts, one front after the other."""
PLAIN = (
    "id", "crs", "date", "time", "scene", "domain", "subset", "number", "confidence",
    "uncertain_end", "quality", "partial", "synthetic", "sensor", "network",
)  # fmt: skip
"""Attributes of a front that are copied to the document."""


def write_exchange(
    path: Path, results: Sequence[PairResult], info: Mapping[str, Any], report: str
) -> None:
    """Write fronts.h5; equal results give equal bytes.

    Parameters
    ----------
    path : Path
    results : sequence of PairResult
        Results in the order of run.json.
    info : mapping
        Its 'settings' and 'versions' are copied to the document.
    report : str
        Name of the report within the folder.
    """
    pairs = fronts_of(results)
    fronts = [front for _, front in pairs]
    document = {
        "schema": SCHEMA_VERSION,
        "versions": info.get("versions", {}),
        "settings": info.get("settings", {}),
        "report": report,
        "counts": count_statuses(results),
        "fronts": [
            _front(name, *pair) for name, pair in zip(contour_names(fronts), pairs, strict=True)
        ],
        "pairs": [_pair(result) for result in results],
    }
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, default=str)
    with h5py.File(path, "w") as file:
        file["contract"] = np.array([[float(CONTRACT)]])
        file["document"] = np.frombuffer(text.encode(errors="replace"), np.uint8)[None, :]
        _store(file, "count", np.array([len(front.xy) for front in fronts], float))
        columns = [_vertices(front) for front in fronts]
        for number, name in enumerate(VERTICES):
            values = [column[:, number] for column in columns]
            _store(file, name, np.concatenate(values) if values else np.empty(0))


def _store(file: h5py.File, name: str, values: NDArray[np.float64]) -> None:
    file.create_dataset(name, data=values[None, :])


def _vertices(front: Front) -> NDArray[np.float64]:
    """Return the values of a front's vertices, (N, len(VERTICES)); NaN if unknown."""
    table = np.full((len(front.xy), len(VERTICES)), np.nan)
    table[:, :2] = front.xy
    if len(front.pixels) == len(front.xy):
        table[:, 2:4] = front.pixels
    table[:, 4] = vertex_uncertainty(front)
    return table


def _front(name: str, result: PairResult, front: Front) -> dict[str, Any]:
    content = {"name": name, **{field: getattr(front, field) for field in PLAIN}}
    content["length"] = _number(geo.ground_length(front.xy, front.crs))
    overlay = overlay_name(front.subset, front.number)
    shown = overlay in result.figures
    content["figure"] = (quality_folder(Path(), front.domain) / overlay).as_posix() if shown else ""
    return content


def _pair(result: PairResult) -> dict[str, Any]:
    names = ("scene", "domain", "path", "date", "status", "reason", "error")
    return {
        **{name: getattr(result, name) for name in names},
        "warnings": list(result.warnings),
        "fronts": len(result.fronts),
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def read_exchange(path: Path) -> tuple[float, dict[str, Any], list[Front]]:
    """Read fronts.h5.

    Parameters
    ----------
    path : Path

    Returns
    -------
    contract : float
        Version of the layout. If it is not `CONTRACT`, nothing else is read.
    document : dict
        The JSON document.
    fronts : list of Front
        Fronts in the order of all products.

    Raises
    ------
    OSError, KeyError, ValueError, IndexError, TypeError
        If the file is damaged.
    """
    with open_hdf5(path) as file:
        contract = float(file["contract"][0, 0])
        if contract != CONTRACT:
            return contract, {}, []
        document = json.loads(file["document"][0].tobytes().decode())
        counts = file["count"][0].astype(int)
        table = np.column_stack([file[name][0] for name in VERTICES])
    return contract, document, _fronts(document["fronts"], counts, table)


def _fronts(
    described: list[dict[str, Any]], counts: NDArray[np.int64], table: NDArray[np.float64]
) -> list[Front]:
    known = set(field_names(Front))
    if len(described) != len(counts) or counts.sum() != len(table):
        raise ValueError("text and numbers do not fit together")
    parts = np.split(table, np.cumsum(counts)[:-1]) if len(counts) else []
    return [
        Front(
            xy=part[:, :2],
            pixels=part[:, 2:4] if np.isfinite(part[:, 2:4]).all() else np.empty((0, 2)),
            uncertainty=part[:, 4] if np.isfinite(part[:, 4]).any() else np.empty(0),
            **{name: value for name, value in content.items() if name in known},
        )
        for content, part in zip(described, parts, strict=True)
    ]
