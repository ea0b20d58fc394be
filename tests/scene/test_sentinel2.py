"""Sentinel-2: every layout of a product is one scene with its band, date, no-data and clouds."""

from __future__ import annotations

import logging
import shutil
import tarfile
import zipfile

import numpy as np
import pytest
import rasterio
from affine import Affine

from pycalfin.batch.pipeline import run
from pycalfin.errors import MissingDateError, SceneError
from pycalfin.geo import reproject
from pycalfin.scene import raster
from pycalfin.scene.read import find, open_raster, open_scene
from pycalfin.scene.subset import cut
from pycalfin.settings import Settings
from pycalfin.validate.metrics import front_distance

TILE = "T22WEB_20180720T151909"
NEW = "S2A_MSI{}_20180720T151909_N0206_R068_T22WEB_20180720T171530"
GRANULE = "T22WEB_A016060_20180720T151909"
OLD = "S2A_OPER_PRD_MSIL1C_PDMC_20160701T052043_R068_V20160630T150922_20160630T151500"
OLD_FILE = "S2A_OPER_MSI_L1C_TL_EPA__20160701T010203_A005337_{}"
OLD_MASK = "S2A_OPER_MSK_CLOUDS_EPA__20160701T010203_A005337_T22WEB"
USER = "S2A_USER_{}_L2A_TL_EPA__20180720T010203_A005337_T22WEB"
SIDE = 40
"""Pixels of B08, of 10 m."""
CLOUD = np.s_[4:10, 8:20]
"""Rows and columns of B08 under cloud."""


def cloud(shape=(SIDE, SIDE), inside=1, outside=0):
    mask = np.full(shape, outside, np.uint8)
    mask[CLOUD] = inside
    return mask


def coarse(make, pixels):
    """A grid of the same corner, with larger pixels."""
    return make.UTM @ Affine.scale(pixels)


def image(make, level=3000):
    values = make.textured(SIDE, SIDE, "uint16", level, level + 2000)
    values[:, :3] = 0
    return values


def write_l2a(make, folder, start=f"{TILE}_"):
    granule = folder / f"{NEW.format('L2A')}.SAFE" / "GRANULE" / f"L2A_{GRANULE}"
    images, quality = granule / "IMG_DATA", granule / "QI_DATA"
    for name in ("AOT", "B02", "B03", "B04", "TCI", "WVP"):
        make.jp2(images / "R10m" / f"{start}{name}_10m.jp2", image(make, 100))
    make.jp2(images / "R10m" / f"{start}B08_10m.jp2", image(make))
    small = coarse(make, 2)
    for name in ("B02", "B8A", "B11"):
        values = image(make, 100)[::2, ::2]
        make.jp2(images / "R20m" / f"{start}{name}_20m.jp2", values, transform=small)
    classes = cloud(inside=9, outside=11)[::2, ::2]
    classes[6:8, 4:10] = [8, 10, 3, 0, 1, 7]
    make.jp2(images / "R20m" / f"{start}SCL_20m.jp2", classes, transform=small)
    make.jp2(images / "R60m" / f"{start}B8A_60m.jp2", image(make, 100), transform=small)
    for name in ("MSK_CLDPRB_20m", "MSK_CLASSI_B00", "MSK_DETFOO_B08", f"{TILE}_PVI"):
        make.jp2(quality / f"{name}.jp2", cloud()[::2, ::2], transform=small)
    (granule.parents[1] / "MTD_MSIL2A.xml").write_text("<a/>")
    return granule.parents[1]


SCL_CLOUD = cloud().astype(bool)
SCL_CLOUD[12:16, 8:12] = True


