"""The published network: the same numbers as an independent forward pass, from every layout."""

from __future__ import annotations

import functools
import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from pycalfin import network
from pycalfin.errors import WeightsError
from pycalfin.network import calfin, keras_layers, weights
from pycalfin.network.calfin_file import load_published, save_published
from pycalfin.network.engine import import_keras
from tests.network import published

ENGINES = ("tensorflow", "openvino")


@pytest.fixture(scope="module")
def values():
    return published.random_weights()


@pytest.fixture(scope="module")
def patches():
    return np.random.default_rng(2).uniform(-1, 1, (2, 224, 224, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def expected(values, patches):
    return published.Published(values)(patches)


@pytest.fixture(scope="module")
def file(values, tmp_path_factory):
    path = tmp_path_factory.mktemp("calfin") / "published.h5"
    published.write(path, values)
    return path


@pytest.fixture(scope="module")
def load(file):
    """The network of the file by engine, each loaded once."""
    return functools.lru_cache(lambda engine: network.load(file, engine=engine))


@pytest.fixture(scope="module")
def build():
    """`calfin.build`, each size once: whoever takes a network loads weights into it."""
    import_keras()
    return functools.cache(calfin.build)


@pytest.mark.slow
def test_the_independent_pass_is_a_lively_one(expected):
    """Probabilities that are all alike would agree with anything."""
    assert expected.shape == (2, 224, 224, 2)
    for channel in range(2):
        low, high = np.percentile(expected[..., channel], (5, 95))
        assert high - low > 0.2


@pytest.mark.parametrize("engine", ENGINES)
def test_it_agrees_with_the_independent_pass(load, patches, expected, engine):
    assert load(engine).kind == "calfin"
    assert load(engine).name == "published"
    assert load(engine).outputs == ("edge", "mask")
    found = load(engine).predict(patches)
    assert found.shape == (2, 224, 224, 2)
    assert found.dtype == np.float32
    assert np.abs(found - expected).max() < 1e-4


def test_every_layout_gives_the_same(values, file, build, tmp_path):
    """By either way of reading weights: of OpenVINO, and into a model of Keras."""
    other = tmp_path / "saved.h5"
    order = np.random.default_rng(3).permutation(len(list(published.layers())))
    published.write(other, values, group="model_weights", order=order, text=str)
    first, second = (weights.read(path, "calfin") for path in (file, other))
    assert first.keys() == second.keys()
    for name, value in first.items():
        np.testing.assert_array_equal(second[name], value)

    model = build()
    weights.load_into(file, "calfin", model)
    first = model.get_weights()
    model.set_weights([np.zeros_like(value) for value in first])
    weights.load_into(other, "calfin", model)
    for one, same in zip(first, model.get_weights(), strict=True):
        assert one.any()
        np.testing.assert_array_equal(same, one)


def test_the_parameters_are_those_of_the_manifest(build):
    model = build()
    assert model.count_params() == calfin.PARAMETERS
    assert {layer.name for layer in model.layers if layer.weights} == {
        layer for layer, _ in published.layers()
    }


def test_the_matrices_resize_with_aligned_corners():
    image = np.random.default_rng(4).normal(size=(1, 14, 14, 5))
    rows = keras_layers.aligned_matrix(14, 56)
    found = np.einsum("ri,cj,nijk->nrck", rows, rows, image)
    np.testing.assert_allclose(found, published.resize(image, 56), atol=1e-6)
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("side", [64, 288])
def test_engines_agree_with_the_independent_pass_at_other_sizes(file, values, build, side):
    patches = np.random.default_rng(6).uniform(-1, 1, (1, side, side, 3)).astype(np.float32)
    expected = published.Published(values)(patches)
    model = build(side)
    weights.load_into(file, "calfin", model)
    assert np.abs(np.asarray(model(patches, training=False)) - expected).max() < 1e-4
    found = network.load(file, engine="openvino", side=side).predict(patches)
    assert np.abs(found - expected).max() < 1e-4


def test_what_is_written_is_in_the_published_layout(file, values, build, tmp_path):
    model = build()
    weights.load_into(file, "calfin", model)
    path = tmp_path / "checkpoint.h5"
    save_published(path, model)
    with h5py.File(path) as written:
        assert written.attrs["keras_version"] == b"2.2.4"
        for layer, items in published.layers():
            assert [name.decode() for name in written[layer].attrs["weight_names"]] == [
                name for name, _ in items
            ]
            for name, _ in items:
                np.testing.assert_array_equal(written[layer][name], values[name])
    assert weights.kind_of(path) == "calfin"
    model.set_weights([np.zeros_like(value) for value in model.get_weights()])
    with h5py.File(path) as written:
        load_published(path, written, model)
    kernel = np.asarray(model.get_layer("aspp0").kernel)
    np.testing.assert_array_equal(kernel, values["aspp0/kernel:0"])


def bad(name, values, path):
    """Write one of the files that cannot be loaded."""
    first, second = "aspp3_pointwise", "middle_flow_unit_4_separable_conv2_depthwise"
    if name == "missing":
        published.write(path, values, skip=(first, second))
        return
    published.write(path, values)
    with h5py.File(path, "r+") as file:
        if name == "misshapen":
            for layer, kind in ((first, "kernel:0"), (second, "depthwise_kernel:0")):
                del file[layer][f"{layer}/{kind}"]
                file[layer][f"{layer}/{kind}"] = np.zeros((1, 1, 3, 5), np.float32)
        elif name == "extra":
            names = [*file.attrs["layer_names"].tolist(), b"stem_conv"]
            file.attrs["layer_names"] = published.as_attribute(names)
            group = file.create_group("stem_conv")
            group.attrs["weight_names"] = [b"stem_conv/kernel:0"]
            group["stem_conv/kernel:0"] = np.zeros((3, 3, 3, 32), np.float32)
        elif name == "not finite":
            file[first][f"{first}/kernel:0"][0, 0, 0, 0] = np.nan
        elif name == "another network":
            del file.attrs["layer_names"]
            file.attrs["layer_names"] = [b"conv2d_1", b"conv2d_2", b"dense_1"]
    if name == "truncated":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif name == "not HDF5":
        path.write_text("weights")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        ("missing", ["2 missing: ", "aspp3_pointwise/kernel", "unit_4_separable_conv2_depthwise/"]),
        (
            "misshapen",
            ["2 misshapen: ", "aspp3_pointwise/kernel (1, 1, 3, 5) instead of"],
        ),
        ("extra", ["1 unknown: stem_conv/kernel"]),
        ("not finite", ["1 not finite: aspp3_pointwise/kernel"]),
        ("truncated", ["a truncated or damaged HDF5 file"]),
        ("another network", ["weights of another Keras network (conv2d_1, conv2d_2, dense_1)"]),
        ("not HDF5", ["not an HDF5 file"]),
    ],
)
def test_what_does_not_fit_is_listed_at_once(
    values, build, tmp_path, monkeypatch, name, sentences, engine
):
    path = tmp_path / "bad.h5"
    bad(name, values, path)
    monkeypatch.setattr(calfin, "build", build)
    with pytest.raises(WeightsError) as caught:
        network.load(path, engine=engine)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    for sentence in sentences:
        assert sentence in message


