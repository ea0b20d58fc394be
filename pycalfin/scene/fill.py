"""Find the pixels that hold a fill value which the file does not declare.

What the file says (tag, mask, alpha band, NaN) is settled before. Of the rest, one value at a time
is judged: the least, the greatest, and zero. It is no-data

1. if it lies far outside all other values, as no measurement does;
2. if it fills a part that straight lines cut off: the edge of a swath, a collar, stripes. In an
   8-bit picture such a part at the border may hold noise, as resampling and JPEG leave it;
3. if it is zero in every band of the file, in one piece up to the border;
4. if it is zero, within the range of the others, and far more frequent than its neighbours.

Dark water and bright ice that an 8-bit picture clips to 0 or 255 are none of these: their values
join the histogram, and their outlines are ragged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pycalfin.records import Mask
from pycalfin.scene.outline import LEAST_AREA, cut_off, pieces

Values = NDArray[Any]

APART = "lies far outside all other values"
CUT_OFF = "fills parts with straight edges"
IN_EVERY_BAND = "is zero in every band"
TOO_FREQUENT = "is far more frequent than its neighbours"

ROUNDS = 4
"""Most values that one band is cleared of: a collar, gaps, and what somebody else filled in."""
SAMPLE = 500_000
"""Most values that quantiles are taken from; more are thinned regularly."""
STRAY = 2e-4
"""Part of the other pixels, at each end of their range, that may be strays: hot pixels, bright
ships. It is the gap to the rest that counts."""
TAIL = 0.01
"""Part of the other pixels that make up the tail next to a value."""
LEAST_GAP = 0.05
"""Of the others' range: least gap of a customary fill value. Chosen: between zero and the
reflectances of the Landsat scene of Harald Moltke Bræ it is 0.15."""
TAILS = 4.0
"""Lengths of the tail by which a customary fill value lies beyond it, unless its gap is clear."""
CLEAR_GAP = 0.25
"""Of the others' range: gap of a customary fill value, however long the tail; chosen."""
PICTURE_GAP = 0.5
"""Of the others' range: gap below the data of an 8-bit picture, where black may be water.
The widest one beside an end value is 24 of 255 levels in 620 pictures (FrontLearning, CaFFe and
landsat8_zones)."""
OTHER_GAP = 1.0
"""Of the others' range: gap below them of a value that is no customary fill; chosen."""
BETWEEN = 0.1
"""Most pixels in the gap, per pixel of the fill: blends that a resampling made; chosen."""
REPEATS = 16
"""Pixels: fewer of one value are chance, unless it is a customary fill."""
UNPHYSICAL = 1e9
"""No reflectance, amplitude or decibel is as large; netCDF's 9.97e36, 1e20 and the least float
are."""
REACH = 2
"""Pixels that cubic resampling blends across a border."""
SQUARE = np.ones((3, 3), bool)
SPIKE = 10.0
"""Times as frequent as its neighbours is a zero that no instrument measured; chosen."""
NEIGHBOURS = 0.01
"""Of the others' range, to each side of zero: its neighbours."""

NOISE = 8
"""Of 255 levels: noise in the fill of an 8-bit picture. JPEG of quality 85 leaves up to 5 in 95 %
of the pixels next to corners cut off CaFFe's images."""
CONTRAST = 3.0
"""Times the noise by which most data beside a noisy fill differ from it; chosen."""
MAJORITY = 5
"""Pixels: side of the square whose majority decides what noise is part of a fill; chosen."""

DRAWING = 16
"""Different values: an image of so few is drawn, not measured, and only a customary fill is one;
chosen."""
DOUBT = 0.05
"""Of the window: a part of one value at the border, kept as data, that is worth a sentence;
chosen."""


