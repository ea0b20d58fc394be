"""Find the pixels that hold a fill value which the file does not declare.

What the file says (tag, mask, alpha band, NaN) is settled before. Of the rest, one value at a time
is judged: the least, the greatest, and zero. It is no-data

1. if it is apart: far outside all other values, as no measurement is;
2. if it fills a part that straight lines cut off: the edge of a swath, a collar, stripes;
3. if it is zero in every band of the file, in one piece up to the border;
4. if it is zero, within the range of the others, and far more frequent than its neighbours.

Dark water and bright ice that an 8-bit picture clips to 0 or 255 are none of these: their values
join the histogram, and their outlines are ragged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from scipy import ndimage

from pycalfin.records import Float64, Mask

Values = NDArray[Any]

APART = "lies far outside all other values"
CUT_OFF = "fills parts with straight edges"
IN_EVERY_BAND = "is zero in every band"
TOO_FREQUENT = "is far more frequent than its neighbours"

ROUNDS = 4
"""Most values that one band is cleared of; two (a collar and gaps) have been seen."""
SAMPLE = 500_000
"""Most values that quantiles are taken from; more are thinned regularly."""
STRAY = 2e-4
"""Part of the other pixels, at each end of their range, that may be strays: hot pixels, bright
ships. It is the gap to the rest that counts."""
TAIL = 0.01
"""Part of the other pixels that make up the tail next to a value."""
LEAST_GAP = 0.05
"""Of the others' range: gap of a customary fill value. Gaps in the histograms of stretched 8-bit
pictures are narrower (at most 8 of 256 levels in landsat8_zones)."""
TAILS = 4.0
"""Lengths of the tail by which a customary fill value lies beyond it."""
OTHER_GAP = 1.0
"""Of the others' range: gap below them of a value that is no customary fill."""
BETWEEN = 0.1
"""Most pixels in the gap, per pixel of the fill: blends that a resampling made."""
REPEATS = 16
"""Pixels: fewer of one value are chance, unless it is a customary fill."""
UNPHYSICAL = 1e9
"""No reflectance, amplitude or decibel is as large; netCDF's 9.97e36, 1e20 and the least float
are."""
REACH = 2
"""Pixels that cubic resampling blends across a border."""
SPIKE = 10.0
"""Times as frequent as its neighbours is a zero that no instrument measured."""
NEIGHBOURS = 0.01
"""Of the others' range, to each side of zero: its neighbours."""

LEAST_AREA = 0.002
"""Of the window: smaller parts of one value change no front."""
STRIPE = 30
"""Pixels: least area of a piece of a stripe."""
STRAIGHT = 1.5
"""Pixels that a straight edge may stray: its staircase, blurred by a resampling."""
LEAST_SIDE, PART_OF_SIDE = 16.0, 0.1
"""Pixels, and part of the window's shorter side: least length of a straight piece of an edge."""
STRAIGHT_SHARE = 0.7
"""Of an outline that is straight. Swath edges and stripes have 0.8-1.0, water and radar shadows
below 0.4 (490 images of CaFFe)."""
CHORD_SIDE = 0.25
"""Of the window's shorter side: least straight piece that is extended through the window."""
CHORD_SHARE, CHORD_PURITY = 0.4, 0.995
"""Of a straight line through the window: along how much of it data begin; and how pure the other
side is."""
DOUBT = 0.05
"""Of the window: a part of one value at the border, kept as data, that is worth a sentence."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What was taken for no-data in one band.

    Parameters
    ----------
    fill : (H, W) bool
    taken : tuple of (value, why)
    kept : tuple of float
        Values that fill a large part at the border and were kept as data.
    """

    fill: Mask
    taken: tuple[tuple[float, str], ...] = ()
    kept: tuple[float, ...] = ()