def write_l1c(make, folder, mask="jp2"):
    granule = folder / f"{NEW.format('L1C')}.SAFE" / "GRANULE" / f"L1C_{GRANULE}"
    for name in ("B02", "B04", "B8A", "B10", "TCI"):
        make.jp2(granule / "IMG_DATA" / f"{TILE}_{name}.jp2", image(make, 100))
    make.jp2(granule / "IMG_DATA" / f"{TILE}_B08.jp2", image(make))
    quality = granule / "QI_DATA"
    if mask == "jp2":
        opaque, cirrus, snow = cloud(), np.zeros((SIDE, SIDE), np.uint8), 1 - cloud()
        cirrus[20:24, 20:24] = 1
        classes = np.stack([opaque, cirrus, snow])[:, ::2, ::2]
        make.jp2(quality / "MSK_CLASSI_B00.jp2", classes, transform=coarse(make, 2))
        make.jp2(quality / "MSK_QUALIT_B08.jp2", cloud()[::2, ::2], transform=coarse(make, 2))
    elif mask:
        quality.mkdir(parents=True)
        (quality / mask).write_text(gml(make))
    make.jp2(quality / f"{TILE}_PVI.jp2", image(make)[::4, ::4], transform=coarse(make, 4))
    return granule.parents[1]


L1C_CLOUD = cloud().astype(bool)
L1C_CLOUD[20:24, 20:24] = True

GML = """<?xml version="1.0" encoding="UTF-8"?>
<eop:Mask xmlns:eop="http://www.opengis.net/eop/2.0" xmlns:gml="http://www.opengis.net/gml/3.2">
  <gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG:8.8.1:32622"/></gml:boundedBy>
  <eop:maskMembers>{}</eop:maskMembers>
</eop:Mask>"""
FEATURE = """<eop:MaskFeature><eop:maskType>{}</eop:maskType><eop:extentOf><gml:Polygon>
{}</gml:Polygon></eop:extentOf></eop:MaskFeature>"""
RING = """<gml:{0}><gml:LinearRing><gml:posList srsDimension="2">{1}</gml:posList>
</gml:LinearRing></gml:{0}>"""


