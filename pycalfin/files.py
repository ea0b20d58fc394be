"""File names that are safe everywhere, and files that are written completely or not at all."""

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
"""Longest safe name, in bytes of UTF-8. File systems and ISSM's contour reader allow 255; the rest
is for a date and a suffix."""
READABLE = "pycalfin.readable"
"""Error handler for text streams that writes names which the stream's encoding cannot show."""

_STRAY_BYTE = re.compile("[\udc80-\udcff]")
"""Code points with which Python represents bytes of a file name that are not UTF-8 (PEP 383)."""
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
        Name of at most 200 bytes, never empty. White space, control characters and characters
        that file systems or contour readers reject are replaced; letters of any alphabet stay.
        A safe name is returned unchanged.

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
    """Write the bytes of a file name that are not UTF-8 as \\xNN, so that it fits a text file.

    Examples
    --------
    >>> print(readable("Br\\udce6.tif"))
    Br\\xe6.tif
    """
    text = _STRAY_BYTE.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _encode_readable(error: UnicodeError) -> tuple[str, int]:
    """Replace what a stream cannot encode: stray bytes by \\xNN, letters by '?'."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    text = "".join(readable(char) if _SURROGATE.match(char) else "?" for char in lacking)
    return text, error.end


codecs.register_error(READABLE, _encode_readable)


def plain_raster(path: str | Path) -> AbstractContextManager[str]:
    """Provide a path that GDAL opens as a raster file (a '<' in a name makes it expect XML)."""
    return plain_path(path, "<")


@contextmanager
def plain_path(path: str | Path, avoid: str = "") -> Iterator[str]:
    """Provide a path that a C library opens as this file and as nothing else.

    Parameters
    ----------
    path : path
    avoid : str
        Characters that the library would read as parts of a URL.

    Yields
    ------
    str
        The absolute path. If that is not UTF-8 or contains a character to avoid: a link to the
        file in a temporary folder, which also holds links to the files with the same stem.
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
    """Make a temporary folder with links of the given names; remove it at the end."""
    with tempfile.TemporaryDirectory(prefix="pycalfin-") as folder:
        for name, target in targets.items():
            Path(folder, name).symlink_to(target)
        yield Path(folder)


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Write a file under a temporary name and rename it when it is complete.

    Parameters
    ----------
    path : path
        The file to write; its folder is made if necessary.

    Yields
    ------
    Path
        Temporary name in the same folder, with the same suffix.

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
