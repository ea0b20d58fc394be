"""Files of strangers: only images are opened, and nothing that they name."""

from __future__ import annotations

import io
import tarfile
import zipfile

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.control import GroundControlPoint
from rasterio.shutil import copy

from pycalfin.errors import PycalfinError, SceneError
from pycalfin.scene.kinds import describe_kind
from pycalfin.scene.raster import open_dataset
from pycalfin.scene.read import open_raster, open_scene

DATE = "2016-06-30"


def vrt(source, size=(80, 64), more=""):
    """A description that makes GDAL open another file."""
    return (
        f'<VRTDataset rasterXSize="{size[0]}" rasterYSize="{size[1]}"><SRS>EPSG:3413</SRS>'
        f"<GeoTransform>-300000,30,0,-1900000,0,-30</GeoTransform>{more}"
        f'<VRTRasterBand dataType="UInt16" band="1"><SimpleSource><SourceFilename '
        f'relativeToVRT="0">{source}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>'
        "</VRTRasterBand></VRTDataset>"
    )


WMS = '<GDAL_WMS><Service name="TMS"><ServerUrl>http://127.0.0.1/${z}</ServerUrl></Service></GDAL_WMS>'
DESCRIPTIONS = {
    "vrt": (lambda other: vrt(other), "a GDAL VRT description"),
    "vrt with a mark and blanks": (lambda other: "\ufeff \n" + vrt(other), "a GDAL VRT"),
    "vrt after other text": (lambda other: "II " + vrt(other), "a GDAL VRT description"),
    "vrt of an address": (lambda _: vrt("/vsicurl/http://127.0.0.1/x.tif"), "a GDAL VRT"),
    "wms": (lambda _: WMS, "a web map"),
    "wmts": (lambda _: "<GDAL_WMTS><GetCapabilitiesUrl>http://127.0.0.1/", "a web map"),
    "wcs": (lambda _: "<WCS_GDAL><ServiceURL>http://127.0.0.1/", "a web service"),
    "capabilities": (lambda _: '<?xml version="1.0"?><WMS_Capabilities>', "a web map"),
    "tile index": (lambda other: f"<GDALTileIndexDataset><IndexDataset>{other}", "tile index"),
    "mrf": (lambda other: f"<MRF_META><CachedSource><Source>{other}", "MRF"),
    "page": (lambda _: "<!DOCTYPE html>\n<html><body>log in", "a web page"),
    "xml": (lambda _: '<?xml version="1.0"?><safe/>', "an XML text"),
    "stac": (lambda _: '{"stac_version": "1.0.0"}', "a STAC description"),
    "json": (lambda _: '{"type": "FeatureCollection"}', "a JSON text"),
    "netcdf": (lambda _: "CDF\x01", "a netCDF file"),
    "text": (lambda other: str(other), "not an image that GDAL can read"),
}


@pytest.fixture
def other(make, tmp_path):
    """A file that no stranger may have opened."""
    return make.tif(tmp_path / "private" / "other.tif")


@pytest.mark.parametrize("name", DESCRIPTIONS)
@pytest.mark.parametrize("wrapping", ["file", "tar", "zip", "qa"])
def test_descriptions_under_the_name_of_an_image(make, tmp_path, other, name, wrapping):
    content, what = DESCRIPTIONS[name]
    body = content(other).encode()
    band = f"{make.LANDSAT}_B5.TIF"
    path = tmp_path / (band if wrapping == "file" else f"{make.LANDSAT}.{wrapping}")
    if wrapping == "tar":
        with tarfile.open(path, "w") as tar:
            member = tarfile.TarInfo(band)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    elif wrapping == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(band, body)
    elif wrapping == "file":
        path.write_bytes(body)
    else:
        path = tmp_path / "quality.tif"
        path.write_bytes(body)
        with (
            pytest.raises(SceneError, match=what),
            open_dataset(band, str(path)),
        ):
            pass
        return
    with pytest.raises(SceneError, match=what) as caught:
        open_scene(str(path), date=DATE)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).startswith(f"{path}: ")


