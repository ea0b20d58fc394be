import base64
import json
import subprocess
import sys
import zlib
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.control import GroundControlPoint
from shapely.geometry import Point, Polygon, box

from pycalfin.errors import DomainError, OutputError, PrunedError, SceneError
from pycalfin.geo import map_to_pixel, pixel_to_map, reproject
from pycalfin.records import Domain, Subset
from pycalfin.scene.read import open_raster, open_scene
from pycalfin.scene.subset import cut, scene_domains, tiles, write_subset
from pycalfin.settings import Settings

DATE = "2016-06-30"
SETTINGS = Settings()
ROTATED = (30 * np.cos(0.5), 30 * np.sin(0.5), -3e5, 30 * np.sin(0.5), -30 * np.cos(0.5), -1.9e6)
GRIDS = {
    "polar": ("EPSG:3413", Affine(30, 0, -300_000, 0, -30, -1_900_000)),
    "UTM north": ("EPSG:32620", Affine(30, 0, 480_000, 0, -30, 8_500_000)),
    "UTM south": ("EPSG:32719", Affine(30, 0, 600_000, 0, -30, 4_400_000)),
    "degrees": ("EPSG:4326", Affine(0.002, 0, -68.0, 0, -0.0005, 77.5)),
    "rotated": (
        "EPSG:3413",
        Affine(*ROTATED),
    ),
    "sheared": ("EPSG:3413", Affine(30, 4, -300_000, 3, -25, -1_900_000)),
    "south up": ("EPSG:3031", Affine(30, 0, -2_300_000, 0, 30, 1_100_000)),
    "mirrored": ("EPSG:3413", Affine(-30, 0, -300_000, 0, -30, -1_900_000)),
    "antimeridian": ("EPSG:4326", Affine(0.002, 0, 179.9, 0, -0.0005, 77.5)),
    "east of 180": ("EPSG:4326", Affine(0.002, 0, 185.0, 0, -0.0005, 77.5)),
}
SHAPE = (160, 200)
TARGET = (np.array([[97.0, 61.0]]), np.s_[96:99, 60:63])


def around(xy, crs, metres):
    """A square domain around a point, in the polar CRS of its hemisphere."""
    lonlat = reproject(xy, crs, "EPSG:4326")
    polar = "EPSG:3413" if lonlat[0, 1] > 0 else "EPSG:3031"
    x, y = reproject(lonlat, "EPSG:4326", polar)[0]
    return Domain("Target", box(x - metres, y - metres, x + metres, y + metres), polar)


@pytest.mark.parametrize("grid", GRIDS)
def test_pixels_keep_their_place(make, tmp_path, grid):
    crs, transform = GRIDS[grid]
    image = make.textured(*SHAPE)
    image[TARGET[1]] = 60_000
    scene = open_scene(
        str(make.tif(tmp_path / "scene.tif", image, crs=crs, transform=transform)), date=DATE
    )
    place = pixel_to_map(TARGET[0], transform)
    subset = cut(scene, around(place, crs, 600), SETTINGS)
    assert subset.crs == crs
    assert min(subset.shape) >= 16
    assert subset.shape != SHAPE
    rows, cols = np.nonzero(subset.pixels > 50_000)
    found = pixel_to_map(np.array([[rows.mean(), cols.mean()]]), subset.transform)
    np.testing.assert_allclose(found, place, rtol=0, atol=1e-9 * abs(place).max())
    # the polygon lies around the target in the subset's own pixels too
    row, col = map_to_pixel(shapely.get_coordinates(subset.polygon.centroid), subset.transform)[0]
    assert abs(row - rows.mean()) < 1
    assert abs(col - cols.mean()) < 1
    assert subset.nodata_fraction == 0
    # not resampled: the window is a piece of the image
    start = (
        map_to_pixel(pixel_to_map(np.zeros((1, 2)), subset.transform), transform)[0]
        .round()
        .astype(int)
    )
    piece = image[start[0] : start[0] + subset.shape[0], start[1] : start[1] + subset.shape[1]]
    np.testing.assert_array_equal(subset.pixels, piece)


