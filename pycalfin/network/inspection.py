"""Descriptions of weights files: network, size, and whether the file is the registered one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pycalfin.network import registry, shapes, weights
from pycalfin.network.calibration import Calibration

_STRUCTURE = ("layer_names", "weight_names")
"""Attributes that only list the file's content, left out of its metadata."""


@dataclass(frozen=True)
class Listed:
    """A registered file and its place on this machine.

    Attributes
    ----------
    entry : Entry
    path : Path or None
        None if the file is not on this machine.
    place : {'shipped', 'cached', ''}
    """

    entry: registry.Entry
    path: Path | None
    place: str

    @property
    def size(self) -> int | None:
        """Return the bytes of the file, or those in the registry if it is not on this machine."""
        return self.path.stat().st_size if self.path else self.entry.size


@dataclass(frozen=True)
class Description:
    """The description of a weights file.

    Attributes
    ----------
    path : Path
    name : str or None
        The registered name the file was found by, or the name registered for its SHA-256.
    compared : bool
        True if the SHA-256 is the registered one; False if it differs or none is registered.
    kind : str
        'light', 'calfin' or 'custom'.
    layout : str
        Layout of the file, in words.
    layers : int
        Number of layers with weights.
    parameters : int
        Number of values in all weights.
    sha256 : str
    size : int
        Bytes.
    metadata : mapping of str to str
        Attributes of the file.
    calibration : Calibration or None
        Constants of confidence and uncertainty.
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
    calibration: Calibration | None = None


def listed() -> list[Listed]:
    """List the registered files and the place of each."""
    items = []
    for entry in registry.entries().values():
        path, place = registry.find(entry) or (None, "")
        items.append(Listed(entry, path, place))
    return items


def describe(name_or_path: str | Path) -> Description:
    """Describe a weights file without reading its weights.

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
        If there is no such file, or if no network of pycalfin can load it.
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
        calibration=weights.read_calibration(path, kind),
    )


def verify(name_or_path: str | Path) -> Description:
    """Check a weights file completely: hash, kind, names, shapes and finite values.

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
        If the file is not the registered one, or cannot be loaded into its network.
    """
    path, entry = registry.locate(name_or_path)
    registry.digest(path, entry)
    kind = weights.check(path)
    registry.check_kind(path, kind, entry)
    return describe(name_or_path)


def _registered(sha256: str) -> registry.Entry | None:
    return next((item for item in registry.entries().values() if item.sha256 == sha256), None)
