import dataclasses

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pycalfin import records
from pycalfin.records import Front, Identity, Scene, Subset
from pycalfin.results import Extraction, PairResult, Prediction

LINE = [[0.0, 0.0], [100.0, 50.0], [200.0, 0.0]]


def test_front_needs_only_coordinates_crs_and_date():
    front = Front(xy=LINE, crs="EPSG:3413", date="2016-06-30")
    assert front.xy.dtype == np.float64
    assert front.xy.shape == (3, 2)
    assert front.pixels.shape == (0, 2)
    assert front.uncertainty.shape == (0,)
    assert (front.number, front.confidence, front.quality) == (1, 1.0, 0)
    assert not front.partial
    assert not front.synthetic


@pytest.mark.parametrize(
    "xy",
    [
        [],
        [[0.0, 0.0]],
        [0.0, 1.0, 2.0],
        [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]],
        [[0.0, 0.0], [np.nan, 1.0]],
        [[0.0, np.inf], [1.0, 1.0]],
    ],
)
def test_front_refuses_coordinates_that_are_no_line(xy):
    with pytest.raises(ValueError, match="a front's xy has"):
        Front(xy=xy)


def test_front_id_is_stable_across_processes_and_releases():
    front = Front(xy=LINE, crs="EPSG:3413", date="2016-06-30", scene="s", domain="d")
    assert front.id == records.front_id("s", "d", 1, "2016-06-30", front.xy.tobytes())
    assert front.id == "e89a7f1c4d4e2b69"
    assert records.front_id("scene", "domain", 1) == "668edb20361d21c7"


@pytest.mark.parametrize(
    "change", [{"scene": "t"}, {"domain": "e"}, {"number": 2}, {"date": "2016-07-01"}]
)
def test_front_id_tells_fronts_apart(change):
    given_fields = {"xy": LINE, "crs": "EPSG:3413", "date": "2016-06-30", "scene": "s"}
    assert Front(**given_fields).id != Front(**{**given_fields, **change}).id


def test_front_id_does_not_run_parts_together():
    assert records.front_id("ab", "c") != records.front_id("a", "bc")


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(2, 8), st.just(2)),
        elements=st.floats(-4e6, 4e6, allow_nan=False),
    )
)
def test_front_id_depends_on_the_content_only(xy):
    first, second = Front(xy=xy), Front(xy=xy.tolist())
    assert first.id == second.id
    assert len(first.id) == records.ID_LENGTH
    assert int(first.id, 16) >= 0


def test_with_fields_keeps_the_id():
    front = Front(xy=LINE)
    moved = front.with_fields(xy=np.asarray(LINE) + 1, confidence=0.5)
    assert moved.id == front.id
    assert moved.confidence == 0.5
    assert front.confidence == 1.0


@pytest.mark.parametrize("record", [Front(xy=LINE), Identity("a"), Extraction()])
def test_records_are_frozen(record):
    name = dataclasses.fields(record)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, name, None)


def test_scene_gives_name_and_date_of_its_identity():
    scene = Scene(Identity("LC08_x", date="2016-06-30"), "a.tif", "a.tif", 1, "EPSG:3413")
    assert (scene.name, scene.date) == ("LC08_x", "2016-06-30")


def test_subset_shape_is_rows_and_columns():
    pixels = np.zeros((3, 5), np.float32)
    subset = Subset("a", pixels, np.ones((3, 5), bool), Affine.identity(), "EPSG:3413")
    assert subset.shape == (3, 5)


@given(
    st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
    st.tuples(st.floats(0.1, 20), st.floats(0.1, 20)),
    hnp.arrays(np.float64, (4, 2), elements=st.floats(-1000, 1000)),
)
def test_prediction_pixels_return_to_where_they_came_from(origin, step, rowcol):
    grid = np.zeros((2, 2), np.float32)
    prediction = Prediction(grid, grid, None, grid == 0, grid, origin=origin, step=step)
    there = prediction.to_subset(rowcol)
    np.testing.assert_allclose(prediction.from_subset(there), rowcol, atol=1e-6)
    np.testing.assert_allclose(prediction.to_subset(np.zeros((1, 2)))[0], origin)


def test_nothing_found_is_a_result():
    assert Extraction().ocean.is_empty
    assert PairResult(Identity("s"), "d", "p", "no_front", "flat").fronts == ()


def test_field_names_are_in_order():
    assert records.field_names(Extraction)[:2] == ("fronts", "ocean")


def ends(first: float, middle: float, last: float, count: int = 60) -> np.ndarray:
    """Return uncertainties of a front whose ends of ten vertices differ from the rest."""
    return np.repeat([first, middle, last], [10, count - 20, 10])


@pytest.mark.parametrize(
    ("uncertainty", "expected"),
    [
        (ends(1, 1, 1), 0),
        (ends(2, 1, 1), 0),  # exactly twice the median
        (ends(2.1, 1, 1), 1),
        (ends(1, 1, 2.1), 2),
        (ends(3, 1, 30), 3),
        (ends(3, 1, 3, 20), 0),  # nothing but ends
        (ends(0.1, 1, 0.1), 0),
        (np.r_[50.0, np.ones(39)], 0),  # a single vertex
        (np.r_[np.full(4, 50.0), np.ones(36)], 0),
        (np.r_[np.full(6, 50.0), np.ones(34)], 1),
        (np.r_[50.0, np.ones(18)], 0),  # too short
        (np.zeros(40), 0),
        (np.full(40, np.nan), 0),
        ([], 0),
    ],
)
def test_uncertain_ends(uncertainty, expected):
    xy = np.column_stack([np.arange(60.0), np.zeros(60)])[: len(uncertainty) or 60]
    front = Front(xy=xy, crs="EPSG:3413", uncertainty=uncertainty)
    assert front.uncertain_end == expected
    assert front.properties["uncertain_end"] == expected
    if len(uncertainty):
        turned = front.with_fields(xy=xy[::-1], uncertainty=front.uncertainty[::-1])
        assert turned.uncertain_end == {0: 0, 1: 2, 2: 1, 3: 3}[expected]
