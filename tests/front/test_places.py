"""From maps of a scene to windows: what is worth one, how large, and under which name."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from pycalfin.front.places import LEAST_SIDE, MOST_EXTENT, ROOM, find_places
from pycalfin.front.scene_maps import SceneMaps
from pycalfin.records import Domain
from pycalfin.scene.glaciers import Glacier
from pycalfin.scene.place import place_name
from tests.front.drawn_scenes import drawn_scene

CELL = 60.0
SIDE = 1000
FIRST = (-142_310, 5_758)


def maps(
    *lines: tuple[slice, slice], strength: float = 0.9, water: float = 1.0, pad: int = 0
) -> SceneMaps:
    """Make maps with straight edges, water all over, and a frame of padding."""
    edge = np.zeros((SIDE, SIDE), np.float32)
    for rows, cols in lines:
        edge[rows, cols] = strength
    edge = np.pad(edge, pad)
    ocean = np.full(edge.shape, water, np.float32)
    reduced = drawn_scene(np.ones(edge.shape), (FIRST[0] - pad, FIRST[1] - pad), CELL)
    return SceneMaps(edge, ocean, 1 - ocean, reduced)


def line(row: int, col: int, length: int) -> tuple[slice, slice]:
    return slice(row, row + length), slice(col, col + 2)


def sides(place: Domain) -> tuple[float, float]:
    west, south, east, north = place.polygon.bounds
    return east - west, north - south


def centre(place: Domain) -> np.ndarray:
    return np.array(place.polygon.centroid.coords)


def test_a_front_has_a_window_with_room_around_it() -> None:
    (place,) = find_places(maps(line(500, 500, 120)))
    assert place.name == place_name(centre(place), place.crs)
    assert place.crs == "EPSG:32620"
    assert sides(place) == pytest.approx((ROOM * 120 * CELL,) * 2, rel=0.01)
    (small,) = find_places(maps(line(500, 500, 20)))
    assert sides(small) == pytest.approx((LEAST_SIDE,) * 2, rel=0.01)


@pytest.mark.parametrize(
    "given",
    [
        maps(line(500, 500, 6)),
        maps(line(500, 500, 100), strength=0.2),
        maps(line(500, 500, 100), water=0.1),
        maps(),
    ],
    ids=["short", "weak", "no water", "nothing"],
)
def test_what_is_no_front_has_no_window(given) -> None:
    assert find_places(given) == []


def test_pieces_of_a_front_share_a_window() -> None:
    (place,) = find_places(maps(line(500, 500, 50), line(560, 505, 50), line(620, 500, 30)))
    assert max(sides(place)) == pytest.approx(ROOM * 150 * CELL, rel=0.01)


def test_a_chain_of_fronts_makes_no_giant_window() -> None:
    chain = [line(start, 500, 60) for start in range(20, 960, 80)]
    places = find_places(maps(*chain))
    assert len(places) >= 3
    for place in places:
        assert max(sides(place)) <= ROOM * MOST_EXTENT + 1
    _all_seen(places, chain)


def test_a_long_front_is_cut() -> None:
    lines = [line(10, 500, 980)]
    places = find_places(maps(*lines))
    assert len(places) >= 3
    for place in places:
        assert max(sides(place)) <= ROOM * MOST_EXTENT + 1
    _all_seen(places, lines)


def _all_seen(places: list[Domain], lines: list[tuple[slice, slice]]) -> None:
    area = shapely.union_all([place.polygon for place in places])
    grid = maps().reduced.grid
    for rows, cols in lines:
        ends = np.array([[rows.start, cols.start], [rows.stop - 1, cols.stop - 1]], float)
        assert shapely.LineString(grid.xy(ends)).within(area)


@pytest.mark.parametrize("pad", [2, 96, 500])
def test_padding_changes_nothing(pad) -> None:
    lines = [line(200, 200, 100), line(210, 700, 40), line(500, 400, 300), line(550, 520, 60)]
    before, after = find_places(maps(*lines)), find_places(maps(*lines, pad=pad))
    assert [item.name for item in before] == [item.name for item in after]
    for one, other in zip(before, after, strict=True):
        assert shapely.equals_exact(one.polygon.normalize(), other.polygon.normalize(), 1e-6)


def test_a_window_ends_where_the_image_does() -> None:
    (place,) = find_places(maps(line(0, 0, 100)))
    image = shapely.box(*_bounds())
    assert place.polygon.within(image.buffer(1e-6))


def _bounds() -> tuple[float, float, float, float]:
    grid = maps().reduced.grid
    corners = grid.xy(np.array([[-0.5, -0.5], [SIDE - 0.5, SIDE - 0.5]]))
    (west, north), (east, south) = corners.tolist()
    return west, south, east, north


def test_a_window_ends_where_the_data_do() -> None:
    given = maps(line(500, 500, 60))
    given.reduced.pixels[:, :480] = np.nan
    (place,) = find_places(given)
    west = given.reduced.grid.xy(np.array([[0.0, 479.5]]))[0, 0]
    assert place.polygon.bounds[0] == pytest.approx(west)


def test_places_of_one_name_are_numbered(monkeypatch) -> None:
    monkeypatch.setattr("pycalfin.front.places.place_name", lambda *_: "76.56N_67.52W")
    names = [place.name for place in find_places(maps(line(100, 100, 50), line(800, 800, 50)))]
    assert sorted(names) == ["76.56N_67.52W", "76.56N_67.52W_2"]


def test_places_are_named_by_the_glaciers_in_them() -> None:
    """The one nearest to the centre counts; a place without one keeps its name."""
    scene = maps(line(200, 200, 60), line(800, 800, 60), line(200, 850, 60))
    plain = find_places(scene)
    assert len(plain) == 3
    first, second, third = (item.polygon.centroid for item in plain)
    glaciers = [
        Glacier("Far", shapely.Point(first.x + 2000, first.y), "EPSG:32620", {"GlacierID": 1}),
        Glacier("Near", shapely.Point(first.x + 500, first.y), "EPSG:32620", {"GlacierID": 2}),
        Glacier("Line", shapely.LineString([(0, 0), second.coords[0]]), "EPSG:32620"),
        Glacier("Elsewhere", shapely.Point(first.x + 900_000, first.y), "EPSG:32620"),
    ]
    named = find_places(scene, glaciers)
    by_centre = {item.polygon.centroid.coords[0]: item for item in named}
    assert by_centre[first.coords[0]].name == "Near"
    assert by_centre[first.coords[0]].attributes == {"GlacierID": 2}
    assert by_centre[second.coords[0]].name == "Line"
    assert by_centre[third.coords[0]].name == plain[2].name
    assert [item.name for item in named] == sorted(item.name for item in named)


def test_two_places_of_one_glacier_are_numbered() -> None:
    scene = maps(line(200, 200, 60), line(800, 800, 60))
    everywhere = shapely.box(-1e7, -1e7, 1e8, 1e8)
    named = find_places(scene, [Glacier("Ice", everywhere, "EPSG:32620")])
    assert [item.name for item in named] == ["Ice", "Ice_2"]
