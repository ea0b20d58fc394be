"""Level sets of one date: distances against every segment, sides against polygons known before."""

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay
from shapely.geometry import LineString, Polygon, box

from pycalfin.errors import CRSMismatchError, LevelSetError
from pycalfin.geo import reproject
from pycalfin.issm import levelset
from pycalfin.issm.distance import Segments, VertexTree
from pycalfin.records import Front

WIDTH, LENGTH = 3000.0, 8000.0
"""Half width and half length of a fjord, metres."""
NORTH = np.array([-300_000.0, -1_900_000.0])
SOUTH = np.array([-2_400_000.0, 1_200_000.0])


def moved(xy, turn=0.0, place=NORTH):
    """Turn a fjord (ice below, ocean above) and put it somewhere."""
    cos, sin = np.cos(turn), np.sin(turn)
    return np.asarray(xy, float) @ np.array([[cos, sin], [-sin, cos]]) + place


def wiggly(seed, count, bend=0.4):
    """Draw a front from wall to wall, with overhangs, never across itself."""
    random = np.random.default_rng(seed)
    x = np.sort(np.r_[-WIDTH, WIDTH, random.uniform(-WIDTH, WIDTH, count)])
    y = 4e3 * np.cumsum(random.normal(0, 0.5, len(x))) / np.sqrt(len(x))
    y = np.clip(y - y.mean(), -0.8 * LENGTH, 0.8 * LENGTH)
    x = x + bend * WIDTH * np.sin(y / 700) * (1 - (x / WIDTH) ** 2)
    return np.column_stack([x, y])


def ice_polygon(front):
    return Polygon([*front, (WIDTH, -LENGTH), (-WIDTH, -LENGTH)])


def ocean_polygon(front):
    return Polygon([*front, (WIDTH, LENGTH), (-WIDTH, LENGTH)])


def vertices(seed, count=300):
    return np.random.default_rng(seed).uniform([-WIDTH, -LENGTH], [WIDTH, LENGTH], (count, 2))


def brute(xy, *lines):
    """Measure by shapely, to all segments of all lines."""
    points = shapely.points(xy)
    return np.min([shapely.distance(points, LineString(line)) for line in lines], axis=0)


def of_fjord(line, **fields):
    return Front(xy=line, crs="EPSG:3413", date="2016-06-30", **fields)


def assert_sides(phi, xy, *, ocean, ice):
    """Compare signs with polygons; what lies within a micrometre of a border may be either."""
    points = shapely.points(xy)
    shapely.prepare([ocean, ice])
    inside = shapely.contains(ocean, points) & (np.abs(phi) > 1e-6)
    behind = shapely.contains(ice, points) & (np.abs(phi) > 1e-6)
    assert (phi[inside] > 0).all(), f"{(phi[inside] <= 0).sum()} of {inside.sum()} in the ocean"
    assert (phi[behind] < 0).all(), f"{(phi[behind] >= 0).sum()} of {behind.sum()} in the ice"


