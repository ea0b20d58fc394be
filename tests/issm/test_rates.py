"""Rates of fronts: known speeds, brute force, and what is no front."""

import itertools

import numpy as np
import pytest
import scipy.spatial
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pycalfin import read_fronts
from pycalfin.errors import LevelSetError
from pycalfin.issm import decimal_year, front_rates, spclevelset
from pycalfin.issm.rates import WIDTH
from pycalfin.issm.zeroline import slopes, zero_line
from pycalfin.records import Front
from tests.issm.moving import (
    DAYS,
    SIDE,
    YEAR,
    bent,
    mesh,
    pair,
    rotating,
    series_of,
    straight,
    turning,
    unit,
    winding,
)

SPACINGS = (50.0, 100.0, 200.0, 500.0)
SPEEDS = (0.0, 2.0, 20.0, -2.0, -20.0)
"""Metres per day; negative ones advance."""
BORDER = 500.0
"""Metres from the sides, where the nearest point of the front may lie off the mesh."""


def central(xy):
    return (xy[:, 0] > BORDER) & (xy[:, 0] < SIDE - BORDER)


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize(("line", "share"), [(straight, 1e-10), (bent, 1e-6)])
def test_a_front_moved_along_its_normal_keeps_its_speed(line, share, spacing, speed):
    series, xy, triangles = series_of(pair(line, speed * DAYS), spacing)
    found = front_rates(series, *xy.T, triangles)
    near = np.isfinite(found.retreat[:, 0])
    assert near.sum() > 30
    np.testing.assert_allclose(found.retreat[near, 0] / YEAR, speed, rtol=share, atol=0)
    np.testing.assert_allclose(found.mean_retreat / YEAR, speed, rtol=share, atol=0)
    assert found.coverage[0] == 1


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_rotating_front_is_slower_by_its_turn_squared_over_24(spacing, speed):
    moved = speed * DAYS
    series, xy, triangles = series_of(pair(rotating, moved), spacing)
    found = front_rates(series, *xy.T, triangles)
    near = np.isfinite(found.retreat[:, 0]) & central(xy)
    expected = turning(xy[near], moved) / DAYS
    turn = moved / 6500
    error = found.retreat[near, 0] / YEAR - expected * (1 - turn**2 / 24)
    assert np.abs(error).max() <= abs(speed) * turn**4 / 1000 + 1e-10


@pytest.mark.parametrize(("spacing", "share"), [(50.0, 0.004), (100.0, 0.004), (200.0, 0.004)])
@pytest.mark.parametrize("speed", [2.0, 20.0])
def test_the_mean_times_length_is_the_area_swept(spacing, share, speed):
    moved = speed * DAYS
    series, xy, triangles = series_of(pair(winding, moved), spacing)
    found = front_rates(series, *xy.T, triangles)
    line = winding(0)
    swept = moved * 8000 / shapely.length(shapely.LineString(line)) / DAYS
    assert found.mean_retreat[0] / YEAR == pytest.approx(swept, rel=share)


@pytest.mark.parametrize("speed", [2.0, -20.0])
def test_rates_are_those_of_distances_measured_one_by_one(speed):
    """Brute force: the distance from points half way to both lines, with sides from areas."""
    moved = speed * DAYS
    fronts = pair(winding, moved)
    series, xy, triangles = series_of(fronts, 50.0)
    found = front_rates(series, *xy.T, triangles)
    lines = [shapely.LineString(front.xy) for front in fronts]
    ocean = [shapely.Polygon([*front.xy, [7000, 9000], [-1000, 9000]]) for front in fronts]
    half_way = np.array(
        [point for point in winding(moved / 2) if 500 < point[0] < SIDE - 500][::20]
    )
    nearest = scipy.spatial.cKDTree(xy).query(half_way)[1]
    for number in nearest:
        point = shapely.Point(xy[number])
        signed = [
            line.distance(point) * (1 if area.contains(point) else -1)
            for line, area in zip(lines, ocean, strict=True)
        ]
        rate = (signed[1] - signed[0]) / DAYS
        # a vertex lies up to 30 m off the line that its rate is taken from
        assert found.retreat[number, 0] / YEAR == pytest.approx(rate, abs=0.04 * abs(speed))
        assert abs(found.retreat[number, 0]) / YEAR <= abs(speed) * (1 + 1e-3)


