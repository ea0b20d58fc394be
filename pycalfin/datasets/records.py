"""The record that every reader of labelled data returns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pycalfin.errors import SceneError

UNKNOWN, OCEAN, ICE, LAND = range(4)
"""Codes of `LabelledImage.zones`; ocean includes melange."""


@dataclass(frozen=True, eq=False)
class LabelledImage:
    """One image with the calving front that a person drew in it.

    Attributes
    ----------
    name : str
        File stem of the image.
    glacier : str
    sensor : str
        As the data set spells it, e.g. 'LC08' or 'TSX'.
    date : str
        YYYY-MM-DD.
    image : (H, W) float32
        Grey values as stored; NaN is no data.
    front : (H, W) bool
        The drawn front, a line one to three pixels wide.
    zones : (H, W) uint8
        `UNKNOWN`, `OCEAN`, `ICE` or `LAND`.
    edge_known : (H, W) bool
        Where the absence of a front in `front` means that there is none.
    source : Path
        The image file.
    metres : float or None
        Nominal metres per pixel; None where the pixel's shape is unknown.
    """

    name: str
    glacier: str
    sensor: str
    date: str
    image: NDArray[np.float32]
    front: NDArray[np.bool_]
    zones: NDArray[np.uint8]
    edge_known: NDArray[np.bool_]
    source: Path
    metres: float | None = None

    def __post_init__(self) -> None:
        shapes = {
            field: getattr(self, field).shape for field in ("image", "front", "zones", "edge_known")
        }
        if len(set(shapes.values())) != 1 or self.image.ndim != 2:
            raise SceneError(
                f"{self.source}: image and labels differ in shape: {shapes}; "
                "fetch the data set again"
            )
