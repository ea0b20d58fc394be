"""What a weights file is: its network, its size, and whether it is the file it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pycalfin.network import registry, shapes, weights

_STRUCTURE = ("layer_names", "weight_names")
"""Attributes that list what is in the file, and describe nothing else."""


@dataclass(frozen=True)
class Listed:
    """A registered file and where it is.

    Attributes
    ----------
    entry : Entry
    path : Path or None
        None if the file is not here.
    place : {'shipped', 'cached', ''}
    """

    entry: registry.Entry
    path: Path | None
    place: str

    @property
    def size(self) -> int | None:
        """Bytes: of the file that is here, else as registered."""
        return self.path.stat().st_size if self.path else self.entry.size


@dataclass(frozen=True)
class Description:
    """What a weights file is.

    Attributes
    ----------
    path : Path
    name : str or None
        The registered name of a file with this SHA-256, or by which it was found.
    compared : bool
        Whether the SHA-256 is the registered one; False where none is known.
    kind : str
        'light', 'calfin' or 'custom'.
    layout : str
        How the file is laid out.
    layers : int
        Layers that have weights.
    parameters : int
        Numbers in all weights.
    sha256 : str
    size : int
        Bytes.
    metadata : mapping of str to str
        Attributes of the file.
    """

    path: Path
    name: str | None
    compared: bool
    kind: str
    layout: str
    layers: int
    parameters: int
    sha256: str
    size: int
    metadata: Mapping[str, str] = field(default_factory=dict)


def listed() -> list[Listed]:
    """List the registered files, and where each is."""
    items = []
    for entry in registry.entries().values():
        path, place = registry.find(entry) or (None, "")
        items.append(Listed(entry, path, place))
    return items


def describe(name_or_path: str | Path) -> Description:
    """Tell what a weights file is; its weights are not read.

    Parameters
    ----------
    name_or_path : str or Path
        A registered name, or a file.

    Returns
    -------
    Description

    Raises
    ------
    WeightsError
        If there is no such file, or if it belongs to no network that pycalfin has.
    """
    path, entry = registry.locate(name_or_path)
    sha256 = registry.digest(path)
    kind = weights.kind_of(path)
    layout, stored = weights.contents(path)
    if entry is None:
        entry = _registered(sha256)
    return Description(
        path=path,
        name=entry.name if entry else None,
        compared=entry is not None and entry.sha256 == sha256,
        kind=kind,
        layout=layout,
        layers=len({name.rpartition("/")[0] for name in stored}),
        parameters=shapes.parameters(stored),
        sha256=sha256,
        size=path.stat().st_size,
        metadata={
            name: text
            for name, text in weights.read_metadata(path).items()
            if name not in _STRUCTURE
        },
    )


def verify(name_or_path: str | Path) -> Description:
    """Check all of a weights file: hash, kind, names, shapes, and that every number is finite.

    Parameters
    ----------
    name_or_path : str or Path
        A registered name, or a file.

    Returns
    -------
    Description

    Raises
    ------
    WeightsError
        If the file is not what it should be, or cannot be loaded into its network.
    """
    path, entry = registry.locate(name_or_path)
    registry.digest(path, entry)
    kind = weights.check(path)
    registry.check_kind(path, kind, entry)
    return describe(name_or_path)


def _registered(sha256: str) -> registry.Entry | None:
    return next((item for item in registry.entries().values() if item.sha256 == sha256), None)