ALONE = '<Metadata><MDI key="INTERNAL_MASK_FLAGS_1">2</MDI></Metadata>'
NAMING = (
    '<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">{}</MDI></Metadata>'
    "</PAMDataset>"
)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("scene.tif.msk", lambda other: vrt(other, more=ALONE), r"scene.tif.msk: .* a GDAL VRT"),
        ("scene.tif.MSK", lambda other: vrt(other, more=ALONE), r"the .msk file of scene.tif is"),
        ("scene.tif.ovr", lambda other: vrt(other, (40, 32)), r"scene.tif.ovr: .* a GDAL VRT"),
        ("scene.tif.ovr.msk", lambda other: vrt(other, more=ALONE), "a GDAL VRT description"),
        ("scene.tif.ovr", lambda _: WMS, "a web map"),
        ("scene.tif.ovr", lambda _: "nothing", "not an image; remove it"),
        ("scene.tif.aux.xml", NAMING.format, r"refer to another file for overviews"),
        ("scene.tif.aux.xml", lambda _: NAMING.format("/vsicurl/http://127.0.0.1/x"), "vsicurl"),
    ],
)  # fmt: skip
def test_files_beside_an_image_that_name_others(make, tmp_path, other, name, content, what):
    path = make.tif(tmp_path / "scene.tif")
    (tmp_path / name).write_text(content(other))
    with pytest.raises(SceneError, match=what):
        open_scene(str(path), date=DATE)


@pytest.mark.parametrize("name", ["scene.tif.aux.xml", "scene.tif.ovr.aux.xml"])
@pytest.mark.parametrize("srs", ["http://127.0.0.1/srs", "/vsicurl/http://127.0.0.1/x", "{other}"])
def test_a_coordinate_system_beside_an_image_that_lies_elsewhere(make, tmp_path, other, name, srs):
    path = make.tif(tmp_path / "scene.tif", crs=None)
    make.tif(tmp_path / "scene.tif.ovr")
    (tmp_path / name).write_text(f"<PAMDataset><SRS>{srs.format(other=other)}</SRS></PAMDataset>")
    with pytest.raises(PycalfinError, match=r"cannot be read \(Cannot import|--crs") as caught:
        open_scene(str(path), date=DATE)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("where", ["scene.tif", "scene.tif.ovr", "scene.tif.msk"])
def test_metadata_within_an_image_that_name_another_file(make, tmp_path, other, where):
    path = make.tif(tmp_path / "scene.tif")
    make.tif(tmp_path / where)
    with rasterio.open(tmp_path / where, "r+") as file:
        file.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=str(other))
    with (
        pytest.raises(SceneError, match=f"{where}: its metadata refer to another file"),
        open_dataset(str(path), str(path)),
    ):
        pass


def test_in_an_archive_files_beside_an_image_are_looked_at_too(make, tmp_path, other):
    folder = make.product(tmp_path / make.LANDSAT, bands=("B5",))
    mask = vrt(other, more=ALONE)
    (folder / f"{make.LANDSAT}_B5.TIF.msk").write_text(mask)
    with tarfile.open(tmp_path / f"{make.LANDSAT}.tar", "w") as tar:
        for item in sorted(folder.iterdir()):
            tar.add(item, item.name)
    with pytest.raises(SceneError, match="GDAL VRT"):
        open_scene(str(tmp_path / f"{make.LANDSAT}.tar"))


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
def test_files_that_belong_beside_an_image_are_read(make, tmp_path):
    path = tmp_path / "scene.tif"
    profile = {"driver": "GTiff", "width": 80, "height": 64, "count": 1, "dtype": "uint8"}
    with rasterio.open(path, "w", **profile) as file:
        file.write(make.textured(dtype="uint8", low=9, high=250), 1)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as file:
        file.write_mask(np.arange(64 * 80).reshape(64, 80) > 80)
        file.update_tags(ns="OTHER", OVERVIEW="none")
    with rasterio.Env(TIFF_USE_OVR=True), rasterio.open(path, "r+") as file:
        file.build_overviews([2])
    (tmp_path / "scene.tif.aux.xml").write_text(
        '<PAMDataset><PAMRasterBand band="1"><Metadata><MDI key="STATISTICS_MEAN">9000</MDI>'
        "</Metadata></PAMRasterBand></PAMDataset>"
    )
    path.with_suffix(".tfw").write_text("30\n0\n0\n-30\n-299985\n-1900015\n")
    assert {item.suffix for item in tmp_path.iterdir()} >= {".msk", ".ovr", ".tfw", ".xml"}
    with open_dataset(str(path), str(path)) as dataset:
        assert dataset.transform.c == -300_000
        assert 0 < np.count_nonzero(dataset.read_masks(1) == 0) < 100
        assert dataset.overviews(1) == [2]
        assert dataset.tags(1)["STATISTICS_MEAN"] == "9000"


