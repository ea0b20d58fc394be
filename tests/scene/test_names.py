from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycalfin.files import safe_name
from pycalfin.records import Identity
from pycalfin.scene.names import identify, subset_name

C1 = "LC08_L1TP_031005_20160630_20170323_01_T1"
S1 = "S1A_IW_GRDH_1SDH_20160630T101010_20160630T101035_011937_01264F_ABCD"
TIFF = "s1a-iw-grd-hh-20160630t101010-20160630t101035-011937-01264f-001"
COPERNICUS = "S1B_EW_GRDM_1SSH_20180102T200000_20180102T200100_009000_010000_0A1B"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (C1, (C1, "LC08", "2016-06-30", None, "L1TP", "031-005", "T1", "")),
        (C1 + "_B5.TIF", (C1, "LC08", "2016-06-30", None, "L1TP", "031-005", "T1", "B5")),
        (C1.lower() + "_b5.tif", (C1, "LC08", "2016-06-30", None, "L1TP", "031-005", "T1", "B5")),
        (f"/a/b/{C1}/", (C1, "LC08", "2016-06-30", None, "L1TP", "031-005", "T1", "")),
        (C1 + ".tar.gz", (C1, "LC08", "2016-06-30", None, "L1TP", "031-005", "T1", "")),
        (
            C1 + "_LandsatLook.tif",
            (C1, "LC08", "2016-06-30", None, "L1TP", "031-005", "T1", "LandsatLook"),
        ),
        (C1 + "_refl.tif", (C1, "LC08", "2016-06-30", None, "L1TP", "031-005", "T1", "refl")),
        (
            "LC09_L2SP_031005_20220630_20220702_02_T1_SR_B5.TIF",
            (
                "LC09_L2SP_031005_20220630_20220702_02_T1",
                "LC09",
                "2022-06-30",
                None,
                "L2SP",
                "031-005",
                "T1",
                "B5",
            ),
        ),
        (
            "LM01_L1GS_033004_19730810_20180427_01_T2_B6.TIF",
            (
                "LM01_L1GS_033004_19730810_20180427_01_T2",
                "LM01",
                "1973-08-10",
                None,
                "L1GS",
                "033-004",
                "T2",
                "B6",
            ),
        ),
        (
            "LC80200072014213LGN01_B5.TIF",
            ("LC80200072014213LGN01", "LC08", "2014-08-01", None, "", "020-007", "", "B5"),
        ),
        (
            "LE70080112001366EDC00",
            ("LE70080112001366EDC00", "LE07", "", None, "", "008-011", "", ""),
        ),
        (S1, (S1, "S1A", "2016-06-30", "10:10:10", "GRDH", "140", "1SDH", "")),
        (S1 + ".SAFE", (S1, "S1A", "2016-06-30", "10:10:10", "GRDH", "140", "1SDH", "")),
        (S1 + "_HH.tif", (S1, "S1A", "2016-06-30", "10:10:10", "GRDH", "140", "1SDH", "HH")),
        (
            COPERNICUS,
            (COPERNICUS, "S1B", "2018-01-02", "20:00:00", "GRDM", "049", "1SSH", ""),
        ),
        (TIFF + ".tiff", (TIFF, "S1A", "2016-06-30", "10:10:10", "GRD", "140", "", "HH")),
        (
            "clip_of_" + C1,
            ("clip_of_" + C1, "LC08", "2016-06-30", None, "L1TP", "031-005", "T1", ""),
        ),
        ("scene.tif", ("scene", "", "", None, "", "", "", "")),
        (
            "front of 2016-06-30.tif",
            ("front of 2016-06-30", "", "2016-06-30", None, "", "", "", ""),
        ),
        (
            "2016-06-30_to_2017-06-30.tif",
            ("2016-06-30_to_2017-06-30", "", "", None, "", "", "", ""),
        ),
        ("a_2016-02-31.tif", ("a_2016-02-31", "", "", None, "", "", "", "")),
        ("20160630.tif", ("20160630", "", "2016-06-30", None, "", "", "", "")),
        ("20160630_20170323.tif", ("20160630_20170323", "", "", None, "", "", "", "")),
    ],
)
def test_identify(name, expected):
    found = identify(name)
    assert (
        found.name,
        found.sensor,
        found.date,
        found.time,
        found.level,
        found.pathrow,
        found.tier,
        found.band,
    ) == expected
    assert found.kind == {"L": "optical", "S": "sar", "": ""}[found.sensor[:1]]


@pytest.mark.parametrize("day", ["20160631", "20150229", "20161301", "00000101"])
def test_days_that_no_calendar_has(day):
    assert identify(C1.replace("20160630", day)).date == ""
    assert identify(f"Domain_LC08_L1TP_{day[:4]}-{day[4:6]}-{day[6:]}_031-005_T1_B5").date == ""


