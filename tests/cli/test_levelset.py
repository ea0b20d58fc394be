"""`pycalfin levelset`, from files to a file."""

import json

import numpy as np
import pytest
import scipy.io
from shapely.geometry import LineString

from pycalfin.cli import main
from tests.issm.drawn import across, ocean_west, write_vector


@pytest.fixture
def given(tmp_path):
    """A mesh and a published pair of files."""
    steps = np.arange(9) * 500.0
    x, y = (values.ravel() for values in np.meshgrid(steps - 300_000, steps - 1_200_000))
    scipy.io.savemat(tmp_path / "mesh.mat", {"md": {"mesh": {"x": x, "y": y, "epsg": 3413}}})
    fields = {"Date": ["2016-06-30", "2017-07-01"], "RefName": ["B"] * 2, "ImageID": ["1", "2"]}
    lines = [LineString(across(1000)), LineString(across(1500, reverse=True))]
    fronts = write_vector(tmp_path / "termini_B_v1.0.shp", lines, **fields)
    write_vector(tmp_path / "termini_B_closed_v1.0.shp", [ocean_west(1000), ocean_west(1500)],
                 **fields)  # fmt: skip
    return ["levelset", "--mesh", "mesh.mat", "--fronts", str(fronts)]


def test_a_series(given, capsys):
    assert main([*given, "--output", "out.mat"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 fronts of 2016-06-30 to 2017-07-01"
    assert lines[-1] == "out.mat"
    found = scipy.io.loadmat("out.mat")
    assert found["spclevelset"].shape == (82, 2)
    assert (found["spclevelset"][:-1, 1] >= found["spclevelset"][:-1, 0] - 1e-9).mean() > 0.9
    np.testing.assert_array_equal(found["spclevelset"][:-1, :1], found["levelset"])


def test_one_date_and_json(given, capsys):
    assert main([*given, "--date", "2017-07-01", "--json", "--output", "out.npz"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["fronts"] == 1
    assert summary["spclevelset"] is None
    assert summary["vertices"] == 81
    phi = np.load("out.npz")["levelset"]
    assert summary["ice"] == (phi < 0).sum() > 0


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        (["--output", "out.csv"], 2, "the name has no known ending"),
        (["--output", "o.mat", "--times", "weekly"], 2, "--times takes"),
        (["--output", "o.mat", "--crs", "EPSG:1"], 2, "EPSG:1"),
        (["--output", "o.mat", "--date", "1999-01-01"], 1, "no front of 1999-01-01"),
        (["--output", "o.mat", "--mesh", "none"], 1, "no such file; check --mesh"),
        (["--output", "o.mat", "--fronts", "none"], 1, "check --fronts"),
        (["--output", "o.mat", "--ocean", "none"], 1, "--ocean takes"),
        (["--output", "mesh.mat/o.mat"], 1, "cannot write"),
    ],
)
def test_what_is_wrong_is_said(given, capsys, tmp_path, more, status, message):
    before = sorted(tmp_path.iterdir())
    assert main([*given, *more]) == status
    assert message in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before
