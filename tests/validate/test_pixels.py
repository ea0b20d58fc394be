"""Pixel metrics against brute force, distance transforms and shapely."""

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from pycalfin.datasets.lines import draw
from pycalfin.validate import pixels

MASK = arrays.arrays(bool, (9, 11))
SPACING = st.tuples(st.floats(0.5, 4), st.floats(0.5, 4))


@given(MASK, MASK)
def test_distances_are_those_of_the_distance_transform(first, second):
    assume(first.any() and second.any())
    found = pixels.pixel_distance(first, second)
    expected = ndimage.distance_transform_edt(~second)[first]
    np.testing.assert_allclose(np.sort(found.from_predicted), np.sort(expected))
    assert found.distances.size == first.sum() + second.sum()


@given(MASK, MASK, SPACING)
def test_distances_of_oblong_pixels_are_those_of_brute_force(first, second, spacing):
    assume(first.any() and second.any())
    found = pixels.pixel_distance(first, second, spacing)
    metres = np.argwhere(first)[:, None] * spacing - np.argwhere(second)[None] * spacing
    expected = np.sqrt((metres**2).sum(axis=2))
    side = np.sqrt(spacing[0] * spacing[1])
    np.testing.assert_allclose(found.from_predicted * side, expected.min(axis=1), atol=1e-9)
    np.testing.assert_allclose(found.from_truth * side, expected.min(axis=0), atol=1e-9)


@given(MASK, MASK)
def test_exchanging_the_lines_exchanges_the_directions(first, second):
    one, other = pixels.pixel_distance(first, second), pixels.pixel_distance(second, first)
    np.testing.assert_array_equal(one.from_predicted, other.from_truth)
    np.testing.assert_array_equal(one.from_truth, other.from_predicted)


def test_a_missing_line_has_no_distance():
    line = np.eye(4, dtype=bool)
    found = pixels.pixel_distance(line, np.zeros((4, 4), bool))
    assert found.distances.size == 0
    assert np.isnan(found.mean)


@pytest.mark.parametrize(("offset", "expected"), [(0, 1.0), (1, 0.5), (2, 0.2), (3, 0.0)])
def test_edge_iou_of_shifted_lines_is_known(offset, expected):
    first, second = np.zeros((20, 30), bool), np.zeros((20, 30), bool)
    first[8], second[8 + offset] = True, True
    shared, union = pixels.edge_overlap(first, second)
    assert shared / union == pytest.approx(expected)


@given(MASK, MASK)
def test_edge_overlap_is_that_of_squares_around_the_pixels(first, second):
    def squares(mask):
        boxes = [shapely.box(c - 1, r - 1, c + 2, r + 2) for r, c in np.argwhere(mask)]
        return shapely.union_all(boxes).intersection(shapely.box(0, 0, 11, 9))

    found = pixels.edge_overlap(first, second)
    one, other = squares(first), squares(second)
    areas = (one.intersection(other).area, one.union(other).area)
    assert found == pytest.approx(areas)


@given(MASK)
def test_links_connect_exactly_what_touches(mask):
    pairs = pixels.links(mask)
    steps = np.abs(np.diff(pairs, axis=1))
    assert (steps.max(axis=2) == 1).all()
    assert mask[tuple(pairs.reshape(-1, 2).T)].all()
    graph, count = ndimage.label(mask, np.ones((3, 3)))
    parent = {tuple(place): tuple(place) for place in np.argwhere(mask)}

    def root(place):
        while parent[place] != place:
            place = parent[place]
        return place

    for start, end in pairs:
        parent[root(tuple(start))] = root(tuple(end))
    assert len({root(place) for place in parent}) == count
    for start, end in pairs:
        assert graph[tuple(start)] == graph[tuple(end)]


@given(st.integers(0, 8), st.integers(0, 8), SPACING)
def test_length_of_a_straight_stepped_line(rows, cols, spacing):
    line = draw([np.array([[0, 0], [rows, cols]])], (9, 9))
    steps, diagonal = max(rows, cols), min(rows, cols)
    straight = spacing[0] if rows > cols else spacing[1]
    metres = (steps - diagonal) * straight + diagonal * np.hypot(*spacing)
    side = np.sqrt(spacing[0] * spacing[1])
    assert pixels.length(line, spacing) * side == pytest.approx(metres)


def test_thinning_keeps_a_line_at_the_border():
    wide = np.zeros((10, 12), bool)
    wide[:3] = True
    thinned = pixels.thin(wide)
    assert thinned[1, 2:-2].all()
    assert thinned.sum() <= 12


@given(st.lists(st.tuples(st.floats(-5, 15), st.floats(-5, 15)), min_size=2, max_size=5))
def test_drawn_pixels_lie_on_the_line(corners):
    line = np.array(corners)
    drawn = draw([line], (10, 10))
    distance = shapely.distance(
        shapely.points(np.argwhere(drawn).astype(float)), shapely.LineString(line)
    )
    assert (distance <= 1.5).all()
