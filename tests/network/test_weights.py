import json
import pickle
import zipfile

import h5py
import numpy as np
import pytest

from pycalfin import network
from pycalfin.errors import WeightsError
from pycalfin.network import light, light_file, weights


def edit(path, change):
    with h5py.File(path, "r+") as file:
        change(file)


@pytest.fixture
def copy(weights_file, tmp_path):
    path = tmp_path / "copy.h5"
    path.write_bytes(weights_file.read_bytes())
    return path


def test_round_trip_keeps_every_weight_to_half_precision(model, weights_file):
    other = light.build()
    light_file.load_light(weights_file, other)
    expected = light_file.variables(model)
    found = light_file.variables(other)
    assert list(found) == list(expected)
    for name, variable in found.items():
        stored = np.asarray(expected[name]).astype(np.float16).astype(np.float32)
        np.testing.assert_array_equal(np.asarray(variable), stored, err_msg=name)


def test_file_describes_itself(weights_file):
    metadata = weights.read_metadata(weights_file)
    assert metadata["kind"] == "pycalfin-light"
    assert metadata["channels"] == "grey,tonemap,shadows"
    assert metadata["outputs"] == "edge,ocean,ice,land"
    assert metadata["data"] == "none"
    assert weights_file.stat().st_size < 15e6


def test_weights_that_overflow_half_precision_are_not_written(model, tmp_path):
    variable = light_file.variables(model)["stem_bn/gamma"]
    before = np.asarray(variable)
    variable.assign(np.full(before.shape, 1e6))
    try:
        with (
            np.errstate(over="ignore"),
            pytest.raises(WeightsError, match="not finite in half precision: stem_bn/gamma"),
        ):
            light_file.save_light(tmp_path / "bad.h5", model)
    finally:
        variable.assign(before)
    assert not list(tmp_path.iterdir())


def truncate(path):
    path.write_bytes(path.read_bytes()[:100_000])


def flip_data(path):
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = bytes(4000)
    path.write_bytes(content)


def replace_kernel(file):
    del file["stem/kernel"]
    file["stem/kernel"] = np.zeros((3, 3, 1, 32), np.float16)
    del file["head/bias"]
    file["tail/bias"] = np.zeros(4, np.float16)


def spoil(file):
    file["stem_bn/gamma"][3] = np.nan
    file["head/bias"][0] = np.inf


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda p: p.unlink(), "no such weights file"),
        (lambda p: p.write_text("weights"), "not an HDF5 file"),
        (lambda p: p.write_bytes(b""), "not an HDF5 file"),
        (truncate, "truncated or damaged"),
        (flip_data, "damaged"),
        (lambda p: edit(p, spoil), "not finite: stem_bn/gamma, head/bias; reinstall"),
        (lambda p: edit(p, lambda f: f.attrs.pop("kind")), "without the attribute 'kind'"),
        (lambda p: edit(p, lambda f: f.attrs.modify("kind", "other")), "kind 'other'"),
        (lambda p: edit(p, lambda f: f.attrs.modify("version", 99)), "version '99' instead of '2'"),
        (lambda p: edit(p, lambda f: f.attrs.modify("channels", "red")), "channels 'red' instead"),
    ],
)
def test_bad_file_is_one_sentence_that_names_it(copy, damage, message):
    damage(copy)
    with pytest.raises(WeightsError, match=message) as caught:
        network.load(copy)
    assert str(copy) in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_all_differences_are_listed_at_once(copy):
    edit(copy, replace_kernel)
    with pytest.raises(WeightsError) as caught:
        network.load(copy)
    text = str(caught.value)
    assert "1 missing (head/bias)" in text
    assert "1 unknown (tail/bias)" in text
    assert "1 misshapen (stem/kernel (3, 3, 1, 32) instead of (3, 3, 3, 32))" in text


LAMBDA = {
    "class_name": "Lambda",
    "config": {"name": "x", "function": ["4wAAAAAAAAAA", None, None], "function_type": "lambda"},
}
"""Code in a model of Keras: a marshalled function."""


def keras_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(LAMBDA))
        archive.writestr("model.weights.h5", b"")


def keras_model(path):
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": [LAMBDA]})
        file.create_group("model_weights").attrs["layer_names"] = [b"x"]


def keras_elsewhere(path):
    with h5py.File(path.with_name("private.h5"), "w") as file:
        file.attrs["layer_names"] = [b"entry_flow_block", b"middle_flow_unit_1", b"exit_flow_block"]
    with h5py.File(path, "w") as file:
        file["model_weights"] = h5py.ExternalLink(path.with_name("private.h5").name, "/")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (keras_zip, "not an HDF5 file"),
        (keras_model, r"weights of another Keras network \(x\)"),
        (keras_elsewhere, "model_weights is a link to another file; pass a complete"),
        (lambda p: p.write_bytes(pickle.dumps({})), "not an HDF5 file"),
        (lambda p: p.write_text("<net name='x'><layers/></net>"), "not an HDF5 file"),
    ],
)
def test_files_that_could_hold_code_are_no_weights(tmp_path, make, message):
    make(tmp_path / "stranger.h5")
    for read in (weights.check, weights.contents, weights.read_metadata, network.load):
        if make is keras_model and read in (weights.contents, weights.read_metadata):
            continue  # they tell what it says, and run nothing
        with pytest.raises(WeightsError, match=message):
            read(tmp_path / "stranger.h5")


def test_a_weight_that_cannot_be_is_not_read(copy):
    def claim(file):
        del file["head/bias"]
        file.create_dataset("head/bias", (10**8,), "f8", chunks=(10**6,), compression="gzip")

    edit(copy, claim)
    with pytest.raises(WeightsError, match=r"1 misshapen \(head/bias \(100000000,\) instead of"):
        network.load(copy)


def test_text_is_no_weight(copy):
    def write(file):
        shape = file["head/bias"].shape
        del file["head/bias"]
        file["head/bias"] = np.full(shape, "x", dtype=h5py.string_dtype())

    edit(copy, write)
    with pytest.raises(WeightsError, match="these are not numbers: head/bias"):
        network.load(copy)
