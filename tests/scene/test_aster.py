"""ASTER: band 3N, the date of its names, no-data, and one sentence for HDF4."""

from __future__ import annotations

import numpy as np
import pytest

from pycalfin.errors import SceneError
from pycalfin.scene.names import identify
from pycalfin.scene.parts import part_of
from pycalfin.scene.read import find, open_raster, open_scene
from pycalfin.scene.subset import cut
from pycalfin.settings import Settings

L1T = "AST_L1T_00307042006155859_20150513071134_48231"
SHAPE = (40, 40)
PLACE = {"crs": "EPSG:32622"}


def image(make, low=100):
    values = make.textured(*SHAPE, "uint8", low, low + 80)
    values[:, :4] = 0
    return values


@pytest.mark.parametrize(
    ("end", "band", "auxiliary"),
    [
        ("VNIR_Band3N", "B3N", ""),
        ("VNIR_Swath_ImageData3N", "B3N", ""),
        ("ImageData3N", "B3N", ""),
        ("V3N", "B3N", ""),
        ("VNIR_Band1", "B1", ""),
        ("VNIR_Band3B", "B3B", "the band that looks backward"),
        ("SWIR_Band4", "B4", ""),
        ("TIR_Band10", "B10", "a thermal band"),
        ("VNIR", "Analytic", ""),
    ],
)
@pytest.mark.parametrize("start", [L1T, "AST14DMO_00307042006155859_20150513071134_48231"])
def test_names_of_bands(start, end, band, auxiliary):
    part = part_of(f"{start}_{end}.tif")
    assert (part.code, part.band, part.auxiliary) == ("AST", band, auxiliary)
    identity = identify(f"{start}_{end}.tif")
    assert (identity.sensor, identity.kind) == ("AST", "optical")
    assert (identity.date, identity.time) == ("2006-07-04", "15:58:59")


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("AST_L1T_00307042006155859", "2006-07-04"),
        ("AST_L1T_00404072006155859_20240101000000", "2006-04-07"),
        ("AST_L1T_00312312006155859_20150513071134_48231.hdf", "2006-12-31"),
        ("AST_L1B_00307042006155859_20150513071134_48231.tif", "2006-07-04"),
        ("AST_07XT_00307042006155859_20150513071134_48231.tif", "2006-07-04"),
        ("AST_L1T_00313042006155859_20150513071134_48231.hdf", ""),
    ],
)
def test_dates(name, date):
    assert identify(name).date == date


@pytest.mark.parametrize("layout", ["folder", "among others", "band", "alone"])
def test_one_scene_whatever_the_layout(make, tmp_path, layout):
    folder = tmp_path / "aster"
    for end in ("VNIR_Band1", "VNIR_Band2", "TIR_Band10", "SWIR_Band4"):
        if layout != "alone":
            make.tif(folder / f"{L1T}_{end}.tif", image(make, 10), **PLACE)
    near = make.tif(folder / f"{L1T}_VNIR_Band3N.tif", image(make), **PLACE)
    (folder / f"{L1T}.hdf").write_bytes(b"\x0e\x03\x13\x01" + bytes(100))
    if layout == "among others":
        make.tif(folder / "image_20180721.tif")
    found, *others = find([str(near if layout == "band" else folder)])
    assert len(others) == (layout == "among others")
    scene = open_scene(found)
    assert (scene.date, scene.identity.time) == ("2006-07-04", "15:58:59")
    assert (scene.identity.sensor, scene.identity.band, scene.qa) == ("AST", "B3N", None)
    subset = cut(scene, None, Settings(max_nodata=1.0))
    assert not subset.valid[:, :4].any()
    assert subset.valid[:, 4:].all()
    assert np.nanmin(subset.pixels) >= 100


@pytest.mark.parametrize("word", ["3N", "B3N", "3n", "Band3N"])
def test_the_band_by_its_name(make, tmp_path, word):
    make.tif(tmp_path / "a" / f"{L1T}_VNIR_Band3N.tif", image(make), **PLACE)
    make.tif(tmp_path / "a" / f"{L1T}_VNIR_Band2.tif", image(make, 10), **PLACE)
    for path in (tmp_path / "a", tmp_path / "a" / f"{L1T}_VNIR_Band2.tif"):
        assert open_scene(str(path), band=word).raster.endswith("Band3N.tif")


@pytest.mark.parametrize("names", [(), ("VNIR_Band1", "VNIR_Band2", "VNIR_Band3N")])
def test_a_file_with_all_near_bands(make, tmp_path, names):
    bands = np.stack([image(make, low) for low in (10, 20, 100)])
    path = make.tif(tmp_path / f"{L1T}.VNIR.tif", bands, descriptions=names, **PLACE)
    scene = open_scene(str(path))
    assert scene.band == 3
    with open_raster(scene) as dataset:
        assert dataset.read(scene.band)[:, 4:].min() >= 100


def test_hdf4_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / f"{L1T}.hdf"
    path.write_bytes(b"\x0e\x03\x13\x01" + bytes(100))
    for given in (path, tmp_path):
        (found,) = find([str(given)])
        with pytest.raises(SceneError, match=r"an HDF4 file.*as GeoTIFF") as caught:
            open_scene(found)
        assert len(str(caught.value).splitlines()) == 1


def test_hdf_of_others_is_no_scene(make, tmp_path):
    (tmp_path / "MOD09GQ.A2018201.h17v02.hdf").write_bytes(b"\x0e\x03\x13\x01" + bytes(100))
    path = make.tif(tmp_path / "image_20180721.tif")
    assert find([str(tmp_path)]) == [str(path)]