def test_window_is_box_and_margin_clamped(make, tmp_path):
    scene = open_scene(str(make.tif(tmp_path / "scene.tif", make.textured(100, 200))), date=DATE)
    domain = make.domain(make.POLAR, "EPSG:3413", (40, 80), (10, 50))
    assert cut(scene, domain, Settings(margin=0.0)).shape == (40, 40)
    assert cut(scene, domain, Settings(margin=0.1)).shape == (48, 48)
    clamped = cut(scene, domain, Settings(margin=1.0))
    assert clamped.shape == (100, 90)
    assert clamped.transform == make.POLAR
    assert cut(scene, None, SETTINGS).shape == (100, 200)


def test_margin_is_measured_on_the_ground(make, tmp_path):
    crs, transform = GRIDS["degrees"]
    scene = open_scene(
        str(
            make.tif(tmp_path / "scene.tif", make.textured(300, 300), crs=crs, transform=transform)
        ),
        date=DATE,
    )
    domain = make.domain(transform, crs, (140, 160), (140, 160))
    tall, wide = (side - 20 for side in cut(scene, domain, Settings(margin=1.0)).shape)
    # a pixel is 0.0005 deg = 55.8 m high and 0.002 deg * cos(77.4 deg) = 48.7 m wide there
    assert tall / wide == pytest.approx(48.7 / 55.8, rel=0.1)


def gcp_scene(make, tmp_path, centre_longitude=-50.0, change=None, **options):
    """A curved swath with 11 x 21 ground control points, known analytically."""
    height, width = 400, 600
    turn = np.radians(25)
    x0, y0 = reproject(np.array([[centre_longitude, 72.0]]), "EPSG:4326", "EPSG:3413")[0]

    def swath(row, col):
        x = 40 * (np.cos(turn) * col + np.sin(turn) * row) + 60 * np.sin(col / 200)
        y = 40 * (np.sin(turn) * col - np.cos(turn) * row) + 50 * np.cos(row / 150)
        return np.array([[x0 - 10_000 + x, y0 + y]])

    points = []
    for row in np.linspace(0, height, 11):
        for col in np.linspace(0, width, 21):
            longitude, latitude = reproject(swath(row, col), "EPSG:3413", "EPSG:4326")[0]
            points.append(GroundControlPoint(row, col, longitude, latitude, 0.0))
    image = make.textured(height, width, low=100, high=200)
    image[200:207, 300:307] = 5000
    image = image if change is None else change(image)
    options = {"gcps": points, "crs": "EPSG:4326", **options}
    path = make.tif(tmp_path / f"{make.SENTINEL}_HH.tif", image, **options)
    return open_scene(str(path)), swath(203.5, 303.5)


@pytest.mark.parametrize("longitude", [-50.0, 179.97])
def test_ground_control_points(make, tmp_path, longitude):
    scene, place = gcp_scene(make, tmp_path, longitude)
    assert scene.gcps
    assert scene.crs == "EPSG:3413"
    subset = cut(scene, around(place, "EPSG:3413", 1500), SETTINGS)
    assert subset.transform.a == pytest.approx(40, rel=0.03)
    light = np.where(subset.pixels > 1000, subset.pixels, 0)
    rows, cols = np.indices(subset.shape)
    centre = np.array([[(light * rows).sum(), (light * cols).sum()]]) / light.sum()
    found = pixel_to_map(centre, subset.transform)
    assert np.hypot(*(found - place)[0]) < 8  # metres: a fifth of a pixel


@pytest.mark.parametrize("longitude", [-50.0, 179.97])
def test_outside_a_swath_is_nodata(make, tmp_path, longitude):
    scene, _ = gcp_scene(make, tmp_path, longitude)
    whole = cut(scene, None, SETTINGS)
    assert whole.valid.sum() == pytest.approx(400 * 600, rel=0.03)
    assert 0.2 < (~whole.valid).mean() < 0.8
    assert whole.nodata_fraction < 0.03


STRIPES = np.s_[::10]