def test_vertices_near_the_front_have_a_rate_and_others_none():
    moved = 600.0
    series, xy, triangles = series_of(pair(straight, moved), 100.0)
    for width in (300.0, WIDTH):
        found = front_rates(series, *xy.T, triangles, width=width)
        close = np.abs(series[:-1]).min(axis=1) <= width
        between = (series[:-1, 0] < 0) != (series[:-1, 1] < 0)
        inside = central(xy)
        np.testing.assert_array_equal(
            np.isfinite(found.retreat[inside, 0]), (close | between)[inside]
        )


@pytest.mark.parametrize("speed", SPEEDS)
def test_ablation_is_what_the_ice_brings_and_the_front_does_not_keep(speed):
    """A front that stands takes v.n; one that retreats takes more, one that advances less."""
    series, xy, triangles = series_of(pair(bent, speed * DAYS), 100.0)
    outward = xy - [3000.0, -500.0]
    outward /= np.hypot(*outward.T)[:, None]
    brought = 5 * YEAR
    found = front_rates(series, *xy.T, triangles, velocity=tuple((brought * outward).T))
    near = np.isfinite(found.retreat[:, 0])
    expected = brought + speed * YEAR
    np.testing.assert_allclose(found.ablation[near, 0], expected, rtol=1e-3)
    assert found.mean_ablation[0] == pytest.approx(expected, rel=3e-4)
    np.testing.assert_array_equal(np.isfinite(found.ablation), np.isfinite(found.retreat))


def test_velocity_along_the_front_brings_nothing():
    series, xy, triangles = series_of(pair(straight, 0.0), 200.0)
    velocity = tuple(np.full(len(xy), part) for part in 900 * unit(17))
    found = front_rates(series, *xy.T, triangles, velocity=velocity)
    assert np.nanmax(np.abs(found.ablation)) < 1e-8


@pytest.mark.parametrize("missing", [0.0, np.nan])
def test_a_velocity_without_ice_comes_from_the_ice(missing):
    """Models leave 0 where there is no ice, and maps NaN; half of that is no velocity."""
    series, xy, triangles = series_of(pair(straight, 60.0), 200.0)
    ice = series[:-1].mean(axis=1) < 0
    velocity = tuple(np.where(ice, part, missing) for part in 700 * unit(107))
    found = front_rates(series, *xy.T, triangles, velocity=velocity)
    near = np.isfinite(found.retreat[:, 0])
    np.testing.assert_allclose(found.ablation[near, 0], 700 + 2 * YEAR, rtol=1e-9)


def test_velocity_may_differ_from_interval_to_interval():
    dates = ("2018-01-01", "2018-02-01", "2018-03-01")
    fronts = [Front(straight(0), crs="EPSG:3413", date=date) for date in dates]
    series, xy, triangles = series_of(fronts, 500.0)
    speed = np.array([100.0, 300.0]) * np.ones((len(xy), 1))
    velocity = tuple(speed * part for part in unit(107))
    found = front_rates(series, *xy.T, triangles, velocity=velocity)
    np.testing.assert_allclose(found.mean_ablation, [100, 300])
    np.testing.assert_allclose(found.time, found.bounds.mean(axis=1))


def test_walls_and_the_land_behind_them_change_nothing():
    """Vertices on land have the wrong sign of the ocean, and the zero line follows the walls."""
    fjord = shapely.box(1500, 0, 4500, SIDE)
    fronts = [
        Front([[1500, y], [4500, y]], crs="EPSG:3413", date=date)
        for y, date in ((4000.0, "2018-03-01"), (3400.0, "2018-03-31"))
    ]
    series, xy, triangles = series_of(fronts, 100.0, fjord=fjord)
    found = front_rates(series, *xy.T, triangles)
    near = np.isfinite(found.retreat[:, 0])
    assert (near & ~shapely.contains_xy(fjord, *xy.T)).any()
    # beside the front's ends, within one element of a wall, distances are to the end
    np.testing.assert_allclose(found.retreat[near, 0] / YEAR, 20, rtol=0.03)
    assert found.mean_retreat[0] / YEAR == pytest.approx(20, rel=2e-3)
    assert found.length[0] == pytest.approx(3000, rel=0.03)
    assert found.coverage[0] == 1


