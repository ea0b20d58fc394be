"""What both sides of the bridge have agreed on: names of files, the version, the answer."""

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
"""Beside the request; written last, so that a client that finds it finds all."""
TASKS = ("run", "demo", "levelset", "contours")
"""What a request can ask for."""
LEVELSET_FILE = "levelset.h5"
"""Beside the request: the arrays of an answer to `levelset`."""


def check_contract(found: Any, path: str | Path, origin: str = "") -> None:
    """Refuse what was written for another version of the contract.

    Parameters
    ----------
    found : object
        The version that the file names.
    path : path
    origin : str
        Who wrote it, if the file tells.

    Raises
    ------
    ContractError
    """
    if isinstance(found, (int, float)) and not isinstance(found, bool) and found == CONTRACT:
        return
    by = f" by {origin}" if origin else ""
    raise ContractError(
        f"{path}: written{by} for version {found!r} of the contract, but this pycalfin speaks "
        f"version {CONTRACT}; use the calfin.m that `pycalfin matlab-path` names"
    )


@dataclass(frozen=True)
class Remark:
    """Something a user should know although the task went well.

    Parameters
    ----------
    code : str
        'partial' (some pairs failed), 'nofront' (none was found), or 'log'.
    message : str
    """

    code: str
    message: str


@dataclass(frozen=True)
class Answer:
    """How a request ended.

    Parameters
    ----------
    exit_status : int
        As of `pycalfin run`.
    output : str
        Absolute path of the run's folder; '' if there is none.
    error : str
        One word for what went wrong (`PycalfinError.code`); '' with an exit status of 0 or 3.
    message : str
        What went wrong, for people.
    remarks : tuple of Remark
    arrays : str
        Name of the file beside the answer that holds its arrays; '' if there is none.
    details : dict
        What else a task has to tell: for 'levelset' what was taken, for 'contours' the files.
    """

    exit_status: int
    output: str = ""
    error: str = ""
    message: str = ""
    remarks: tuple[Remark, ...] = ()
    arrays: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write the answer; it appears by rename."""
        remarks = [asdict(Remark(item.code, printable(item.message))) for item in self.remarks]
        content = {"contract": CONTRACT, **asdict(self), "message": printable(self.message)}
        content["remarks"] = remarks
        with replacing(folder / ANSWER_FILE) as part:
            part.write_text(json.dumps(content, ensure_ascii=False), "utf-8", errors="replace")
        return folder / ANSWER_FILE
