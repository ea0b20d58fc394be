"""Properties of the one place where coordinates change."""

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Geod

from pycalfin import geo
from pycalfin.errors import CRSMismatchError, SettingsError

GEOD = Geod(ellps="WGS84")
NORTH, SOUTH = "EPSG:3413", "EPSG:3031"

numbers = st.floats(-1e6, 1e6, allow_nan=False)
scales = st.floats(0.001, 1000).flatmap(lambda value: st.sampled_from([value, -value]))


@st.composite
def affines(draw):
    """Any affine that is not degenerate."""
    a, e = draw(scales), draw(scales)
    b, d = (draw(st.floats(-0.9, 0.9)) * min(abs(a), abs(e)) for _ in range(2))
    affine = Affine(a, b, draw(numbers), d, e, draw(numbers))
    assume(abs(affine.determinant) > 0.05 * abs(a * e))
    return affine


points = st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=1, max_size=9)


@given(affines(), points)
def test_pixel_and_map_are_inverse(transform, rowcol):
    rowcol = np.array(rowcol)
    xy = geo.pixel_to_map(rowcol, transform)
    precision = 1e-9 * abs(xy).max() / min(abs(transform.a), abs(transform.e))
    np.testing.assert_allclose(geo.map_to_pixel(xy, transform), rowcol, atol=precision + 1e-6)


def test_the_half_pixel():
    transform = Affine(30.0, 0.0, 1000.0, 0.0, -20.0, 5000.0)
    np.testing.assert_array_equal(
        geo.pixel_to_map(np.array([[0.0, 0.0], [2.0, 1.0]]), transform),
        [[1015.0, 4990.0], [1045.0, 4950.0]],
    )
    corner = geo.map_to_pixel(np.array([[1000.0, 5000.0]]), transform)
    np.testing.assert_array_equal(corner, [[-0.5, -0.5]])


@given(affines(), st.integers(0, 5000), st.integers(0, 5000))
def test_pixel_centres_are_those_of_rasterio(transform, row, col):
    from rasterio.transform import xy

    x, y = geo.pixel_to_map(np.array([[row, col]]), transform)[0]
    expected = xy(transform, [row], [col])
    np.testing.assert_allclose([x, y], np.ravel(expected), rtol=1e-12, atol=1e-6)


@given(st.floats(-180, 180), st.floats(60, 89.9), st.sampled_from(["north", "south"]))
def test_reprojection_there_and_back(longitude, latitude, pole):
    crs = NORTH if pole == "north" else SOUTH
    lonlat = np.array([[longitude, latitude if pole == "north" else -latitude]])
    xy = geo.reproject(lonlat, "EPSG:4326", crs)
    back = geo.reproject(xy, crs, "EPSG:4326")
    assert GEOD.inv(*lonlat[0], *back[0])[2] < 1e-3


def test_longitude_comes_first_whatever_the_crs_says():
    (x, y), = geo.reproject(np.array([[-45.0, 70.0]]), "EPSG:4326", NORTH)  # fmt: skip
    assert abs(x) < 1e-6
    assert y == pytest.approx(-2_187_000, rel=0.001)


@pytest.mark.parametrize("latitude", [60.0, 77.0, 82.0, -66.0, -80.0])
@pytest.mark.parametrize("azimuth", [0.0, 45.0, 90.0, 200.0])
@pytest.mark.parametrize("projection", ["polar", "UTM", "degrees"])
def test_ground_lengths_are_those_of_geodesics(latitude, azimuth, projection):
    """10 km walked on the ellipsoid are 10 km, whatever the map says."""
    start = (-45.5, latitude)
    zone = 23
    crs = {
        "polar": NORTH if latitude > 0 else SOUTH,
        "UTM": f"EPSG:{32600 + zone if latitude > 0 else 32700 + zone}",
        "degrees": "EPSG:4326",
    }[projection]
    steps = [GEOD.fwd(*start, azimuth, metres)[:2] for metres in np.linspace(0, 10_000, 21)]
    xy = geo.reproject(np.array(steps), "EPSG:4326", crs)
    assert geo.ground_length(xy, crs) == pytest.approx(10_000, abs=0.1)
    middle = xy[10:11]
    if projection != "degrees":
        walked = np.hypot(*np.diff(xy, axis=0).T).sum()
        assert walked * geo.ground_scale(middle, crs)[0] == pytest.approx(10_000, rel=1e-3)


@pytest.mark.parametrize(
    ("latitude", "scale"), [(60.0, 1.0390), (70.0, 1.0), (77.0, 0.9825), (82.0, 0.9747)]
)
def test_map_lengths_are_not_ground_lengths(latitude, scale):
    """EPSG:3413 is true at 70 N only; its scale factor at 77 N is 0.983."""
    x, y = geo.reproject(np.array([[-45.0, latitude]]), "EPSG:4326", NORTH)[0]
    line = np.array([[x - 500, y], [x + 500, y]])
    assert 1000 / geo.ground_length(line, NORTH) == pytest.approx(scale, abs=2e-3)


@pytest.mark.parametrize("latitude", [60.0, 77.0, 82.0, -75.0])
def test_ground_area_against_the_ellipsoid(latitude):
    crs = NORTH if latitude > 0 else SOUTH
    ring = [GEOD.fwd(-45, latitude, azimuth, 5000)[:2] for azimuth in range(0, 360, 2)]
    xy = geo.reproject(np.array(ring), "EPSG:4326", crs)
    area = geo.ground_area(shapely.Polygon(xy), crs)
    assert area == pytest.approx(np.pi * 5000**2, rel=1e-3)
    holed = shapely.Polygon(xy, [xy.mean(axis=0) + 0.5 * (xy - xy.mean(axis=0))])
    assert geo.ground_area(holed, crs) == pytest.approx(0.75 * area, rel=1e-3)
    both = shapely.MultiPolygon([holed, shapely.Polygon(xy + 50_000)])
    assert geo.ground_area(both, crs) > 1.6 * area
    assert geo.ground_area(shapely.Polygon(), crs) == 0


