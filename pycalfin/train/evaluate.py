"""Quick evaluation of a trained network on labelled images, in pixels.

It evaluates the network alone, before any front is extracted. It compares the middle line of the
largest connected edge with the drawn front, and the predicted zones with the labels.
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
"""Least edge probability of a pixel that may belong to the front."""
SMALLEST = 15
"""Least pixels of a middle line that counts as a found front."""


@dataclass(frozen=True)
class Score:
    """Agreement of a prediction with the labels of one image.

    Attributes
    ----------
    name, glacier : str
    distance : float or None
        Mean symmetric distance between predicted and drawn front, in pixels; None if no front was
        found.
    zones : dict of str to (int, int)
        Pixels in the intersection and in the union, by zone; only pixels with known zones count.
    """

    name: str
    glacier: str
    distance: float | None
    zones: dict[str, tuple[int, int]]


def predict_labelled(network: Network, image: LabelledImage) -> Maps:
    """Run a network on a labelled image, on the grid of the image.

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
    """Evaluate a network on labelled images.

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
    """Compare a prediction with the labels of its image.

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
        Edge probability.

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
    """Return the mean distance between two lines, averaged over both directions.

    Parameters
    ----------
    first, second : (H, W) bool
        Lines; neither is empty.

    Returns
    -------
    float
        Distance in pixels.
    """
    to_second = ndimage.distance_transform_edt(~second)[first].mean()
    to_first = ndimage.distance_transform_edt(~first)[second].mean()
    return float(to_second + to_first) / 2.0


def summarise(scores: Iterable[Score]) -> dict[str, dict[str, float]]:
    """Summarise scores by glacier.

    Parameters
    ----------
    scores : iterable of Score

    Returns
    -------
    dict of str to dict of str to float
        The entries of each glacier:

        - images: number of images
        - found: share of images in which a front was found
        - mean, median, p90: distances in pixels, over the images with a front found
        - iou_<zone>: intersection over union of every zone in its labels
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
    """Count the pixels of intersection and union, for the zones that the label contains."""
    present = {name: code for name, code in ZONES.items() if (zones == code).any()}
    stacked = np.stack([getattr(maps, name) for name in ZONES])
    predicted = np.array(list(ZONES.values()))[stacked.argmax(axis=0)]
    overlap = dict.fromkeys(ZONES, (0, 0))
    for name, code in present.items():
        ours, theirs = (predicted == code) & decided(zones, code), zones == code
        overlap[name] = (int((ours & theirs).sum()), int((ours | theirs).sum()))
    return overlap
