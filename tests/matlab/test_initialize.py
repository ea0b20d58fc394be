"""Fronts into models, by calfin.m in a real Octave: the numbers are those that Python gives."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.io import loadmat

from pycalfin.cli import main
from pycalfin.issm import apply, decimal_year, levelset, spclevelset
from pycalfin.issm.sources import read_fronts
from tests.matlab.outlet import (
    DATES,
    LENGTH,
    SEEN,
    SOUTH,
    WEST,
    WIDTH,
    mesh,
    write_model,
    write_run,
)

pytestmark = pytest.mark.octave

CATCH = "catch e; printf('%s|%s\\n',e.identifier,e.message); end"
FIRST, *_, LAST = DATES


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("run") / "Bræ's run")


@pytest.fixture(scope="module")
def start_here(run_folder):
    """The beginning of a script: cf with the run's fronts, md with a mesh."""
    quoted = str(run_folder).replace("'", "''")
    return f"cf=calfin(); cf.load('{quoted}'); load('md.mat');\n"


def model(*, layers=1, epsg=3413.0, start=0.0, ice=None, ocean=None):
    """What `apply` takes for a model."""
    x, y, elements = mesh(layers=layers)
    return SimpleNamespace(
        mesh=SimpleNamespace(x=x, y=y, elements=elements, epsg=epsg),
        mask=SimpleNamespace(ice_levelset=ice, ocean_levelset=ocean),
        levelset=SimpleNamespace(spclevelset=None),
        transient=SimpleNamespace(ismovingfront=0),
        timestepping=SimpleNamespace(start_time=start, interp_forcing=1),
    )


def saved(folder, name="out.mat"):
    """The variables that a script has saved with -v7."""
    content = loadmat(folder / name, squeeze_me=False)
    return SimpleNamespace(**{key: value for key, value in content.items() if key[:2] != "__"})


SAVE = (
    "ice=md.mask.ice_levelset; spc=md.levelset.spclevelset; moving=md.transient.ismovingfront;"
    "kept=cf.levelset; save('-v7','out.mat','ice','spc','moving','kept');\n"
)


@pytest.mark.parametrize("layers", [1, 3])
def test_a_model_gets_the_numbers_of_python_and_gets_them_again(
    octave_run, run_folder, start_here, tmp_path, layers
):
    write_model(tmp_path / "md.mat", layers=layers)
    stdout, _ = octave_run(
        start_here + "md.timestepping.start_time=2016.6;\n"
        "md=cf.initialize(md); again=cf.initialize(md);\n"
        "printf('same %d\\n',isequal(again,md));\n" + SAVE,
        cwd=tmp_path,
    )
    assert "same 1" in stdout
    assert "5 fronts of 2016-01-15 to 2017-09-15; the ice ends at the front of 2016.6000" in stdout
    found = saved(tmp_path)
    expected = apply(model(layers=layers, start=2016.6), run_folder)
    np.testing.assert_array_equal(found.ice.ravel(), expected.mask.ice_levelset)
    np.testing.assert_array_equal(found.spc, expected.levelset.spclevelset)
    np.testing.assert_array_equal(found.kept, found.spc)
    assert found.ice.shape == (len(found.spc) - 1, 1)
    assert found.moving == 1
    # and an independent way to the same times
    np.testing.assert_array_equal(found.spc[-1], [decimal_year(date) for date in DATES])
    if layers > 1:
        flat = found.ice.reshape(layers, -1)
        np.testing.assert_array_equal(flat[0], flat[-1])


def test_level_sets_without_touching_the_model(octave, run_folder, start_here, tmp_path):
    write_model(tmp_path / "md.mat")
    octave(
        start_here + "before=md;\n"
        "series=cf.makelevelset(md);\n"
        f"one=cf.makelevelset(md,'date','{LAST}');\n"
        "numbers=cf.makelevelset(md,'times',[2016.3 2017.1]);\n"
        "texts=cf.makelevelset(md,'times',{'2016-07-01','2017-01-01'});\n"
        "monthly=cf.makelevelset(md,'times','monthly','maxgap',160);\n"
        "assert(isequal(cf.levelset,monthly)); assert(isequal(md,before));\n"
        "cf.fronts=cf.fronts([2 4]); two=cf.makelevelset(md);\n"
        "save('-v7','out.mat','series','one','numbers','texts','monthly','two');\n",
        cwd=tmp_path,
    )
    found = saved(tmp_path)
    x, y, elements = mesh()
    fronts = read_fronts(run_folder).fronts
    options = {"crs": "EPSG:3413", "elements": elements}
    np.testing.assert_array_equal(found.series, spclevelset(fronts, x, y, **options))
    last = [front for front in fronts if front.date == LAST]
    np.testing.assert_array_equal(found.one[:, 0], levelset(last, x, y, **options))
    for name, times in {
        "numbers": [2016.3, 2017.1],
        "texts": ["2016-07-01", "2017-01-01"],
    }.items():
        expected = spclevelset(fronts, x, y, times=times, **options)
        np.testing.assert_array_equal(getattr(found, name), expected)
    assert 12 < found.monthly.shape[1] < 21
    two = [front for front in fronts if front.date in list(DATES)[1:4:2]]
    np.testing.assert_array_equal(found.two, spclevelset(two, x, y, **options))


