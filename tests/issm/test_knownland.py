"""Land that a model knows: no front is extended over it, and its vertices stay as they are."""

from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from pycalfin.errors import FrontsError
from pycalfin.issm import apply, spclevelset
from pycalfin.issm.knownland import area_without
from pycalfin.records import Front
from tests.issm.drawn import SOUTH, WEST

STEP = 400.0
COLUMNS, ROWS = 24, 20
"""Vertices of the mesh from west to east, and from south to north."""
SHORES = 2600.0, 5400.0
"""The fjord lies between, metres from the southern side."""
COAST = 5100.0
"""Seaward of it, metres from the western side, the land beside the fjord is bare rock."""
DATES = [f"20{year}-0{month}-15" for year in (16, 17, 18, 19) for month in (2, 8)]


def grid(columns=COLUMNS, rows=ROWS, step=STEP):
    x, y = np.meshgrid(np.arange(columns) * step, np.arange(rows) * step)
    corner = np.add.outer(np.arange(rows - 1) * columns, np.arange(columns - 1)).ravel() + 1
    one = np.column_stack([corner, corner + 1, corner + columns])
    other = np.column_stack([corner + 1, corner + columns + 1, corner + columns])
    return x.ravel() + WEST, y.ravel() + SOUTH, np.concatenate([one, other])


def front(number, date, reach=0.0, **fields):
    """A front from shore to shore whose ends point up and down the fjord by turns; ocean west."""
    south, north = SHORES
    y = np.linspace(south - reach, north + reach, 30)
    share = np.linspace(-1, 1, 30)
    middle = 3500 + 500 * np.sin(1.3 * number)
    bend = 900 * np.cos(2.1 * number) * share**3 + 700 * np.sin(0.9 * number) * share**2
    return Front(
        np.column_stack([WEST + middle + bend, SOUTH + y]), "EPSG:3413", date, domain="Bræ",
        **fields,
    )  # fmt: skip


@pytest.fixture(scope="module")
def fronts():
    return [front(number, date) for number, date in enumerate(DATES)]


def outlet(**changed):
    """A model: ocean and ice in a fjord, rock beside the ocean, ice beside the ice."""
    x, y, elements = grid()
    beside = (y - SOUTH < SHORES[0]) | (y - SOUTH > SHORES[1])
    sea = ~beside & (x - WEST < 3000)
    rock = beside & (x - WEST < COAST)
    masks = {"ice": np.where(rock | sea, 1.0, -1.0), "ocean": np.where(sea, -1.0, 1.0)}
    masks |= {"bed": np.nan} | changed
    md = SimpleNamespace(
        mesh=SimpleNamespace(x=x, y=y, elements=elements, epsg=3413),
        mask=SimpleNamespace(ice_levelset=masks["ice"], ocean_levelset=masks["ocean"]),
        geometry=SimpleNamespace(bed=masks["bed"]),
        levelset=SimpleNamespace(spclevelset=np.nan),
        transient=SimpleNamespace(ismovingfront=0),
        timestepping=SimpleNamespace(start_time=2017.3, interp_forcing=1),
    )
    return SimpleNamespace(md=md, rock=rock, beside=beside, sea=sea, x=x, y=y, elements=elements)


def values(md):
    """Level sets at the start and on all dates, (nt + 1, nv)."""
    columns = md.levelset.spclevelset
    columns = columns[:-1].T if columns.ndim == 2 else columns[None]
    return np.vstack([md.mask.ice_levelset, columns])


def by_fronts_alone(place, fronts, **options):
    return spclevelset(
        fronts, place.x, place.y, crs="EPSG:3413", elements=place.elements, **options
    )


def test_without_known_land_fronts_are_extended_over_it(fronts):
    place = outlet()
    free = by_fronts_alone(place, fronts)[:-1]
    assert (free[place.rock] > 0).all(axis=1).sum() < 40
    assert (np.ptp(np.sign(free[place.beside]), axis=1) > 0).sum() > 100


EVERYWHERE = np.ones(COLUMNS * ROWS)
WAYS = {
    "series": {},
    "times": {"times": [2016.5, 2017.25, 2018.0]},
    "monthly": {"times": "monthly", "max_gap": 200},
    "date": {"date": DATES[2], "transient": True},
    "date between": {"date": "2017-05-01", "transient": True},
}


@pytest.mark.parametrize("reach", [0.0, 900.0, -200.0])
@pytest.mark.parametrize("way", list(WAYS))
def test_rock_of_the_masks_stays_rock(way, reach):
    fronts = [front(number, date, reach) for number, date in enumerate(DATES)]
    place = outlet()
    md = apply(place.md, fronts, **WAYS[way])
    assert place.rock.sum() > 160
    assert (values(md)[:, place.rock] == 1).all()
    # an end that stops short of the shore is extended over ice, which may be a glacier
    assert reach < 0 or (values(md)[:, place.beside & ~place.rock] < 0).all()
    west = ~place.beside & (place.x < WEST + 1000)
    assert (values(md)[:, west] > 0).all()