def ring(make, side, rows, cols):
    corners = [(cols[i], rows[j]) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
    xy = [make.UTM @ corner for corner in corners]
    return RING.format(side, " ".join(f"{x:.0f} {y:.0f}" for x, y in xy))


def gml(make):
    """Clouds of `L1C_CLOUD`, and a polygon of another kind."""
    features = [
        FEATURE.format("OPAQUE", ring(make, "exterior", (4, 10), (8, 20))),
        FEATURE.format("CIRRUS", ring(make, "exterior", (20, 24), (20, 24))),
        FEATURE.format("SHADOW", ring(make, "exterior", (30, 34), (20, 24))),
    ]
    return GML.format("".join(features))


def zipped(folder, end=".zip", method=zipfile.ZIP_DEFLATED):
    path = folder.with_name(folder.name.removesuffix(".SAFE") + end)
    with zipfile.ZipFile(path, "w", method) as archive:
        for item in sorted(folder.rglob("*")):
            archive.write(item, item.relative_to(folder.parent))
    shutil.rmtree(folder)
    return path


def tarred(folder, end):
    path = folder.with_name(folder.name.removesuffix(".SAFE") + end)
    with tarfile.open(path, f"w:{end.removeprefix('.tar').removeprefix('.')}") as archive:
        archive.add(folder, folder.name)
    shutil.rmtree(folder)
    return path


def in_image_folder(folder):
    return next(folder.glob("GRANULE/*/IMG_DATA"))


def alone(folder):
    """Only IMG_DATA of a product, elsewhere."""
    images = in_image_folder(folder)
    target = images.rename(folder.parent / "IMG_DATA")
    shutil.rmtree(folder)
    return target


def without_names(folder):
    target = folder.rename(folder.parent / "download")
    (target / "manifest.safe").write_text("")
    return target


def flat(folder):
    """All files of a product in one folder."""
    target = folder.parent / "flat"
    target.mkdir()
    for item in folder.rglob("*.*"):
        if item.is_file():
            item.rename(target / item.name)
    shutil.rmtree(folder)
    return target


LAYOUTS = {
    "SAFE": lambda folder: folder,
    "zip": zipped,
    "SAFE.zip": lambda folder: zipped(folder, ".SAFE.zip"),
    "stored zip": lambda folder: zipped(folder, method=zipfile.ZIP_STORED),
    "tar": lambda folder: tarred(folder, ".tar"),
    "tar.gz": lambda folder: tarred(folder, ".tar.gz"),
    "tar.bz2": lambda folder: tarred(folder, ".tar.bz2"),
    "renamed": without_names,
    "no .SAFE": lambda folder: folder.rename(folder.with_suffix("")),
    "zip without .SAFE": lambda folder: zipped(folder.rename(folder.with_suffix(""))),
    "GRANULE": lambda folder: folder / "GRANULE",
    "granule": lambda folder: next(folder.glob("GRANULE/*")),
    "IMG_DATA within": in_image_folder,
    "IMG_DATA alone": alone,
    "flat": flat,
    "B08": lambda folder: next(folder.rglob("*[0-9B]_B08*.jp2")),
}


def checked(path, level, clouds, *, sensor="S2A", date="2018-07-20", time="15:19:09"):
    scene = open_scene(str(path))
    identity = scene.identity
    assert (identity.date, identity.time, identity.band) == (date, time, "B08")
    assert identity.pathrow == "T22WEB"
    assert identity.sensor == sensor
    assert identity.level in (level, "")
    with open_raster(scene) as dataset:
        assert dataset.transform.a == 10.0
        values = dataset.read(scene.band)
    assert 3000 <= values[:, 3:].min() <= values.max() <= 5000
    subset = cut(scene, None, Settings(max_cloud=1.0, max_nodata=1.0))
    assert not subset.valid[:, :3].any()
    assert subset.valid[:, 3:].all()
    if clouds is None:
        assert subset.cloud is None
    else:
        np.testing.assert_array_equal(subset.cloud, clouds)
    return scene


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_one_scene_whatever_the_layout(make, tmp_path, level, layout):
    write, clouds = {"L1C": (write_l1c, L1C_CLOUD), "L2A": (write_l2a, SCL_CLOUD)}[level]
    path = LAYOUTS[layout](write(make, tmp_path))
    (found,) = find([str(path)])
    bare = layout in ("IMG_DATA alone", "flat", "renamed")
    if layout == "IMG_DATA alone" and level == "L1C":
        clouds = None  # its mask lies in the folder beside
    checked(found, level, clouds, sensor="S2" if bare else "S2A")
    if layout == "B08":
        return
    # and so from the folder above
    (found,) = find([str(tmp_path)])
    checked(found, level, clouds, sensor="S2" if bare else "S2A")


@pytest.mark.parametrize("mask", ["MSK_CLOUDS_B00.gml", f"{OLD_MASK}_B00_MSIL1C.gml"])
@pytest.mark.parametrize(
    "layout", ["SAFE", "zip", "stored zip", "tar", "tar.gz", "tar.bz2", "flat", "B08"]
)
def test_masks_of_polygons(make, tmp_path, mask, layout):
    path = LAYOUTS[layout](write_l1c(make, tmp_path, mask=mask))
    checked(path, "L1C", L1C_CLOUD, sensor="S2" if layout == "flat" else "S2A")


def test_holes_and_empty_masks_of_polygons(make, tmp_path):
    folder = write_l1c(make, tmp_path, mask="MSK_CLOUDS_B00.gml")
    (mask,) = folder.rglob("*.gml")
    rings = [ring(make, "exterior", (4, 10), (8, 20)), ring(make, "interior", (5, 7), (9, 12))]
    mask.write_text(GML.format(FEATURE.format("OPAQUE", "".join(rings))))
    clouds = cloud().astype(bool)
    clouds[5:7, 9:12] = False
    checked(folder, "L1C", clouds)
    mask.write_text(GML.format(""))
    checked(folder, "L1C", np.zeros((SIDE, SIDE), bool))


@pytest.mark.parametrize("text", ["", "no xml", "<!DOCTYPE a><a/>"])
def test_a_damaged_mask_is_one_sentence(make, tmp_path, caplog, text):
    folder = write_l1c(make, tmp_path, mask="MSK_CLOUDS_B00.gml")
    (mask,) = folder.rglob("*.gml")
    mask.write_text(text)
    with caplog.at_level(logging.WARNING):
        checked(folder, "L1C", None)
    assert "quality band not read" in caplog.text
    assert len(caplog.records) == 1


def old_product(make, tmp_path, tiles=("T22WEB",)):
    folder = tmp_path / f"{OLD}.SAFE"
    for tile in tiles:
        start = OLD_FILE.format(tile)
        granule = folder / "GRANULE" / f"{start}_N02.04"
        for band in ("B04", "B08", "B8A"):
            values = image(make, 3000 if band == "B08" else 100)
            make.jp2(granule / "IMG_DATA" / f"{start}_{band}.jp2", values)
        small = coarse(make, 4)
        pvi = start.replace("_MSI_", "_PVI_")
        make.jp2(granule / "QI_DATA" / f"{pvi}.jp2", image(make)[::4, ::4], transform=small)
        mask = start.replace("_MSI_L1C_TL_", "_MSK_CLOUDS_")
        (granule / "QI_DATA" / f"{mask}_B00_MSIL1C.gml").write_text(gml(make))
        (granule / f"{start.replace('_MSI_', '_MTD_')}.xml").write_text(
            '<n1:T><SENSING_TIME metadataLevel="Standard">2016-06-30T15:10:11.456Z</SENSING_TIME>'
        )
    return folder


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "flat"])
def test_names_of_before_december_2016(make, tmp_path, layout):
    """A file's name tells when it was made; the product's and MTD when it was sensed."""
    path = LAYOUTS[layout](old_product(make, tmp_path))
    (found,) = find([str(path)])
    told = {"IMG_DATA alone": None, "renamed": "15:10:11"}.get(layout, "15:09:22")
    clouds = None if layout == "IMG_DATA alone" else L1C_CLOUD
    if told is None:
        with pytest.raises(MissingDateError, match="--date"):
            open_scene(found)
        return
    checked(found, "L1C", clouds, date="2016-06-30", time=told)


