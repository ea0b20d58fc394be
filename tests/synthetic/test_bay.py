import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, spatial

from pycalfin.synthetic import appearance, bay, painting
from pycalfin.synthetic.appearance import ICE, LAND, OCEAN

SIDE = 120
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=8, deadline=None)


def rows_and_cols(ground):
    half = (ground.shape[0] - 1) / 2
    return [np.column_stack([half - front[:, 1], front[:, 0] + half]) for front in ground.fronts]


def sampled(field, rowcol):
    return ndimage.map_coordinates(field, rowcol.T, order=1, mode="nearest")


def beside(zones, one, other):
    """Pixels of `one` that touch `other`, away from the image's border."""
    inner = np.zeros(zones.shape, bool)
    inner[4:-4, 4:-4] = True
    return np.argwhere((zones == one) & ndimage.binary_dilation(zones == other) & inner)


@some
@given(seeds)
def test_a_pixel_is_shared_by_land_ice_and_water(seed):
    ground = bay.random_bay(np.random.default_rng(seed), SIDE)
    shares = np.stack([ground.land, ground.ice, ground.water])
    assert shares.min() >= 0
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    assert ground.shape == (SIDE, SIDE)
    assert all(np.isfinite(part).all() for part in (ground.s, ground.t, ground.height))


@some
@given(seeds)
def test_fronts_are_the_border_of_ocean_and_ice_and_nothing_else(seed):
    ground = bay.random_bay(np.random.default_rng(seed), SIDE)
    zones = appearance.zones(ground)
    fronts = rows_and_cols(ground)
    border = beside(zones, ICE, OCEAN)
    if not fronts:
        assert len(border) < bay.SHORTEST_FRONT
        return
    places = spatial.cKDTree(np.concatenate(fronts))
    # vertices: water and ice are both within two pixels
    for zone in (ICE, OCEAN):
        away, _ = spatial.cKDTree(np.argwhere(zones == zone)).query(places.data)
        assert away.max() < 2.5
    # and in the middle between them, to a fraction of a pixel
    assert np.median(np.abs(sampled(ground.upstream, places.data))) < 0.1
    # border: no stretch of it is without a front, but for short pieces
    missed = np.zeros(zones.shape, bool)
    missed[tuple(border[places.query(border)[0] > 2.5].T)] = True
    pieces, count = ndimage.label(missed, np.ones((3, 3)))
    assert count == 0 or np.bincount(pieces.ravel())[1:].max() <= bay.SHORTEST_FRONT


@some
@given(seeds)
def test_distances_have_the_right_side_and_length(seed):
    ground = bay.random_bay(np.random.default_rng(seed), SIDE)
    zones = appearance.zones(ground)
    assert (ground.upstream[zones == OCEAN] <= 0).all()
    assert (ground.upstream[zones == ICE] >= 0).all()
    assert (ground.inland[ground.land == 1] >= 0).all()
    assert (ground.inland[ground.land == 0] <= 0).all()
    ocean = np.argwhere(zones == OCEAN)
    between, _ = spatial.cKDTree(ocean).query(np.argwhere(zones == ICE))
    np.testing.assert_allclose(ground.upstream[zones == ICE], between - 0.5, atol=0.9)


@some
@given(seeds)
def test_the_ocean_lies_on_the_left_and_cliffs_face_it(seed):
    ground = bay.random_bay(np.random.default_rng(seed), SIDE)
    for front in rows_and_cols(ground):
        if len(front) < 12:
            continue
        down, right = np.gradient(ndimage.gaussian_filter1d(front, 2.0, axis=0), axis=0).T
        # x to the right and y up: left of (right, -down) is (down, right), in rows -right
        left = np.column_stack([-right, down])
        left /= np.maximum(np.hypot(*left.T), 1e-9)[:, np.newaxis]
        sides = [sampled(ground.upstream, front + step * left) for step in (2.0, -2.0)]
        assert np.median(sides[0] - sides[1]) < 0
        seaward = np.column_stack([sampled(part, front) for part in ground.seaward])
        assert np.median(np.sum(seaward * left, axis=1)) > 0


def test_ice_flows_to_the_ocean():
    """Half of the grid is ocean: along the flow it comes nearer, whatever the grid's side."""
    for turn in range(4):
        ocean = np.rot90(np.indices((160, 160))[0] < 80, turn)
        turned = [
            _rise(bay._ground(np.random.default_rng(seed), ocean, np.zeros_like(ocean), 80))
            for seed in range(8)
        ]
        assert min(turned) > -0.2
        assert np.mean(turned) > 0.7


