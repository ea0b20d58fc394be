"""Bad input gets one clear sentence, the right exit status, and costs nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from pycalfin.cli import main

TRANSFORM = Affine(30, 0, 400_000, 0, -30, 8_500_000)
SIDE = 64
DATE = ["--date", "2020-07-01"]


def pixels(dtype: str = "uint16") -> np.ndarray:
    """Bright ground with dark water in it."""
    noise = np.random.default_rng(0).integers(9000, 12000, (SIDE, SIDE))
    noise[:, : SIDE // 2] -= 8000
    return noise.astype(dtype)


def write(path: Path, array: np.ndarray, **profile: object) -> Path:
    georeference = {"crs": "EPSG:32620", "transform": TRANSFORM, **profile}
    settings = {"driver": "GTiff", "count": 1, "dtype": array.dtype, **georeference}
    with rasterio.open(path, "w", height=array.shape[0], width=array.shape[1], **settings) as out:
        out.write(array, 1)
    return path


def good(path: Path) -> Path:
    return write(path, pixels())


def truncated(path: Path) -> Path:
    good(path)
    os.truncate(path, path.stat().st_size // 2)
    return path


def empty(path: Path) -> Path:
    path.touch()
    return path


def missing(path: Path) -> Path:
    return path


def text(path: Path) -> Path:
    path.write_text("This is no image.\n" * 50)
    return path


def folder_without_product(path: Path) -> Path:
    path.mkdir()
    (path / "notes.txt").write_text("nothing here")
    return path


def no_crs(path: Path) -> Path:
    return write(path, pixels(), crs=None)


def slc(path: Path) -> Path:
    return write(path, (pixels() * (1 + 1j)).astype("complex64"))


def all_nodata(path: Path) -> Path:
    return write(path, np.zeros((SIDE, SIDE), "uint16"), nodata=0)


def all_nan(path: Path) -> Path:
    return write(path, np.full((SIDE, SIDE), np.nan, "float32"))


def constant(path: Path) -> Path:
    return write(path, np.full((SIDE, SIDE), 9000, "uint16"))


def one_pixel(path: Path) -> Path:
    return write(path, np.full((1, 1), 9000, "uint16"))


BAD_SCENES: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    # what: how it is made, status, words of the reason
    "truncated": (truncated, "failed", "again"),
    "empty": (empty, "failed", ""),
    "missing": (missing, "failed", ""),
    "text named .tif": (text, "failed", ""),
    "folder that is no product": (folder_without_product, "failed", ""),
    "no CRS": (no_crs, "failed", "--crs"),
    "complex": (slc, "failed", "GRD"),
    "all no-data": (all_nodata, "skipped", "no"),
    "all NaN": (all_nan, "skipped", "no"),
    "constant": (constant, "skipped", "constant"),
    "1x1": (one_pixel, "skipped", "pixel"),
}


def check_sentence(err: str, name: str) -> None:
    lines = [line for line in err.splitlines() if line.strip()]
    assert 1 <= len(lines) <= 3, err
    assert name in err
    assert "Traceback" not in err
    assert "ERROR" not in err, "a message of a library below leaked"


@pytest.mark.parametrize("case", BAD_SCENES)
def test_bad_scene(case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    make, status, words = BAD_SCENES[case]
    path = make(tmp_path / "scene.tif")
    code = main(["run", str(path), *DATE, "--output", str(tmp_path / "out")])
    assert code == 1
    check_sentence(capfd.readouterr().err, "scene.tif")
    (pair,) = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["pairs"]
    assert pair["status"] == status
    assert words in pair["reason"]
    assert (tmp_path / "out" / "report.html").exists()


def test_no_date(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    good(tmp_path / "scene.tif")
    assert main(["run", "scene.tif", "--output", "out"]) == 1
    err = capfd.readouterr().err
    check_sentence(err, "scene.tif")
    assert "--date" in err


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinities_are_no_data(
    value: float, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    array = pixels("float32")
    array[5:9, 5:9] = value
    write(tmp_path / "scene.tif", array)
    assert main(["run", "scene.tif", *DATE, "--output", "out", "--json"]) == 0
    out, err = capfd.readouterr()
    assert json.loads(out)["pairs"][0]["status"] in {"done", "no_front"}
    assert err.startswith("pycalfin: 1 of 1: ")
    assert err.count("\n") == 1


def polygon(path: Path, ring: list[tuple[float, float]]) -> Path:
    corners = [TRANSFORM @ (col, row) for col, row in ring]
    feature = {
        "type": "Feature",
        "properties": {"name": "Glacier"},
        "geometry": {"type": "Polygon", "coordinates": [corners] if corners else []},
    }
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32620"}}
    content = {"type": "FeatureCollection", "crs": crs, "features": [feature]}
    path.write_text(json.dumps(content))
    return path


BAD_DOMAINS = {
    "outside the scene": ([(900, 900), (960, 900), (960, 960), (900, 900)], "skipped"),
    "no area": ([(5, 5), (60, 60), (30, 30), (5, 5)], "refused"),
    "empty": ([], "refused"),
}


@pytest.mark.parametrize("case", BAD_DOMAINS)
def test_bad_domain(case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ring, status = BAD_DOMAINS[case]
    good(tmp_path / "scene.tif")
    polygon(tmp_path / "area.geojson", ring)
    code = main(["run", "scene.tif", *DATE, "--domain", "area.geojson", "--output", "out"])
    if status == "refused":
        assert code == 2
        check_sentence(capfd.readouterr().err, "area.geojson")
        assert not Path("out").exists()
        return
    assert code == 1
    check_sentence(capfd.readouterr().err, "scene.tif")
    (pair,) = json.loads(Path("out/run.json").read_text(encoding="utf-8"))["pairs"]
    assert pair["status"] == status
    assert pair["reason"]


def test_output_that_cannot_be_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    good(tmp_path / "scene.tif")
    Path("taken").write_text("a file")
    for output in ("taken", "taken/below"):
        assert main(["run", "scene.tif", *DATE, "--output", output]) == 2
        err = capfd.readouterr().err
        check_sentence(err, output)
        assert "--output" in err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("jbos = 2\n", "did you mean 'jobs'"),
        ("jobs = 0\n", "jobs is 0"),
        ("date = '2020-13-01'\n", "YYYY-MM-DD"),
        ("jobs = \n", "TOML"),
    ],
)
def test_bad_settings_file(
    content: str, words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    good(tmp_path / "scene.tif")
    Path("settings.toml").write_text(content)
    assert main(["run", "scene.tif", "--settings", "settings.toml", "--output", "out"]) == 2
    err = capfd.readouterr().err
    check_sentence(err, "settings.toml")
    assert words in err
    assert not Path("out").exists()


def corrupt_weights(path: Path) -> None:
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 1000)


def text_weights(path: Path) -> None:
    path.write_text("no weights")


def no_weights(path: Path) -> None:
    del path


@pytest.mark.parametrize("make", [corrupt_weights, text_weights, no_weights])
def test_bad_weights(
    make: Callable[[Path], None], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    good(tmp_path / "scene.tif")
    make(tmp_path / "weights.h5")
    assert main(["run", "scene.tif", *DATE, "--network", "weights.h5", "--output", "out"]) == 2
    check_sentence(capfd.readouterr().err, "weights.h5")
    assert not Path("out").exists()


def test_one_bad_scene_never_stops_a_batch(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    scenes = tmp_path / "scenes"
    scenes.mkdir()
    names = []
    for number, (make, _, _) in enumerate(BAD_SCENES.values()):
        if make is not missing:
            names.append(make(scenes / f"bad_{number}.tif").name)
    good(scenes / "a_good.tif")
    good(scenes / "z_good.tif")
    assert main(["run", "scenes", "gone.tif", *DATE, "--output", "out", "--json"]) == 3
    out, err = capfd.readouterr()
    pairs = {Path(pair["path"]).name: pair for pair in json.loads(out)["pairs"]}
    assert {"done", "no_front"} >= {pairs[name]["status"] for name in ("a_good.tif", "z_good.tif")}
    assert pairs["gone.tif"]["status"] == "failed"
    assert "Traceback" not in err
    # a folder in a folder of scenes is looked into; what is no scene in it is nobody's error
    missing_pairs = {name for name in names if name not in pairs}
    assert len(missing_pairs) <= 1
    assert len(json.loads(Path("out/run.json").read_text(encoding="utf-8"))["pairs"]) == len(pairs)


@pytest.mark.parametrize(("options", "shown"), [([], False), (["--debug"], True)])
def test_only_debug_shows_the_traceback(options: list[str], shown: bool, tmp_path: Path) -> None:
    text(tmp_path / "scene.tif")
    # a process of its own: pytest keeps the log of this one to itself
    command = [sys.executable, "-m", "pycalfin", "run", "scene.tif", *DATE, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert ("Traceback" in done.stderr) is shown
