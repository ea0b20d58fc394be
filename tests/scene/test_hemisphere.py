"""Domains in an assumed reference system, and scenes of the other hemisphere."""

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.control import GroundControlPoint
from shapely.geometry import box

from pycalfin.errors import DomainError
from pycalfin.expfile import Contour, write_exp_contours
from pycalfin.scene.domain import domain_from_mesh, domains_from_contours, read_domains
from pycalfin.scene.hemisphere import require_hemisphere
from pycalfin.settings import Settings

GRIDS = {
    "north": ("EPSG:3413", (-300_000, -1_900_000)),
    "north, UTM": ("EPSG:32620", (480_000, 8_500_000)),
    "south": ("EPSG:3031", (-2_300_000, 1_100_000)),
    "south, UTM": ("EPSG:32719", (600_000, 4_400_000)),
    "south, degrees": ("EPSG:4326", (-68.0, -70.0)),
    "south, control points": ("EPSG:4326", (-68.0, -70.0)),
}
SOUTH = [name for name in GRIDS if name.startswith("south")]
OUTLINE = box(-2_300_000, 1_090_000, -2_290_000, 1_100_000)
RING = shapely.get_coordinates(OUTLINE)
REFUSAL = r"was assumed to be in EPSG:3413, in the north, .* in the south .*; pass --crs EPSG:n"


@pytest.fixture
def scene(tmp_path):
    def write(grid, name="scene", date="_20160630"):
        crs, (west, north) = GRIDS[grid]
        pixel = 0.001 if crs == "EPSG:4326" else 30.0
        place = {"crs": crs, "transform": Affine(pixel, 0, west, 0, -pixel, north)}
        if "points" in grid:
            corners = [(row, col) for row in (0, 20) for col in (0, 20)]
            points = [
                GroundControlPoint(row, col, west + col * pixel, north - row * pixel)
                for row, col in corners
            ]
            place = {"gcps": points, "crs": crs}
        path = tmp_path / f"{name}{date}.tif"
        with rasterio.open(
            path, "w", driver="GTiff", width=20, height=20, count=1, dtype="uint8", **place
        ) as out:
            out.write(np.full((20, 20), 7, np.uint8), 1)
        return str(path)

    return write


@pytest.fixture
def outline(tmp_path):
    path = tmp_path / "outline.exp"
    write_exp_contours(path, [Contour.from_xy("Drygalski", RING)])
    return path


@pytest.mark.parametrize("grid", SOUTH)
@pytest.mark.parametrize("date", ["_20160630", ""])
def test_scenes_of_the_south_are_refused(scene, outline, grid, date):
    domains = read_domains(outline)
    with pytest.raises(DomainError, match=f"--domain: Drygalski {REFUSAL}"):
        require_hemisphere(domains, [scene(grid, date=date)], Settings())
    require_hemisphere(read_domains(outline, crs="EPSG:3413"), [scene(grid)], Settings())


@pytest.mark.parametrize("grid", sorted(GRIDS.keys() - set(SOUTH)))
def test_a_scene_of_the_north_is_enough(scene, outline, grid):
    paths = [scene("south"), "missing.tif", scene(grid, "other")]
    require_hemisphere(read_domains(outline), paths, Settings())


def test_scenes_that_cannot_be_opened_say_nothing(outline, tmp_path):
    (tmp_path / "damaged.tif").write_bytes(b"II*\0damaged")
    require_hemisphere(read_domains(outline), ["missing.tif", str(tmp_path / "damaged.tif")],
                       Settings())  # fmt: skip


def test_contours_and_meshes_are_assumed_as_well(scene):
    elements = np.array([[0, 1, 2], [0, 2, 3]])
    made = {
        "contours": domains_from_contours("domain", [Contour.from_xy("Drygalski", RING)]),
        "mesh": [domain_from_mesh("Drygalski", *RING[:4].T, elements)],
    }
    for domains in made.values():
        assert domains[0].crs_assumed
        with pytest.raises(DomainError, match=REFUSAL):
            require_hemisphere(domains, [scene("south")], Settings())
    given = domain_from_mesh("Drygalski", *RING[:4].T, elements, "EPSG:3031")
    assert not given.crs_assumed
