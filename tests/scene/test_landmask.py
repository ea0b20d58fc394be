"""Where a scene is near a coast, by OpenStreetMap's land polygons."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from pycalfin.errors import MissingDependencyError
from pycalfin.grid import Grid
from pycalfin.scene import landmask
from pycalfin.scene.landmask import is_land, near_coast


def drawn_land(monkeypatch, polygon: shapely.Polygon) -> None:
    """Let a polygon in longitude and latitude be all the land there is."""
    monkeypatch.setattr(
        landmask, "is_land", lambda lonlat: shapely.contains_xy(polygon, lonlat[:, 0], lonlat[:, 1])
    )


def utm(rows: int, cols: int, metres: float) -> Grid:
    """A grid whose first pixel lies at 51 degrees west, 70 degrees north."""
    return Grid((rows, cols), Affine(metres, 0, 500_000, 0, -metres, 7_765_000), "EPSG:32622")


@settings(max_examples=15, deadline=None)
@given(st.integers(40, 300), st.integers(40, 300), st.sampled_from([60.0, 117.0, 700.0]))
def test_marks_what_is_within_reach_of_the_border(rows: int, cols: int, metres: float) -> None:
    """Land is what lies south of a parallel; distances are compared with those along meridians."""
    grid = utm(rows, cols, metres)
    border = float(grid.xy(np.array([[rows / 2, cols / 2]]), "EPSG:4326")[0, 1])
    with pytest.MonkeyPatch.context() as patch:
        drawn_land(patch, shapely.box(-180, -90, 180, border))
        near = near_coast(grid, reach=3000.0)
    places = np.stack(np.meshgrid(np.arange(rows), np.arange(cols), indexing="ij"), -1)
    latitude = grid.xy(places.reshape(-1, 2), "EPSG:4326")[:, 1].reshape(rows, cols)
    away = np.abs(latitude - border) * 111_600  # metres in a degree at 70 degrees north
    tolerance = 2 * max(landmask.SAMPLE, metres)
    assert near[away < 3000 - tolerance].all()
    assert not near[away > 3000 + tolerance].any()


def test_a_coast_beside_the_image_counts(monkeypatch) -> None:
    grid = utm(100, 100, 60.0)
    south = float(grid.xy(np.array([[99.0, 50.0]]), "EPSG:4326")[0, 1])
    drawn_land(monkeypatch, shapely.box(-180, -90, 180, south - 0.02))  # 2.2 km
    assert near_coast(grid, reach=10_000.0).all()
    assert not near_coast(grid, reach=1000.0).any()


@pytest.mark.parametrize("land", [shapely.box(-180, -90, 180, 90), shapely.Polygon()])
def test_nothing_is_near_where_all_is_the_same(monkeypatch, land) -> None:
    drawn_land(monkeypatch, land)
    assert not near_coast(utm(50, 50, 60.0)).any()


def test_without_the_package_the_error_names_the_extra(monkeypatch) -> None:
    monkeypatch.setattr(landmask, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match=r"pycalfin\[coast\].*search all of the scene"):
        landmask.require_landmask()


def test_land_and_ocean_of_the_real_world() -> None:
    pytest.importorskip("roaring_landmask")
    places = {
        "Greenland ice sheet": (-40.0, 72.0, True),
        "Baffin Bay": (-65.0, 73.0, False),
        "Ross Ice Shelf": (180.0, -81.0, True),
        "Weddell Sea": (-40.0, -70.0, False),
        "Baffin Bay, the other way round": (295.0, 73.0, False),
        "nowhere": (np.nan, 70.0, False),
        "beyond the pole": (0.0, 91.0, False),
    }
    lonlat = np.array([place[:2] for place in places.values()])
    found = dict(zip(places, is_land(lonlat).tolist(), strict=True))
    assert found == {name: place[2] for name, place in places.items()}
