"""Fronts before doubtful water that is apart from all other."""

from __future__ import annotations

import numpy as np

from pycalfin.front.finish import Candidate
from pycalfin.front.trace import measure
from pycalfin.front.waters import in_known_water
from pycalfin.results import Prediction

SHAPE = (120, 200)
SHORE = 60


def ice_with(**patches: float) -> Prediction:
    """Ocean in the upper left or right, or in the channel between them; else ice."""
    places = {
        "left": np.s_[:SHORE, :90],
        "right": np.s_[:SHORE, 130:],
        "channel": np.s_[20:40, 80:140],
    }
    ocean = np.full(SHAPE, 0.05, np.float32)
    for name, probability in patches.items():
        ocean[places[name]] = np.maximum(ocean[places[name]], probability)
    return Prediction(
        edge=np.full(SHAPE, 0.9, np.float32),
        ocean=ocean,
        land=np.zeros(SHAPE, np.float32),
        valid=np.ones(SHAPE, bool),
        grey=np.zeros(SHAPE, np.float32),
    )


def front(whole: Prediction, first: int, last: int, row: float = SHORE - 0.5) -> Candidate:
    """Walking right with the ocean above, which is on the left."""
    cols = np.arange(first, last + 1.0)
    line = np.column_stack([np.full(len(cols), row), cols])
    return Candidate(line, measure(line, whole), whole, 0.9)


def kept(whole: Prediction, *spans: tuple[int, int]) -> list[int]:
    """First columns of the fronts that stay, given best first."""
    found = in_known_water([front(whole, *span) for span in spans], whole)
    return [int(item.rowcol[0, 1]) for item in found]


LEFT, RIGHT = (10, 80), (140, 190)


def test_doubtful_water_apart_from_the_sea_has_no_front() -> None:
    assert kept(ice_with(left=0.95, right=0.55), LEFT, RIGHT) == [10]


def test_a_second_sea_has_one() -> None:
    assert kept(ice_with(left=0.95, right=0.9), LEFT, RIGHT) == [10, 140]


def test_doubtful_water_that_is_joined_to_the_sea_has_one() -> None:
    assert kept(ice_with(left=0.95, right=0.55, channel=0.4), LEFT, RIGHT) == [10, 140]


def test_the_better_line_goes_if_the_other_is_before_certain_water() -> None:
    assert kept(ice_with(left=0.95, right=0.55), RIGHT, LEFT) == [10]


def test_where_all_water_is_doubtful_the_line_with_the_most_of_it_stays() -> None:
    assert kept(ice_with(left=0.5, right=0.55), RIGHT, LEFT) == [140]
    assert kept(ice_with(left=0.5, right=0.55), LEFT, RIGHT) == [140]
    assert kept(ice_with(left=0.5), LEFT) == [10]
    assert in_known_water([], ice_with()) == []


def test_a_gap_may_join_waters() -> None:
    whole = ice_with(left=0.95, right=0.55, channel=0.4)
    whole.ocean[:, 110:114] = 0.0
    assert kept(whole, LEFT, RIGHT) == [10]
    whole.valid[:, 110:114] = False
    assert kept(whole, LEFT, RIGHT) == [10, 140]


def test_a_narrow_lead_is_water() -> None:
    whole = ice_with(left=0.95)
    whole.ocean[56:60, 80:] = 0.9
    assert kept(whole, LEFT, RIGHT) == [10, 140]
    whole.ocean[56:60, 100:110] = 0.0
    assert kept(whole, LEFT, RIGHT) == [10]


def test_a_line_without_water_is_a_ridge() -> None:
    whole = ice_with(left=0.95)
    sea, ridge = front(whole, *LEFT), front(whole, 20, 70, row=100)
    assert in_known_water([ridge, sea], whole) == [sea]
    assert in_known_water([ridge], whole) == [ridge]


def test_a_closer_look_knows_the_water_of_the_whole() -> None:
    whole = ice_with(left=0.95, right=0.55, channel=0.4)
    apart = ice_with(left=0.95, right=0.55)
    closer = Prediction(
        edge=whole.edge[40:, 130:],
        ocean=whole.ocean[40:, 130:],
        land=np.zeros((80, 70), np.float32),
        valid=np.ones((80, 70), bool),
        grey=np.zeros((80, 70), np.float32),
        origin=(40.0, 130.0),
    )
    line = np.column_stack([np.full(40, SHORE - 40.5), np.arange(10.0, 50.0)])
    seen = Candidate(closer.to_subset(line), measure(line, closer), closer, 0.8)
    sea = front(whole, *LEFT)
    assert in_known_water([sea, seen], whole) == [sea, seen]
    assert in_known_water([sea, seen], apart) == [sea]
