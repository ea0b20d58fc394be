"""Digits that are dates, and those that are none."""

from datetime import date, datetime, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycalfin.scene.dates import Moment, moments, only_date, read_value

DAY = "2018-07-20"


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("20180720", [DAY]),
        ("a20180720b", [DAY]),
        ("2018-07-20", [DAY]),
        ("2018_07_20", [DAY]),
        ("2018.07.20", [DAY]),
        ("2018/7/20", [DAY]),
        ("2018-7-2", ["2018-07-02"]),
        ("20180720151909", [DAY]),
        ("201807201519", [DAY]),
        ("20180720T151909", [DAY]),
        ("20180720_151909_1034", [DAY]),
        ("2018-07-20T15:19:09Z", [DAY]),
        ("2018-07-20 15:19:09.123", [DAY]),
        ("2018201T150231", [DAY]),
        ("MOD09GQ.A2018201.h17v02", [DAY]),
        ("2018-201", [DAY]),
        ("LC08_012010_20180720_20200831", [DAY, "2020-08-31"]),
        ("20180720-20200831", [DAY, "2020-08-31"]),
        ("2018-07-20_2", [DAY]),
        ("AST_L1T_00307202018151909_20180721000000_1", [DAY]),
        ("AST_L1A_00307202018151909", [DAY]),
        # digits that are something else
        ("20210926181099", []),
        ("2021092618", []),
        ("202109261810123", []),
        ("120180720", []),
        ("00307202018151909", []),
        ("20181301", []),
        ("20180230", []),
        ("2018366T150231", []),
        ("2018201", []),
        ("12180720", []),
        ("26181012", []),
        ("19691231", []),
        ("2018-07_20", []),
        ("012010", []),
        ("2018", []),
        ("summer", []),
        ("", []),
    ],
)
def test_dates_in_texts(text, dates):
    assert [moment.date for moment in moments(text)] == dates


def test_times():
    assert moments("20180720151909") == moments("2018-07-20T15:19:09Z") == [(DAY, "15:19:09")]
    assert moments("201807201519") == [(DAY, "15:19:00")]
    assert moments("2018201T150231") == [(DAY, "15:02:31")]
    assert moments("20180720_999999") == [(DAY, None)]


def test_old_maps_are_older_than_images():
    assert only_date("18500720") == ""
    assert only_date("18500720", 1800) == "1850-07-20"
    assert only_date("17990720", 1800) == ""


def test_several_dates_are_none_unless_equal():
    assert only_date("20180720_20180721") == ""
    assert only_date("20180720T104521_20180720T104621") == DAY


def test_the_next_year_is_the_last():
    year = datetime.now(timezone.utc).year
    assert only_date(f"{year + 1}0101") == f"{year + 1}-01-01"
    assert only_date(f"{year + 3}0101") == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2021-09-26", ("2021-09-26", None)),
        (date(2021, 9, 26), ("2021-09-26", None)),
        (datetime(2021, 9, 26, 18, 10, 12), ("2021-09-26", "18:10:12")),
        (np.datetime64("2021-09-26"), ("2021-09-26", None)),
        (np.datetime64("2021-09-26T18:10:12.000000000"), ("2021-09-26", "18:10:12")),
        (20210926, ("2021-09-26", None)),
        (np.int64(20210926181012), ("2021-09-26", "18:10:12")),
        (np.float64(20210926), ("2021-09-26", None)),
        (20210926181012.0, ("2021-09-26", "18:10:12")),
        ("20210926.0", ("2021-09-26", None)),
        (2021269, ("2021-09-26", None)),
        (2016.4945355191, ("2016-06-30", None)),
        ("2021.7356", ("2021-09-26", None)),
        ("2021-09-26T23:30:00-02:00", ("2021-09-27", "01:30:00")),
        ("2021-09-26T18:10:12+00:00", ("2021-09-26", "18:10:12")),
        ("Helheim_20210926", ("2021-09-26", None)),
        (18500720, ("1850-07-20", None)),
        (2021, None),
        ("2021", None),
        (2021.0, None),
        (2018.07, None),
        ("summer", None),
        ("26.09.2021", None),
        ("2021-09-26/2021-10-12", None),
        (True, None),
        (-1, None),
        (float("inf"), None),
        (1e30, None),
        (12181012, None),
    ],
)
def test_values_of_tables(value, expected):
    assert read_value(value) == (expected and Moment(*expected))


@given(st.dates(date(1970, 1, 1), date(2025, 12, 31)), st.times())
def test_every_date_is_read_in_every_form(day, time):
    for text in ("%Y%m%d", "%Y-%m-%d", "%Y_%m_%d", "%Y%m%dT%H%M%S", "%Y%m%d%H%M%S", "%Y-%j"):
        written = f"a_{datetime.combine(day, time).strftime(text)}_b"
        assert only_date(written) == day.isoformat()


@given(st.integers(10**8, 10**20))
def test_longer_digits_hold_no_date_but_with_a_time(number):
    found = moments(str(number))
    assert not found or len(str(number)) in (12, 14)


@given(st.text())
def test_any_text_is_read(text):
    assert all(int(moment.date[:4]) >= 1970 for moment in moments(text))
    read_value(text)
