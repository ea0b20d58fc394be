"""EPSG:3413 for coordinates without a reference system, or a refusal."""

import numpy as np
import pytest
import shapely

from pycalfin.errors import MissingCRSError
from pycalfin.geo import reproject
from pycalfin.vectors.assumed import assume_north

GREENLAND = {
    "Harald Moltke Bræ": (-67.6, 76.6),
    "southern tip": (-43.9, 59.8),
    "LeConte, Alaska": (-132.4, 56.8),
    "Severnaya Zemlya": (97.0, 79.3),
}
"""Longitude and latitude of glaciers that end in the sea."""
UTM = {
    "Greenland, zone 22": ("EPSG:32622", -51.0, 70.0),
    "farthest north, zone 24": ("EPSG:32624", -39.0, 83.5),
    "Alaska, zone 8": ("EPSG:32608", -132.4, 56.8),
    "Svalbard, zone 33": ("EPSG:32633", 15.0, 78.0),
}


def box(centre, crs, metres=2000.0):
    xy = reproject(np.array([centre]), "EPSG:4326", crs)[0]
    return shapely.get_coordinates(shapely.box(*(xy - metres), *(xy + metres)))


@pytest.mark.parametrize("place", GREENLAND)
def test_the_assumption_is_said_with_the_place(place, caplog):
    longitude, latitude = GREENLAND[place]
    assert assume_north("box.exp", box((longitude, latitude), "EPSG:3413")) == "EPSG:3413"
    (sentence,) = caplog.messages
    where = f"{latitude:.1f} N {abs(longitude):.1f} {'E' if longitude > 0 else 'W'}"
    assert (
        f"box.exp: no coordinate reference system, assumed EPSG:3413, where it lies at {where}"
        in (sentence)
    )
    assert sentence.endswith("pass --crs EPSG:n")


@pytest.mark.parametrize("zone", UTM)
def test_northings_of_utm_are_refused(zone, caplog):
    crs, *centre = UTM[zone]
    with pytest.raises(MissingCRSError, match=r"box.exp: .* too far south; pass --crs EPSG:n"):
        assume_north("box.exp", box(centre, crs))
    assert not caplog.messages


@pytest.mark.parametrize("degrees", [(-67.6, 76.6), (-60.0, -65.0), (292.4, 76.6)])
def test_degrees_are_refused(degrees):
    ring = shapely.get_coordinates(shapely.Point(degrees).buffer(0.2))
    with pytest.raises(MissingCRSError, match=r"longitude and latitude: EPSG:4326"):
        assume_north("box.exp", ring)


def test_other_cures_and_nothing_at_all():
    with pytest.raises(MissingCRSError, match=r"set md\.mesh\.epsg"):
        assume_north("the mesh", np.array([[5e5, 8e6]]), "set md.mesh.epsg")
    assert assume_north("the mesh", np.full((2, 2), np.nan)) == "EPSG:3413"
