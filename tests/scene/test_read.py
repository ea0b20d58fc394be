import logging
import tarfile
import zipfile

import numpy as np
import pytest
import rasterio

from pycalfin.errors import MissingCRSError, MissingDateError, SceneError
from pycalfin.records import Scene
from pycalfin.scene.raster import open_dataset
from pycalfin.scene.read import find, open_raster, open_scene

DATE = "2016-06-30"


def middle(scene):
    """Thousands of the mean value: which band of a product this is."""
    with open_raster(scene) as dataset:
        return int(dataset.read(scene.band).mean() // 1000)


def test_a_single_band(make, tmp_path):
    path = make.tif(tmp_path / "scene.tif")
    scene = open_scene(str(path), date=DATE)
    assert (scene.name, scene.date, scene.band, scene.crs) == ("scene", DATE, 1, "EPSG:3413")
    assert not scene.synthetic
    assert scene.identity.sensor == ""
    assert scene.path == str(path)


@pytest.mark.parametrize("count", [3, 4])
def test_landsatlook_uses_its_green_which_is_the_near_infrared(make, tmp_path, count):
    image = np.stack([make.textured(dtype="uint8", low=9, high=250)] * count)
    path = make.tif(tmp_path / f"{make.LANDSAT}_LandsatLook.tif", image)
    assert open_scene(str(path)).band == 2
    assert open_scene(str(path), band="1").band == 1


def test_other_bands_must_be_chosen(make, tmp_path):
    image = np.stack([make.textured()] * 2)
    path = make.tif(tmp_path / "bands.tif", image, descriptions=("left", "right"))
    with pytest.raises(SceneError, match=r"2 bands \(1: left, 2: right\); pass --band"):
        open_scene(str(path), date=DATE)
    path = make.tif(tmp_path / "radar.tif", image, descriptions=("HV", "HH"))
    assert open_scene(str(path), date=DATE).band == 2
    path = make.tif(tmp_path / "radar.tif", image, descriptions=("HH", "HV"))
    assert open_scene(str(path), date=DATE, band="hv").band == 2
    assert open_scene(str(path), date=DATE, band="2").identity.band == "HV"
    with pytest.raises(SceneError, match="no band 'B5'"):
        open_scene(str(path), date=DATE, band="B5")
    with pytest.raises(SceneError, match="no band '3'"):
        open_scene(str(path), date=DATE, band="3")


@pytest.mark.parametrize(
    ("name", "band", "wanted"),
    [
        ("Helheim_LC08_L1TP_2016-06-30_031-005_T1_B5.tif", "B5", ("B5", "b5", "5", "1")),
        ("{SENTINEL}_VV.tif", "VV", ("VV", "vv", "1")),
        ("Helheim_S1B_EW_GRDM_1SDH_2016-06-30_037_T101010_HH.tif", "HH", ("HH", "hh")),
    ],
)
def test_the_only_band_has_the_name_of_the_file(make, tmp_path, name, band, wanted):
    path = make.tif(tmp_path / name.format(SENTINEL=make.SENTINEL))
    for one in wanted:
        scene = open_scene(str(path), band=one)
        assert (scene.band, scene.identity.band) == (1, band)
    with pytest.raises(SceneError, match="no band 'B4'"):
        open_scene(str(path), band="B4")


def test_grey_with_alpha_is_one_band(make, tmp_path):
    image = np.stack([make.textured(dtype="uint8", low=9, high=250)] * 2)
    path = make.tif(tmp_path / "grey.tif", image, alpha="YES")
    assert open_scene(str(path), date=DATE).band == 1


@pytest.mark.parametrize("collection", [1, 2])
@pytest.mark.parametrize(
    "wrapping",
    ["folder", ".tar", ".tar.gz", ".zip", "nested.tar", "dotted.tar", "gzipped.tar", "band"],
)
def test_landsat_products(make, tmp_path, wrapping, collection):
    product = make.LANDSAT.replace("_01_T1", f"_0{collection}_T1")
    cloud = np.zeros((64, 80), bool)
    folder = make.product(tmp_path / product, product, cloud=cloud, collection=collection)
    path = {"folder": folder, "band": folder / f"{product}_B5.TIF"}.get(wrapping)
    if path is None:
        path = tmp_path / f"{product}{wrapping[wrapping.index('.') :]}"
        inner = {"n": f"{product}/", "d": "./"}.get(wrapping[0], "")
        members = [(item, inner + item.name) for item in sorted(folder.iterdir())]
        if wrapping == ".zip":
            with zipfile.ZipFile(path, "w") as archive:
                for item, name in members:
                    archive.write(item, name)
        else:
            with tarfile.open(path, "w:gz" if "gz" in wrapping else "w") as tar:
                for item, name in members:
                    tar.add(item, name)
    scene = open_scene(str(path))
    identity = scene.identity
    assert identity.name == product
    assert (identity.date, identity.time, identity.band) == (DATE, "17:45:12", "B5")
    assert (identity.sensor, identity.pathrow, identity.level) == ("LC08", "031-005", "L1TP")
    assert scene.qa is not None
    assert scene.qa_code.bits == ({1: 4, 2: 3}[collection],)
    with open_dataset(scene.path, scene.qa) as dataset:
        assert (dataset.read(1) == 1 << 6).all()
    assert middle(scene) == 5
    for band in ("B4", "b4", "4"):
        other = open_scene(str(path), band=band)
        assert (middle(other), other.identity.band) == (4, "B4")
        assert other.qa == scene.qa
    with pytest.raises(SceneError, match=r"B8 is missing; the product has B2, B4, B5"):
        open_scene(str(path), band="B8")


@pytest.mark.parametrize(
    ("sensor", "bands", "chosen"),
    [
        ("LC08", ("B4", "B5"), 5),
        ("LC09", ("B4", "B5"), 5),
        ("LE07", ("B4", "B5"), 4),
        ("LT05", ("B4", "B5"), 4),
        ("LM02", ("B4", "B5", "B6", "B7"), 6),
        ("LM02", ("B4", "B7"), 7),
        ("LM05", ("B2", "B3", "B4"), 3),
    ],
)
def test_the_near_infrared_by_sensor(make, tmp_path, sensor, bands, chosen):
    product = make.LANDSAT.replace("LC08", sensor)
    folder = make.product(tmp_path / product, product, bands)
    assert middle(open_scene(str(folder))) == chosen


def test_thermal_only_products_are_refused(make, tmp_path):
    product = make.LANDSAT.replace("LC08", "LT08")
    folder = make.product(tmp_path / product, product, ("B10",))
    with pytest.raises(SceneError, match=r"thermal bands only.*--band"):
        open_scene(str(folder))
    assert open_scene(str(folder), band="B10").identity.band == "B10"


def test_a_renamed_product_is_known_by_its_metadata(make, tmp_path):
    folder = make.product(tmp_path / "download", "image", ("B5",), mtl=False)
    text = (make.product(tmp_path / "other") / f"{make.LANDSAT}_MTL.txt").read_text()
    (folder / "image_MTL.txt").write_text(text)
    identity = open_scene(str(folder)).identity
    assert (identity.name, identity.sensor, identity.date) == (make.LANDSAT, "LC08", DATE)


def test_quality_of_before_the_collections_is_left_alone(make, tmp_path):
    product = "LC80310052016182LGN01"
    folder = make.product(tmp_path / product, product, ("B5",), cloud=np.ones((64, 80), bool))
    scene = open_scene(str(folder))
    assert scene.qa is None
    assert scene.date == DATE


def write_safe(make, folder, files):
    for name in files:
        make.tif(folder / "measurement" / name, make.textured(low=1000 * len(name), high=9e4))
    (folder / "manifest.safe").write_text("<xml/>")
    return folder


def sentinel_tiff(polarisation, kind="grd"):
    return f"s1a-iw-{kind}-{polarisation}-20160630t101010-20160630t101035-011937-01264f-001.tiff"


@pytest.mark.parametrize(
    ("there", "chosen"), [(("hh", "hv"), "HH"), (("vv", "vh"), "VV"), (("vv",), "VV")]
)
def test_safe_folders(make, tmp_path, there, chosen):
    folder = tmp_path / f"{make.SENTINEL}.SAFE"
    write_safe(make, folder, [sentinel_tiff(one) for one in there])
    identity = open_scene(str(folder)).identity
    assert (identity.name, identity.band, identity.time) == (make.SENTINEL, chosen, "10:10:10")
    assert (identity.kind, identity.level, identity.tier) == ("sar", "GRDH", "1SDH")
    if len(there) == 2:
        cross = open_scene(str(folder), band=there[1])
        assert cross.identity.band == there[1].upper()
    with pytest.raises(SceneError, match="polarisation HX is missing"):
        open_scene(str(folder), band="HX")
    measurement = folder / "measurement" / sentinel_tiff(there[0])
    assert open_scene(str(measurement)).identity == identity
    assert find([str(folder)]) == [str(folder)]


def test_only_cross_polarisation_must_be_asked_for(make, tmp_path):
    folder = write_safe(make, tmp_path / f"{make.SENTINEL}.SAFE", [sentinel_tiff("hv")])
    with pytest.raises(SceneError, match="the product has HV"):
        open_scene(str(folder))


def test_slc_products_are_refused(make, tmp_path):
    name = make.SENTINEL.replace("GRDH", "SLC_")
    folder = write_safe(make, tmp_path / f"{name}.SAFE", [sentinel_tiff("hh", "slc")])
    with pytest.raises(SceneError, match=r"SLC product.*download the GRD"):
        open_scene(str(folder))


def test_dates(make, tmp_path, caplog):
    path = make.tif(tmp_path / f"{make.LANDSAT}_B5.TIF")
    assert open_scene(str(path)).date == DATE
    with caplog.at_level(logging.WARNING):
        assert open_scene(str(path), date="2020-01-01").date == "2020-01-01"
    assert "2020-01-01 overrides 2016-06-30" in caplog.text
    subset = make.tif(tmp_path / "Sverdrup_LC08_L1TP_2015-05-05_031-005_T1_B5.tif")
    assert open_scene(str(subset)).date == "2015-05-05"
    assert open_scene(str(subset)).identity.domain == "Sverdrup"


def test_the_date_of_processing_is_no_date(make, tmp_path):
    tags = {"TIFFTAG_DATETIME": "2020:05:05 01:02:03"}
    path = make.tif(tmp_path / "scene.tif", tags=tags)
    with pytest.raises(MissingDateError, match=r"2020:05:05.*processed.*--date"):
        open_scene(str(path))


def test_crs_is_used_only_where_there_is_none(make, tmp_path):
    without = make.tif(tmp_path / "without.tif", crs=None)
    with pytest.raises(MissingCRSError, match="--crs"):
        open_scene(str(without), date=DATE)
    assert open_scene(str(without), date=DATE, crs="EPSG:32620").crs == "EPSG:32620"
    having = make.tif(tmp_path / "having.tif")
    assert open_scene(str(having), date=DATE, crs="EPSG:32620").crs == "EPSG:3413"


def test_a_local_crs_is_no_crs(make, tmp_path):
    local = 'LOCAL_CS["site",UNIT["metre",1]]'
    path = make.tif(tmp_path / "local.tif", crs=local)
    with pytest.raises((MissingCRSError, SceneError), match=r"local\.tif"):
        open_scene(str(path), date=DATE)


def test_synthetic_scenes_say_so(make, tmp_path):
    path = make.tif(tmp_path / "scene.tif", tags={"PYCALFIN_SYNTHETIC": "1"})
    assert open_scene(str(path), date=DATE).synthetic


def test_find(make, tmp_path, monkeypatch):
    folder = tmp_path / "scenes"
    for name in ("b.tif", "a.TIFF", "deep/c.tif", "._b.tif", ".hidden/d.tif"):
        make.tif(folder / name)
    make.tif(folder / "grey.tif")
    make.tif(folder / "grey_channels.tif")
    make.tif(folder / "only_channels.tif")
    (folder / "notes.txt").write_text("")
    make.product(folder / make.LANDSAT, cloud=np.zeros((64, 80), bool))
    flat = make.LANDSAT.replace("20160630", "20150101")
    make.product(folder, flat, cloud=np.zeros((64, 80), bool))
    (folder / "z.tar").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find(["scenes", "empty", "missing.tif", "scenes/b.tif"]) == [
        f"scenes/{flat}_B5.TIF",
        f"scenes/{make.LANDSAT}",
        "scenes/a.TIFF",
        "scenes/b.tif",
        "scenes/deep/c.tif",
        "scenes/grey.tif",
        "scenes/only_channels.tif",
        "scenes/z.tar",
        "empty",
        "missing.tif",
    ]


def test_links_are_followed_once(make, tmp_path):
    folder = tmp_path / "scenes"
    make.tif(folder / "deep" / "a.tif")
    make.tif(tmp_path / "elsewhere" / "b.tif")
    (folder / "deep" / "up").symlink_to(folder)
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "nowhere").symlink_to("nowhere")
    assert find([str(folder)]) == [str(folder / "deep" / "a.tif"), str(folder / "link" / "b.tif")]


