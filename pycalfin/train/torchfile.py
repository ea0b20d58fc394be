"""Read a PyTorch state dict (.pth of PyTorch up to 1.5) without PyTorch.

The format is a pickle of tensors that refer to storages, followed by the bytes of the storages.
Only the few names that a state dict needs are resolved, so no code in the file runs. PyTorch itself
would be a dependency of gigabytes for one conversion.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from pycalfin.errors import WeightsError

MAGIC = 0x1950A86A20F9469CFC6C
"""First number of a state dict's file."""
DAMAGED = (
    EOFError, KeyError, ValueError, AttributeError, TypeError, IndexError, OverflowError,
    MemoryError, RecursionError,
)  # fmt: skip
"""Exceptions raised while reading a damaged or malicious pickle."""
_TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass
class _Storage:
    dtype: np.dtype[Any]
    key: str
    values: NDArray[Any] | None = None


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def array(self) -> NDArray[Any]:
        values = self.storage.values
        if values is None:
            raise WeightsError("a tensor has no stored values; fetch the file again")
        stride = [step * values.itemsize for step in self.stride]
        last = self.offset + sum(
            step * (size - 1) for step, size in zip(self.stride, self.shape, strict=True)
        )
        if min((*self.shape, 1)) < 1 or min((*self.stride, 0)) < 0 or last >= len(values):
            raise ValueError("a tensor reaches beyond its storage")
        return as_strided(values[self.offset :], self.shape, stride).copy()


def read_state(path: Path) -> dict[str, NDArray[Any]]:
    """Read the tensors of a state dict.

    Parameters
    ----------
    path : Path
        Written by `torch.save(model.state_dict())`, little endian.

    Returns
    -------
    dict of str to array
        Tensors of float32 or int64, by name.

    Raises
    ------
    WeightsError
        If the file is not such a state dict.
    """
    try:
        with path.open("rb") as stream:
            return _read(stream)
    except (pickle.UnpicklingError, *DAMAGED) as error:
        raise WeightsError(
            f"{path}: not a state dict of PyTorch up to 1.5 ({error}); install the package that "
            "holds it again"
        ) from error


def _read(stream: BinaryIO) -> dict[str, NDArray[Any]]:
    storages: dict[str, _Storage] = {}
    if _Unpickler(stream, storages).load() != MAGIC:
        raise ValueError("another first number")
    for _ in ("protocol", "system"):
        _Unpickler(stream, storages).load()
    state = _Unpickler(stream, storages).load()
    for key in _Unpickler(stream, storages).load():
        count = int(np.frombuffer(stream.read(8), "<i8")[0])
        storage = storages[key]
        data = stream.read(count * storage.dtype.itemsize)
        storage.values = np.frombuffer(data, storage.dtype, count)
    return {name: tensor.array() for name, tensor in state.items()}


class _Unpickler(pickle.Unpickler):
    """Unpickler that resolves ordered dictionaries, tensors and storages, and no other name."""

    def __init__(self, stream: BinaryIO, storages: dict[str, _Storage]) -> None:
        super().__init__(stream)
        self.storages = storages

    def find_class(self, module: str, name: str) -> Any:
        known: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
        }
        known |= {("torch", kind): dtype for kind, dtype in _TYPES.items()}
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        _, dtype, key, *_ = pid
        return self.storages.setdefault(key, _Storage(dtype, key))


def _rebuild(
    storage: _Storage, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(stride))