@pytest.mark.parametrize("engine", ENGINES)
def test_patches_of_another_size_are_refused(load, engine):
    with pytest.raises(ValueError, match="takes 224 x 224"):
        load(engine).predict(np.zeros((1, 256, 256, 3), np.float32))


def test_the_first_use_needs_no_tensorflow_and_little_memory(file, root, tmp_path):
    """The peak of loading and of all windows is far below 1.5 GB, and nothing is left behind."""
    code = (
        "import sys, numpy as np; from pycalfin import network\n"
        "from pycalfin.network.predict import predict_square\n"
        f"n = network.load({str(file)!r}, engine='openvino')\n"
        "print(predict_square(n, np.zeros((256, 256, 3), np.float32)).shape)\n"
        "print({'tensorflow', 'keras'} & set(sys.modules))\n"
        "if sys.platform == 'linux': print(open('/proc/self/status').read())"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(root), "PYCALFIN_CACHE": str(tmp_path / "cache")},
    ).stdout.splitlines()  # fmt: skip
    assert said[:2] == ["(256, 256, 2)", "set()"]
    if sys.platform == "linux":  # ru_maxrss would be at least that of this process
        (peak,) = (int(line.split()[1]) for line in said if line.startswith("VmHWM:"))
        assert peak * 1024 < 1.2e9
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(("engine", "starts"), [("tensorflow", (0, 32)), ("openvino", (0, 16, 32))])
def test_windows_that_share_the_head_are_as_windows_by_themselves(load, engine, starts):
    image = np.random.default_rng(5).uniform(-1, 1, (256, 256, 3)).astype(np.float32)
    shared = load(engine).engine.run_windows(image, starts, 224)
    alone = load(engine).predict(
        np.stack([image[row : row + 224, col : col + 224] for row in starts for col in starts])
    )
    assert np.abs(shared - alone).max() < 1e-5
    # the windows differ where they overlap: zeros around them are felt
    assert np.abs(alone[0][32:, 32:] - alone[-1][:-32, :-32]).max() > 1e-3


def test_any_damage_within_a_file_is_one_sentence(file, tmp_path):
    """Bytes turned over in the structure: refused in a sentence, or harmless."""
    whole = file.read_bytes()
    random = np.random.default_rng(9)
    refusals = []
    path = tmp_path / "bad.h5"
    path.write_bytes(whole)
    for start in random.integers(96, 60_000, 8):
        _put(path, start, bytes(~byte & 255 for byte in whole[start : start + 8]))
        for look in (weights.contents, weights.check):
            try:
                look(path)
            except WeightsError as error:
                refusals.append(str(error))
        _put(path, start, whole[start : start + 8])
    assert path.read_bytes() == whole
    assert refusals
    assert all(str(path) in sentence for sentence in refusals)


def _put(path, start, content):
    """Overwrite bytes within a large file."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(content)
