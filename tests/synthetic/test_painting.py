import json
import re

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pycalfin import geo
from pycalfin.errors import OutputError
from pycalfin.scene import names
from pycalfin.synthetic import appearance, landscape, painting, texture


@pytest.fixture
def scenes(demo_scenes):
    return demo_scenes


def test_the_set_shows_what_it_must(scenes):
    features = [feature for scene in scenes for feature in scene.features]
    assert {"slc-off", "melange", "southern", "no-front"} <= set(features)
    plain = [scene for scene in scenes if scene.kind == "optical" and not scene.features]
    assert len({scene.date for scene in plain}) == 3
    assert len({scene.domain_name for scene in plain}) == 1
    assert any(scene.kind == "sar" for scene in scenes)
    assert {scene.crs for scene in scenes} == {"EPSG:32622", "EPSG:3413", "EPSG:3031"}
    for scene in scenes:
        assert (len(scene.fronts) == 0) == ("no-front" in scene.features)


def test_names_tell_date_and_sensor(scenes):
    for scene in scenes:
        identity = names.identify(scene.path.name)
        assert identity.date == scene.date
        assert identity.kind == scene.kind
        assert identity.sensor
        if "slc-off" in scene.features:
            assert identity.sensor == "LE07"
            assert scene.date > "2003-05-31"


def test_files_are_marked_and_georeferenced(scenes):
    for scene in scenes:
        with rasterio.open(scene.path) as dataset:
            assert dataset.tags()[painting.TAG] == "1"
            assert dataset.nodata == 0
            assert geo.same_crs(dataset.crs.to_wkt(), scene.crs)
            assert dataset.res == (scene.pixel, scene.pixel)
            pixels = dataset.read(1)
            missing = np.mean(pixels == 0)
            assert 200 < min(dataset.shape) <= max(dataset.shape) < 400
            assert shapely.box(*dataset.bounds).contains(scene.domain)
        if "slc-off" in scene.features:
            assert 0.1 < missing < 0.25
        else:
            assert missing == 0
            assert pixels.dtype == np.uint16


def test_slc_off_gaps_widen_away_from_the_centre_line():
    gaps = painting.slc_off((330, 330), np.random.default_rng(0))
    fractions = gaps.mean(axis=0)
    assert fractions[:30].mean() < 0.1
    assert fractions[-30:].mean() > 0.3
    # stripes: along a column, gap and no gap take turns at the period of the scan
    starts = np.flatnonzero(np.diff(gaps[:, 200].astype(int)) == 1)
    np.testing.assert_allclose(np.diff(starts), painting.SLC_PERIOD, atol=1)


def test_the_known_front_lies_between_ice_and_water(scenes):
    for scene in scenes:
        if scene.kind == "sar" or scene.features not in ((), ("southern",)):
            continue
        with rasterio.open(scene.path) as dataset:
            pixels, transform = dataset.read(1).astype(float), dataset.transform
        (front,) = scene.fronts
        line = geo.map_to_pixel(front, transform)[20:-20]
        along = np.gradient(line, axis=0)
        # ocean on the left in map coordinates: rows grow downwards, so left is (-dcol, drow)
        left = np.column_stack([-along[:, 1], along[:, 0]])
        left /= np.hypot(*left.T)[:, np.newaxis]
        ocean, ice = (
            np.median(pixels[tuple(np.rint(line + side * left).astype(int).T)]) for side in (4, -4)
        )
        assert ice > 1.3 * ocean


def test_the_front_is_where_the_brightness_changes_to_a_fraction_of_a_pixel():
    rng = np.random.default_rng(3)
    fjord = landscape.Fjord(1, azimuth=90, half_width=40, relief=8)
    terminus = landscape.Terminus(2, concavity=0, roughness=1.0)
    rows, cols = np.indices((161, 161), dtype=float)
    ground = landscape.survey(fjord, terminus, cols - 80, 80 - rows)
    image = appearance.optical(
        ground, appearance.Weather(sun_azimuth=90, sun_elevation=50, bergs=0), rng
    )
    front = np.column_stack([80 - ground.fronts[0][:, 1], ground.fronts[0][:, 0] + 80])
    inner = front[(np.abs(front[:, 1] - 80) < 20)]
    offsets = []
    for row, col in inner[::4]:
        profile = image[round(row) - 8 : round(row) + 9, round(col)].astype(float)
        water, ice = profile[:4].mean(), profile[-4:].mean()
        assert ice > 3 * water
        # row at which the brightness is half-way between the two sides
        half = (water + ice) / 2
        above = np.flatnonzero(profile > half)[0]
        part = (half - profile[above - 1]) / (profile[above] - profile[above - 1])
        offsets.append(round(row) - 8 + above - 1 + part - row)
    assert np.mean(np.abs(offsets)) < 0.6
    assert abs(np.median(offsets)) < 0.4


