"""Fronts whose ends curl back, or stop short of the walls: the sides must be those of the rest."""

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon, box
from shapely.ops import substring

from pycalfin.issm import levelset
from pycalfin.issm.gaps import CONE
from pycalfin.records import Front
from tests.issm.test_levelset import ice_polygon, wiggly

WEST, EAST, LENGTH = -3000.0, 3000.0, 8000.0
FJORD = box(WEST, -LENGTH, EAST, LENGTH)


def signs(lines, xy, **known):
    """Level set of lines, checked to be the distance."""
    fronts = [Front(xy=line, crs="EPSG:3413", number=n) for n, line in enumerate(lines, start=1)]
    phi = levelset(fronts, *xy.T, **known)
    distance = shapely.distance(shapely.MultiLineString(lines), shapely.points(xy))
    np.testing.assert_allclose(np.abs(phi), distance, atol=1e-6)
    return phi


def assert_sides(phi, xy, ocean, ice):
    points = shapely.points(xy)
    shapely.prepare([ocean, ice])
    inside, behind = (shapely.contains_properly(area, points) for area in (ocean, ice))
    assert (phi[inside] > 0).all(), f"{(phi[inside] <= 0).sum()} of {inside.sum()} in the ocean"
    assert (phi[behind] < 0).all(), f"{(phi[behind] >= 0).sum()} of {behind.sum()} in the ice"


def trunk(random, west, east, count):
    """Draw a wiggly line from west to east; the ocean lies north of it."""
    x = np.sort(np.r_[west, east, random.uniform(west, east, count)])
    y = 1500 * np.cumsum(random.normal(0, 0.5, len(x))) / np.sqrt(len(x))
    return np.column_stack([x, np.clip(y - y[-1], -2000, 2000)])


def curl(random, start, size, turn, inwards):
    """Draw an arc, or a spiral, that turns away from the east by an angle, within its size."""
    angle = np.linspace(0, turn, random.integers(4, 25))[1:]
    radius = size / 2 * np.linspace(1, inwards, len(angle))
    arc = np.column_stack([np.sin(angle), 1 - np.cos(angle)])
    middle = np.array([0.0, size / 2])
    xy = middle + (arc * (size / 2) - middle) * (radius / (size / 2))[:, None]
    return start + xy * [1, random.choice([-1, 1])]


@settings(max_examples=150)
@given(
    seed=st.integers(0, 10**9),
    size=st.floats(100, 900),
    turn=st.floats(1.7, 9.0),
    inwards=st.floats(0.1, 0.95),
    both=st.booleans(),
    known=st.sampled_from(["nothing", "fjord"]),
    beside=st.sampled_from(["nothing", "glacier", "pieces"]),
)
def test_ends_that_curl_back_divide_nothing(seed, size, turn, inwards, both, known, beside):
    random = np.random.default_rng(seed)
    west, east = (-1800.0 if both else WEST), 1800.0
    line = trunk(random, west, east, random.integers(0, 30))
    parts = [line, curl(random, line[-1], size, turn, inwards)]
    if both:
        parts.insert(0, (curl(random, line[0] * [-1, 1], size, turn, inwards) * [-1, 1])[::-1])
    whole = np.concatenate(parts)
    assume(LineString(whole).is_simple)
    curls = shapely.union_all([LineString(part).convex_hull for part in parts if part is not line])
    span = (west + 1.1 * size if both else WEST), east - 1.1 * size
    ocean = Polygon([*line, (east, LENGTH), (west, LENGTH)])
    ice = Polygon([*line, (east, -LENGTH), (west, -LENGTH)])
    hidden = curls.buffer(10)
    strip = box(span[0], -LENGTH, span[1], LENGTH)
    xy = random.uniform([WEST, -LENGTH], [EAST, LENGTH], (300, 2))
    near = line[random.integers(0, len(line), 100)] + random.normal(0, 300, (100, 2))
    xy = np.concatenate([xy, near])
    lines = [whole]
    if beside == "glacier":
        lines.append(np.array([[60_000, 0], [63_000, 50]]))
    elif beside == "pieces" and len(line) > 6 and known == "fjord":
        cut = len(parts[0]) * both + len(line) // 2
        assume(np.hypot(*(whole[cut] - whole[cut - 1])) < 400)
        lines = [whole[:cut], whole[cut:]]
    phi = signs(lines, xy, **({"fjord": FJORD} if known == "fjord" else {}))
    at_sea = (ocean & strip) - hidden
    inside = shapely.covers(FJORD, shapely.points(xy))
    assert_sides(phi[inside], xy[inside], at_sea, (ice & strip) - hidden)


