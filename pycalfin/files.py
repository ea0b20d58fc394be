"""Names that are safe for files, names of any bytes, and files that appear whole or not at all."""

from __future__ import annotations

import codecs
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from pycalfin.errors import OutputError

NAME_BYTES = 200
"""Longest safe name in UTF-8; leaves room for a date and a suffix below the 255 of file systems
and of ISSM's contour reader."""
READABLE = "pycalfin.readable"
"""Name for a stream's `errors`: a name that it cannot show does not end a run."""

_STRAY_BYTE = re.compile("[\udc80-\udcff]")
"""How Python holds a byte of a file name that is not UTF-8 (PEP 383)."""
_SURROGATE = re.compile("[\ud800-\udfff]")
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


def readable(text: str) -> str:
    """Write the bytes of a file name that are not UTF-8 as \\xNN, so that text files can hold it.

    Examples
    --------
    >>> print(readable("Br\\udce6.tif"))
    Br\\xe6.tif
    """
    text = _STRAY_BYTE.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _encode_readable(error: UnicodeError) -> tuple[str, int]:
    """Write what the encoding of a stream lacks: stray bytes as \\xNN, letters as '?'."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    text = "".join(readable(char) if _SURROGATE.match(char) else "?" for char in lacking)
    return text, error.end


codecs.register_error(READABLE, _encode_readable)


def plain_raster(path: str | Path) -> AbstractContextManager[str]:
    """Give a path that GDAL takes for a raster file; it looks for XML anywhere in a name."""
    return plain_path(path, "<")


@contextmanager
def plain_path(path: str | Path, avoid: str = "") -> Iterator[str]:
    """Give a path that libraries in C take for this file and for nothing else.

    Parameters
    ----------
    path : path
    avoid : str
        Characters that the library takes for parts of a URL.

    Yields
    ------
    str
        The absolute path. Where it is not UTF-8, or holds a character to avoid, a link to the
        file in a temporary folder, among links to the files that share its stem.
    """
    place = Path(path).absolute()
    if not _is_foreign(str(place)[len(place.drive) :], avoid):
        yield str(place)
    elif not _is_foreign(place.name, avoid):
        with linked({"folder": place.parent}) as folder:
            yield str(folder / "folder" / place.name)
    else:
        begin = f"{place.stem}."
        files = [item for item in place.parent.iterdir() if item.name.startswith(begin)]
        links = {f"file{item.name[len(place.stem) :]}": item for item in {place, *files}}
        links = {name: item for name, item in links.items() if not _is_foreign(name, avoid)}
        suffix = "" if _is_foreign(place.suffix, avoid) else place.suffix
        with linked({**links, f"file{suffix}": place}) as folder:
            yield str(folder / f"file{suffix}")


def _is_foreign(text: str, avoid: str) -> bool:
    return _SURROGATE.search(text) is not None or any(char in text for char in avoid)


@contextmanager
def linked(targets: Mapping[str, str | Path]) -> Iterator[Path]:
    """Make a temporary folder with links of these names, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="pycalfin-") as folder:
        for name, target in targets.items():
            Path(folder, name).symlink_to(target)
        yield Path(folder)


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
