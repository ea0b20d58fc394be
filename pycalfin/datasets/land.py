"""Land in the frames of FrontLearning, outlined by hand for training.

FrontLearning's labels do not distinguish land from ice or ocean. All images of a Landsat path and
row show the same frame, so land is outlined once per frame, on the mean of the images. The outlines
are coarse: they keep a distance from coasts, snow, lakes and ice margins.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.draw import polygon2mask

COAST_MARGIN = 2
"""Pixels by which an outline is shrunk, because it is inaccurate."""

Outline = tuple[tuple[int, int], ...]
"""Vertices (column, row) in pixels of the 200 x 300 frame."""

_JAKOBSHAVN: tuple[Outline, ...] = (
    (
        (41, 0), (41, 10), (50, 22), (60, 28), (65, 42), (66, 60), (60, 67), (48, 70), (44, 80),
        (25, 87), (14, 98), (12, 108), (18, 125), (22, 140), (28, 150), (30, 160), (47, 161),
        (55, 170), (60, 182), (59, 195), (58, 205), (48, 214), (42, 218), (30, 212), (22, 207),
        (28, 198), (20, 190), (0, 188), (0, 55), (38, 55), (38, 8), (4, 8), (4, 30), (0, 30),
        (0, 0),
    ),
    (
        (128, 45), (140, 46), (150, 42), (158, 30), (175, 26), (200, 26), (200, 38), (184, 42),
        (184, 52), (192, 72), (182, 92), (178, 108), (170, 118), (157, 124), (158, 134), (154, 148),
        (148, 162), (143, 160), (140, 148), (135, 130), (132, 110), (130, 80), (128, 60),
    ),
    ((113, 0), (200, 0), (200, 22), (172, 25), (160, 16), (140, 11), (125, 14)),
)  # fmt: skip
_SVERDRUP: tuple[Outline, ...] = (
    (
        (0, 98), (20, 108), (35, 107), (38, 125), (42, 140), (40, 158), (33, 164), (30, 175),
        (28, 188), (25, 205), (20, 212), (0, 212), (0, 172), (15, 168), (20, 155), (8, 138),
        (0, 124),
    ),
    ((0, 216), (15, 216), (17, 240), (20, 248), (10, 260), (0, 262)),
    ((40, 10), (46, 0), (55, 0), (48, 22), (42, 33), (38, 28)),
    ((183, 0), (200, 0), (200, 42), (188, 42), (183, 30)),
    (
        (157, 104), (168, 104), (178, 116), (182, 140), (184, 160), (195, 165), (197, 180),
        (190, 200), (200, 205), (200, 300), (150, 300), (147, 280), (148, 262), (143, 245),
        (142, 215), (144, 200), (150, 188), (153, 165), (157, 145), (150, 135), (146, 120),
        (150, 110),
    ),
)  # fmt: skip
_KANGERLUSSUAQ: tuple[Outline, ...] = (
    (
        (0, 0), (24, 0), (26, 12), (32, 32), (34, 50), (45, 58), (55, 68), (60, 80), (62, 95),
        (66, 105), (62, 117), (52, 127), (38, 142), (25, 160), (12, 178), (3, 196), (0, 196),
    ),
    (
        (128, 0), (132, 9), (140, 12), (143, 20), (148, 28), (150, 40), (157, 48), (157, 58),
        (152, 65), (155, 73), (165, 75), (172, 80), (165, 88), (150, 84), (145, 92), (146, 105),
        (150, 118), (160, 123), (172, 121), (180, 116), (195, 108), (200, 104), (200, 0),
    ),
    (
        (147, 215), (155, 222), (170, 222), (185, 228), (200, 240), (200, 300), (125, 300),
        (130, 285), (138, 272), (145, 262), (152, 250), (150, 235),
    ),
)  # fmt: skip

OUTLINES: dict[str, tuple[Outline, ...]] = {
    **dict.fromkeys(("009011", "010011"), _JAKOBSHAVN),
    **dict.fromkeys(("020007", "021006", "021007", "022006", "023006", "024006"), _SVERDRUP),
    **dict.fromkeys(("229012", "230012", "231012"), _KANGERLUSSUAQ),
}
"""Outlines of land by WRS-2 path and row. 008011 has another frame, without outlines."""


def land_mask(path_row: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the known land in a frame of FrontLearning.

    Parameters
    ----------
    path_row : str
        WRS-2 path and row, six digits.
    shape : (height, width)

    Returns
    -------
    (H, W) bool
        False where there is no land or none is known.
    """
    land = np.zeros(shape, bool)
    for outline in OUTLINES.get(path_row, ()):
        rowcol = np.array(outline)[:, ::-1]
        land |= polygon2mask(shape, rowcol)
    return ndimage.binary_erosion(land, iterations=COAST_MARGIN, border_value=1)
