"""Find the field of a vector file that holds the dates of its features."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pycalfin.scene.dates import FIRST_MAP, Moment, day_of_year, is_date, read_value

DATE_FIELDS = (
    "date", "sourcedate", "imagedate", "scenedate", "acquisitiondate", "acqdate", "dateacquired",
    "acquired", "acquisition", "acquisitiontime", "sensingtime", "datetime", "timestamp", "datum",
    "decimalyear", "decimaldate", "decyear", "decdate", "yeardec", "time",
)  # fmt: skip
"""Names of date fields in order of preference, in lower case without separators and digits.

The last one may hold only a time of day."""
OTHER_DATES = ("update", "edit", "creat", "modif", "proc", "publi", "releas", "upload", "valid")
"""Parts of the names of fields that date the file or the processing, not the image."""
YEARS = ("year", "yr")
DAYS_OF_YEAR = ("doy", "dayofyear", "julianday", "julian", "jday", "yday")
MONTHS = ("month", "mon")
DAYS = ("day", "dayofmonth")


@dataclass(frozen=True)
class Dated:
    """The dates of a file's features.

    Parameters
    ----------
    moments : tuple of Moment or None
        One for each feature.
    field : str
        Name of the date field; '' if the file has none.
    refused : tuple of str
        Values of that field that are not dates.
    """

    moments: tuple[Moment | None, ...]
    field: str = ""
    refused: tuple[str, ...] = ()


def find_dates(fields: Mapping[str, Sequence[object]], count: int) -> Dated:
    """Find and read the field that dates features.

    Fields are tried in this order; the first with a usable date counts:

    1. fields in `DATE_FIELDS`;
    2. other fields whose names contain "date";
    3. year and day of the year, or year, month and day.

    Parameters
    ----------
    fields : mapping of str to sequence
        Columns by name.
    count : int
        Number of features.

    Returns
    -------
    Dated
        Without any usable date: the unusable values of the first filled field of `DATE_FIELDS`.

    Examples
    --------
    >>> find_dates({"Name": ["a"], "SourceDate": ["20210926"]}, 1).moments
    (Moment(date='2021-09-26', time=None),)
    >>> find_dates({"Date": ["summer"]}, 1)
    Dated(moments=(None,), field='Date', refused=('summer',))
    """
    nothing = Dated((None,) * count)
    useless = nothing
    for name in _candidates(fields):
        found = _read(name, fields[name])
        if any(found.moments):
            return found
        if found.refused and not useless.field and _plain(name) in DATE_FIELDS[:-1]:
            useless = found
    return _from_parts(fields) or useless


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _candidates(fields: Mapping[str, Sequence[object]]) -> list[str]:
    plain = {name: _plain(name) for name in fields}
    known = [name for wanted in DATE_FIELDS for name in fields if plain[name] == wanted]
    others = [name for name, text in plain.items() if "date" in text and text not in DATE_FIELDS]
    return [*known, *(name for name in others if not any(w in plain[name] for w in OTHER_DATES))]


def _read(name: str, column: Sequence[object]) -> Dated:
    read = [None if is_missing(value) else read_value(value) for value in column]
    refused = [
        str(value)
        for value, moment in zip(column, read, strict=True)
        if moment is None and not is_missing(value)
    ]
    return Dated(tuple(read), name, tuple(dict.fromkeys(refused)))


def is_missing(value: object) -> bool:
    """Return True for a missing value: null, NaN, NaT or blank text."""
    return value is None or value != value or not str(value).strip()


def _from_parts(fields: Mapping[str, Sequence[object]]) -> Dated | None:
    """Combine year and day of the year, or year, month and day, to dates."""
    names = {_plain(name): name for name in reversed(list(fields))}

    def column(wanted: Sequence[str]) -> str | None:
        return next((names[text] for text in wanted if text in names), None)

    year, day_in_year, month, day = (column(w) for w in (YEARS, DAYS_OF_YEAR, MONTHS, DAYS))
    if year is None:
        return None
    used: tuple[str, ...]
    if day_in_year is not None:
        used = (year, day_in_year)
        dates = [_ordinal(*row) for row in _rows(fields, used)]
    elif month is not None and day is not None:
        used = (year, month, day)
        dates = [_calendar(*row) for row in _rows(fields, used)]
    else:
        return None
    if not any(dates):
        return None
    return Dated(tuple(read_value(date) if date else None for date in dates), " and ".join(used))


def _rows(fields: Mapping[str, Sequence[object]], names: Sequence[str]) -> zip[tuple[Any, ...]]:
    return zip(*(fields[name] for name in names), strict=True)


def _whole(value: object) -> int:
    try:
        number = float(str(value))
    except ValueError:
        return -1
    return int(number) if number == number and number == int(number) else -1


def _ordinal(year: object, day: object) -> str:
    return day_of_year(_whole(year), _whole(day)) if _whole(year) >= FIRST_MAP else ""


def _calendar(year: object, month: object, day: object) -> str:
    text = f"{_whole(year):04d}-{_whole(month):02d}-{_whole(day):02d}"
    return text if is_date(text) else ""