def bad_files(make, folder):
    """Name -> how to make it; every case of bad input that opening a scene can notice."""
    folder.mkdir(exist_ok=True)
    whole = make.tif(folder / "whole.tif").read_bytes()

    def written(name, content):
        (folder / name).write_bytes(content)
        return folder / name

    def archive(name, mode="w", inside="whole.tif"):
        with tarfile.open(folder / name, mode) as tar:
            tar.add(folder / "whole.tif", inside)
        return folder / name

    def zipped(name, flag=0, method=0):
        """A zip whose headers say what Python cannot write: encryption, a rare compression."""
        with zipfile.ZipFile(folder / name, "w") as out:
            out.writestr(f"{make.LANDSAT}_MTL.txt", "GROUP = X\n")
            out.write(folder / "whole.tif", f"{make.LANDSAT}_B5.TIF")
        content = bytearray((folder / name).read_bytes())
        for header, place in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
            start = -1
            while (start := content.find(header, start + 1)) >= 0:
                content[start + place] |= flag
                content[start + place + 2] |= method
        return written(name, bytes(content))

    (folder / "nothing").mkdir()
    mixed = make.product(folder / "mixed")
    make.product(mixed, make.LANDSAT.replace("20160630", "20150101"))
    complexes = np.ones((64, 64), "complex64")
    nowhere = rasterio.Affine.identity()

    def swath(name, *points):
        """A scene with ground control points: row, col, longitude, latitude."""
        gcps = [rasterio.control.GroundControlPoint(*point) for point in points]
        return make.tif(folder / name, gcps=gcps, crs="EPSG:4326")

    corners = [(0, 0, -50, 70), (0, 80, -49, 70), (64, 0, -50, 69), (64, 80, -49, 69)]
    return {
        "missing": folder / "missing.tif",
        "empty": written("empty.tif", b""),
        "text": written("text.tif", b"this is no image\n" * 20),
        "header only": written("header.tif", whole[:6]),
        "cut directory": written("directory.tif", whole[:150]),
        "folder": folder / "nothing",
        "mixed folder": mixed,
        "empty archive": written("empty.tar", b""),
        "no archive": written("text.tar.gz", b"this is no archive\n" * 99),
        "foreign archive": archive("foreign.tar"),
        "archive of archives": archive("all.tar", inside="one.tar.gz"),
        "7-Zip": written("scene.7z", b"7z\xbc\xaf\x27\x1c" + bytes(99)),
        "7-Zip by content": written("scene.zip", b"7z\xbc\xaf\x27\x1c" + bytes(99)),
        "packed image": written(f"{make.LANDSAT}_B5.TIF.gz", b"\x1f\x8b" + bytes(99)),
        "encrypted archive": zipped("encrypted.zip", flag=1),
        "rare archive": zipped("rare.zip", method=97),
        "damaged LZMA": zipped("damaged.zip", method=14),
        "complex": make.tif(folder / "complex.tif", complexes),
        "complex integers": make.tif(folder / "cint.tif", complexes, dtype="complex_int16"),
        "no CRS": make.tif(folder / "no_crs.tif", crs=None),
        "no georeference": make.tif(folder / "nowhere.tif", transform=nowhere),
        "nothing at all": make.tif(folder / "bare.tif", crs=None, transform=nowhere),
        "few points": swath("few.tif", *corners[:3]),
        "one point": swath("one.tif", *corners[:1] * 6),
        "line of pixels": swath("row.tif", *((0, *point[1:]) for point in corners)),
        "line of places": swath(
            "line.tif",
            *((*point[:2], -50 + point[0] / 64 + point[1] / 80, 70) for point in corners),
        ),
        "points nowhere": swath("lost.tif", *((*point[:3], 900) for point in corners)),
        "two places": swath("two.tif", *corners, (0, 0, -50, 69.5)),
        "bands": make.tif(folder / "bands.tif", np.ones((5, 64, 64), "uint16")),
        "date": make.tif(folder / "undated.tif"),
    }