def test_without_a_crs_everything_is_pixels():
    square = shapely.box(0, 0, 3, 4)
    assert geo.ground_area(square, None) == 12
    assert geo.ground_length(np.array([[0, 0], [3, 4]]), None) == 5
    assert geo.ground_spacing(Affine(2, 0, 0, 0, -3, 0), None, (10, 10)) == (3, 2)


@pytest.mark.parametrize("latitude", [60.0, 77.0, 82.0])
def test_spacing_of_a_grid_in_degrees(latitude):
    transform = Affine(0.002, 0, -50.0, 0, -0.0005, latitude)
    rows, cols = geo.ground_spacing(transform, "EPSG:4326", (100, 100))
    at = latitude - 0.025
    assert rows == pytest.approx(GEOD.inv(0, at - 0.00025, 0, at + 0.00025)[2], rel=1e-4)
    assert cols == pytest.approx(GEOD.inv(0, at, 0.002, at)[2], rel=1e-4)


def test_spacing_of_a_rotated_grid_is_that_of_the_unrotated():
    turn = np.radians(33)
    turned = Affine(
        30 * np.cos(turn), 30 * np.sin(turn), 0, 30 * np.sin(turn), -30 * np.cos(turn), -2.1e6
    )
    rows, cols = geo.ground_spacing(turned, NORTH, (100, 100))
    scale = geo.ground_scale(geo.pixel_to_map(np.array([[49.5, 49.5]]), turned), NORTH)[0]
    assert rows == pytest.approx(30 * scale, rel=1e-3)
    assert cols == pytest.approx(30 * scale, rel=1e-3)


@given(st.floats(-2e6, 2e6), st.floats(-2e6, 2e6), st.floats(1, 1e5), st.integers(1, 99))
def test_densify_changes_no_area(x, y, side, parts):
    square = shapely.box(x, y, x + side, y + side / 3)
    dense = geo.densify(square, parts)
    assert dense.area == pytest.approx(square.area, rel=1e-4)
    lengths = np.hypot(*np.diff(shapely.get_coordinates(dense), axis=0).T)
    assert lengths.max() <= side / parts * 1.001 + 1e-6


def test_densified_sides_follow_the_curve():
    square = shapely.box(-70, 60, -20, 80)
    coarse = geo.reproject_geometry(square, "EPSG:4326", NORTH)
    fine = geo.reproject_geometry(geo.densify(square), "EPSG:4326", NORTH)
    finest = geo.reproject_geometry(geo.densify(square, 1000), "EPSG:4326", NORTH)
    assert abs(fine.area - finest.area) < abs(coarse.area - finest.area) / 100


def test_names_of_reference_systems():
    from pyproj import CRS

    assert geo.crs_name("epsg:3413") == NORTH
    assert geo.crs_name(CRS.from_epsg(32620).to_wkt()) == "EPSG:32620"
    custom = "+proj=stere +lat_0=90 +lat_ts=71.5 +lon_0=-40 +datum=WGS84"
    assert geo.crs_name(custom) == custom
    assert geo.same_crs(NORTH, CRS.from_epsg(3413).to_wkt())
    assert not geo.same_crs(NORTH, SOUTH)
    with pytest.raises(SettingsError, match="like EPSG:3413"):
        geo.parse_crs("EPSG:nothing")


@pytest.mark.parametrize(
    ("crs", "message"),
    [
        ("EPSG:nothing", "not a coordinate"),
        ("EPSG:5714", "Vertical CRS"),
        ("EPSG:4978", "Geocentric CRS"),
        ("EPSG:4979", "Geographic 3D CRS"),
        ('LOCAL_CS["site",UNIT["metre",1]]', "Engineering CRS"),
        ("+proj=stere +lat_0=90 +a=3396190 +b=3376200", "no known place on the Earth"),
    ],
)
def test_not_every_reference_system_is_that_of_a_map(crs, message):
    with pytest.raises(SettingsError, match=message) as caught:
        geo.require_map_crs(crs)
    assert crs in str(caught.value)
    assert str(caught.value).endswith("like EPSG:3413")


@pytest.mark.parametrize("crs", [NORTH, SOUTH, geo.LONLAT, "+proj=longlat +ellps=bessel"])
def test_maps_have_reference_systems(crs):
    geo.require_map_crs(crs)


def test_geometries_of_two_systems_do_not_meet():
    geo.require_same_crs(None, None, "fronts")
    geo.require_same_crs(NORTH, NORTH, "fronts")
    for other in (SOUTH, None):
        with pytest.raises(CRSMismatchError, match=r"mesh: EPSG:3413 and .*different"):
            geo.require_same_crs(NORTH, other, "mesh")


def test_hemispheres():
    assert geo.polar_crs(70) == NORTH
    assert geo.polar_crs(-70) == SOUTH
    assert geo.latitude_of(np.array([[0.0, 0.0]]), SOUTH) == pytest.approx(-90)
    xy = geo.reproject(np.array([[-68.0, 77.0]]), "EPSG:4326", "EPSG:32620")
    assert geo.latitude_of(xy, "EPSG:32620") == pytest.approx(77.0)