KNOWN = {
    "masks": {},
    "distances": {"ice": "distance"},
    "a bed above the sea": {"ocean": EVERYWHERE, "bed": "shore"},
    "a bed, no ocean mask": {"ocean": np.nan, "bed": "shore"},
    "a bed below, rock by the masks": {"bed": -100 * EVERYWHERE},
    "a column": {"ocean": "column"},
}


@pytest.mark.parametrize("case", list(KNOWN))
def test_bare_land_stays_bare_however_it_is_known(case, fronts):
    place = outlet()
    given = dict(KNOWN[case])
    old = place.md.mask.ice_levelset
    if case == "distances":
        coast = shapely.box(WEST - 9e4, SOUTH + SHORES[0], WEST + COAST, SOUTH + SHORES[1])
        old = given["ice"] = old * (
            37.0 + shapely.distance(coast.boundary, shapely.points(place.x, place.y))
        )
    if "bed" in given and isinstance(given["bed"], str):
        given["bed"] = np.where(place.beside, 120.0, -300.0)
    if case == "a column":
        given["ocean"] = place.md.mask.ocean_levelset[:, None]
    md = apply(outlet(**given).md, fronts)
    assert (values(md)[:, place.rock] == old[place.rock]).all()
    inland = place.beside & ~place.rock
    assert (values(md)[:, inland] < 0).all()


def test_land_under_ice_stays_ice(fronts):
    """A model that is ice all over, with its bed: the bed makes the fjord."""
    place = outlet(ice=-EVERYWHERE, ocean=EVERYWHERE)
    place.md.geometry.bed = np.where(place.beside, 5.0, -300.0)
    md = apply(place.md, fronts)
    assert (values(md)[:, place.beside] < 0).all()
    area = area_without(np.column_stack([place.x, place.y]), place.elements, place.beside)
    expected = by_fronts_alone(place, fronts, fjord=area)
    np.testing.assert_array_equal(md.levelset.spclevelset, expected)


def test_what_is_marked_ocean_is_no_land(fronts):
    place = outlet()
    place.md.geometry.bed = np.where(place.beside | place.sea, 5.0, -300.0)
    md = apply(place.md, fronts)
    west = place.sea & (place.x < WEST + 1000)
    assert (values(md)[:, west] > 1).all()


@pytest.mark.parametrize("name", ["land", "fjord"])
def test_bare_vertices_on_polygons_of_land_stay_bare(name, fronts):
    place = outlet(ocean=EVERYWHERE)
    south, north = SHORES
    fjord = shapely.box(WEST - 500, SOUTH + south - 100, WEST + 9900, SOUTH + north + 100)
    land = fjord.buffer(3000) - fjord
    options = {"land": {"land": land}, "fjord": {"fjord": fjord}}[name]
    md = apply(place.md, fronts, **options)
    assert (values(md)[:, place.rock] == 1).all()
    assert (values(md)[:, place.beside & ~place.rock] < 0).all()
    again = apply(
        outlet(ice=np.nan, ocean=np.nan).md, fronts, **{name: {"land": land, "fjord": fjord}[name]}
    )
    fluid = ~place.rock
    np.testing.assert_array_equal(values(again)[:, fluid], values(md)[:, fluid])


@pytest.mark.parametrize("start", [2017.3, 2016.2, 1999.0, 2030.0, np.nan])
@pytest.mark.parametrize("way", [{}, {"times": "monthly"}, {"date": DATES[6]}])
def test_filled_again_the_model_is_the_same(way, start, fronts):
    """Also where ice of the mask, aground, has become ocean: this is no land."""
    place = outlet()
    place.md.timestepping.start_time = start
    first = apply(place.md, fronts, **way).mask.ice_levelset.copy()
    series = np.copy(place.md.levelset.spclevelset)
    retreated = (first > 0) & ~place.rock & ~place.sea
    assert retreated.sum() > 5
    apply(place.md, fronts, **way)
    np.testing.assert_array_equal(place.md.mask.ice_levelset, first)
    np.testing.assert_array_equal(place.md.levelset.spclevelset, series)
    # and what was filled at another time does not matter either
    place.md.timestepping.start_time = 2018.4
    fresh = outlet()
    fresh.md.timestepping.start_time = 2018.4
    if "times" not in way:
        np.testing.assert_array_equal(
            values(apply(place.md, fronts)), values(apply(fresh.md, fronts))
        )


@pytest.mark.parametrize(
    "case", ["no masks", "no ocean marked", "no rock", "replaced", "a low bed"]
)
def test_without_known_land_nothing_changes_to_the_bit(case, fronts):
    whole = {"ice": np.nan, "ocean": np.nan}
    place = outlet(**{
        "no masks": whole, "no ocean marked": {"ice": -EVERYWHERE, "ocean": EVERYWHERE},
        "a low bed": {**whole, "bed": -EVERYWHERE},
    }.get(case, {}))  # fmt: skip
    if case == "no rock":
        place.md.mask.ice_levelset = np.where(place.sea, 1.0, -1.0)
    if case == "replaced":
        place.md.geometry.bed = np.where(place.beside, 5.0, -300.0)
    md = apply(place.md, fronts, replacemask=case == "replaced")
    np.testing.assert_array_equal(md.levelset.spclevelset, by_fronts_alone(place, fronts))


