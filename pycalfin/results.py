"""The results for one subset, and for one pair of a scene and a domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from shapely.geometry import GeometryCollection
from shapely.geometry.base import BaseGeometry

from pycalfin.arrays import Float32, Float64, Mask
from pycalfin.errors import NoOverlapError
from pycalfin.files import readable
from pycalfin.records import Front, Identity

Status: TypeAlias = Literal["done", "no_front", "skipped", "failed"]


def _nothing() -> BaseGeometry:
    return GeometryCollection()


@dataclass(frozen=True, eq=False)
class Prediction:
    """Probabilities on the network's grid, and the position of that grid in the subset.

    Parameters
    ----------
    edge : (h, w) float32
        Probability of the calving-front edge.
    ocean : (h, w) float32
        Probability of ocean or mélange.
    land : (h, w) float32 or None
        Probability of bare land, 1 in radar shadow; None if the network does not predict it.
    valid : (h, w) bool
        True where the subset has data.
    grey : (h, w) float32
        First channel of the network's input, scaled to 0..1; for figures.
    cloud : (h, w) bool or None
        True for cloud according to the scene's quality band.
    origin : (row, col)
        Position in the subset (centre-based) of the centre of the prediction's first pixel.
    step : (row, col)
        Subset pixels per pixel of the prediction.
    """

    edge: Float32
    ocean: Float32
    land: Float32 | None
    valid: Mask
    grey: Float32
    cloud: Mask | None = None
    origin: tuple[float, float] = (0.0, 0.0)
    step: tuple[float, float] = (1.0, 1.0)

    def to_subset(self, rowcol: Float64) -> Float64:
        """Convert (N, 2) row and column of the prediction to row and column of the subset."""
        converted: Float64 = np.asarray(rowcol, float) * self.step + np.asarray(self.origin)
        return converted

    def from_subset(self, rowcol: Float64) -> Float64:
        """Convert (N, 2) row and column of the subset to row and column of the prediction."""
        converted: Float64 = (np.asarray(rowcol, float) - self.origin) / np.asarray(self.step)
        return converted


@dataclass(frozen=True, eq=False)
class Coast:
    """A piece of the coastline, between ocean and ice or land.

    Parameters
    ----------
    xy : (N, 2) float64
        Vertices in the CRS of the extraction.
    front : bool
        True for the part that is a calving front.
    """

    xy: Float64
    front: bool


@dataclass(frozen=True, eq=False)
class Extraction:
    """Everything found in one subset, in one coordinate reference system.

    Parameters
    ----------
    fronts : tuple of Front
        Ordered by `number`; empty if no front was found.
    ocean : shapely Polygon, MultiPolygon or empty
        Ocean within the subset, in `crs`.
    coast : tuple of Coast
    crs : str or None
        Coordinate reference system of all geometries.
    reason : str
        Reason for an empty `fronts`, else ''.
    prediction : Prediction or None
        Prediction of the whole subset, kept until the figures are drawn.
    """

    fronts: tuple[Front, ...] = ()
    ocean: BaseGeometry = field(default_factory=_nothing)
    coast: tuple[Coast, ...] = ()
    crs: str | None = None
    reason: str = ""
    prediction: Prediction | None = None


@dataclass(frozen=True, eq=False)
class PairResult:
    """The outcome for one pair of a scene and a domain, as kept in the ledger.

    Parameters
    ----------
    identity : Identity
        Identity of the scene; only a name if the scene could not be read.
    domain : str
    path : str
        Path of the scene as the user gave it.
    status : {'done', 'no_front', 'skipped', 'failed'}
    reason : str
        Reason for any status but 'done'.
    extraction : Extraction
        Everything found, without the prediction.
    subset : str
        The subset's file stem.
    timings : dict of str to float
        Seconds by step.
    figures : dict of str to bytes or Path
        PNG and JPEG files by name: their content, or their place in the ledger.
    attributes : dict
        Attributes of the domain's feature.
    synthetic : bool
    error : str
        Kind of error (`PycalfinError.code`); '' without an error.
    warnings : tuple of str
        Warnings logged during the work.
    fingerprint : str
        First digits of the hash of the scene's content; '' if it could not be read.
    engine : str
        Engine that ran the network, 'OpenVINO 2026.4.1 on <processor>'; '' if none ran.
    entry : str
        Name of the task's entry in the ledger; '' if it has none.
    searched : bool
        True if the domain is a place that was found in the scene.

    Examples
    --------
    >>> PairResult(Identity("LC08_a", date="2016-06-30"), "Rink", "a.tif", "no_front", "flat").date
    '2016-06-30'
    """

    identity: Identity
    domain: str
    path: str
    status: Status
    reason: str = ""
    extraction: Extraction = field(default_factory=Extraction)
    subset: str = ""
    timings: dict[str, float] = field(default_factory=dict)
    figures: Mapping[str, bytes | Path] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    synthetic: bool = False
    error: str = ""
    warnings: tuple[str, ...] = ()
    fingerprint: str = ""
    engine: str = ""
    entry: str = ""
    searched: bool = False

    def __post_init__(self) -> None:
        # text products must be UTF-8
        named = replace(self.identity, name=readable(self.identity.name))
        object.__setattr__(self, "identity", named)
        for name in ("domain", "path", "reason"):
            object.__setattr__(self, name, readable(getattr(self, name)))
        object.__setattr__(self, "warnings", tuple(map(readable, self.warnings)))

    @property
    def scene(self) -> str:
        """Product id, or the file's name if the scene could not be read."""
        return self.identity.name

    @property
    def date(self) -> str:
        """YYYY-MM-DD; '' if unknown."""
        return self.identity.date

    @property
    def time(self) -> str | None:
        """HH:MM:SS in UTC; None if unknown."""
        return self.identity.time

    @property
    def sensor(self) -> str:
        """CALFIN's satellite code; '' if unknown."""
        return self.identity.sensor

    @property
    def fronts(self) -> tuple[Front, ...]:
        """Fronts, ordered by number."""
        return self.extraction.fronts

    @property
    def ocean(self) -> BaseGeometry:
        """Ocean within the subset, in `crs`."""
        return self.extraction.ocean

    @property
    def coast(self) -> tuple[Coast, ...]:
        """Pieces of the coastline, between ocean and ice or land."""
        return self.extraction.coast

    @property
    def crs(self) -> str | None:
        """Coordinate reference system of all geometries."""
        return self.extraction.crs

    @property
    def overlaps(self) -> bool:
        """True if the scene and the domain overlap."""
        return self.error != NoOverlapError.code

    def with_fronts(self, fronts: Iterable[Front]) -> PairResult:
        """Return a copy with other fronts."""
        return replace(self, extraction=replace(self.extraction, fronts=tuple(fronts)))