def undeclared(
    raw: Values,
    known: Mask,
    *,
    sample: Callable[[], Values] | None = None,
    zero_everywhere: Callable[[], Mask] | None = None,
    floor: float = 0.0,
) -> Verdict:
    """Find fill values that nothing declares.

    Parameters
    ----------
    raw : (H, W) array of real numbers
    known : (H, W) bool
        Pixels that the file does not already call no-data; all of them finite.
    sample : callable, optional
        Gives values of the whole band, read only where there is something to judge; the judgement
        then differs less between the domains of a scene.
    zero_everywhere : callable, optional
        Gives the pixels that are zero in every band, where the file has several.
    floor : float
        Values up to this one are customary fill values, as zero is.

    Returns
    -------
    Verdict
    """
    fill = np.zeros(known.shape, bool)
    taken: dict[float, str] = {}
    kept: list[float] = []
    judge = _Judge(raw, known, sample, zero_everywhere, floor)
    for _ in range(ROUNDS):
        found = judge.next_value(fill, kept)
        if found is None:
            break
        value, why, pixels = found
        taken.setdefault(value, why)
        fill |= pixels
    return Verdict(fill, tuple(taken.items()), tuple(value for value in kept if value not in taken))


def equals(raw: Values, value: float) -> Mask:
    """Mark the pixels that have a value; of floating-point ones within their rounding."""
    if raw.dtype.kind != "f" or value == 0 or not math.isfinite(value):
        return np.asarray(np.isnan(raw) if math.isnan(value) else raw == value)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.isclose(raw, value, rtol=1e-6, atol=0.0))


def customary(value: float, floor: float = 0.0) -> bool:
    """Return True for what is used as a fill value: zero, ends of types, nines, huge numbers."""
    if 0 <= value <= floor or abs(value) >= UNPHYSICAL:
        return True
    if value != round(value):
        return False
    number = abs(round(value))
    ends = {2**bits - extra for bits in (7, 8, 15, 16) for extra in (0, 1)}
    return number in ends or (number > 9 and set(str(number)) == {"9"})


def text(value: float) -> str:
    """Write a value as a user would type it."""
    return f"{value:.0f}" if value == round(value) and abs(value) < UNPHYSICAL else f"{value:.9g}"


@dataclass(frozen=True, eq=False)
class _Others:
    """Robust range of the pixels that do not have a value, and their tails."""

    low: float
    low_tail: float
    high_tail: float
    high: float

    @property
    def spread(self) -> float:
        return self.high - self.low


