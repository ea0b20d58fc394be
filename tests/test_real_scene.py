"""The whole way on a real Landsat 8 scene, against fronts that others drew there."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.enums import Resampling
from rasterio.warp import calculate_default_transform, reproject

from pycalfin import geo
from pycalfin.batch.pipeline import run
from pycalfin.batch.result import RunResult
from pycalfin.cli import main
from pycalfin.front.extract import extract
from pycalfin.logs import collected_warnings
from pycalfin.network import load
from pycalfin.scene.domain import read_domains
from pycalfin.scene.read import open_scene
from pycalfin.scene.subset import cut
from pycalfin.settings import Settings
from pycalfin.validate.metrics import front_distance

PIXEL = 30.0
"""Metres."""
TRUTH_DATE = "2021-09-27"


def known_front(path: Path) -> np.ndarray:
    """The front that its authors date to the day after the scene, EPSG:3413."""
    meta, _, geometries, columns = pyogrio.raw.read(path)
    dates = columns[list(meta["fields"]).index("date")]
    (index,) = np.flatnonzero([str(date).startswith(TRUTH_DATE) for date in dates])
    return shapely.get_coordinates(shapely.from_wkb(geometries[index]))


def distance_metres(first: np.ndarray, second: np.ndarray) -> float:
    """Mean symmetric distance on the ground; both EPSG:3413."""
    scale = float(geo.ground_scale(first.mean(axis=0)[None], geo.NORTH_CRS)[0])
    return scale * front_distance([first], [second], spacing=PIXEL / 3).mean


@pytest.fixture(scope="module")
def reference(harald, tmp_path_factory) -> RunResult:
    output = tmp_path_factory.mktemp("reference")
    return run(
        Settings(
            scenes=(str(harald.scene),),
            date="2021-09-26",
            domain=str(harald.box),
            output=str(output),
        )
    )


def test_one_front_within_two_pixels_of_the_known_one(reference: RunResult, harald) -> None:
    assert reference.exit_status == 0
    (pair,) = reference.pairs
    (front,) = pair.fronts
    assert front.crs == "EPSG:3413"
    assert distance_metres(front.xy, known_front(harald.fronts)) <= 2 * PIXEL


def test_the_front_is_not_clipped_to_its_domain(reference: RunResult, harald) -> None:
    _, _, (box,), _ = pyogrio.raw.read(harald.box)
    (front,) = reference.pairs[0].fronts
    outside = shapely.LineString(front.xy).difference(shapely.from_wkb(box))
    assert outside.length > 5 * PIXEL


def test_one_valid_ocean_polygon_on_the_left_of_the_front(reference: RunResult) -> None:
    meta, _, geometries, _ = pyogrio.raw.read(reference.output / "fronts.gpkg", layer="ocean")
    assert meta["crs"] == "EPSG:3413"
    (ocean,) = shapely.from_wkb(geometries)
    assert ocean.geom_type == "Polygon"
    assert ocean.is_valid
    (front,) = reference.pairs[0].fronts
    left = shapely.LineString(front.xy).parallel_offset(3 * PIXEL, "left")
    right = shapely.LineString(front.xy).parallel_offset(3 * PIXEL, "right")
    assert left.intersection(ocean).length > 0.9 * left.length
    assert right.intersection(ocean).length < 0.1 * right.length


def warp(source: Path, target: Path, crs: str) -> None:
    with rasterio.open(source) as scene:
        transform, width, height = calculate_default_transform(
            scene.crs, crs, scene.width, scene.height, *scene.bounds
        )
        profile = {**scene.profile, "crs": crs, "transform": transform}
        profile.update(width=width, height=height, nodata=0, blockysize=16)
        with rasterio.open(target, "w", **profile) as warped:
            reproject(
                rasterio.band(scene, 1),
                rasterio.band(warped, 1),
                dst_nodata=0,
                resampling=Resampling.cubic,
            )


def rotate(source: Path, target: Path, degrees: float = 30.0) -> None:
    with rasterio.open(source) as scene:
        side = int(np.hypot(scene.width, scene.height))
        middle = scene.transform @ (scene.width / 2, scene.height / 2)
        transform = (
            Affine.translation(*middle)
            @ Affine.rotation(degrees)
            @ Affine.scale(PIXEL, -PIXEL)
            @ Affine.translation(-side / 2, -side / 2)
        )
        pixels = np.zeros((side, side), scene.dtypes[0])
        reproject(
            rasterio.band(scene, 1),
            pixels,
            dst_transform=transform,
            dst_crs=scene.crs,
            dst_nodata=0,
            resampling=Resampling.cubic,
        )
        write(target, pixels, transform, scene.crs, nodata=0)


def to_bytes(source: Path, target: Path) -> None:
    with rasterio.open(source) as scene:
        pixels = scene.read(1).astype(float)
        low, high = np.percentile(pixels, [0.1, 99.9])
        scaled = np.clip(1 + 254 * (pixels - low) / (high - low), 1, 255)
        write(target, scaled.astype("uint8"), scene.transform, scene.crs)


def flip(source: Path, target: Path) -> None:
    """Turn the rows over: the same map from south to north."""
    with rasterio.open(source) as scene:
        south_up = scene.transform @ Affine.translation(0, scene.height) @ Affine.scale(1, -1)
        write(target, scene.read(1)[::-1], south_up, scene.crs)


def write(path: Path, pixels: np.ndarray, transform: Affine, crs: object, **more: object) -> None:
    profile = {"driver": "GTiff", "count": 1, "dtype": pixels.dtype, "crs": crs, **more}
    profile.update(height=pixels.shape[0], width=pixels.shape[1], transform=transform)
    with rasterio.open(path, "w", **profile) as target:
        target.write(pixels, 1)


VARIANTS = {
    "longitude and latitude": lambda source, target: warp(source, target, "EPSG:4326"),
    "polar stereographic": lambda source, target: warp(source, target, "EPSG:3413"),
    "rotated": rotate,
    "8 bit": to_bytes,
    "south up": flip,
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_front_stays_where_it_is_in_other_grids(
    variant: str, reference: RunResult, harald, tmp_path: Path
) -> None:
    VARIANTS[variant](harald.scene, tmp_path / "scene.tif")
    result = run(
        Settings(
            scenes=(str(tmp_path / "scene.tif"),),
            date="2021-09-26",
            domain=str(harald.box),
            output=str(tmp_path / "out"),
        )
    )
    ((front,),) = (pair.fronts for pair in result.pairs)
    ((original,),) = (pair.fronts for pair in reference.pairs)
    apart = shapely.distance(shapely.points(front.xy), shapely.LineString(original.xy))
    assert np.median(apart) <= PIXEL / 2
    # where the front fades out along the coast, resampling decides how far it is followed
    assert np.mean(apart) <= 1.5 * PIXEL
    known = known_front(harald.fronts)
    assert distance_metres(front.xy, known) <= PIXEL
    length, full = (shapely.LineString(xy).length for xy in (front.xy, known))
    assert 0.9 <= length / full <= 1.1
    # the same direction, hence the ocean on the same side
    assert np.dot(front.xy[-1] - front.xy[0], original.xy[-1] - original.xy[0]) > 0


@pytest.mark.slow
@pytest.mark.parametrize("corner", [(101, 203), (347, 290)])
def test_the_front_is_found_in_a_larger_scene_without_a_domain(
    corner: tuple[int, int], harald, tmp_path: Path
) -> None:
    """The scene continued by its mirror images; where it lies among them does not matter."""
    side = 1300
    with rasterio.open(harald.scene) as scene:
        frame = [(corner[n], side - scene.shape[n] - corner[n]) for n in (0, 1)]
        pixels = np.pad(scene.read(1), frame, mode="reflect")
        transform = scene.transform @ Affine.translation(-corner[1], -corner[0])
        write(tmp_path / "scene.tif", pixels, transform, scene.crs)
    given = Settings(scenes=(str(tmp_path / "scene.tif"),), date="2021-09-26", figures="none")
    result = run(replace(given, output=str(tmp_path / "out")))
    known = known_front(harald.fronts)
    apart = [distance_metres(front.xy, known) for front in result.fronts]
    assert min(apart) <= 1.5 * PIXEL
    assert sum(metres < 1000 for metres in apart) == 1


def test_subset_and_scene_give_the_same_front(
    reference: RunResult, harald, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--date", "2021-09-26", "--domain", str(harald.box)]
    subsets = tmp_path / "subsets"
    assert main(["subset", str(harald.scene), *common, "--output", str(subsets)]) == 0
    (subset,) = subsets.rglob("*.tif")
    capsys.readouterr()
    assert main(["run", str(subset), "--output", str(tmp_path / "out"), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert [pair["status"] for pair in summary["pairs"]] == ["done"]
    _, _, found, _ = pyogrio.raw.read(tmp_path / "out" / "fronts.gpkg", layer="fronts")
    _, _, expected, _ = pyogrio.raw.read(reference.output / "fronts.gpkg", layer="fronts")
    np.testing.assert_array_equal(
        shapely.get_coordinates(shapely.from_wkb(found)),
        shapely.get_coordinates(shapely.from_wkb(expected)),
    )


@pytest.fixture(scope="module")
def network():
    return load("light")


ROWS, COLS = np.indices((898, 801))
PLACES = {
    # the window that is read begins at row 281 and column 272
    "corner": ROWS + COLS < 281 + 272 + 160,
    "stripes": ROWS % 35 < 4,
    "single pixels": (ROWS % 9 == 4) & (COLS % 13 == 6),
}
KINDS = {
    "digital numbers": lambda pixels: pixels,
    "bytes": lambda pixels: np.clip((pixels - 6000) / 45, 1, 254).astype("uint8"),
    "signed": lambda pixels: (pixels // 2).astype("int16"),
    "reflectance": lambda pixels: (pixels * 2e-5 - 0.1).astype("float32"),
    "decibels": lambda pixels: (10 * np.log10(pixels / 4e4) - 5).astype("float32"),
}
DISGUISES = {
    "tag": ("digital numbers", "corner", 0, 0),
    "zeros": ("digital numbers", "corner", 0, None),
    "zeros, another tag": ("digital numbers", "corner", 0, 65535),
    "65535 in stripes": ("digital numbers", "stripes", 65535, None),
    "bytes, zeros": ("bytes", "corner", 0, None),
    "bytes, white stripes": ("bytes", "stripes", 255, None),
    "signed, single pixels": ("signed", "single pixels", -32768, None),
    "NaN": ("reflectance", "corner", np.nan, None),
    "-9999": ("reflectance", "corner", -9999, None),
    "-9999 in stripes, another tag": ("reflectance", "stripes", -9999, 0),
    "least float": ("reflectance", "single pixels", np.finfo("float32").min, None),
    "1e20": ("reflectance", "corner", 1e20, None),
    "decibels, zeros": ("decibels", "stripes", 0, None),
}


def fronts_and_warnings(path: Path, harald, network) -> tuple[list[np.ndarray], list[str]]:
    (domain,) = read_domains(harald.box)
    with collected_warnings() as warnings:
        subset = cut(open_scene(str(path), date="2021-09-26"), domain, Settings())
    return [front.xy for front in extract(subset, network, Settings()).fronts], warnings


@pytest.fixture(scope="module")
def masked(harald, network, tmp_path_factory) -> Callable[[str, str], np.ndarray]:
    """The front of a scene of a kind whose gaps are declared by a mask."""

    @functools.cache
    def front(kind: str, place: str) -> np.ndarray:
        path = tmp_path_factory.mktemp("masked") / "masked.tif"
        with rasterio.open(harald.scene) as scene:
            write(path, KINDS[kind](scene.read(1)), scene.transform, scene.crs)
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as target:
            target.write_mask(~PLACES[place])
        (found,), warnings = fronts_and_warnings(path, harald, network)
        assert warnings == []
        return found

    return front


@pytest.mark.parametrize("disguise", DISGUISES)
def test_no_data_in_disguise_moves_no_front(
    disguise: str, harald, network, masked, tmp_path: Path
) -> None:
    kind, place, value, tag = DISGUISES[disguise]
    with rasterio.open(harald.scene) as scene:
        pixels = KINDS[kind](scene.read(1))
        grid = (scene.transform, scene.crs)
    expected = masked(kind, place)
    pixels[PLACES[place]] = value
    write(tmp_path / "disguised.tif", pixels, *grid, nodata=tag)
    (found,), warnings = fronts_and_warnings(tmp_path / "disguised.tif", harald, network)
    apart = shapely.distance(shapely.points(found), shapely.LineString(expected))
    assert apart.mean() <= PIXEL / 2
    declared = tag == value or np.isnan(value)
    assert len(warnings) == (0 if declared else 1)
