"""Checks of the values of settings, and parsers of those with a special notation."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterable
from datetime import date as calendar_date
from types import NoneType
from typing import TYPE_CHECKING, get_args, get_origin, get_type_hints

from pycalfin.settings.table import CHOICES, ROWS

if TYPE_CHECKING:
    from pycalfin.settings.record import Settings

LISTS = ("scenes", "date")
"""Settings that may be a list of strings."""


def unknown(name: str, known: Iterable[str]) -> str:
    """Return the message for an unknown setting, with the nearest known name."""
    return f"unknown setting {name!r}{near(name, known)}"


def near(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean ...?" with the nearest known word; '' if none is near.

    Examples
    --------
    >>> near("alll", ("all", "none"))
    "; did you mean 'all'?"
    """
    found = difflib.get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def type_problems(settings: Settings) -> list[str]:
    """List a message for every setting of a wrong type: its value and the expected type."""
    hints = get_type_hints(type(settings))
    problems = []
    for item in dataclasses.fields(settings):
        value = getattr(settings, item.name)
        allowed = (
            get_args(hints[item.name])
            if NoneType in get_args(hints[item.name])
            else (hints[item.name],)
        )
        if isinstance(value, tuple):
            fits = item.name in LISTS and all(isinstance(part, str) for part in value)
        elif item.name == "scenes":
            fits = False
        elif value is None:
            fits = NoneType in get_args(hints[item.name])
        elif float in allowed:
            fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        elif int in allowed:
            fits = isinstance(value, int) and not isinstance(value, bool)
        else:
            fits = isinstance(value, tuple(kind for kind in allowed if get_origin(kind) is None))
        if not fits:
            wanted = " or ".join(
                "list of str" if get_origin(kind) else kind.__name__
                for kind in allowed
                if kind is not NoneType
            )
            problems.append(f"{item.name} is {value!r}; expected {wanted}")
    return problems


def value_problems(settings: Settings) -> list[str]:
    """List a message for every invalid value: the value and what was expected."""
    problems = []
    for name, row in ROWS.items():
        value = getattr(settings, name)
        low, high = row.limits or (-math.inf, math.inf)
        if row.limits and isinstance(value, (int, float)) and not low <= value <= high:
            problems.append(f"{name} is {value}; expected {low} to {high}")
    for name, words in CHOICES.items():
        value = getattr(settings, name)
        if isinstance(value, str) and value not in words:
            problems.append(
                f"{name} is {value!r}; expected one of: {', '.join(words)}{near(value, words)}"
            )
    if settings.output == "":
        problems.append("output is ''; expected a folder ('.' for this one)")
    if settings.precision == "bf16" and settings.engine == "tensorflow":
        problems.append("precision is 'bf16' and engine 'tensorflow'; expected openvino or auto")
    many = isinstance(settings.date, tuple)
    dates = settings.date if isinstance(settings.date, tuple) else (settings.date,)
    for date in dates:
        if isinstance(date, str) and not _is_date(date):
            problems.append(f"date is {date!r}; expected YYYY-MM-DD")
    if many and isinstance(settings.scenes, tuple) and len(dates) != len(settings.scenes):
        problems.append(
            f"date has {len(dates)} values for {len(settings.scenes)} scenes; expected one, or one "
            "for each"
        )
    if isinstance(settings.nodata, str):
        try:
            parse_nodata(settings.nodata)
        except ValueError:
            problems.append(f"nodata is {settings.nodata!r}; expected a number, 'nan' or 'none'")
    if isinstance(settings.shard, str):
        try:
            parse_shard(settings.shard)
        except ValueError:
            problems.append(f"shard is {settings.shard!r}; expected i/n with 1 <= i <= n")
    return problems


def _is_date(text: str) -> bool:
    """Return True for a date YYYY-MM-DD; Python alone also accepts 20210926 and 2021-W39-7."""
    try:
        return calendar_date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def parse_shard(text: str) -> tuple[int, int]:
    """Parse 'i/n' with 1 <= i <= n.

    Examples
    --------
    >>> parse_shard("2/8")
    (2, 8)
    """
    part, _, count = text.partition("/")
    i, n = int(part), int(count)
    if not 1 <= i <= n:
        raise ValueError(text)
    return i, n


def parse_nodata(text: str) -> float:
    """Parse a no-data value; return NaN for 'nan' and for 'none', because NaN is never data.

    Examples
    --------
    >>> parse_nodata("-9999"), parse_nodata("none")
    (-9999.0, nan)
    """
    number = math.nan if text.strip().lower() == "none" else float(text)
    if math.isinf(number):
        raise ValueError(text)  # infinite values are always no-data
    return number
