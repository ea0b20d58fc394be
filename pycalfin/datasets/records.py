"""The records that every reader of labelled data returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pycalfin.errors import SceneError
from pycalfin.records import Float64, Identity, Mask, Subset

UNKNOWN, OCEAN, ICE, LAND, NOT_OCEAN = range(5)
"""Codes of `LabelledImage.zones`; ocean includes mélange, `NOT_OCEAN` is ice or land."""
ZONES = {"ocean": OCEAN, "ice": ICE, "land": LAND}
"""Codes of the known zones, by name."""


def decided(zones: NDArray[np.uint8], code: int) -> Mask:
    """Return where a label tells whether a pixel belongs to a zone.

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
        `UNKNOWN`, `OCEAN`, `ICE`, `LAND` or `NOT_OCEAN`.
    edge_known : (H, W) bool
        Where the absence of a front in `front` means that there is none.
    source : Path
        The image file.
    metres : float or None
        Nominal metres per pixel; None where the pixel's shape is unknown.
    resolution : float or None
        Metres that the name of the image gives, for tables only: `metres` is what counts.
    conditions : tuple of str
        What the labels say of the image: 'quality 3', ...
    lines : tuple of (N, 2) float64
        The front as it was digitised, row and column, where it is known as a line.
    subset : Subset or None
        Of a georeferenced image, as `pycalfin run` would cut it.
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
        """Return what fronts are looked for in; without a georeference unless it has one."""
        if self.subset is not None:
            return self.subset
        valid = np.isfinite(self.image)
        identity = Identity(self.name, sensor=self.sensor, date=self.date)
        return Subset(self.name, self.image, valid, identity=identity, domain=self.glacier)

    @property
    def spacing(self) -> tuple[float, float] | None:
        """Ground metres from row to row and from column to column; None if unknown."""
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
        '' where only reading tells.
    read : callable
        Returns the `LabelledImage`; raises a `PycalfinError` if it cannot.
    """

    name: str
    glacier: str
    read: Callable[[], LabelledImage]