def test_fronts_retreat(scenes):
    summers = sorted(
        (scene for scene in scenes if scene.kind == "optical" and not scene.features),
        key=lambda scene: scene.date,
    )
    eastings = [scene.fronts[0][:, 0].mean() for scene in summers]
    # the ocean lies in the west
    assert eastings == sorted(eastings)
    assert eastings[-1] - eastings[0] > 300


@pytest.mark.parametrize("name", [painting.DOMAINS, painting.TRUTH])
def test_geojson_is_rfc_7946(scenes, name):
    collection = json.loads((scenes[0].path.parent / name).read_text())
    assert "crs" not in collection
    for feature in collection["features"]:
        geometry = shapely.geometry.shape(feature["geometry"])
        assert geometry.is_valid
        west, south, east, _ = geometry.bounds
        assert -70 < west < east < -50
        assert 60 < abs(south) < 80
        if geometry.geom_type == "Polygon":
            assert geometry.exterior.is_ccw
            assert feature["properties"]["name"]


def test_the_truth_file_holds_the_known_fronts(scenes):
    collection = json.loads((scenes[0].path.parent / painting.TRUTH).read_text())
    by_name = {feature["properties"]["scene"]: feature for feature in collection["features"]}
    assert set(by_name) == {scene.name for scene in scenes if scene.fronts}
    for scene in scenes:
        for front in scene.fronts:
            xy = geo.reproject(
                np.array(by_name[scene.name]["geometry"]["coordinates"]), geo.LONLAT, scene.crs
            )
            line = shapely.LineString(xy)
            assert shapely.distance(shapely.points(front), line).max() < 0.1


def test_the_same_seed_gives_the_same_bytes(scenes, tmp_path):
    again = painting.generate(tmp_path)
    for scene, other in zip(scenes, again, strict=True):
        assert scene.path.read_bytes() == other.path.read_bytes()
    for name in (painting.DOMAINS, painting.TRUTH):
        assert (tmp_path / name).read_bytes() == (scenes[0].path.parent / name).read_bytes()
    # nothing half-written is left behind
    assert len(list(tmp_path.iterdir())) == len(scenes) + 2


def test_another_seed_gives_another_fjord(scenes):
    first, other = painting.demo_plan.plans(0)[0], painting.demo_plan.plans(1)[0]
    assert first.name == other.name
    assert first.place.fjord != other.place.fjord
    assert scenes[0].name in first.name


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=re.escape(str(tmp_path / "file"))):
        painting.generate(tmp_path / "file")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(64, 400))
def test_a_random_front_is_a_simple_line_from_wall_to_wall(seed, side):
    rng = np.random.default_rng(seed)
    fjord = painting.random_fjord(rng, side)
    terminus = painting.random_terminus(rng, fjord)
    xy = landscape.known_front(fjord, terminus)
    assert shapely.LineString(xy).is_simple
    s, t = fjord.along_across(xy[:, 0], xy[:, 1])
    inland = fjord.inland(s, t)
    assert inland[1:-1].max() <= 0
    np.testing.assert_allclose(inland[[0, -1]], 0, atol=0.1)
    # ocean (larger s) on the left
    middle = len(xy) // 2
    heading = xy[middle + 1] - xy[middle - 1]
    left = xy[middle] + 2 * np.array([-heading[1], heading[0]])
    assert fjord.along_across(*left[:, np.newaxis])[0][0] > s[middle]


@given(
    st.floats(0, 360),
    st.floats(-0.4, 0.4),
    st.lists(st.tuples(st.floats(-200, 200), st.floats(-200, 200)), min_size=1),
)
def test_along_and_across_turn_back_into_the_world(azimuth, bend, points):
    fjord = landscape.Fjord(0, azimuth=azimuth, bend=bend)
    x, y = np.array(points).T
    np.testing.assert_allclose(fjord.world(*fjord.along_across(x, y)), points, atol=1e-8)


