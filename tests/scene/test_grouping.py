"""Folders as they come: which files are scenes. None is opened for that."""

import pytest

from pycalfin.scene.read import find
from tests.scene.test_parts import C2, ESPA, ETM, GRD, HLS_L, HLS_S, HYP3, L2, OPERA, S2, TIFF

OTHER = C2.replace("20180720", "20180805")
SIDE_C2 = ("QA_PIXEL", "QA_RADSAT", "VAA", "VZA", "SAA", "SZA", "B10", "B11")
SIDE_L2 = ("ST_B10", "ST_EMIS", "ST_CDIST", "ST_QA", "SR_QA_AEROSOL", "QA_PIXEL")
ESPA_REST = (
    "sr_band1",
    "sr_band4",
    "toa_band4",
    "bt_band10",
    "pixel_qa",
    "radsat_qa",
    "sr_aerosol",
)


def lay(folder, names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def bands(product, *ends, sep="_", end=".TIF"):
    return [f"{product}{sep}{band}{end}" for band in ends]


HLS_REST = ("B02", "B04", "Fmask", "SZA", "VAA")
TWO_HLS = [
    *bands(HLS_L, "B05", *HLS_REST, "B10", sep=".", end=".tif"),
    *bands(HLS_S, "B08", "B8A", "B11", *HLS_REST, sep=".", end=".tif"),
]


@pytest.mark.parametrize(
    ("names", "scenes"),
    [
        # mixed folders of two products
        (
            bands(C2, "B4", "B5", *SIDE_C2) + bands(OTHER, "B4", "B5", *SIDE_C2),
            [f"{C2}_B5.TIF", f"{OTHER}_B5.TIF"],
        ),
        (
            bands(L2, "SR_B4", "SR_B5", *SIDE_L2) + bands(OTHER, "B5"),
            [f"{OTHER}_B5.TIF", f"{L2}_SR_B5.TIF"],
        ),
        (
            bands(ESPA, "sr_band5", *ESPA_REST, end=".tif") + ["other.tif"],
            [f"{ESPA}_sr_band5.tif", "other.tif"],
        ),
        (TWO_HLS, [f"{HLS_L}.B05.tif", f"{HLS_S}.B8A.tif"]),
        (
            bands(HYP3, "HH", "HV", "inc_map", "ls_map", "dem", "area", end=".tif") + ["a.tif"],
            [f"{HYP3}_HH.tif", "a.tif"],
        ),
        (
            bands(OPERA, "VV", "VH", "mask", end=".tif")
            + bands(OPERA.replace("IW2", "IW3"), "VV", "VH", "mask", end=".tif"),
            [f"{OPERA}_VV.tif", f"{OPERA.replace('IW2', 'IW3')}_VV.tif"],
        ),
        (bands(GRD, "HH", "HV", end=".tif") + ["a.tif"], [f"{GRD}_HH.tif", "a.tif"]),
        (
            [f"{TIFF.format('hh', 1)}.tiff", f"{TIFF.format('hv', 2)}.tiff", "a.tif",
             f"noise-{TIFF.format('hh', 1)}.tif"],
            ["a.tif", f"{TIFF.format('hh', 1)}.tiff"],
        ),
        (
            [f"{S2}_B08.jp2", f"{S2}_B04.jp2", f"{S2}_TCI.jp2", "a.tif"],
            [f"{S2}_B08.jp2", "a.tif"],
        ),
        (["foo_HH.tif", "foo_HV.tif", "bar.tif"], ["bar.tif", "foo_HH.tif"]),
        (["foo_red.tif", "foo_nir.tif", "bar.tif"], ["bar.tif", "foo_nir.tif"]),
        # the folder is the product
        (bands(C2, "B4", "B5", *SIDE_C2), ["."]),
        (bands(L2, "SR_B4", "SR_B5", *SIDE_L2), ["."]),
        (bands(ESPA, "sr_band5", *ESPA_REST, end=".tif"), ["."]),
        (TWO_HLS[:7], ["."]),
        (bands(HYP3, "VV", "VH", "dem", end=".tif"), ["."]),
        ([f"{TIFF.format(p, n)}.tiff" for p, n in (("hh", 1), ("hv", 2))], ["."]),
        (bands(ETM, "B4", "B6_VCID_1") + [f"gap_mask/{ETM}_GM_B4.TIF"], ["."]),
        (bands(C2, "B5") + [f"{C2}_B5_clip.TIF", f"{C2}_MTL.txt"], ["."]),
        (
            [f"L71012010_01020120703_B{band}.TIF" for band in (10, 40, 61)]
            + [f"L72012010_01020120703_B{band}.TIF" for band in (62, 80)],
            ["."],
        ),
        # gap masks of flattened products lie in one folder
        (
            bands(ETM, "B4", "B3") + bands(OTHER, "B5") + [f"gap_mask/{ETM}_GM_B4.TIF"],
            [f"{OTHER}_B5.TIF", f"{ETM}_B4.TIF"],
        ),
        # bands by folder; clips by glacier
        ([f"B4/{C2}_B4.TIF", f"B5/{C2}_B5.TIF"], [f"B5/{C2}_B5.TIF"]),
        ([f"a/{C2}_B5.TIF", f"b/{C2}_B5.TIF"], [f"a/{C2}_B5.TIF", f"b/{C2}_B5.TIF"]),
        (
            bands(C2, "B4_clip", "B5_clip", "B5_other", "QA_PIXEL_clip"),
            [f"{C2}_B5_clip.TIF", f"{C2}_B5_other.TIF"],
        ),
        ([f"{C2}_one.tif", f"{C2}_two.tif"], [f"{C2}_one.tif", f"{C2}_two.tif"]),
        # a stack, and what lies beside it
        (["20180720_151909_1034_3B_AnalyticMS.tif", "20180720_151909_1034_3B_udm2.tif", "a.tif"],
         ["20180720_151909_1034_3B_AnalyticMS.tif", "a.tif"]),
        (["LC08_012010_20180720.tif", "LC08_012010_20180805.tif"],
         ["LC08_012010_20180720.tif", "LC08_012010_20180805.tif"]),
        # the only band; several others, of which the user must choose; nothing to look at
        ([*bands(C2, "B4"), "a.tif"], [f"{C2}_B4.TIF", "a.tif"]),
        ([*bands(C2, "B4", "B3", "VAA"), "a.tif"], [C2, "a.tif"]),
        ([*bands(C2, "VAA", "QA_PIXEL"), "a.tif"], [f"{C2}_QA_PIXEL.TIF", "a.tif"]),
        ([*bands(GRD, "HV", end=".tif"), "a.tif"], [f"{GRD}_HV.tif", "a.tif"]),
        # bands named by their folder
        ([f"S2A_22WEB_20180720_0_L2A/{band}.tif" for band in ("B04", "B08", "SCL")],
         ["S2A_22WEB_20180720_0_L2A"]),
        # subsets are scenes by themselves
        (["Ø_LC08_L1TP_2016-06-30_031-005_T1_B5.tif", "Ø_LC08_L1TP_2016-06-30_031-005_T1_B4.tif"],
         ["Ø_LC08_L1TP_2016-06-30_031-005_T1_B4.tif", "Ø_LC08_L1TP_2016-06-30_031-005_T1_B5.tif"]),
    ],
)  # fmt: skip
def test_one_product_is_one_scene(tmp_path, names, scenes):
    folder = tmp_path / "scenes"
    lay(folder, names)
    assert find([str(folder)]) == [str(folder / name) for name in scenes]


def test_safe_folders(tmp_path):
    inner = "GRANULE/L1C_T22WEB_A016060_20180720T151909/IMG_DATA"
    lay(tmp_path, [f"X.SAFE/{inner}/{S2}_{band}.jp2" for band in ("B04", "B08")])
    lay(tmp_path, [f"{GRD}.SAFE/measurement/{TIFF.format('hh', 1)}.tiff", "a.tif"])
    assert find([str(tmp_path)]) == [
        str(tmp_path / name) for name in (f"{GRD}.SAFE", "X.SAFE", "a.tif")
    ]
    measurement = tmp_path / f"{GRD}.SAFE" / "measurement"
    lay(measurement, [f"{TIFF.format('hv', 2)}.tiff"])
    assert find([str(measurement)]) == [str(measurement)]


def test_what_lies_in_the_folder_of_a_product(tmp_path, caplog):
    """Other products are scenes; what is made of this one, and its masks, are none."""
    lay(tmp_path, bands(C2, "B4", "B5", "QA_PIXEL"))
    lay(tmp_path / "gap_mask", bands(C2, "B4", "B5"))
    lay(tmp_path / "clips", bands(C2, "B5_clip"))
    lay(tmp_path / "older", bands(OTHER, "B4", "B5"))
    lay(
        tmp_path,
        [f"{C2}.tar", f"{L2}.tar.bz2", f"{GRD}.zip", "other/a.tif", f"{C2}_GM_B4.TIF.gz", "b.7z"],
    )
    names = (".", f"{L2}.tar.bz2", f"{GRD}.zip", "older", "other/a.tif")
    assert sorted(find([str(tmp_path)])) == sorted(str(tmp_path / name) for name in names)
    assert [record.getMessage().split(": ")[0] for record in caplog.records] == [
        str(tmp_path / "b.7z")
    ]
