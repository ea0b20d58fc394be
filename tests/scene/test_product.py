"""Products as they come: the right band, date, sensor and quality band, or one sentence."""

import numpy as np
import pytest
import rasterio

from pycalfin.errors import MissingDateError, SceneError
from pycalfin.scene.read import find, open_raster, open_scene
from tests.scene.test_parts import (
    AUXILIARY,
    ESPA,
    GRD,
    HLS_L,
    HLS_S,
    HYP3,
    L2,
    OPERA,
    S2,
    SAFE2,
    TIFF,
)

DAY = "2018-07-20"


def write(make, folder, names, end=".tif", **options):
    """Write images whose values tell their place in the list."""
    for number, name in enumerate(names, start=1):
        image = make.textured(
            20, 24, options.get("dtype", "uint16"), 1000 * number, 1000 * number + 9
        )
        make.tif(folder / f"{name}{end}", image, **options)
    return folder


def value(scene):
    with open_raster(scene) as dataset:
        return int(dataset.read(scene.band).mean() // 1000)


@pytest.mark.parametrize(
    ("names", "wanted", "sensor", "band"),
    [
        ([f"{L2}_{b}" for b in ("SR_B4", "SR_B5", "ST_B10", "QA_PIXEL")], 2, "LC08", "B5"),
        ([f"{ESPA}_{b}" for b in ("pixel_qa", "sr_band4", "sr_band5")], 3, "LC08", "B5"),
        ([f"{HLS_L}.{b}" for b in ("B04", "B05", "B06", "Fmask")], 2, "L30", "B05"),
        ([f"{HLS_S}.{b}" for b in ("B05", "B08", "B8A", "Fmask")], 3, "S30", "B8A"),
        ([f"{HYP3}_{b}" for b in ("HV", "HH", "dem")], 2, "S1A", "HH"),
        ([f"{OPERA}_{b}" for b in ("VH", "VV", "mask")], 2, "S1A", "VV"),
        ([f"{S2}_{b}" for b in ("B04", "B08", "B8A", "SCL")], 2, "S2", "B08"),
        ([f"20180720_151909_1034_3B_{b}" for b in ("red", "nir", "udm2")], 2, "PS", "nir"),
        ([TIFF.format("hh", 1), TIFF.format("hv", 2)], 1, "S1A", "HH"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mixed", [False, True])
def test_the_band_of_a_product(make, tmp_path, names, wanted, sensor, band, mixed):
    folder = write(make, tmp_path / "folder", names)
    if mixed:
        (folder / "zebra.tif").write_bytes(b"")
    (path, *others) = find([str(folder)])
    assert len(others) == mixed
    scene = open_scene(path)
    assert value(scene) == wanted
    assert (scene.identity.sensor, scene.date, scene.identity.band) == (sensor, DAY, band)
    named = open_scene(str(folder / f"{names[wanted - 1]}.tif"))
    assert (named.identity, named.qa) == (scene.identity, scene.qa)
    if scene.qa is not None:
        assert any(word in scene.qa for word in ("QA_PIXEL", "pixel_qa", "Fmask", "SCL", "udm2"))


@pytest.mark.parametrize("name", AUXILIARY)
def test_a_side_raster_by_name_is_read_only_on_demand(make, tmp_path, name):
    path = make.tif(tmp_path / f"{name.rsplit('.', 1)[0]}.tif", make.textured(20, 24))
    with pytest.raises(SceneError, match=r"; give .*--band") as caught:
        open_scene(str(path), date=DAY)
    assert len(str(caught.value).splitlines()) == 1
    assert open_scene(str(path), date=DAY, band="1").band == 1


def test_bands_on_demand(make, tmp_path):
    folder = write(make, tmp_path / "f", [f"{L2}_{b}" for b in ("SR_B4", "SR_B5", "ST_B10")])
    for word in ("B4", "4", "SR_B4", "sr_b4"):
        assert value(open_scene(str(folder), band=word)) == 1
        assert value(open_scene(str(folder / f"{L2}_SR_B5.tif"), band=word)) == 1
    folder = write(make, tmp_path / "h", [f"{HYP3}_{b}" for b in ("HH", "HV")])
    assert value(open_scene(str(folder), band="HV")) == 2
    assert value(open_scene(str(folder / f"{HYP3}_HH.tif"), band="hv")) == 2


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([f"{L2}_SR_B4", f"{L2}_SR_B3"], "band B5 is missing; the product has B3, B4; .*--band"),
        ([f"{HLS_L}.B04", f"{HLS_L}.B03"], "B05 is missing; the product has B03, B04"),
        ([TIFF.format("hv", 2)], "cross-polarised.*--band HV"),
        ([f"{HYP3}_HV", f"{HYP3}_dem"], "HH or VV is missing; the product has HV"),
        (["foo_B4", "foo_B5"], "no file name gives the sensor.*B4, B5; choose one with --band"),
        ([f"{L2}_QA_PIXEL", f"{L2}_ST_QA"], "a quality band.*--band"),
    ],
)
@pytest.mark.parametrize("mixed", [False, True])
def test_a_product_without_the_band_is_one_failed_scene(make, tmp_path, names, sentence, mixed):
    folder = write(make, tmp_path / "folder", names)
    if mixed:
        (folder / "zebra.tif").write_bytes(b"")
    path, *others = find([str(folder)])
    assert len(others) == mixed
    alternatives = f"{sentence}|cross-polarised.*--band HV" if "HV" in names[0] else sentence
    with pytest.raises(SceneError, match=alternatives):
        open_scene(path, date=DAY)


def test_the_common_name_of_files_is_a_scene(make, tmp_path):
    names = [f"{L2}_SR_B4", f"{L2}_SR_B3"]
    folder = write(make, tmp_path / "folder", [*names, "other"])
    path, _ = find([str(folder)])
    assert value(open_scene(path, band="B3")) == 2
    with pytest.raises(SceneError, match="no such file"):
        open_scene(str(folder / "LC08_nothing"), date=DAY)


@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_sentinel_2_safe_folders(make, tmp_path, level):
    """Bands are found; masks and pictures are none."""
    title = SAFE2.replace("L1C", level)
    inner = tmp_path / f"{title}.SAFE" / "GRANULE" / f"{level}_T22WEB_A016060_20180720T151909"
    images = inner / "IMG_DATA"
    names = [f"{S2}_{band}" for band in ("B04", "B08", "B8A", "TCI")]
    if level == "L2A":
        names = [f"R20m/{S2}_B04_20m", f"R10m/{S2}_B08_10m", f"R20m/{S2}_B8A_20m"]
    write(make, images, names, ".jp2")
    write(make, inner / "QI_DATA", ["MSK_CLDPRB_20m"], ".jp2")
    scene = open_scene(str(tmp_path / f"{title}.SAFE"))
    assert value(scene) == 2
    identity = scene.identity
    assert (identity.name, identity.date, identity.time) == (title, DAY, "15:19:09")
    assert (identity.sensor, identity.level, identity.band) == ("S2A", level, "B08")
    assert find([str(tmp_path)]) == [str(tmp_path / f"{title}.SAFE")]


def test_the_measurement_folder_is_known_by_the_one_above(make, tmp_path):
    folder = tmp_path / f"{GRD}.SAFE" / "measurement"
    write(make, folder, [TIFF.format("hh", 1), TIFF.format("hv", 2)], ".tiff")
    for path in (folder, folder.parent, folder / f"{TIFF.format('hh', 1)}.tiff"):
        scene = open_scene(str(path))
        assert (scene.name, scene.identity.band, value(scene)) == (GRD, "HH", 1)


OLD_MTL = """GROUP = METADATA_FILE
  SPACECRAFT_ID = "Landsat{satellite}"
  SENSOR_ID = "{sensor}"
  ACQUISITION_DATE = 2012-07-03
  SCENE_CENTER_SCAN_TIME = 14:52:01.5Z
  WRS_PATH = 12
  STARTING_ROW = 10
END_GROUP = METADATA_FILE
END
"""


@pytest.mark.parametrize(
    ("start", "satellite", "sensor", "code", "bands", "wanted"),
    [
        ("L71012010_01020120703", 7, "ETM+", "LE07", ("B30", "B40", "B61"), "B4"),
        ("L5012010_01020120703", 5, "TM", "LT05", ("B30", "B40", "B60"), "B4"),
        ("L5012010_01020120703", 5, "MSS", "LM05", ("B30", "B40"), "B3"),
        ("L2012010_01020120703", 2, "MSS", "LM02", ("B40", "B50", "B60", "B70"), "B6"),
        ("renamed", 7, "ETM+", "LE07", ("B3", "B4"), "B4"),
    ],
)
def test_landsat_before_2012(make, tmp_path, start, satellite, sensor, code, bands, wanted):
    folder = write(make, tmp_path / "old", [f"{start}_{band}" for band in bands], ".TIF")
    (folder / f"{start}_MTL.txt").write_text(OLD_MTL.format(satellite=satellite, sensor=sensor))
    (path,) = find([str(folder)])
    identity = open_scene(path).identity
    assert (identity.sensor, identity.date, identity.band) == (code, "2012-07-03", wanted)
    assert (identity.time, identity.pathrow) == ("14:52:01", "012-010")


def test_two_dates_are_none(make, tmp_path):
    path = make.tif(tmp_path / "20180720_20200831.tif", make.textured(20, 24))
    with pytest.raises(MissingDateError, match=r"2 dates \(2018-07-20, 2020-08-31\); pass --date"):
        open_scene(str(path))


def test_dark_water_of_reflectances_is_data(make, tmp_path):
    """CALFIN's floor is for Landsat's digital numbers: 200 is 2 % of reflectance elsewhere."""
    from pycalfin.scene.subset import cut
    from pycalfin.settings import Settings

    image = make.textured(40, 40, "uint16", 3000, 9000)
    image[:20] = make.textured(20, 40, "uint16", 100, 300)
    for name in (f"{S2}_B08", "20180720_151909_1034_3B_nir"):
        scene = open_scene(str(make.tif(tmp_path / f"{name}.tif", image)))
        assert cut(scene, None, Settings()).valid.all()
    scene = open_scene(str(make.tif(tmp_path / f"{L2}_SR_B5.tif", image)))
    assert not cut(scene, None, Settings(max_nodata=1.0)).valid[:20].any()


def test_fill_of_a_quality_band_is_no_cloud(make, tmp_path):
    from pycalfin.scene.subset import cut
    from pycalfin.settings import Settings

    fmask = np.zeros((20, 24), np.uint8)
    fmask[:5], fmask[5:10] = 255, 2
    write(make, tmp_path, [f"{HLS_L}.B05"], dtype="int16")
    make.tif(tmp_path / f"{HLS_L}.Fmask.tif", fmask, nodata=255)
    scene = open_scene(str(tmp_path / f"{HLS_L}.B05.tif"))
    subset = cut(scene, None, Settings(max_cloud=1.0))
    assert subset.cloud.sum(axis=1).tolist() == [0] * 5 + [24] * 5 + [0] * 10
    with rasterio.open(scene.qa) as dataset:
        assert dataset.nodata == 255
