"""Which water lies before a front: doubtful ocean, apart from all that is certain, is none.

In SAR images smooth snow and firn can look like water. Such a patch has a border as sharp as a
front, but its ocean is doubtful, and ice lies between it and the sea.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from pycalfin.front.finish import Candidate
from pycalfin.front.trace import left_normals
from pycalfin.results import Prediction

JOINED = 0.3
"""Ocean probability down to which water is joined."""
CERTAIN = 0.7
"""Mean ocean probability before a line from which on its water needs no other."""
BEFORE = (2.0, 4.0, 6.0, 8.0)
"""Pixels of the look from a line to where its water is looked for."""
WATERY = 0.25
"""Share of these places that are water from which on there is water before a line."""


def in_known_water(found: Sequence[Candidate], whole: Prediction) -> list[Candidate]:
    """Drop lines whose ocean is doubtful and not joined to ocean that is certain.

    Where none is certain, the line with the most ocean before it takes that place.

    Parameters
    ----------
    found : sequence of Candidate
    whole : Prediction
        Of the whole subset; nobody knows what a gap in it hides, so it may join waters.

    Returns
    -------
    list of Candidate
        In the same order.
    """
    labels, _ = ndimage.label((whole.ocean >= JOINED) | ~whole.valid)
    ocean = [float(item.trace.left.mean()) for item in found]
    least = min(CERTAIN, max(ocean, default=0.0))
    waters = [_water(item, labels, whole) for item in found]
    known = {water for water, mean in zip(waters, ocean, strict=True) if mean >= least} - {0}
    return [
        item
        for item, water, mean in zip(found, waters, ocean, strict=True)
        if mean >= least or water in known
    ]


def _water(item: Candidate, labels: np.ndarray, whole: Prediction) -> int:
    """Label of most of the water before a line; 0 where there is too little."""
    line = whole.from_subset(item.rowcol)
    ahead = line + np.multiply.outer(BEFORE, left_normals(line))
    rows, cols = np.clip(np.rint(ahead).astype(int), 0, np.array(labels.shape) - 1).T
    before = labels[rows, cols]
    water = before[before > 0]
    return int(np.bincount(water).argmax()) if water.size >= WATERY * before.size else 0
