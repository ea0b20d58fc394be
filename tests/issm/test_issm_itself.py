"""What ISSM's own MATLAB code makes of our files, under Octave, where an ISSM is installed."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import shapely

from pycalfin.issm import levelset, write_exp
from pycalfin.issm.export import write_levelsets
from pycalfin.records import Front
from tests.issm.drawn import SOUTH, WEST, across

SOURCES = (
    "exp",
    "mesh",
    "miscellaneous",
    "geometry",
    "contours",
    "parameterization",
    "consistency",
)
"""Folders of ISSM's MATLAB code, under src/m, that the functions used here lie in."""
SCRIPT = """
for name={{{folders}}}, if exist(name{{1}},'dir'), addpath(genpath(name{{1}})); end, end
more off; warning('off','all');
contours=expread('fronts.exp');
names={{contours.name}}; nods=[contours.nods]; closed=[contours.closed];
x=contours(1).x; y=contours(1).y;
mesh=load('mesh.mat'); s=load('phi.mat');
md=struct(); md.mesh=struct('x',mesh.x,'y',mesh.y,'elements',mesh.elements);
try
  own=mesh2d(); own.x=mesh.x; own.y=mesh.y; own.elements=mesh.elements;
  own.numberofvertices=numel(mesh.x); own.numberofelements=size(mesh.elements,1); md.mesh=own;
catch
end
isolines={{}}; ok=0; why='';
try
  found=zeroline(md,s.levelset);
  isolines={{found.x;found.y}}; ok=1;
catch problem
  why=problem.message;
end
save('-v7','answer.mat','names','nods','closed','x','y','isolines','ok','why');
function found=zeroline(md,phi)
  found=isoline(md,phi,'value',0,'output','struct');
end
"""


@pytest.fixture
def issm():
    """Folder of ISSM."""
    given = os.environ.get("ISSM_DIR", "")
    if not (Path(given) / "src" / "m" / "exp" / "expread.m").is_file() or not given:
        pytest.skip("ISSM_DIR names no ISSM with its MATLAB sources")
    return Path(given)


@pytest.fixture
def answer(issm, square, tmp_path):
    """What Octave says of a file of two contours and a level set."""
    x, y, elements = square
    fronts = [
        Front(across(1000), "EPSG:3413", "2016-06-30", domain="Sermeq Kujalleq"),
        Front(across(1500), "EPSG:3413", "2017-07-01", domain="Bræ"),
    ]
    write_exp(tmp_path / "fronts.exp", fronts)
    phi = levelset(fronts[:1], x, y, elements=elements)
    write_levelsets(tmp_path / "phi.mat", phi, np.array([2016.5]), None, "EPSG:3413")
    mesh = {"x": x[:, None], "y": y[:, None], "elements": elements.astype(float)}
    scipy.io.savemat(tmp_path / "mesh.mat", mesh)
    folders = ",".join(f"'{issm / 'src' / 'm' / name}'" for name in SOURCES)
    # functions first, commands after: what Octave wants of a script
    commands, _, function = SCRIPT.format(folders=folders).partition("function ")
    (tmp_path / "ask.m").write_text(f"1;\nfunction {function}\n{commands}", encoding="utf-8")
    env = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    done = subprocess.run(
        [shutil.which("octave"), "--no-gui", "-q", "--no-init-file", "ask.m"],
        cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (tmp_path / "answer.mat").is_file(), done.stdout + done.stderr
    return scipy.io.loadmat(tmp_path / "answer.mat", squeeze_me=True)


@pytest.mark.octave
def test_expread_reads_our_contours(answer):
    assert list(answer["names"]) == ["Sermeq_Kujalleq_2016-06-30", "Bræ_2017-07-01"]
    assert answer["nods"].tolist() == [4, 4]
    assert not answer["closed"].any()
    np.testing.assert_allclose(np.column_stack([answer["x"], answer["y"]]), across(1000))


@pytest.mark.octave
def test_the_zero_isoline_of_our_level_set_is_the_front(answer):
    if not answer["ok"]:
        pytest.skip(f"ISSM's isoline does not run here: {answer['why']}")
    parts = np.atleast_2d(answer["isolines"].T)
    points = np.concatenate([np.column_stack([px, py]) for px, py in parts])
    points = points[np.isfinite(points).all(axis=1)]
    away = shapely.distance(shapely.LineString(across(1000)), shapely.points(points))
    assert len(points) > 3
    # a mesh of 500 m draws the bends of the line with straight edges
    assert away.max() < 60
    assert np.ptp(points[:, 1]) > 3500
    assert (points >= [WEST, SOUTH]).all()
