"""The constants of confidence and uncertainty travel with the weights."""

import shutil
from dataclasses import replace

import h5py
import numpy as np
import pytest

from pycalfin import network
from pycalfin.errors import WeightsError
from pycalfin.network import calibration, light_file, shapes, weights
from pycalfin.network.calibration import Calibration

FITTED = Calibration(0.45, 0.11, 0.7, 1.2, ["CaFFe Sjögren Inlet", "FrontLearning"], 12, 3400)


@pytest.fixture
def copy(weights_file, tmp_path):
    return shutil.copyfile(weights_file, tmp_path / "copy.h5")


@pytest.fixture(scope="module")
def calibrated(weights_file, tmp_path_factory):
    path = shutil.copyfile(weights_file, tmp_path_factory.mktemp("fitted") / "fitted.h5")
    weights.write_calibration(path, FITTED)
    return path


def tensors(path):
    with h5py.File(path) as file:
        names = shapes.table("light")
        return {name: (file[name].dtype, file[name][()].tobytes()) for name in names}


@pytest.mark.parametrize("fitted", [FITTED, replace(FITTED, vertices=None)])
def test_round_trip(copy, fitted):
    weights.write_calibration(copy, FITTED)
    weights.write_calibration(copy, fitted)
    assert weights.read_calibration(copy, "light") == fitted
    assert network.load(copy).calibration == fitted


def test_the_weights_stay_as_they_are(weights_file, calibrated):
    assert tensors(calibrated) == tensors(weights_file)
    assert weights.read_metadata(calibrated) == weights.read_metadata(weights_file)
    assert weights.check(calibrated) == "light"


def test_a_training_leaves_none(weights_file, calibrated, model, tmp_path):
    assert network.load(weights_file).calibration is None
    light_file.load_light(calibrated, model)
    light_file.save_light(tmp_path / "tuned.h5", model)
    assert weights.read_calibration(tmp_path / "tuned.h5", "light") is None


def test_the_shipped_weights_have_one():
    fitted = network.load("light").calibration
    assert fitted.images == 289
    assert len(fitted.data) == 4


def test_weights_of_calfin_have_none(tmp_path):
    path = tmp_path / "published.h5"
    with h5py.File(path, "w") as file:
        layers = [b"entry_flow_block", b"middle_flow_unit_1", b"exit_flow_block"]
        file.attrs["layer_names"] = layers
        for name in layers:
            file.create_group(name).attrs["weight_names"] = []
        calibration.write(file, FITTED)
    kind = weights.kind_of(path)
    assert (kind, weights.read_calibration(path, kind)) == ("calfin", None)
    before = path.read_bytes()
    with pytest.raises(WeightsError, match="weights of CALFIN, whose layout has no place"):
        weights.write_calibration(path, FITTED)
    assert path.read_bytes() == before


WRONG = [
    ("deviation", np.nan, "deviation is nan; expected a number above 0 and at most 100"),
    ("deviation", np.inf, "deviation is inf"),
    ("deviation", -0.6, "deviation is -0.6"),
    ("deviation", 0.0, "deviation is 0.0"),
    ("deviation", 1e9, "deviation is 1000000000.0"),
    ("deviation", "0.6", "deviation is '0.6'; expected a number"),
    ("deviation", "9" * 500, r"deviation is '9{39}\.\.\.; expected a number"),
    ("deviation", [0.6, 0.7], "deviation is not a single value"),
    ("deviation", h5py.Empty("f8"), "deviation is not a single value"),
    ("deviation", np.True_, "deviation is neither a number nor a text"),
    ("deviation", 1j, "deviation is neither a number nor a text"),
    ("exponent", 0.0, "exponent is 0.0; expected a number above 0 and at most 10"),
    ("exponent", None, "exponent missing"),
    ("plausibility_scale", 0.0, "plausibility_scale is 0.0"),
    ("plausibility_scale", -0.1, "plausibility_scale is -0.1"),
    ("plausibility_scale", np.nan, "plausibility_scale is nan"),
    ("even_plausibility", 1.5, "even_plausibility is 1.5; expected .* at most 1"),
    ("even_plausibility", -np.inf, "even_plausibility is -inf"),
    ("images", 0, "images is 0; expected a whole number from 1"),
    ("images", 2.5, "images is 2.5"),
    ("images", np.nan, "images is nan"),
    ("vertices", -1, "vertices is -1"),
    ("vertices", 1e15, "vertices is 1000000000000000.0"),
    ("data", "", "data holds ''"),
    ("data", "a, , b", "data holds ''|data holds ' '|data holds"),
    ("data", "a\x1b[2J", r"data holds 'a\\x1b\[2J'; expected a name without"),
    ("data", "a" * 3000, "data has 3000 characters; expected at most 2000"),
    ("data", np.bytes_(b"a" * 3000), "data is not a single value"),
    ("data", 7, "data is 7; expected the names"),
    ("data", ["a", "b"], "data is not a single value"),
    ("version", 1, "it has version 1 instead of 2"),
    ("version", "one", "it has version 'one' instead of 2"),
    ("version", None, "version missing"),
    ("even_plausibility", None, "even_plausibility missing"),
    ("data", None, "data missing"),
    ("images", None, "images missing"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "message"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_calibration_is_one_sentence(tmp_path, name, value, message):
    path = tmp_path / "stranger.h5"
    with h5py.File(path, "w") as file:
        file.attrs["kind"] = light_file.KIND
        calibration.write(file, FITTED)
        del file[calibration.GROUP].attrs[name]
        if value is not None:
            file[calibration.GROUP].attrs[name] = value
    with pytest.raises(WeightsError, match=message) as caught:
        weights.read_calibration(path, "light")
    text = str(caught.value)
    assert text.startswith(f"{path}: its calibration cannot be used: ")
    assert "fit it again, or remove the group 'calibration'" in text
    assert "\n" not in text
    assert len(text) < 400 + len(str(path))


def test_every_problem_is_listed_at_once():
    with pytest.raises(ValueError, match=r"deviation is nan.*images is 0.*data is") as caught:
        Calibration(0.4, 0.1, np.nan, 1.0, [], 0)
    assert "plausibility" not in str(caught.value)


@pytest.mark.parametrize("data", ["CaFFe", ["one, two"], [""], [" "], [], None, ["a\nb"]])
def test_names_of_data(data):
    with pytest.raises(ValueError, match=r"^data "):
        replace(FITTED, data=data)


def test_a_dataset_of_that_name_is_no_calibration(tmp_path):
    path = tmp_path / "stranger.h5"
    with h5py.File(path, "w") as file:
        file.attrs["kind"] = light_file.KIND
        file[calibration.GROUP] = np.zeros(3)
    with pytest.raises(WeightsError, match="it is not a group of attributes"):
        weights.read_calibration(path, "light")


def test_load_and_check_refuse_a_wrong_calibration(calibrated, tmp_path):
    path = shutil.copyfile(calibrated, tmp_path / "wrong.h5")
    with h5py.File(path, "r+") as file:
        file[calibration.GROUP].attrs["deviation"] = np.nan
    for read in (network.load, weights.check):
        with pytest.raises(WeightsError, match="deviation is nan"):
            read(path)
