import numpy as np
import pytest

from pycalfin.datasets import ICE, LAND, OCEAN, frontlearning, land

SHAPE = (300, 200)


@pytest.mark.parametrize("path_row", sorted(land.OUTLINES))
def test_outlines_lie_in_the_frame_and_leave_room_for_the_fjord(path_row):
    corners = np.concatenate([np.array(outline) for outline in land.OUTLINES[path_row]])
    assert corners.min() >= 0
    assert (corners <= np.array(SHAPE)[::-1]).all()
    assert 0.1 < land.land_mask(path_row, SHAPE).mean() < 0.4


def test_frame_without_outlines_has_no_known_land():
    assert not land.land_mask("008011", SHAPE).any()


def test_land_never_covers_a_front_of_the_real_data(real_data):
    if not (real_data / "frontlearning").is_dir():
        pytest.skip("no FrontLearning")
    images = frontlearning.read(real_data / "frontlearning", land=True)
    plain = frontlearning.read(real_data / "frontlearning")
    fronts = sum(image.front.sum() for image in images)
    covered = sum((image.front & (image.zones == LAND)).sum() for image in images)
    assert covered < 0.03 * fronts
    assert not any((image.zones == LAND).any() for image in plain)
    assert all((image.zones == code).any() for image in plain for code in (OCEAN, ICE))
