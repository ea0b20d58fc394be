"""Outlines as they are drawn: what they enclose, and what is said of those that were mended."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import (
    GeometryCollection,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
    box,
)

from pycalfin.errors import DomainError, MissingCRSError
from pycalfin.geo import ground_area
from pycalfin.vectors.areas import areas, require_degrees
from pycalfin.vectors.rings import area_of, close_rings, shut

SQUARE = box(0, 0, 1000, 1000)
CORNERS = [(0, 0), (1000, 0), (1000, 1000), (0, 1000)]
LOOP = [(0, 0), (500, 0), (501, 8), (500.5, -8), (499, 6), (520, 0), *CORNERS[1:]]
HOLE = [(400, 400), (600, 400), (600, 600), (400, 600)]


def one(geometry, crs="EPSG:3413"):
    (area,) = areas("a.gpkg", [geometry], crs, DomainError, ["Bræ"])
    assert area.is_valid
    return area


def unbounded(word):
    with np.errstate(invalid="ignore"):
        return shapely.from_wkt(f"POLYGON ((0 0, {word} 1, 2 0, 0 0))")


def rings(shell, *holes):
    return Polygon(shell, holes)


@pytest.mark.parametrize(
    ("drawn", "area"),
    [
        (rings([(0, 0), (1000, 1000), (1000, 0), (0, 1000)]), 500_000),  # two equal lobes
        (rings([(0, 0), (1000, 1000), (1000, 0), (0, 500)]), 416_667),
        (rings(LOOP), 1_000_000),
        (rings([(0, 0), (500, 0), (490, 0), (510, 0), *CORNERS[1:]]), 1_000_000),  # spikes
        (rings([*CORNERS[:2], (2000, 0), (1000, 0), *CORNERS[2:]]), 1_000_000),
        (rings([*CORNERS, *CORNERS]), 1_000_000),  # wound twice
        (rings([*CORNERS, (0, 0), *CORNERS[::-1][:-1], (0, 0), *CORNERS]), 1_000_000),
        # a loop of the same direction that overlaps is no hole
        (rings([(0, 0), (1000, 0), (1000, 1000), (400, 1000), (400, 800), (600, 800),
                (600, 1000), (0, 1000)]), 1_000_000),
        (rings(CORNERS, [(2000, 0), (3000, 0), (3000, 1000)]), 1_000_000),  # hole outside
        (rings(CORNERS, [(500, 500), (1500, 500), (1500, 600), (500, 600)]), 950_000),
        (rings(CORNERS, [(0, 0), (500, 0), (500, 500), (0, 500)]), 750_000),  # touches along sides
        (rings(CORNERS, HOLE, HOLE), 960_000),
        (rings(CORNERS, HOLE, [(500, 500), (700, 500), (700, 700), (500, 700)]), 930_000),
        (rings(CORNERS, [(0, 500), (100, 400), (100, 600)], [(0, 500), (100, 610), (50, 700)]),
         None),
        # a hole by a bridge, as contour files have it
        (rings([*CORNERS, (0, 0), *HOLE[::-1], HOLE[-1], (0, 0)]), 960_000),
        (MultiPolygon([SQUARE, box(500, 0, 1500, 1000)]), 1_500_000),  # overlap
        (MultiPolygon([SQUARE, box(1000, 0, 2000, 1000)]), 2_000_000),  # share a side
        (MultiPolygon([SQUARE, box(400, 400, 600, 600)]), 1_000_000),  # nested
        (MultiPolygon([SQUARE, SQUARE]), 1_000_000),
        (MultiPolygon([rings(CORNERS, HOLE), box(450, 450, 550, 550)]), 970_000),
    ],
)  # fmt: skip
def test_outlines_are_mended(caplog, drawn, area):
    if drawn.is_valid:
        assert one(drawn) is drawn
        return
    mended = one(drawn)
    if area is not None:
        assert mended.area == pytest.approx(area, rel=1e-4)
    (message,) = caplog.messages
    assert message.startswith("a.gpkg: feature 1 (Bræ) is not a simple outline (")
    assert "km²" in message
    assert "than as drawn" in message


@pytest.mark.parametrize(
    "drawn",
    [
        SQUARE,
        SQUARE.reverse(),
        rings([(0, 0), *CORNERS, (0, 1000)]),  # points twice
        rings(CORNERS, [(0, 500), (100, 400), (100, 600)]),  # touches in a point
        rings(CORNERS, HOLE[::-1]),
        MultiPolygon([SQUARE, box(1000, 1000, 2000, 2000)]),
    ],
)
def test_sound_outlines_are_left_as_they_are(caplog, drawn):
    assert one(drawn) is drawn
    assert not caplog.messages


def test_the_change_is_that_of_the_ground(caplog):
    """Near the pole a map unit of EPSG:3413 is 1.03 m."""
    bow = Polygon([(9e4, 9e4), (190_000, 190_000), (190_000, 9e4), (9e4, 190_000)])
    mended = one(bow)
    ground = ground_area(mended, "EPSG:3413") / 1e6
    assert f"its area is {ground:.4g} km²" in caplog.text
    assert ground > 1.05 * mended.area / 1e6
    caplog.clear()
    one(bow, None)
    assert "5e+09 square pixels" in caplog.text


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        (None, "feature 2 is empty"),
        (Polygon(), "feature 2 is empty"),
        (Point(5, 5), "feature 2 is a Point, not a polygon"),
        (MultiPoint([(5, 5), (6, 6)]), "feature 2 is a MultiPoint, not a polygon"),
        (LineString([(0, 0), (5, 5)]), "feature 2 is a LineString.*7.07 map units apart; close it"),
        (LineString([(0, 0), (5, 5), (0, 0)]), "feature 2 is a LineString.*encloses nothing"),
        (MultiLineString([[(0, 0), (5, 5)]]), "feature 2 is a MultiLineString, not a polygon"),
        (LineString(CORNERS), "1e\\+03 map units apart"),
        (Polygon([(0, 0), (1, 1), (0, 0), (1, 1)]), "feature 2 has no area"),
        (Polygon([(0, 0), (1, 1), (2, 2)]), "feature 2 has no area"),
        (
            unbounded("nan"),
            "feature 2 has coordinates that are not finite",
        ),
        (
            unbounded("inf"),
            "feature 2 has coordinates that are not finite",
        ),
        (GeometryCollection([Point(0, 0), LineString([(0, 0), (1, 1)])]), "GeometryCollection"),
    ],
)
def test_features_without_an_area(caplog, geometry, message):
    assert areas("a.gpkg", [SQUARE, geometry], "EPSG:3413", DomainError) == [SQUARE, None]
    assert "left out, the other features are used" in caplog.text
    with pytest.raises(DomainError, match=message.replace("2 ", "1 ", 1)) as caught:
        areas("a.gpkg", [geometry], "EPSG:3413", DomainError)
    assert str(caught.value).endswith("repair or redraw it (QGIS: Fix geometries)")
    with pytest.raises(DomainError, match="exptool"):
        areas("a.exp", [geometry], "EPSG:3413", DomainError, what="contour")


@pytest.mark.parametrize("gap", [0.0, 0.001, 3.0])
def test_closed_lines_are_outlines(caplog, gap):
    line = LineString([*CORNERS, (0, gap)])
    for geometry in (line, MultiLineString([line]), GeometryCollection([line])):
        caplog.clear()
        assert one(geometry).area == pytest.approx(SQUARE.area, rel=2e-3)
        assert "is a closed line" in caplog.text
        assert ("map units apart" in caplog.text) is (gap > 0)


def test_collections(caplog):
    mixed = GeometryCollection(
        [SQUARE, Point(3, 4), GeometryCollection([box(2000, 0, 3000, 1000)])]
    )
    assert one(mixed).area == 2 * SQUARE.area
    assert "holds a Point besides polygons" in caplog.text


@pytest.mark.parametrize("bend", [0.0, 0.2])
def test_across_180_degrees(bend):
    """Rings that jump from 179 to -179 are joined; those that are split stay two parts."""
    ring = [(178, -78), (-179, -78), (-178 + bend, -77), (179.5, -76.5), (178, -77)]
    joined = one(Polygon(ring), "EPSG:4326")
    west, _, east, _ = joined.bounds
    assert 3 < east - west < 5
    hole = Polygon(ring, [[(-179.8, -77.5), (-179.5, -77.5), (-179.5, -77.4)]])
    assert one(hole, "EPSG:4326").area < joined.area
    split = MultiPolygon([box(178, -78, 180, -77), box(-180, -78, -178, -77)])
    assert one(split, "EPSG:4326").equals(split)
    world = box(-180, -90, 180, 90)
    assert one(world, "EPSG:4326").equals(world)


@pytest.mark.parametrize(
    ("geometry", "given", "expected"),
    [
        (box(-68, 77, -67, 78), None, "EPSG:4326"),
        (box(180, 77, 190, 78), None, "EPSG:4326"),
        (box(0, 0, 1000, 2000), "EPSG:3413", "EPSG:3413"),
        (box(0, 0, 1000, 2000), None, "not degrees.*--crs"),
        (box(0, 0, 1000, 2000), "EPSG:4326", "not degrees.*--crs"),
        (box(-70, 150, -69, 151), None, "a latitude of 151 degrees; longitude must come first"),
        (box(-70, -151, -69, -150), None, "a latitude of 151 degrees; longitude must come first"),
        (Polygon(), None, "EPSG:4326"),
        (None, None, "EPSG:4326"),
    ],
)
def test_degrees(tmp_path, geometry, given, expected):
    path = tmp_path / "a.geojson"
    if expected.startswith("EPSG"):
        assert require_degrees(path, [geometry], "EPSG:4326", given) == expected
    else:
        with pytest.raises(MissingCRSError, match=expected):
            require_degrees(path, [geometry], "EPSG:4326", given)


def test_rings_of_few_points():
    few = b"\x01\x03\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00" + np.arange(4.0).tobytes()
    assert close_rings(few) == (None, 0.0)
    assert close_rings(few[:20]) == (None, 0.0)
    assert close_rings(b"") == (None, 0.0)
    assert shut(np.array([[0.0, 0], [1, 1], [0, 0]])) is None


points = st.lists(
    st.tuples(st.integers(-20, 20), st.integers(-20, 20)), min_size=3, max_size=12, unique=True
)


@given(points)
def test_what_a_ring_winds_around_is_inside(ring):
    """Whatever the ring: the area is valid, within its hull, and odd crossings are inside."""
    drawn = Polygon(ring)
    area = area_of(drawn)
    assert area.is_valid
    assert area.is_empty or area.within(drawn.convex_hull.buffer(1e-6))
    if not drawn.is_valid:
        odd = shapely.make_valid(drawn)
        assert shapely.difference(odd, area.buffer(1e-6)).area == pytest.approx(0, abs=1e-6)


@given(points, st.integers(0, 11), st.booleans())
def test_where_a_ring_starts_and_runs_does_not_matter(ring, start, back):
    turned = ring[start % len(ring) :] + ring[: start % len(ring)]
    turned = turned[::-1] if back else turned
    one_way, other = area_of(Polygon(ring)), area_of(Polygon(turned))
    assert shapely.symmetric_difference(one_way, other).area == pytest.approx(0, abs=1e-6)
