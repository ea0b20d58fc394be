import numpy as np
import pytest
from scipy import ndimage

from pycalfin.train.calfin import targets


@pytest.fixture
def land():
    """A wavy coast with a fjord, and an island."""
    rows, cols = np.mgrid[:120, :140]
    coast = rows > 60 + 15 * np.sin(cols / 18)
    return coast | (np.hypot(rows - 22, cols - 100) < 12)


def border(land):
    """Pixels that touch the other kind, on both sides; the image's border is none."""
    grown, shrunk = (
        filtered(land.astype(np.uint8), footprint=ndimage.generate_binary_structure(2, 1))
        for filtered in (ndimage.maximum_filter, ndimage.minimum_filter)
    )
    return grown != shrunk


def test_the_edge_lies_on_the_border_and_covers_it(land):
    found, expected = targets.edge(land), border(land)
    inner = np.s_[4:-4, 4:-4]
    away = ndimage.distance_transform_edt(~expected)
    assert away[found].max() <= 2.0
    covered = ndimage.binary_dilation(found, np.ones((3, 3)))
    assert covered[inner][expected[inner]].all()


@pytest.mark.parametrize("turn", range(4))
def test_a_straight_edge_is_three_pixels_wide(turn):
    land = np.rot90(np.arange(40)[:, None].repeat(60, axis=1) >= 20, turn)
    edge = np.rot90(targets.edge(land), -turn)
    widths = edge[:, 6:-6].sum(axis=0)
    assert set(widths.tolist()) <= {3, 4}
    assert np.mean(widths == 3) > 0.9
    assert edge[19:21, 6:-6].all()


@pytest.mark.parametrize("value", [False, True])
def test_one_kind_alone_has_no_edge(value):
    assert not targets.edge(np.full((30, 30), value)).any()


def test_the_maps_are_in_the_order_of_the_network(land):
    maps = targets.encode(land)
    assert maps.shape == (120, 140, 2)
    assert maps.dtype == np.float32
    np.testing.assert_array_equal(maps[..., 0] > 0, targets.edge(land))
    np.testing.assert_array_equal(maps[..., 1] > 0, land)
