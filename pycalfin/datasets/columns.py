"""Columns of vector files that assign a feature to an image."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pycalfin.scene.datefields import find_dates
from pycalfin.scene.dates import FIRST_MAP, only_date

SCENE_FIELDS = ("scene", "image", "file", "filename")
"""Columns with the name of a front's image, in order of preference; case does not matter."""


def dates_and_scenes(fields: Mapping[str, Any], count: int) -> list[tuple[str, str]]:
    """Return the date and the image of each feature of a vector file.

    Parameters
    ----------
    fields : mapping of str to sequence
        Columns by their names in lower case.
    count : int
        Number of features.

    Returns
    -------
    list of (str, str)
        Date (YYYY-MM-DD) and file stem of the image; '' where no column gives them.
    """
    scenes = next((fields[name] for name in SCENE_FIELDS if name in fields), [""] * count)
    return [
        ("" if moment is None else moment.date, "" if scene is None else Path(str(scene)).stem)
        for moment, scene in zip(find_dates(fields, count).moments, scenes, strict=True)
    ]


def date_in(text: str) -> str:
    """Return the only date in a name, or '' if there is none or dates differ.

    Examples
    --------
    >>> date_in("TSX_20090612T095933"), date_in("2009/06/12"), date_in("row 12")
    ('2009-06-12', '2009-06-12', '')
    """
    return only_date(text, FIRST_MAP)
