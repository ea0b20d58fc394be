"""Fronts as ISSM contours (.exp): open lines in the mesh's coordinates, ocean on the left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pycalfin.errors import ContourError, CRSMismatchError
from pycalfin.expfile import Contour, read_exp, write_exp_contours
from pycalfin.geo import require_same_crs
from pycalfin.records import Front

__all__ = ["contour_names", "contours", "read_exp", "write_exp"]

UNNAMED = "front"
"""Used in contour names for fronts without a domain."""


def contours(fronts: Sequence[Front | Contour]) -> list[Contour]:
    """Turn fronts into contours named <domain>_<date>[_<n>].

    Parameters
    ----------
    fronts : sequence of Front or Contour
        Contours are passed through. If several fronts share a domain and date, they are numbered
        from 1 in the order given.

    Returns
    -------
    list of Contour
        In the order given, with unchanged coordinates.

    Raises
    ------
    CRSMismatchError
        If the fronts are in different coordinate reference systems: an .exp file cannot name them.
    ContourError
        If an element is neither a front nor a contour.
    """
    lines = [item for item in fronts if isinstance(item, Front)]
    for front in lines[1:]:
        _require_crs(lines[0], front)
    names = iter(contour_names(lines))
    named = []
    for item in fronts:
        if isinstance(item, Contour):
            named.append(item)
        elif isinstance(item, Front):
            named.append(Contour.from_xy(next(names), item.xy))
        else:
            raise ContourError(f"a {type(item).__name__} is not a contour; give fronts or contours")
    return named


def contour_names(fronts: Sequence[Front]) -> list[str]:
    """Name fronts <domain>_<date>[_<n>]; fronts that share a name are numbered in order.

    Examples
    --------
    >>> line = [[0, 0], [100, 0]]
    >>> contour_names([Front(line, domain="Bræ", date="2016-06-30")] * 2)
    ['Bræ_2016-06-30_1', 'Bræ_2016-06-30_2']
    """
    labels = [_label(front) for front in fronts]
    total, seen = Counter(labels), Counter[str]()
    names = []
    for label in labels:
        seen[label] += 1
        names.append(f"{label}_{seen[label]}" if total[label] > 1 else label)
    return names


def write_exp(path: str | Path, fronts: Sequence[Front | Contour]) -> Path:
    """Write fronts to an .exp file that ISSM, pyISSM and MATLAB can read.

    Parameters
    ----------
    path : path
        The complete file appears by rename.
    fronts : sequence of Front or Contour
        All fronts must be in the coordinate reference system of the mesh.

    Returns
    -------
    Path
        Path of the file.

    Raises
    ------
    CRSMismatchError, ContourError, OutputError
        See `contours` and `pycalfin.expfile.write_exp_contours`.
    """
    return write_exp_contours(path, contours(fronts))


def _label(front: Front) -> str:
    return "_".join(part for part in (front.domain or UNNAMED, front.date) if part)


def _require_crs(first: Front, other: Front) -> None:
    try:
        require_same_crs(first.crs, other.crs, "fronts of one .exp file")
    except CRSMismatchError as error:
        raise CRSMismatchError(f"{error}, or write one file for each") from None
