"""Names of any bytes are scenes, domains and folders like others, also in worker processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from pycalfin.cli import main

from .test_bad_input import DATE, good, pixels, polygon, write

RING = [(1, 1), (60, 1), (60, 60), (1, 60), (1, 1)]
NAMES = (
    b"Br\xe6.tif",
    b"Br\xf8.tif",
    b"\xff\xfe.tif",
    b"a\nb.tif",
    b"a'b\".tif",
    b"-x.tif",
    b"50%.tif",
    b"a#b?.tif",
    b"{a.tif",
    b"a,b;c!d.tif",
    b"a\\b.tif",
    b"x" * 251 + b".tif",
    b"\xe6" * 251 + b".tif",
    b"NETCDF:x.tif",
    b"GTIFF_DIR:1:x.tif",
    b"<VRTDataset>.tif",
    b"vsizip.tif",
    b"\xe6rhus/in.tif",
    b"x.tar/in.tif",
)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names") / "scenes"
    for number, name in enumerate(NAMES):
        image = pixels()
        image[0, 0] += number
        path = folder / os.fsdecode(name)
        path.parent.mkdir(exist_ok=True, parents=True)
        write(folder / "made.tif", image).rename(path)
    return folder


def test_run_and_subset(scenes: Path, tmp_path: Path) -> None:
    area = polygon(tmp_path / "area.geojson", RING)
    area = area.rename(tmp_path / os.fsdecode(b"Br\xe6;x.geojson"))
    output = tmp_path / os.fsdecode(b"o\xe6")
    command = [sys.executable, "-m", "pycalfin", "run", str(scenes), *DATE, "--jobs", "2"]
    command += ["--domain", str(area), "--output", str(output), "--json"]
    command += ["--figures", "none"]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, check=False)
        text = done.stderr.decode("utf-8")
        assert done.returncode == 0, text
        # a line for each pair that was worked on, whatever its name; nothing else
        assert text.count("\n") == len(
            re.findall(r"^pycalfin: \d+ of \d+: .*, \d+\.\d s$", text, re.M)
        )
        assert json.loads(done.stdout)["output"].endswith(r"o\xe6")
    record = json.loads((output / "run.json").read_text(encoding="utf-8"))
    paths = {pair["path"] for pair in record["pairs"]}
    assert len(paths) == len(record["pairs"]) == len(NAMES)
    assert str(scenes / "Br") + r"\xe6.tif" in paths
    assert {pair["status"] for pair in record["pairs"]} == {"no_front"}
    assert record["settings"]["domain"].endswith(r"Br\xe6;x.geojson")
    assert "Br\\xe6" in (output / "report.html").read_text(encoding="utf-8")
    with h5py.File(output / "fronts.h5") as file:
        document = json.loads(bytes(file["document"][0]).decode("utf-8"))
    assert {pair["path"] for pair in document["pairs"]} == paths


def test_subsets_of_any_name_in_a_folder_of_any_name(
    scenes: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    area = polygon(tmp_path / "area.geojson", RING)
    output = tmp_path / os.fsdecode(b"o\xe6")
    words = [str(scenes), *DATE, "--domain", str(area), "--output", str(output)]
    assert main(["subset", *words]) == 0
    assert len(capfd.readouterr().out.splitlines()) == len(list(output.iterdir())) == len(NAMES)


def test_a_domain_without_a_field_has_the_name_of_its_file(tmp_path: Path) -> None:
    area = polygon(tmp_path / "area.geojson", RING)
    area.write_text(area.read_text().replace('"name": "Glacier"', '"other": 1'))
    area = area.rename(tmp_path / os.fsdecode(b"Br\xe6.geojson"))
    good(tmp_path / "scene.tif")
    assert main(["run", "scene.tif", *DATE, "--domain", str(area), "--output", "out"]) == 0
    (pair,) = json.loads(Path("out/run.json").read_text(encoding="utf-8"))["pairs"]
    assert pair["domain"] == "Br_xe6"


def test_a_fjord_mask_of_any_name(tmp_path: Path) -> None:
    good(tmp_path / "scene.tif")
    mask = write(tmp_path / "mask.tif", pixels("float32"))
    mask = mask.rename(tmp_path / os.fsdecode(b"NETCDF:Br\xe6.tif"))
    assert main(["run", "scene.tif", *DATE, "--fjord", mask.name, "--output", "out"]) == 0


@pytest.mark.parametrize("name", [b"Br\xe6.tif", b"<VRTDataset>.tif", b"\xe6.tar/in.tif"])
def test_what_is_wrong_is_said_under_its_name(
    name: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / os.fsdecode(name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"no image" * 99)
    assert main(["run", str(path), *DATE, "--output", "out"]) == 1
    err = capfd.readouterr().err
    assert "not an image that GDAL can read" in err
    assert "Traceback" not in err
    (pair,) = json.loads(Path("out/run.json").read_text(encoding="utf-8"))["pairs"]
    assert pair["status"] == "failed"
