"""Members of archives are opened whatever the archive, and claims of a header cost nothing."""

import bz2
import gzip
import io
import logging
import lzma
import tarfile
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

from pycalfin.errors import MissingDateError, PrunedError, SceneError
from pycalfin.scene import archive, unpack
from pycalfin.scene.raster import open_dataset
from pycalfin.scene.read import find, open_scene
from pycalfin.scene.subset import cut
from pycalfin.settings import Settings

CLOUDY = np.ones((64, 80), bool)


@pytest.fixture(scope="module")
def files(make, tmp_path_factory):
    """The files of a wholly cloudy product."""
    folder = make.product(tmp_path_factory.mktemp("product"), bands=("B4", "B5"), cloud=CLOUDY)
    return {item.name: item.read_bytes() for item in sorted(folder.iterdir())}


def tar_of(path, files, mode="w", **options):
    with tarfile.open(path, mode, **options) as tar:
        for name, content in files.items():
            item = tarfile.TarInfo(name)
            item.size, item.mtime = len(content), 1.5e9 + 0.25
            tar.addfile(item, io.BytesIO(content))
    return path


def zip_of(path, files, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as out:
        for name, content in files.items():
            out.writestr(name, content)
    return path


def inside(files, folder):
    return {f"{folder}{name}": content for name, content in files.items()}


def is_read(path, middle=5):
    """Open the band and the quality band: all of the scene is cloudy."""
    scene = open_scene(str(path))
    with open_dataset(scene.path, scene.raster) as dataset:
        assert int(dataset.read(1).mean() // 1000) == middle
    assert scene.date == "2016-06-30"
    with pytest.raises(PrunedError, match=r"100\.0 % cloud"):
        cut(scene, None, Settings())
    return scene


FOLDERS = {
    "plain": "",
    "dotted": "./",
    "long": "north_west_greenland/landsat_level_1/" * 3,
    "letters": "Sermeq Kujalleq/Bræ/",
    "not UTF-8": "Br\udce6/",
    "absolute": "/home/someone/",
    "outside": "../../",
    "odd": "a,b{c}'d\"e%f#g?h\n/",
    "double": "a//b/",
}
TARS = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.bz2": "w:bz2", ".tbz": "w:bz2"}
TARS |= {".tar.xz": "w:xz", ".TAR": "w", ".TGZ": "w:gz", ".Tar.Bz": "w:bz2", ".txz": "w:xz"}


@pytest.mark.parametrize("layout", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("folder", FOLDERS)
def test_names_in_a_tar(files, tmp_path, folder, layout):
    is_read(tar_of(tmp_path / "x.tar", inside(files, FOLDERS[folder]), format=layout))
    assert [item.name for item in tmp_path.iterdir()] == ["x.tar"]


@pytest.mark.parametrize("end", TARS)
@pytest.mark.parametrize("folder", ["plain", "not UTF-8"])
def test_compressions_of_a_tar(files, tmp_path, end, folder):
    is_read(tar_of(tmp_path / f"x{end}", inside(files, FOLDERS[folder]), TARS[end]))


@pytest.mark.parametrize("folder", sorted(FOLDERS.keys() - {"not UTF-8"}))
@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_names_in_a_zip(files, tmp_path, folder, method):
    is_read(zip_of(tmp_path / "x.zip", inside(files, FOLDERS[folder]), method))


def test_a_zip_with_names_of_an_old_code_page(files, tmp_path):
    path = zip_of(tmp_path / "x.zip", inside(files, "Brae_/"))
    path.write_bytes(path.read_bytes().replace(b"Brae_/", b"Br\x91\x8e_/"))
    is_read(path)


@pytest.mark.parametrize(
    ("name", "pack", "mode"),
    [("x.tar.gz", tar_of, "w"), ("x.tar", tar_of, "w:gz"), ("x.tgz", tar_of, "w:xz")]
    + [("x.zip", tar_of, "w"), ("x.tar", zip_of, 8), ("x.tar.bz2", tar_of, "w:gz")],
)
def test_the_content_says_what_an_archive_is(files, tmp_path, name, pack, mode):
    is_read(pack(tmp_path / name, files, mode))


@pytest.mark.parametrize("name", ["a{b.tar", "a}b.zip", "a,b;c!d#e?f%.tar", "-x.tar.gz", "\n.zip"])
@pytest.mark.parametrize("folder", ["", "x.tar", "{y}.zip", "Br\udce6"])
def test_names_of_archives(files, tmp_path, name, folder):
    place = tmp_path / folder
    place.mkdir(exist_ok=True)
    is_read((zip_of if "zip" in name else tar_of)(place / name, files, *["w:gz"] * ("gz" in name)))


@pytest.mark.parametrize(
    "name", ["Br\udce6.tar", "Br\udce6.tar.gz", "Br\udce6.zip", "\udcff.tar.xz"]
)
def test_names_of_archives_that_are_not_utf8(files, tmp_path, name):
    modes = {"gz": "w:gz", "xz": "w:xz"}
    path = tmp_path / name
    zip_of(path, files) if "zip" in name else tar_of(path, files, modes.get(name[-2:], "w"))
    is_read(path)


def test_links_in_a_tar(files, tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        for number, (name, content) in enumerate(files.items()):
            item = tarfile.TarInfo(f"store/{number}")
            item.size = len(content)
            tar.addfile(item, io.BytesIO(content))
            for folder, kind, target in (
                ("hard", tarfile.LNKTYPE, f"store/{number}"),
                ("product", tarfile.SYMTYPE, f"../hard/{name}"),
            ):
                link = tarfile.TarInfo(f"{folder}/{name}")
                link.type, link.linkname = kind, target
                tar.addfile(link)
    is_read(tmp_path / "x.tar")


@pytest.mark.parametrize("target", ["/etc/passwd", "../../etc/passwd", "elsewhere", "self"])
def test_a_quality_band_that_leads_out_of_the_archive_is_said(files, tmp_path, caplog, target):
    quality = next(name for name in files if "BQA" in name)
    path = tar_of(tmp_path / "x.tar", {k: v for k, v in files.items() if k != quality})
    with tarfile.open(path, "a") as tar:
        link = tarfile.TarInfo(quality)
        link.type, link.linkname = tarfile.SYMTYPE, quality if target == "self" else target
        tar.addfile(link)
    cut(open_scene(str(path)), None, Settings())
    assert "quality band not read" in caplog.text
    assert "link to a file outside the archive" in caplog.text


def test_a_name_that_stands_twice_is_the_last_one(make, files, tmp_path):
    band = f"{make.LANDSAT}_B5.TIF"
    old = {**files, band: files[f"{make.LANDSAT}_B4.TIF"]}
    path = tar_of(tmp_path / "x.tar", old)
    tar_of(path, files, "a")
    is_read(path)
    first = "x" * len(band)
    path = zip_of(tmp_path / "x.zip", {first: old[band], **files})
    path.write_bytes(path.read_bytes().replace(first.encode(), band.encode()))
    is_read(path)


def test_a_sparse_member(make, files, tmp_path):
    """GNU's sparse format 1.0: a map of the data comes first."""
    band = f"{make.LANDSAT}_B5.TIF"
    path = tar_of(tmp_path / "x.tar", {k: v for k, v in files.items() if k != band})
    content = files[band]
    table = f"1\n0\n{len(content)}\n".encode().ljust(512, b"\0")
    item = tarfile.TarInfo(f"GNUSparseFile.0/{band}")
    item.size = len(table) + len(content)
    item.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": band,
        "GNU.sparse.realsize": str(len(content)),
    }
    with tarfile.open(path, "a", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(item, io.BytesIO(table + content))
    is_read(path)


def test_what_macos_adds_is_no_band(files, tmp_path):
    added = {f"._{name}": b"\0\5\x16\7" * 99 for name in files}
    is_read(tar_of(tmp_path / "x.tar", {**added, **files}))
    is_read(zip_of(tmp_path / "x.zip", {**inside(added, "__MACOSX/"), **files}))


@pytest.mark.parametrize("folder", ["", "download/LE07/"])
@pytest.mark.parametrize("masks", ["gap_mask/", "GAP_MASK/", "masks/"])
def test_masks_below_a_product_are_no_bands(make, files, tmp_path, folder, masks):
    mask = make.tif(tmp_path / "mask.tif", np.ones((64, 80), "uint8")).read_bytes()
    for name in ("B5", "GM_B5"):
        packed = {**files, f"{masks}{make.LANDSAT}_{name}.TIF": mask}
        is_read(tar_of(tmp_path / "x.tar", inside(packed, folder)))
        is_read(tar_of(tmp_path / "x.tar", dict(reversed(inside(packed, folder).items()))))


def test_gap_masks_beside_the_bands_are_no_bands(make, files, tmp_path):
    mask = make.tif(tmp_path / "mask.tif", np.ones((64, 80), "uint8")).read_bytes()
    packed = {**inside(files, "bands/"), f"gap_mask/{make.LANDSAT}_GM_B5.TIF": mask}
    is_read(tar_of(tmp_path / "x.tar", packed))


@pytest.mark.parametrize("pack", [tar_of, zip_of])
@pytest.mark.parametrize("folder", ["", "Bræ/"])
def test_a_file_that_belongs_to_a_band_is_read_with_it(make, tmp_path, pack, folder):
    fill = np.where(np.arange(80) < 40, 5100, make.textured(low=5000, high=5500))
    band = make.tif(tmp_path / "band.tif", fill.astype("uint16")).read_bytes()
    text = b"<PAMDataset><PAMRasterBand band='1'><NoDataValue>5100</NoDataValue></PAMRasterBand>"
    name = f"{make.LANDSAT}_B5.TIF"
    packed = {name: band, f"{name}.aux.xml": text + b"</PAMDataset>"}
    scene = open_scene(str(pack(tmp_path / f"x.{pack.__name__[:3]}", inside(packed, folder))))
    with open_dataset(scene.path, scene.raster) as dataset:
        assert dataset.nodata == 5100
    assert not list(tmp_path.glob("pycalfin*"))


def test_archives_within_a_product_are_passed_over_aloud(files, tmp_path, caplog):
    is_read(tar_of(tmp_path / "x.tar", {**files, "gap_mask/a.tif.gz": b"x", "b.zip": b"y"}))
    assert "archives inside it are not read: gap_mask/a.tif.gz, b.zip" in caplog.text


def test_a_zipped_safe_folder(make, tmp_path):
    name = "s1a-iw-grd-hh-20160630t101010-20160630t101035-011937-01264f-001.tiff"
    content = make.tif(tmp_path / "hh.tif", make.textured()).read_bytes()
    safe = f"{make.SENTINEL}.SAFE/"
    packed = {f"{safe}manifest.safe": b"<xml/>", f"{safe}measurement/{name}": content}
    for path in (zip_of(tmp_path / "x.zip", packed), tar_of(tmp_path / "x.tbz2", packed, "w:bz2")):
        scene = open_scene(str(path))
        assert (scene.name, scene.identity.band) == (make.SENTINEL, "HH")


@pytest.mark.parametrize(
    ("name", "image", "date"),
    [
        ("x.tar", "LC08_012010_20180720.tif", "2018-07-20"),
        ("x.tar", "picture 2018-07-20.tif", "2018-07-20"),
        ("20180720.tar.xz", "picture.tif", "2018-07-20"),
        ("20180721.zip", "picture 2018-07-20.tif", "2018-07-20"),
    ],
)
def test_an_archive_of_one_image_with_several_bands(make, tmp_path, name, image, date):
    bands = np.stack([make.textured(), make.textured(low=2000, high=2500)])
    file = make.tif(tmp_path / "image.tif", bands, descriptions=("red", "nir"))
    mask = make.tif(tmp_path / "mask.tif", np.ones((64, 80), "uint8"))
    packed = {f"ö/{image}": file.read_bytes()}
    packed["ö/LC08_012010_20180720_QA_PIXEL.tif"] = mask.read_bytes()
    path = zip_of(tmp_path / name, packed) if "zip" in name else tar_of(tmp_path / name, packed)
    scene = open_scene(str(path))
    assert (scene.date, scene.band) == (date, 2)


def test_the_name_of_an_archive_dates_what_nothing_else_does(make, tmp_path):
    band = make.tif(tmp_path / "band.tif").read_bytes()
    packed = {"picture_B4.TIF": band, "picture_B5.TIF": band}
    path = str(tar_of(tmp_path / "Helheim_2018-07-20.tar", packed))
    assert open_scene(path, band="B5").date == "2018-07-20"
    path = str(tar_of(tmp_path / "20180720_20180721.tar", packed))
    with pytest.raises(MissingDateError, match="2 dates"):
        open_scene(path, band="B5")


@pytest.mark.parametrize("end", [".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".zip"])
def test_truncated_archives_are_said(files, tmp_path, end):
    path = tmp_path / f"x{end}"
    zip_of(path, files) if end == ".zip" else tar_of(path, files, TARS[end])
    for part in (0.2, 0.5, 0.8):
        cut_off = tmp_path / f"cut{part}{end}"
        cut_off.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
        with pytest.raises(SceneError, match="download it again"):
            open_scene(str(cut_off))


def test_a_tar_that_ends_after_a_member_is_said(files, tmp_path, caplog):
    path = tar_of(tmp_path / "x.tar", files)
    with tarfile.open(path) as tar:
        last = tar.getmembers()[-1]
    with path.open("r+b") as stream:
        stream.truncate(last.offset)
    open_scene(str(path))
    assert "no end mark; it may be truncated" in caplog.text


def test_a_damaged_header_within_a_tar_is_said(files, tmp_path):
    path = tar_of(tmp_path / "x.tar", files)
    with tarfile.open(path) as tar:
        last = tar.getmembers()[-1]
    with path.open("r+b") as stream:
        stream.seek(last.offset)
        stream.write(b"garbage" * 70)
    with pytest.raises(SceneError, match="download it again"):
        open_scene(str(path))


@pytest.mark.parametrize(
    "make_empty",
    [
        lambda path: tar_of(path, {}),
        lambda path: zip_of(path, {}),
        lambda path: tar_of(path, {}, "w:xz"),
        lambda path: path.write_bytes(bytes(2000)),
    ],
)
def test_empty_archives(tmp_path, make_empty):
    make_empty(tmp_path / "x.tar")
    with pytest.raises(SceneError, match=r"empty|truncated"):
        open_scene(str(tmp_path / "x.tar"))


def claiming(name, size, kind=tarfile.REGTYPE):
    item = tarfile.TarInfo(name)
    item.size, item.type = size, kind
    return item.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
@pytest.mark.parametrize(
    "opener", [open, gzip.open, bz2.open, lzma.open], ids=["tar", "gz", "bz2", "xz"]
)
def test_a_header_that_claims_much_costs_nothing(make, tmp_path, opener, kind):
    with opener(tmp_path / "x.tar", "wb") as out:
        out.write(claiming(f"{make.LANDSAT}_B5.TIF", 1 << 42, kind) + bytes(2048))
    with pytest.raises(SceneError, match=r"declares|GB when unpacked|truncated"):
        open_scene(str(tmp_path / "x.tar"))


def test_a_member_is_unpacked_only_where_there_is_room(files, tmp_path, monkeypatch):
    path = tar_of(tmp_path / "x.tar.xz", files, "w:xz")
    scene = open_scene(str(path))
    little = SimpleNamespace(free=1000)
    monkeypatch.setattr(unpack.shutil, "disk_usage", lambda _: little)
    with pytest.raises(SceneError, match="TMPDIR"):
        open_scene(str(tar_of(tmp_path / "y.tar.xz", files, "w:xz")))
    monkeypatch.setattr(archive, "MOST_UNPACKED", 1000)
    with pytest.raises(SceneError, match=r"has 0\.0 GB when unpacked"):
        open_scene(str(tar_of(tmp_path / "z.tar.xz", files, "w:xz")))
    assert scene.qa is not None


def test_nothing_unpacked_is_left(files, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    for number in range(3):
        is_read(tar_of(tmp_path / f"{number}.tar.bz2", inside(files, f"{number}/"), "w:bz2"))
    assert len(unpack._files) <= unpack.KEPT
    assert not list((tmp_path / "temporary").iterdir())


def test_archives_in_a_folder_are_read_or_named(files, tmp_path, caplog):
    folder = tmp_path / "scenes"
    folder.mkdir()
    good = ["a.tar", "b.TGZ", "c.tar.bz2", "d.txz", "e.zip"]
    for name, mode in zip(good, ["w", "w:gz", "w:bz2", "w:xz", "zip"], strict=True):
        zip_of(folder / name, files) if mode == "zip" else tar_of(folder / name, files, mode)
    others = ["f.7z", "g.RAR", "h.tar.Z", "i.tif.gz", "j.tar.zst", "k.tif.bz2"]
    for name in others:
        (folder / name).write_bytes(b"x")
    with caplog.at_level(logging.WARNING):
        assert find([str(folder)]) == [str(folder / name) for name in good]
    (record,) = caplog.records
    assert all(str(folder / name) in record.getMessage() for name in others)
    assert "unpack" in record.getMessage()