def test_islands_and_lakes(fronts):
    """Rock in the fjord stays, also a single vertex; a lake that no front touches stays as well."""
    place = outlet()
    island = np.hypot(place.x - WEST - 1400, place.y - SOUTH - 4000) < 700
    skerry = np.hypot(place.x - WEST - 6000, place.y - SOUTH - 4000) < 10
    lake = np.hypot(place.x - WEST - 2000, place.y - SOUTH - 1000) < 500
    other = np.hypot(place.x - WEST - 2000, place.y - SOUTH - 6800) < 500
    assert [part.sum() for part in (island, skerry, lake, other)] == [8, 1, 6, 5]
    place.md.mask.ice_levelset[island | skerry] = 7.0
    place.md.mask.ocean_levelset[island | skerry] = 7.0
    place.md.mask.ice_levelset[lake] = 3.0
    place.md.mask.ocean_levelset[lake] = -3.0
    place.md.mask.ice_levelset[other] = -3.0
    md = apply(place.md, fronts)
    found = values(md)
    assert (found[:, island | skerry] == 7).all()
    assert (found[:, lake] == 3).all()
    assert (found[:, other] < 0).all()
    assert (found[:, place.rock & ~lake & ~other] == 1).all()


@pytest.mark.parametrize("known", ["masks", "bed"])
def test_a_fjord_without_a_front_stays_as_the_model_has_it(fronts, known):
    """A second fjord lies north of the first, behind a ridge."""
    place = outlet()
    second = place.y > SOUTH + 6500
    ridge = place.beside & ~second
    ocean = second & (place.x < WEST + 4100)
    md = place.md
    md.mask.ice_levelset = np.where(ridge | place.sea | ocean, 1.0, -1.0)
    md.mask.ocean_levelset = np.where(place.sea | ocean, -1.0, 1.0)
    if known == "bed":
        md.geometry.bed = np.where(ridge, 300.0, -300.0)
    apply(md, fronts)
    found = values(md)
    assert (found[:, ocean] == 1).all()
    assert (found[:, ridge] == 1).all()
    assert (found[:, second & ~ocean] < 0).all()
    north = [
        Front(one.xy + [600, 4600], "EPSG:3413", one.date, domain="Sermeq") for one in fronts[::2]
    ]
    both = outlet().md
    both.mask.ice_levelset = np.where(ridge | place.sea | ocean, 1.0, -1.0)
    both.mask.ocean_levelset = np.where(place.sea | ocean, -1.0, 1.0)
    apply(both, [*fronts, *north])
    assert (values(both)[:, ridge] == 1).all()
    assert (np.ptp(np.sign(values(both)[:, second]), axis=0) > 0).any()


def test_one_front_and_partial_ones(fronts):
    place = outlet()
    md = apply(place.md, fronts[:1])
    assert md.levelset.spclevelset.shape == place.x.shape
    assert (values(md)[:, place.rock] == 1).all()
    partial = [
        front(number, date, -200, partial=number % 2 == 1) for number, date in enumerate(DATES)
    ]
    place = outlet()
    md = apply(place.md, partial)
    assert (values(md)[:, place.rock] == 1).all()


def test_all_layers_of_an_extruded_model(fronts):
    flat = outlet()
    md = apply(flat.md, fronts)
    place, count = outlet(), len(flat.x)
    deep = place.md
    deep.mesh.x, deep.mesh.y = np.tile(flat.x, 3), np.tile(flat.y, 3)
    lower = np.concatenate([flat.elements, flat.elements + count])
    deep.mesh.elements = np.hstack([lower, lower + count])
    for name in ("ice_levelset", "ocean_levelset"):
        setattr(deep.mask, name, np.tile(getattr(deep.mask, name), 3))
    apply(deep, fronts)
    np.testing.assert_array_equal(values(deep), np.tile(values(md), 3))


def test_fronts_on_land_contradict_the_model(fronts, caplog):
    place = outlet(bed=9 * EVERYWHERE, ocean=EVERYWHERE)
    with pytest.raises(FrontsError, match=r"all 8 fronts lie on land .*replacemask"):
        apply(place.md, fronts)
    high = np.where(place.beside | (place.x > WEST + 3400), 9.0, -9.0)
    place = outlet(bed=high, ocean=EVERYWHERE)
    apply(place.md, fronts)
    assert "fronts lie for the most part on land that the model knows" in caplog.text
    caplog.clear()
    apply(outlet().md, [front(number, date, 900) for number, date in enumerate(DATES)])
    assert "on land" not in caplog.text


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(0, 1))
def test_the_wall_separates_land_from_all_else(seed, share):
    random = np.random.default_rng(seed)
    xy = random.uniform(0, 1000, (60, 2)) + [WEST, SOUTH]
    triangles = Delaunay(xy).simplices + 1
    land = random.uniform(size=60) < share
    area = area_without(xy, triangles, land)
    assert area.is_valid
    inside = shapely.intersects_xy(area, *xy.T)
    used = np.isin(np.arange(60), triangles - 1)
    np.testing.assert_array_equal(inside[used], ~land[used])