@pytest.mark.parametrize("east", [4500.0, 3000.0])
def test_where_one_front_was_not_seen_there_is_no_rate(east):
    """Distances to the end of a shorter front are no retreat."""
    fronts = [
        Front([[-1000, 3000], [7000, 3000]], crs="EPSG:3413", date="2018-03-01"),
        Front([[-1000, 2940], [east, 2940]], crs="EPSG:3413", date="2018-03-31"),
    ]
    series, xy, triangles = series_of(fronts, 100.0)
    found = front_rates(series, *xy.T, triangles)
    seen = np.isfinite(found.retreat[:, 0]) & (xy[:, 0] < east - 100)
    np.testing.assert_allclose(found.retreat[seen, 0] / YEAR, 2, rtol=1e-9)
    assert found.mean_retreat[0] / YEAR == pytest.approx(2, rel=0.02)
    assert found.length[0] == pytest.approx(east, abs=200)
    assert not np.isfinite(found.retreat[xy[:, 0] > east + WIDTH + 200]).any()


def test_times_between_the_dates_have_the_rate_of_their_interval():
    fronts = pair(straight, 600.0)
    start, end = (decimal_year(front.date) for front in fronts)
    xy, triangles = mesh(200.0)
    series = spclevelset(fronts, *xy.T, elements=triangles, times=np.linspace(start, end, 4))
    found = front_rates(series, *xy.T, triangles, fronts=fronts, uncertainty=30.0)
    np.testing.assert_allclose(found.mean_retreat / YEAR, 20, rtol=1e-9)
    np.testing.assert_allclose(found.mean_uncertainty / YEAR, np.sqrt(2) * 30 / DAYS, rtol=1e-9)


def test_the_uncertainty_is_that_of_the_nearest_vertices_of_both_fronts():
    fronts = [
        Front([[-1000, y], [3000, y], [7000, y]], crs="EPSG:3413", date=date, uncertainty=spread)
        for y, date, spread in ((3000.0, "2018-03-01", [30, 30, 90]),
                                (2940.0, "2018-03-31", [40, 40, 120]))
    ]  # fmt: skip
    series, xy, triangles = series_of(fronts, 200.0)
    found = front_rates(series, *xy.T, triangles, fronts=fronts)
    near = np.isfinite(found.retreat[:, 0])
    np.testing.assert_array_equal(np.isfinite(found.uncertainty[:, 0]), near)
    west, east = near & (xy[:, 0] < 4500), near & (xy[:, 0] > 5500)
    np.testing.assert_allclose(found.uncertainty[west, 0], 50 / DAYS * YEAR)
    np.testing.assert_allclose(found.uncertainty[east, 0], 150 / DAYS * YEAR)
    assert 50 / DAYS * YEAR < found.mean_uncertainty[0] < 150 / DAYS * YEAR


@pytest.mark.parametrize(
    ("spreads", "given", "expected"),
    [
        (([], []), 30.0, np.hypot(30, 30)),
        (([40.0] * 4, []), 30.0, 50.0),
        (([40.0] * 4, []), None, np.nan),
        (([40.0, 40.0, np.nan, np.nan], [30.0] * 4), 40.0, 50.0),
    ],
)
def test_fronts_without_an_uncertainty_take_the_one_given(spreads, given, expected):
    fronts = [
        # a vertex is repeated, and dropped from the level set's line
        Front([[-1000, y], [3000, y], [3000, y], [7000, y]], date=date, uncertainty=spread)
        for y, date, spread in zip((3000, 2900), ("2018-03-01", "2018-03-31"), spreads, strict=True)
    ]
    series, xy, triangles = series_of(fronts, 500.0)
    found = front_rates(series, *xy.T, triangles, fronts=fronts, uncertainty=given)
    np.testing.assert_allclose(found.mean_uncertainty / YEAR * DAYS, expected)


def test_an_uncertainty_alone_holds_for_all_dates():
    series, xy, triangles = series_of(pair(straight, 60.0), 500.0)
    found = front_rates(series, *xy.T, triangles, uncertainty=10.0)
    np.testing.assert_allclose(found.mean_uncertainty, np.sqrt(2) * 10 / DAYS * YEAR)
    assert front_rates(series, *xy.T, triangles).uncertainty is None


def test_times_apart_from_the_series_and_elements_from_one_give_the_same():
    series, xy, triangles = series_of(pair(straight, 60.0), 500.0)
    found = front_rates(series, *xy.T, triangles)
    for times in (series[-1], ["2018-03-01", "2018-03-31"]):
        other = front_rates(series[:-1], *xy.T, triangles + 1, times=times)
        np.testing.assert_array_equal(other.retreat, found.retreat)
        np.testing.assert_array_equal(other.mesh.elements, found.mesh.elements)


def test_unknown_values_leave_gaps():
    series, xy, triangles = series_of(pair(straight, 60.0), 200.0)
    series[:-1][xy[:, 0] > 3000, 1] = np.nan
    found = front_rates(series, *xy.T, triangles)
    assert found.mean_retreat[0] / YEAR == pytest.approx(2)
    assert 2000 < found.length[0] < 3200