def test_a_product_of_many_tiles_is_as_many_scenes(make, tmp_path):
    folder = old_product(make, tmp_path, ("T22WEA", "T22WEB"))
    for path in (folder, tmp_path):
        scenes = [open_scene(found) for found in find([str(path)])]
        assert [scene.identity.pathrow for scene in scenes] == ["T22WEA", "T22WEB"]
        assert len({scene.name for scene in scenes}) == 2
        assert {scene.date for scene in scenes} == {"2016-06-30"}
    with pytest.raises(SceneError, match="2 products"):
        open_scene(str(zipped(folder)))


def test_metadata_complete_a_product_without_its_name(make, tmp_path):
    folder = without_names(write_l1c(make, tmp_path))
    text = f"<General><PRODUCT_URI>{NEW.format('L1C')}.SAFE</PRODUCT_URI></General>"
    (folder / "MTD_MSIL1C.xml").write_text(text)
    assert checked(folder, "L1C", L1C_CLOUD).name == NEW.format("L1C")
    assert checked(zipped(folder), "L1C", L1C_CLOUD).name == NEW.format("L1C")


@pytest.mark.parametrize(
    ("start", "scl"),
    [(f"L2A_{TILE}_", None), (f"{USER.format('MSI')}_", f"{USER.format('SCL')}_20m")],
)
def test_names_of_early_l2a(make, tmp_path, start, scl):
    folder = write_l2a(make, tmp_path, start=start)
    if scl:
        (mask,) = folder.rglob("*SCL*.jp2")
        mask.rename(mask.with_name(f"{scl}.jp2"))
    (found,) = find([str(folder)])
    checked(found, "L2A", SCL_CLOUD)


