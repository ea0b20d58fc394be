"""Find pixels with a fill value that the file does not declare.

No-data that the file declares (tag, mask, alpha band, NaN) is removed before. Of the remaining
values, the lowest, the highest and zero are tested one after the other. A value is no-data if one
of these holds:

1. It lies far outside the range of all other values.
2. It fills an area with straight edges: a swath edge, a collar, stripes. In an 8-bit picture, such
   an area at the border may contain noise from resampling and JPEG.
3. It is zero in every band of the file, in one area that reaches the border.
4. It is zero, inside the range of the other values, and far more frequent than its neighbours.

Dark water and bright ice that an 8-bit picture clips to 0 or 255 pass none of these tests: the
histogram has no gap next to them, and their outlines are ragged.
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
"""Most fill values removed from one band."""
SAMPLE = 500_000
"""Most values used for quantiles; longer lists are thinned regularly."""
STRAY = 2e-4
"""Fraction of the other pixels, at each end of their range, that may be outliers (hot pixels,
bright ships). The gap is measured to the rest."""
TAIL = 0.01
"""Fraction of the other pixels that form the tail next to a value."""
LEAST_GAP = 0.05
"""Fraction of the others' range. Smallest gap of a customary fill value; chosen. In the Landsat
scene of Harald Moltke Bræ, the gap between zero and the reflectances is 0.15."""
TAILS = 4.0
"""Smallest gap of a customary fill value, in lengths of the tail; not used above `CLEAR_GAP`."""
CLEAR_GAP = 0.25
"""Fraction of the others' range. Gap that suffices for a customary fill value, even with a long
tail; chosen."""
PICTURE_GAP = 0.5
"""Fraction of the others' range. Gap below the data of an 8-bit picture, where black may be water.
The widest gap next to an end value is 24 of 255 levels in 620 pictures (FrontLearning, CaFFe and
landsat8_zones)."""
OTHER_GAP = 1.0
"""Fraction of the others' range. Gap below the data for a value that is not a customary fill value;
chosen."""
BETWEEN = 0.1
"""Most pixels inside the gap, per pixel of the fill; resampling makes such mixed values; chosen."""
REPEATS = 16
"""Pixels. Smallest number with the same value, unless it is a customary fill value."""
UNPHYSICAL = 1e9
"""Larger than any reflectance, amplitude or decibel, but not than the fill values 1e20, 9.97e36
(netCDF) and the lowest float."""
REACH = 2
"""Pixels that cubic resampling mixes across an edge."""
SQUARE = np.ones((3, 3), bool)
SPIKE = 10.0
"""Zero is a fill value if it is this many times as frequent as its neighbours; chosen."""
NEIGHBOURS = 0.01
"""Fraction of the others' range, on each side of zero, that counts as its neighbours."""

NOISE = 8
"""Levels of 255. Noise in the fill of an 8-bit picture. JPEG of quality 85 leaves up to 5 levels in
95 % of the pixels next to the cut corners of CaFFe's images."""
CONTRAST = 3.0
"""Smallest median difference between data and an adjacent noisy fill, in multiples of the noise;
chosen."""
MAJORITY = 5
"""Pixels. Side of the square for the majority filter of a noisy fill; chosen."""

DRAWING = 16
"""An image with at most this many different values is a drawing, in which only customary fill
values count; chosen."""
DOUBT = 0.05
"""Fraction of the window. A larger area of one value at the border is reported even if it is kept
as data; chosen."""


@dataclass(frozen=True, eq=False)
class FillDetection:
    """The undeclared no-data of one band.

    Parameters
    ----------
    fill : (H, W) bool
        True for no-data.
    taken : tuple of (float, str)
        Fill values, each with the reason.
    kept : tuple of float
        Values that fill a large area at the border but were kept as data.
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
    """Find fill values that the file does not declare.

    Parameters
    ----------
    raw : (H, W) array of real numbers
    known : (H, W) bool
        Pixels that are not declared as no-data; all of them are finite.
    sample : callable, optional
        Returns values of the whole band, so that the domains of a scene are treated alike. It is
        called only if needed.
    zero_everywhere : callable, optional
        Returns the pixels that are zero in every band, or None if no other band has information.
        It is called only if needed.
    floor : float
        Values from zero to this one are customary fill values.
    zero_is_usual : bool
        True if zero is a customary fill value. False for files of a signed type that declare
        another fill value: zero decibels are data.

    Returns
    -------
    FillDetection
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
    """Mark the pixels that have a value; floating-point values may differ by rounding."""
    if raw.dtype.kind != "f" or value == 0 or not math.isfinite(value):
        return np.asarray(np.isnan(raw) if math.isnan(value) else raw == value)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.isclose(raw, value, rtol=1e-6, atol=0.0))


