"""The registry of known weights files, and the search for them on this machine.

`registry.json` lists the files with their SHA-256, so that a damaged copy is refused before any
prediction. A file lies in the folder `weights` shipped with pycalfin, or in the user's cache, where
it was downloaded or put by hand.
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
"""Places of a registered file."""
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """A weights file that pycalfin knows.

    Attributes
    ----------
    name : str
        Name that users pass, e.g. 'light'.
    kind : str
        Network of the file: 'light', 'calfin' or 'custom'.
    file : str
        File name in the folder `weights`.
    sha256 : str or None
        Hexadecimal; None if unknown.
    size : int or None
        Bytes.
    licence : str
    origin : str
        Authors or project the file comes from.
    url : str or None
        Address from which `fetch` downloads it.
    source : str or None
        Address for a download by hand, for a file without `url`. A file with neither ships with
        pycalfin.
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
        """Return True if the file ships with pycalfin."""
        return self.url is None and self.source is None

    @property
    def remedy(self) -> str:
        """Return the advice for a missing or damaged file."""
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
    """Return the folder of downloaded weights; it may not exist yet."""
    return resources.user_cache() / "weights"


def find(entry: Entry) -> tuple[Path, str] | None:
    """Find a registered file: shipped with pycalfin, or in the user's cache.

    Parameters
    ----------
    entry : Entry

    Returns
    -------
    (path, place) or None
        Path and one of 'shipped' and 'cached'; None if the file is not on this machine.
    """
    for folder, place in ((resources.folder("weights"), SHIPPED), (cache(), CACHED)):
        if (folder / entry.file).is_file():
            return folder / entry.file, place
    return None


def by_hand(entry: Entry) -> str:
    """Describe the download by hand: which file, from where, and where to put it."""
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
        None for a file that is not registered.

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
                f"{network.name}: a custom network without weights; pass {network.name}@FILE.h5"
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
        what = f"{name_or_path}: these weights are not on this machine"
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
        Entry of the file in the registry.

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
    """Refuse a file whose network differs from the registered one.

    Parameters
    ----------
    path : Path
    kind : str
        Network of the file's content.
    entry : Entry or None
        None for a file that is not registered.

    Raises
    ------
    WeightsError
        If the two differ.
    """
    if entry is not None and kind != entry.kind:
        raise WeightsError(
            f"{path}: weights of '{kind}' under the name of '{entry.name}'; {entry.remedy}"
        )
