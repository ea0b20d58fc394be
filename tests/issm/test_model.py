"""Models of the real pyISSM, filled with fronts, checked by its own checks, saved and loaded."""

import warnings

import numpy as np
import pytest

from pycalfin.errors import FrontsError, MeshError
from pycalfin.issm import apply, decimal_year
from pycalfin.issm.mesh import read_mesh
from pycalfin.records import Front
from tests.issm.drawn import SOUTH, WEST, across

DATES = ["2016-01-15", "2016-07-15", "2017-01-15"]
EAST = [1000, 1300, 1600]


@pytest.fixture(scope="module")
def pyissm():
    """The package; it needs the name of a user, and warns where ISSM itself is absent."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv("USER", "somebody")
        warnings.simplefilter("ignore")
        yield pytest.importorskip("pyissm", reason="pyissm (extra issm) is not installed")


@pytest.fixture
def md(pyissm, square):
    """A model as far as pyISSM's checks of a moving front look at it."""
    x, y, elements = square
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        md = pyissm.model.Model()
    md.mesh = pyissm.model.classes.mesh.mesh2d()
    md.mesh.x, md.mesh.y, md.mesh.elements = x, y, elements
    md.mesh.numberofvertices, md.mesh.numberofelements = len(x), len(elements)
    md.mesh.epsg = 3413
    md.mask.ice_levelset = -np.ones(len(x))
    md.mask.ocean_levelset = np.ones(len(x))
    return md


@pytest.fixture
def fronts():
    return [
        Front(across(east), "EPSG:3413", date, domain="Bræ")
        for east, date in zip(EAST, DATES, strict=True)
    ]


def leading_bytes(md):
    """Where the zero line crosses the middle of the mesh, metres from the western side."""
    row = np.abs(md.mesh.y - (SOUTH + 2000)) < 1
    order = np.argsort(md.mesh.x[row])
    return np.interp(0, -md.mask.ice_levelset[row][order], md.mesh.x[row][order]) - WEST


def test_a_filled_model_starts_between_two_dates(md, fronts):
    years = [decimal_year(date) for date in DATES]
    md.timestepping.start_time = (years[0] + years[1]) / 2
    assert apply(md, fronts) is md
    assert md.mask.ice_levelset.shape == (md.mesh.numberofvertices,)
    assert md.levelset.spclevelset.shape == (md.mesh.numberofvertices + 1, 3)
    np.testing.assert_array_equal(md.levelset.spclevelset[-1], years)
    assert md.transient.ismovingfront == 1
    middle = md.levelset.spclevelset[:-1, :2].mean(axis=1)
    np.testing.assert_allclose(md.mask.ice_levelset, middle)
    assert leading_bytes(md) == pytest.approx(1150, abs=60)


@pytest.mark.parametrize(("start", "column"), [(0.0, 0), (2015.9, 0), (2022.0, -1), (2017.05, -1)])
def test_a_model_that_starts_outside_the_series_takes_what_issm_holds(
    md, fronts, caplog, start, column
):
    md.timestepping.start_time = start
    apply(md, fronts)
    word = "last" if column else "first"
    assert (
        f"the model starts at {start:g}, but the fronts are of 2016.0383 to 2017.0384"
        in caplog.text
    )
    assert f"it starts with the {word} front, which ISSM holds outside" in caplog.text
    np.testing.assert_array_equal(md.mask.ice_levelset, md.levelset.spclevelset[:-1, column])


def test_a_model_that_starts_at_an_end_of_the_series_takes_its_column_in_silence(
    md, fronts, caplog
):
    for column in (0, -1):
        md.timestepping.start_time = decimal_year(DATES[column])
        apply(md, fronts)
        np.testing.assert_array_equal(md.mask.ice_levelset, md.levelset.spclevelset[:-1, column])
    assert "starts with" not in caplog.text


def test_after_the_last_time_of_a_series_a_model_starts_with_it(md, fronts):
    md.timestepping.start_time = 2016.9
    apply(md, fronts, times=[2016.1, 2016.3])
    np.testing.assert_array_equal(md.mask.ice_levelset, md.levelset.spclevelset[:-1, 1])
    apply(md, fronts, times=[2016.1, 2016.3], transient=False)
    np.testing.assert_array_equal(md.mask.ice_levelset, md.levelset.spclevelset[:-1, 1])


def test_a_date_fills_the_mask_alone(md, fronts):
    apply(md, fronts, date=DATES[1])
    assert leading_bytes(md) == pytest.approx(1300, abs=60)
    assert md.transient.ismovingfront == 0
    assert np.isnan(md.levelset.spclevelset).all()
    apply(md, fronts, date=DATES[1], transient=True)
    assert md.levelset.spclevelset.shape == (md.mesh.numberofvertices + 1, 3)
    apply(md, fronts[:1])
    assert md.levelset.spclevelset.shape == (md.mesh.numberofvertices,)


@pytest.mark.parametrize("count", [1, 3])
def test_pyissm_finds_it_consistent(pyissm, md, fronts, count, capsys):
    md.mesh.average_vertex_connectivity = 25
    apply(md, fronts[:count])
    complete(md)
    md.private.solution = "TransientSolution"
    pyissm.model.execute.is_model_self_consistent(md)
    assert md.private.isconsistent, capsys.readouterr().out
    # and it is the fronts that were looked at: a wrong number of rows is found
    md.levelset.spclevelset = np.zeros(7)
    with pytest.raises(RuntimeError):
        pyissm.model.execute.is_model_self_consistent(md)


def outline(elements):
    """Edges that one element alone has, with its number."""
    sides = np.concatenate([elements[:, [0, 1]], elements[:, [1, 2]], elements[:, [2, 0]]])
    owner = np.tile(np.arange(len(elements)) + 1, 3)
    _, first, count = np.unique(
        np.sort(sides, axis=1), axis=0, return_index=True, return_counts=True
    )
    single = first[count == 1]
    return np.column_stack([sides[single], owner[single]])


