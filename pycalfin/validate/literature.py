"""Published accuracies, for comparison.

They were measured on other images unless the same data set is validated. CALFIN's pixels are those
of its second window, 256 x 256.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

CALFIN_PAPER = "Cheng et al. 2021, The Cryosphere 15, 1663-1675"
COMPARISON = "Gourmelon et al. 2025, arXiv:2501.05281"


@dataclass(frozen=True)
class Published:
    """One published result.

    Attributes
    ----------
    method, data, source : str
    layout : str
        Layout of the data set, as in `pycalfin.datasets`.
    images : int or None
    mean_pixels, mean_metres, median_pixels, median_metres : float
        NaN if not published. CALFIN's sources do not say whether means are over points or images.
    edge_iou, ice_ocean_iou : float
    """

    method: str
    data: str
    layout: str
    source: str
    images: int | None = None
    mean_pixels: float = math.nan
    mean_metres: float = math.nan
    median_pixels: float = math.nan
    median_metres: float = math.nan
    edge_iou: float = math.nan
    ice_ocean_iou: float = math.nan


TABLE = (
    Published(
        "CALFIN", "CALFIN-VS", "calfin", CALFIN_PAPER, 162, 2.25, 86.76, 1.21, 44.59, 0.4884, 0.9793
    ),
    Published(
        "CALFIN", "Mohajerani, Helheim", "frontlearning", CALFIN_PAPER,
        10, 2.56, 97.72, 2.55, 97.44, 0.3332,
    ),
    Published(
        "U-Net of Mohajerani et al.", "Mohajerani, Helheim", "frontlearning", CALFIN_PAPER,
        10, 1.97, 96.31,
    ),
    Published(
        "digitised by hand", "Mohajerani, Helheim", "frontlearning", CALFIN_PAPER, 10, 1.89, 92.5
    ),
    Published(
        "CALFIN", "Zhang, Jakobshavn", "zhang", CALFIN_PAPER,
        6, 3.56, 284.22, 1.69, 114.50, 0.3739, 0.9778,
    ),
    Published(
        "CALFIN", "Baumhoer, 62 domains", "baumhoer", CALFIN_PAPER,
        62, 3.36, 543.47, 0.95, 127.87, 0.5959, 0.9873,
    ),
    Published("best of the networks compared", "CaFFe", "caffe", COMPARISON, mean_metres=221.0),
    Published("ten annotators", "CaFFe", "caffe", COMPARISON, mean_metres=38.0),
)  # fmt: skip
DETECTION = "CALFIN found 141 of 149 fronts in CALFIN-VS and rejected 13 of 13 images without one."