@pytest.mark.parametrize(
    ("value", "nodata", "valid"),
    [
        (np.nan, None, False),
        (0.0, None, False),
        (np.nan, -9999.0, False),
        (-9999.0, -9999.0, False),
        (0.0, -9999.0, True),
        (0.0, np.nan, True),
    ],
)
def test_gaps_of_a_floating_point_swath_do_not_spread(make, tmp_path, value, nodata, valid):
    def change(image):
        image = image.astype("float32")
        image[STRIPES] = value
        return image

    scene, _ = gcp_scene(make, tmp_path, change=change, nodata=nodata)
    whole = cut(scene, None, SETTINGS)
    part = 1.0 if valid else 0.9
    assert whole.valid.sum() == pytest.approx(part * 400 * 600, rel=0.02)
    assert (np.nanmin(whole.pixels) < 99) == valid


# --- what is a value


def scene_of(make, tmp_path, image, name="scene.tif", **options):
    return open_scene(str(make.tif(tmp_path / name, image, **options)), date=DATE)


def one_pixel(make, dtype, value):
    """A valid image but for pixel (3, 4)."""
    image = make.textured(32, 32, dtype, 50, 120)
    image[3, 4] = value
    return image


LANDSAT_NAME = "LC08_L1TP_031005_20160630_20170323_01_T1_B5.TIF"
SENTINEL_NAME = "S1A_IW_GRDH_1SDH_20160630T101010_20160630T101035_011937_01264F_ABCD_HH.tif"


@pytest.mark.parametrize(
    ("dtype", "value", "name", "options", "valid"),
    [
        ("uint8", 0, "scene.tif", {}, False),
        ("uint8", 1, "scene.tif", {}, True),
        ("uint8", 1, LANDSAT_NAME, {}, False),
        ("uint8", 2, LANDSAT_NAME, {}, True),
        ("uint8", 255, "scene.tif", {"nodata": 255}, False),
        ("uint8", 0, "scene.tif", {"nodata": 255}, False),
        ("uint16", 0, SENTINEL_NAME, {}, False),
        ("uint16", 1, SENTINEL_NAME, {}, True),
        ("int16", 0, "scene.tif", {}, False),
        ("int16", 0, "scene.tif", {"nodata": -9999}, True),
        ("int16", -9999, "scene.tif", {"nodata": -9999}, False),
        ("float32", 0, "scene.tif", {}, False),
        ("float32", 0, "scene.tif", {"nodata": -9999}, True),
        ("float32", np.nan, "scene.tif", {}, False),
        ("float32", np.nan, "scene.tif", {"nodata": -9999}, False),
        ("float32", np.inf, "scene.tif", {}, False),
        ("float32", -np.inf, "scene.tif", {}, False),
        ("float64", 1e300, "scene.tif", {}, False),
        ("float32", 1e-20, LANDSAT_NAME, {}, True),
    ],
)
def test_valid(make, tmp_path, dtype, value, name, options, valid):
    scene = scene_of(make, tmp_path, one_pixel(make, dtype, value), name, **options)
    subset = cut(scene, None, SETTINGS)
    assert subset.valid.sum() == 32 * 32 - (not valid)
    assert bool(subset.valid[3, 4]) is valid
    assert np.isnan(subset.pixels[~subset.valid]).all()
    assert np.isfinite(subset.pixels[subset.valid]).all()
    assert subset.pixels.dtype == np.float32
    assert subset.dtype == dtype


def test_optical_floor_is_calfins(make, tmp_path):
    image = make.textured(32, 32)
    image[3, 4], image[5, 6] = 393, 394  # 0.6 % of 65535 is 393.2
    subset = cut(scene_of(make, tmp_path, image, LANDSAT_NAME), None, SETTINGS)
    assert np.argwhere(~subset.valid).tolist() == [[3, 4]]


def test_masks_and_alpha(make, tmp_path):
    mask = np.ones((32, 32), bool)
    mask[3, 4] = False
    image = make.textured(32, 32, "uint8", 50, 120)
    masked = cut(scene_of(make, tmp_path, image, mask=mask), None, SETTINGS)
    np.testing.assert_array_equal(masked.valid, mask)
    colours = np.stack([image, image, image, mask.astype("uint8") * 255])
    scene = scene_of(make, tmp_path, colours, "look.tif", photometric="RGB", alpha="YES")
    assert scene.band == 2
    np.testing.assert_array_equal(cut(scene, None, SETTINGS).valid, mask)