def _rise(ground):
    """How much the flow and the way to the ocean agree, -1 to 1."""
    flow, way = (np.stack(np.gradient(field)) for field in (ground.s, -ground.upstream))
    cosine = np.sum(flow * way, axis=0) / (np.hypot(*flow) * np.hypot(*way))
    return cosine[10:-10, 10:-10].mean()


@some
@given(seeds)
def test_no_crumbs_are_left(seed):
    rng = np.random.default_rng(seed)
    rough = ndimage.gaussian_filter(rng.standard_normal((2, 160, 160)), (0, 4, 4))
    ocean, land = bay._tidy(rough[0] > 0, rough[1] > 0)
    assert not (ocean & land).any()
    for zone, least in (
        (ocean, bay.SMALLEST_WATER),
        (land, bay.SMALLEST_LAND),
        (~ocean & ~land, bay.SMALLEST_ICE),
    ):
        pieces, count = ndimage.label(zone)
        sizes = np.bincount(pieces.ravel())[1:]
        assert count == 0 or sizes.min() >= least * bay.FINER**2


def test_the_same_numbers_give_the_same_bay():
    one, other = (bay.random_bay(np.random.default_rng(5), SIDE) for _ in range(2))
    np.testing.assert_array_equal(one.water, other.water)
    np.testing.assert_array_equal(one.s, other.s)


def test_bays_are_of_many_kinds():
    grounds = [bay.random_bay(np.random.default_rng(seed), SIDE) for seed in range(24)]
    counts = [len(ground.fronts) for ground in grounds]
    assert max(counts) > 2
    bare = [ground.land.mean() for ground in grounds]
    assert min(bare) == 0
    assert max(bare) > 0.3
    shares = [ground.water.mean() for ground in grounds]
    assert np.mean([0.05 < share < 0.8 for share in shares]) > 0.9


@pytest.mark.parametrize("blunt", [True, False])
def test_an_arm_reaches_from_its_head_seaward(blunt):
    arm = bay.Arm((10.0, 0.0), 0.0, 5.0, 0.1, blunt)
    x = np.array([10.5, 9.0, 30.0, 30.0, 30.0, 0.0])
    y = np.array([0.0, 0.0, 0.0, 6.9, 7.1, 0.0])
    within, along = arm.within(x, y)
    assert list(within > 0) == [True, not blunt, True, True, False, False]
    np.testing.assert_allclose(along, x - 10)


@pytest.mark.parametrize("kind", ["optical", "sar"])
def test_tones_change_their_own_zone_only(kind):
    ground = bay.random_bay(np.random.default_rng(11), SIDE)
    zones = appearance.zones(ground)

    def paint(**changed):
        weather = appearance.Weather(bergs=0, **changed)
        return painting.paint(kind, ground, weather, np.random.default_rng(1)).astype(float)

    usual = paint()
    inner = {
        zone: ndimage.binary_erosion(zones == zone, iterations=6) for zone in (OCEAN, ICE, LAND)
    }
    for field, zone in (("sea_tone", OCEAN), ("ice_tone", ICE), ("land_tone", LAND)):
        brighter = paint(**{field: 1.5}) / usual
        for other, where in inner.items():
            change = np.median(brighter[where])
            assert change == pytest.approx(1.5 if other == zone else 1.0, abs=0.16)
    contrasty = paint(ice_contrast=2.5)
    assert contrasty[inner[ICE]].std() > 1.3 * usual[inner[ICE]].std()
    frozen = paint(fast_ice=0.6)
    assert np.median(frozen[inner[OCEAN]]) > 2 * np.median(usual[inner[OCEAN]])
    for zone in (ICE, LAND):
        change = np.median(frozen[inner[zone]] / usual[inner[zone]])
        assert change == pytest.approx(1.0, abs=0.16)
    smooth = paint(apron=1000)
    assert smooth[inner[LAND]].std() < 0.75 * usual[inner[LAND]].std()
    np.testing.assert_array_equal(smooth[inner[ICE]], usual[inner[ICE]])
    melange, brighter = (paint(melange=60, melange_tone=tone) for tone in (1.0, 1.6))
    close = inner[OCEAN] & (ground.upstream > -15)
    assert np.median(brighter[close] / melange[close]) > 1.2
