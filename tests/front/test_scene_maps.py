"""A whole scene seen in views that fade into each other, wherever its corner lies."""

from __future__ import annotations

import numpy as np
import pytest

from pycalfin.front import scene_maps as module
from pycalfin.front.scene_maps import MARGIN, STRIDE, VIEW, scene_maps
from tests.front.drawn_scenes import ICE, WATER, drawn_network, drawn_scene


def coast(rows: int, cols: int, seed: int = 0) -> np.ndarray:
    """Ice with a bay, in the cells of a large scene."""
    noise = np.random.default_rng(seed).uniform(0, 5, (rows, cols))
    row, col = np.indices((rows, cols))
    bay = (row - rows / 2) ** 2 + (col - cols / 2) ** 2 < (0.3 * rows) ** 2
    return np.where(bay, WATER, ICE) + noise


def test_views_sum_to_one() -> None:
    total = np.zeros((4 * STRIDE + VIEW,) * 2)
    for row in range(0, 5 * STRIDE, STRIDE):
        for col in range(0, 5 * STRIDE, STRIDE):
            total[row : row + VIEW, col : col + VIEW] += module._FADE
    np.testing.assert_allclose(total[2 * MARGIN : -2 * MARGIN, 2 * MARGIN : -2 * MARGIN], 1, 1e-6)


@pytest.mark.parametrize("shift", [(0, 2), (96, 0), (96, 96), (190, 34)])
def test_a_shifted_scene_gives_the_same_maps(shift) -> None:
    """Within what the views at the border of the crop do not see."""
    network, _ = drawn_network()
    first = (-142_310, 5_758)
    image = coast(1000, 1000)
    whole = scene_maps(drawn_scene(image, first), network, threads=1)
    moved = (first[0] + shift[0], first[1] + shift[1])
    part = scene_maps(drawn_scene(image[shift[0] :, shift[1] :], moved), network, threads=1)
    reach = 2 * VIEW
    for name in ("edge", "ocean", "ice"):
        one = getattr(whole, name)[shift[0] + reach :, shift[1] + reach :]
        np.testing.assert_array_equal(getattr(part, name)[reach:, reach:], one)
    assert part.edge[reach:, reach:].any()


def test_views_predicted_at_once_add_up_to_the_same_maps() -> None:
    network, _ = drawn_network()
    scene = drawn_scene(coast(700, 500))
    one, two = (scene_maps(scene, network, threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.edge, two.edge)
    np.testing.assert_array_equal(one.ocean, two.ocean)
    assert one.edge.any()


def test_nothing_is_looked_at_where_no_front_can_be() -> None:
    network, engine = drawn_network()
    scene = drawn_scene(coast(900, 900))
    whole = scene_maps(scene, network, threads=1)
    seen = engine.views
    where = np.zeros(scene.pixels.shape, bool)
    where[:, :600] = True
    part = scene_maps(scene, network, threads=1, where=where)
    assert 0 < engine.views - seen < seen
    assert whole.edge[:, 600:].any()
    assert not part.edge[:, 600:].any()
    inner = np.s_[:, : 600 - VIEW]  # no view of it sees cells beyond
    assert whole.edge[inner].any()
    np.testing.assert_array_equal(part.edge[inner], whole.edge[inner])


def test_no_seam_where_views_meet() -> None:
    network, _ = drawn_network()
    image = np.where(np.arange(900) % 100 < 50, WATER, ICE) * np.ones((900, 1))
    inner = scene_maps(drawn_scene(image), network, threads=1).edge[5:-5]
    lines = inner.max(axis=0) > 0.5
    assert np.flatnonzero(lines).size >= 17
    np.testing.assert_allclose(inner[:, lines], 1, atol=1e-5)


@pytest.mark.parametrize("value", [WATER, ICE])
def test_plain_water_and_plain_ice_are_left_early(value) -> None:
    network, engine = drawn_network()
    image = np.full((1536, 1536), value)
    image[700:740, 700:740] = WATER + ICE - value
    found = scene_maps(drawn_scene(image), network, threads=1)
    assert found.edge.any()
    coarse = (1536 // 2 // STRIDE) ** 2
    assert engine.views <= coarse + 4  # of 64 finer views


def test_nothing_is_seen_without_data() -> None:
    network, engine = drawn_network()
    image = np.full((600, 600), np.nan)
    assert not scene_maps(drawn_scene(image), network, threads=1).edge.any()
    assert engine.views == 0
    image[:300] = coast(300, 600)
    found = scene_maps(drawn_scene(image), network, threads=1)
    assert not found.edge[298:].any()
    assert not found.ocean[300:].any()


def test_large_cells_are_all_seen() -> None:
    """The coarser ones would be outside of what the network knows."""
    network, engine = drawn_network()
    scene_maps(drawn_scene(coast(384, 384), side=100.0), network, threads=1)
    assert engine.views == 4