# --- what is not worth looking at


def prune(scene, domain=None, settings=SETTINGS):
    with pytest.raises(PrunedError) as caught:
        cut(scene, domain, settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((32, 32), "uint16"), "all no-data"),
        (np.full((32, 32), np.nan, "float32"), "all no-data"),
        (np.full((32, 32), np.inf, "float32"), "all no-data"),
        (np.full((32, 32), 7000, "uint16"), "constant value: every valid pixel is 7000"),
        (np.full((1, 1), 7000, "uint16"), "too small: 1 x 1 pixels"),
        (np.full((300, 15), 7000, "uint16"), "too small: 300 x 15 pixels"),
    ],
)
def test_blank_images(make, tmp_path, image, reason):
    assert reason in prune(scene_of(make, tmp_path, image))


def test_no_overlap(make, tmp_path):
    scene = scene_of(make, tmp_path, make.textured())
    assert "no overlap" in prune(scene, make.domain(make.POLAR, "EPSG:3413", (200, 300), (0, 50)))
    assert "no overlap" in prune(scene, make.domain(make.POLAR, "EPSG:3413", (-50, 0), (0, 50)))
    corner = shapely.Polygon([(-10, 0), (0, -10), (-10, -10)])
    outside = Domain(
        "d", shapely.transform(corner, lambda xy: pixel_to_map(xy, make.POLAR)), "EPSG:3413"
    )
    assert "no overlap" in prune(scene, outside)
    crs, transform = GRIDS["UTM north"]
    utm = scene_of(make, tmp_path, make.textured(), "utm.tif", crs=crs, transform=transform)
    for lon, lat in [(120, 0), (-60, -77), (-150, 80)]:
        far = Domain("far", Point(lon, lat).buffer(0.5), "EPSG:4326")
        assert "no overlap" in prune(utm, far)
    assert "no overlap" in prune(scene, Domain("far", Point(0, -70).buffer(1), "EPSG:4326"))


def test_a_domain_smaller_than_a_pixel(make, tmp_path):
    scene = scene_of(make, tmp_path, make.textured())
    x, y = pixel_to_map(np.array([[29.6, 39.6]]), make.POLAR)[0]
    assert "too small" in prune(scene, Domain("d", Point(x, y).buffer(1), "EPSG:3413"))
    far = Domain(
        "d",
        shapely.MultiPolygon([Point(x, y).buffer(1), Point(x + 900, y - 900).buffer(1)]),
        "EPSG:3413",
    )
    assert "smaller than a pixel" in prune(scene, far)


def test_nodata_counts_inside_the_domain_only(make, tmp_path):
    image = make.textured(100, 100)
    image[:50] = 0
    scene = scene_of(make, tmp_path, image)
    below = make.domain(make.POLAR, "EPSG:3413", (60, 90), (10, 40))
    assert cut(scene, below, Settings(margin=3.0)).nodata_fraction == 0
    across = make.domain(make.POLAR, "EPSG:3413", (40, 80), (10, 50))
    assert cut(scene, across, SETTINGS).nodata_fraction == 0.25
    more = make.domain(make.POLAR, "EPSG:3413", (39, 79), (10, 50))
    assert prune(scene, more) == "27.5 % no-data inside the domain (limit 25 %)"
    assert cut(scene, more, Settings(max_nodata=0.3)).nodata_fraction == pytest.approx(0.275)


def test_outside_the_image_is_nodata(make, tmp_path):
    scene = scene_of(make, tmp_path, make.textured(100, 100))
    half = make.domain(make.POLAR, "EPSG:3413", (20, 60), (-20, 20))
    assert prune(scene, half) == "50.0 % no-data inside the domain (limit 25 %)"
    some = make.domain(make.POLAR, "EPSG:3413", (20, 60), (-4, 36))
    assert cut(scene, some, SETTINGS).nodata_fraction == pytest.approx(0.1)


