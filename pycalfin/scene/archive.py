"""List the members of a .tar or .zip, and open one of them without unpacking the others.

Python lists the archive. GDAL never searches a .tar for a name, because Python and GDAL disagree
about long names, letters beyond ASCII and links. A member is opened in one of three ways:

1. A member stored uncompressed, or in the stream of a .tar.gz: in place, by offset and size.
2. A member that is deflated in a .zip and has a plain name: in place, by name.
3. Any other member (bzip2, xz, sparse, other names, images with sidecar files): from a nameless
   temporary file, which disappears with the process.
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
"""Most bytes read at once while listing; the list of 100,000 members has 10 MB."""
MOST_UNPACKED = 1 << 32
"""Most bytes of a compressed member: twice the largest image of Sentinel-1 and Landsat products."""
MOST_STREAMED = 1 << 35
"""Most bytes of all members of a compressed archive; a Landsat product has about 3 GB."""
MOST_MEMBERS = 100_000
"""Most files in an archive."""
LINKS = 8
"""Longest chain of links within an archive."""
ENCRYPTED = 1
"""Flag of an encrypted member of a .zip (PKWARE, APPNOTE.TXT, 4.4.4)."""
LOCAL_HEADER, LOCAL_LENGTHS = 30, slice(26, 30)
"""Length of a member's local header in a .zip, and the place of its name's length (4.3.7)."""
UNREADABLE = {"7z": "7-Zip", "rar": "RAR", "Z": "compress", "zst": "Zstandard", "lz": "lzip"}
"""Kinds of archives that are recognised by their first bytes but cannot be read."""
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
"""Exceptions raised while reading a damaged archive."""

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
"""First bytes of files; `xz` includes its predecessor LZMA."""
_OPENERS: dict[str, Any] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}
_ARCHIVE = re.compile(
    r"\.(?:zip|tar|tgz|taz|tb2|tbz2?|tz2|txz|tlz|tar\.(?:gz|bz2?|xz|lzma))$", re.I
)
_OTHER = re.compile(
    r"\.(?:7z|rar|z|lz|lz4|lzo|lzh|lha|zst|tzst|arj|cab|cpio|gz|bz2?|xz|lzma|zip\.\d+|z\d\d)$", re.I
)
_PLAIN = re.compile(r"[A-Za-z0-9_+ -][\w.+ -]*(?:/[A-Za-z0-9_+ -][\w.+ -]*)*", re.ASCII)
"""Names in a .zip that every program reads in the same way."""
_SIDECARS = (".aux.xml", ".msk", ".prj", ".tfw", ".tifw", ".tiffw", ".wld", ".rpb")
"""Ends of the names of sidecar files, which share the stem of an image; in lower case."""
UNPACK = "\0"
"""Separator of archive and member in the address of a member to unpack; no path contains it."""


@dataclass(frozen=True)
class Member:
    """A file in an archive; `offset` is None if its bytes are not stored unchanged."""

    name: str
    size: int
    offset: int | None = None
    deflated: bool = False
    link: str = ""


@dataclass(frozen=True)
class Contents:
    """The content of an archive.

    Parameters
    ----------
    kind : {'tar', 'gz', 'bz2', 'xz', 'zip'}
    names : tuple of str
        Names of the files, with inner folders, in the order of the archive.
    texts : dict of str to str
        Texts of the metadata files (..._MTL.txt, MTD_....xml), by name.
    members : dict of str to Member
        Files by name.
    """

    kind: str
    names: tuple[str, ...]
    texts: dict[str, str]
    members: dict[str, Member] = field(repr=False)


def is_archive(name: str) -> bool:
    """Return True for the name of an archive of a readable kind."""
    return _ARCHIVE.search(name) is not None


def is_other_archive(name: str) -> bool:
    """Return True for the name of an archive or compressed file of an unreadable kind."""
    return not is_archive(name) and _OTHER.search(name) is not None


def read_contents(path: str) -> Contents:
    """List an archive and read its metadata files, in one pass.

    Parameters
    ----------
    path : str
        The archive; its content, not its name, decides its kind.

    Raises
    ------
    SceneError
        If the archive is empty, damaged, encrypted or of an unreadable kind, or if it declares
        more data than an archive of scenes can hold.
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
            f"{path}: cannot read the archive ({_short(error)}); unpack it and give the folder"
        ) from error
    except DAMAGED as error:
        raise SceneError(damaged(path, error)) from error
    if not members:
        raise SceneError(f"{path}: the archive is empty; download it again")
    known = {item.name: item for item in members if not _is_hidden(item.name)}
    return Contents(kind, tuple(known), texts, known)