@given(st.text())
def test_identify_takes_any_text(text):
    found = identify(text)
    assert found.name or not text


DOMAINS = ["Jakobshavn", "Kong-Oscar", "Upernavik_NE", "a_b-c_2", "Ø", "LC08_x"]


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize(
    "scene",
    [
        C1 + "_B5",
        C1 + "_LandsatLook",
        C1,
        "LC80200072014213LGN01_B5",
        S1 + "_HH",
        S1,
        COPERNICUS,
        TIFF,
    ],
)
def test_subset_names_give_back_what_they_were_made_of(scene, domain):
    identity = identify(scene)
    name = subset_name(identity, domain)
    assert identify(name + ".tif") == replace(identity, name=name, domain=domain)


def test_subset_names_are_those_of_calfin():
    assert subset_name(identify(C1 + "_B5"), "Sverdrup") == (
        "Sverdrup_LC08_L1TP_2016-06-30_031-005_T1_B5"
    )
    assert subset_name(identify(COPERNICUS + "_HH"), "Sverdrup") == (
        "Sverdrup_S1B_EW_GRDM_1SSH_2018-01-02_049_T200000_HH"
    )
    assert subset_name(Identity("my scene", date="2016-06-30"), "A b") == "A_b_my_scene_2016-06-30"
    assert subset_name(Identity("s", date="2016-06-30"), "s_r0_c1") == "s_r0_c1_2016-06-30"


def test_two_slices_of_one_orbit_have_different_names():
    later = S1.replace("101010", "101035")
    assert subset_name(identify(S1), "A") != subset_name(identify(later), "A")


OTHER_RADARS = [
    ("TSX1_SAR__SSC______SM_S_SRA_20090612T095933_20090612T095939", "TSX", ""),
    ("TDX1_SAR__MGD_SE___SM_S_SRA_20120110T205501_20120110T205507", "TDX", "GRD"),
    ("PAZ1_SAR__MGD_SE___SM_S_SRA_20200110T205501_20200110T205507", "PAZ", ""),
    ("CSKS1_DGM_B_HI_05_HH_RA_SF_20110520050430_20110520050437", "CSK", "GRD"),
    ("RS2_OK1_PK1_DK1_F22_20090612_203501_HH_SGF", "RS2", ""),
    ("RCM1_OK1_PK1_1_SC50MA_20200702_101112_HH_GRD", "RCM1", "GRD"),
    ("ASA_IMP_1PNESA20090612_203501", "ENV", ""),
    ("E1_19950612_141501", "ERS1", "GRD"),
    ("E2_19990612_141501", "ERS2", ""),
    ("ALPSRP123451230-H1.5GUA", "ALOS", ""),
    ("ICEYE_X2_GRD_SM_12345_20200702T101112", "ICEYE", "GRD"),
    ("CAPELLA_C02_SM_GEO_HH_20200702101112_20200702101116", "CAPELLA", ""),
    ("NISAR_L2_PR_GCOV_001_030_A_019_2000_SHNA_A_20260702T101112", "NISAR", "GRD"),
    ("S10_20260702", "S10A", "GRD"),
    ("unknown", "", ""),
]


@pytest.mark.parametrize(("product", "sensor", "level"), OTHER_RADARS)
def test_subsets_of_other_radars_are_not_named_as_those_of_sentinel_1(product, sensor, level):
    scene = Identity(product, sensor, "sar", "2009-06-12", "10:10:10", level, band="HH")
    name = subset_name(scene, "Rink")
    assert name.startswith(f"Rink_{product}")
    assert "HH" in name
    assert name.endswith("2009-06-12")
    assert "1SXX" not in name


@pytest.mark.parametrize("sensor", ["S1A", "S1B", "S1C", "S1D"])
@pytest.mark.parametrize("level", ["", "GRD", "GRDF", "GRDH", "GRDM"])
def test_subsets_of_sentinel_1_are(sensor, level):
    scene = Identity("clip", sensor, "sar", "2016-06-30", level=level)
    assert subset_name(scene, "Rink") == f"Rink_{sensor}_IW_{level or 'GRD'}_1SXX_2016-06-30"


@given(st.text(), st.text(min_size=1), st.sampled_from(["", "2016-06-30"]))
def test_subset_names_are_safe(domain, scene, date):
    name = subset_name(Identity(scene, date=date), domain)
    assert name == safe_name(name)


def test_long_names_stay_different():
    identity = identify(C1 + "_B5")
    names = {subset_name(identity, "ø" * 95 + end) for end in "abc"}
    assert len(names) == 3
    assert all(len(name.encode()) <= 200 for name in names)
