"""The ledger of finished tasks, from which a killed run continues.

Each task has a JSON file and a folder of figures. The products of a run are made from its ledger
alone, so a resumed run gives the same files as an unbroken one. Numbers are written so that they
read back exactly.
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
"""Version of the ledger's files; files of other versions are ignored and made again."""
SIDECARS_LEFT_OUT = (".ovr",)
"""Suffix of overviews, which pycalfin does not read."""
FINGERPRINT_BLOCKS, FINGERPRINT_BYTES = 256, 1 << 20
"""Number of evenly spaced blocks, and bytes per block, that identify a file together with its size.
Files up to 256 MB are read completely."""


def fingerprint(path: str | Path) -> str:
    """Hash the content of a file, independent of its path; for a folder names, sizes and times.

    Raises
    ------
    OSError
        If the file cannot be read.
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
    """List the files that belong to another file by name: .prj, .tfw, .aux.xml, .msk, ..."""
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
        Output folder of the run; it may not exist until something is saved.
    """

    def __init__(self, output: Path) -> None:
        self.folder = output / FOLDER

    def load(self, key: str) -> tuple[PairResult, ...] | None:
        """Read the results of a task; None if there are none, or they cannot be used."""
        try:
            content = json.loads(self._path(key).read_text(encoding="utf-8"))
            if content["schema"] != SCHEMA:
                return None
            return tuple(_result_from(item, self.folder / key) for item in content["results"])
        except Exception:
            # truncated by a full disk, or written by another program: same as a missing entry
            return None

    def save(self, key: str, results: Sequence[PairResult]) -> list[PairResult]:
        """Write the results of a task: figures first, then the entry by rename.

        Returns
        -------
        list of PairResult
            The same results, with their figures as paths in the ledger.
        """
        path, place = self._path(key), self.folder / key
        part = path.with_suffix(".part")
        try:
            self.folder.mkdir(exist_ok=True)
            kept = [
                replace(item, figures=_keep(item.figures, place), entry=key) for item in results
            ]
            content = {"schema": SCHEMA, "results": [_result_to(item) for item in kept]}
            part.write_text(json.dumps(content), encoding="utf-8")
            part.replace(path)
        except OSError as error:
            raise OutputError(
                f"{path}: cannot write ({error.strerror}); free some space and run again"
            ) from error
        return kept

    def drop_figures(self, key: str, kept: Set[Path]) -> None:
        """Remove unused figures from an entry, except thumbnails.

        Parameters
        ----------
        key : str
        kept : set of Path
            Figures to keep.

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
        # rewrite the entry first: an entry that lists a missing figure is invalid
        changed = zip(results, shown, strict=True)
        self.save(key, [replace(result, figures=figures) for result, figures in changed])
        for path in dropped:
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def _keep(figures: Mapping[str, bytes | Path], place: Path) -> dict[str, bytes | Path]:
    """Write figures into a folder and return their paths."""
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
"""Types that JSON returns for plain fields of a record, by the field's annotation."""


def _require_plain(content: Mapping[str, Any], record: type) -> None:
    """Refuse a field of a wrong type, which would fail later when products are written."""
    for item in dataclasses.fields(record):
        kind = _PLAIN.get(str(item.type))
        if kind and item.name in content and not isinstance(content[item.name], kind):
            raise TypeError(f"{item.name} is not of type {item.type}")


def _result_from(content: dict[str, Any], place: Path) -> PairResult:
    found = content["extraction"]
    for part, record in (
        (content, PairResult), (content["identity"], Identity), (found, Extraction),
        *((front, Front) for front in found["fronts"]),
    ):  # fmt: skip
        _require_plain(part, record)
    for name, size in content["figures"].items():
        # an entry from an untrusted folder could name any file, to be copied into the products
        if Path(name).name != name or (place / name).is_symlink() or place.is_symlink():
            raise ValueError(f"{name} does not lie in the ledger")
        if (place / name).stat().st_size != size:
            raise ValueError(f"{name} has changed")
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