@pytest.mark.parametrize(
    ("case", "error", "remedy"),
    [
        ("missing", SceneError, "check the path"),
        ("empty", SceneError, "download or copy it again"),
        ("text", SceneError, "give a GeoTIFF"),
        ("header only", SceneError, "download it again|give a GeoTIFF"),
        ("cut directory", SceneError, "download it again|give a GeoTIFF"),
        ("folder", SceneError, "folder is not a product.*give"),
        ("mixed folder", SceneError, "2 products.*give each"),
        ("empty archive", SceneError, "download or copy it again"),
        ("no archive", SceneError, "download it again"),
        ("foreign archive", SceneError, "not a product.*give"),
        ("archive of archives", SceneError, r"archive of archives \(one\.tar\.gz\).*unpack it"),
        ("7-Zip", SceneError, "unpack it"),
        ("7-Zip by content", SceneError, "a 7-Zip archive.*unpack it"),
        ("packed image", SceneError, "unpack it"),
        ("encrypted archive", SceneError, "encrypted; unpack it"),
        ("rare archive", SceneError, "not supported.*unpack it"),
        ("damaged LZMA", SceneError, "download it again"),
        ("complex", SceneError, "use the GRD product"),
        ("complex integers", SceneError, "use the GRD product"),
        ("no CRS", MissingCRSError, "pass --crs"),
        ("no georeference", SceneError, "georeference it"),
        ("nothing at all", SceneError, "georeference it"),
        ("few points", SceneError, "georeference it"),
        ("one point", SceneError, "one point or on one line.*georeference it"),
        ("line of pixels", SceneError, "one point or on one line.*georeference it"),
        ("line of places", SceneError, "one point or on one line.*georeference it"),
        ("points nowhere", SceneError, "lie outside EPSG:3413.*georeference it"),
        ("two places", SceneError, "one pixel in two places.*georeference it"),
        ("bands", SceneError, "pass --band"),
        ("date", MissingDateError, "pass --date"),
    ],
)
def test_bad_input_gives_one_sentence(make, tmp_path, case, error, remedy, capfd, caplog):
    path = bad_files(make, tmp_path / "bad")[case]
    capfd.readouterr()
    with pytest.raises(error, match=remedy) as caught:
        open_scene(str(path), date=None if case == "date" else DATE)
    text = str(caught.value)
    assert text.startswith(f"{path}:")
    assert len(text.splitlines()) == 1
    assert len(text) - len(str(path)) < 200
    assert capfd.readouterr().err == ""
    assert caplog.text == ""


def test_scenes_travel_between_processes(make, tmp_path):
    import pickle

    scene = open_scene(str(make.tif(tmp_path / "scene.tif")), date=DATE)
    assert pickle.loads(pickle.dumps(scene)) == scene
    assert isinstance(scene, Scene)


def test_nothing_is_written_beside_an_archive(make, tmp_path):
    """GDAL would note the size of what it unpacked, and a resumed run would see a changed scene."""
    path = tmp_path / f"{make.LANDSAT}.tar.gz"
    content = np.random.default_rng(1).integers(1000, 60000, (2000, 2000), dtype=np.uint16)
    image = make.tif(tmp_path / "made" / f"{make.LANDSAT}_B5.TIF", content)
    with tarfile.open(path, "w:gz") as tar:
        tar.add(image, image.name)
    middle(open_scene(str(path)))
    assert sorted(item.name for item in tmp_path.iterdir()) == [path.name, "made"]