@dataclass(frozen=True, eq=False)
class FillDetection:
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
    zero_everywhere: Callable[[], Mask | None] | None = None,
    floor: float = 0.0,
    zero_is_usual: bool = True,
) -> FillDetection:
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
        Gives the pixels that are zero in every band, or None where no other band tells anything;
        called only where the judgement of a zero depends on it.
    floor : float
        Values up to this one are customary fill values, as zero is.
    zero_is_usual : bool
        Zero is a customary fill value. Not so where a file declares another one and its type has
        a sign (decibels may be zero): single zeros are data there.

    Returns
    -------
    Verdict
    """
    fill = np.zeros(known.shape, bool)
    taken: dict[float, str] = {}
    kept: list[float] = []
    judge = _FillDetector(raw, known, sample, zero_everywhere, floor, zero_is_usual)
    for _ in range(ROUNDS):
        found = judge.next_value(fill, kept)
        if found is None:
            break
        value, why, pixels = found
        taken.setdefault(value, why)
        fill |= pixels
    return FillDetection(
        fill, tuple(taken.items()), tuple(value for value in kept if value not in taken)
    )


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
    """Write a value as a user would type it: 1e+20 also where float32 holds 1.00000002e+20."""
    if value == round(value) and abs(value) < UNPHYSICAL:
        return f"{value:.0f}"
    with np.errstate(over="ignore"):
        single = np.float32(value)
    return f"{value:.9g}" if np.isinf(single) else str(single)


def sentence(taken: Sequence[tuple[float, str]], option: str = "--nodata none") -> str:
    """Say what was taken for no-data, and how to keep it.

    Examples
    --------
    >>> print(sentence([(-9999.0, "in a corner")]))
    -9999 (in a corner) is not declared as no-data but was taken for it; --nodata none keeps it
    """
    values = " and ".join(f"{text(value)} ({why})" for value, why in taken)
    verb, was, noun = ("is", "was", "it") if len(taken) == 1 else ("are", "were", "them")
    return f"{values} {verb} not declared as no-data but {was} taken for it; {option} keeps {noun}"


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


class _FillDetector:
    """Judges one value after the other."""

    def __init__(
        self,
        raw: Values,
        known: Mask,
        sample: Callable[[], Values] | None,
        zero_everywhere: Callable[[], Mask | None] | None,
        floor: float,
        zero_is_usual: bool,
    ) -> None:
        self.raw, self.known, self.floor = raw, known, floor
        self.zero_is_usual = zero_is_usual
        self._read_sample, self._read_zeros = sample, zero_everywhere
        self._sample: Values | None = None
        self._zeros: tuple[Mask | None] | None = None
        self._drawing: bool | None = None

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
            usual = customary(value, self.floor) and (value != 0 or self.zero_is_usual)
            if count == 0 or (not usual and (count < REPEATS or self._is_drawing())):
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
            blends = near & left & _beyond(self.raw, value, others, LEAST_GAP * others.spread)
            return APART, same | blends
        if value == 0 and others.low < 0 < others.high and _is_spike(count, far, others):
            return TOO_FREQUENT, same
        everywhere = self._everywhere() if value == 0 else None
        if everywhere is not None:
            pixels = _in_one_piece(same, same & everywhere)
            if pixels.any():
                return IN_EVERY_BAND, pixels
        pixels = cut_off(same, ~self.known)
        if not pixels.any() and self.raw.dtype == np.uint8:
            pixels = self._noisy(value, left)
        return (CUT_OFF, pixels) if pixels.any() else None

    def _noisy(self, value: float, left: Mask) -> Mask:
        """Mark the parts of about one value that straight lines cut off up to the border."""
        away = np.abs(self.raw - np.float32(value))
        near = left & (away <= NOISE)
        if np.count_nonzero(near) < LEAST_AREA * near.size:
            return np.zeros_like(near)
        most = ndimage.uniform_filter(near.astype(np.float32), MAJORITY, mode="nearest") > 0.5
        # cut_off is slow, and what does not reach the border is no part of it
        labels, areas, touches = pieces(most & left)
        large = touches & (areas >= LEAST_AREA * near.size)
        found = np.zeros_like(near)
        if not large.any():
            return found
        labels, areas, touches = pieces(cut_off(large[labels], ~self.known))
        for label in np.flatnonzero(touches & (areas >= LEAST_AREA * near.size)):
            # at the edge noise and data are blended
            whole = ndimage.binary_dilation(labels == label, SQUARE, iterations=REACH)
            beside = ndimage.binary_dilation(whole, SQUARE, iterations=REACH) & ~whole & left
            if beside.any() and np.median(away[beside]) >= CONTRAST * NOISE:
                found |= whole & left
        return found

    def _others(self, far: Values, value: float) -> _Others:
        if self._sample is None:
            self._sample = self._without_ends()
        more = self._sample[~equals(self._sample, value)]
        values = np.concatenate([part[:: 1 + part.size // SAMPLE] for part in (far, more)])
        ends = np.quantile(values.astype(np.float64), [STRAY, TAIL, 1 - TAIL, 1 - STRAY])
        return _Others(*(float(end) for end in ends))

    def _without_ends(self) -> Values:
        """Read the sample; customary fill values at its ends may themselves be no-data."""
        sample = np.empty(0) if self._read_sample is None else self._read_sample()
        sample = sample[np.isfinite(sample)]
        for _ in range(ROUNDS):
            ends = [float(end) for end in (sample.min(), sample.max())] if sample.size else []
            fills = [end for end in ends if customary(end, self.floor)]
            if not fills:
                break
            sample = sample[~np.logical_or.reduce([equals(sample, end) for end in fills])]
        return sample

    def _is_apart(self, value: float, count: int, far: Values, others: _Others) -> bool:
        if others.low <= value <= others.high:
            return False
        below = value < others.low
        gap = others.low - value if below else value - others.high
        tail = others.low_tail - others.low if below else others.high - others.high_tail
        # strays next to the others' range are no blends, however few pixels the value has
        margin = min(LEAST_GAP * others.spread, gap / 2)
        with np.errstate(over="ignore", invalid="ignore"):
            between = np.count_nonzero(_beyond(far, value, others, margin))
        if between > BETWEEN * count:
            return False
        if not customary(value, self.floor):
            return below and gap >= OTHER_GAP * others.spread
        if self.raw.dtype.itemsize == 1:
            # bright ice saturates at the other end
            return below and gap >= PICTURE_GAP * others.spread
        clear = gap >= CLEAR_GAP * others.spread
        return clear or (gap >= LEAST_GAP * others.spread and gap >= TAILS * tail)

    def _is_drawing(self) -> bool:
        if self._drawing is None:
            values = self.raw[self.known]
            self._drawing = len(np.unique(values[:: 1 + values.size // SAMPLE])) <= DRAWING
        return self._drawing

    def _everywhere(self) -> Mask | None:
        if self._zeros is None:
            self._zeros = (None if self._read_zeros is None else self._read_zeros(),)
        return self._zeros[0]

    def _doubtful(self, value: float, same: Mask) -> bool:
        """Return True for a large part at the border that nothing but the user can tell."""
        if np.count_nonzero(same) < DOUBT * same.size:
            return False
        if value == 0 and self._everywhere() is not None:
            return False
        _, areas, touches = pieces(same)
        return bool((touches & (areas >= DOUBT * same.size)).any())


def _beyond(raw: Values, value: float, others: _Others, margin: float = 0.0) -> Mask:
    """Mark values outside the range of the others, on the side of a fill value."""
    if value < others.low:
        return np.asarray(raw < others.low - margin)
    return np.asarray(raw > others.high + margin)


def _is_spike(count: int, far: Values, others: _Others) -> bool:
    """Return True if zero is far more frequent than the values next to it."""
    reach = NEIGHBOURS * others.spread
    beside = far[(np.abs(far) <= reach) & (far != 0)]
    most = np.unique(beside, return_counts=True)[1].max(initial=1)
    return count >= REPEATS and count >= SPIKE * most


def _in_one_piece(same: Mask, everywhere: Mask) -> Mask:
    """Choose among the pixels that are zero in every band those of no-data.

    Dark pixels are here and there; a gap is one large piece up to the border, or a stripe. Bands
    differ by a few pixels in where a gap begins.
    """
    labels, areas, touches = pieces(everywhere)
    large = touches & (areas >= LEAST_AREA * everywhere.size)
    found = large[labels] | cut_off(everywhere, np.zeros_like(everywhere))
    labels, areas, _ = pieces(same)
    mostly = np.bincount(labels[found], minlength=len(areas)) > areas / 2
    return np.asarray(found | (mostly & (areas > 0))[labels])
