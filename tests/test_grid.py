"""Grids and windows, against rasterio and arrays."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio import windows

from pycalfin import geo
from pycalfin.grid import Grid, Window

TRANSFORMS = {
    "north up": Affine(30.0, 0, 4e5, 0, -30.0, 7.9e6),
    "south up": Affine(30.0, 0, 4e5, 0, 30.0, 7.9e6),
    "rotated": Affine(26.0, 15.0, 4e5, 15.0, -26.0, 7.9e6),
}


def made(name: str, shape: tuple[int, int] = (40, 60)) -> Grid:
    return Grid(shape, TRANSFORMS[name], "EPSG:32622")


@pytest.mark.parametrize("name", TRANSFORMS)
@given(
    window=st.builds(Window, *[st.integers(0, 20)] * 2, *[st.integers(1, 20)] * 2),
    point=st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
)
def test_a_part_is_the_same_ground(name, window, point):
    whole = made(name)
    part = whole.part(window)
    inside = np.array([point])
    np.testing.assert_allclose(part.xy(inside), whole.xy(inside + window[:2]), atol=1e-6)
    theirs = windows.transform(
        windows.Window(window.col, window.row, window.width, window.height), whole.transform
    )
    assert part.transform.almost_equals(theirs, 1e-6)
    assert part.shape == np.empty(whole.shape)[window.slices].shape


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("crs", [None, "EPSG:3413", "EPSG:4326"])
def test_there_and_back(name, crs):
    grid = made(name)
    rowcol = np.array([[0.0, 0.0], [10.25, 3.5], [-4.0, 99.0]])
    np.testing.assert_allclose(grid.rowcol(grid.xy(rowcol, crs), crs), rowcol, atol=1e-4)


def test_what_a_grid_knows_of_the_ground():
    grid = made("north up")
    np.testing.assert_allclose(grid.centre, [[19.5, 29.5]])
    assert grid.spacing == geo.ground_spacing(grid.transform, grid.crs, grid.shape)
    assert 71 < grid.latitude < 72
    assert [made(name).mirrored for name in TRANSFORMS] == [False, True, False]