SHAPES = {
    "back to the west": [[2000, 0], [2000, 500], [1500, 500]],
    "down into its pocket": [[2000, 0], [2000, 500], [1500, 500], [1500, 200]],
    "a spiral": [[2000, 0], [2000, 800], [1200, 800], [1200, 200], [1800, 200], [1800, 600]],
    "far back": [[2000, 0], [2000, 500], [-1000, 500]],
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("mirrored", [1, -1])
@pytest.mark.parametrize("known", [{}, {"fjord": FJORD}], ids=["frame", "fjord"])
def test_shapes_of_curls(name, mirrored, known):
    line = np.array([[WEST, 0], *SHAPES[name]]) * [1, mirrored]
    x, y = (part.ravel() for part in np.meshgrid(np.linspace(-2900, 1100, 21), np.r_[-7e3:7e3:51j]))
    phi = signs([line], np.column_stack([x, y]), **known)
    clear = ~((y * mirrored >= 0) & (y * mirrored < 900))
    assert (np.sign(phi[clear]) == np.sign(y[clear])).all()


def test_a_tongue_that_is_wider_than_its_gate():
    """Both ends run towards each other below it; the ocean lies around it, the ice inland."""
    line = np.array([[-500, 0], [-2000, 3000], [2000, 3000], [500, 0]])
    xy = np.array([[0, 1500], [0, 10], [0, -900], [0, -3000], [-2500, 500], [2500, 500], [0, 4000]])
    assert np.sign(signs([line], xy)).tolist() == [-1, -1, -1, -1, 1, 1, 1]


@pytest.mark.parametrize("known", [{}, {"fjord": FJORD}], ids=["frame", "fjord"])
def test_a_front_seen_in_part_agrees_with_the_whole_front(known):
    """Cut from a front from wall to wall: what was nearest to the part keeps its side."""
    wrong = looked_at = in_cone = 0
    for seed in range(120):
        random = np.random.default_rng(seed)
        whole = wiggly(seed, random.integers(0, 60), random.uniform(0, 0.45))
        ocean = Polygon([*whole, (EAST, LENGTH), (WEST, LENGTH)])
        if not (LineString(whole).is_simple and ocean.is_valid and ice_polygon(whole).is_valid):
            continue
        first, last = random.choice([0, random.uniform(0, 0.25)]), random.uniform(0.75, 1)
        part = substring(LineString(whole), first, last, normalized=True)
        xy = random.uniform([WEST, -LENGTH], [EAST, LENGTH], (300, 2))
        points = shapely.points(xy)
        phi = signs([np.array(part.coords)], xy, **known)
        at = shapely.line_locate_point(LineString(whole), points, normalized=True)
        kept = (at > first + 1e-6) & (at < last - 1e-6)
        ends = shapely.points([part.coords[0], part.coords[-1]])
        to_end = shapely.distance(ends[:, None], points).min(axis=0)
        differs = (phi > 0) != shapely.contains(ocean, points)
        wrong += int((differs & kept).sum())
        in_cone += int((differs & kept & (np.abs(phi) <= CONE * to_end)).sum())
        looked_at += int(kept.sum())
    assert looked_at > 20_000
    # without walls an extension may run through a bay of the part that was seen
    assert wrong <= (1e-4 if known else 1e-3) * looked_at
    assert in_cone <= (0 if known else 3)
