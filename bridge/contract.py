"""Definitions shared by both sides of the bridge: file names, version and answer."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from calfin_bridge import CONTRACT
from pycalfin.errors import ContractError
from pycalfin.files import replacing
from pycalfin.logs import printable

ANSWER_FILE = "answer.json"
"""File next to the request. It is written last: once it exists, all files are complete."""
TASKS = ("run", "demo", "levelset", "contours")
"""Tasks of a request."""
LEVELSET_FILE = "levelset.h5"
"""File next to the request that holds the arrays of an answer to `levelset`."""


def check_contract(found: Any, path: str | Path, origin: str = "") -> None:
    """Refuse a file for another version of the contract.

    Parameters
    ----------
    found : object
        Version in the file.
    path : path
    origin : str
        Program that wrote the file; '' if unknown.

    Raises
    ------
    ContractError
        If the version is not `CONTRACT`.
    """
    if isinstance(found, (int, float)) and not isinstance(found, bool) and found == CONTRACT:
        return
    by = f" by {origin}" if origin else ""
    raise ContractError(
        f"{path}: written{by} for version {found!r} of the contract, but this pycalfin needs "
        f"version {CONTRACT}; use the calfin.m in the folder that `pycalfin matlab-path` prints"
    )


@dataclass(frozen=True)
class Remark:
    """A message to the user of a successful task.

    Parameters
    ----------
    code : str
        'partial' (some pairs failed), 'nofront' (no front was found), or 'log' (a warning).
    message : str
    """

    code: str
    message: str


@dataclass(frozen=True)
class Answer:
    """The answer to a request.

    Parameters
    ----------
    exit_status : int
        Exit status as of `pycalfin run`.
    output : str
        Absolute path of the run's folder; '' if there is none.
    error : str
        Kind of error in one word (`PycalfinError.code`); '' with an exit status of 0 or 3.
    message : str
        Error message for the user.
    remarks : tuple of Remark
    arrays : str
        Name of the file with arrays next to the answer; '' if there is none.
    details : dict
        Further results: dates and fronts used for 'levelset', files for 'contours'.
    """

    exit_status: int
    output: str = ""
    error: str = ""
    message: str = ""
    remarks: tuple[Remark, ...] = ()
    arrays: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write the answer to a folder; the complete file appears by rename."""
        remarks = [asdict(Remark(item.code, printable(item.message))) for item in self.remarks]
        content = {"contract": CONTRACT, **asdict(self), "message": printable(self.message)}
        content["remarks"] = remarks
        with replacing(folder / ANSWER_FILE) as part:
            part.write_text(json.dumps(content, ensure_ascii=False), "utf-8", errors="replace")
        return folder / ANSWER_FILE
