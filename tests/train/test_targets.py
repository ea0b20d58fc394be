from dataclasses import replace

import numpy as np

from pycalfin.datasets import ICE, LAND, OCEAN
from pycalfin.train import targets


def test_edge_is_three_pixels_wide_whatever_was_drawn():
    for width in (1, 3, 5):
        front = np.zeros((40, 60), bool)
        front[20 - width // 2 : 21 + width // 2] = True
        edge = targets.encode(
            targets.front_distance(front), np.zeros(front.shape, np.uint8), front
        )[..., 0]
        assert (edge[:, 10:50].sum(axis=0) == 3).all(), width
        assert edge[20, 10:50].all()


def test_no_front_is_far_everywhere():
    distance = targets.front_distance(np.zeros((5, 6), bool))
    assert (distance == targets.FAR).all()


def test_planes_are_in_order_and_unknown_zones_are_empty():
    zones = np.array([[0, OCEAN, ICE, LAND]], np.uint8)
    known = np.array([[True, False, True, True]])
    planes = targets.encode(np.array([[0.0, 9, 9, 9]], np.float32), zones, known)
    assert planes.tolist() == [[[1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 1, 0, 1, 0], [0, 1, 0, 0, 1]]]


def test_no_data_becomes_invalid(labelled):
    image = labelled.image.copy()
    image[:10] = np.nan
    sample = targets.prepare(replace(labelled, image=image))
    assert not sample.valid[:10].any()
    assert sample.valid[10:].all()
    assert np.isfinite(sample.grey).all()
