"""Records returned by every reader of labelled data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pycalfin.errors import SceneError
from pycalfin.records import Float64, Identity, Mask, Subset

UNKNOWN, OCEAN, ICE, LAND, NOT_OCEAN = range(5)
"""Codes in `LabelledImage.zones`; ocean includes mélange, `NOT_OCEAN` is ice or land."""
ZONES = {"ocean": OCEAN, "ice": ICE, "land": LAND}
"""Codes of ocean, ice and land, by name."""


def decided(zones: NDArray[np.uint8], code: int) -> Mask:
    """Return the pixels that the label assigns to a zone or excludes from it.

    Parameters
    ----------
    zones : (H, W) uint8
    code : int
        `OCEAN`, `ICE` or `LAND`.

    Returns
    -------
    (H, W) bool
    """
    known = zones != UNKNOWN
    return known if code == OCEAN else known & (zones != NOT_OCEAN)


@dataclass(frozen=True, eq=False)
class LabelledImage:
    """An image with the calving front that a person drew in it.

    Attributes
    ----------
    name : str
        File stem of the image.
    glacier : str
    sensor : str
        Name in the data set's spelling, e.g. 'LC08' or 'TSX'.
    date : str
        YYYY-MM-DD.
    image : (H, W) float32
        Grey values as stored; NaN is no-data.
    front : (H, W) bool
        The drawn front, a line one to three pixels wide.
    zones : (H, W) uint8
        `UNKNOWN`, `OCEAN`, `ICE`, `LAND` or `NOT_OCEAN`.
    edge_known : (H, W) bool
        True where a pixel outside `front` is known not to be front.
    source : Path
        The image file.
    metres : float or None
        Nominal metres per pixel; None if the pixel's shape is unknown.
    resolution : float or None
        Metres in the name of the image, for tables only; computations use `metres`.
    conditions : tuple of str
        Remarks of the labels on the image: 'quality 3', ...
    lines : tuple of (N, 2) float64
        The front as digitised, row and column; empty if only its pixels are known.
    subset : Subset or None
        The image as `pycalfin run` would cut it, if it is georeferenced.
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
    resolution: float | None = None
    conditions: tuple[str, ...] = ()
    lines: tuple[Float64, ...] = ()
    subset: Subset | None = None

    def __post_init__(self) -> None:
        shapes = {
            field: getattr(self, field).shape for field in ("image", "front", "zones", "edge_known")
        }
        if len(set(shapes.values())) != 1 or self.image.ndim != 2:
            raise SceneError(
                f"{self.source}: image and labels differ in shape: {shapes}; "
                "fetch the data set again"
            )

    def as_subset(self) -> Subset:
        """Return the image as input of the extraction, georeferenced if the image is."""
        if self.subset is not None:
            return self.subset
        valid = np.isfinite(self.image)
        identity = Identity(self.name, sensor=self.sensor, date=self.date)
        return Subset(self.name, self.image, valid, identity=identity, domain=self.glacier)

    @property
    def spacing(self) -> tuple[float, float] | None:
        """Ground metres between rows and between columns; None if unknown."""
        if self.subset is not None and self.subset.grid is not None:
            return self.subset.grid.spacing
        return None if self.metres is None else (self.metres, self.metres)


@dataclass(frozen=True)
class Item:
    """A labelled image that is not read yet.

    Attributes
    ----------
    name : str
        File stem of the image, or the name of its subset.
    glacier : str
        '' if only reading the image reveals it.
    read : callable
        Function that returns the `LabelledImage` or raises a `PycalfinError`.
    """

    name: str
    glacier: str
    read: Callable[[], LabelledImage]
