"""Names of the files of every product of the table: which band, or what else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycalfin.scene.names import identify
from pycalfin.scene.parts import auxiliary_named, part_of

C2 = "LC08_L1TP_012010_20180720_20200831_02_T1"
L2 = "LC08_L2SP_012010_20180720_20200831_02_T1"
ETM = "LE07_L1TP_012010_20120703_20200908_02_T1"
ESPA = "LC08_L1TP_012010_20180720_20180731_01_T1"
HLS_L, HLS_S = "HLS.L30.T22WEB.2018201T150231.v2.0", "HLS.S30.T22WEB.2018201T151909.v2.0"
S2 = "T22WEB_20180720T151909"
SAFE2 = "S2A_MSIL1C_20180720T151909_N0206_R068_T22WEB_20180720T171530"
GRD = "S1A_EW_GRDM_1SDH_20180720T104521_20180720T104621_022870_027AF1_1234"
TIFF = "s1a-ew-grd-{}-20180720t104521-20180720t104621-022870-027af1-00{}"
HYP3 = "S1A_EW_20180720T104521_DHP_RTC30_G_gpuned_1234"
OPERA = "OPERA_L2_RTC-S1_T087-185683-IW2_20180720T104521Z_20240101T000000Z_S1A_30_v1.0"
PLANET = "20180720_151909_1034_3B"
DAY = "2018-07-20"


@pytest.mark.parametrize(
    ("name", "sensor", "date", "band"),
    [
        (f"{C2}_B5.TIF", "LC08", DAY, "B5"),
        (f"{C2}_B8.TIF", "LC08", DAY, "B8"),
        (f"{L2}_SR_B5.TIF", "LC08", DAY, "B5"),
        (f"{ESPA}_sr_band5.tif", "LC08", DAY, "B5"),
        (f"{ESPA}_toa_band5.tif", "LC08", DAY, "B5"),
        ("LC080120102018072001T1-SC20190101123456.tar.gz", "LC08", DAY, ""),
        ("LC80120102018201LGN00_sr_band5.tif", "LC08", DAY, "B5"),
        ("LC80120102018201-SC20160101120000", "LC08", DAY, ""),
        ("LE70120102012185EDC00_B4.TIF", "LE07", "2012-07-03", "B4"),
        ("L71012010_01020120703_B40.TIF", "LE07", "2012-07-03", "B4"),
        ("L72012010_01020120703_B80.TIF", "LE07", "2012-07-03", "B8"),
        ("L5012010_01020090703_B40.TIF", "LT05", "2009-07-03", "B4"),
        ("LT5012010_01020090703_B40.TIF", "LT05", "2009-07-03", "B4"),
        ("L4012010_01019880703_B40.TIF", "LT04", "1988-07-03", "B4"),
        ("L2012010_01019780703_B60.TIF", "LM02", "1978-07-03", "B6"),
        ("LM10120101973185AAA05_B6.TIF", "LM01", "1973-07-04", "B6"),
        ("LC08_012010_20180720.tif", "LC08", DAY, ""),
        ("1_2_LC08_012010_20180720.tif", "LC08", DAY, ""),
        ("LC08_012010_20180720.SR_B5.tif", "LC08", DAY, "B5"),
        (f"{HLS_L}.B05.tif", "L30", DAY, "B05"),
        (f"{HLS_S}.B8A.tif", "S30", DAY, "B8A"),
        (f"{S2}_B08.tif", "S2", DAY, "B08"),
        (f"{S2}_B08_10m.jp2", "S2", DAY, "B08"),
        (f"L2A_{S2}_B8A_20m.jp2", "S2", DAY, "B8A"),
        (f"{SAFE2}.SAFE", "S2A", DAY, ""),
        (f"{SAFE2}.zip", "S2A", DAY, ""),
        (
            "S2A_OPER_PRD_MSIL1C_PDMC_20190101T000000_R068_V20180720T151909_20180720T151909.SAFE",
            "S2A",
            DAY,
            "",
        ),
        ("20180720T151909_20180720T171905_T22WEB.tif", "S2", DAY, ""),
        ("S2B_22WEB_20180720_0_L2A.tif", "S2B", DAY, ""),
        (f"{GRD}_HH.tif", "S1A", DAY, "HH"),
        (f"{TIFF.format('vv', 1)}.tiff", "S1A", DAY, "VV"),
        (f"{HYP3}_HH.tif", "S1A", DAY, "HH"),
        (f"{OPERA}_VV.tif", "S1A", DAY, "VV"),
        (f"{PLANET}_nir.tif", "PS", DAY, "nir"),
        (f"{PLANET}_AnalyticMS_SR_clip.tif", "PS", DAY, "Analytic"),
        ("20210720_151909_12_2405_3B_AnalyticMS_SR_8b.tif", "PS", "2021-07-20", "Analytic"),
        ("20180720_151909_ssc1d1_0012_analytic.tif", "PS", DAY, "Analytic"),
        # names of no kind
        ("helheim_20180720.tif", "", DAY, ""),
        ("helheim_2018_07_20_nir.tif", "", DAY, ""),
        ("TSX1_SAR__SSC______SM_S_SRA_20180720T104521_20180720T104529.tif", "", DAY, ""),
        ("MOD09GQ.A2018201.h17v02.tif", "", DAY, ""),
        ("20180720_20200831.tif", "", "", ""),
        ("26180720.tif", "", "", ""),
        (f"{C2.replace('20180720', '26180720')}_B5.TIF", "LC08", "", "B5"),
    ],
)
def test_what_names_say(name, sensor, date, band):
    found = identify(name)
    assert (found.sensor, found.date) == (sensor, date)
    part = part_of(name)
    if part is not None and sensor:
        assert (part.code, part.band, part.auxiliary) == (sensor, band, "")


AUXILIARY = [
    *(f"{C2}_{end}.TIF" for end in ("QA_PIXEL", "QA_RADSAT", "VAA", "VZA", "SAA", "SZA", "DEM")),
    *(f"{C2}_{end}.TIF" for end in ("B10", "B11", "B9", "thm", "qb", "pixel_qa", "B10_clip")),
    f"{C2.replace('_02_', '_01_')}_BQA.TIF",
    *(f"{L2}_{end}.TIF" for end in ("ST_B10", "ST_QA", "ST_EMIS", "ST_EMSD", "ST_CDIST")),
    *(f"{L2}_{end}.TIF" for end in ("ST_ATRAN", "ST_DRAD", "ST_URAD", "ST_TRAD")),
    *(f"{L2}_{end}.TIF" for end in ("SR_QA_AEROSOL", "SR_ATMOS_OPACITY", "SR_CLOUD_QA")),
    *(f"{ETM}_{end}.TIF" for end in ("B6_VCID_1", "B6_VCID_2", "GM_B4", "GM_B6_VCID_1")),
    "LT05_L1TP_012010_20090703_20200908_02_T1_B6.TIF",
    "L71012010_01020120703_B61.TIF",
    "L72012010_01020120703_B62.TIF",
    "L5012010_01020090703_B60.TIF",
    "LT08_L1TP_012010_20180720_20200831_02_T1_B10.TIF",
    *(f"{ESPA}_{end}.tif" for end in ("pixel_qa", "radsat_qa", "sr_aerosol", "sr_cloud_qa", "bqa")),
    *(f"{ESPA}_{end}.tif" for end in ("sensor_azimuth_band4", "solar_zenith_band4", "bt_band10")),
    *(f"{ESPA}_{end}.tif" for end in ("sr_ndvi", "cfmask", "cfmask_conf", "sr_atmos_opacity")),
    *(f"{HLS_L}.{end}.tif" for end in ("Fmask", "SAA", "SZA", "VAA", "VZA", "B09", "B10", "B11")),
    *(f"{HLS_S}.{end}.tif" for end in ("Fmask", "SZA", "B09", "B10")),
    *(f"{S2}_{end}.jp2" for end in ("TCI", "TCI_10m", "SCL_20m", "AOT_10m", "WVP_10m", "B10")),
    f"{GRD}_HV.tif",
    f"{TIFF.format('hv', 2)}.tiff",
    f"noise-{TIFF.format('hh', 1)}.tif",
    f"calibration-{TIFF.format('hh', 1)}.tif",
    *(f"{HYP3}_{end}.tif" for end in ("HV", "inc_map", "inc_map_ell", "ls_map", "dem")),
    *(f"{HYP3}_{end}.tif" for end in ("area", "rgb")),
    *(f"{OPERA}_{end}.tif" for end in ("HV", "mask", "BROWSE", "local_incidence_angle")),
    "OPERA_L2_RTC-S1-STATIC_T087-185683-IW2_20140403_S1A_30_v1.0_mask.tif",
    "OPERA_L3_DSWx-HLS_T22WEB_20180720T151909Z_20240101T000000Z_L8_30_v1.0_B01_WTR.tif",
    *(f"{PLANET}_{end}.tif" for end in ("udm2", "udm2_clip", "AnalyticMS_DN_udm", "Visual")),
    *(f"image_{end}.tif" for end in ("QA_PIXEL", "BQA", "ST_B10", "SZA", "Fmask", "udm2", "dem")),
    "radar_HV.tif",
]  # fmt: skip


@pytest.mark.parametrize("name", AUXILIARY)
def test_what_else_products_hold(name):
    part = part_of(name)
    assert part is not None
    assert part.auxiliary


@pytest.mark.parametrize(
    "name",
    [
        "image.tif",
        "Helheim_LC08_L1TP_2016-06-30_031-005_T1_B5.tif",
        "Helheim_S1B_EW_GRDM_1SDH_2016-06-30_037_T101010_HV.tif",
        "study_area.tif",
        "masked.tif",
        "DBE_1995-11-16_ERS_20_1_152.png",
    ],
)
def test_names_that_say_nothing_of_a_product(name):
    assert part_of(name) is None


def test_files_of_one_product_have_one_name():
    for names in (
        [f"{C2}_B5.TIF", f"{C2}_VAA.TIF", f"{C2.lower()}_b4.tif"],
        ["L71012010_01020120703_B40.TIF", "L72012010_01020120703_B80.TIF"],
        [f"{TIFF.format('hh', 1)}.tiff", f"noise-{TIFF.format('hv', 2)}.tif"],
        [f"{HLS_S}.B8A.tif", f"{HLS_S}.Fmask.tif"],
    ):
        assert len({part_of(name).product for name in names}) == 1
    assert part_of(f"{HLS_S}.B8A.tif").product != part_of(f"{HLS_L}.B05.tif").product


def test_bands_that_their_folder_names():
    part = part_of("B08.tif", "S2A_22WEB_20180720_0_L2A")
    assert (part.band, part.code) == ("B08", "S2A")
    assert part_of("SCL.tif", "S2A_22WEB_20180720_0_L2A").auxiliary
    assert part_of("preview2.tif", "S2A_22WEB_20180720_0_L2A") is None
    assert part_of("B08.tif", "downloads") is None


@pytest.mark.parametrize(
    ("text", "auxiliary"),
    [("QA_PIXEL", True), ("angle", True), ("SCL", True), ("Sigma0_HV", True), ("vh", True),
     ("nir", False), ("SR_B5", False), ("Sigma0_HH", False), ("", False)],
)  # fmt: skip
def test_descriptions(text, auxiliary):
    assert bool(auxiliary_named(text)) is auxiliary


@given(st.text(), st.text())
def test_any_name_is_read(name, folder):
    part_of(name, folder)
