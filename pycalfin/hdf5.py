"""Open HDF5 files of strangers: what lies in the file itself, and nothing elsewhere.

HDF5 can name other files, for whole objects (external links), for pieces of a dataset (virtual
datasets) and for its bytes (external storage). It can also claim shapes that nothing fills.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import h5py

PACKING = 1032
"""Most that deflate shrinks anything (zlib's technical details): a file holds no more."""
UNFILLED = 1 << 26
"""Bytes that a dataset may claim beyond that: what was never written takes no room."""
MOST_OBJECTS = 100_000
"""Groups and datasets in one file; a training's checkpoint has some thousand."""


@contextmanager
def open_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """Open a file for reading, if all that it holds lies in it.

    Parameters
    ----------
    path : path

    Yields
    ------
    h5py.File

    Raises
    ------
    OSError
        If it is no HDF5, or damaged.
    ValueError
        If it names other files, claims absurd sizes, or its groups contain each other.
    """
    import h5py

    with h5py.File(path, "r") as file:
        _require_own(file, Path(path).stat().st_size)
        yield file


def _require_own(file: h5py.File, size: int) -> None:
    """Refuse a file whose objects lie elsewhere, or cannot lie in it; nothing is read."""
    import h5py
    from h5py import h5d, h5g, h5l, h5o

    groups = {h5o.get_info(file.id).addr}
    links: list[tuple[bytes, int]] = []

    def collect(name: bytes, link: Any) -> bool | None:
        links.append((name, link.type))
        # anything but None ends the visit
        return True if len(links) > MOST_OBJECTS else None

    file.id.links.visit(collect, info=True)
    if len(links) > MOST_OBJECTS:
        raise ValueError(f"more than {MOST_OBJECTS} objects in it")
    # first what leads out: links within the file may go there
    for path, kind in links:
        if kind not in (h5l.TYPE_HARD, h5l.TYPE_SOFT):
            name = path.decode(errors="replace")
            raise ValueError(f"{name} is a link to another file")
    for path, kind in links:
        name = path.decode(errors="replace")
        if kind == h5l.TYPE_SOFT:
            if isinstance(file.get(name), h5py.Group):
                raise ValueError(f"{name} is a link to a group")
            continue
        item = h5o.open(file.id, path)
        if isinstance(item, h5g.GroupID):
            address = h5o.get_info(item).addr
            if address in groups:
                raise ValueError(f"the group {name} is in it twice, or contains itself")
            groups.add(address)
        elif isinstance(item, h5d.DatasetID):
            _require_own_dataset(name, item, size)


def _require_own_dataset(name: str, item: Any, size: int) -> None:
    from h5py import h5d

    creation = item.get_create_plist()
    if creation.get_layout() == h5d.VIRTUAL or creation.get_external_count():
        raise ValueError(f"{name} lies in another file")
    claimed = item.get_space().get_simple_extent_npoints() * item.get_type().get_size()
    if claimed > UNFILLED + PACKING * size:
        raise ValueError(f"{name} claims {claimed:.3g} bytes, in a file of {size}")
