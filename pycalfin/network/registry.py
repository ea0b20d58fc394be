"""The registry of known weights: which files there are, where they lie, whether they are whole.

`registry.json` lists what pycalfin knows with its SHA-256, so a damaged copy is refused before it
predicts anything. A file lies in the folder `weights` that ships with pycalfin, or in the user's
cache, where it was fetched to or put by hand.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from pycalfin import resources
from pycalfin.errors import WeightsError
from pycalfin.network import custom
from pycalfin.network.h5file import REINSTALL

REGISTRY = "registry.json"
SHIPPED, CACHED = "shipped", "cached"
"""Places where a registered file can lie."""
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """A weights file that pycalfin knows.

    Attributes
    ----------
    name : str
        What users pass, e.g. 'light'.
    kind : str
        The network it belongs to: 'light', 'calfin' or 'custom'.
    file : str
        File name in the folder `weights`.
    sha256 : str or None
        Hexadecimal; None where it is not known.
    size : int or None
        Bytes.
    licence : str
    origin : str
        Where the file comes from.
    url : str or None
        Where `fetch` gets it.
    source : str or None
        Where a person gets it, for a file without a `url`. One with neither ships with pycalfin.
    """

    name: str
    kind: str
    file: str
    sha256: str | None
    size: int | None
    licence: str
    origin: str
    url: str | None = None
    source: str | None = None

    @property
    def ships(self) -> bool:
        """Whether the file comes with pycalfin."""
        return self.url is None and self.source is None

    @property
    def remedy(self) -> str:
        """What to do if the file is not there, or damaged."""
        if self.ships:
            return "reinstall pycalfin"
        if self.url is not None:
            return f"get it with: pycalfin weights fetch {self.name}"
        return by_hand(self)


def entries() -> dict[str, Entry]:
    """List the known weights by name.

    Returns
    -------
    dict of str to Entry

    Raises
    ------
    WeightsError
        If the registry is missing or damaged.
    """
    path = resources.folder("weights") / REGISTRY
    try:
        known = json.loads(path.read_text(encoding="utf-8"))["weights"]
        return {entry["name"]: Entry(**entry) for entry in known}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{path}: not the registry of weights ({error}); reinstall pycalfin"
        ) from error


def cache() -> Path:
    """Name the folder of fetched weights; it need not exist."""
    return resources.user_cache() / "weights"


def find(entry: Entry) -> tuple[Path, str] | None:
    """Find a registered file: shipped with pycalfin, or in the user's cache.

    Parameters
    ----------
    entry : Entry

    Returns
    -------
    path : Path
    place : {'shipped', 'cached'}
        Or None in place of both.
    """
    for folder, place in ((resources.folder("weights"), SHIPPED), (cache(), CACHED)):
        if (folder / entry.file).is_file():
            return folder / entry.file, place
    return None


def by_hand(entry: Entry) -> str:
    """Say what a person has to download, from where, and where to put it."""
    where = entry.url or entry.source
    return (
        f"download {entry.file} by hand from {where} and put it into {cache()}: "
        f"--network {entry.name} finds it there"
    )


def locate(name_or_path: str | Path) -> tuple[Path, Entry | None]:
    """Find a weights file by its registered name, or take the path as it is.

    Parameters
    ----------
    name_or_path : str or Path

    Returns
    -------
    path : Path
    entry : Entry or None
        None for a file of the user's own.

    Raises
    ------
    WeightsError
        If it is neither a known name nor an existing file.
    """
    known = entries()
    entry = known.get(str(name_or_path))
    if entry is None:
        network = custom.parse(name_or_path)
        if network is not None and network.file is None:
            raise WeightsError(
                f"{network.name}: a network without weights; pass {network.name}@FILE.h5"
            )
        path = network.file if network and network.file else Path(name_or_path)
        if not path.is_file():
            raise WeightsError(
                f"{path}: no such weights file; pass an existing .h5 file or one of: "
                f"{', '.join(sorted(known))}"
            )
        return path, None
    found = find(entry)
    if found is None:
        what = f"{name_or_path}: these weights are not here"
        if entry.ships:
            what = f"{resources.folder('weights') / entry.file}: no such weights file"
        raise WeightsError(f"{what}; {entry.remedy}")
    return found[0], entry


def digest(path: Path, entry: Entry | None = None) -> str:
    """Hash a weights file and compare it with the registry.

    Parameters
    ----------
    path : Path
    entry : Entry, optional
        What the registry says about the file.

    Returns
    -------
    str
        SHA-256, hexadecimal.

    Raises
    ------
    WeightsError
        If the file cannot be read, or differs from the registered one.
    """
    hashed = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                hashed.update(chunk)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}); {REINSTALL}") from error
    found = hashed.hexdigest()
    if entry is not None and entry.sha256 is not None and found != entry.sha256:
        raise WeightsError(
            f"{path}: damaged, SHA-256 is {found[:12]}... with {path.stat().st_size} bytes; "
            f"expected {entry.sha256[:12]}... with {entry.size} bytes; {entry.remedy}"
        )
    return found


def check_kind(path: Path, kind: str, entry: Entry | None) -> None:
    """Refuse a file of another network than the one it is registered for.

    Parameters
    ----------
    path : Path
    kind : str
        The network that the file belongs to.
    entry : Entry or None
        None for a file of the user's own.

    Raises
    ------
    WeightsError
        If the two differ.
    """
    if entry is not None and kind != entry.kind:
        raise WeightsError(
            f"{path}: weights of '{kind}' under the name of '{entry.name}'; {entry.remedy}"
        )