def complete(md):
    """Give a model all else that its checks ask for: a slab of ice."""
    count, elements = md.mesh.numberofvertices, md.mesh.numberofelements
    every = np.ones(count)
    edge = (md.mesh.x == md.mesh.x.min()) | (md.mesh.x == md.mesh.x.max())
    md.mesh.vertexonboundary = edge.astype(int)
    md.mesh.segments = outline(md.mesh.elements)
    md.geometry.thickness, md.geometry.base = 500 * every, -100 * every
    md.geometry.surface, md.geometry.bed = 400 * every, -100 * every
    md.initialization.vx = md.initialization.vy = md.initialization.vel = 0 * every
    md.initialization.pressure, md.initialization.temperature = 0 * every, 263 * every
    md.materials.rheology_B, md.materials.rheology_n = 1e8 * every, 3 * np.ones(elements)
    md.friction.coefficient = 20 * every
    md.friction.p = md.friction.q = np.ones(elements)
    md.smb.mass_balance = 0 * every
    md.basalforcings.groundedice_melting_rate = 0 * every
    md.basalforcings.floatingice_melting_rate = 0 * every
    md.calving.calvingrate = 0 * every
    md.frontalforcings.meltingrate = 0 * every
    for name in ("spcvx", "spcvy", "spcvz"):
        setattr(md.stressbalance, name, np.full(count, np.nan))
    md.stressbalance.referential = np.full((count, 6), np.nan)
    md.stressbalance.loadingforce = np.zeros((count, 3))
    md.masstransport.spcthickness = np.full(count, np.nan)
    md.transient.isthermal = 0
    md.timestepping.start_time, md.timestepping.final_time = 2016, 2017
    flow = md.flowequation
    flow.isSSA = 1
    flow.vertex_equation, flow.element_equation = 2 * every, 2 * np.ones(elements)
    for name in ("borderSSA", "borderHO", "borderFS"):
        setattr(flow, name, 0 * every)


def test_saved_and_loaded_it_is_the_same(pyissm, md, fronts, tmp_path):
    apply(md, fronts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyissm.model.io.save_model(md, str(tmp_path / "m.nc"))
        back = pyissm.model.io.load_model(str(tmp_path / "m.nc"))
    np.testing.assert_array_equal(back.mask.ice_levelset, md.mask.ice_levelset)
    np.testing.assert_array_equal(back.levelset.spclevelset, md.levelset.spclevelset)
    assert back.transient.ismovingfront == 1
    mesh = read_mesh(tmp_path / "m.nc")
    np.testing.assert_array_equal(mesh.x, md.mesh.x)
    np.testing.assert_array_equal(mesh.elements, md.mesh.elements)
    assert mesh.crs == "EPSG:3413"


def test_bare_ground_away_from_the_fronts_stays_bare(md, fronts):
    nunatak = np.abs(md.mesh.x - (WEST + 3500)) + np.abs(md.mesh.y - (SOUTH + 2000)) < 600
    old_ocean = md.mesh.x < WEST + 2100
    mask = np.where(nunatak | old_ocean, 30.0, -1.0)
    md.mask.ice_levelset = mask
    apply(md, fronts)
    assert (md.mask.ice_levelset[nunatak] == 30).all()
    assert (md.levelset.spclevelset[:-1][nunatak] == 30).all()
    advanced = old_ocean & (md.mesh.x > WEST + 1700)
    assert (md.mask.ice_levelset[advanced] < 0).all()
    md.mask.ice_levelset = mask
    apply(md, fronts, replacemask=True)
    assert (md.mask.ice_levelset[nunatak] < 0).all()


def test_bare_land_at_the_ocean_stays_bare(md, fronts):
    coast = md.mesh.y < SOUTH + 600
    old_ocean = md.mesh.x < WEST + 2100
    md.mask.ice_levelset = np.where(coast | old_ocean, 30.0, -1.0)
    md.mask.ocean_levelset = np.where(old_ocean & ~coast, -1.0, 1.0)
    apply(md, fronts)
    inland = coast & (md.mesh.x > WEST + 2600)
    assert (md.mask.ice_levelset[inland] == 30).all()
    assert (md.mask.ice_levelset[old_ocean & ~coast & (md.mesh.x > WEST + 1700)] < 0).all()


def test_what_is_refused(md, fronts):
    marked = [front.with_fields(synthetic=True) for front in fronts]
    with pytest.raises(FrontsError, match="allow_synthetic=True"):
        apply(md, marked)
    apply(md, marked, allow_synthetic=True)
    with pytest.raises(MeshError, match="not a model"):
        apply(object(), fronts)
    md.mesh.x = np.nan
    with pytest.raises(MeshError, match="no mesh yet"):
        apply(md, fronts)


def test_filled_again_a_model_stays_the_same(md, fronts):
    """Also where bare ground stands in ice that the front will leave, or has left."""
    years = [decimal_year(date) for date in DATES]
    md.timestepping.start_time = years[-1]
    for east in np.arange(800.0, 2700, 250):
        nunatak = np.hypot(md.mesh.x - (WEST + east), md.mesh.y - (SOUTH + 2000)) < 300
        md.mask.ice_levelset = np.where(nunatak | (md.mesh.x < WEST + 400), 30.0, -1.0)
        apply(md, fronts)
        first = md.mask.ice_levelset.copy(), md.levelset.spclevelset.copy()
        apply(md, fronts)
        np.testing.assert_array_equal(md.mask.ice_levelset, first[0])
        np.testing.assert_array_equal(md.levelset.spclevelset, first[1])
