"""Georeferenced images with fronts in vector files, in folders made here."""

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from affine import Affine
from PIL import Image

from pycalfin import geo
from pycalfin.datasets import layouts, vectors
from pycalfin.errors import MissingCRSError, SceneError
from pycalfin.settings import Settings

CRS, WEST, NORTH, PIXEL = "EPSG:32622", 500_000.0, 7_700_000.0, 30.0
TRANSFORM = Affine(PIXEL, 0, WEST, 0, -PIXEL, NORTH)
SIDE = 64
SCENE = "Jakobshavn_S1A_IW_GRDH_1SDH_2018-06-02_090_T101500_HH"


def pixels():
    return np.add.outer(np.arange(SIDE), np.arange(SIDE)).astype(np.uint8) + 1


def geotiff(path, **fields):
    profile = {"crs": CRS, "transform": TRANSFORM, **fields}
    with rasterio.open(
        path, "w", driver="GTiff", height=SIDE, width=SIDE, count=1, dtype="uint8", **profile
    ) as out:
        out.write(pixels(), 1)


def front(col):
    """A line down the image, along the centres of a column."""
    rowcol = np.array([[-20.0, col], [SIDE + 20.0, col]])
    return shapely.LineString(geo.pixel_to_map(rowcol, TRANSFORM))


def write(path, lines, crs=CRS, **columns):
    fields = {name: np.array(values, object) for name, values in columns.items()}
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array(lines, object)),
        list(fields.values()),
        list(fields) or [],
        crs=crs,
        geometry_type="LineString",
    )


def read(folder, settings=None, days=1):
    layout = layouts.detect(folder)
    found = layouts.find(folder, layout, settings or Settings(), days)
    return layout, [item.read() for item in found]


def test_sentinel_scenes_with_a_shapefile_of_their_name(tmp_path):
    geotiff(tmp_path / f"{SCENE}.tif")
    write(tmp_path / f"{SCENE}.shp", [front(20)], id=["1"])
    layout, (image,) = read(tmp_path)
    assert layout == "baumhoer"
    assert (image.glacier, image.sensor, image.date) == ("Jakobshavn", "S1A", "2018-06-02")
    assert image.front[:, 20].all()
    assert image.front.sum() == SIDE
    assert image.metres == pytest.approx(PIXEL, rel=1e-3)
    np.testing.assert_array_equal(image.image, pixels())
    np.testing.assert_allclose(image.lines[0][:, 1], 20, atol=1e-6)


def test_fronts_in_another_crs_and_in_a_domain(tmp_path):
    geotiff(tmp_path / "2018-06-02.tif")
    lines = [shapely.transform(front(col), lambda xy: geo.reproject(xy, CRS, geo.NORTH_CRS))
             for col in (20, 55)]  # fmt: skip
    write(tmp_path / "fronts.gpkg", lines, crs=geo.NORTH_CRS, date=["2018-06-02"] * 2)
    box = shapely.box(WEST + 300, NORTH - 1500, WEST + 1200, NORTH - 300)
    pyogrio.raw.write(
        tmp_path / "domain.geojson", shapely.to_wkb(np.array([box], object)),
        [np.array(["Bræ"], object)], ["Name"], crs=CRS, geometry_type="Polygon",
    )  # fmt: skip
    layout, (image,) = read(tmp_path, Settings(domain=str(tmp_path / "domain.geojson")))
    assert layout == "geopackage"
    assert image.glacier == "Bræ"
    assert len(image.lines) == 1
    row, col = np.argwhere(image.front).T
    xy = geo.pixel_to_map(np.column_stack([row, col]).astype(float), image.subset.transform)
    np.testing.assert_allclose(geo.map_to_pixel(xy, TRANSFORM)[:, 1], 20, atol=0.6)