def test_an_interval_without_a_front_has_no_mean():
    dates = ("2018-01-01", "2018-02-01", "2018-03-01", "2018-04-01")
    levels = [3000.0, 2900.0, -1500.0, -1600.0]
    fronts = [
        Front([[-1000, y], [7000, y]], crs="EPSG:3413", date=date)
        for y, date in zip(levels, dates, strict=True)
    ]
    series, xy, triangles = series_of(fronts, 200.0)
    found = front_rates(series, *xy.T, triangles)
    np.testing.assert_array_equal(np.isfinite(found.mean_retreat), [True, True, False])
    assert found.length[2] == found.coverage[2] == 0


@given(
    st.floats(-0.9, 0.9), st.floats(-180, 180), st.floats(-3, 3), st.floats(1, 400),
    st.integers(0, 2**31),
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_any_straight_front_on_any_mesh(shift, degrees, speed, days, seed):
    """Exact whatever the mesh, the direction and the time."""
    xy = np.random.default_rng(seed).uniform(-1000, 1000, (60, 2))
    triangles = scipy.spatial.Delaunay(xy).simplices
    first = xy @ unit(degrees) - shift * 300
    span = days / YEAR
    series = np.column_stack([first, first + speed * days])
    found = front_rates(series, *xy.T, triangles, times=[2017.0, 2017.0 + span])
    near = np.isfinite(found.retreat[:, 0])
    np.testing.assert_allclose(found.retreat[near, 0] / YEAR, speed, rtol=1e-7, atol=1e-8)


def test_slopes_and_zero_line_of_a_plane_are_its_own():
    xy, triangles = mesh(500.0)
    plane = 3 * xy[:, 0] - 4 * xy[:, 1] + 2000
    np.testing.assert_allclose(slopes(plane, xy, triangles), [[3, -4]] * len(triangles))
    line = zero_line(plane, triangles)
    ends = line.at(xy)
    np.testing.assert_allclose(ends @ [3, -4], -2000, rtol=1e-9)
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T).sum()
    assert length == pytest.approx(5 / 3 * (6000 * 3 / 4))


SERIES, XY, TRIANGLES = series_of(pair(straight, 60.0), 500.0)
COUNT = len(XY)
SIGNS = np.vstack([np.sign(SERIES[:-1]), SERIES[-1:]])


@pytest.mark.parametrize(
    ("series", "options", "message"),
    [
        (SERIES[:-1], {}, rf"\({COUNT}, 2\); expected \({COUNT + 1}, nt\)"),
        (SERIES[:-1, 0], {}, "two or more dates"),
        (SERIES[:, :1], {}, "two or more dates"),
        (SERIES[:, ::-1], {}, "strictly increasing"),
        (SERIES[:, [0, 0]], {}, "strictly increasing"),
        (SERIES, {"times": SERIES[-1]}, "and times"),
        (SERIES[:-1], {"times": [2018.0]}, "1 times for a series of 2"),
        (SERIES[:-1], {"times": ["2018-13-01", "2019-01-01"]}, "not a date"),
        (np.where(SERIES > 2000, np.inf, SERIES), {"times": None}, "infinite|increasing"),
        (SIGNS, {}, "signed distance by 1"),
        (np.vstack([SERIES[:-1] / 1000, SERIES[-1:]]), {}, "signed distance by 1"),
        (np.vstack([np.abs(SERIES[:-1]) + 1, SERIES[-1:]]), {}, "no front crosses"),
        (SERIES, {"width": 0.0}, "width is 0"),
        (SERIES, {"width": np.nan}, "width is nan"),
        (SERIES, {"velocity": np.zeros(COUNT)}, "pair"),
        (SERIES, {"velocity": (np.zeros(3), np.zeros(3))}, r"vx has shape \(3,\)"),
        (SERIES, {"velocity": (np.zeros(COUNT), np.zeros((COUNT, 1)))}, "vx has shape"),
        (SERIES, {"velocity": (np.full(COUNT, np.nan),) * 2}, "NaN, or 0 without ice"),
        (SERIES, {"uncertainty": -1.0}, "uncertainty is -1"),
        (SERIES, {"fronts": pair(straight, 60.0)}, "none of the 2 fronts has an uncertainty"),
        (SERIES, {"fronts": pair(straight, 60.0)[:1], "uncertainty": 9.0}, "the series was made"),
        (SERIES, {"fronts": [], "uncertainty": 9.0}, "no fronts"),
        (SERIES, {"elements": TRIANGLES[:, :2]}, "elements has shape"),
        (SERIES, {"elements": TRIANGLES + 2}, "elements names vertices"),
    ],
)
def test_what_does_not_fit_is_refused(series, options, message):
    elements = options.pop("elements", TRIANGLES)
    with pytest.raises(LevelSetError, match=message):
        front_rates(series, *XY.T, elements, **options)