def customary(value: float, floor: float = 0.0) -> bool:
    """Return True for a customary fill value.

    These are zero (and values up to `floor`), the limits of 8- and 16-bit types, numbers made of
    nines, and unphysically large numbers.
    """
    if 0 <= value <= floor or abs(value) >= UNPHYSICAL:
        return True
    if value != round(value):
        return False
    number = abs(round(value))
    ends = {2**bits - extra for bits in (7, 8, 15, 16) for extra in (0, 1)}
    return number in ends or (number > 9 and set(str(number)) == {"9"})


def text(value: float) -> str:
    """Write a value as a user would type it: 1e+20 even if float32 stores 1.00000002e+20."""
    if value == round(value) and abs(value) < UNPHYSICAL:
        return f"{value:.0f}"
    with np.errstate(over="ignore"):
        single = np.float32(value)
    return f"{value:.9g}" if np.isinf(single) else str(single)


def sentence(taken: Sequence[tuple[float, str]], option: str = "--nodata none") -> str:
    """Return the message about undeclared no-data, and how to keep it as data.

    Examples
    --------
    >>> print(sentence([(-9999.0, "in a corner")]))
    -9999 (in a corner) is treated as no-data although not declared; --nodata none keeps it
    """
    values = " and ".join(f"{text(value)} ({why})" for value, why in taken)
    verb, noun = ("is", "it") if len(taken) == 1 else ("are", "them")
    return f"{values} {verb} treated as no-data although not declared; {option} keeps {noun}"


@dataclass(frozen=True, eq=False)
class _Others:
    """Robust range of the pixels with other values, and its tails."""

    low: float
    low_tail: float
    high_tail: float
    high: float

    @property
    def spread(self) -> float:
        return self.high - self.low


class _FillDetector:
    """A detector that tests one value after the other."""

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
        """Return the next fill value, the reason and its pixels; None if there is none."""
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
        """Mark areas with straight edges at the border whose values are equal up to noise."""
        away = np.abs(self.raw - np.float32(value))
        near = left & (away <= NOISE)
        if np.count_nonzero(near) < LEAST_AREA * near.size:
            return np.zeros_like(near)
        most = ndimage.uniform_filter(near.astype(np.float32), MAJORITY, mode="nearest") > 0.5
        # cut_off is slow, so keep only areas that reach the border
        labels, areas, touches = pieces(most & left)
        large = touches & (areas >= LEAST_AREA * near.size)
        found = np.zeros_like(near)
        if not large.any():
            return found
        labels, areas, touches = pieces(cut_off(large[labels], ~self.known))
        for label in np.flatnonzero(touches & (areas >= LEAST_AREA * near.size)):
            # resampling mixes noise and data along the edge
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
        """Read the sample, without customary fill values at its ends."""
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
        # do not count outliers close to the others' range as mixed values
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
        """Return True for a large area at the border that only the user can interpret."""
        if np.count_nonzero(same) < DOUBT * same.size:
            return False
        if value == 0 and self._everywhere() is not None:
            return False
        _, areas, touches = pieces(same)
        return bool((touches & (areas >= DOUBT * same.size)).any())


def _beyond(raw: Values, value: float, others: _Others, margin: float = 0.0) -> Mask:
    """Mark values that lie outside the others' range on the side of a fill value."""
    if value < others.low:
        return np.asarray(raw < others.low - margin)
    return np.asarray(raw > others.high + margin)


def _is_spike(count: int, far: Values, others: _Others) -> bool:
    """Return True if zero is far more frequent than the values close to it."""
    reach = NEIGHBOURS * others.spread
    beside = far[(np.abs(far) <= reach) & (far != 0)]
    most = np.unique(beside, return_counts=True)[1].max(initial=1)
    return count >= REPEATS and count >= SPIKE * most


def _in_one_piece(same: Mask, everywhere: Mask) -> Mask:
    """Mark no-data among the pixels that are zero in every band.

    Dark pixels are scattered. A gap is one large area that reaches the border, or a stripe; its
    edge may differ between bands by a few pixels.
    """
    labels, areas, touches = pieces(everywhere)
    large = touches & (areas >= LEAST_AREA * everywhere.size)
    found = large[labels] | cut_off(everywhere, np.zeros_like(everywhere))
    labels, areas, _ = pieces(same)
    mostly = np.bincount(labels[found], minlength=len(areas)) > areas / 2
    return np.asarray(found | (mostly & (areas > 0))[labels])
