"""Archives: list what a .tar or .zip holds, and open a member without unpacking the others.

Python lists an archive. GDAL never looks for a member of a .tar by its name: the two disagree about
long names, letters beyond ASCII and links. A member is opened in one of three ways:

1. Its bytes lie in the archive, or in the one stream of a .tar.gz, as they are: in place, by
   offset and size.
2. It is deflated in a .zip and has a plain name: in place, by its name.
3. Else (bzip2, xz, sparse, other names in a .zip, files beside it that belong to it): unpacked
   into a temporary file that has no name and ends with the process.
"""

from __future__ import annotations

import bz2
import gzip
import io
import logging
import lzma
import posixpath
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from pycalfin.errors import SceneError
from pycalfin.scene.metadata import METADATA_BYTES, is_metadata

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 1 << 26
"""Bytes that a header may make a reader read at once; 100,000 members are listed in 10 MB."""
MOST_UNPACKED = 1 << 32
"""Bytes of a compressed member: twice the largest image of a Sentinel-1 or Landsat product."""
MOST_STREAMED = 1 << 35
"""Bytes of all members of a compressed archive; a Landsat product has some 3 GB."""
MOST_MEMBERS = 100_000
LINKS = 8
"""Links that lead from one to the next within an archive."""
ENCRYPTED = 1
"""Flag of an encrypted member of a .zip (PKWARE, APPNOTE.TXT, 4.4.4)."""
LOCAL_HEADER, LOCAL_LENGTHS = 30, slice(26, 30)
"""Bytes of a member's own header in a .zip, and where it says how long its name is (4.3.7)."""
UNREADABLE = {"7z": "7-Zip", "rar": "RAR", "Z": "compress", "zst": "Zstandard", "lz": "lzip"}
"""Kinds of archives that are told by their first bytes and cannot be read."""
DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
)
"""What reading a damaged archive raises."""

_STARTS = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"PK\x07\x08": "zip",
    b"\x1f\x8b": "gz",
    b"BZh": "bz2",
    b"\xfd7zXZ": "xz",
    b"\x5d\x00\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "rar",
    b"\x1f\x9d": "Z",
    b"\x28\xb5\x2f\xfd": "zst",
    b"LZIP": "lz",
}
"""First bytes of files; `xz` also stands for its forerunner LZMA."""
_OPENERS: dict[str, Any] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}
_ARCHIVE = re.compile(
    r"\.(?:zip|tar|tgz|taz|tb2|tbz2?|tz2|txz|tlz|tar\.(?:gz|bz2?|xz|lzma))$", re.I
)
_OTHER = re.compile(
    r"\.(?:7z|rar|z|lz|lz4|lzo|lzh|lha|zst|tzst|arj|cab|cpio|gz|bz2?|xz|lzma|zip\.\d+|z\d\d)$", re.I
)
_PLAIN = re.compile(r"[A-Za-z0-9_+ -][\w.+ -]*(?:/[A-Za-z0-9_+ -][\w.+ -]*)*", re.ASCII)
"""Names in a .zip that every program reads alike."""
_SIDECARS = (".aux.xml", ".msk", ".prj", ".tfw", ".tifw", ".tiffw", ".wld", ".rpb")
"""Ends of the names of files that belong to an image of the same stem, in lower case."""
UNPACK = "\0"
"""Parts archive and member in the address of a member that is to be unpacked; no path holds it."""


@dataclass(frozen=True)
class Member:
    """A file in an archive; `offset` is None where its bytes do not lie there as they are."""

    name: str
    size: int
    offset: int | None = None
    deflated: bool = False
    link: str = ""


@dataclass(frozen=True)
class Contents:
    """What an archive holds.

    Parameters
    ----------
    kind : {'tar', 'gz', 'bz2', 'xz', 'zip'}
    names : tuple of str
        Of the files in it, with inner folders, in the order of the archive.
    texts : dict of str to str
        The metadata files (..._MTL.txt, MTD_....xml).
    """

    kind: str
    names: tuple[str, ...]
    texts: dict[str, str]
    members: dict[str, Member] = field(repr=False)


def is_archive(name: str) -> bool:
    """Return True for the name of an archive that can be read."""
    return _ARCHIVE.search(name) is not None


def is_other_archive(name: str) -> bool:
    """Return True for the name of an archive or a compressed file that cannot be read."""
    return not is_archive(name) and _OTHER.search(name) is not None