@pytest.mark.parametrize(
    "path",
    [
        "http://127.0.0.1/scene.tif", "https://127.0.0.1/a/scene.tif", "http:/127.0.0.1/x.tif",
        "s3://bucket/scene.tif", "ftp://127.0.0.1/scene.tif", "zip+https://127.0.0.1/x.zip!x.tif",
        "/vsicurl/http://127.0.0.1/scene.tif", "/vsicurl?url=http%3A//127.0.0.1",
        "/vsis3/bucket/scene.tif", "/vsizip//vsicurl/http://127.0.0.1/x.zip",
        "vrt:///etc/hosts", "WMS:http://127.0.0.1/", "WCS:http://127.0.0.1/", "STACIT:\"x.json\"",
    ],
)  # fmt: skip
def test_an_address_is_no_scene(path):
    with pytest.raises(SceneError, match=r"^[^\n]*(an address, not a file|no such file)") as caught:
        open_scene(path, date=DATE)
    assert "download it first" in str(caught.value) or "check the path" in str(caught.value)
    with pytest.raises(SceneError), open_dataset(path, path):
        pass


def test_an_image_that_is_a_description_too(make, tmp_path, other):
    """GDAL tries VRT first, and finds one in the comment of a JPEG."""
    path = tmp_path / "scene.jpg"
    image = Image.fromarray(make.textured(dtype="uint8", low=9, high=250))
    image.save(path, comment=vrt(other).encode())
    content = path.read_bytes()
    # no byte of zero before the comment
    start = content.index(b"\xff\xfe")
    path.write_bytes(content[:2] + content[start:])
    assert vrt(other).encode() in path.read_bytes()[:1024]
    with open_dataset(str(path), str(path)) as dataset:
        assert dataset.driver == "JPEG"


@pytest.mark.parametrize("driver", ["HFA", "ENVI", "PNG", "JP2OpenJPEG", "COG"])
def test_formats_that_hold_their_pixels(make, tmp_path, driver):
    path = tmp_path / "scene.img"
    with rasterio.open(make.tif(tmp_path / "scene.tif")) as source:
        options = {"QUALITY": "100", "REVERSIBLE": "YES"} if driver == "JP2OpenJPEG" else {}
        copy(source, path, driver=driver, **options)
        pixels = source.read(1)
    scene = open_scene(str(path), date=DATE)
    with open_dataset(scene.path, scene.raster) as dataset:
        assert np.array_equal(dataset.read(1), pixels)


def test_a_large_imagine_file_has_its_pixels_beside_it_and_nowhere_else(make, tmp_path):
    path, beside = tmp_path / "scene.img", tmp_path / "scene.ige"
    with rasterio.open(make.tif(tmp_path / "scene.tif")) as source:
        copy(source, path, driver="HFA", USE_SPILL="YES")
        pixels = source.read(1)
    assert beside.exists()
    with open_dataset(str(path), str(path)) as dataset:
        assert np.array_equal(dataset.read(1), pixels)
    (tmp_path / "aa").mkdir()
    for name in ("aa/bb.ige", "other.ige"):
        (tmp_path / name).write_bytes(beside.read_bytes())
        path.write_bytes(path.read_bytes().replace(b"scene.ige", name.encode()))
        with (
            pytest.raises(SceneError, match=f"its pixels lie in another file .*{name}"),
            open_dataset(str(path), str(path)),
        ):
            pass
        path.write_bytes(path.read_bytes().replace(name.encode(), b"scene.ige"))


def test_control_points_are_warped_from_a_tiff_only(make, tmp_path):
    points = [
        GroundControlPoint(row, col, -45 + col / 1000, 70 - row / 1000)
        for row, col in ((0, 0), (0, 79), (63, 0), (63, 79))
    ]
    path = make.tif(tmp_path / "scene.tif", crs="EPSG:4326", gcps=points)
    image = tmp_path / "scene.png"
    with rasterio.open(path) as source:
        copy(source, image, driver="PNG")
    with open_raster(open_scene(str(path), date=DATE)) as view:
        assert view.read(1).any()
    scene = open_scene(str(image), date=DATE)
    with pytest.raises(SceneError, match="PNG with ground control points"), open_raster(scene):
        pass


def test_the_kind_of_an_image_is_not_told_twice():
    assert describe_kind(b"II*\0" + b"<VRTDataset>") is None
    assert describe_kind(b"") is None
