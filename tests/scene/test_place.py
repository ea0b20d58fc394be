"""Names of places, stable and safe."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycalfin import geo
from pycalfin.files import safe_name
from pycalfin.scene.place import place_name

NAMES = [
    ((-67.57, 76.57), "76.56N_67.52W"),
    ((0.0, 0.0), "0.00N_0.00E"),
    ((-0.01, -0.01), "0.00N_0.00E"),
    ((179.99, 60.0), "60.00N_180.00W"),
    ((-179.99, 60.0), "60.00N_180.00W"),
    ((12.34, -75.0), "75.00S_12.32E"),
    ((292.43, 76.57), "76.56N_67.52W"),
]


@pytest.mark.parametrize(("lonlat", "name"), NAMES)
def test_names(lonlat, name) -> None:
    assert place_name(np.array([lonlat]), "EPSG:4326") == name
    assert safe_name(name) == name


@given(st.floats(-180, 180), st.floats(-89.9, 89.9))
def test_a_name_is_near_its_place(longitude: float, latitude: float) -> None:
    name = place_name(np.array([[longitude, latitude]]), geo.LONLAT)
    assert safe_name(name) == name
    north, east = name.split("_")
    point = [
        float(east[:-1]) * (1 if east[-1] == "E" else -1),
        float(north[:-1]) * (1 if north[-1] == "N" else -1),
    ]
    if abs(latitude) < 87:
        assert geo.ground_length(np.array([point, [longitude, latitude]]), geo.LONLAT) < 5000
