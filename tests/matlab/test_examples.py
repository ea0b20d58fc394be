"""The example scripts do what they say, in a real Octave and without ISSM."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest
from scipy.io import loadmat

from pycalfin.issm import decimal_year
from pycalfin.resources import folder
from tests.matlab.outlet import DATES, write_model, write_run

pytestmark = pytest.mark.octave

SCRIPTS = sorted(path.stem for path in (folder("matlab") / "examples").glob("*.m"))


@pytest.fixture
def example(octave_run, tmp_path):
    """Run an example in a folder with a run's results; more statements may follow."""
    if shutil.which("gnuplot") is None:
        pytest.skip("gnuplot, with which Octave draws without a screen, is not installed")

    def run(name, before="", after="", dates=DATES, **fields):
        write_run(tmp_path / "pycalfin_output", tuple(dates), **fields)
        place = folder("matlab") / "examples"
        stdout, _ = octave_run(
            "graphics_toolkit('gnuplot'); set(0,'defaultfigurevisible','off');\n"
            f"addpath('{place}');\n{before}\n{name}\n{after}",
            cwd=tmp_path,
        )
        return stdout

    return run


def test_the_examples_are_these():
    assert SCRIPTS == ["examplemesh", "frontmisfit", "imposedfront", "initializeoutlet"]


def test_an_outlet_is_initialised(example, tmp_path):
    stdout = example(
        "initializeoutlet", after="print('a.png','-dpng'); ice=md.mask.ice_levelset;"
        "save('-v7','a.mat','ice');",
    )  # fmt: skip
    found = re.search(r"^(\d+) of (\d+) vertices are ice on 2017-09-15$", stdout, re.MULTILINE)
    assert 0 < int(found[1]) < int(found[2])
    assert (loadmat(tmp_path / "a.mat")["ice"] < 0).sum() == int(found[1])
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_a_model_of_ones_own_is_filled(example, tmp_path):
    write_model(tmp_path / "md.mat")
    stdout = example(
        "initializeoutlet",
        "load('md.mat'); md.geometry.thickness=zeros(numel(md.mesh.x),1);",
        "disp(sum(md.geometry.thickness)==sum(md.mask.ice_levelset>0));",
    )
    assert stdout.split()[-1] == "1"


def test_a_front_is_imposed(example):
    stdout = example(
        "imposedfront",
        after="disp(md.transient.ismovingfront);"
        "disp(isequal(md.mask.ice_levelset,md.levelset.spclevelset(1:end-1,1)));",
    )
    shares = [float(share) for share in re.findall(r": +(\S+) % of the vertices", stdout)]
    # the glacier retreats, advances a little, and retreats
    assert shares[0] > shares[1] > shares[2] < shares[3] > shares[4]
    assert stdout.split()[-2:] == ["1", "1"]


def test_a_front_that_stays_is_compared_with_those_seen(example, tmp_path):
    example("frontmisfit", after="save('-v7','misfit.mat','misfit');")
    misfit = loadmat(tmp_path / "misfit.mat")["misfit"]
    retreat = np.array(list(DATES.values())) - DATES["2016-01-15"]
    assert misfit[0, 1] == pytest.approx(0, abs=20)
    # the model's front lies farther out: by nearly the distance along the glacier, for a curved one
    np.testing.assert_allclose(misfit[1:, 1], retreat[1:], rtol=0.15)
    assert (misfit[1:, 1] < retreat[1:]).all()
    assert (misfit[:, 2] < 300).all()
    np.testing.assert_allclose(misfit[:, 0], [decimal_year(date) for date in DATES])


def test_scenes_that_tell_the_hour_are_compared_at_that_hour(example, tmp_path):
    example("frontmisfit", after="save('-v7','misfit.mat','misfit');", time="14:30:00")
    misfit = loadmat(tmp_path / "misfit.mat")["misfit"]
    assert np.isfinite(misfit).all()
    expected = [decimal_year(date, "14:30:00") for date in DATES]
    np.testing.assert_array_equal(misfit[:, 0], expected)


def test_synthetic_fronts_may_be_tried(example):
    assert "SYNTHETIC" in example("imposedfront", synthetic=True)


def test_one_date_is_no_series(example):
    for name in ("imposedfront", "frontmisfit"):
        stdout = example(
            "", dates=list(DATES)[:1], after=f"try; {name}; catch e; disp(e.identifier); end"
        )
        assert stdout.endswith("calfin:nofront\n")


@pytest.mark.parametrize("name", SCRIPTS)
def test_help(octave, name):
    place = folder("matlab") / "examples"
    text = octave(f"addpath('{place}'); disp(get_help_text('{name}'));")
    assert name.upper() in text
    assert "results='fronts'" in text or "Usage:" in text