def read_contents(path: str) -> Contents:
    """List an archive, and read its metadata files on the way (one pass even if compressed).

    Parameters
    ----------
    path : str
        What the archive is, is told by its content and not by its name.

    Raises
    ------
    SceneError
        If it is empty, damaged, encrypted or of a kind that cannot be read, or if it claims more
        than an archive of scenes holds.
    """
    about = Path(path).stat()
    if about.st_size == 0:
        raise SceneError(f"{path}: the file is empty; download it again")
    return _contents(str(Path(path).absolute()), path, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=64)
def _contents(place: str, path: str, size: int, modified: int) -> Contents:
    del size, modified
    kind = _kind(place)
    if kind in UNREADABLE:
        raise SceneError(refusal(path, UNREADABLE[kind]))
    texts: dict[str, str] = {}
    try:
        with opened(path, kind) as stream:
            if kind == "zip":
                members = _zip_members(path, stream, texts)
            else:
                members = _tar_members(path, stream, texts, compressed=kind != "tar")
    except SceneError:
        raise
    except (NotImplementedError, RuntimeError) as error:
        raise SceneError(
            f"{path}: cannot read the archive ({_short(error)}); unpack it, and give that"
        ) from error
    except DAMAGED as error:
        raise SceneError(damaged(path, error)) from error
    if not members:
        raise SceneError(f"{path}: the archive is empty; download it again")
    known = {item.name: item for item in members if not _is_hidden(item.name)}
    return Contents(kind, tuple(known), texts, known)


def refusal(path: str, kind: str = "") -> str:
    """Say that an archive is of a kind that cannot be read."""
    what = f"a {kind} archive" if kind else "an archive or a compressed file"
    return f"{path}: {what}, which cannot be read; unpack it, and give that"


def damaged(path: str, error: BaseException) -> str:
    """Say that an archive cannot be read."""
    return (
        f"{path}: cannot read the archive ({_short(error)}); it may be truncated, download it again"
    )


def _short(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0][:120] if lines else type(error).__name__


def _kind(place: str) -> str:
    """Tell what a file is by its first bytes; what nothing else claims may be a tar."""
    with Path(place).open("rb") as stream:
        start = stream.read(8)
    for begin, kind in _STARTS.items():
        if start.startswith(begin):
            return kind
    # a zip may have a program before it that unpacks it
    return "zip" if place.lower().endswith(".zip") and zipfile.is_zipfile(place) else "tar"


def _is_hidden(name: str) -> bool:
    """Return True for what macOS adds to archives, and for hidden files."""
    return any(part.startswith(".") or part == "__MACOSX" for part in _parts(name))


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".", "..")]


