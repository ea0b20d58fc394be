"""Zones and fronts in vector files beside a scene, against what was drawn."""

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from affine import Affine

from pycalfin.datasets import ICE, LAND, OCEAN, layouts, vectors, zones
from pycalfin.errors import MissingCRSError, SceneError
from pycalfin.settings import Settings

CRS = "EPSG:3413"
LEFT, TOP, SIDE, METRES = -300_000.0, -1_900_000.0, 96, 30.0
NAME = "LC08_L1TP_031005_20200719_20200722_01_T1_B5"


def xy(rows_cols):
    """Map coordinates of (row, column), corner-based."""
    return [(LEFT + METRES * col, TOP - METRES * row) for row, col in rows_cols]


def box(top, left, bottom, right):
    return shapely.Polygon(xy([(top, left), (top, right), (bottom, right), (bottom, left)]))


def write(path, geometries, crs=CRS, **fields):
    kind = geometries[0].geom_type
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(one) for one in geometries], object),
        [np.array(values, object) for values in fields.values()],
        list(fields),
        geometry_type=kind,
        crs=crs,
    )


@pytest.fixture
def scene(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    pixels = np.full((SIDE, SIDE), 9000, np.uint16)
    pixels[:48] = 5000
    pixels[0, 0] = 20000
    profile = {"driver": "GTiff", "count": 1, "height": SIDE, "width": SIDE, "dtype": "uint16"}
    transform = Affine(METRES, 0, LEFT, 0, -METRES, TOP)
    with rasterio.open(
        folder / f"{NAME}.tif", "w", crs=CRS, transform=transform, **profile
    ) as file:
        file.write(pixels, 1)
    return folder


@pytest.fixture
def polygons():
    return [box(0, 0, 48, 60), box(48, 0, 96, 60)]


FRONT = shapely.LineString(xy([(48, 0), (48, 60)]))


def read(folder):
    (item,) = layouts.find(folder, layouts.detect(folder), Settings())
    return item.read()


def test_zones_are_burned_and_the_rest_is_unknown(scene, polygons):
    write(scene / "fronts.gpkg", [FRONT], date=["2020-07-19"])
    write(scene / "zones.gpkg", [*polygons, box(0, 60, 20, 96)], zone=["Ocean", "ice", "rock"])
    plain = read(scene)
    assert not plain.zones.any()
    assert plain.edge_known.all()
    found = zones.apply(plain, zones.read(zones.find(scene)))
    expected = np.zeros((SIDE, SIDE), int)
    expected[:48, :60], expected[48:, :60], expected[:20, 60:] = OCEAN, ICE, LAND
    np.testing.assert_array_equal(found.zones, expected)
    np.testing.assert_array_equal(found.front, plain.front)
    assert found.edge_known[:, :60].all()
    assert found.edge_known[48, 60 + zones.REACH - 2]
    assert not found.edge_known[60:, 80:].any()


def test_zones_alone_give_the_front(scene, polygons):
    write(scene / "zones.gpkg", polygons, zone=["ocean", "ice"])
    plain = read(scene)
    assert not plain.front.any()
    found = zones.apply(plain, zones.read(zones.find(scene)))
    expected = np.zeros((SIDE, SIDE), bool)
    expected[48, :60] = True
    np.testing.assert_array_equal(found.front, expected)


def test_a_column_gives_zones_and_fronts_to_scenes_and_dates(scene, polygons):
    other = shapely.LineString(xy([(20, 0), (20, 60)]))
    write(scene / "fronts.gpkg", [other, FRONT], scene=["other.tif", f"{NAME}.tif"])
    write(
        scene / "zones.geojson",
        [box(0, 0, 96, 96), *polygons],
        crs=CRS,
        zone=["land", "ocean", "ice"],
        date=["2019-01-01", "2020-07-19", "2020/07/19"],
    )
    found = zones.apply(read(scene), zones.read(zones.find(scene)))
    assert not found.front[20].any()
    assert found.front[47:49, 5:55].any(axis=0).all()
    assert set(np.unique(found.zones)) == {0, OCEAN, ICE}


def test_outside_the_domain_nothing_is_known_of_fronts(scene):
    write(scene / "fronts.gpkg", [FRONT], date=["2020-07-19"])
    write(scene.parent / "domain.gpkg", [box(30, 10, 70, 50)], Name=["Mine"])
    settings = Settings(domain=str(scene.parent / "domain.gpkg"), margin=10)
    (item,) = vectors.find(scene, "geopackage", settings)
    image = item.read()
    assert image.edge_known.all()
    found = zones.within(image)
    assert found.edge_known[image.front].all()
    assert not found.edge_known.all()


def test_bad_files_say_what_is_wrong(scene, polygons):
    path = scene / "zones.gpkg"
    write(path, polygons, kind=["ocean", "ice"])
    with pytest.raises(SceneError, match=r"no column 'zone' \(ocean, .*its columns are kind"):
        zones.read(path)
    path.unlink()
    write(path, polygons, zone=["ocean", "sand"])
    with pytest.raises(SceneError, match="zones sand; expected ocean, water"):
        zones.read(path)
    path.unlink()
    path = scene / "zones.shp"
    write(path, polygons, zone=["ocean", "ice"])
    path.with_suffix(".prj").unlink()
    with pytest.raises(MissingCRSError, match="no coordinate reference system"):
        zones.read(path)
    assert len(zones.read(path, CRS)) == 2
