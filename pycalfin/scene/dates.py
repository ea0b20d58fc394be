"""Read dates from names, metadata and tables.

A date counts only if no other digits touch it: eight digits inside a longer number are not a date,
but fourteen digits are a date and a time. Years before the first image or in the future are not
dates either.
"""

from __future__ import annotations

import math
import re
from calendar import isleap
from collections.abc import Iterator
from datetime import date as calendar_date
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import numpy as np

__all__ = ["FIRST_IMAGE", "FIRST_MAP", "Moment", "is_date", "moments", "only_date", "read_value"]

FIRST_IMAGE = 1970
"""Earliest year in the name of an image; Landsat 1 was launched in 1972."""
FIRST_MAP = 1800
"""Earliest year in a table; fronts on historical maps date back to the 19th century."""
DECIMAL_SLACK = 0.01
"""Days by which a rounded decimal year may fall short of midnight."""

_DATE = re.compile(
    r"(?<!\d)(?P<year>\d{4})"
    r"(?:(?P<slash>[-/])(?P<m1>\d{1,2})(?P=slash)(?P<d1>\d{1,2})"
    r"|(?P<dot>[_.])(?P<m2>\d{2})(?P=dot)(?P<d2>\d{2})"
    r"|(?P<m3>\d{2})(?P<d3>\d{2}))"
    r"(?:(?P<gap>[T _-]?)(?P<time>\d{2}:?\d{2}:?\d{2})|(?P<gap2>[T ]?)(?P<short>\d{2}:?\d{2}))?"
    r"(?!\d)",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    r"(?<!\d)(?P<y1>\d{4})(?P<n1>\d{3})T(?P<time>\d{6})(?!\d)"  # HLS
    r"|(?<![A-Za-z0-9])A(?P<y2>\d{4})(?P<n2>\d{3})(?!\d)"  # MODIS
    r"|(?<!\d)(?P<y3>\d{4})-(?P<n3>\d{3})(?![-\d])",  # ISO 8601
    re.IGNORECASE,
)
_ASTER = re.compile(
    r"(?<![A-Za-z0-9])(AST_\w{2,4}_\d{3})(?P<day>\d{4})(?P<year>\d{4})(?P<time>\d{6})(?:_\d{14})?(?!\d)",
    re.IGNORECASE,
)
"""ASTER's names hold month, day, year and time, then the time of production (LP DAAC)."""
_OFFSET = re.compile(
    r"\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?P<sign>[+-])(?P<hours>\d{2}):?(?P<rest>\d{2})$"
)
_NUMBER = re.compile(r"\d+(?:\.\d*)?")


class Moment(NamedTuple):
    """A date, YYYY-MM-DD, and a time, HH:MM:SS, or None if unknown."""

    date: str
    time: str | None = None


def is_date(text: str) -> bool:
    """Return True for a calendar date written YYYY-MM-DD."""
    try:
        return calendar_date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def moments(text: str, first: int = FIRST_IMAGE) -> list[Moment]:
    """Find the dates in a text.

    Two forms are read:

    - YYYYMMDD, also with separators, and with a time after it;
    - year and day of the year, if marked as such (2018201T150231, A2018201, 2018-201).

    Parameters
    ----------
    text : str
    first : int
        Earliest year accepted. The latest is next year.

    Returns
    -------
    list of Moment
        In the order of the text.

    Examples
    --------
    >>> moments("a_20180720T151909Z.tif")
    [Moment(date='2018-07-20', time='15:19:09')]
    >>> moments("20210926181012"), moments("120210926"), moments("26181012")
    ([Moment(date='2021-09-26', time='18:10:12')], [], [])
    """
    text = _ASTER.sub(r"\1_\g<year>\g<day>T\g<time>", text)
    found = [*_calendar(text), *_ordinal(text)]
    last = _last_year()
    return [moment for _, moment in sorted(found) if first <= int(moment.date[:4]) <= last]


def only_date(text: str, first: int = FIRST_IMAGE) -> str:
    """Return the date in a text; '' if it holds no date, or several different ones.

    Examples
    --------
    >>> only_date("TSX_20090612T095933"), only_date("2009/06/12"), only_date("row 12")
    ('2009-06-12', '2009-06-12', '')
    >>> only_date("20180720_20200831")
    ''
    """
    dates = {moment.date for moment in moments(text, first)}
    return dates.pop() if len(dates) == 1 else ""


