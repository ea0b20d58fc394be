"""Series of level sets: their times, gaps in them, and what partial fronts leave open."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from pycalfin.errors import LevelSetError
from pycalfin.issm import decimal_year, levelset, spclevelset
from pycalfin.issm.decimal import days
from pycalfin.records import Front

X, Y = (
    part.ravel() for part in np.meshgrid(np.linspace(-2950, 2950, 20), np.linspace(-5e3, 5e3, 41))
)


def front(y, date, **fields):
    """Draw a front across a fjord 6 km wide, ice below; in 60 segments."""
    x = np.linspace(-3000, 3000, 61)
    return Front(
        xy=np.column_stack([x, np.full(61, float(y))]), crs="EPSG:3413", date=date, **fields
    )


def part(y, date, west, east, **fields):
    x = np.linspace(west, east, 31)
    xy = np.column_stack([x, np.full(31, float(y))])
    return Front(xy=xy, crs="EPSG:3413", date=date, partial=True, **fields)


@pytest.mark.parametrize(
    ("date", "time", "year"),
    [
        ("2016-06-30", None, 2016.4945355191),
        ("2000-01-01", "12:00:00", 2000.0013661202),
        ("2000-01-01T12:00", None, 2000.0013661202),
        ("2015-01-01", None, 2015.0),
        ("2015-12-31", "24:00:00", None),
        ("2015-12-31", None, 2015 + 364 / 365),
        ("2016-12-31", None, 2016 + 365 / 366),
        ("2016-02-30", None, None),
        ("", None, None),
    ],
)
def test_decimal_years(date, time, year):
    if year is None:
        with pytest.raises(LevelSetError, match="is not a date"):
            decimal_year(date, time)
    else:
        assert decimal_year(date, time) == pytest.approx(year, abs=5e-11)


@given(st.dates(), st.times())
def test_days_undo_decimal_years(date, time):
    year = decimal_year(date.isoformat(), time.strftime("%H:%M:%S"))
    seconds = time.hour * 3600 + time.minute * 60 + time.second
    assert days(np.array([year]))[0] == pytest.approx(date.toordinal() + seconds / 86400, abs=1e-4)


def test_columns_are_the_level_sets_of_the_dates_in_order():
    fronts = [front(y, f"2016-0{m}-01") for m, y in ((3, 500), (1, 0), (2, -700))]
    series = spclevelset(fronts, X, Y)
    assert series.shape == (len(X) + 1, 3)
    assert (np.diff(series[-1]) > 0).all()
    for column, seen in zip(series.T, sorted(fronts, key=lambda f: f.date), strict=True):
        np.testing.assert_array_equal(column[:-1], levelset([seen], X, Y))
        assert column[-1] == decimal_year(seen.date)


def test_one_date_makes_no_series():
    """A series of one column stops the solver."""
    one = spclevelset([front(0, "2016-01-01")], X, Y)
    assert one.shape == X.shape
    np.testing.assert_array_equal(one, levelset([front(0, "2016-01-01")], X, Y))


def test_between_dates_the_front_moves_evenly():
    """What masks of +-1 get wrong: the zero half way in time lies half way in space."""
    ends = [front(-1000, "2015-01-01"), front(1000, "2017-01-01")]
    series = spclevelset(ends, X, Y, times=[2015.5, 2016.0, 2016.5])
    for position, column in zip((-500, 0, 500), series.T, strict=True):
        np.testing.assert_allclose(column[:-1], Y - position, atol=1e-9)


@given(seed=st.integers(0, 10**6), count=st.integers(2, 6))
def test_never_nan_always_increasing(seed, count):
    random = np.random.default_rng(seed)
    fronts = []
    for number in range(count):
        date = f"201{random.integers(0, 3)}-0{random.integers(1, 4)}-1{random.integers(0, 3)}"
        time = [None, "10:00:00", "11:30:00"][random.integers(0, 3)]
        fields = {"domain": "AB"[random.integers(0, 2)], "time": time, "scene": str(number)}
        y = random.uniform(-4e3, 4e3)
        if random.random() < 0.5:
            fronts.append(front(y, date, **fields))
        else:
            fronts.append(part(y, date, *np.sort(random.uniform(-3e3, 3e3, 2)), **fields))
    series = spclevelset(fronts, X, Y)
    assert np.isfinite(series).all()
    if series.ndim == 2:
        assert series.shape[1] > 1
        assert (np.diff(series[-1]) > 0).all()


def test_two_scenes_of_a_day():
    early = front(0, "2016-05-05", scene="a", domain="A", confidence=0.2)
    late = front(900, "2016-05-05", scene="b", domain="A", confidence=0.8)
    after = front(0, "2016-06-05", scene="c", domain="A")
    series = spclevelset([early, late, after], X, Y)
    assert series.shape[1] == 2
    np.testing.assert_array_equal(series[:-1, 0], levelset([late], X, Y))
    timed = [early.with_fields(time="01:00:00"), late.with_fields(time="13:00:00"), after]
    series = spclevelset(timed, X, Y)
    assert series.shape[1] == 3
    np.testing.assert_allclose(np.diff(series[-1])[0], 0.5 / 366, rtol=1e-6)
    half_known = [early.with_fields(time="01:00:00"), late, after]
    assert spclevelset(half_known, X, Y).shape[1] == 2


def test_the_choice_does_not_depend_on_the_order():
    tied = [front(y, "2016-05-05", scene=str(y), domain="A") for y in (0, 500, 900)]
    chosen = [spclevelset(order, X, Y) for order in (tied, tied[::-1], tied[1:] + tied[:1])]
    np.testing.assert_array_equal(chosen[0], chosen[1])
    np.testing.assert_array_equal(chosen[0], chosen[2])


def beside(y, date, **fields):
    """Draw the front of a second fjord, 20 km to the east."""
    line = front(y, date, domain="B", **fields)
    return line.with_fields(xy=line.xy + [20_000, 0])


BOTH = np.concatenate([X, X + 20_000]), np.concatenate([Y, Y])


def test_domains_of_a_day_are_a_union():
    for times in ((None, None), ("14:00:00", "15:00:00"), ("14:00:00", None)):
        fronts = [
            front(0, "2016-01-01", domain="A", time=times[0]),
            beside(700, "2016-01-01", time=times[1]),
        ]
        phi = spclevelset(fronts, *BOTH)
        assert phi.shape == BOTH[0].shape
        np.testing.assert_allclose(phi[: len(X)], Y, atol=1e-9)
        np.testing.assert_allclose(phi[len(X) :], Y - 700, atol=1e-9)


def test_a_domain_that_is_not_seen_is_interpolated_from_its_own_dates():
    fronts = [
        front(0, "2015-01-01", domain="A"), beside(0, "2015-01-01"),
        front(500, "2016-01-01", domain="A"),
        front(600, "2017-01-01", domain="A"), beside(2000, "2017-01-01"),
        front(700, "2018-01-01", domain="A"),
    ]  # fmt: skip
    series = spclevelset(fronts, *BOTH)
    assert series.shape[1] == 4
    west, east = series[: len(X)], series[len(X) : -1]
    for column, y in zip(west.T, (0, 500, 600, 700), strict=True):
        np.testing.assert_allclose(column, Y - y, atol=1e-9)
    share = (2016 - 2015) / 2
    for column, y in zip(east.T, (0, share * 2000, 2000, 2000), strict=True):
        np.testing.assert_allclose(column, Y - y, atol=1e-9)


def test_a_partial_front_speaks_only_for_what_lies_before_it():
    fronts = [
        front(0, "2015-01-01"), part(-800, "2016-01-01", -3000, -500), front(400, "2017-01-01"),
    ]  # fmt: skip
    series = spclevelset(fronts, X, Y, fjord=box(-3000, -9e3, 3000, 9e3))
    middle = series[:-1, 1]
    before = (X < -500) & (np.abs(Y + 800) <= -500 - X)
    np.testing.assert_allclose(middle[before], Y[before] + 800, atol=1e-6)
    beyond = X > -500
    np.testing.assert_allclose(middle[beyond], Y[beyond] - 200, atol=1e-6)


def test_partial_fronts_at_the_ends_of_a_series_take_the_nearest_value():
    fronts = [part(-800, "2015-01-01", -3000, -2000), front(0, "2016-01-01")]
    series = spclevelset(fronts, X, Y)
    far = X > 0
    np.testing.assert_allclose(series[:-1, 0][far], Y[far], atol=1e-6)


def test_only_partial_fronts_still_give_a_sign_everywhere():
    fronts = [part(0, "2015-01-01", -1000, 0), part(500, "2016-01-01", -1000, 0)]
    series = spclevelset(fronts, X, Y)
    assert np.isfinite(series).all()
    assert (series[:-1][Y > 600] > 0).all()
    assert (series[:-1][Y < -100] < 0).all()


def test_times(caplog):
    fronts = [front(0, "2015-01-01"), front(100, "2015-02-01"), front(900, "2016-02-01")]
    monthly = [f"2015-{month:02d}-01" for month in range(1, 13)]
    every = spclevelset(fronts, X, Y, times=monthly[::-1])
    assert every.shape[1] == 12
    with caplog.at_level(logging.WARNING):
        short = spclevelset(fronts, X, Y, times=monthly, max_gap=60)
    assert "10 times lie between dates more than 60 days apart" in caplog.text
    np.testing.assert_array_equal(short, every[:, :2])
    outside = spclevelset(fronts, X, Y, times=[2014.0, 2015.0, 2016.0, 2020.0])
    np.testing.assert_array_equal(outside[-1], [2015.0, 2016.0])
    assert spclevelset(fronts, X, Y, times=[2015.5]).shape == X.shape


def test_a_dict_of_oceans_by_date():
    fronts = [front(0, "2015-01-01"), front(1000, "2016-01-01")]
    oceans = {f.date: box(-3000, f.xy[0, 1], 3000, 9e3) for f in fronts}
    x, y = np.append(X, 3500.0), np.append(Y, 3000.0)
    for given_ocean in (oceans, list(oceans.values())):
        series = spclevelset(fronts, x, y, ocean=given_ocean)
        for column, f in zip(series.T, fronts, strict=True):
            np.testing.assert_allclose(column[:-2], Y - f.xy[0, 1], atol=1e-9)
            assert column[-2] < 0


def test_one_ocean_for_a_series_in_which_the_front_moves():
    """The ocean of one date: where the front retreats behind it, the front decides."""
    fronts = [front(y, f"201{k}-01-01") for k, y in enumerate((0, -900, 900))]
    series = spclevelset(fronts, X, Y, ocean=box(-3000, 0, 3000, 9e3))
    for column, f in zip(series.T, fronts, strict=True):
        near = np.abs(Y - f.xy[0, 1]) < 1000
        np.testing.assert_allclose(column[:-1][near], (Y - f.xy[0, 1])[near], atol=1e-9)


@pytest.mark.parametrize(
    ("fronts", "options", "text"),
    [
        ([], {}, "no fronts"),
        ([front(0, "2015-01-01"), front(0, "")], {}, "has no date"),
        ([front(0, "2015-13-01")], {}, "is not a date"),
        ([front(0, "2015-01-01")], {"max_gap": 3.0}, "max_gap needs times"),
        ([front(0, "2015-01-01")], {"max_gap": -3, "times": [2015.0]}, "number of days"),
        ([front(0, "2015-01-01")], {"times": []}, "times is empty"),
        ([front(0, "2015-01-01")], {"times": ["soon"]}, "'soon' is not a date"),
        ([front(0, "2015-01-01")], {"times": [np.nan]}, "expected decimal years"),
        ([front(0, "2015-01-01")], {"times": [2019.5]}, "none of the 1 times"),
        (
            [front(0, "2015-01-01", domain="A"), beside(0, "2015-01-01")],
            {"ocean": [box(-3e3, 0, 3e3, 9e3), None]},
            "for some fronts of 2015-01-01",
        ),
    ],
)
def test_bad_input_is_named(fronts, options, text):
    with pytest.raises(LevelSetError, match=text):
        spclevelset(fronts, X, Y, **options)


@pytest.mark.parametrize(
    "moments",
    [
        [("2016-05-05", None), ("2016-05-05T00:00:00", None)],
        [("2016-12-31", "23:59:59.999999"), ("2017-01-01", None)],
    ],
)
def test_two_spellings_of_one_moment_are_one_column(moments):
    """No two columns have one time, even where days or names differ: the solver needs it."""
    fronts = [
        front(500 * n, date, time=time, scene=str(n), confidence=0.5 + n / 10, domain="A")
        for n, (date, time) in enumerate(moments)
    ]
    series = spclevelset([*fronts, front(0, "2018-01-01", domain="A")], X, Y)
    assert series.shape[1] == 2
    assert (np.diff(series[-1]) > 0).all()
    np.testing.assert_array_equal(series[:-1, 0], levelset([fronts[1]], X, Y))
