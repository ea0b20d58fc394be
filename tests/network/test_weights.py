import h5py
import numpy as np
import pytest

from pycalfin import network
from pycalfin.errors import WeightsError
from pycalfin.network import light, weights


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
    weights.load_light(weights_file, other)
    expected = weights.variables(model)
    found = weights.variables(other)
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
    variable = weights.variables(model)["stem_bn/gamma"]
    before = np.asarray(variable)
    variable.assign(np.full(before.shape, 1e6))
    try:
        with (
            np.errstate(over="ignore"),
            pytest.raises(WeightsError, match="not finite in half precision: stem_bn/gamma"),
        ):
            weights.save_light(tmp_path / "bad.h5", model)
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