def test_without_a_domain_the_black_collar_is_no_gap(make, tmp_path):
    rows, cols = np.indices((120, 120))
    image = make.textured(120, 120)
    tilted = abs(rows - 60) + abs(cols - 60) > 55
    image[tilted] = 0
    subset = cut(scene_of(make, tmp_path, image), None, SETTINGS)
    assert tilted.mean() > 0.5
    assert subset.nodata_fraction < 0.01
    image[(rows + cols) % 10 < 4] = 0
    assert "no-data inside the domain" in prune(scene_of(make, tmp_path, image, "striped.tif"))


@pytest.mark.parametrize("collection", [1, 2])
def test_clouds(make, tmp_path, collection):
    product = make.LANDSAT.replace("_01_T1", f"_0{collection}_T1")
    cloud = np.zeros((64, 80), bool)
    cloud[:, 30:] = True
    folder = make.product(tmp_path / product, product, ("B5",), cloud, collection)
    scene = open_scene(str(folder))
    clear = make.domain(make.POLAR, "EPSG:3413", (10, 50), (0, 30))
    assert cut(scene, clear, SETTINGS).cloud_fraction == 0
    some = make.domain(make.POLAR, "EPSG:3413", (10, 50), (4, 34))
    subset = cut(scene, some, SETTINGS)
    assert subset.cloud_fraction == pytest.approx(4 / 30)
    assert subset.cloud.shape == subset.shape
    assert subset.transform.c == make.POLAR.c  # the margin reaches the left edge
    assert np.flatnonzero(subset.cloud.all(axis=0))[0] == 30
    assert not subset.cloud[:, :30].any()
    much = make.domain(make.POLAR, "EPSG:3413", (10, 50), (10, 50))
    assert prune(scene, much) == "50.0 % cloud inside the domain (limit 15 %)"


def test_clouds_on_another_grid(make, tmp_path):
    """The panchromatic band has pixels of half the size."""
    cloud = np.zeros((64, 80), bool)
    cloud[:, 34:] = True
    folder = make.product(tmp_path / make.LANDSAT, bands=("B5",), cloud=cloud)
    fine = Affine(15.0, 0.0, make.POLAR.c, 0.0, -15.0, make.POLAR.f)
    make.tif(folder / f"{make.LANDSAT}_B8.TIF", make.textured(128, 160), transform=fine)
    scene = open_scene(str(folder), band="B8")
    domain = make.domain(make.POLAR, "EPSG:3413", (10, 50), (6, 36))
    assert cut(scene, domain, SETTINGS).cloud_fraction == pytest.approx(2 / 30)


def test_a_damaged_quality_band_costs_the_cloud_count_only(make, tmp_path, caplog):
    folder = make.product(tmp_path / make.LANDSAT, bands=("B5",), cloud=np.ones((64, 80), bool))
    (folder / f"{make.LANDSAT}_BQA.TIF").write_bytes(b"damaged")
    subset = cut(open_scene(str(folder)), None, SETTINGS)
    assert subset.cloud_fraction == 0
    assert subset.cloud is None
    assert "clouds are not counted" in caplog.text


# --- what goes wrong


def test_truncated_pixels(make, tmp_path, capfd, caplog):
    path = make.tif(tmp_path / "scene.tif", make.textured(256, 256))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    scene = open_scene(str(path), date=DATE)
    with pytest.raises(
        SceneError, match=r"scene\.tif: cannot be read .*download it again"
    ) as caught:
        cut(scene, None, SETTINGS)
    assert len(str(caught.value).splitlines()) == 1
    assert capfd.readouterr().err == ""
    assert caplog.text == ""
    # what is there can still be used
    cut(scene, make.domain(make.POLAR, "EPSG:3413", (0, 60), (0, 60)), SETTINGS)


def test_a_scene_that_vanished(make, tmp_path):
    path = make.tif(tmp_path / "scene.tif")
    scene = open_scene(str(path), date=DATE)
    path.unlink()
    with pytest.raises(SceneError, match=r"scene\.tif: cannot be read"):
        cut(scene, None, SETTINGS)