def test_one_date_makes_a_column(octave_run, tmp_path):
    write_run(tmp_path / "one", [FIRST])
    write_model(tmp_path / "md.mat")
    stdout, stderr = octave_run(
        "cf=calfin(); cf.load('one'); load('md.mat'); md=cf.initialize(md);\n" + SAVE
        + "printf('%s',cf.log);",
        cwd=tmp_path,
    )  # fmt: skip
    found = saved(tmp_path)
    assert found.spc.shape == found.ice.shape == (len(mesh()[0]), 1)
    np.testing.assert_array_equal(found.spc, found.ice)
    said = "the model has no start time; it starts with the first front"
    assert said in stdout
    assert said in stderr


@pytest.mark.parametrize(("start", "column"), [(1990.0, 0), (2022.0, -1)])
def test_a_start_outside_the_series_takes_what_issm_holds_and_says_so(
    octave_run, start_here, tmp_path, start, column
):
    write_model(tmp_path / "md.mat", timestepping={"start_time": start})
    stdout, _ = octave_run(
        start_here + f"md=cf.initialize(md); printf('%d\\n',isequal(md.mask.ice_levelset,"
        f"md.levelset.spclevelset(1:end-1,{'end' if column else '1'}))); printf('%s',cf.log);",
        cwd=tmp_path,
    )
    assert f"the ice ends at the front of {LAST if column else FIRST}; 5 times" in stdout
    said = f"1\nthe model starts at {start:g}, but the fronts are of 2016.0383 to 2017.7041"
    assert f"{said}; it starts with the {'last' if column else 'first'} front" in stdout


def test_a_date_sets_the_mask_alone_unless_told(octave, start_here, tmp_path):
    write_model(tmp_path / "md.mat")
    octave(
        start_here + f"one=cf.initialize(md,'date','{LAST}'); assert(~isfield(one,'levelset'));\n"
        "ice=one.mask.ice_levelset; assert(isequal(cf.levelset,ice));\n"
        f"md=cf.initialize(md,'date','{LAST}','transient',true);\n"
        "assert(isequal(md.mask.ice_levelset,ice)); assert(columns(md.levelset.spclevelset)==5);\n"
        f"md=cf.initialize(md,'date','{LAST}','transient',false);\n"
        "assert(isequal(cf.levelset,ice));\n"
        f"md=cf.initialize(md,'date','{LAST}','times',[2016.3 2017.1]);\n"
        "assert(isequal(md.mask.ice_levelset,ice)); assert(isequal(md.levelset.spclevelset(end,:),"
        "[2016.3 2017.1]));",
        cwd=tmp_path,
    )


def test_ground_without_ice_away_from_the_front_stays(octave, run_folder, start_here, tmp_path):
    x, y, _ = mesh()
    nunatak = np.hypot(x - (WEST + LENGTH - 3000), y - y.mean()) < 900
    mask = np.where(nunatak, 77.0, np.where(x < WEST + 5000, 1.0, -1.0))
    assert nunatak.sum() > 5
    start = {"start_time": 2016.1}
    write_model(tmp_path / "md.mat", mask={"ice_levelset": mask}, timestepping=start)
    octave(
        start_here + "md=cf.initialize(md); assert(isequal(cf.initialize(md),md));\n" + SAVE
        + "md=cf.initialize(md,'replacemask',true); ice=md.mask.ice_levelset;\n"
        "save('-v7','other.mat','ice');",
        cwd=tmp_path,
    )  # fmt: skip
    found = saved(tmp_path)
    expected = apply(model(ice=mask, start=2016.1), run_folder)
    np.testing.assert_array_equal(found.ice.ravel(), expected.mask.ice_levelset)
    np.testing.assert_array_equal(found.spc, expected.levelset.spclevelset)
    assert (found.ice.ravel()[nunatak] == 77).all()
    assert (found.spc[:-1][nunatak] == 77).all()
    assert (saved(tmp_path, "other.mat").ice.ravel()[nunatak] < 0).all()


