"""A quick measurement of a trained network on labelled images, in pixels.

It looks at the network alone, before any front is traced: the middle line of the largest connected
edge against the drawn front, and the agreement of the zones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

from pycalfin.datasets import ZONES, LabelledImage, decided
from pycalfin.network import Network
from pycalfin.network.predict import Maps, predict_image
from pycalfin.scene import enhance

EDGE_THRESHOLD = 0.33
"""Edge probability from which a pixel may belong to the front."""
SMALLEST = 15
"""Pixels of middle line below which nothing counts as found."""


@dataclass(frozen=True)
class Score:
    """How well one image was predicted.

    Attributes
    ----------
    name, glacier : str
    distance : float or None
        Mean symmetric distance of predicted and drawn front, pixels; None if none was found.
    zones : dict of str to (int, int)
        Pixels in the intersection and in the union, by zone, where the label knows zones.
    """

    name: str
    glacier: str
    distance: float | None
    zones: dict[str, tuple[int, int]]


def predict_labelled(network: Network, image: LabelledImage) -> Maps:
    """Predict a labelled image on its own grid.

    Parameters
    ----------
    network : Network
    image : LabelledImage

    Returns
    -------
    Maps
    """
    valid = np.isfinite(image.image)
    return predict_image(network, enhance.channels(image.image, valid, network.channels))


def evaluate(network: Network, images: Iterable[LabelledImage]) -> list[Score]:
    """Measure a network on labelled images.

    Parameters
    ----------
    network : Network
    images : iterable of LabelledImage

    Returns
    -------
    list of Score
    """
    return [score(image, predict_labelled(network, image)) for image in images]


def score(image: LabelledImage, maps: Maps) -> Score:
    """Compare one prediction with its labels.

    Parameters
    ----------
    image : LabelledImage
    maps : Maps

    Returns
    -------
    Score
    """
    predicted = middle_line(maps.edge)
    drawn = skeletonize(image.front)
    found = predicted.sum() >= SMALLEST and drawn.any()
    return Score(
        name=image.name,
        glacier=image.glacier,
        distance=symmetric_distance(predicted, drawn) if found else None,
        zones=_zone_overlap(image.zones, maps),
    )


def middle_line(edge: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Thin the largest connected edge to its middle line.

    Parameters
    ----------
    edge : (H, W) float32
        Probabilities.

    Returns
    -------
    (H, W) bool
    """
    parts, count = ndimage.label(edge > EDGE_THRESHOLD, np.ones((3, 3)))
    if count == 0:
        return np.zeros(edge.shape, bool)
    sizes = np.bincount(parts.ravel())
    largest = parts == 1 + sizes[1:].argmax()
    return np.asarray(skeletonize(largest))


def symmetric_distance(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Mean of the two mean distances between lines.

    Parameters
    ----------
    first, second : (H, W) bool
        Neither is empty.

    Returns
    -------
    float
        Pixels.
    """
    to_second = ndimage.distance_transform_edt(~second)[first].mean()
    to_first = ndimage.distance_transform_edt(~first)[second].mean()
    return float(to_second + to_first) / 2.0


def summarise(scores: Iterable[Score]) -> dict[str, dict[str, float]]:
    """Gather scores by glacier.

    Parameters
    ----------
    scores : iterable of Score

    Returns
    -------
    dict of str to dict of str to float
        For each glacier: images, found (share), mean, median and p90 of the distances found
        (pixels), and iou_<zone> for every zone that its labels know.
    """
    by_glacier: dict[str, list[Score]] = {}
    for one in scores:
        by_glacier.setdefault(one.glacier, []).append(one)
    return {glacier: _summary(group) for glacier, group in by_glacier.items()}


def _summary(scores: list[Score]) -> dict[str, float]:
    distances = [one.distance for one in scores if one.distance is not None]
    summary = {"images": float(len(scores)), "found": len(distances) / len(scores)}
    if distances:
        summary["mean"] = float(np.mean(distances))
        summary["median"] = float(np.median(distances))
        summary["p90"] = float(np.percentile(distances, 90))
    for zone in ZONES:
        shared = sum(one.zones[zone][0] for one in scores)
        union = sum(one.zones[zone][1] for one in scores)
        if union:
            summary[f"iou_{zone}"] = shared / union
    return summary


def _zone_overlap(zones: NDArray[np.uint8], maps: Maps) -> dict[str, tuple[int, int]]:
    """Intersection and union where the zone is known, among the zones that the label has."""
    present = {name: code for name, code in ZONES.items() if (zones == code).any()}
    stacked = np.stack([getattr(maps, name) for name in ZONES])
    predicted = np.array(list(ZONES.values()))[stacked.argmax(axis=0)]
    overlap = dict.fromkeys(ZONES, (0, 0))
    for name, code in present.items():
        ours, theirs = (predicted == code) & decided(zones, code), zones == code
        overlap[name] = (int((ours & theirs).sum()), int((ours | theirs).sum()))
    return overlap
