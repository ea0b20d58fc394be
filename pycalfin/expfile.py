"""ISSM's contour files (.exp): a tolerant reader and a strict writer.

A file is a list of contours. Each has a `## Name:` line, a `## Icon:` line, a line with the number
of points, one line per point and a blank line.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from pycalfin.arrays import Float64
from pycalfin.errors import ContourError
from pycalfin.files import replacing, safe_name
from pycalfin.textfile import decode_document, title

log = logging.getLogger(__name__)

_HEADER = "## Icon:0\n# Points Count Value\n{count:d} 1.000000\n# X pos Y pos\n"


@dataclass(frozen=True, eq=False)
class Contour:
    """One contour of an .exp file.

    Parameters
    ----------
    name : str
    x, y : (N,) float64
        Coordinates of the mesh; the file does not name their CRS.
    closed : bool, optional
        True if the last point repeats the first. The value is always set from the points.
    """

    name: str
    x: Float64
    y: Float64
    closed: bool = False

    def __post_init__(self) -> None:
        x, y = (np.asarray(values, np.float64).ravel() for values in (self.x, self.y))
        if len(x) != len(y):
            raise ContourError(
                f"contour {self.name!r} has {len(x)} x and {len(y)} y; give one y for every x"
            )
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)
        closed = len(x) > 1 and bool(x[0] == x[-1]) and bool(y[0] == y[-1])
        object.__setattr__(self, "closed", closed)

    @property
    def xy(self) -> Float64:
        """Points as an (N, 2) array of x and y."""
        return np.column_stack([self.x, self.y])

    @classmethod
    def from_xy(cls, name: str, xy: ArrayLike) -> Contour:
        """Make a contour from (N, 2) points."""
        points = np.asarray(xy, np.float64).reshape(-1, 2)
        return cls(name, points[:, 0], points[:, 1])


def read_exp(path: str | Path) -> list[Contour]:
    """Read the contours of an .exp file.

    The reader accepts tabs, names with blanks, any number of blank lines between contours, Windows
    line ends and a missing line end at the end of the file.

    Parameters
    ----------
    path : path

    Returns
    -------
    list of Contour
        In the order of the file; empty for an empty file.

    Raises
    ------
    ContourError
        If the file cannot be read or is malformed. The message names file and line.
    """
    path = Path(path)
    contours: list[Contour] = []
    name = ""
    points: list[tuple[float, float]] = []
    missing = 0
    announced = False
    last = 0
    for number, line in enumerate(_lines(path), start=1):
        text = line.strip()
        if not text:
            continue
        last = number
        if text.startswith("#"):
            label = text.lstrip("#").strip()
            if label.lower().startswith("name:"):
                if missing:
                    raise _malformed(path, number, f"{missing} more points expected before it")
                name = label[5:].strip()
            announced = True
            continue
        first, second = _two_numbers(path, number, text)
        if missing:
            points.append((first, second))
            missing -= 1
            if not missing:
                contours.append(Contour.from_xy(name, points))
                name, announced = "", False
        elif not announced:
            raise _malformed(path, number, "a point beyond the number announced, or no header")
        elif first != int(first) or first < 1:
            raise _malformed(path, number, f"a number of points was expected, found {text[:40]!r}")
        else:
            missing, points = int(first), []
    if missing:
        raise _malformed(path, last, f"the file ends here but {missing} more points were expected")
    return contours


def _lines(path: Path) -> list[str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ContourError(
            f"{path}: cannot read the contours ({error.strerror}); check the path"
        ) from error
    text, encoding = decode_document(content)
    if "\0" in text:
        raise ContourError(f"{path}: not a contour file but binary data; give an ISSM .exp file")
    if not encoding.startswith("utf"):
        log.warning("%s: not UTF-8; names are read as %s", path, title(encoding))
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _two_numbers(path: Path, number: int, text: str) -> tuple[float, float]:
    words = text.replace(",", " ").split()
    try:
        first, second = float(words[0]), float(words[1])
    except (IndexError, ValueError):
        raise _malformed(path, number, f"two numbers were expected, found {text[:40]!r}") from None
    if not (np.isfinite(first) and np.isfinite(second)):
        raise _malformed(path, number, f"coordinates must be finite, found {text[:40]!r}")
    return first, second


def _malformed(path: Path, number: int, what: str) -> ContourError:
    return ContourError(f"{path}, line {number}: malformed contour file: {what}; mend the file")


def write_exp_contours(path: str | Path, contours: Iterable[Contour]) -> Path:
    """Write contours in the format of ISSM's expwrite; the file appears by rename.

    Names are made safe, because ISSM loses contours whose names contain white space.

    Parameters
    ----------
    path : path
    contours : iterable of Contour

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ContourError
        If a contour would crash ISSM: it has no points, or NaN or infinite coordinates.
    OutputError
        If the file cannot be written.
    """
    path = Path(path)
    blocks = []
    for number, contour in enumerate(contours, start=1):
        name = safe_name(contour.name) if contour.name.strip() else f"contour_{number}"
        if len(contour.x) == 0:
            raise ContourError(
                f"{path}: contour {name} has no points; ISSM cannot read it, drop it"
            )
        if not np.isfinite(contour.xy).all():
            raise ContourError(
                f"{path}: contour {name} has NaN or infinite coordinates; drop these points"
            )
        points = "".join(f"{x:10.10f} {y:10.10f}\n" for x, y in contour.xy.tolist())
        blocks.append(f"## Name:{name}\n" + _HEADER.format(count=len(contour.x)) + points + "\n")
    with replacing(path) as part:
        part.write_text("".join(blocks), encoding="utf-8", newline="\n")
    return path
