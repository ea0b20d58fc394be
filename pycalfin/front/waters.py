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
from pycalfin.records import Prediction

JOINED = 0.3
"""Ocean probability down to which water is joined."""
CERTAIN = 0.7
"""Mean ocean probability before a line from which on its water needs no other."""
BEFORE = 5.0
"""Pixels of the look from a line to the water before it."""


def in_known_water(found: Sequence[Candidate], whole: Prediction) -> list[Candidate]:
    """Drop lines whose ocean is doubtful and not joined to that before better ones.

    Parameters
    ----------
    found : sequence of Candidate
        Best first; where all of them are doubtful the first one stays.
    whole : Prediction
        Of the whole subset.

    Returns
    -------
    list of Candidate
        In the same order.
    """
    labels, _ = ndimage.label(whole.ocean >= JOINED)
    waters = [_water(item, labels, whole) for item in found]
    certain = {n for n, item in enumerate(found) if item.trace.left.mean() >= CERTAIN} or {0}
    known = {water for n, water in enumerate(waters) if n in certain} - {0}
    return [item for n, item in enumerate(found) if n in certain or waters[n] in known]


def _water(item: Candidate, labels: np.ndarray, whole: Prediction) -> int:
    """Label of the water before most of a line; 0 where there is none."""
    line = whole.from_subset(item.rowcol)
    ahead = np.rint(line + BEFORE * left_normals(line)).astype(int)
    rows, cols = np.clip(ahead, 0, np.array(labels.shape) - 1).T
    return int(np.bincount(labels[rows, cols]).argmax())
