from dataclasses import replace

import numpy as np

from pycalfin.datasets import ICE, LAND, NOT_OCEAN, OCEAN, UNKNOWN
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


def test_ice_or_land_is_both_and_known_as_neither():
    zones = np.array([[OCEAN, ICE, LAND, NOT_OCEAN, UNKNOWN]], np.uint8)
    target = targets.encode(np.full((1, 5), 9.0, np.float32), zones, np.ones((1, 5), bool))
    assert target[0, :, 2:].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1], [0, 0, 0]]
    assert targets.known_zones(target)[0].sum(axis=-1).tolist() == [1, 1, 1, 0, 0]


def test_no_data_becomes_invalid(labelled):
    image = labelled.image.copy()
    image[:10] = np.nan
    sample = targets.prepare(replace(labelled, image=image))
    assert not sample.valid[:10].any()
    assert sample.valid[10:].all()
    assert np.isfinite(sample.grey).all()


def test_a_shrunk_sample_is_the_sample_seen_from_further_off(sample):
    """A picture enlarged three times and shrunk again is itself; distances are in its pixels."""

    def larger(array):
        return np.kron(array, np.ones((3, 3))).astype(array.dtype)

    grey = larger(sample.grey)
    grey[:60, :45] = 0.0
    valid = np.ones(grey.shape, bool)
    valid[:60, :45] = False
    big = replace(sample, grey=grey, valid=valid, distance=3 * larger(sample.distance),
                  zones=larger(sample.zones), edge_known=larger(sample.edge_known))  # fmt: skip
    small = targets.shrink(big, max(sample.grey.shape))
    np.testing.assert_array_equal(small.zones, sample.zones)
    np.testing.assert_allclose(small.distance, sample.distance, atol=1e-4)
    expected = np.ones(sample.grey.shape, bool)
    expected[:20, :15] = False
    np.testing.assert_array_equal(small.valid, expected)
    assert np.median(abs(small.grey - sample.grey)[expected]) < 1.0
    assert targets.shrink(sample, 120) is sample
