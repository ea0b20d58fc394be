"""Columns of vector files that tell which image a feature belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from pycalfin.scene.names import is_date

DATE_FIELDS = ("date", "datum", "acq_date", "acquired", "acquisition", "datetime", "time")
"""Columns that date a front, without regard to case, in order of preference."""
SCENE_FIELDS = ("scene", "image", "file", "filename")
"""Columns that name the image of a front, without regard to case, in order of preference."""
_DIGITS = re.compile(r"(?<!\d)(\d{4})[-_.]?(\d{2})[-_.]?(\d{2})(?!\d)")


def dates_and_scenes(fields: Mapping[str, Iterable[object]], count: int) -> list[tuple[str, str]]:
    """Read which image each feature of a vector file belongs to.

    Parameters
    ----------
    fields : mapping of str to sequence
        Columns by their names in lower case.
    count : int
        Features.

    Returns
    -------
    list of (str, str)
        Date (YYYY-MM-DD) and file stem of the image, '' where no column tells them.
    """
    dates, scenes = (
        next((fields[name] for name in names if name in fields), [""] * count)
        for names in (DATE_FIELDS, SCENE_FIELDS)
    )
    return [
        (date_in(str(date)), "" if scene is None else Path(str(scene)).stem)
        for date, scene in zip(dates, scenes, strict=True)
    ]


def date_in(text: str) -> str:
    """Read the first date in a text, YYYY-MM-DD or YYYYMMDD; '' if there is none.

    Examples
    --------
    >>> date_in("TSX_20090612T095933"), date_in("2009/06/12"), date_in("row 12")
    ('2009-06-12', '2009-06-12', '')
    """
    for year, month, day in _DIGITS.findall(text.replace("/", "-")):
        date = f"{year}-{month}-{day}"
        if is_date(date):
            return date
    return ""