@pytest.mark.parametrize("name", ["B08.tif", f"{TILE}_B08.tif", f"{TILE}_B08_10m.jp2"])
def test_a_band_alone_and_in_disguise(make, tmp_path, name):
    title = "S2A_22WEB_20180720_0_L2A"
    for driver in ("tif", "jp2"):
        folder = tmp_path / driver / title
        if driver == "tif":
            path = make.tif(folder / name, image(make), crs="EPSG:32622", transform=make.UTM)
        else:
            path = make.jp2(folder / "x.jp2", image(make)).rename(folder / name)
        scene = open_scene(str(path))
        assert (scene.date, scene.identity.band) == ("2018-07-20", "B08")
        assert find([str(folder)]) == [str(path)]
        assert not cut(scene, None, Settings(max_nodata=1.0)).valid[:, :3].any()


def test_masks_of_cloud_catalogues(make, tmp_path):
    """Earth Search names files by the band alone; Earth Engine exports bands with QA60."""
    folder = tmp_path / "S2A_22WEB_20180720_0_L2A"
    place = {"crs": "EPSG:32622", "transform": make.UTM}
    make.tif(folder / "B08.tif", image(make), **place)
    make.tif(folder / "SCL.tif", cloud(inside=8, outside=4), **place)
    checked_clouds(find([str(folder)]), cloud())
    other = tmp_path / "ee"
    start = "20180720T151909_20180720T171905_T22WEB"
    make.tif(other / f"{start}.B8.tif", image(make), **place)
    make.tif(other / f"{start}.QA60.tif", cloud().astype("uint16") << 11, **place)
    checked_clouds(find([str(other)]), cloud())


def checked_clouds(found, clouds):
    (path,) = found
    scene = open_scene(path)
    assert (scene.date, scene.identity.band) == ("2018-07-20", "B08")
    subset = cut(scene, None, Settings(max_cloud=1.0, max_nodata=1.0))
    np.testing.assert_array_equal(subset.cloud, clouds.astype(bool))


@pytest.mark.parametrize("offset", [0, 1000])
def test_the_offset_of_baseline_4_is_no_fill(make, tmp_path, caplog, offset):
    """Dark water of few numbers, at 0.1 % of reflectance, with and without the offset."""
    values = make.textured(SIDE, SIDE, "uint16", 5000, 9000) + np.uint16(offset)
    values[:20] = np.random.default_rng(1).integers(1, 12, (20, SIDE)) + offset
    values[:, :3] = 0
    path = make.jp2(tmp_path / f"{TILE}_B08.jp2", values)
    with caplog.at_level(logging.WARNING):
        subset = cut(open_scene(str(path)), None, Settings(max_nodata=1.0))
    np.testing.assert_array_equal(subset.valid, values != 0)
    assert not caplog.records


def test_a_large_image_is_sampled_by_blocks(make, tmp_path, monkeypatch):
    """To decimate JPEG 2000 is to decode all of it."""
    monkeypatch.setattr(raster, "SMALL", 1000)
    monkeypatch.setattr(raster, "BLOCK_SIDE", 8)
    path = make.jp2(tmp_path / f"{TILE}_B08.jp2", make.textured(600, 600))
    with rasterio.open(path) as dataset:
        assert dataset.overviews(1)
        assert raster.sampled(dataset, 1).shape == (raster.BLOCKS**2 * 8, 8)


@pytest.mark.parametrize("name", ["SCL_20m", "TCI_10m", "AOT_10m", "WVP_10m", "PVI"])
def test_side_rasters_by_name(make, tmp_path, name):
    path = make.jp2(tmp_path / f"{TILE}_{name}.jp2", image(make))
    with pytest.raises(SceneError, match=r"give the product or its B08.*--band"):
        open_scene(str(path))


@pytest.mark.parametrize("name", ["MSK_CLASSI_B00", "MSK_DETFOO_B08", "MSK_CLDPRB_20m"])
def test_masks_by_name(make, tmp_path, name):
    """They tell no product, and stand for none."""
    path = make.jp2(tmp_path / f"{name}.jp2", cloud())
    with pytest.raises(SceneError, match="a quality band or mask"):
        open_scene(str(path))
    others = [make.tif(tmp_path / f"{name}.tif") for name in ("20180720", "MSK_HELHEIM_20180721")]
    assert find([str(tmp_path)]) == list(map(str, others))


