"""Provide a path for GDAL to files and members of archives; unpack members only if necessary."""

from __future__ import annotations

import re
import shutil
import tarfile
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, cast

from pycalfin.errors import SceneError
from pycalfin.files import linked, plain_raster
from pycalfin.scene.archive import (
    DAMAGED,
    MOST_UNPACKED,
    UNPACK,
    Member,
    damaged,
    opened,
    read_contents,
    too_large,
    with_sidecars,
)

KEPT = 2
"""Number of unpacked members that a process keeps: band and quality band of one scene."""
CHUNK = 1 << 20
"""Bytes copied at once."""

_BY_OFFSET = re.compile(r"/vsisubfile/\d+_\d+,(?:/vsigzip/)?")


@contextmanager
def reachable(where: str) -> Iterator[str]:
    """Provide the path under which GDAL opens a file or a member of an archive.

    Parameters
    ----------
    where : str
        Path of a file, or address of a member from `address`.

    Yields
    ------
    str

    Raises
    ------
    SceneError
        If a member cannot be unpacked.
    """
    place, unpack, name = where.partition(UNPACK)
    by_offset = _BY_OFFSET.match(place)
    if unpack:
        group = with_sidecars(read_contents(place), name)
        files = {end: _unpacked(place, item) for end, item in group.items()}
        if len(files) == 1:
            yield next(iter(files.values()))
        else:
            with linked({f"file{end}": item for end, item in files.items()}) as folder:
                yield str(folder / f"file{next(iter(files))}")
    elif by_offset:
        with plain_raster(place[by_offset.end() :]) as plain:
            yield by_offset[0] + plain
    elif place.startswith("/vsi"):
        archive, end, name = place.partition("}/")
        with plain_raster(archive.partition("{")[2]) as plain:
            yield f"{archive.partition('{')[0]}{{{plain}{end}{name}"
    else:
        with plain_raster(place) as plain:
            yield plain


_files: OrderedDict[tuple[str, str, int, int], tuple[IO[bytes], str]] = OrderedDict()
"""Members that this process has unpacked, the latest last."""


def _unpacked(place: str, name: str) -> str:
    """Unpack a member once, into a nameless file that disappears even after a crash."""
    about = Path(place).stat()
    key = (place, name, about.st_size, about.st_mtime_ns)
    if key in _files:
        _files.move_to_end(key)
        return _files[key][1]
    contents = read_contents(place)
    member = contents.members[name]
    while len(_files) >= KEPT * len(with_sidecars(contents, name)):
        _files.popitem(last=False)[1][0].close()
    _require_room(place, member)
    file, path = _nameless()
    try:
        with _member_stream(place, contents.kind, member) as source:
            left = member.size
            while left and (piece := source.read(min(left, CHUNK))):
                file.write(piece)
                left -= len(piece)
        if left:
            raise EOFError(f"{name} ends early")
        file.flush()
    except SceneError:
        file.close()
        raise
    except (NotImplementedError, RuntimeError, KeyError, *DAMAGED) as error:
        file.close()
        raise SceneError(damaged(place, error)) from error
    except BaseException:
        file.close()
        raise
    _files[key] = (file, path)
    return path


def _require_room(place: str, member: Member) -> None:
    if member.link:
        raise SceneError(
            f"{place}: {member.name} is a link to a file outside the archive; unpack the archive "
            "where it was made"
        )
    if member.size > MOST_UNPACKED:
        raise SceneError(too_large(place, member.name, member.size))
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if member.size > free:
        raise SceneError(
            f"{place}: unpacking {member.name} takes {member.size / 1e9:.1f} GB, but {folder} has "
            f"only {free / 1e9:.1f} GB left; set TMPDIR to a larger folder, or unpack it yourself"
        )


def _nameless() -> tuple[IO[bytes], str]:
    """Open a temporary file that is removed when closed; return it and its path for readers."""
    file: Any = tempfile.TemporaryFile(prefix="pycalfin-")  # noqa: SIM115 closed by who unpacks
    path = f"/proc/self/fd/{file.fileno()}"
    if Path(path).exists():
        return file, path
    file.close()
    file = tempfile.NamedTemporaryFile(prefix="pycalfin-")  # noqa: SIM115
    return file, file.name


@contextmanager
def _member_stream(place: str, kind: str, member: Member) -> Iterator[IO[bytes]]:
    with opened(place, kind) as stream, ExitStack() as stack:
        if kind == "zip":
            archive = stack.enter_context(zipfile.ZipFile(cast(IO[bytes], stream)))
            yield stack.enter_context(archive.open(member.name))
            return
        if member.offset is not None:
            stream.seek(member.offset)
            yield cast(IO[bytes], stream)
            return
        tar = stack.enter_context(tarfile.open(fileobj=cast(IO[bytes], stream), mode="r:"))
        handle = tar.extractfile(member.name)
        if handle is None:
            raise KeyError(member.name)
        yield stack.enter_context(handle)