@settings(max_examples=1000)
@given(
    seed=st.integers(0, 10**9),
    count=st.integers(0, 60),
    bend=st.floats(0, 0.45),
    turn=st.floats(0, 6.28),
    south=st.booleans(),
    repeated=st.booleans(),
    known=st.sampled_from(["nothing", "fjord", "land", "ocean", "elements"]),
)
@pytest.mark.slow
def test_a_front_from_wall_to_wall(seed, count, bend, turn, south, repeated, known):
    front = wiggly(seed, count, bend)
    assume(LineString(front).is_simple and ice_polygon(front).is_valid)
    assume(ocean_polygon(front).is_valid)
    place = SOUTH if south else NORTH
    xy = np.concatenate([vertices(seed), front[:: max(1, len(front) // 9)]])
    line, mesh = moved(front, turn, place), moved(xy, turn, place)
    fjord = moved(shapely.get_coordinates(box(-WIDTH, -LENGTH, WIDTH, LENGTH)), turn, place)
    walls = [moved(shapely.get_coordinates(box(*b)), turn, place) for b in (
        (-9e3, -9e3, -WIDTH, 9e3), (WIDTH, -9e3, 9e3, 9e3))]  # fmt: skip
    ocean = Polygon(moved(ocean_polygon(front).exterior.coords, turn, place))
    options = {
        "nothing": {},
        "fjord": {"fjord": Polygon(fjord)},
        "land": {"land": shapely.MultiPolygon([Polygon(wall) for wall in walls])},
        "ocean": {"ocean": ocean},
        "elements": {"elements": Delaunay(mesh).simplices + 1},
    }[known]
    drawn = np.repeat(line, 2, axis=0) if repeated else line
    crs = "EPSG:3031" if south else "EPSG:3413"
    phi = levelset([Front(xy=drawn, crs=crs)], *mesh.T, crs=crs, **options)
    assert phi.shape == (len(mesh),)
    np.testing.assert_allclose(np.abs(phi), brute(mesh, line), rtol=0, atol=1e-6)
    assert (phi[300:] == 0).all()
    ice = Polygon(moved(ice_polygon(front).exterior.coords, turn, place))
    assert_sides(phi, mesh, ocean=ocean, ice=ice)


@settings(max_examples=200)
@given(
    seed=st.integers(0, 10**9),
    lines=st.lists(st.integers(2, 40), min_size=1, max_size=4),
    spread=st.floats(1e-3, 1e5),
    count=st.integers(1, 400),
)
def test_distances_to_any_lines_are_exact(seed, lines, spread, count):
    """Crossing, closed, far away, tiny: the distance is to the nearest segment of all."""
    random = np.random.default_rng(seed)
    drawn = [np.cumsum(random.normal(0, spread, (n, 2)), axis=0) + NORTH for n in lines]
    xy = random.normal(0, 2e3, (count, 2)) + NORTH
    tree = VertexTree(xy)
    found, number = tree.nearest(Segments.of(drawn))
    np.testing.assert_allclose(found, brute(xy, *drawn), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(found, tree.distance(Segments.of(drawn)))
    assert number.max() < sum(lines)


@settings(max_examples=200)
@given(
    seed=st.integers(0, 10**9),
    count=st.integers(3, 60),
    rock=st.booleans(),
    start=st.integers(0, 59),
)
def test_closed_fronts(seed, count, rock, start):
    """Detached ice has the ocean around it, a pool within."""
    random = np.random.default_rng(seed)
    angle = np.sort(random.uniform(0, 2 * np.pi, count))
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) * random.uniform(300, 2e3, (count, 1))
    ring = np.roll(ring, start % count, axis=0)
    ring = np.concatenate([ring, ring[:1]])
    inside = Polygon(ring)
    assume(inside.is_valid and inside.area > 1)
    xy = vertices(seed)
    phi = levelset([of_fjord(ring[::-1] if rock else ring)], *xy.T)
    np.testing.assert_allclose(np.abs(phi), brute(xy, ring), atol=1e-6)
    outside = box(-WIDTH, -LENGTH, WIDTH, LENGTH).difference(inside)
    ocean, ice = (outside, inside) if rock else (inside, outside)
    if shapely.LinearRing(ring).is_ccw:
        assert_sides(phi, xy, ocean=ocean, ice=ice)


@settings(max_examples=100)
@given(seed=st.integers(0, 10**9), step=st.floats(-6e3, 6e3), walls=st.booleans())
def test_glaciers_side_by_side_do_not_flip_each_other(seed, step, walls):
    """Two fjords, one front far inland of the other, one sea: a ridge stands between."""
    first, second = wiggly(seed, 20), wiggly(seed + 1, 20)
    assume(all(LineString(line).is_simple for line in (first, second)))
    assume(all(ice_polygon(line).is_valid for line in (first, second)))
    right = [3 * WIDTH, 0.0]
    first, second = first * [1, 0.25] + [0, step], second * [1, 0.25] + right
    sea = box(-WIDTH, LENGTH, 4 * WIDTH, LENGTH + 5e3)
    ice = [ice_polygon(first), shapely.transform(ice_polygon(second - right), lambda c: c + right)]
    ocean = [ocean_polygon(first)]
    ocean.append(shapely.transform(ocean_polygon(second - right), lambda c: c + right))
    assume(all(part.is_valid for part in (*ice, *ocean)))
    fjord = shapely.union_all([*ice, *ocean, sea])
    xy = np.concatenate([vertices(seed), vertices(seed) + right])
    fronts = [of_fjord(first, domain="A"), of_fjord(second, domain="B")]
    if walls:
        phi = levelset(fronts, *xy.T, fjord=fjord)
        everywhere = shapely.union_all(ocean), shapely.union_all(ice)
    else:
        phi = levelset(fronts, *xy.T)
        near = shapely.union_all([LineString(first), LineString(second)]).buffer(WIDTH / 2)
        everywhere = tuple(shapely.union_all(part).intersection(near) for part in (ocean, ice))
    np.testing.assert_allclose(np.abs(phi), brute(xy, first, second), atol=1e-6)
    assert_sides(phi, xy, ocean=everywhere[0], ice=everywhere[1])


GRID = np.stack(np.meshgrid(np.linspace(-2900, 2900, 30), np.linspace(-7900, 7900, 80)), -1)
GRID = GRID.reshape(-1, 2)
FJORD = box(-WIDTH, -LENGTH, WIDTH, LENGTH)


@pytest.mark.parametrize("shift", [-20_000, 20_000])
@pytest.mark.parametrize("given", [{}, {"fjord": FJORD}])
def test_a_front_outside_the_mesh(shift, given):
    phi = levelset([of_fjord([[-WIDTH, shift], [WIDTH, shift]])], *GRID.T, **given)
    assert (np.sign(phi) == -np.sign(shift)).all()


def test_a_front_that_ends_before_the_walls_is_extended_for_the_sign_only():
    line = [[-2500, 0], [0, 100], [2500, 0]]
    phi = levelset([of_fjord(line)], *GRID.T, fjord=FJORD)
    np.testing.assert_allclose(np.abs(phi), brute(GRID, line), atol=1e-6)
    assert (phi[GRID[:, 1] > 110] > 0).all()
    assert (phi[GRID[:, 1] < -10] < 0).all()


def test_land_stays_negative_and_zero_keeps_to_front_and_walls():
    mesh = np.stack(np.meshgrid(np.arange(-6e3, 6001, 250), np.arange(-7e3, 7001, 250)), -1)
    mesh = mesh.reshape(-1, 2) + 1.0
    line = np.array([[-2900, 0], [0, 700], [2900, 0]], float)
    land = shapely.MultiPolygon([box(-9e3, -9e3, -3e3, 9e3), box(3e3, -9e3, 9e3, 9e3)])
    water = Polygon([(-3e3, 0), *line, (3e3, 0), (3e3, 9e3), (-3e3, 9e3)])
    for known in ({"land": land}, {"fjord": FJORD}, {"ocean": water}):
        phi = levelset([of_fjord(line)], *mesh.T, **known)
        on_land = np.abs(mesh[:, 0]) > 3000
        assert (phi[on_land] < 0).all()
        for cell in Delaunay(mesh).simplices:
            values = phi[cell]
            if values.min() < 0 < values.max():
                centre = mesh[cell].mean(axis=0)
                to_wall = abs(abs(centre[0]) - 3000)
                to_front = shapely.distance(LineString(line), shapely.Point(centre))
                assert min(to_wall, to_front) < 360


def test_the_distance_is_to_the_front_not_to_an_ice_polygon():
    """Neither the glacier's sides nor the fjord's walls become zeros."""
    phi = levelset([of_fjord([[-WIDTH, 0], [WIDTH, 0]])], [-2999, 0], [-5000, -7999], fjord=FJORD)
    np.testing.assert_allclose(phi, [-5000, -7999])


def test_signed_distances_not_masks():
    phi = levelset([of_fjord([[-WIDTH, 0], [WIDTH, 0]])], *GRID.T)
    np.testing.assert_allclose(phi, GRID[:, 1], atol=1e-9)


def test_an_extension_does_not_enter_another_arm_of_a_bent_fjord():
    """A U of two arms: the front's straight continuation would cross the second one."""
    fjord = shapely.union_all([box(0, 0, 1e3, 9e3), box(0, 0, 6e3, 1e3), box(5e3, 0, 6e3, 9e3)])
    line = [[50, 5000], [950, 5000]]
    xy = np.array([[500, 8000], [500, 2000], [3000, 500], [5500, 3000], [5500, 8000]], float)
    phi = levelset([of_fjord(line)], *xy.T, fjord=fjord)
    assert np.sign(phi).tolist() == [1, -1, -1, -1, -1]


@pytest.mark.parametrize("depth", [1000, 5000])
def test_an_embayment(depth):
    """A U-shaped front: its bottom is far inland, its tips far at sea."""
    line = [[-WIDTH, 0], [-1000, 0], [-900, -depth], [900, -depth], [1000, 0], [WIDTH, 0]]
    phi = levelset([of_fjord(line)], *GRID.T)
    assert_sides(phi, GRID, ocean=ocean_polygon(line), ice=ice_polygon(line))


def test_the_side_at_a_sharp_vertex():
    """Nearest to the tip of a spike, both of its segments are equally near."""
    line = [[-WIDTH, 0], [-10, 0], [0, 4000], [10, 0], [WIDTH, 0]]
    phi = levelset([of_fjord(line)], [0, 5, 0], [4500, 5000, 3000])
    assert np.sign(phi).tolist() == [1, 1, -1]


def test_a_front_that_crosses_itself_keeps_the_sides_away_from_its_loop():
    loop = [[300, 0], [300, 300], [0, 300], [0, -300]]
    lead = [[x, 0] for x in range(-3000, 0, 300)]
    line = [*lead, *loop, *([x, -300] for x in range(300, 3001, 300))]
    phi = levelset([of_fjord(line)], *GRID.T)
    np.testing.assert_allclose(np.abs(phi), brute(GRID, line), atol=1e-6)
    assert (phi[GRID[:, 1] > 700] > 0).all()
    assert (phi[GRID[:, 1] < -700] < 0).all()


def test_a_front_in_pieces_is_one_front():
    pieces = [[[-WIDTH, 0], [-500, 300]], [[600, -200], [WIDTH, 100]]]
    phi = levelset([of_fjord(piece, number=k) for k, piece in enumerate(pieces)], *GRID.T)
    np.testing.assert_allclose(np.abs(phi), brute(GRID, *pieces), atol=1e-6)
    assert (phi[GRID[:, 1] > 310] > 0).all()
    assert (phi[GRID[:, 1] < -210] < 0).all()


def test_an_extension_that_meets_another_front_stops_there():
    long = [[-WIDTH, 0], [WIDTH, 0]]
    short = [[-200, -3000], [-100, -2000]]
    phi = levelset([of_fjord(long, domain="A"), of_fjord(short, domain="B")], *GRID.T)
    assert (phi[GRID[:, 1] > 10] > 0).all()


def test_detached_ice_before_a_front():
    berg = [[0, 2000], [0, 3000], [1000, 3000], [1000, 2000], [0, 2000]]
    front = [[-WIDTH, 0], [WIDTH, 0]]
    phi = levelset([of_fjord(front), of_fjord(berg, number=2)], [500, 500, 500], [2500, 5000, -100])
    assert np.sign(phi).tolist() == [-1, 1, -1]
    np.testing.assert_allclose(phi, [-500, 2000, -100])


def test_a_mesh_smaller_than_the_front_and_touched_at_its_corner():
    front = of_fjord([[-WIDTH, 0], [WIDTH, 0]])
    assert levelset([front], [0, 1, 0], [5, 9, 7]).tolist() == [5, 9, 7]
    assert levelset([front], [0, 1, 0], [0, 9, 7]).tolist() == [0, 9, 7]
    corner = levelset([front], [0, 1, 0], [0, 9, 7], elements=[[1, 2, 3]])
    assert corner.tolist() == [0, 9, 7]


def test_the_known_ocean_is_not_exactly_the_front():
    """A polygon a little off, before or behind it: the line decides beside the front."""
    line = wiggly(7, 40, 0.0)
    for shift in (-40.0, 40.0):
        ocean = shapely.transform(ocean_polygon(line), lambda c, s=shift: c + [0, s])
        phi = levelset([of_fjord(line)], *GRID.T, ocean=ocean.intersection(FJORD))
        well_inside = GRID[:, 1] < LENGTH - 200
        mesh = GRID[well_inside & (np.abs(GRID[:, 0]) < 2800)]
        phi = levelset([of_fjord(line)], *mesh.T, ocean=ocean.intersection(FJORD))
        points = shapely.points(mesh)
        wrong = shapely.contains(ocean_polygon(line), points) != (phi > 0)
        assert wrong.sum() <= 2


def test_water_that_no_front_touches_is_ocean_where_it_is_known():
    lake = box(5e3, 0, 6e3, 1e3)
    ocean = shapely.union_all([ocean_polygon([[-WIDTH, 0], [WIDTH, 0]]), lake])
    front = of_fjord([[-WIDTH, 0], [WIDTH, 0]])
    phi = levelset([front], [5500, 4000, 0, 0], [500, 500, 500, -500], ocean=ocean)
    assert np.sign(phi).tolist() == [1, -1, 1, -1]


@pytest.mark.parametrize("options", [{"ocean": Polygon()}, {"land": Polygon()}])
def test_empty_polygons_say_nothing(options):
    front = of_fjord([[-WIDTH, 0], [WIDTH, 0]])
    np.testing.assert_array_equal(levelset([front], *GRID.T, **options), levelset([front], *GRID.T))


@pytest.mark.parametrize(
    "line",
    [
        [[0, 0], [1e-3, 0]],
        [[-WIDTH, 0], [WIDTH, 0], [-WIDTH, 0]],
        [[0, 0], [1, 0], [0, 0]],
        [[-WIDTH, -4000], [-WIDTH, 0], [WIDTH, 0]],
        [[-WIDTH, 0], [2000, 0], [2000, 500], [1500, 500], [1500, 200]],
    ],
    ids=["tiny", "there and back", "closed without area", "along a wall", "hook"],
)
@pytest.mark.parametrize("options", [{}, {"fjord": FJORD}, {"ocean": FJORD}])
def test_strange_fronts_still_give_distances(line, options):
    phi = levelset([of_fjord(line)], *GRID.T, **options)
    np.testing.assert_allclose(np.abs(phi), brute(GRID, line), atol=1e-6)


@pytest.mark.parametrize("options", [{}, {"fjord": FJORD}])
def test_an_end_that_curls_back_does_not_flip_the_sea(options):
    line = [[-WIDTH, 0], [2000, 0], [2000, 500], [1500, 500], [1500, 200]]
    phi = levelset([of_fjord(line)], *GRID.T, **options)
    x, y = GRID.T
    assert (phi[y > 510] > 0).all()
    if options:
        assert (phi[(y < -10) & (x < 1500)] < 0).all()


def test_one_vertex_and_equal_vertices():
    front = of_fjord([[-WIDTH, 0], [WIDTH, 0]])
    assert levelset([front], 0, 5).tolist() == [5]
    assert levelset([front], np.zeros(99), np.full(99, -5)).tolist() == [-5] * 99


def test_of_two_scenes_of_a_day_the_more_confident_wins():
    good = of_fjord([[-WIDTH, 0], [WIDTH, 0]], scene="a", confidence=0.9, domain="A")
    bad = of_fjord([[-WIDTH, 900], [WIDTH, 900]], scene="b", confidence=0.5, domain="A")
    for fronts in ([good, bad], [bad, good]):
        assert levelset(fronts, [0.0], [500.0]).tolist() == [500.0]


def test_fronts_are_reprojected_to_the_mesh():
    line = moved(wiggly(3, 30))
    mesh = moved(vertices(3))
    there = reproject(mesh, "EPSG:3413", "EPSG:32622")
    phi = levelset([of_fjord(line)], *there.T, crs="EPSG:32622")
    target = reproject(line, "EPSG:3413", "EPSG:32622")
    np.testing.assert_allclose(np.abs(phi), brute(there, target), atol=1e-6)
    here = levelset([of_fjord(line)], *mesh.T)
    assert (np.sign(phi) == np.sign(here)).mean() > 0.999


@pytest.mark.parametrize(
    ("fronts", "mesh", "options", "error", "text"),
    [
        ([], GRID, {}, LevelSetError, "no fronts"),
        ([np.zeros((2, 2))], GRID, {}, LevelSetError, "ndarray is no front"),
        ([of_fjord([[1, 1], [1, 1]])], GRID, {}, LevelSetError, "fewer than two distinct"),
        ([of_fjord([[0, 0], [1, 1]])], GRID * np.nan, {}, LevelSetError, "vertex 1"),
        ([of_fjord([[0, 0], [1, 1]])], GRID[:0], {}, LevelSetError, "0 x and 0 y"),
        ([of_fjord([[0, 0], [1, 1]])], GRID, {"elements": [[0, 1, 9999]]}, LevelSetError, "9999"),
        ([of_fjord([[0, 0], [1, 1]])], GRID, {"elements": [0, 1]}, LevelSetError, "shape"),
        ([of_fjord([[0, 0], [1, 1]])], GRID, {"ocean": [FJORD] * 2}, LevelSetError, "2 geometries"),
        ([of_fjord([[0, 0], [1, 1]])], GRID, {"ocean": {"2": FJORD}}, LevelSetError, "'2'"),
        ([of_fjord([[0, 0], [1, 1]])], GRID, {"ocean": FJORD.boundary}, LevelSetError, "no area"),
        ([of_fjord([[0, 0], [1, 1]])], GRID, {"land": "x"}, LevelSetError, "land is a str"),
        ([of_fjord([[0, 0], [1, 1]])], GRID, {"crs": "EPSG:4326"}, CRSMismatchError, "degrees"),
        ([Front([[0, 0], [1, 1]])], GRID, {"crs": "EPSG:3413"}, CRSMismatchError, "no coordinate"),
        (
            [of_fjord([[0, 0], [1, 1]]), Front([[0, 0], [1, 1]], crs="EPSG:3031")],
            GRID, {}, CRSMismatchError, "EPSG:3413 and EPSG:3031",
        ),
        (
            [of_fjord([[0, 0], [1, 1]]), of_fjord([[0, 0], [1, 1]]).with_fields(date="2017-01-01")],
            GRID, {}, LevelSetError, "use spclevelset",
        ),
    ],
)  # fmt: skip
def test_bad_input_is_named(fronts, mesh, options, error, text):
    with pytest.raises(error, match=text):
        levelset(fronts, mesh[:, 0], mesh[:, 1], **options)


def test_nan_in_a_front_is_refused_where_it_is_made():
    with pytest.raises(ValueError, match="NaN"):
        of_fjord([[0, 0], [np.nan, 1]])


def mesh_where(place, step=250, width=9000):
    """Triangles of a square grid whose middles lie in a polygon: vertices, elements from 0."""
    steps = np.arange(0, width + 1, step)
    xy = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2).astype(float)
    triangles = Delaunay(xy).simplices
    triangles = triangles[shapely.contains_xy(place, xy[triangles].mean(axis=1))]
    used, numbers = np.unique(triangles, return_inverse=True)
    return xy[used], numbers.reshape(-1, 3)


@pytest.mark.parametrize("first", [0, 1])
def test_the_outline_of_a_bent_mesh_holds_the_extension(first):
    """A U: straight on beyond its eastern end the front would cut the other arm."""
    xy, elements = mesh_where(box(0, 0, 9e3, 9e3) - box(3e3, 3e3, 6e3, 9e3))
    front = of_fjord([[50, 6010], [2900, 6010]])
    phi = levelset([front], *xy.T, elements=elements + first)
    west = xy[:, 0] <= 3000
    np.testing.assert_array_equal(phi > 0, west & (xy[:, 1] > 6010))


@pytest.mark.parametrize(
    "lines",
    [
        [[[0, 4600], [2950, 4550]], [[6050, 4600], [9000, 4600]]],
        [[[0, 4600], [9000, 4600]]],
        [[[300, 4600], [2800, 4600]], [[6300, 4600], [8800, 4600]]],
    ],
    ids=["to the island's shores", "across the island", "short of all shores"],
)
@pytest.mark.parametrize("layers", [1, 3])
def test_a_mesh_around_an_island(lines, layers):
    """A hole in the mesh; also as an extruded mesh, whose vertices repeat x and y."""
    xy, elements = mesh_where(box(0, 0, 9e3, 9e3) - box(3e3, 3e3, 6e3, 6e3))
    fronts = [of_fjord(line, number=n) for n, line in enumerate(lines)]
    phi = levelset(fronts, *np.tile(xy.T, layers), elements=elements).reshape(layers, -1)
    np.testing.assert_array_equal(phi, phi[:1].repeat(layers, axis=0))
    clear = np.abs(xy[:, 1] - 4600) > 120
    np.testing.assert_array_equal((phi[0] > 0)[clear], (xy[:, 1] > 4600)[clear])
