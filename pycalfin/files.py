"""Names that are safe for files, and files that appear whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pycalfin.errors import OutputError

NAME_BYTES = 200
"""Longest safe name in UTF-8; leaves room for a date and a suffix below the 255 of file systems
and of ISSM's contour reader."""

_UNSAFE = re.compile(r'[\s/\\:*?"<>|%#]+')


def safe_name(text: str) -> str:
    """Make a name safe for paths, .exp contours and level-1 file names.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Without white space, control characters and the characters that a file system or a
        contour reader takes amiss; letters of any alphabet are kept. At most 200 bytes, never
        empty. Applying it again changes nothing.

    Examples
    --------
    >>> safe_name("Harald Moltke Bræ")
    'Harald_Moltke_Bræ'
    >>> safe_name("../..")
    'unnamed'
    """
    text = unicodedata.normalize("NFC", text)
    text = "".join(" " if unicodedata.category(char).startswith("C") else char for char in text)
    name = _UNSAFE.sub("_", text.strip()).strip("._ ")
    name = name.encode("utf-8")[:NAME_BYTES].decode("utf-8", errors="ignore").rstrip("._ ")
    return name or "unnamed"


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Write a file under another name and give it its own by rename at the end.

    Parameters
    ----------
    path : path
        The file to appear; its folder is made if need be.

    Yields
    ------
    Path
        A name in the same folder, with the same suffix, to write to.

    Raises
    ------
    OutputError
        If the folder or the file cannot be written.
    """
    path = Path(path)
    part: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".part-", suffix=path.suffix, dir=path.parent)
        part = Path(name)
        os.fchmod(handle, 0o666 & ~_umask()) if hasattr(os, "fchmod") else None
        os.close(handle)
        yield part
        part.replace(path)
    except OutputError:
        raise
    except OSError as error:
        why = error.strerror or str(error).splitlines()[0]
        raise OutputError(f"{path}: cannot write ({why}); choose another --output") from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
