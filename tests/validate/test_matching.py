"""Completeness and correctness, by their properties and by buffers."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiLineString

from pycalfin.datasets import ICE, LAND, NOT_OCEAN, OCEAN, UNKNOWN, LabelledImage
from pycalfin.datasets.lines import draw
from pycalfin.records import Identity, Subset
from pycalfin.validate import pixels
from pycalfin.validate.matching import (
    FALSE,
    SPACING,
    WITHIN,
    Matching,
    lines_of,
    match,
    match_image,
    total,
)

WHOLE = st.integers(-40, 40).map(float)
LINE = (
    st.lists(st.tuples(WHOLE, WHOLE), min_size=2, max_size=6, unique=True)
    .map(np.array)
    .filter(lambda line: np.hypot(*np.diff(line, axis=0).T).sum() > 10)
)
LINES = st.lists(LINE, min_size=1, max_size=3)


def straight(length, row=0.0, start=0.0):
    return np.array([[row, start], [row, start + length]])


def length_of(lines):
    return sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in lines)


def in_buffer(lines, others, within):
    """Length of lines in the buffer of others, exactly."""
    area = shapely.buffer(MultiLineString(others), within, quad_segs=64)
    return sum(shapely.LineString(line).intersection(area).length for line in lines)


def crossings(lines, others, within):
    """How often lines enter or leave the buffer."""
    border = shapely.buffer(MultiLineString(others), within, quad_segs=64).boundary
    return sum(
        len(shapely.get_parts(shapely.LineString(line).intersection(border))) for line in lines
    )


@given(LINES)
def test_identical_lines_match_wholly(lines):
    found = match(lines, lines)
    assert (found.completeness, found.correctness) == (1, 1)
    assert found.distance == pytest.approx(0, abs=1e-9)
    assert found.drawn == pytest.approx(length_of(lines))
    assert found.false_lines == 0


@given(LINES, LINES)
def test_swapping_found_and_drawn_swaps_the_two(first, second):
    there, back = match(first, second), match(second, first)
    assert there.completeness == back.correctness
    assert there.correctness == back.completeness
    assert (there.drawn, there.found) == (back.found, back.drawn)


@given(LINES, LINES, st.sampled_from([0.7, 3.0, 12.0]))
def test_buffers_give_the_same_numbers(found, drawn, within):
    one = match(found, drawn, within=within)
    for lengths, lines, others in (
        ((one.drawn_met, one.drawn), drawn, found),
        ((one.found_met, one.found), found, drawn),
    ):
        # each piece in a buffer may end half a sample sooner or later, at either end
        slack = SPACING * (crossings(lines, others, within) + 1) + 0.01 * lengths[1]
        assert lengths[0] == pytest.approx(in_buffer(lines, others, within), abs=slack)
        assert lengths[1] == pytest.approx(length_of(lines))


@given(LINES, LINES, st.integers(2, 7))
def test_more_vertices_on_the_same_lines_change_nothing(found, drawn, times):
    def finer(line):
        whole = np.arange(len(line))
        where = np.linspace(0, len(line) - 1, times * (len(line) - 1) + 1)
        return np.column_stack([np.interp(where, whole, axis) for axis in line.T])

    coarse = match(found, drawn)
    fine = match([finer(line) for line in found], [finer(line) for line in drawn])
    # rounding may move a sample that lies just at the limit
    assert fine.completeness == pytest.approx(coarse.completeness, abs=SPACING / coarse.drawn * 4)
    assert fine.correctness == pytest.approx(coarse.correctness, abs=SPACING / coarse.found * 4)
    assert (fine.drawn, fine.found) == pytest.approx((coarse.drawn, coarse.found))


@given(LINES, LINES, WHOLE, WHOLE)
def test_moving_both_changes_nothing(found, drawn, down, right):
    moved = match([line + (down, right) for line in found], [one + (down, right) for one in drawn])
    assert moved == match(found, drawn) or moved.completeness == pytest.approx(
        match(found, drawn).completeness, abs=0.05
    )


@given(st.floats(20, 300), st.floats(0, 2 * math.pi))
def test_a_missing_half_halves_completeness_and_leaves_correctness(length, angle):
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    drawn, half = straight(length) @ turn, straight(length / 2) @ turn
    found = match([half], [drawn])
    # the found end reaches as far as it matches
    assert found.completeness == pytest.approx(0.5 + WITHIN / length, abs=SPACING / length)
    assert found.correctness == 1
    assert found.distance == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("offset", "share"), [(0.0, 1), (1.5, 1), (2.99, 1), (3.01, 0), (5.0, 0), (50.0, 0)]
)
def test_a_shift_counts_whole_or_not_at_all(offset, share):
    found = match([straight(100, row=offset)], [straight(100)])
    assert (found.completeness, found.correctness) == (share, share)
    assert found.distance == pytest.approx(offset) if share else math.isnan(found.distance)


@pytest.mark.parametrize(("offset", "false"), [(0.0, 0), (FALSE - 0.1, 0), (FALSE + 0.1, 1)])
def test_a_line_is_false_beyond_its_own_limit(offset, false):
    found = match([straight(100, row=offset), straight(100)], [straight(100)])
    assert (found.lines, found.false_lines) == (2, false)


@pytest.mark.parametrize(("share", "false"), [(0.4, 1), (0.6, 0)])
def test_most_of_a_line_decides_whether_it_is_false(share, false):
    away = straight(100, start=-100 * (1 - share))
    # what lies beyond the drawn end by less than the limit is not away
    assert match([away], [straight(200, start=FALSE)]).false_lines == false


@pytest.mark.parametrize(
    ("found", "drawn", "completeness", "correctness", "false"),
    [
        ([], [], math.nan, math.nan, 0),
        ([], [straight(9)], 0, math.nan, 0),
        ([straight(9)], [], math.nan, 0, 1),
        ([straight(9)] * 2, [straight(9)], 1, 1, 0),
        ([straight(9)], [straight(9), straight(9, row=50)], 0.5, 1, 0),
        ([straight(9), straight(9, row=50)], [straight(9)], 1, 0.5, 1),
    ],
    ids=["nothing", "missed", "no front", "doubled", "a second missed", "a second false"],
)
def test_what_is_missing_on_one_side(found, drawn, completeness, correctness, false):
    one = match(found, drawn)
    np.testing.assert_equal((one.completeness, one.correctness), (completeness, correctness))
    assert one.false_lines == false


def test_what_was_found_where_nothing_is_known_counts_neither_for_nor_against():
    known = np.ones((40, 100), bool)
    known[:, 60:] = False
    drawn = [straight(40, row=10)]
    plain = match([straight(59, row=10)], drawn, known=known)
    longer = match([straight(90, row=10)], drawn, known=known)
    assert longer.correctness == pytest.approx(plain.correctness, abs=0.02)
    assert longer.completeness == plain.completeness == 1
    # a line that lies there wholly is not even a line, one that is known in part counts by it
    there = match([straight(30, row=30, start=65)], drawn, known=known)
    assert (there.found, there.lines, there.false_lines) == (0, 0, 0)
    assert math.isnan(there.correctness)
    part = match([straight(60, row=30, start=35)], drawn, known=known)
    assert (part.lines, part.false_lines) == (1, 1)
    assert part.found == pytest.approx(25, abs=1)


def test_what_was_drawn_outside_the_image_does_not_count():
    shape = (20, 50)
    found = match([straight(49)], [straight(200)], known=np.ones(shape, bool))
    assert found.completeness == 1
    assert found.drawn == pytest.approx(49.5, abs=SPACING)


@pytest.mark.parametrize(("spacing", "share"), [((1, 1), 1), ((4, 1), 0), ((1, 4), 1), ((9, 9), 1)])
def test_a_pixel_is_square_on_the_ground(spacing, share):
    found = match([straight(100, row=2)], [straight(100)], spacing=spacing)
    assert found.completeness == share
    assert found.drawn == pytest.approx(100 * math.sqrt(spacing[1] / spacing[0]))


@pytest.mark.parametrize(
    ("row", "share"), [(20, 0), (28, 1), (33, 1), (33.5, 0)], ids=["far", "near", "limit", "beyond"]
)
def test_coast_called_front(row, share):
    found = match([straight(80, row=row)], [straight(80)], coast=[straight(80, row=30)])
    assert found.coast_called_front == share
    assert found.coast == pytest.approx(80)


def test_matchings_add_up_to_that_of_all_lines_together():
    images = [
        ([straight(30, row=1)], [straight(60)]),
        ([straight(20, row=40), straight(50)], [straight(50, row=2)]),
        ([], [straight(10)]),
    ]
    parts = [match(found, drawn) for found, drawn in images]
    moved = [
        [line + (0.0, 1000.0 * k) for k, sides in enumerate(images) for line in sides[side]]
        for side in (0, 1)
    ]
    whole = match(*moved)
    added = total(parts)
    for name in ("completeness", "correctness", "distance", "lines", "false_lines"):
        assert getattr(added, name) == pytest.approx(getattr(whole, name)), name
    assert total([]) == Matching()


def test_metres_are_pixels_times_their_side():
    one = match([straight(50, row=2)], [straight(100)], coast=[straight(30)])
    metres = one.scaled(30.0)
    assert metres.distance == pytest.approx(60)
    assert (metres.drawn, metres.coast) == pytest.approx((3000, 900))
    for name in ("completeness", "correctness", "coast_called_front", "lines", "false_lines"):
        assert getattr(metres, name) == pytest.approx(getattr(one, name)), name


@given(LINES)
def test_lines_of_a_mask_are_where_it_was_drawn(lines):
    drawn = draw([line + 45 for line in lines], (90, 90))
    back = lines_of(drawn)
    thin = pixels.thin(drawn)
    assert np.array_equal(draw(back, thin.shape), thin)
    assert length_of(back) == pytest.approx(pixels.length(thin))


@pytest.mark.parametrize("wide", [1, 3])
def test_lines_of_one_pixel_and_of_none(wide):
    mask = np.zeros((9, 9), bool)
    assert lines_of(mask) == []
    mask[4 : 4 + wide, 4 : 4 + wide] = True
    assert len(lines_of(mask)) == 1
    assert match([straight(4, row=4, start=3)], lines_of(mask)).correctness == 1


def labelled(zones, front, **fields):
    shape = zones.shape
    return LabelledImage(
        "x", "X", "LC08", "2020-07-01", np.zeros(shape, np.float32), front, zones,
        np.ones(shape, bool), Path("x.png"), **fields,
    )  # fmt: skip


@pytest.fixture
def bay():
    """Ocean above row 40, the front in columns 20 to 60."""
    zones = np.full((80, 90), NOT_OCEAN, np.uint8)
    zones[:40] = OCEAN
    front = np.zeros(zones.shape, bool)
    front[40, 20:61] = True
    return labelled(zones, front)


@pytest.mark.parametrize("ground", [NOT_OCEAN, LAND, ICE])
def test_the_coast_of_an_image_is_known_from_its_zones(bay, ground):
    image = replace(bay, zones=np.where(bay.zones == OCEAN, OCEAN, ground).astype(np.uint8))
    along = match_image(image, [straight(89, row=40)])
    assert (along.completeness, along.coast_called_front) == (1, 1)
    assert along.correctness == pytest.approx(46 / 89, abs=0.02)
    right = match_image(image, [straight(40, row=40, start=20)])
    assert (right.completeness, right.correctness, right.coast_called_front) == (1, 1, 0)


@pytest.mark.parametrize("code", [UNKNOWN, OCEAN, LAND])
def test_no_coast_is_known_from_one_zone_alone(bay, code):
    image = replace(bay, zones=np.full_like(bay.zones, code))
    assert math.isnan(match_image(image, [straight(89, row=40)]).coast_called_front)


def test_where_a_label_does_not_know_there_is_no_coast_either(bay):
    known = np.ones(bay.zones.shape, bool)
    known[:, 63:] = False
    image = replace(bay, edge_known=known)
    found = match_image(image, [straight(60, row=40, start=29)])
    assert found.correctness == 1
    assert found.coast == pytest.approx(16, abs=1)
    assert found.coast_called_front == 0


def test_lines_of_the_label_go_before_its_mask(bay):
    image = replace(bay, lines=(straight(40, row=44, start=20),))
    assert match_image(image, [straight(40, row=46, start=20)]).distance == pytest.approx(2)
    assert match_image(bay, [straight(40, row=46, start=20)]).completeness == 0


def test_the_georeference_tells_the_shape_of_pixels(bay):
    grey = bay.image
    subset = Subset(
        "s", grey, np.isfinite(grey), crs="EPSG:3413", domain="d",
        transform=Affine(30, 0, -300_000, 0, -120, -2_000_000),
        identity=Identity("s", date="2016-07-01"),
    )  # fmt: skip
    found = [straight(40, row=42, start=20)]
    assert match_image(bay, found).completeness == 1
    assert match_image(replace(bay, subset=subset), found).completeness == 0
    assert match_image(bay, found, (120.0, 30.0)).completeness == 0