def test_domains_at_the_pole(make, tmp_path):
    pole = Domain("Pole", box(-50_000, -50_000, 50_000, 50_000), "EPSG:3413")
    image = make.textured(200, 360, dtype="uint8", low=9, high=250)
    world = Affine(1, 0, -180, 0, -0.05, 90)
    scene = scene_of(make, tmp_path, image, crs="EPSG:4326", transform=world)
    with pytest.raises(DomainError, match=r"surrounds the pole.*reproject the scene"):
        cut(scene, pole, SETTINGS)
    polar = Affine(1000, 0, -100_000, 0, -1000, 100_000)
    there = scene_of(make, tmp_path, make.textured(200, 200), "polar.tif", transform=polar)
    assert cut(there, pole, Settings(margin=0)).shape == (100, 100)


@pytest.mark.parametrize(
    ("ring", "shape"),
    [
        ([(179, -85), (-179, -85), (-179, -84), (179, -84)], (109, 24)),
        ([(179, -85), (181, -85), (181, -84), (179, -84)], (109, 24)),
        ([(-45, -84), (45, -84), (135, -84), (-135, -84)], (1306, 1306)),
        ([(-180, -84), (180, -84), (180, -90), (-180, -90)], (1306, 1306)),
    ],
)
def test_domains_in_degrees_across_180(make, tmp_path, ring, shape):
    polar = Affine(1000, 0, -700_000, 0, -1000, 700_000)
    image = make.textured(1400, 1400)
    scene = scene_of(make, tmp_path, image, crs="EPSG:3031", transform=polar)
    subset = cut(scene, Domain("D", Polygon(ring), "EPSG:4326"), Settings(margin=0))
    assert subset.shape == pytest.approx(shape, abs=2)


# --- tiles and files


def test_tiles(make, tmp_path):
    scene = scene_of(make, tmp_path, make.textured(300, 520))
    (whole,) = tiles(scene, 520)
    assert whole.name == "scene"
    parts = tiles(scene, 200)
    assert len(parts) == 2 * 3
    assert [part.name for part in parts[:4]] == [
        "scene_r0_c0",
        "scene_r0_c1",
        "scene_r0_c2",
        "scene_r1_c0",
    ]
    assert shapely.union_all([part.polygon for part in parts]).equals(whole.polygon)
    for part in parts:
        assert cut(scene, part, SETTINGS).shape == (200, 200)
    for left, right in [(0, 1), (1, 2), (0, 3)]:
        shared = shapely.intersection(parts[left].polygon, parts[right].polygon).area
        assert shared / (200 * 30) ** 2 >= 0.11
    assert [part.name for part in scene_domains(scene, Settings(tile=200))] == [
        part.name for part in parts
    ]


def test_a_calfin_name_gives_the_domain(make, tmp_path):
    scene = scene_of(
        make, tmp_path, make.textured(), "Kong-Oscar_LC08_L1TP_2015-05-05_031-005_T1_B5.tif"
    )
    (domain,) = scene_domains(scene, Settings(tile=64))
    subset = cut(scene, domain, SETTINGS)
    assert (domain.name, subset.shape) == ("Kong-Oscar", (64, 80))
    assert subset.name == "Kong-Oscar_LC08_L1TP_2016-06-30_031-005_T1_B5"


def assert_same(one, other):
    for item in fields(Subset):
        first, second = getattr(one, item.name), getattr(other, item.name)
        if isinstance(first, np.ndarray):
            np.testing.assert_array_equal(first, second, err_msg=item.name)
        elif item.name == "polygon":
            assert shapely.equals_exact(first, second, tolerance=0)
        else:
            assert first == second, item.name