def refusal(path: str, kind: str = "") -> str:
    """Return the message for an archive of an unreadable kind."""
    what = f"a {kind} archive" if kind else "an archive or a compressed file"
    return f"{path}: {what}, which cannot be read; unpack it and give the result"


def damaged(path: str, error: BaseException) -> str:
    """Return the message for a damaged archive."""
    return (
        f"{path}: cannot read the archive ({_short(error)}); it may be truncated, download it again"
    )


def _short(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0][:120] if lines else type(error).__name__


def _kind(place: str) -> str:
    """Return the kind of a file by its first bytes; 'tar' if no other kind matches."""
    with Path(place).open("rb") as stream:
        start = stream.read(8)
    for begin, kind in _STARTS.items():
        if start.startswith(begin):
            return kind
    # a self-extracting zip begins with a program
    return "zip" if place.lower().endswith(".zip") and zipfile.is_zipfile(place) else "tar"


def _is_hidden(name: str) -> bool:
    """Return True for hidden files and for files that macOS adds to archives."""
    return any(part.startswith(".") or part == "__MACOSX" for part in _parts(name))


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".", "..")]


class _Guarded(io.BufferedIOBase):
    """A stream that refuses to read more than the header of an undamaged archive can ask for."""

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
                f"{self.path}: a header of the archive declares {size} bytes; it may be damaged, "
                "download it again"
            )
        return self.stream.read(MOST_AT_ONCE if size is None or size < 0 else size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        if self.end is not None and whence == 0 and offset > self.end:
            raise SceneError(too_large(self.path, "the archive", offset))
        return self.stream.seek(offset, whence)


def too_large(path: str, what: str, size: int) -> str:
    """Return the message for an archive, or a member, that is too large to unpack."""
    return (
        f"{path}: {what} has {size / 1e9:,.1f} GB when unpacked, more than a scene; unpack it "
        "yourself and give the folder"
    )


@contextmanager
def opened(path: str, kind: str) -> Iterator[_Guarded]:
    """Open an archive as a stream of bytes; decompress a .tar.gz, .tar.bz2 or .tar.xz."""
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
        logger.warning("%s: the archive has no end mark; it may be truncated", path)
    return _resolved(members)


def _resolved(members: list[Member]) -> list[Member]:
    """Replace links by their targets; keep a link that leads out of the archive."""
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
            raise SceneError(f"{path}: the archive is encrypted; unpack it and give the folder")
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
            f"{path}: the archive holds more than {MOST_MEMBERS:,} files; unpack it and give the "
            "folder"
        )


def address(path: str, contents: Contents, name: str) -> str:
    """Return the address under which a member can be opened.

    Parameters
    ----------
    path : str
        The archive.
    contents : Contents
        Content of the archive.
    name : str
        Name of the member.

    Returns
    -------
    str
        Address for `reachable`, valid in any process on this machine.
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
    """Return the names of a member and its sidecar files, by the part after their stem."""
    stem = name[: -len(posixpath.splitext(name)[1]) or None]
    return {name[len(stem) :]: name} | {
        item[len(stem) :]: item
        for item in contents.names
        if item.startswith(f"{stem}.") and item.lower().endswith(_SIDECARS)
    }