@pytest.mark.parametrize("case", ["masks", "bed"])
def test_known_land_is_the_same_wall_from_octave_python_and_the_command_line(
    octave, run_folder, start_here, tmp_path, case
):
    x, y, _ = mesh()
    shore = abs(y - SOUTH - WIDTH / 2) > WIDTH / 2 - 1000
    rock, sea = shore & (x < WEST + 11_000), ~shore & (x < WEST + 3000)
    ice, bed = np.where(rock | sea, 1.0, -1.0), np.where(shore, 80.0, -250.0)
    fields = {
        "masks": {"mask": {"ice_levelset": ice, "ocean_levelset": np.where(sea, -1.0, 1.0)}},
        "bed": {"mask": {"ice_levelset": ice, "ocean_levelset": np.nan}, "geometry": {"bed": bed}},
    }[case]
    start = {"start_time": 2016.6}
    write_model(tmp_path / "md.mat", timestepping=start, **fields)
    octave(
        start_here + "md=cf.initialize(md); assert(isequaln(cf.initialize(md),md));\n" + SAVE
        + "md=cf.initialize(md,'replacemask',true); spc=md.levelset.spclevelset;\n"
        "save('-v7','other.mat','spc'); assert(isequal(cf.makelevelset(md),spc));",
        cwd=tmp_path,
    )  # fmt: skip
    found = saved(tmp_path)
    given = model(start=2016.6)
    for name, content in fields.items():
        setattr(given, name, SimpleNamespace(**content))
    expected = apply(given, run_folder)
    np.testing.assert_array_equal(found.ice.ravel(), expected.mask.ice_levelset)
    np.testing.assert_array_equal(found.spc, expected.levelset.spclevelset)
    assert rock.sum() > 150
    assert (found.ice.ravel()[rock] == 1).all()
    assert (found.spc[:-1][rock] == 1).all()
    options = ["--mesh", str(tmp_path / "md.mat"), "--fronts", str(run_folder), "--output"]
    assert main(["levelset", *options, str(tmp_path / "walled.mat")]) == 0
    np.testing.assert_array_equal(saved(tmp_path, "walled.mat").spclevelset, found.spc)
    assert main(["levelset", *options, str(tmp_path / "free.mat"), "--replace-mask"]) == 0
    free = saved(tmp_path, "free.mat").spclevelset
    np.testing.assert_array_equal(free, saved(tmp_path, "other.mat").spc)
    assert (free[:-1][rock] != 1).all()


def test_a_mesh_without_a_system_takes_that_of_calfin_or_says_what_it_takes(
    octave_run, start_here, tmp_path
):
    write_model(tmp_path / "md.mat", epsg=0.0)
    stdout, _ = octave_run(
        start_here + "one=cf.makelevelset(md); printf('%s',cf.log); cf.log='';\n"
        "cf.crs='EPSG:3413'; assert(isequal(cf.makelevelset(md),one)); assert(isempty(cf.log));\n"
        f"cf.crs='EPSG:3031'; try; cf.makelevelset(md); {CATCH}",
        cwd=tmp_path,
    )
    said = "the mesh: no coordinate reference system, assumed EPSG:3413, where it lies at"
    assert f"\n{said}" in stdout
    assert "calfin:fronts|none of the 5 fronts lies on the mesh" in stdout


def test_the_ocean_of_the_run_may_be_the_coast(octave, start_here, tmp_path):
    write_model(tmp_path / "md.mat")
    octave(
        start_here + f"one=cf.makelevelset(md,'date','{LAST}','withinocean',true);\n"
        f"two=cf.initialize(md,'date','{LAST}','withinocean',true).mask.ice_levelset;\n"
        f"all=cf.makelevelset(md,'date','{LAST}'); assert(isequal(one,two));\n"
        "save('-v7','out.mat','one','all');",
        cwd=tmp_path,
    )
    found = saved(tmp_path)
    x, _, _ = mesh()
    unseen, seen = x < WEST + SEEN - 10, x > WEST + SEEN + 10
    assert (found.one.ravel()[unseen] < 0).all()
    assert (found.all.ravel()[unseen] > 0).all()
    np.testing.assert_array_equal(found.one.ravel()[seen], found.all.ravel()[seen])


def test_a_model_that_does_not_interpolate_is_warned_of(octave_run, start_here, tmp_path):
    steps = {"start_time": 2016.6, "interp_forcing": 0.0}
    write_model(tmp_path / "md.mat", timestepping=steps)
    stdout, _ = octave_run(
        start_here + "md=cf.initialize(md); [m,id]=lastwarn(); disp(id);", cwd=tmp_path
    )
    assert stdout.split()[-1] == "calfin:jumps"