@given(
    dtype=st.sampled_from(["uint8", "int16", "uint16", "int32", "float32", "float64"]),
    grid=st.sampled_from(sorted(GRIDS)),
    name=st.sampled_from(["scene.tif", LANDSAT_NAME, SENTINEL_NAME]),
    gaps=st.sampled_from([0.0, 0.1]),
    synthetic=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_written_subset_is_the_subset(
    make, tmp_path_factory, dtype, grid, name, gaps, synthetic, seed
):
    crs, transform = GRIDS[grid]
    folder = tmp_path_factory.mktemp("round")
    image = make.textured(*SHAPE, dtype, 2, 120, seed)
    image[np.random.default_rng(seed).random(SHAPE) < gaps] = 0
    tags = {"PYCALFIN_SYNTHETIC": str(int(synthetic))}
    path = make.tif(folder / name, image, crs=crs, transform=transform, tags=tags)
    scene = open_scene(str(path), date=None if "_" in name else DATE)
    domain = around(pixel_to_map(TARGET[0], transform), crs, 900)
    domain = replace(domain, name="Kong-Oscar_Ø", attributes={"GlacierID": 7, "Name": "Ø"})
    settings = Settings(nodata_floor=0.0)
    subset = cut(scene, domain, settings)
    written = write_subset(folder / "subsets", subset, attributes=domain.attributes)
    assert written.stem == subset.name
    again = open_scene(str(written))
    (found,) = scene_domains(again, settings)
    assert (found.name, found.attributes) == (domain.name, domain.attributes)
    assert_same(subset, cut(again, found, settings))
    assert_same(subset, cut(again, domain, settings))
    assert_same(subset, cut(again, None, settings))
    with rasterio.open(written) as dataset:
        assert dataset.dtypes[0] == (dtype if dtype not in ("int32", "float64") else "float32")
        assert dataset.tags()["PYCALFIN_SCENE"] == scene.name


def test_what_was_judged_is_remembered(make, tmp_path):
    cloud = np.zeros((64, 80), bool)
    cloud[:, 74:] = True
    folder = make.product(tmp_path / make.LANDSAT, bands=("B5",), cloud=cloud)
    scene = open_scene(str(folder))
    domain = make.domain(make.POLAR, "EPSG:3413", (0, 64), (30, 80))
    subset = cut(scene, domain, SETTINGS)
    assert subset.cloud_fraction == pytest.approx(0.12)
    again = open_scene(str(write_subset(tmp_path, subset)))
    assert_same(subset, cut(again, None, SETTINGS))
    assert again.identity == scene.identity
    assert again.identity.time == "17:45:12"
    assert "cloud" in prune(again, settings=Settings(max_cloud=0.1))


def test_all_values_used(tmp_path):
    """Where no value is free for no-data, the file has a mask."""
    pixels = np.arange(1024, dtype=np.float32).reshape(32, 32) % 256
    valid = np.ones((32, 32), bool)
    valid[0, 0] = False
    subset = Subset(
        "a_b_2016-06-30", np.where(valid, pixels, np.nan), valid, Affine(30, 0, 0, 0, -30, 0),
        "EPSG:3413", domain="a", polygon=box(0, -960, 960, 0), dtype="uint8",
    )  # fmt: skip
    path = write_subset(tmp_path, subset)
    again = cut(open_scene(str(path), date=DATE), None, SETTINGS)
    np.testing.assert_array_equal(again.valid, valid)
    np.testing.assert_array_equal(again.pixels, subset.pixels)


HARMFUL = {
    "name": "../../x", "date": "../../etc", "time": "../..", "domain": "../../x", "band": "/x",
    "pathrow": "..\\\\..", "level": "\x1b[2J", "sensor": "../LC08",
}  # fmt: skip


@pytest.fixture(scope="module")
def bomb():
    """A hundred megabytes, packed into few."""
    return base64.b64encode(zlib.compress(bytes(10**8), 9)).decode()


@pytest.mark.parametrize("kind", ["optical", "sar", ""])
@pytest.mark.parametrize("name", HARMFUL)
def test_tags_of_a_stranger_lead_to_no_other_folder(make, tmp_path, bomb, name, kind):
    about = {"name": "x", "sensor": "LC08", "kind": kind, "date": DATE, name: HARMFUL[name]}
    tags = {
        "PYCALFIN_IDENTITY": json.dumps(about),
        "PYCALFIN_DOMAIN": "../../domain",
        "PYCALFIN_NODATA": "0",
        "PYCALFIN_CLOUD": "0",
        "PYCALFIN_DTYPE": "uint16",
        "PYCALFIN_CLOUD_MASK": bomb,
    }
    path = make.tif(tmp_path / "scene.tif", tags=tags)
    scene = open_scene(str(path), date=None if name != "date" else DATE)
    assert scene.date == DATE
    (domain,) = scene_domains(scene, SETTINGS)
    subset = cut(scene, domain, SETTINGS)
    assert not set("/\\\x1b") & set(subset.name)
    folder = tmp_path / "subsets"
    assert write_subset(folder, subset).parent == folder
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"name": 5}', '{"name": "x", "date": 20160630}', '"x"', "{}", "null"]
)
def test_tags_that_are_no_identity_are_not_believed(make, tmp_path, text):
    path = make.tif(tmp_path / "scene.tif", tags={"PYCALFIN_IDENTITY": text})
    assert open_scene(str(path), date=DATE).name == "scene"


