"""The score of one labelled image: the whole extraction against the hand-drawn front."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize

from pycalfin import geo
from pycalfin.datasets import OCEAN, UNKNOWN, ZONES, LabelledImage, decided
from pycalfin.datasets.lines import draw
from pycalfin.front.extract import extract
from pycalfin.records import Float32, Float64, Front, Mask, Subset
from pycalfin.results import Extraction, Prediction
from pycalfin.settings import Settings
from pycalfin.validate import pixels
from pycalfin.validate.matching import Matching, match_image
from pycalfin.validate.metrics import FrontDistance
from pycalfin.validate.normal import signed_errors

if TYPE_CHECKING:
    from pycalfin.network import Network

Overlap = tuple[int, int]
"""Pixels of an intersection and of its union."""


def _nothing() -> Float32:
    return np.empty(0, np.float32)


@dataclass(frozen=True, eq=False)
class Score:
    """The measured values of one image with one network.

    Attributes
    ----------
    name, glacier, sensor, date, source : str
        Description of the image.
    metres : float or None
        Ground metres per pixel: side of a square with the pixel's area; None if unknown.
    resolution : float or None
        `metres`, or the resolution in the image's name; used to group images.
    conditions : tuple of str
    known : bool
        True if the image has a known front.
    fronts : int
        Number of fronts found.
    confidence : float
        Mean confidence of the fronts, weighted by length; NaN without fronts.
    from_predicted, from_truth : (N,) float32
        Nearest-pixel distances, pixels; empty unless a known front was found.
    edge : (int, int)
        Intersection and union of the fronts drawn three pixels wide.
    areas : dict of str to (int, int)
        Intersection and union of 'ocean' (the ocean polygon) and 'ice' (the rest, with land), in
        labelled pixels; empty if the label has no zones.
    zones : dict of str to (int, int)
        Intersection and union of the network's zones, for the `ZONES` in the label.
    length, true_length : float
        Found and known length, pixels.
    matching : Matching
        What was found near the known front and what was not.
    errors, uncertainty : (M,) float32
        Signed errors along the normals of all vertices, and their uncertainties, pixels.
    reason : str
        Why no front was found.
    seconds : float
        Time of the extraction.
    """

    name: str
    glacier: str = ""
    sensor: str = ""
    date: str = ""
    source: str = ""
    metres: float | None = None
    resolution: float | None = None
    conditions: tuple[str, ...] = ()
    known: bool = False
    fronts: int = 0
    confidence: float = float("nan")
    from_predicted: Float32 = field(default_factory=_nothing)
    from_truth: Float32 = field(default_factory=_nothing)
    edge: Overlap = (0, 0)
    areas: dict[str, Overlap] = field(default_factory=dict)
    zones: dict[str, Overlap] = field(default_factory=dict)
    length: float = 0.0
    true_length: float = 0.0
    matching: Matching = field(default_factory=Matching)
    errors: Float32 = field(default_factory=_nothing)
    uncertainty: Float32 = field(default_factory=_nothing)
    reason: str = ""
    seconds: float = 0.0

    @property
    def outcome(self) -> str:
        """Return 'TP', 'FN' (a front is known and none was found), 'FP' or 'TN'."""
        if self.known:
            return "TP" if self.fronts else "FN"
        return "FP" if self.fronts else "TN"

    @property
    def distance(self) -> FrontDistance:
        """Return the distances in both directions, pixels."""
        return FrontDistance(self.from_predicted.astype(float), self.from_truth.astype(float))

    @property
    def mean(self) -> float:
        """Return the mean distance in pixels, or NaN."""
        return self.distance.mean

    @property
    def median(self) -> float:
        """Return the median distance in pixels, or NaN."""
        return self.distance.median

    @property
    def edge_iou(self) -> float:
        """Return the IoU of the fronts drawn three pixels wide; NaN if there is no front at all."""
        return ratio(self.edge)

    @property
    def ice_ocean_iou(self) -> float:
        """Return the mean IoU of ocean and of ice with land; NaN if the label has no zones."""
        return float(np.mean([ratio(one) for one in self.areas.values()])) if self.areas else np.nan

    @property
    def length_ratio(self) -> float:
        """Return found length / known length; NaN if one of them is 0."""
        both = self.length > 0 and self.true_length > 0
        return self.length / self.true_length if both else float("nan")


def ratio(overlap: Overlap) -> float:
    """Return intersection over union; NaN if the union is empty."""
    return overlap[0] / overlap[1] if overlap[1] else float("nan")


@dataclass(frozen=True, eq=False)
class Evidence:
    """The data that a figure needs in addition to the score.

    Attributes
    ----------
    image : LabelledImage
    extraction : Extraction
    predicted, truth : (H, W) bool
        Lines one pixel wide.
    """

    image: LabelledImage
    extraction: Extraction
    predicted: Mask
    truth: Mask


def measure(
    image: LabelledImage,
    network: Network,
    settings: Settings,
    conditions: Sequence[str] = (),
    metres: float | None = None,
) -> tuple[Score, Evidence]:
    """Find the fronts of a labelled image and compare them with its labels.

    Parameters
    ----------
    image : LabelledImage
    network : Network
    settings : Settings
    conditions : sequence of str
        Conditions of the image, in addition to those in its labels.
    metres : float, optional
        Ground metres per pixel, used if the image has no georeference.

    Returns
    -------
    score : Score
    evidence : Evidence
    """
    subset = image.as_subset()
    start = time.perf_counter()
    extraction = _extract(subset, network, settings)
    seconds = time.perf_counter() - start
    spacing = image.spacing or ((metres, metres) if metres else None)
    pixel = None if spacing is None else float(np.sqrt(np.prod(spacing)))
    square = spacing or pixels.SQUARE
    truth = pixels.thin(image.front)
    found = [front.pixels for front in extraction.fronts]
    predicted = pixels.thin(draw(found, subset.shape))
    distance = pixels.pixel_distance(predicted, truth, square)
    errors, uncertainty = _vertex_errors(image, subset, extraction.fronts, truth, pixel)
    score = Score(
        name=image.name,
        glacier=image.glacier,
        sensor=image.sensor,
        date=image.date,
        source=str(image.source),
        metres=pixel,
        resolution=pixel or image.resolution,
        conditions=tuple(dict.fromkeys([*image.conditions, *conditions])),
        known=bool(image.front.any()),
        fronts=len(found),
        confidence=_confidence(extraction.fronts),
        from_predicted=distance.from_predicted.astype(np.float32),
        from_truth=distance.from_truth.astype(np.float32),
        edge=pixels.edge_overlap(predicted, truth),
        areas=_areas(image, subset, extraction),
        zones=_zones(image, extraction.prediction),
        length=pixels.length(predicted, square),
        true_length=pixels.length(truth, square),
        matching=match_image(image, found, square),
        errors=errors.astype(np.float32),
        uncertainty=uncertainty.astype(np.float32),
        reason=extraction.reason,
        seconds=seconds,
    )
    return score, Evidence(image, extraction, predicted, truth)


def _extract(subset: Subset, network: Network, settings: Settings) -> Extraction:
    values = subset.pixels[subset.valid]
    if values.size == 0 or values.min() == values.max():
        return Extraction(reason="no valid pixel" if values.size == 0 else "constant value")
    return extract(subset, network, settings)


def _confidence(fronts: Sequence[Front]) -> float:
    if not fronts:
        return float("nan")
    lengths = [geo.ground_length(front.pixels, None) for front in fronts]
    return float(np.average([front.confidence for front in fronts], weights=lengths))


def _vertex_errors(
    image: LabelledImage,
    subset: Subset,
    fronts: Sequence[Front],
    truth: Mask,
    pixel: float | None,
) -> tuple[Float64, Float64]:
    """Return the signed errors and uncertainties of all vertices, pixels."""
    if not fronts:
        return np.empty(0), np.empty(0)
    if image.lines:
        known = np.concatenate([np.stack([x[:-1], x[1:]], axis=1) for x in image.lines])
    else:
        known = pixels.links(truth).astype(float)
    # a mirroring affine swaps left and right between map and image
    mirrored = subset.grid is not None and subset.grid.mirrored
    errors = [signed_errors(front.pixels, known, ocean_left=not mirrored) for front in fronts]
    given = [
        front.uncertainty / (pixel if front.crs is not None and pixel else 1.0) for front in fronts
    ]
    return np.concatenate(errors), np.concatenate(given)


def _areas(image: LabelledImage, subset: Subset, extraction: Extraction) -> dict[str, Overlap]:
    """Compare ocean, and everything else, within the pixels whose zone is known."""
    known = image.zones != UNKNOWN
    if not known.any() or extraction.prediction is None:
        return {}
    ocean = _ocean(subset, extraction) & known
    truth = image.zones == OCEAN
    return {
        "ocean": pixels.overlap(ocean, truth),
        "ice": pixels.overlap(known & ~ocean, known & ~truth),
    }


def _ocean(subset: Subset, extraction: Extraction) -> Mask:
    """Draw the ocean polygon onto the grid of the subset."""

    def place(xy: Float64) -> Float64:
        if subset.grid is None or extraction.crs is None:
            return xy + 0.5
        return subset.grid.rowcol(xy, extraction.crs)[:, ::-1] + 0.5

    shape = subset.shape
    if extraction.ocean.is_empty:
        return np.zeros(shape, bool)
    plane = shapely.transform(extraction.ocean, place)
    burned: NDArray[np.uint8] = rasterize(
        [plane], shape, transform=Affine.identity(), dtype="uint8"
    )
    return burned.astype(bool)


def _zones(image: LabelledImage, prediction: Prediction | None) -> dict[str, Overlap]:
    present = {name: code for name, code in ZONES.items() if (image.zones == code).any()}
    if prediction is None or not present:
        return {}
    found = zones_on_image(prediction, image.image.shape)
    return {
        name: pixels.overlap((found == code) & decided(image.zones, code), image.zones == code)
        for name, code in present.items()
    }


def zones_on_image(prediction: Prediction, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the most likely zone of every pixel of an image.

    Parameters
    ----------
    prediction : Prediction
        Prediction of the whole image.
    shape : (H, W)

    Returns
    -------
    (H, W) uint8
        Codes of `pycalfin.datasets`.
    """
    land = np.zeros_like(prediction.ocean) if prediction.land is None else prediction.land
    stack = np.stack([prediction.ocean, 1 - prediction.ocean - land, land])
    zone = np.array(list(ZONES.values()), np.uint8)[stack.argmax(axis=0)]
    axes = []
    for axis in (0, 1):
        place = (np.arange(shape[axis]) - prediction.origin[axis]) / prediction.step[axis]
        axes.append(np.clip(np.rint(place).astype(int), 0, zone.shape[axis] - 1))
    return zone[np.ix_(*axes)]
