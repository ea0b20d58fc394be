"""Open untrusted HDF5 files, and read nothing outside them.

HDF5 can refer to other files in three ways: external links for whole objects, virtual datasets for
parts of a dataset, and external storage for its bytes. It can also declare huge, empty datasets.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import h5py

PACKING = 1032
"""Highest compression ratio of deflate (zlib, technical details)."""
UNFILLED = 1 << 26
"""Bytes that a dataset may declare beyond that ratio, because unwritten parts take no space."""
MOST_OBJECTS = 100_000
"""Most groups and datasets in one file; a training checkpoint has a few thousand."""


@contextmanager
def open_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """Open a file for reading, if all its content lies in the file itself.

    Parameters
    ----------
    path : path

    Yields
    ------
    h5py.File

    Raises
    ------
    OSError
        If the file is not HDF5, or damaged.
    ValueError
        If it refers to other files, declares absurd sizes, or its groups contain each other.
    """
    import h5py

    with h5py.File(path, "r") as file:
        _require_self_contained(file, Path(path).stat().st_size)
        yield file


def _require_self_contained(file: h5py.File, size: int) -> None:
    """Refuse a file whose objects lie in other files, or are larger than it can hold."""
    import h5py
    from h5py import h5d, h5g, h5l, h5o

    groups = {h5o.get_info(file.id).addr}
    links: list[tuple[bytes, int]] = []

    def collect(name: bytes, link: Any) -> bool | None:
        links.append((name, link.type))
        # any value but None ends the visit
        return True if len(links) > MOST_OBJECTS else None

    file.id.links.visit(collect, info=True)
    if len(links) > MOST_OBJECTS:
        raise ValueError(f"more than {MOST_OBJECTS} objects in it")
    # external links first: links within the file may lead to them
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
            _require_dataset_inside(name, item, size)


def _require_dataset_inside(name: str, item: Any, size: int) -> None:
    from h5py import h5d

    creation = item.get_create_plist()
    if creation.get_layout() == h5d.VIRTUAL or creation.get_external_count():
        raise ValueError(f"{name} lies in another file")
    claimed = item.get_space().get_simple_extent_npoints() * item.get_type().get_size()
    if claimed > UNFILLED + PACKING * size:
        raise ValueError(f"{name} claims {claimed:.3g} bytes, in a file of {size}")
