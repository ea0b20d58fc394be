"""Tables of many images, by hand-computed cases."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycalfin.validate.matching import Matching
from pycalfin.validate.score import Score
from pycalfin.validate.summary import (
    break_down,
    calibration,
    plain,
    risk_coverage,
    season,
    summarise,
)
from pycalfin.validate.validation import severity


def found(name, predicted, truth, **fields):
    given_ = {"known": True, "fronts": 1, "confidence": 0.5, **fields}
    sides = (np.array(side, np.float32) for side in (predicted, truth))
    return Score(name, from_predicted=next(sides), from_truth=next(sides), **given_)


A = found("a", [1, 1], [2, 4], metres=10.0, resolution=10.0, glacier="X", date="2001-01-05",
          sensor="LC08", edge=(5, 10), areas={"ocean": (8, 10), "ice": (6, 10)},
          length=10.0, true_length=8.0, zones={"ocean": (8, 10)})  # fmt: skip
B = found("b", [6], [8, 10], glacier="X", date="2001-07-05", edge=(1, 10), length=2.0,
          true_length=8.0, zones={"ocean": (1, 10)}, conditions=("shadow", "SLC-off"))  # fmt: skip
MISSED = Score("c", known=True, edge=(0, 10), glacier="Y")
FALSE = Score("d", fronts=2, edge=(0, 6), glacier="Y")
EMPTY = Score("e", glacier="Y")
ALL = (A, B, MISSED, FALSE, EMPTY)


def test_means_and_medians_by_point_and_by_image():
    summary = summarise(ALL)
    assert (summary.TP, summary.FN, summary.FP, summary.TN) == (2, 1, 1, 1)
    assert summary.pixels.point_mean == pytest.approx(32 / 7)
    assert summary.pixels.point_median == 4
    assert summary.pixels.image_mean == pytest.approx((2 + 8) / 2)
    assert summary.pixels.image_median == 5
    assert (summary.pixels.images, summary.pixels.points) == (2, 7)
    assert summary.metres.point_mean == pytest.approx(20)
    assert summary.metres.point_median == pytest.approx(15)
    assert summary.metres.images == 1


def test_overlaps_lengths_and_detection():
    summary = summarise(ALL)
    assert summary.edge_iou == pytest.approx((0.5 + 0.1) / 2)
    assert summary.edge_iou_pooled == pytest.approx(6 / 36)
    assert summary.ice_ocean_iou == pytest.approx(0.7)
    assert summary.zones == {"ocean": pytest.approx(9 / 20)}
    assert summary.length_ratio == pytest.approx(12 / 16)
    assert summary.no_prediction == pytest.approx(1 / 3)


def test_completeness_and_correctness_are_of_all_lengths_together():
    near = Matching(drawn=10, drawn_met=9, found=10, found_met=8, offset=8, lines=2, false_lines=1,
                    coast=40, coast_called=1)  # fmt: skip
    far = Matching(drawn=30, drawn_met=15, found=20, found_met=16, offset=32, lines=1)
    scores = [
        replace(A, matching=near),
        replace(B, matching=far),
        replace(MISSED, matching=Matching(drawn=20)),
        replace(FALSE, matching=Matching(found=10, lines=1, false_lines=1, coast=60)),
        EMPTY,
    ]
    summary = summarise(scores)
    assert summary.completeness == pytest.approx(24 / 60)
    assert summary.correctness == pytest.approx(24 / 40)
    assert summary.matched_pixels == pytest.approx(40 / 24)
    assert summary.matched_metres == pytest.approx(10)
    assert summary.coast_called_front == pytest.approx(1 / 100)
    assert (summary.false_lines, summary.false_per_hundred) == (2, 40)
    groups = break_down(scores)["glacier"]
    assert groups["X"].completeness == pytest.approx(24 / 40)
    assert (groups["Y"].completeness, groups["Y"].correctness) == (0, 0)
    assert math.isnan(groups["Y"].matched_pixels)


def test_no_image_and_no_front_found_give_no_numbers():
    for scores in ((), (MISSED,)):
        summary = summarise(scores)
        assert math.isnan(summary.pixels.point_mean)
        assert math.isnan(summary.edge_iou)
    text = json.dumps(plain(summarise(())))
    assert "NaN" not in text


@given(st.lists(st.sampled_from(ALL), min_size=1))
def test_every_image_is_in_one_group_of_each_dimension_but_conditions(scores):
    for dimension, groups in break_down(scores).items():
        total = sum(summary.images for summary in groups.values())
        assert total == len(scores) or dimension == "condition"


def test_groups_and_their_order():
    groups = break_down(ALL)
    assert {name: one.images for name, one in groups["glacier"].items()} == {"X": 2, "Y": 3}
    assert list(groups["season"]) == ["Dec-Feb", "Jun-Aug", "unknown"]
    assert list(groups["resolution"]) == ["10-20 m", "unknown"]
    assert list(groups["condition"]) == ["SLC-off", "shadow", "none known"]
    assert groups["condition"]["shadow"].pixels.image_mean == 8


@pytest.mark.parametrize(
    ("month", "name"), [("12", "Dec-Feb"), ("03", "Mar-May"), ("08", "Jun-Aug")]
)
def test_seasons(month, name):
    assert season(f"2000-{month}-01") == name


def test_risk_by_hand():
    scores = [
        found("1", [1], [1], confidence=0.9),
        found("2", [4], [4], confidence=0.7),
        found("3", [2], [2], confidence=0.7),
        found("4", [9], [9], confidence=0.1),
        MISSED,
    ]
    curve = risk_coverage(scores)
    assert curve.coverage == (0.25, 0.75, 1.0)
    assert curve.risk == pytest.approx((1, 7 / 3, 4))
    assert curve.area == pytest.approx((1 + 2 * 7 / 3 + 4) / 4)
    assert curve.confidence == (0.9, 0.7, 0.1)
    assert risk_coverage([MISSED]).coverage == ()


@given(st.permutations([1.0, 2.0, 5.0, 9.0]))
def test_the_order_of_images_does_not_matter(values):
    scores = [found(str(v), [v], [v], confidence=1 - v / 10) for v in values]
    assert risk_coverage(scores).risk == pytest.approx((1, 1.5, 8 / 3, 17 / 4))


def test_only_known_fronts_count_for_the_calibration():
    stray = Score(
        "f", fronts=1, errors=np.full(9, 9, np.float32), uncertainty=np.ones(9, np.float32)
    )
    good = found(
        "g", [1], [1], errors=np.ones(4, np.float32), uncertainty=np.full(4, 2, np.float32)
    )
    assert calibration([stray, good, MISSED]).vertices == 4
    assert calibration([]).vertices == 0


def test_worst_first():
    order = sorted(ALL, key=severity, reverse=True)
    assert [score.name for score in order] == ["c", "d", "b", "a", "e"]