class _Guarded(io.BufferedIOBase):
    """A stream whose reader is a header's: it gets no more than an honest one asks for."""

    def __init__(self, stream: BinaryIO, path: str, compressed: bool) -> None:
        self.stream = stream
        self.path = path
        self.end = MOST_STREAMED if compressed else None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.stream.tell()

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MOST_AT_ONCE:
            raise SceneError(
                f"{self.path}: the archive has a header that claims {size} bytes; it may be "
                "damaged, download it again"
            )
        return self.stream.read(MOST_AT_ONCE if size is None or size < 0 else size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        if self.end is not None and whence == 0 and offset > self.end:
            raise SceneError(too_large(self.path, "the archive", offset))
        return self.stream.seek(offset, whence)


def too_large(path: str, what: str, size: int) -> str:
    """Say that an archive, or a member of it, claims more than is unpacked."""
    return (
        f"{path}: {what} claims {size / 1e9:,.1f} GB unpacked, more than a scene has; unpack it "
        "yourself, and give that"
    )


@contextmanager
def opened(path: str, kind: str) -> Iterator[_Guarded]:
    """Open an archive's stream of bytes: that of the tar in a compressed one."""
    with Path(path).open("rb") as file, ExitStack() as stack:
        stream: Any = file
        if kind in _OPENERS:
            stream = stack.enter_context(_OPENERS[kind](file))
        yield _Guarded(stream, path, kind in _OPENERS)


def _tar_members(
    path: str, stream: _Guarded, texts: dict[str, str], compressed: bool
) -> list[Member]:
    members: list[Member] = []
    with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r:") as tar:
        for item in tar:
            _require_few(path, len(members))
            if compressed and item.size > MOST_UNPACKED:
                raise SceneError(too_large(path, item.name, item.size))
            if item.islnk() or item.issym():
                folder = "" if item.islnk() else posixpath.dirname(item.name)
                link = posixpath.normpath(posixpath.join(folder, item.linkname))
                members.append(Member(item.name, 0, link=link))
            elif item.isreg():
                offset = None if item.issparse() else item.offset_data
                members.append(Member(item.name, item.size, offset))
                handle = tar.extractfile(item) if is_metadata(item.name) else None
                if handle is not None:
                    texts[item.name] = _text(handle)
        end = tar.offset
    stream.seek(end)
    rest = stream.read(tarfile.BLOCKSIZE)
    if rest.strip(b"\0"):
        raise tarfile.ReadError("a damaged header")
    if not rest:
        logger.warning("%s: has no mark at its end; it may be truncated", path)
    return _resolved(members)


def _resolved(members: list[Member]) -> list[Member]:
    """Put what a link leads to in its place; one that leads out of the archive stays a link."""
    known = {posixpath.normpath(item.name): item for item in members}
    found = []
    for item in members:
        target = item
        for _ in range(LINKS):
            target = known.get(target.link, target) if target.link else target
        found.append(replace(target, name=item.name))
    return found


def _zip_members(path: str, stream: _Guarded, texts: dict[str, str]) -> list[Member]:
    members: list[Member] = []
    with zipfile.ZipFile(cast(IO[bytes], stream)) as archive:
        items = [item for item in archive.infolist() if not item.is_dir()]
        _require_few(path, len(items))
        if any(item.flag_bits & ENCRYPTED for item in items):
            raise SceneError(f"{path}: the archive is encrypted; unpack it, and give that")
        times = Counter(item.filename for item in items)
        for item in items:
            offset = None
            if stat.S_ISLNK(item.external_attr >> 16):
                members.append(Member(item.filename, 0, link="elsewhere"))
                continue
            if item.compress_type == zipfile.ZIP_STORED:
                stream.seek(item.header_offset)
                lengths = stream.read(LOCAL_HEADER)[LOCAL_LENGTHS]
                name, extra = (int.from_bytes(lengths[at : at + 2], "little") for at in (0, 2))
                offset = item.header_offset + LOCAL_HEADER + name + extra
            plain = _PLAIN.fullmatch(item.filename) is not None and times[item.filename] == 1
            by_name = plain and item.compress_type == zipfile.ZIP_DEFLATED
            members.append(Member(item.filename, item.file_size, offset, by_name))
            if is_metadata(item.filename):
                with archive.open(item) as handle:
                    texts[item.filename] = _text(handle)
    return members


def _text(stream: IO[bytes]) -> str:
    return stream.read(METADATA_BYTES).decode("utf-8", "replace")


def _require_few(path: str, count: int) -> None:
    if count > MOST_MEMBERS:
        raise SceneError(
            f"{path}: an archive of more than {MOST_MEMBERS:,} files; unpack it, and give that"
        )


def address(path: str, contents: Contents, name: str) -> str:
    """Say what to open for a member.

    Parameters
    ----------
    path : str
        The archive.
    contents : Contents
        Of the archive.
    name : str
        One of its names.

    Returns
    -------
    str
        For `reachable`, in any process of this machine.
    """
    place, member = str(Path(path).absolute()), contents.members[name]
    alone = len(with_sidecars(contents, name)) == 1
    if contents.kind == "zip" and member.deflated and alone and not set(place) & set("{}"):
        return f"/vsizip/{{{place}}}/{name}"
    in_place = contents.kind in ("tar", "gz", "zip") and member.offset is not None
    if not in_place or member.link or not alone:
        return f"{place}{UNPACK}{name}"
    unzipped = "/vsigzip/" if contents.kind == "gz" else ""
    return f"/vsisubfile/{member.offset}_{member.size},{unzipped}{place}"


def with_sidecars(contents: Contents, name: str) -> dict[str, str]:
    """Name a member and the files that belong to it, by what follows its stem."""
    stem = name[: -len(posixpath.splitext(name)[1]) or None]
    return {name[len(stem) :]: name} | {
        item[len(stem) :]: item
        for item in contents.names
        if item.startswith(f"{stem}.") and item.lower().endswith(_SIDECARS)
    }
