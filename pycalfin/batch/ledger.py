"""What is done: a JSON file and a folder of figures per task, so that a killed run continues.

The files of a run are made from its ledger alone; a resumed run therefore gives the same files as
an unbroken one. Numbers are written so that they read back exactly.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from types import NoneType
from typing import Any

import numpy as np
import shapely

from pycalfin.errors import OutputError
from pycalfin.products.figures import THUMBNAIL_SUFFIX
from pycalfin.records import Front, Identity
from pycalfin.results import Coast, Extraction, PairResult
from pycalfin.scene.names import is_date

FOLDER = ".pycalfin"
"""Folder of the ledger within the output folder."""
SCHEMA = 4
"""Version of the ledger's files; others are not read but made anew."""
SIDECARS_LEFT_OUT = (".ovr",)
"""Overviews, which nothing here reads."""
FINGERPRINT_BLOCKS, FINGERPRINT_BYTES = 256, 1 << 20
"""A file is identified by its size and this many blocks of so many bytes, evenly spaced: up to
256 MB it is all of it."""


def fingerprint(path: str | Path) -> str:
    """Identify a file by what it holds, wherever it lies; a folder by names, sizes and times.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(item for item in path.rglob("*") if item.is_file())
        parts = [
            f"{item.relative_to(path)}:{item.stat().st_size}:{item.stat().st_mtime_ns}"
            for item in files
        ]
        return hashlib.sha256("\n".join(parts).encode(errors="surrogatepass")).hexdigest()
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        stride = max(FINGERPRINT_BYTES, size // FINGERPRINT_BLOCKS)
        for start in range(0, size, stride):
            file.seek(start)
            digest.update(file.read(FINGERPRINT_BYTES))
    return digest.hexdigest()


def sidecars(path: str | Path) -> list[Path]:
    """Name the files that belong to another by their names: .prj, .tfw, .aux.xml, .msk, ..."""
    path = Path(path)
    begins = (f"{path.stem}.".lower(), f"{path.name}.".lower())
    return sorted(
        item
        for item in path.parent.iterdir()
        if item.name.lower().startswith(begins)
        and item.name != path.name
        and item.suffix.lower() not in SIDECARS_LEFT_OUT
        and item.is_file()
    )


class Ledger:
    """The finished tasks of an output folder.

    Parameters
    ----------
    output : Path
        The run's folder; need not exist before something is saved.
    """

    def __init__(self, output: Path) -> None:
        self.folder = output / FOLDER

    def load(self, key: str) -> tuple[PairResult, ...] | None:
        """Read the results of a task; None if there are none that this version can use."""
        try:
            content = json.loads(self._path(key).read_text(encoding="utf-8"))
            if content["schema"] != SCHEMA:
                return None
            return tuple(_result_from(item, self.folder / key) for item in content["results"])
        except Exception:
            # cut short by a full disk, or somebody else's: worth no more than a missing one
            return None

    def save(self, key: str, results: Sequence[PairResult]) -> list[PairResult]:
        """Write the results of a task: figures first, then the entry by rename.

        Returns
        -------
        list of PairResult
            The same results, their figures as paths within the ledger.
        """
        path, place = self._path(key), self.folder / key
        beside = path.with_suffix(".part")
        try:
            self.folder.mkdir(exist_ok=True)
            kept = [
                replace(item, figures=_keep(item.figures, place), entry=key) for item in results
            ]
            content = {"schema": SCHEMA, "results": [_result_to(item) for item in kept]}
            beside.write_text(json.dumps(content), encoding="utf-8")
            beside.replace(path)
        except OSError as error:
            raise OutputError(
                f"{path}: cannot write ({error.strerror}); free some space and run again"
            ) from error
        return kept

    def drop_figures(self, key: str, kept: Set[Path]) -> None:
        """Remove figures that nothing shows from an entry; thumbnails stay.

        Parameters
        ----------
        key : str
        kept : set of Path
            Figures that stay.

        Raises
        ------
        OutputError
            If the entry cannot be written.
        """
        results = self.load(key) or ()
        shown = [
            {
                name: path
                for name, path in result.figures.items()
                if path in kept or name.endswith(THUMBNAIL_SUFFIX)
            }
            for result in results
        ]
        dropped = [
            path
            for result, figures in zip(results, shown, strict=True)
            for name, path in result.figures.items()
            if name not in figures and isinstance(path, Path)
        ]
        if not dropped:
            return
        # the entry first: one that names a figure which is gone is no entry
        changed = zip(results, shown, strict=True)
        self.save(key, [replace(result, figures=figures) for result, figures in changed])
        for path in dropped:
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def _keep(figures: Mapping[str, bytes | Path], place: Path) -> dict[str, bytes | Path]:
    """Write figures into a folder and say where they are."""
    kept: dict[str, bytes | Path] = {}
    for name, content in figures.items():
        place.mkdir(exist_ok=True)
        kept[name] = place / name
        if isinstance(content, bytes):
            (place / name).write_bytes(content)
    return kept


def _result_to(result: PairResult) -> dict[str, Any]:
    content: dict[str, Any] = {
        item.name: getattr(result, item.name) for item in dataclasses.fields(result)
    }
    content["identity"] = dataclasses.asdict(result.identity)
    content["extraction"] = {
        "fronts": [_front_to(front) for front in result.fronts],
        "ocean": shapely.to_wkb(result.ocean, hex=True),
        "coast": [{"xy": coast.xy.tolist(), "front": coast.front} for coast in result.coast],
        "crs": result.crs,
        "reason": result.extraction.reason,
    }
    content["figures"] = {
        name: path.stat().st_size for name, path in result.figures.items() if isinstance(path, Path)
    }
    return content


_PLAIN: dict[str, Any] = {
    "str": str, "Status": str, "str | None": (str, NoneType), "int": int, "float": (float, int),
    "bool": bool, "dict[str, Any]": dict, "dict[str, float]": dict, "Kind": str,
}  # fmt: skip
"""What JSON gives for the fields of a record that are taken as they are, by their annotation."""


def _require_plain(content: Mapping[str, Any], record: type) -> None:
    """Refuse a field of another type: it would end a run where it is written."""
    for item in dataclasses.fields(record):
        kind = _PLAIN.get(str(item.type))
        if kind and item.name in content and not isinstance(content[item.name], kind):
            raise TypeError(f"{item.name} is no {item.type}")


def _result_from(content: dict[str, Any], place: Path) -> PairResult:
    found = content["extraction"]
    for part, record in (
        (content, PairResult), (content["identity"], Identity), (found, Extraction),
        *((front, Front) for front in found["fronts"]),
    ):  # fmt: skip
        _require_plain(part, record)
    for name, size in content["figures"].items():
        # in the folder of a stranger an entry might name any file, to be copied into the products
        if Path(name).name != name or (place / name).is_symlink() or place.is_symlink():
            raise ValueError(f"{name} does not lie in the ledger")
        if (place / name).stat().st_size != size:
            raise ValueError(f"{name} is not as it was")
    dates = [content["identity"]["date"], *(front["date"] for front in found["fronts"])]
    if not all(date == "" or is_date(date) for date in dates):
        raise ValueError("a date is not valid")
    return PairResult(
        **{
            **content,
            "identity": Identity(**content["identity"]),
            "extraction": Extraction(
                fronts=tuple(Front(**item) for item in found["fronts"]),
                ocean=shapely.from_wkb(found["ocean"]),
                coast=tuple(
                    Coast(np.array(item["xy"]).reshape(-1, 2), item["front"])
                    for item in found["coast"]
                ),
                crs=found["crs"],
                reason=found["reason"],
            ),
            "warnings": tuple(content["warnings"]),
            "figures": {name: place / name for name in content["figures"]},
        }
    )


def _front_to(front: Front) -> dict[str, Any]:
    return {
        item.name: value.tolist() if isinstance(value, np.ndarray) else value
        for item in dataclasses.fields(front)
        for value in (getattr(front, item.name),)
    }
