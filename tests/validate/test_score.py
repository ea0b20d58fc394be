"""One image through the extraction, against vectors and by hand."""

from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from scipy import ndimage

from pycalfin.datasets import ICE, OCEAN
from pycalfin.records import Identity, Subset
from pycalfin.results import Prediction
from pycalfin.settings import Settings
from pycalfin.validate import pixels
from pycalfin.validate.matching import match_image
from pycalfin.validate.metrics import front_distance
from pycalfin.validate.score import measure, zones_on_image


def test_pixels_measure_what_vectors_measure(image, measured):
    score, evidence = measured
    assert score.outcome == "TP"
    truth = list(pixels.links(pixels.thin(image.front)).astype(float))
    fronts = [front.pixels for front in evidence.extraction.fronts]
    vectors = front_distance(fronts, truth)
    assert score.mean == pytest.approx(vectors.mean, abs=0.5)
    lengths = [np.hypot(*np.diff(front, axis=0).T).sum() for front in fronts]
    assert sum(lengths) <= score.length * 1.05
    assert score.length <= 1.15 * sum(lengths)


def test_what_matches_is_what_was_found_near_the_known_front(image, measured):
    score, evidence = measured
    matching = score.matching
    fronts = [front.pixels for front in evidence.extraction.fronts]
    assert matching == match_image(image, fronts)
    assert matching.lines == score.fronts
    assert matching.completeness > 0.9
    assert matching.correctness > 0.9
    assert matching.distance < 2
    assert matching.coast_called_front < 0.1


def test_areas_are_those_of_the_labels(image, measured):
    score, evidence = measured
    assert score.ice_ocean_iou > 0.8
    ocean = score.areas["ocean"]
    area = evidence.extraction.ocean.area
    assert ocean[0] <= min(area, (image.zones == OCEAN).sum()) * 1.01
    assert ocean[1] == pytest.approx(area + (image.zones == OCEAN).sum() - ocean[0], rel=0.01)
    everything = image.zones.size - (image.zones == 0).sum()
    assert score.areas["ice"][1] + ocean[0] == everything


def test_errors_and_uncertainties_of_every_vertex(measured):
    score, evidence = measured
    vertices = sum(len(front.pixels) for front in evidence.extraction.fronts)
    assert score.errors.shape == score.uncertainty.shape == (vertices,)
    met = np.isfinite(score.errors)
    assert met.mean() > 0.5
    assert np.median(np.abs(score.errors[met])) < 3


def test_metres_of_a_note_scale_what_is_reported_only(image, measured, network):
    score, _ = measure(image, network, Settings(), ["shadow"], 25.0)
    assert (score.metres, score.resolution, score.conditions) == (25.0, 25.0, ("shadow",))
    assert score.mean == measured[0].mean


@pytest.mark.parametrize("turned", [False, True], ids=["north up", "south up"])
def test_seaward_is_seaward_however_the_grid_lies(image, network, turned):
    down = 50.0 if turned else -50.0
    subset = Subset(
        "s", image.image, np.isfinite(image.image), crs="EPSG:3413", domain="d",
        transform=Affine(50, 0, -300_000, 0, down, -2_000_000),
        identity=Identity("s", date="2016-07-01"),
    )  # fmt: skip
    # a truth 6 pixels up the glacier: every prediction lies too far out
    beyond = ndimage.binary_dilation(image.zones == OCEAN, iterations=6)
    near = ndimage.binary_dilation(image.front, iterations=9)
    front = beyond & ~ndimage.binary_erosion(beyond) & near
    score, _ = measure(replace(image, subset=subset, front=front), network, Settings())
    assert np.nanmedian(score.errors) == pytest.approx(6, abs=2)
    assert np.mean(score.errors[np.isfinite(score.errors)] > 0) > 0.9
    assert score.metres == pytest.approx(50, rel=0.05)
    assert np.nanmax(score.uncertainty) < 20


def test_a_blank_image_with_a_front_is_missed(image, network):
    blank = replace(image, image=np.full_like(image.image, 7))
    score, evidence = measure(blank, network, Settings())
    assert (score.outcome, score.reason) == ("FN", "constant value")
    assert np.isnan(score.mean)
    assert evidence.extraction.fronts == ()
    assert score.matching.completeness == 0
    assert np.isnan(score.matching.correctness)
    assert score.edge[0] == 0
    assert score.edge[1] > 0


def test_zones_are_taken_from_where_the_look_was():
    ocean = np.zeros((4, 4), np.float32)
    ocean[:, 2:] = 1
    look = Prediction(
        ocean, ocean, None, np.ones((4, 4), bool), ocean, origin=(0.5, 0.5), step=(2.0, 2.0)
    )
    zones = zones_on_image(look, (8, 8))
    assert (zones[:, 4:] == OCEAN).all()
    assert (zones[:, :4] == ICE).all()
