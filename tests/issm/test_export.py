"""Level sets in files, as each program reads them."""

import os
import shutil
import subprocess

import h5py
import numpy as np
import pytest
import scipy.io

from pycalfin.errors import SettingsError
from pycalfin.issm.export import write_levelsets

PHI = np.arange(5.0) - 2
TIME = np.array([2016.25, 2017.5, 2018.0])
SERIES = np.vstack([np.arange(15.0).reshape(5, 3), TIME])


@pytest.mark.parametrize("suffix", [".mat", ".h5", ".nc", ".npz"])
@pytest.mark.parametrize("series", [SERIES, None, PHI])
def test_shapes(tmp_path, suffix, series):
    time = TIME if series is SERIES else TIME[:1]
    path = write_levelsets(tmp_path / f"a{suffix}", PHI, time, series, "EPSG:3413")
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
    if suffix == ".mat":
        found = scipy.io.loadmat(path)
        assert found["levelset"].shape == (5, 1)
        assert found["time"].shape == (1, len(time))
        assert found["epsg"] == 3413
        expected = None if series is None else series if series.ndim == 2 else series[:, None]
    elif suffix == ".h5":
        with h5py.File(path) as file:
            found = {name: item[()] for name, item in file.items()}
        assert found["levelset"].shape == (1, 5)
        expected = None if series is None else series.T if series.ndim == 2 else series[None]
    elif suffix == ".nc":
        with scipy.io.netcdf_file(path, mmap=False) as file:
            found = {name: item.data.copy() for name, item in file.variables.items()}
            assert file.epsg == 3413
        expected = None if series is None else series.T
    else:
        found, expected = dict(np.load(path)), series
    np.testing.assert_array_equal(found["levelset"].ravel(), PHI)
    np.testing.assert_array_equal(found["time"].ravel(), time)
    assert ("spclevelset" in found) == (series is not None)
    if series is not None:
        np.testing.assert_array_equal(found["spclevelset"], expected)


def test_a_name_that_tells_no_format(tmp_path):
    with pytest.raises(SettingsError, match=r"\.mat, \.h5"):
        write_levelsets(tmp_path / "a.csv", PHI, TIME, SERIES, "EPSG:3413")


@pytest.mark.octave
@pytest.mark.parametrize("suffix", [".mat", ".h5"])
def test_octave_reads_columns(tmp_path, suffix):
    path = write_levelsets(tmp_path / f"a{suffix}", PHI, TIME, SERIES, "EPSG:3413")
    script = (
        f"s=load('{path}'); printf('%d ',size(s.levelset),size(s.spclevelset),size(s.time)); "
        "printf('%g ',s.spclevelset(end,:),s.levelset(1),s.epsg);"
    )
    env = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    said = subprocess.run(
        [shutil.which("octave"), "--no-gui", "-q", "--no-init-file", "--eval", script],
        check=True, capture_output=True, text=True, env=env,
    ).stdout  # fmt: skip
    assert said.split() == ["5", "1", "6", "3", "1", "3", "2016.25", "2017.5", "2018", "-2", "3413"]