@pytest.mark.parametrize("kind", ["optical", "sar"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rendering_covers_the_grid(kind, seed):
    made = painting.render(kind, (120, 140), np.random.default_rng(seed))
    assert made.image.shape == made.zones.shape == (120, 140)
    assert made.image.dtype == np.float32
    assert np.isfinite(made.image).all()
    assert made.image.min() >= 0
    assert set(np.unique(made.zones)) == {appearance.OCEAN, appearance.ICE, appearance.LAND}
    (front,) = made.fronts
    zone = made.zones[tuple(np.clip(np.rint(front).astype(int), 0, [119, 139]).T)]
    assert np.isin(zone, [appearance.OCEAN, appearance.ICE]).mean() > 0.9


@pytest.mark.parametrize("kind", ["optical", "sar"])
def test_a_coast_infinitely_far_from_a_glacier_is_painted_whole(kind, monkeypatch):
    """Noise that is exactly zero somewhere, times infinity, is no number."""
    monkeypatch.setattr(texture, "fractal", lambda _, *uv, **__: np.zeros(np.shape(uv[0])))
    fjord = painting.random_fjord(np.random.default_rng(0), 64)
    ground = landscape.survey(fjord, None, *landscape.centred((64, 64)))
    weather = appearance.Weather(melange=50.0)
    made = painting.render_with_front(kind, ground, weather, np.random.default_rng(1))
    assert np.isfinite(made.image).all()


def test_a_place_looks_the_same_on_another_grid():
    fjord = landscape.Fjord(5)
    rows, cols = np.indices((80, 80), dtype=float)
    whole = landscape.survey(fjord, None, cols - 40, 40 - rows)
    part = landscape.survey(fjord, None, cols[10:60, 20:70] - 40, 40 - rows[10:60, 20:70])
    np.testing.assert_allclose(part.land, whole.land[10:60, 20:70], atol=1e-3)
    assert np.isneginf(whole.upstream).all()
    assert not whole.ice.any()
    assert whole.fronts == ()


@pytest.mark.parametrize("size", [10, texture.WAVE_TABLE + 10])
def test_the_derivative_of_waves_is_their_slope(size):
    u = np.linspace(-50, 50, size)
    value, slope = texture.waves(
        np.random.default_rng(1), u, longest=100.0, shortest=7.0, height=3.0
    )
    ahead, _ = texture.waves(
        np.random.default_rng(1), u + 1e-3, longest=100.0, shortest=7.0, height=3.0
    )
    np.testing.assert_allclose((ahead - value) / 1e-3, slope, atol=0.05)


def test_noise_has_unit_variance_and_repeats_for_a_key():
    u, v = np.indices((texture.TILE, texture.TILE), dtype=float)
    noise = texture.fractal((1, 2), u, v, smallest=8.0)
    assert noise.mean() == pytest.approx(0, abs=1e-3)
    assert noise.std() == pytest.approx(1, abs=0.02)
    np.testing.assert_array_equal(noise, texture.fractal((1, 2), u, v, smallest=8.0))
    assert not np.allclose(noise, texture.fractal((1, 3), u, v, smallest=8.0))


def test_speckle_multiplies_power_by_one_on_average():
    factor = texture.speckle(np.random.default_rng(0), (300, 300), 10.0)
    assert (factor**2).mean() == pytest.approx(1, abs=0.01)
    assert factor.min() > 0


def test_a_shadow_falls_away_from_the_light():
    height = np.zeros((40, 40))
    height[:, 19:22] = 10
    shadow = texture.cast_shadow(height, (0.0, 1.0), 1.0, 30)  # light from the right
    assert shadow[20, 12:18].min() > 0.9
    assert shadow[20, 23:].max() == 0
    assert shadow[20, :7].max() == 0


def test_bergs_keep_to_where_they_may_be():
    where = np.zeros((60, 60))
    where[:, 40:] = 1
    cover, _ = texture.bergs(np.random.default_rng(0), (60, 60), where, 50, 3.0, (0.0, 1.0))
    assert cover[:, :30].max() == 0
    assert cover[:, 40:].max() == 1
    none, _ = texture.bergs(np.random.default_rng(0), (60, 60), where * 0, 50, 3.0, (0.0, 1.0))
    assert none.max() == 0