def test_objects_are_filled_as_structs_are(octave, start_here, tmp_path):
    """ISSM's model is a value class whose fields exist beforehand."""
    (tmp_path / "model.m").write_text(
        "classdef model\n\tproperties\n\t\tmesh=[]; mask=struct('ice_levelset',NaN);\n"
        "\t\tlevelset=struct('spclevelset',NaN); transient=struct('ismovingfront',0);\n"
        "\t\ttimestepping=struct('start_time',2016.6);\n\tend\nend\n"
    )
    write_model(tmp_path / "md.mat", timestepping={"start_time": 2016.6})
    octave(
        start_here + "addpath(pwd()); other=model(); other.mesh=md.mesh; before=other;\n"
        "other=cf.initialize(other); md=cf.initialize(md);\n"
        "assert(isequal(other.mask.ice_levelset,md.mask.ice_levelset));\n"
        "assert(isequal(other.levelset.spclevelset,md.levelset.spclevelset));\n"
        "assert(other.transient.ismovingfront==1); assert(before.transient.ismovingfront==0);\n"
        "assert(isnan(before.mask.ice_levelset));",
        cwd=tmp_path,
    )


ERRORS = {
    "nothing found": ("cf=calfin();", "calfin:nofront", "there is no front; cf.solve() finds some"),
    "elsewhere": (
        "md.mesh.x=md.mesh.x+1e6;",
        "calfin:fronts",
        "none of the 5 fronts lies on the mesh",
    ),
    "no date": (
        "more={'date','1999-01-01'};",
        "calfin:fronts",
        "no front of 1999-01-01: those on the mesh are 2016-01-15 to 2017-09-15",
    ),
    "bad date": ("more={'date','summer'};", "calfin:levelset", "is not a date"),
    "no text": ("more={'date',2016};", "calfin:option", "date is a double; expected text"),
    "bad times": ("more={'times','weekly'};", "calfin:settings", "weekly: not a list of times"),
    "a switch in words": (
        "more={'replacemask','no'};",
        "calfin:option",
        "replacemask is a char of 2; expected one number, true or false",
    ),
    "a gap in words": ("more={'times','monthly','maxgap','ten'};", "calfin:option", "maxgap is a"),
    "misspelt": ("more={'dates',1};", "calfin:option", "did you mean date?"),
    "no pair": ("more={'date'};", "calfin:option", "initialize takes pairs"),
    "no mesh": ("md=struct('mesh',[]);", "calfin:mesh", "needs a model with a mesh"),
    "no elements": ("md.mesh.elements=[];", "calfin:mesh", "expected triangles or prisms"),
    "elements": ("md.mesh.elements(1)=1e6;", "calfin:mesh", "the elements name vertices"),
    "changed": ("cf.fronts(2).x(1)=0;", "calfin:fronts", "front 2 of cf.fronts was changed (x)"),
    "other date": ("cf.fronts(1).date='2016-01-16';", "calfin:fronts", "was changed (date)"),
    "distrusted": ("cf.fronts(3).confidence=0;", "calfin:fronts", "was changed (confidence)"),
    "no longer partial": (
        "cf.fronts(4).partial=~cf.fronts(4).partial;",
        "calfin:fronts",
        "(partial)",
    ),
    "invented": ("cf.fronts(2).id='me';", "calfin:fronts", "no longer has front me"),
    "own": ("cf.report='';", "calfin:fronts", "cf.fronts are not those of a run"),
    "no Python": ("cf.python='/no/python';", "calfin:nopython", "not a working Python"),
}


@pytest.mark.parametrize("case", list(ERRORS))
def test_what_goes_wrong_has_a_name_and_leaves_the_model_as_it_was(
    octave_run, start_here, tmp_path, case
):
    script, identifier, sentence = ERRORS[case]
    write_model(tmp_path / "md.mat")
    stdout, _ = octave_run(
        start_here + f"more={{}}; {script}\nbefore=md;\n"
        f"try; md=cf.initialize(md,more{{:}}); {CATCH}\n"
        "printf('unchanged %d\\n',isequaln(md,before));",
        cwd=tmp_path,
    )
    *_, said, unchanged = stdout.splitlines()
    assert said.startswith(f"{identifier}|"), stdout
    assert sentence in said
    assert unchanged == "unchanged 1"


def test_synthetic_fronts_are_refused_unless_allowed(octave_run, tmp_path):
    write_run(tmp_path / "made", list(DATES)[:2], synthetic=True)
    write_model(tmp_path / "md.mat")
    stdout, _ = octave_run(
        "cf=calfin(); cf.load('made'); load('md.mat'); before=md;\n"
        f"try; md=cf.initialize(md); {CATCH}\ntry; cf.makelevelset(md); {CATCH}\n"
        "printf('unchanged %d\\n',isequal(md,before));\n"
        "md=cf.initialize(md,'allowsynthetic',true); disp(size(md.levelset.spclevelset,2));",
        cwd=tmp_path,
    )
    said = "calfin:synthetic|2 of 2 fronts come from synthetic scenes: they are no observations"
    assert stdout.count(said) == 2
    assert "unchanged 1" in stdout
    assert "2 SYNTHETIC fronts" in stdout
    assert stdout.split()[-1] == "2"
