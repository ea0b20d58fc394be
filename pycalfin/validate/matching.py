"""Completeness and correctness of found fronts, as in the evaluation of road extraction.

A mean distance mixes a missed second front with a wrong position. These measures keep them apart:

- completeness: share of the drawn line that lies within `WITHIN` pixels of a found one;
- correctness: share of the found line that lies within `WITHIN` pixels of a drawn one;
- the mean distance of the part of the found line that matches;
- false lines: found lines that mostly lie farther than `FALSE` pixels from any drawn front;
- coast called front: share of the coast within `WITHIN` pixels of a found front.

A pixel is one of the image. Where its sides differ on the ground, it is a square of the same area.
Shares are of lengths on the ground, whatever the spacing of the vertices.

Heipke, C., Mayer, H., Wiedemann, C., Jamet, O. (1997): Evaluation of automatic road extraction.
International Archives of Photogrammetry and Remote Sensing 32, 151-160.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import shapely

from pycalfin.datasets import LabelledImage
from pycalfin.datasets.coasts import coast
from pycalfin.records import Float64, Mask
from pycalfin.validate import pixels
from pycalfin.validate.metrics import nearest, sample

WITHIN = 3.0
"""Pixels within which lines match. Drawn fronts are one to three pixels wide
(`LabelledImage.front`), so a hand is no surer than that."""
FALSE = 5.0
"""Pixels from any drawn front beyond which a found line is false, if half of it is. It is the
distance by which the confidence counts lines as right (docs/method.md)."""
SPACING = 0.5
"""Pixels between samples along the lines, at most; every share is that good."""


@dataclass(frozen=True)
class Matching:
    """How found lines match drawn ones, in lengths that can be added over images.

    Attributes
    ----------
    drawn, drawn_met : float
        Length of the drawn line, and of its part near a found one; pixels.
    found, found_met : float
        Length of the found lines, and of their part near the drawn one; pixels.
    offset : float
        Distance to the drawn line, summed along `found_met`; pixels times pixels.
    lines, false_lines : int
        Found lines, and those of them that are false.
    coast, coast_called : float
        Length of the known coast, and of its part near a found line; pixels.
    """

    drawn: float = 0.0
    drawn_met: float = 0.0
    found: float = 0.0
    found_met: float = 0.0
    offset: float = 0.0
    lines: int = 0
    false_lines: int = 0
    coast: float = 0.0
    coast_called: float = 0.0

    def scaled(self, metres: float) -> Matching:
        """Convert pixels to ground metres.

        Parameters
        ----------
        metres : float
            Side of a square with the area of a pixel.
        """
        lengths = ("drawn", "drawn_met", "found", "found_met", "coast", "coast_called")
        converted = {name: getattr(self, name) * metres for name in lengths}
        return replace(self, offset=self.offset * metres**2, **converted)

    @property
    def completeness(self) -> float:
        """Return the share of the drawn line that was found; NaN if none is drawn."""
        return _share(self.drawn_met, self.drawn)

    @property
    def correctness(self) -> float:
        """Return the share of the found lines that are drawn; NaN if none is found."""
        return _share(self.found_met, self.found)

    @property
    def distance(self) -> float:
        """Return the mean distance of what matches, pixels; NaN if nothing does."""
        return _share(self.offset, self.found_met)

    @property
    def coast_called_front(self) -> float:
        """Return the share of the coast that was called front; NaN if no coast is known."""
        return _share(self.coast_called, self.coast)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def total(matchings: Iterable[Matching]) -> Matching:
    """Add matchings of several images.

    Examples
    --------
    >>> total([Matching(drawn=10, drawn_met=9), Matching(drawn=30, drawn_met=15)]).completeness
    0.6
    """
    each = list(matchings)
    return Matching(*(sum(getattr(one, item.name) for one in each) for item in fields(Matching)))


def match(
    found: Sequence[Float64],
    drawn: Sequence[Float64],
    *,
    coast: Sequence[Float64] = (),
    known: Mask | None = None,
    spacing: tuple[float, float] = pixels.SQUARE,
    within: float = WITHIN,
) -> Matching:
    """Compare found lines with drawn ones.

    Parameters
    ----------
    found, drawn : sequence of (N, 2) float64
        Row and column of the image.
    coast : sequence of (N, 2) float64
        Where it is known that there is no front.
    known : (H, W) bool, optional
        Where the absence of a drawn line means that there is none. What was found elsewhere counts
        neither for nor against; what was drawn outside the image does not count. By default
        everything counts.
    spacing : (row, col)
        Sides of a pixel in any unit; only their ratio matters.
    within : float
        Pixels within which lines match.

    Returns
    -------
    Matching

    Examples
    --------
    >>> drawn = np.array([[0.0, 0.0], [0.0, 100.0]])
    >>> half = np.array([[1.0, 0.0], [1.0, 50.0]])
    >>> one = match([half], [drawn])
    >>> round(one.completeness, 2), one.correctness, one.distance
    (0.53, 1.0, 1.0)
    """
    scale = np.array(spacing) / np.sqrt(np.prod(spacing))
    here, there, shore = (
        [np.asarray(line, float) * scale for line in lines] for lines in (found, drawn, coast)
    )
    image = None if known is None else np.ones(known.shape, bool)
    claimed = _Sampled.of(here, there, _Counted(known, scale))
    shown, crossed = (_Sampled.of(lines, here, _Counted(image, scale)) for lines in (there, shore))
    return Matching(
        drawn=shown.length(),
        drawn_met=shown.length(within),
        found=claimed.length(),
        found_met=claimed.length(within),
        offset=claimed.offset(within),
        lines=len(claimed.medians),
        false_lines=sum(median > FALSE for median in claimed.medians),
        coast=crossed.length(),
        coast_called=crossed.length(within),
    )


def match_image(
    image: LabelledImage,
    found: Sequence[Float64],
    spacing: tuple[float, float] | None = None,
) -> Matching:
    """Compare found lines with the labels of an image.

    Parameters
    ----------
    image : LabelledImage
        Its own lines are the drawn front; where it has none, the middle of its drawn mask.
    found : sequence of (N, 2) float64
        Row and column.
    spacing : (row, col), optional
        Sides of a pixel; those of the image by default, and equal ones where it has none.

    Returns
    -------
    Matching
        With the coast where the labels tell the ocean from ice or land.
    """
    border = coast(image, WITHIN) & image.edge_known
    return match(
        found,
        image.lines or lines_of(image.front),
        coast=lines_of(border),
        known=image.edge_known,
        spacing=spacing or image.spacing or pixels.SQUARE,
    )


def lines_of(mask: Mask) -> list[Float64]:
    """Return the lines along the middle of a drawn mask.

    Parameters
    ----------
    mask : (H, W) bool

    Returns
    -------
    list of (N, 2) float64
        Row and column. A pixel on its own is a line of length 0.

    Examples
    --------
    >>> lines_of(np.eye(3, dtype=bool))[0].tolist()
    [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]
    """
    thin = pixels.thin(mask)
    steps = pixels.links(thin).astype(float)
    alone = thin.copy()
    alone[tuple(steps.reshape(-1, 2).astype(int).T)] = False
    joined = shapely.line_merge(shapely.MultiLineString(list(steps)))
    lines = [shapely.get_coordinates(line) for line in shapely.get_parts(joined)]
    return lines + [np.array([place, place], float) for place in np.argwhere(alone)]


@dataclass(frozen=True, eq=False)
class _Counted:
    """Where samples of a line count; everywhere without a mask."""

    mask: Mask | None
    scale: Float64

    def at(self, points: Float64) -> Mask:
        """Look up points; outside the mask none counts."""
        if self.mask is None:
            return np.ones(len(points), bool)
        rowcol = np.floor(points / self.scale + 0.5).astype(int)
        inside = np.all((rowcol >= 0) & (rowcol < self.mask.shape), axis=1)
        inside[inside] = self.mask[tuple(rowcol[inside].T)]
        return inside


@dataclass(frozen=True, eq=False)
class _Sampled:
    """Lines by their samples.

    Attributes
    ----------
    weights : (P,) float64
        Length that each sample represents.
    distances : (P,) float64
        Distance to the nearest of the other lines; infinite if there is none.
    medians : tuple of float
        Median distance of every line with samples that count.
    """

    weights: Float64
    distances: Float64
    medians: tuple[float, ...]

    @classmethod
    def of(cls, lines: Sequence[Float64], others: Sequence[Float64], counted: _Counted) -> _Sampled:
        """Sample lines where they count, and measure how far the others are."""
        samples = [sample([line], SPACING) for line in lines]
        lengths = [float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in lines]
        shares = [length / len(one) for length, one in zip(lengths, samples, strict=True)]
        number = np.repeat(np.arange(len(lines)), np.array([len(one) for one in samples], int))
        points = np.concatenate([np.empty((0, 2)), *samples])
        counts = counted.at(points)
        points, number = points[counts], number[counts]
        distances = nearest(points, others) if others else np.full(len(points), np.inf)
        medians = [float(np.median(distances[number == one])) for one in np.unique(number)]
        return cls(np.array(shares)[number], distances, tuple(medians))

    def length(self, within: float = np.inf) -> float:
        """Add the length of all samples, or of those within a distance."""
        return float(self.weights[self.distances <= within].sum())

    def offset(self, within: float) -> float:
        """Add distance times length of the samples within a distance."""
        near = self.distances <= within
        return float((self.weights * self.distances)[near].sum())
