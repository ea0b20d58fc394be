"""Ocean polygons and coastlines on maps whose geometry is known exactly."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import LineString, Point

from pycalfin.front import polygon
from pycalfin.results import Prediction

SHAPE = (120, 160)
FRONT_ROW = 60.0


def fjord_prediction(step: float = 1.0, berg: bool = False) -> Prediction:
    """Ocean above row 60 between columns 30 and 130; land beside it, ice below."""
    ocean = np.zeros(SHAPE, np.float32)
    ocean[:60, 30:130] = 1.0
    if berg:
        ocean[20:25, 60:65] = 0.0
        ocean[100:104, 5:9] = 1.0  # a pond on land
    blank = np.zeros(SHAPE, np.float32)
    return Prediction(
        edge=blank,
        ocean=ocean,
        land=blank,
        valid=np.ones(SHAPE, bool),
        grey=blank,
        origin=((step - 1) / 2, (step - 1) / 2),
        step=(step, step),
    )


def front(prediction: Prediction, row: float = FRONT_ROW) -> np.ndarray:
    """Across the fjord with the ocean (above) on its left: walking east."""
    cols = np.linspace(29.5, 129.5, 101)
    return prediction.to_subset(np.column_stack([np.full(101, row - 0.5), cols]))


@pytest.mark.parametrize("step", [1.0, 3.0])
def test_area_and_sides(step: float) -> None:
    prediction = fjord_prediction(step)
    ocean = polygon.ocean_polygon(prediction.ocean, prediction, [front(prediction)])
    assert ocean.geom_type == "Polygon"
    assert ocean.is_valid
    assert ocean.area == pytest.approx(60 * 100 * step**2, rel=0.01)
    above, below = prediction.to_subset(np.array([[50.0, 80.0], [70.0, 80.0]]))
    assert ocean.contains(Point(polygon.to_plane(above[None])[0]))
    assert not ocean.contains(Point(polygon.to_plane(below[None])[0]))


@pytest.mark.parametrize("shift", [-3.0, 0.0, 3.0])
def test_the_front_decides_beside_itself(shift: float) -> None:
    prediction = fjord_prediction()
    line = front(prediction, FRONT_ROW + shift)
    ocean = polygon.ocean_polygon(prediction.ocean, prediction, [line])
    on_outline = [ocean.boundary.distance(Point(point)) for point in polygon.to_plane(line[3:-3])]
    assert max(on_outline) < 1e-6


def test_bergs_are_filled_and_ponds_dropped() -> None:
    prediction = fjord_prediction(berg=True)
    ocean = polygon.ocean_polygon(prediction.ocean, prediction, [front(prediction)])
    assert ocean.geom_type == "Polygon"
    assert len(ocean.interiors) == 0


def test_without_a_front_all_large_ocean_is_returned() -> None:
    ocean = polygon.ocean_polygon(fjord_prediction().ocean, fjord_prediction(), [])
    assert ocean.area == pytest.approx(6000, rel=0.01)
    nothing = fjord_prediction()
    nothing.ocean[:] = 0
    assert polygon.ocean_polygon(nothing.ocean, nothing, []).is_empty


def test_a_fjord_mask_bounds_the_ocean() -> None:
    mask = np.zeros(SHAPE, bool)
    mask[:, 50:110] = True
    prediction = fjord_prediction()
    ocean = polygon.ocean_polygon(prediction.ocean * mask, prediction, [])
    assert ocean.area == pytest.approx(60 * 60, rel=0.02)


def test_coastline_parts() -> None:
    prediction = fjord_prediction()
    line = front(prediction)
    ocean = polygon.ocean_polygon(prediction.ocean, prediction, [line])
    parts = polygon.coastline(ocean, prediction, [line])
    calving = sum(LineString(rowcol).length for rowcol, flag in parts if flag)
    coast = sum(LineString(rowcol).length for rowcol, flag in parts if not flag)
    assert calving == pytest.approx(100, rel=0.03)
    # two walls of 60 pixels; the image's border at the top is no coast
    assert coast == pytest.approx(120, rel=0.05)
