import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from affine import Affine
from PIL import Image

from pycalfin.datasets import OCEAN
from pycalfin.errors import SceneError, SettingsError
from pycalfin.train import recipe, sources
from pycalfin.train.recipe import Source

RINK = "Rink_LC08_L1TP_2016-07-12_014-009_T1_B5"


@pytest.fixture
def pairs(tmp_path):
    """Two pairs in CALFIN's layout: ocean above row 32, land or ice below."""
    folder = tmp_path / "pairs"
    folder.mkdir()
    land = np.where(np.arange(64) >= 32, 255, 0)[:, None].repeat(48, axis=1).astype(np.uint8)
    pixels = np.random.default_rng(0).integers(0, 255, (64, 48, 3), "uint8")
    for name in (RINK, "other"):
        Image.fromarray(pixels).save(folder / f"{name}.png")
        Image.fromarray(land).save(folder / f"{name}_mask.png")
    return folder


@pytest.fixture
def caffe(tmp_path):
    """Three images of two glaciers in CaFFe's layout."""
    folder = tmp_path / "caffe"
    for name in ("images", "fronts", "zones"):
        (folder / name).mkdir(parents=True)
    front = np.zeros((64, 64), np.uint8)
    front[32] = 255
    zones = np.where(np.arange(64) < 32, 4, 3)[:, None].repeat(64, axis=1).astype(np.uint8)
    for name in (
        "JAC_2015-12-24_TSX_6_1_005",
        "JAC_2016-12-24_TSX_6_1_005",
        "SI_2015-01-02_S1_20_2_1",
    ):
        Image.fromarray(zones * 50).save(folder / "images" / f"{name}.png")
        Image.fromarray(front).save(folder / "fronts" / f"{name}.png")
        Image.fromarray(zones).save(folder / "zones" / f"{name}.png")
    return folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data/front", Source("data/front")),
        ("data/front*2", Source("data/front", repeat=2)),
        ("synthetic", Source(synthetic=sources.NUMBER)),
        ("synthetic:20", Source(synthetic=20)),
        ("synthetic:20*3", Source(synthetic=20, repeat=3)),
        (r"C:\\data", Source(r"C:\\data")),
    ],
)
def test_sources_of_the_command_line(text, expected):
    assert sources.parse(text) == expected
    assert sources.parse(str(expected)) == expected


@pytest.mark.parametrize("text", ["a*b", "a*0", "synthetic:many", "synthetic:0"])
def test_bad_sources(text):
    with pytest.raises(SettingsError, match="expected"):
        sources.parse(text)


def test_a_folder_with_a_star_in_its_name_is_a_folder(tmp_path):
    (tmp_path / "a*2").mkdir()
    assert sources.parse("a*2") == Source("a*2")


def test_images_are_gathered_repeated_and_held_out(caffe, tmp_path):
    given = [Source("caffe", repeat=2), Source(synthetic=2)]
    seen = []
    found = sources.gather(
        recipe.make(sources=tuple(given), hold_out=("SI",)),
        tmp_path,
        lambda *step: seen.append(step[:2]),
    )
    names = [sample.name for sample in found.samples]
    assert names[:2] == names[2:4]
    assert names[4:] == ["synthetic_1_0", "synthetic_1_1"]
    assert found.samples[0] is found.samples[2]
    assert [item.read().glacier for item in found.held_out] == ["SI"]
    assert found.counts == (("caffe*2", 2), ("synthetic:2", 2))
    assert seen == [(number, 5) for number in range(1, 6)]
    by_name = recipe.make(sources=(Source(str(caffe)),), hold_out=("JAC_2015-12-24_TSX_6_1_005",))
    assert len(sources.gather(by_name).samples) == 2


def test_a_source_says_how_many_bays_are_painted():
    one, other = (
        [item.read().image for item in sources.items(Source(synthetic=2, bays=share), None, 3)]
        for share in (0.0, 0.85)
    )
    same = [np.array_equal(*pair) for pair in zip(one, other, strict=True)]
    assert not all(same)