def test_a_folder_of_one_resolution(make, tmp_path):
    folder = write_l2a(make, tmp_path)
    images = in_image_folder(folder)
    checked(images / "R10m", "L2A", SCL_CLOUD)
    scene = open_scene(str(images / "R20m"))
    assert (scene.identity.band, scene.qa is None) == ("B8A", False)
    shutil.rmtree(images / "R10m")
    assert open_scene(str(folder)).raster == scene.raster


def test_level_1c_and_2a_of_one_tile_are_two_scenes(make, tmp_path):
    folders = [write_l1c(make, tmp_path), write_l2a(make, tmp_path)]
    assert find([str(tmp_path)]) == [str(folder) for folder in folders]


def test_other_bands_by_name(make, tmp_path):
    folder = write_l2a(make, tmp_path)
    for path in (folder, next(folder.rglob("*_B08_10m.jp2"))):
        scene = open_scene(str(path), band="B04")
        assert scene.raster.endswith("R10m/T22WEB_20180720T151909_B04_10m.jp2")
        assert scene.qa.endswith("SCL_20m.jp2")
    assert open_scene(str(folder), band="B8A").identity.band == "B8A"


@pytest.fixture(scope="module")
def products(make, painted_scene, tmp_path_factory):
    """The painted scene as B08 of 10 m, as L1C and L2A; a cloud lies on the domain if asked for."""
    top = tmp_path_factory.mktemp("sentinel2")
    with rasterio.open(painted_scene.path) as dataset:
        values, crs = dataset.read(1), dataset.crs
        place = dataset.transform
    made = {}
    for cloudy in (False, True):
        mask = np.zeros(values.shape, np.uint8)
        if cloudy:
            mask[values.shape[0] // 5 : -(values.shape[0] // 5)] = 1
        for level in ("L1C", "L2A"):
            title = NEW.format(level)
            granule = top / str(cloudy) / f"{title}.SAFE" / "GRANULE" / "G"
            grid = {"crs": crs, "transform": place}
            small = {"crs": crs, "transform": place @ Affine.scale(2)}
            if level == "L1C":
                make.jp2(granule / "IMG_DATA" / f"{TILE}_B08.jp2", values, **grid)
                make.jp2(granule / "IMG_DATA" / f"{TILE}_TCI.jp2", mask, **grid)
                classes = np.stack([mask, 0 * mask, 1 - mask])[:, ::2, ::2]
                make.jp2(granule / "QI_DATA" / "MSK_CLASSI_B00.jp2", classes, **small)
            else:
                images = granule / "IMG_DATA"
                make.jp2(images / "R10m" / f"{TILE}_B08_10m.jp2", values, **grid)
                scl = np.where(mask, 9, 11).astype(np.uint8)[::2, ::2]
                make.jp2(images / "R20m" / f"{TILE}_SCL_20m.jp2", scl, **small)
            made[level, cloudy] = granule.parents[1]
    return made


@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_a_run_finds_the_front_and_leaves_out_clouds(products, painted_scene, tmp_path, level):
    domains = str(painted_scene.path.with_name("domains.geojson"))
    ends = {}
    for cloudy in (False, True):
        output = tmp_path / str(cloudy)
        scenes = (str(products[level, cloudy]),)
        result = run(Settings(scenes=scenes, domain=domains, output=str(output)))
        ends[cloudy] = next(
            pair for pair in result.pairs if pair.domain == painted_scene.domain_name
        )
        if not cloudy:
            (front,) = result.fronts
    assert (front.date, front.time, front.scene) == ("2018-07-20", "15:19:09", NEW.format(level))
    xy = reproject(front.xy, front.crs, painted_scene.crs)
    distance = front_distance([xy], painted_scene.fronts, spacing=painted_scene.pixel / 3)
    assert distance.mean < 2 * painted_scene.pixel
    assert ends[False].status == "done"
    assert ends[True].status == "skipped"
    assert "% cloud inside the domain (limit 15 %)" in ends[True].reason
