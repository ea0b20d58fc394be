"""Reading of HDF5 weights files of any network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pycalfin.errors import WeightsError
from pycalfin.hdf5 import open_hdf5

if TYPE_CHECKING:
    import h5py

REINSTALL = "reinstall pycalfin or fetch the file again"
"""Remedy for a damaged file of unknown origin."""


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open a weights file for reading; damage inside it shows only when it is read.

    Raises
    ------
    WeightsError
        If the file is missing, not HDF5, truncated, or turns out to be damaged while it is open.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file; {REINSTALL}")
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open_hdf5(path))
        except (OSError, RuntimeError, KeyError, TypeError) as error:
            what = "a truncated or damaged HDF5 file" if _looks_hdf5(path) else "not an HDF5 file"
            raise WeightsError(
                f"{path}: {what} ({path.stat().st_size} bytes); expected network weights in HDF5; "
                f"{REINSTALL}"
            ) from error
        except ValueError as error:
            raise WeightsError(f"{path}: {error}; pass a complete, self-contained file") from error
        try:
            yield file
        except WeightsError:
            raise
        except (OSError, RuntimeError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise WeightsError(f"{path}: a damaged HDF5 file ({error}); {REINSTALL}") from error


def _looks_hdf5(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(8) == b"\x89HDF\r\n\x1a\n"


def read_all(path: Path, file: h5py.File) -> dict[str, NDArray[np.float16]]:
    """Read every dataset of an open file, keyed by its path; all must be numeric."""
    try:
        items = datasets(path, file)
        texts = [name for name, item in items.items() if item.dtype.kind not in "fiu"]
        if texts:
            raise WeightsError(f"{path}: damaged, these are not numbers: {shortened(texts)}")
        return {name: item[()] for name, item in items.items()}
    except (OSError, RuntimeError) as error:
        raise WeightsError(f"{path}: a damaged HDF5 file ({error}); {REINSTALL}") from error


def datasets(path: Path, file: h5py.File) -> dict[str, h5py.Dataset]:
    """List every dataset of an open file, keyed by its path."""
    import h5py

    found: dict[str, h5py.Dataset] = {}

    def collect(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item

    try:
        file.visititems(collect)
    except (OSError, RuntimeError) as error:
        raise WeightsError(f"{path}: a damaged HDF5 file ({error}); {REINSTALL}") from error
    return found


def shortened(names: list[str], most: int = 4) -> str:
    """Join the first names and count the rest."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def text_of(value: object) -> str:
    """Return an attribute as text, whether it is stored as text or as bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
