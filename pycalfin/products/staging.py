"""Products are built beside their places and moved there when all of them are complete.

A failure while building leaves the earlier products as they were. There is one writer of an
output folder, the main process; the staging folder of one that was killed is cleared away.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from pycalfin.errors import OutputError

STAGING = ".staging"
"""Folder within the output that exists only while products are written."""
PRODUCTS = (
    "fronts*.gpkg", "fronts.h5", "report.html", "run.json", "issm/*.exp",
    "level-1_shapefiles-domain-termini/termini_*", "quality_assurance/*/*.png",
)  # fmt: skip
"""Files of a run, the only ones that a later run removes."""


@contextmanager
def staging(output: Path) -> Iterator[Path]:
    """Give an empty folder on the file system of `output`, removed at the end.

    Raises
    ------
    OutputError
        If the output folder cannot be written, or anything fails with an OSError within.
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
    """Move every file below `staged` to the same place below `output`, replacing what is there.

    Returns
    -------
    list of Path
        The files, sorted.
    """
    moved = []
    for source in sorted(path for path in staged.rglob("*") if path.is_file()):
        target = output / source.relative_to(staged)
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        moved.append(target)
    return moved


def swap_folder(staged: Path, target: Path) -> list[Path]:
    """Put a folder in the place of another, so that nobody sees a mixture of the two.

    Parameters
    ----------
    staged : Path
        The new folder, within the staging folder.
    target : Path
        Its place; an earlier folder there is removed.

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
    """Remove the files that an earlier run wrote and this one did not.

    Parameters
    ----------
    output : Path
    earlier : list of str
        Paths relative to `output`, as the earlier run.json lists them; one that leads out of
        `output`, or is none of `PRODUCTS`, is ignored: anybody can write a run.json.
    written : list of Path
    """
    root = output.resolve()
    kept = {_place(path) for path in written}
    for name in earlier:
        path = _place(output / name)
        inside = path.is_relative_to(root) and _made(path.relative_to(root))
        if path not in kept and inside and (path.is_file() or path.is_symlink()):
            path.unlink()


def _place(path: Path) -> Path:
    """Resolve the folder of a file; of a link, the file that is removed is the link."""
    return path.parent.resolve() / path.name


def _made(path: PurePath) -> bool:
    """Return True if a path, relative to an output folder, is that of a product."""
    return any(
        len(path.parts) == pattern.count("/") + 1 and path.match(pattern) for pattern in PRODUCTS
    )
