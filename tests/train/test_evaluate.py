import numpy as np
import pytest

from pycalfin.datasets import ICE, LAND, OCEAN
from pycalfin.network.predict import Maps
from pycalfin.train import evaluate


def maps_of(labelled, shift=0):
    zones = labelled.zones
    planes = {n: (zones == c).astype(np.float32) for n, c in evaluate.ZONES.items()}
    edge = np.roll(labelled.front, shift, axis=0).astype(np.float32)
    return Maps(edge=edge, **planes)


def test_perfect_prediction(labelled):
    found = evaluate.score(labelled, maps_of(labelled))
    assert found.distance == 0
    assert found.zones["ice"][0] == found.zones["ice"][1] == (labelled.zones == ICE).sum()


def test_shifted_prediction_is_off_by_at_most_the_shift(labelled):
    found = evaluate.score(labelled, maps_of(labelled, 4))
    assert 2.5 < found.distance <= 4.5


def test_nothing_found(labelled):
    maps = maps_of(labelled)
    found = evaluate.score(labelled, Maps(maps.edge * 0, maps.ocean, maps.ice, maps.land))
    assert found.distance is None
    summary = evaluate.summarise([found])["none"]
    assert summary["found"] == 0
    assert "mean" not in summary


def test_only_the_largest_edge_counts():
    edge = np.zeros((40, 40), np.float32)
    edge[10:13, 5:35] = 0.9
    edge[30:33, 5:10] = 0.9
    line = evaluate.middle_line(edge)
    assert line[11, 8:32].all()
    assert not line[20:].any()


def test_summary_adds_pixels_of_all_images():
    scores = [
        evaluate.Score("a", "g", 2.0, {"ocean": (1, 2), "ice": (0, 0), "land": (0, 0)}),
        evaluate.Score("b", "g", 4.0, {"ocean": (3, 4), "ice": (0, 0), "land": (0, 0)}),
    ]
    summary = evaluate.summarise(scores)["g"]
    assert summary["mean"] == pytest.approx(3.0)
    assert summary["iou_ocean"] == pytest.approx(4 / 6)
    assert "iou_ice" not in summary
    assert {OCEAN, ICE, LAND} == set(evaluate.ZONES.values())
