"""Decimal years as ISSM's date2decyear computes them."""

from __future__ import annotations

from calendar import isleap
from datetime import date as Date
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike

from pycalfin.errors import LevelSetError
from pycalfin.records import Float64

FEWEST_DAYS = 365


def decimal_year(date: str, time: str | None = None) -> float:
    """Convert a date to a decimal year: Y + (day of year - 1 + fraction) / (365 or 366).

    Parameters
    ----------
    date : str
        YYYY-MM-DD, or YYYY-MM-DDTHH:MM:SS.
    time : str, optional
        HH:MM:SS in UTC. Default: the start of the day, as in ISSM's date2decyear.

    Raises
    ------
    LevelSetError
        If `date` or `time` cannot be read.

    Examples
    --------
    >>> round(decimal_year("2016-06-30"), 10)
    2016.4945355191
    >>> round(decimal_year("2000-01-01", "12:00:00"), 10)
    2000.0013661202
    """
    try:
        moment = datetime.fromisoformat(f"{date}T{time}" if time else date)
    except (TypeError, ValueError):
        given = f"{date!r} {time!r}" if time else repr(date)
        raise LevelSetError(
            f"{given} is not a date; give YYYY-MM-DD (and HH:MM:SS in UTC)"
        ) from None
    midnight = datetime(moment.year, moment.month, moment.day)
    fraction = (moment.replace(tzinfo=None) - midnight).total_seconds() / 86400
    day = moment.timetuple().tm_yday - 1 + fraction
    return moment.year + day / (FEWEST_DAYS + isleap(moment.year))


def days(years: Float64) -> Float64:
    """Convert decimal years to days since the year 1: the inverse of `decimal_year`."""
    years = np.asarray(years, float)
    whole = np.floor(years)
    first = np.array([Date(int(year), 1, 1).toordinal() for year in whole], float)
    length = np.array([FEWEST_DAYS + isleap(int(year)) for year in whole], float)
    return first + (years - whole) * length


def decimal_years(times: ArrayLike) -> Float64:
    """Convert times (decimal years or dates, in any order) to decimal years.

    Returns
    -------
    (nt,) float64
        Sorted, without duplicates.

    Raises
    ------
    LevelSetError
        If `times` is empty, or a time is not a date, not finite, or outside the years 1 to 9999.
    """
    values = np.atleast_1d(np.asarray(times)).ravel()
    text = values.dtype.kind in "OUM"
    try:
        years = [decimal_year(str(time)) for time in values] if text else values.astype(float)
    except LevelSetError as error:
        raise LevelSetError(f"times: {error}, or decimal years as numbers") from None
    found = np.unique(np.asarray(years, float))
    if not len(found):
        raise LevelSetError("times is empty; give decimal years or dates, or leave it out")
    if not np.isfinite(found).all() or found[0] < 1 or found[-1] >= 10_000:
        raise LevelSetError(f"times holds {found[0]} to {found[-1]}; expected decimal years")
    return found