@pytest.mark.parametrize(
    ("sensor", "painted"),
    [("both", ["optical", "sar"]), ("sar", ["sar"] * 2), ("optical", ["optical"] * 2)],
)
def test_a_source_says_which_sensor_is_painted(sensor, painted):
    found = sources.items(Source(synthetic=2, sensor=sensor), None, 3)
    assert [item.read().sensor for item in found] == painted


def test_masks_know_the_ocean_and_take_every_border_for_a_front(pairs):
    (item, _) = sources.items(Source("pairs"), pairs.parent, 1)
    image = item.read()
    assert (image.zones[:32] == OCEAN).all()
    assert not image.zones[32:].any()
    assert image.front[32].all()
    (item, _) = sources.items(Source("pairs", border="unknown"), pairs.parent, 1)
    image = item.read()
    assert not image.front.any()
    rows = np.flatnonzero(~image.edge_known.all(axis=1))
    assert rows.tolist() == list(range(32 - sources.UNSURE, 32 + sources.UNSURE + 1))


def test_what_is_wrong_is_said(caffe, tmp_path):
    with pytest.raises(SettingsError, match="no SOURCE"):
        sources.gather(recipe.make())
    for hold_out, told in (
        (("Jorum",), "no image of Jorum to hold out; the glaciers are: JAC, SI"),
        (("JAC", "SI"), "every image is held out"),
    ):
        with pytest.raises(SceneError, match=told):
            sources.gather(recipe.make(sources=(Source(str(caffe)),), hold_out=hold_out))
    (tmp_path / "empty").mkdir()
    for path, told in (("empty", "in no known layout"), ("none", "does not exist")):
        with pytest.raises(SceneError, match=told):
            sources.gather(recipe.make(sources=(Source(path),)), tmp_path)


def test_real_images_know_land_only_for_training(real_data):
    source = Source("frontlearning")
    training, measuring = (
        sources.items(source, real_data, 1, known_only=known)[0].read() for known in (False, True)
    )
    assert (training.zones == 3).sum() > 1000
    assert not (measuring.zones == 3).any()


def test_scenes_without_a_known_front_are_left_out_and_large_ones_are_shrunk(tmp_path, caplog):
    side, metres = 200, 30.0
    transform = Affine(metres, 0, -300_000, 0, -metres, -1_900_000)
    names = [f"LC08_L1TP_031005_{day}_20200722_01_T1_B5" for day in ("20200719", "20200820")]
    pixels = np.full((side, side), 9000, np.uint16)
    pixels[:100] = 5000
    pixels[0, 0] = 20000
    (tmp_path / "mine").mkdir()
    for name in names:
        with rasterio.open(
            tmp_path / "mine" / f"{name}.tif", "w", driver="GTiff", count=1, height=side,
            width=side, dtype="uint16", crs="EPSG:3413", transform=transform,
        ) as file:  # fmt: skip
            file.write(pixels, 1)
    front = shapely.LineString([transform @ (10, 100), transform @ (150, 100)])
    pyogrio.raw.write(
        tmp_path / "mine" / "fronts.gpkg",
        np.array([shapely.to_wkb(front)], object),
        [np.array([f"{names[0]}.tif"], object)],
        ["scene"],
        geometry_type="LineString",
        crs="EPSG:3413",
    )
    found = sources.gather(recipe.make({"longest": 100}, sources=(Source("mine", repeat=2),)))
    first, second = found.samples
    assert first is second
    assert first.grey.shape == (100, 100)
    rows = np.flatnonzero((first.distance <= 0.6).any(axis=1))
    assert 49 <= rows.min() <= rows.max() <= 51
    assert names[1] in caplog.text
    with pytest.raises(SceneError, match="mine: no image with a known front"):
        sources.gather(recipe.make(sources=(Source("mine"),), hold_out=(names[0],)))
