"""Read fronts.h5 back: what a client in another language has to do, in Python."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from calfin_bridge import EXCHANGE_FILE
from calfin_bridge.contract import check_contract
from pycalfin.errors import ContractError
from pycalfin.hdf5 import open_hdf5
from pycalfin.products.exchange import VERTICES
from pycalfin.records import Float64, Front


@dataclass(frozen=True, eq=False)
class Result:
    """What a run found.

    Parameters
    ----------
    fronts : list of Front
        In the order of all products.
    document : dict
        Everything else: settings, versions, pairs, paths of figures.
    """

    fronts: list[Front]
    document: dict[str, Any]


def read_result(path: str | Path) -> Result:
    """Read the fronts of a finished run.

    Parameters
    ----------
    path : path
        fronts.h5, or the folder of the run.

    Returns
    -------
    Result

    Raises
    ------
    ContractError
        If the file is missing, damaged, or written for another version.
    """
    path = Path(path)
    path = path / EXCHANGE_FILE if path.is_dir() else path
    if not path.is_file():
        raise ContractError(f"{path}: no such file; give the output folder of a finished run")
    try:
        with open_hdf5(path) as file:
            check_contract(float(file["contract"][0, 0]), path)
            document = json.loads(file["document"][0].tobytes().decode())
            counts = file["count"][0].astype(int)
            table = np.column_stack([file[name][0] for name in VERTICES])
            fronts = _fronts(document["fronts"], counts, table)
    except ContractError:
        raise
    except (OSError, KeyError, ValueError, IndexError, TypeError) as error:
        raise ContractError(
            f"{path}: a damaged file ({error}); run again, what was finished is not computed anew"
        ) from error
    return Result(fronts, document)


def _fronts(described: list[dict[str, Any]], counts: Any, table: Float64) -> list[Front]:
    known = {item.name for item in fields(Front)}
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
