"""Files that name no reference system: what is assumed is said, and what cannot be is refused."""

import json

import numpy as np
import pytest
import rasterio
import scipy.io
import shapely
from affine import Affine
from shapely.geometry import LineString, box

from pycalfin.cli import main
from pycalfin.expfile import Contour, write_exp_contours
from pycalfin.geo import reproject_geometry
from tests.issm.drawn import SOUTH, WEST, across, write_vector

PLACE = (-2_300_000, 1_100_000)
"""Western Antarctic Peninsula, EPSG:3031: in the Pacific if taken for EPSG:3413."""
OUTLINE = box(PLACE[0], PLACE[1] - 3000, PLACE[0] + 3000, PLACE[1])


@pytest.fixture
def scene(tmp_path):
    path = tmp_path / "scene_20160630.tif"
    image = np.random.default_rng(0).integers(6000, 12000, (100, 100)).astype("uint16")
    with rasterio.open(
        path, "w", driver="GTiff", width=100, height=100, count=1, dtype="uint16",
        crs="EPSG:3031", transform=Affine(30, 0, PLACE[0], 0, -30, PLACE[1]),
    ) as out:  # fmt: skip
        out.write(image, 1)
    return str(path)


def exp(name, geometry):
    write_exp_contours(name, [Contour.from_xy("Drygalski", shapely.get_coordinates(geometry))])
    return name


@pytest.mark.parametrize(
    ("command", "option"), [("run", "--domain"), ("run", "--fjord"), ("subset", "--domain")]
)
def test_an_outline_of_the_south(scene, command, option, capsys, caplog, tmp_path):
    outline = exp("outline.exp", OUTLINE)
    before = sorted(tmp_path.iterdir())
    assert main([command, scene, option, outline, "--output", "out"]) == 2
    said = capsys.readouterr().err
    assert "outline.exp: no coordinate reference system, assumed EPSG:3413, where" in caplog.text
    assert f"{option}: Drygalski was assumed to be in EPSG:3413, in the north, but" in said
    assert "pass --crs EPSG:n (EPSG:3031" in said
    assert sorted(tmp_path.iterdir()) == before


def test_with_its_system_it_is_cut(scene, capsys):
    outline = exp("outline.exp", OUTLINE)
    arguments = ["subset", scene, "--domain", outline, "--crs", "EPSG:3031", "--output", "out"]
    assert main(arguments) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("outline", "message"),
    [
        (box(5e5, 8e6, 5.1e5, 8.01e6), "too far south; pass --crs EPSG:n"),
        (box(-60, -65, -59, -64), "longitude and latitude: EPSG:4326"),
    ],
)
def test_what_cannot_be_in_the_default_is_refused(scene, outline, message, capsys):
    assert main(["subset", scene, "--domain", exp("a.exp", outline), "--output", "out"]) == 2
    assert message in capsys.readouterr().err


def mesh(epsg=0, west=WEST, south=SOUTH):
    """Write a square mesh, 4 km wide."""
    steps = np.arange(9) * 500.0
    x, y = (values.ravel() for values in np.meshgrid(steps + west, steps + south))
    scipy.io.savemat("mesh.mat", {"md": {"mesh": {"x": x, "y": y, "epsg": epsg}}})
    return ["levelset", "--mesh", "mesh.mat", "--output", "out.npz"]


def drawn():
    write_exp_contours("drawn.exp", [Contour.from_xy("B_2016-06-30", across(1000))])
    return ["--fronts", "drawn.exp", "--ocean", "left"]


def test_contours_are_in_the_system_of_the_mesh(caplog):
    assert main([*mesh(3031), *drawn()]) == 0
    assert "drawn.exp: no coordinate reference system, assumed EPSG:3031" in caplog.text
    caplog.clear()
    found = np.load("out.npz")
    assert main([*mesh(3031), *drawn(), "--crs", "EPSG:3031"]) == 0
    assert not caplog.messages
    np.testing.assert_array_equal(np.load("out.npz")["levelset"], found["levelset"])
    assert found["epsg"] == 3031


def test_mesh_and_contours_without_a_system(caplog):
    assert main([*mesh(), *drawn()]) == 0
    one, other = caplog.messages
    assert one.startswith("the mesh: no coordinate reference system, assumed EPSG:3413, where it")
    assert other.startswith("drawn.exp: no coordinate reference system, assumed EPSG:3413; if")


@pytest.mark.parametrize(
    ("west", "south", "message"),
    [(5e5, 8e6, "too far south; set md.mesh.epsg"), (-2e6, 4.9e6, "too far south")],
)
def test_a_mesh_that_cannot_be_in_the_default(west, south, message, capsys):
    assert main([*mesh(0, west, south), *drawn()]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("ocean", [["--ocean", "left"], [f"--ocean={WEST},{SOUTH}"]])
def test_fronts_of_the_south_and_a_mesh_without_a_system(ocean, capsys, tmp_path):
    fields = {"Date": ["2016-06-30"], "RefName": ["B"]}
    write_vector(tmp_path / "a.shp", [LineString(across(1000))], crs="EPSG:3031", **fields)
    assert main([*mesh(), "--fronts", "a.shp", *ocean]) == 1
    said = capsys.readouterr().err
    assert "(at 78.6 N, but the fronts are in EPSG:3031, at 78.7 S)" in said
    assert "--crs" in said
    assert main([*mesh(), "--fronts", "a.shp", *ocean, "--crs", "EPSG:3031"]) == 0


@pytest.mark.parametrize("option", ["--land", "--fjord", "--ocean"])
def test_areas_take_the_given_system_or_that_of_the_mesh(option, caplog, tmp_path):
    area = box(WEST - 100, SOUTH - 100, WEST + 900, SOUTH + 4100)
    fields = {"Date": ["2016-06-30"], "RefName": ["B"]}
    write_vector(tmp_path / "a.gpkg", [LineString(across(1000))], **fields)
    side = [] if option == "--ocean" else ["--ocean", "left"]
    command = [*mesh(3413), "--fronts", "a.gpkg", *side, option]
    assert main([*command, exp("area.exp", area)]) == 0
    (sentence,) = caplog.messages
    assert sentence.startswith("area.exp: no coordinate reference system, assumed EPSG:3413")
    expected = np.load("out.npz")["levelset"]
    caplog.clear()
    moved = reproject_geometry(shapely.segmentize(area, 100), "EPSG:3413", "EPSG:32619")
    assert main([*command, exp("area.exp", moved), "--crs", "EPSG:32619"]) == 0
    assert not [sentence for sentence in caplog.messages if "assumed" in sentence]
    np.testing.assert_allclose(np.load("out.npz")["levelset"], expected)


def test_a_fjord_away_from_the_mesh_is_refused(capsys):
    fjord = exp("fjord.exp", OUTLINE)
    assert main([*mesh(3413), *drawn(), "--fjord", fjord]) == 1
    assert "--fjord do not meet the mesh, in EPSG:3413" in capsys.readouterr().err
    summary = [*mesh(3413), *drawn(), "--fjord", exp("fjord.exp", box(-4e5, -2e6, 0, -1e6))]
    assert main([*summary, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ice"] > 0