class _Judge:
    """Judges one value after the other."""

    def __init__(
        self,
        raw: Values,
        known: Mask,
        sample: Callable[[], Values] | None,
        zero_everywhere: Callable[[], Mask] | None,
        floor: float,
    ) -> None:
        self.raw, self.known, self.floor = raw, known, floor
        self._read_sample, self._read_zeros = sample, zero_everywhere
        self._sample: Values | None = None
        self._zeros: Mask | None = None

    def next_value(self, fill: Mask, kept: list[float]) -> tuple[float, str, Mask] | None:
        """Return the next fill value, why it is one, and its pixels."""
        left = self.known & ~fill
        data = self.raw[left]
        if data.size == 0:
            return None
        low, high = float(data.min()), float(data.max())
        if low == high:
            return (low, APART, left) if customary(low, self.floor) and not fill.any() else None
        values = [low, high, 0.0] if low < 0 < high else [low, high]
        for value in values:
            same = equals(self.raw, value) & left
            count = int(np.count_nonzero(same))
            if count == 0 or (count < REPEATS and not customary(value, self.floor)):
                continue
            found = self._judge(value, same, count, left)
            if found is not None:
                return value, *found
            if self._doubtful(value, same):
                kept.append(value)
        return None

    def _judge(self, value: float, same: Mask, count: int, left: Mask) -> tuple[str, Mask] | None:
        near = ndimage.maximum_filter(same.view(np.uint8), 2 * REACH + 1).astype(bool)
        far = self.raw[left & ~near]
        if far.size < count / 100 or far.size < REPEATS:
            far = self.raw[left & ~same]
        others = self._others(far, value)
        if self._is_apart(value, count, far, others):
            blends = near & left & _beyond(self.raw, value, others)
            return APART, same | blends
        if value == 0 and others.low < 0 < others.high and _is_spike(count, far, others):
            return TOO_FREQUENT, same
        if value == 0 and self._read_zeros is not None:
            pixels = _in_one_piece(same & self._everywhere())
            return (IN_EVERY_BAND, pixels) if pixels.any() else None
        pixels = cut_off(same, ~self.known)
        return (CUT_OFF, pixels) if pixels.any() else None

    def _others(self, far: Values, value: float) -> _Others:
        if self._sample is None:
            self._sample = np.empty(0) if self._read_sample is None else self._read_sample()
        more = self._sample[np.isfinite(self._sample) & ~equals(self._sample, value)]
        # a sample knows nothing of what is no-data: values outside the window's range may be fill
        more = more[(more >= far.min()) & (more <= far.max())]
        values = np.concatenate([part[:: 1 + part.size // SAMPLE] for part in (far, more)])
        ends = np.quantile(values.astype(np.float64), [STRAY, TAIL, 1 - TAIL, 1 - STRAY])
        return _Others(*(float(end) for end in ends))

    def _is_apart(self, value: float, count: int, far: Values, others: _Others) -> bool:
        if others.low <= value <= others.high:
            return False
        below = value < others.low
        gap = others.low - value if below else value - others.high
        tail = others.low_tail - others.low if below else others.high - others.high_tail
        with np.errstate(over="ignore", invalid="ignore"):
            between = np.count_nonzero(_beyond(far, value, others))
        if between > BETWEEN * count:
            return False
        if not customary(value, self.floor):
            return below and gap >= OTHER_GAP * others.spread
        if not below and self.raw.dtype.itemsize == 1:
            return False  # the end of 8 bits is where bright ice saturates
        return gap >= LEAST_GAP * others.spread and gap >= TAILS * tail

    def _everywhere(self) -> Mask:
        if self._zeros is None:
            assert self._read_zeros is not None
            self._zeros = self._read_zeros()
        return self._zeros

    def _doubtful(self, value: float, same: Mask) -> bool:
        if value == 0 and self._read_zeros is not None:
            return False
        labels, areas, touches = _pieces(same)
        return bool((touches & (areas >= DOUBT * same.size)).any())


def _beyond(raw: Values, value: float, others: _Others) -> Mask:
    """Mark values between a fill value and the rest."""
    if value < others.low:
        return np.asarray(raw < others.low)
    return np.asarray(raw > others.high)


def _is_spike(count: int, far: Values, others: _Others) -> bool:
    """Return True if zero is far more frequent than the values next to it."""
    reach = NEIGHBOURS * others.spread
    beside = far[(np.abs(far) <= reach) & (far != 0)]
    most = np.unique(beside, return_counts=True)[1].max(initial=1)
    return count >= REPEATS and count >= SPIKE * most


def _pieces(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int64], Mask]:
    """Label connected pieces (also across corners): labels, areas, and who touches the border."""
    labels, number = ndimage.label(mask, np.ones((3, 3), int))
    areas = np.bincount(labels.ravel(), minlength=number + 1)
    areas[0] = 0
    touches = np.zeros(number + 1, bool)
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        touches[side] = True
    touches[0] = False
    return labels, areas, touches


def _in_one_piece(zeros: Mask) -> Mask:
    """Keep what reaches the border in one large piece, and stripes; dark pixels are neither."""
    labels, areas, touches = _pieces(zeros)
    large = touches & (areas >= LEAST_AREA * zeros.size)
    return np.asarray(large[labels] | cut_off(zeros, np.zeros_like(zeros)))


def cut_off(same: Mask, outside: Mask) -> Mask:
    """Find the parts of one value that straight lines cut off.

    Parameters
    ----------
    same : (H, W) bool
        Where the value is.
    outside : (H, W) bool
        Where nothing is known: an outline against it tells nothing.

    Returns
    -------
    (H, W) bool
        Pieces with a mostly straight outline (stripes, corners of a swath), and what lies beyond
        straight lines through the window on whose other side there is nothing else.
    """
    found = np.zeros_like(same)
    least = LEAST_AREA * same.size
    if np.count_nonzero(same) < least:
        return found
    # what one straight line cuts off uncovers the next: corners of a swath, shadows at its edge
    for _ in range(ROUNDS):
        more = _cut_off_once(same & ~found, outside | found)
        if not more.any():
            break
        found |= more
    return found if np.count_nonzero(found) >= least else np.zeros_like(same)


def _cut_off_once(same: Mask, outside: Mask) -> Mask:
    labels, areas, touches = _pieces(same)
    boxes = ndimage.find_objects(labels)
    side = max(LEAST_SIDE, PART_OF_SIDE * min(same.shape))
    straight = np.zeros(len(areas), bool)
    beyond = np.zeros_like(same)
    for label in np.flatnonzero(areas >= STRIPE):
        box = boxes[label - 1]
        if math.hypot(*(part.stop - part.start for part in box)) < side:
            continue
        lines = _outline(labels[box] == label, box, outside)
        whole, length, sides = _straightness(lines, side)
        straight[label] = whole > 0 and length >= STRAIGHT_SHARE * whole
        if not straight[label] and touches[label] and areas[label] >= LEAST_AREA * same.size:
            beyond |= _beyond_lines(labels == label, outside, sides)
    return np.asarray(straight[labels] | beyond)


def _outline(piece: Mask, box: tuple[slice, slice], outside: Mask) -> list[Float64]:
    """Return the outline of a piece as lines of (x, y), without what borders on the outside."""
    from rasterio.features import shapes

    offset = Affine.translation(box[1].start, box[0].start)
    walls = np.pad(outside, 1, constant_values=True)
    lines: list[Float64] = []
    for geometry, _ in shapes(piece.astype(np.uint8), mask=piece, transform=offset, connectivity=8):
        for ring in geometry["coordinates"]:
            xy = shapely.get_coordinates(shapely.segmentize(shapely.LineString(ring), 1.0))
            middle = (xy[:-1] + xy[1:]) / 2
            # of the two pixels beside each side of a pixel, none is outside
            across = (np.diff(xy, axis=0)[:, ::-1] != 0) / 2
            there, back = (np.floor(middle + sign * across).astype(int) + 1 for sign in (1, -1))
            free = ~(walls[there[:, 1], there[:, 0]] | walls[back[:, 1], back[:, 0]])
            lines.extend(_runs(xy, free))
    return lines


def _runs(xy: Float64, keep: Mask) -> Iterator[Float64]:
    """Yield the parts of a closed ring whose sides are kept."""
    if keep.all():
        yield xy
        return
    if not keep.any():
        return
    start = int(np.flatnonzero(~keep)[0])
    keep = np.roll(keep, -start)
    corners = np.roll(xy[:-1], -start, axis=0)
    corners = np.vstack([corners, corners[:1]])
    edges = np.flatnonzero(np.diff(np.concatenate([[0], keep.astype(np.int8), [0]])))
    for begin, end in edges.reshape(-1, 2):
        yield corners[begin : end + 1]


def _straightness(lines: list[Float64], side: float) -> tuple[float, float, Float64]:
    """Return the length of outlines, that of their straight pieces, and these as (n, 2, 2)."""
    whole, straight = 0.0, 0.0
    pieces = [np.empty((0, 2, 2))]
    for xy in lines:
        simple = shapely.get_coordinates(
            shapely.simplify(shapely.LineString(xy), STRAIGHT, preserve_topology=False)
        )
        parts = np.stack([simple[:-1], simple[1:]], axis=1)
        lengths = np.hypot(*(parts[:, 1] - parts[:, 0]).T)
        whole += float(lengths.sum())
        straight += float(lengths[lengths >= side].sum())
        pieces.append(parts[lengths >= side])
    return whole, straight, np.concatenate(pieces)


def _beyond_lines(piece: Mask, outside: Mask, sides: Float64) -> Mask:
    """Mark what lies beyond straight lines through the window with nothing but the piece there."""
    found = np.zeros_like(piece)
    blank = piece | outside
    least = CHORD_SIDE * min(piece.shape)
    rows, cols = np.indices(piece.shape, sparse=True)
    for first, last in sides[np.hypot(*(sides[:, 1] - sides[:, 0]).T) >= least]:
        along = (last - first) / np.hypot(*(last - first))
        distance = (rows + 0.5 - first[1]) * along[0] - (cols + 0.5 - first[0]) * along[1]
        for beyond in (distance, -distance):
            there = beyond > STRAIGHT
            total = np.count_nonzero(there)
            if total == 0 or np.count_nonzero(there & blank) < CHORD_PURITY * total:
                continue
            beside = (beyond < -STRAIGHT) & (beyond >= -STRAIGHT - 1)
            if np.count_nonzero(beside & ~blank) >= CHORD_SHARE * np.count_nonzero(beside):
                found |= (beyond > -STRAIGHT) & piece
    return found