def read_value(value: object, first: int = FIRST_MAP) -> Moment | None:
    """Read a date from a value of a table.

    Parameters
    ----------
    value : object
        Text, date, datetime (also NumPy's), or a number: YYYYMMDD, YYYYMMDDHHMMSS, YYYYDDD or a
        decimal year with a fraction.
    first : int
        Earliest year accepted. The latest is next year.

    Examples
    --------
    >>> read_value(20210926181012.0), read_value("2021-09-26T23:30:00-02:00")
    (Moment(date='2021-09-26', time='18:10:12'), Moment(date='2021-09-27', time='01:30:00'))
    >>> read_value(2021.7356), read_value("2021")
    (Moment(date='2021-09-26', time=None), None)
    """
    if isinstance(value, (bool, np.bool_)):
        return None
    text = str(value).strip()
    if _NUMBER.fullmatch(text) or isinstance(value, (int, float, np.number)):
        return _of_number(text, first)
    found = {moment.date: moment for moment in moments(text, first)}
    if len(found) != 1:
        return None
    moment = found.popitem()[1]
    offset = _OFFSET.search(text)
    if offset is None or moment.time is None:
        return moment
    shift = timedelta(hours=int(offset["hours"]), minutes=int(offset["rest"]))
    local = datetime.fromisoformat(f"{moment.date}T{moment.time}")
    moved = local - shift if offset["sign"] == "+" else local + shift
    return Moment(moved.date().isoformat(), moved.time().isoformat("seconds"))


def _last_year() -> int:
    """Return next year, because a name's time zone may be ahead of the clock."""
    return datetime.now(timezone.utc).year + 1


def _calendar(text: str) -> Iterator[tuple[int, Moment]]:
    for match in _DATE.finditer(text):
        month, day = (
            next(filter(None, (match[f"{letter}{n}"] for n in (1, 2, 3)))) for letter in "md"
        )
        date = f"{match['year']}-{int(month):02d}-{int(day):02d}"
        digits = match["time"] or match["short"]
        time = clock(digits) if digits else None
        attached = digits and not (match["gap"] or match["gap2"])
        if is_date(date) and not (attached and time is None):
            yield match.start(), Moment(date, time)


def _ordinal(text: str) -> Iterator[tuple[int, Moment]]:
    for match in _ORDINAL.finditer(text):
        year, day = (next(filter(None, (match[f"{c}{n}"] for n in (1, 2, 3)))) for c in "yn")
        date = day_of_year(int(year), int(day))
        if date:
            yield match.start(), Moment(date, clock(match["time"]) if match["time"] else None)


def day_of_year(year: int, day: int) -> str:
    """Return the date of a day of the year, counted from 1; '' if the year has no such day."""
    if not 1 <= day <= 365 + isleap(year) or not 1 <= year <= 9999:
        return ""
    return (calendar_date(year, 1, 1) + timedelta(days=day - 1)).isoformat()


def clock(digits: str) -> str | None:
    """Return HHMM or HHMMSS, with or without colons, as HH:MM:SS; None for an invalid time."""
    digits = digits.replace(":", "")
    hour, minute, second = digits[:2], digits[2:4], digits[4:] or "00"
    if int(hour) < 24 and int(minute) < 60 and int(second) < 60:
        return f"{hour}:{minute}:{second}"
    return None


def _of_number(text: str, first: int) -> Moment | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number) or number < 0:
        return None
    whole = math.floor(number)
    if number != whole:
        month = round(100 * (number - whole), 6)
        if month in range(1, 13):  # 2018.07 may mean July or a day in January
            return None
        date = _of_decimal_year(number) if first <= whole <= _last_year() else ""
        return Moment(date) if date else None
    digits = str(whole) if "e" in text.lower() else text.partition(".")[0]
    if len(digits) == 7:
        date = day_of_year(whole // 1000, whole % 1000)
        return Moment(date) if date and first <= whole // 1000 <= _last_year() else None
    found = moments(digits, first)
    return found[0] if len(found) == 1 else None


def _of_decimal_year(number: float) -> str:
    year = math.floor(number)
    days = 365 + isleap(year)
    return day_of_year(year, min(days, 1 + math.floor((number - year) * days + DECIMAL_SLACK)))
