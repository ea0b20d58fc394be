"""Reader of fronts.h5 in Python: an example for clients in other languages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calfin_bridge import EXCHANGE_FILE
from calfin_bridge.contract import check_contract
from pycalfin.errors import ContractError
from pycalfin.products.fronts_h5 import read_exchange
from pycalfin.records import Front


@dataclass(frozen=True, eq=False)
class Result:
    """The results of a run.

    Parameters
    ----------
    fronts : list of Front
        Fronts in the order of all products.
    document : dict
        All other content: settings, versions, pairs, paths of figures.
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
        contract, document, fronts = read_exchange(path)
    except (OSError, KeyError, ValueError, IndexError, TypeError) as error:
        raise ContractError(
            f"{path}: a damaged file ({error}); run again, finished scenes are not computed again"
        ) from error
    check_contract(contract, path)
    return Result(fronts, document)