@pytest.mark.parametrize(
    ("dates", "days", "columns"),
    [
        (["2018-06-01", "2018-06-04"], 1, [20]),
        (["2018-06-01", "2018-06-03"], 1, [20]),
        (["2018-06-02", "2018-06-02"], 0, [20, 40]),
        (["2018-05-30", "2018-06-04"], 3, [40]),
    ],
)
def test_the_fronts_of_the_nearest_date_are_the_truth(tmp_path, dates, days, columns):
    geotiff(tmp_path / "2018-06-02.tif")
    write(tmp_path / "fronts.gpkg", [front(20), front(40)], date=dates)
    _, (image,) = read(tmp_path, days=days)
    assert np.flatnonzero(image.front.all(axis=0)).tolist() == columns


def test_an_image_whose_front_is_not_known_is_no_image_without_a_front(tmp_path):
    geotiff(tmp_path / "2018-06-02.tif")
    write(tmp_path / "fronts.gpkg", [front(20)], date=["2018-07-02"])
    with pytest.raises(
        SceneError, match=r"no known front of 2018-06-02 within --days 1; .*2018-07"
    ):
        read(tmp_path)


def test_quick_looks_with_a_world_file(tmp_path):
    Image.fromarray(pixels()).save(tmp_path / "TSX_20090612.png")
    numbers = (PIXEL, 0, 0, -PIXEL, WEST + PIXEL / 2, NORTH - PIXEL / 2)
    (tmp_path / "TSX_20090612.pgw").write_text("\n".join(map(str, numbers)))
    write(tmp_path / "front_20090612.shp", [front(10)], id=["1"])
    layout, (image,) = read(tmp_path)
    assert layout == "zhang"
    assert (image.sensor, image.date) == ("TSX", "2009-06-12")
    assert image.front[:, 10].all()
    assert image.metres == pytest.approx(PIXEL, rel=1e-3)


def test_quick_looks_with_the_coordinates_of_their_corners(tmp_path):
    Image.fromarray(pixels()).save(tmp_path / "TSX_20090612.png")
    corners = np.array([[0, 0], [0, SIDE], [SIDE, SIDE], [SIDE, 0]]) - 0.5
    lonlat = geo.reproject(geo.pixel_to_map(corners, TRANSFORM), CRS, geo.LONLAT)
    lines = [f"{k},{x},{y}" for k, (x, y) in zip(("ul", "ur", "lr", "ll"), lonlat, strict=True)]
    text = "\n".join(["corner,longitude,latitude", *lines])
    (tmp_path / "TSX_20090612_corners.csv").write_text(text)
    write(tmp_path / "TSX_20090612.shp", [front(10)], id=["1"])
    _, (image,) = read(tmp_path)
    assert image.front[:, 10].all()
    assert image.metres == pytest.approx(PIXEL, rel=1e-3)
    (tmp_path / "TSX_20090612_corners.csv").write_text(text.replace("ll,", "xx,"))
    with pytest.raises(SceneError, match="expected the columns corner,longitude,latitude"):
        read(tmp_path)


def test_a_quick_look_without_a_place_is_refused(tmp_path):
    Image.fromarray(pixels()).save(tmp_path / "TSX_20090612.png")
    write(tmp_path / "TSX_20090612.shp", [front(10)], id=["1"])
    with pytest.raises(SceneError, match=r"no world file and no TSX_20090612_corners\.csv"):
        read(tmp_path)


def test_files_of_fronts_that_cannot_be_used(tmp_path):
    geotiff(tmp_path / f"{SCENE}.tif")
    point = shapely.to_wkb(np.array([shapely.Point(0, 0)], object))
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.raw.write(tmp_path / "a.shp", point, [np.array([1])], ["id"], geometry_type="Point")
    with pytest.raises(MissingCRSError, match=r"a\.shp: .*pass --crs"):
        read(tmp_path)
    with pytest.raises(SceneError, match="holds Point; expected lines"):
        read(tmp_path, Settings(crs=CRS))


def test_dates_in_texts():
    assert vectors.date_in("x_2009-06-12T10") == "2009-06-12"
    assert vectors.date_in("99999999") == ""