def test_channels(make, tmp_path):
    image = make.textured()
    image[10:20, 10:20] = 0
    subset = cut(scene_of(make, tmp_path, image), None, SETTINGS)
    path = write_subset(tmp_path / "subsets", subset, channels=True)
    assert path.name == subset.name + "_channels.tif"
    with rasterio.open(path) as dataset:
        assert (dataset.count, dataset.dtypes) == (3, ("uint8",) * 3)
        assert dataset.transform == subset.transform
        grey = dataset.read(1).astype(float)
    stretched = np.corrcoef(grey[subset.valid], subset.pixels[subset.valid])[0, 1]
    assert stretched > 0.99
    scene = open_scene(str(path))
    assert scene.band == 1
    np.testing.assert_array_equal(cut(scene, None, SETTINGS).valid, subset.valid)


def test_output_that_cannot_be_written(make, tmp_path):
    subset = cut(scene_of(make, tmp_path, make.textured()), None, SETTINGS)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="choose another --output"):
        write_subset(tmp_path / "file", subset)
    assert write_subset(tmp_path / "new" / "deep", subset).exists()


def test_an_array_without_georeference_can_be_written(tmp_path):
    subset = Subset("image", np.ones((20, 20), np.float32), np.ones((20, 20), bool))
    assert write_subset(tmp_path, subset).exists()


MEASURE = r"""
import json, re, sys
from pathlib import Path
from pycalfin.scene.read import open_scene
from pycalfin.scene.subset import cut
from pycalfin.records import Domain
from pycalfin.settings import Settings
from shapely.geometry import box
scene = open_scene(sys.argv[1], date="2016-06-30")
domain = Domain("d", box(-95_000, -2_005_000, -85_000, -1_995_000), "EPSG:3413")
subset = cut(scene, domain, Settings())
# ru_maxrss would hold what the parent had when it forked
peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps({"shape": subset.shape, "mb": peak}))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("layout", ["strips", "tiles"])
def test_memory_of_a_large_scene(tmp_path, layout, record_property):
    """15,000 x 15,000 pixels of uint16 are 450 MB; a 10 km domain must not load them."""
    path = tmp_path / "large.tif"
    blocks = {"tiled": True, "blockxsize": 512, "blockysize": 512} if layout == "tiles" else {}
    transform = Affine(30, 0, -300_000, 0, -30, -1_800_000)
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=15_000, width=15_000, dtype="uint16",
        crs="EPSG:3413", transform=transform, SPARSE_OK=True, **blocks,
    ) as dataset:  # fmt: skip
        window = rasterio.windows.Window(6700, 6400, 600, 600)
        values = np.random.default_rng(0).integers(5000, 9000, (600, 600)).astype("uint16")
        dataset.write(values, 1, window=window)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True
    )
    result = json.loads(done.stdout.splitlines()[-1])
    record_property("peak_mb", result["mb"])
    print(f"{layout}: {result['mb']:.0f} MB for {result['shape']}")
    side = 10_000 / 30 * (1 + 2 * Settings().margin)
    assert all(side <= pixels <= side + 4 for pixels in result["shape"])
    assert result["mb"] < 300


def test_open_raster_reads_what_cut_does(make, tmp_path):
    scene = scene_of(make, tmp_path, make.textured())
    with open_raster(scene) as dataset:
        np.testing.assert_array_equal(dataset.read(1), cut(scene, None, SETTINGS).pixels)
