"""What is told of a weights file, and what is refused, without TensorFlow."""

import subprocess
import sys

import h5py
import numpy as np
import pytest

from pycalfin.errors import WeightsError
from pycalfin.network import calfin, registry, weights
from pycalfin.network.inspection import describe, listed, verify
from tests.network import published


@pytest.fixture(scope="module")
def values():
    return published.random_weights()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PYCALFIN_CACHE", str(tmp_path / "cache"))
    registry.cache().mkdir(parents=True)
    return registry.cache()


def test_the_shipped_file_is_described():
    found = describe("light")
    assert (found.name, found.kind, found.compared) == ("light", "light", True)
    assert found.layout == "pycalfin, version 2"
    assert found.parameters > 3e6
    assert found.metadata["channels"] == "grey,tonemap,shadows"
    assert verify("light") == found


def test_a_copy_of_a_known_file_is_known_by_its_hash(tmp_path):
    path = tmp_path / "copy.h5"
    path.write_bytes(registry.locate("light")[0].read_bytes())
    assert describe(path).name == "light"


def test_a_file_of_your_own_has_no_name(weights_file):
    found = verify(weights_file)
    assert (found.name, found.kind, found.compared) == (None, "light", False)


@pytest.mark.parametrize(
    ("group", "layout"),
    [(None, "Keras 2, layers at the root"), ("model_weights", "Keras 2, layers in model_weights")],
)
def test_the_published_layouts_are_told_apart(values, tmp_path, group, layout):
    path = tmp_path / "published.h5"
    published.write(path, values, group=group)
    found = verify(path)
    assert (found.kind, found.layout) == ("calfin", layout)
    assert found.parameters == calfin.PARAMETERS
    assert found.layers == len(list(published.layers()))
    assert "layer_names" not in found.metadata


def test_a_published_file_put_by_hand_is_found_by_its_name(values, cache):
    published.write(cache / registry.entries()["calfin-e17"].file, values)
    found = verify("calfin-e17")
    assert (found.name, found.kind, found.compared) == ("calfin-e17", "calfin", False)
    places = {item.entry.name: item.place for item in listed()}
    assert places == {"light": "shipped", "calfin-e17": "cached", "calfin-e65": ""}
    assert {item.entry.name: item.size for item in listed()}["calfin-e17"] == found.size


def test_another_network_under_a_registered_name_is_refused(cache, weights_file):
    path = cache / registry.entries()["calfin-e65"].file
    path.write_bytes(weights_file.read_bytes())
    with pytest.raises(WeightsError, match=r"weights of 'light' under the name of 'calfin-e65'"):
        verify("calfin-e65")


def spoil(file):
    layer = "aspp3_pointwise"
    file[layer][f"{layer}/kernel:0"][0, 0, 0, 0] = np.nan
    del file["aspp4_pointwise"]


def test_what_does_not_fit_is_listed_without_tensorflow(values, tmp_path):
    path = tmp_path / "bad.h5"
    published.write(path, values)
    with h5py.File(path, "r+") as file:
        spoil(file)
    code = (
        "import sys; from pycalfin.network.inspection import verify\n"
        f"try: verify({str(path)!r})\n"
        "except ValueError as error: print(error)\n"
        "print({'tensorflow', 'keras', 'openvino'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    sentence, loaded = done.stdout.splitlines()
    assert "1 missing: aspp4_pointwise/kernel" in sentence
    assert "1 not finite: aspp3_pointwise/kernel" in sentence
    assert loaded == "set()"


def test_what_is_refused_by_loading_is_refused_here(weights_file, tmp_path):
    path = tmp_path / "mine.h5"
    path.write_bytes(weights_file.read_bytes())
    with h5py.File(path, "r+") as file:
        del file["head/bias"]
    with pytest.raises(WeightsError, match=r"1 missing \(head/bias\)"):
        weights.check(path)


@pytest.mark.parametrize("content", [b"", b"weights", b"\x89HDF\r\n\x1a\n" + bytes(50)])
def test_what_is_no_weights_file_is_one_sentence(tmp_path, content):
    path = tmp_path / "bad.h5"
    path.write_bytes(content)
    for action in (describe, verify):
        with pytest.raises(WeightsError, match=r"bad.h5: .*HDF5") as caught:
            action(path)
        assert "\n" not in str(caught.value)
