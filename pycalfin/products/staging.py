"""A staging folder in which products are built, and the final move into the output folder.

A failure while building leaves earlier products unchanged. Only the main process writes to an
output folder. A staging folder left by a killed process is removed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from pycalfin.errors import OutputError

STAGING = ".staging"
"""Folder within the output folder that exists only while products are written."""
PRODUCTS = (
    "fronts*.gpkg", "fronts.h5", "report.html", "run.json", "issm/*.exp",
    "level-1_shapefiles-domain-termini/termini_*", "quality_assurance/*/*.png",
)  # fmt: skip
"""Files of a run; a later run removes no others."""


@contextmanager
def staging(output: Path) -> Iterator[Path]:
    """Provide an empty folder on the file system of `output`, and remove it at the end.

    Raises
    ------
    OutputError
        If the output folder cannot be written, or the block raises an OSError.
    """
    folder = output / STAGING
    try:
        output.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield folder
    except OutputError:
        raise
    except OSError as error:
        why = error.strerror or str(error).splitlines()[0]
        raise OutputError(f"{output}: cannot write ({why}); choose another --output") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def move_files(staged: Path, output: Path) -> list[Path]:
    """Move all files in `staged` to the same relative paths in `output`, replacing existing files.

    Returns
    -------
    list of Path
        The moved files, sorted.
    """
    moved = []
    for source in sorted(path for path in staged.rglob("*") if path.is_file()):
        target = output / source.relative_to(staged)
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        moved.append(target)
    return moved


def swap_folder(staged: Path, target: Path) -> list[Path]:
    """Replace a folder by another in one step, so that no mixture of both is visible.

    Parameters
    ----------
    staged : Path
        New folder within the staging folder.
    target : Path
        Folder to be replaced; it need not exist.

    Returns
    -------
    list of Path
        The files of the new folder, sorted.
    """
    retired = staged.with_name(staged.name + ".old")
    had = target.is_dir()
    if had:
        target.rename(retired)
    try:
        staged.rename(target)
    except OSError:
        if had:
            retired.rename(target)
        raise
    return sorted(path for path in target.rglob("*") if path.is_file())


def remove_stale(output: Path, earlier: list[str], written: list[Path]) -> None:
    """Remove files that an earlier run wrote and this one did not.

    Parameters
    ----------
    output : Path
    earlier : list of str
        Paths from the earlier run.json, relative to `output`. Paths outside `output` and files
        that are not `PRODUCTS` are ignored, because anybody can write a run.json.
    written : list of Path
        Files of this run.
    """
    root = output.resolve()
    kept = {_place(path) for path in written}
    for name in earlier:
        path = _place(output / name)
        inside = path.is_relative_to(root) and _made(path.relative_to(root))
        if path not in kept and inside and (path.is_file() or path.is_symlink()):
            path.unlink()


def _place(path: Path) -> Path:
    """Resolve the folder of a path, but not a link in its last part: the link is removed."""
    return path.parent.resolve() / path.name


def _made(path: PurePath) -> bool:
    """Return True if a path, relative to an output folder, is a product."""
    return any(
        len(path.parts) == pattern.count("/") + 1 and path.match(pattern) for pattern in PRODUCTS
    )