@pytest.mark.parametrize("crs", ["EPSG:3413", None])
def test_netcdf_holds_what_the_record_holds(tmp_path, crs):
    xarray = pytest.importorskip("xarray")
    pyproj = pytest.importorskip("pyproj")
    speed = np.full(COUNT, 300.0)
    found = front_rates(
        SERIES, *XY.T, TRIANGLES, velocity=(speed, speed), uncertainty=10.0, crs=crs
    )
    path = found.to_netcdf(tmp_path / "rates.nc")
    with xarray.open_dataset(path, engine="scipy") as file:
        assert file.Conventions == "CF-1.8 UGRID-1.0"
        for name in ("retreat", "ablation", "uncertainty"):
            np.testing.assert_array_equal(file[name], getattr(found, name).T)
            np.testing.assert_array_equal(file[f"mean_{name}"], getattr(found, f"mean_{name}"))
            assert file[name].units == "m year-1"
        np.testing.assert_array_equal(file["x"], XY[:, 0])
        np.testing.assert_array_equal(file["elements"], TRIANGLES + 1)
        assert str(file["time_bounds"].values[0, 0])[:10] == "2018-03-01"
        assert str(file["time"].values[0])[:10] == "2018-03-16"
        assert ("crs" in file) == (crs is not None)
        if crs is not None:
            assert pyproj.CRS.from_cf(file["crs"].attrs) == pyproj.CRS(crs)


def test_netcdf_leaves_out_what_is_unknown(tmp_path):
    xarray = pytest.importorskip("xarray")
    path = front_rates(SERIES, *XY.T, TRIANGLES).to_netcdf(tmp_path / "rates.nc")
    with xarray.open_dataset(path, engine="scipy") as file:
        assert "retreat" in file
        assert not {"ablation", "mean_ablation", "uncertainty"} & set(file)


def test_a_calving_law_is_fitted_as_the_docs_say():
    """The threshold of a von Mises law, from the ablation that the law itself makes."""
    series, xy, triangles = series_of(pair(bent, 60.0), 100.0)
    outward = xy - [3000.0, -500.0]
    outward /= np.hypot(*outward.T)[:, None]
    vx, vy = 1000 * outward.T
    rates = front_rates(series, *xy.T, triangles, velocity=(vx, vy))
    near = np.isfinite(rates.ablation)
    sigma = np.full(rates.ablation.shape, 8e5)
    law = np.hypot(vx, vy)[:, None] * sigma
    threshold = (law[near] ** 2).sum() / (law[near] * rates.ablation[near]).sum()
    assert threshold == pytest.approx(8e5 * 1000 / (1000 + 2 * YEAR), rel=1e-3)


def test_real_fronts_move_by_the_area_between_them(harald):
    """60 fronts of Harald Moltke Bræ, days apart: the area between two lines by their length."""
    fronts = read_fronts(harald.fronts, ocean="-567000,-1343000")[:60]
    points = np.concatenate([front.xy for front in fronts])
    low, high = points.min(axis=0) - 2000, points.max(axis=0) + 2000
    steps = [np.arange(*ends, 150.0) for ends in zip(low, high, strict=True)]
    x, y = (part.ravel() for part in np.meshgrid(*steps))
    triangles = scipy.spatial.Delaunay(np.column_stack([x, y])).simplices
    series = spclevelset(fronts, x, y, elements=triangles)
    found = front_rates(series, x, y, triangles)
    swept = []
    for first, second in itertools.pairwise(fronts):
        ring = np.concatenate([first.xy, second.xy[::-1]]) - low
        after = np.roll(ring, -1, axis=0)
        area = (ring[:, 0] * after[:, 1] - ring[:, 1] * after[:, 0]).sum() / 2
        swept.append(-area / np.mean([front.geometry.length for front in (first, second)]))
    moved = found.mean_retreat * np.diff(found.bounds, axis=1)[:, 0]
    error = moved - np.array(swept)
    assert np.corrcoef(moved, swept)[0, 1] > 0.9
    assert np.median(np.abs(error)) < 3
    assert abs(error.sum()) < 0.1 * np.abs(swept).sum()
