"""What is said of the network before a run starts."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import pytest

from pycalfin.batch.pipeline import plan
from pycalfin.errors import WeightsError
from pycalfin.network.calibration import GROUP
from pycalfin.resources import folder
from pycalfin.settings import Settings
from tests.network import published

SAID = "so confidence is not a probability and uncertainty not a standard deviation"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Networks: the shipped weights, a copy without calibration, a wrong one, and CALFIN's."""
    place = tmp_path_factory.mktemp("weights")
    shipped = folder("weights") / "light.h5"
    plain, wrong = (shutil.copyfile(shipped, place / name) for name in ("plain.h5", "wrong.h5"))
    with h5py.File(plain, "r+") as file:
        del file[GROUP]
    with h5py.File(wrong, "r+") as file:
        file[GROUP].attrs["plausibility_scale"] = 0.0
    published.write(place / "calfin.h5", published.random_weights())
    names = {name: str(place / f"{name}.h5") for name in ("plain", "wrong", "calfin")}
    return {"light": "light", **names}


@pytest.mark.parametrize(
    ("network", "preset", "said"),
    [
        ("light", "auto", ""),
        ("light", "light", ""),
        ("light", "calfin", "light.h5: its calibration was fitted to another extraction"),
        ("plain", "auto", "plain.h5: these weights have no calibration"),
        ("calfin", "auto", "calfin.h5: these weights have no calibration"),
    ],
)
def test_a_network_without_calibration_is_said_once_per_run(
    files: dict[str, str],
    network: str,
    preset: str,
    said: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("a.tif", "b.tif"):
        (tmp_path / name).write_bytes(name.encode())
    scenes = (str(tmp_path / "a.tif"), str(tmp_path / "b.tif"))
    plan(Settings(scenes=scenes, network=files[network], preset=preset))
    assert len(caplog.records) == bool(said)
    assert said in caplog.text
    assert (SAID in caplog.text) == bool(said)


def test_a_wrong_calibration_stops_a_run_before_it_starts(files: dict[str, str]) -> None:
    with pytest.raises(WeightsError, match=r"wrong\.h5: its calibration cannot be used: plausib"):
        plan(Settings(scenes=("a.tif",), network=files["wrong"]))
