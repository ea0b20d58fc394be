"""The table of sensors: how products name their files, and which bands show the surface.

Each sensor is one entry of `SENSORS`. No other module asks for a sensor by name.

============ ===================================================================================
Sensor       Source
============ ===================================================================================
Landsat      USGS, product naming of Collections 1 and 2 (LSDS-1656, LSDS-1834); ESPA product
             guides (LSDS-1368); file names used before 2012
HLS          NASA, HLS user guide v2.0
Sentinel-1   ESA, product specification (S1-RS-MDA-52-7441); ASF, HyP3 RTC product guide; JPL,
             OPERA RTC-S1 specification (D-108758)
Sentinel-2   ESA, products specification (S2-PDGS-TAS-DI-PSD)
ASTER        LP DAAC, ASTER naming conventions
Planet       imagery product specification and UDM2
============ ===================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pycalfin.records import CloudCode, Identity, Kind

NEAR_INFRARED: dict[str, tuple[str, ...]] = {
    "LM01": ("B6", "B7"),
    "LM02": ("B6", "B7"),
    "LM03": ("B6", "B7"),
    "LM04": ("B3", "B4"),
    "LM05": ("B3", "B4"),
    "LT04": ("B4",),
    "LT05": ("B4",),
    "LE07": ("B4",),
    "LC08": ("B5",),
    "LO08": ("B5",),
    "LC09": ("B5",),
    "LO09": ("B5",),
    "L30": ("B05",),
    "S30": ("B8A", "B08"),
    "S2": ("B08", "B8A"),
    "S2A": ("B08", "B8A"),
    "S2B": ("B08", "B8A"),
    "S2C": ("B08", "B8A"),
    "AST": ("B3N",),
}
"""Near-infrared bands by sensor, best first.

The multispectral scanner (LM) has two: 0.7-0.8 um was sent with 7 bits, 0.8-1.1 um with 6.
Sentinel-2's B08 has 10 m pixels, its B8A 20 m. HLS has both at 30 m, and its B8A is narrower."""

STACK = "Analytic"
"""Planet's name for a file with all bands."""
THERMAL_ONLY = ("LT08", "LT09")
"""Landsat products without a near-infrared band."""
NATURAL_COLOUR = ("LandsatLook", "refl")
"""USGS pictures of short-wave infrared, near infrared and red; used if the band is missing."""

_THERMAL = "a thermal band"
_CIRRUS = "a cirrus band"
CROSS_POLARISED = "a cross-polarised band, which shows fronts poorly"
QUALITY = "a quality band or mask"

_POLARISATION = r"(?P<band>HH|HV|VV|VH)"
_STAMP = r"(?P<date>\d{8})T(?P<time>\d{6})"
_TILE = r"(?P<tile>T\d{2}[A-Z]{3})"
_PATH_ROW = r"(?P<path>\d{3})(?P<row>\d{3})"
_SENTINEL_BANDS = r"(?:(?P<band>B\d{2}|B8A)|B(?P<digit>\d))(?:_[126]0m)?"
_MODES = r"(?P<mode>IW|EW|WV|S[1-6])"


@dataclass(frozen=True)
class Quality:
    """A quality band or cloud mask of a product.

    Parameters
    ----------
    name : str
        Regular expression for the part of the file name after the product id (for the whole name
        if it holds no id).
    code : CloudCode
        Bits or classes that mean cloud. Snow, shadows and pixels near clouds do not count,
        because they do not hide the surface.
    tier : bool
        True if the code holds only for products with a tier; products without one use other bits.
    """

    name: str
    code: CloudCode
    tier: bool = False


@dataclass(frozen=True, eq=False)
class Sensor:
    """One family of products.

    Parameters
    ----------
    title : str
    kind : {'optical', 'sar', ''}
    ids : tuple of str
        Regular expressions for product ids, with which all file names of a product begin.
    bands : str
        Regular expression for the band in the name of an image, after the id.
    preferred : mapping of str to tuple of str
        Bands used to find fronts, best first, by satellite code; '' stands for any code.
    on_request : tuple of (str, str, str)
        Bands read only if the user names them: expressions for satellite code and band, and a
        description.
    quality : tuple of Quality
        Quality bands and masks, best first.
    floor_sensors : str
        Expression for satellite codes whose lowest digital numbers are no-data (setting
        `nodata_floor`).
    sixteen_bit_sensors : str
        Expression for satellite codes whose products have 16 bits. An 8-bit file from one of them
        is a stretched picture.
    nir_last : tuple of int
        Numbers of bands; in a file with that many bands the near infrared is the last one.
    uppercase : bool
        True if ids are written in capital letters.
    code : str
        CALFIN's satellite code, used if the id does not hold one.

    Notes
    -----
    ======= =============================================== ======================================
    Where   Groups                                          Meaning
    ======= =============================================== ======================================
    `ids`   sensor, or family and satellite                 satellite code
    `ids`   date; year and day; year, month and monthday    date of the image
    `ids`   time, level, path, row, tile, orbit, tier       as named
    `ids`   band, vary                                      parts that differ between files
    `ids`   layer                                           kind of file, if it stands in the id
    `bands` band, word, polarisation                        the band as written
    `bands` number, digit                                   n in Bn, n in B0n
    `bands` stack                                           a file with all bands
    ======= =============================================== ======================================
    """

    title: str
    kind: Kind
    ids: tuple[str, ...]
    bands: str
    preferred: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    on_request: tuple[tuple[str, str, str], ...] = ()
    quality: tuple[Quality, ...] = ()
    floor_sensors: str = ""
    sixteen_bit_sensors: str = ""
    nir_last: tuple[int, ...] = ()
    uppercase: bool = False
    code: str = ""

    def preferred_bands(self, sensor: str) -> tuple[str, ...]:
        """Return the bands used to find fronts, best first, for a satellite code."""
        return self.preferred.get(sensor, self.preferred.get("", ()))


_LANDSAT_PREFERRED = {name: (*bands, *NATURAL_COLOUR) for name, bands in NEAR_INFRARED.items()}
_LANDSAT_THERMAL = (
    (r"L[TE]0[4-7]", r"B6[12]?|B6_VCID_[12]", _THERMAL),
    (r"L[COT]0[89]", r"B1[01]", _THERMAL),
    (r"L[CO]0[89]", r"B9", _CIRRUS),
)

LANDSAT = Sensor(
    title="Landsat",
    kind="optical",
    ids=(
        rf"(?P<sensor>L[COTEM]0\d)_(?P<level>L[12][A-Z]{{2}})_{_PATH_ROW}"
        r"_(?P<date>\d{8})_\d{8}_\d{2}_(?P<tier>T[12]|RT)",
        # orders from ESPA
        rf"(?P<sensor>L[COTEM]0\d){_PATH_ROW}(?P<date>\d{{8}})\d{{2}}(?P<tier>T[12]|RT)"
        r"(?:-SC\d{14})?",
        # before the collections
        rf"(?P<family>L[COTEM])(?P<satellite>\d){_PATH_ROW}(?P<year>\d{{4}})(?P<day>\d{{3}})"
        r"(?:[A-Z]{3}\d{2}|-SC\d{14})",
        # Earth Engine
        rf"(?P<sensor>L[COTEM]0\d)_{_PATH_ROW}_(?P<date>\d{{8}})(?!_\d{{8}}_\d{{2}}_)",
    ),
    bands=r"(?:(?:SR|TOA)_)?(?:B|BAND_?)(?P<number>\d{1,2})"
    r"|(?P<band>B6_VCID_[12]|LandsatLook|refl)",
    preferred=_LANDSAT_PREFERRED,
    on_request=_LANDSAT_THERMAL,
    quality=(
        Quality("QA_PIXEL", CloudCode(bits=(3,))),
        Quality("pixel_qa", CloudCode(bits=(5,))),
        Quality("BQA", CloudCode(bits=(4,)), tier=True),
    ),
    floor_sensors=r"L[COTEM]\d\d",
    sixteen_bit_sensors=r"L[CO]0[89]",
    uppercase=True,
)
LANDSAT_BEFORE_2012 = Sensor(
    title="Landsat before 2012",
    kind="optical",
    # Landsat 7 products of this time split their bands over two formats
    ids=(
        rf"L(?P<family>[TEM]?)(?P<satellite>[1-57])(?P<vary>(?<=7)[12])?{_PATH_ROW}_\d{{3}}"
        r"(?P<date>\d{8})",
    ),
    bands=r"B(?P<number>[1-8])0|(?P<band>B6[12])",
    preferred=_LANDSAT_PREFERRED,
    on_request=_LANDSAT_THERMAL,
    uppercase=True,
)
HLS = Sensor(
    title="Harmonized Landsat Sentinel-2",
    kind="optical",
    ids=(
        rf"HLS[._](?P<sensor>[LS]30)[._]{_TILE}[._](?P<year>\d{{4}})(?P<day>\d{{3}})"
        r"(?:T(?P<time>\d{6}))?[._]v\d[._]\d",
    ),
    bands=r"(?P<band>B\d{2}|B8A)",
    preferred=NEAR_INFRARED,
    on_request=(
        ("L30", "B1[01]", _THERMAL),
        ("L30", "B09", _CIRRUS),
        ("S30", "B09", "a water-vapour band"),
        ("S30", "B10", _CIRRUS),
    ),
    quality=(Quality("Fmask", CloudCode(bits=(1,))),),
    sixteen_bit_sensors="[LS]30",
)
SENTINEL_2 = Sensor(
    title="Sentinel-2",
    kind="optical",
    ids=(
        rf"(?P<sensor>S2[A-D])_MSI(?P<level>L1C|L2A)_{_STAMP}(?:_N\d{{4}})?_R\d{{3}}_{_TILE}"
        r"_\d{8}T\d{6}(?:\.SAFE)?",
        # before December 2016
        rf"(?P<sensor>S2[A-D])_(?:OPER|USER)_PRD_MSI(?P<level>L1C|L2A)_\w{{4}}_\d{{8}}T\d{{6}}"
        rf"_R\d{{3}}_V{_STAMP}_\d{{8}}T\d{{6}}(?:\.SAFE)?",
        rf"(?P<sensor>S2[A-D])_(?:OPER|USER)_(?P<vary>MSI|(?P<layer>[A-Z]{{3}}))_(?P<level>L1C|L2A)"
        rf"_TL_\w{{4}}_\d{{8}}T\d{{6}}_A\d{{6}}_{_TILE}(?:_N\d\d\.\d\d)?",
        # Earth Engine, Earth Search, and the files inside a product
        rf"{_STAMP}_\d{{8}}T\d{{6}}_{_TILE}",
        r"(?P<sensor>S2[A-D])_(?P<tile>\d{2}[A-Z]{3})_(?P<date>\d{8})_\d+_(?P<level>L1C|L2A)",
        rf"(?P<sensor>S2[A-D])_{_TILE}_{_STAMP}_(?P<level>L1C|L2A)",
        rf"(?:L2A_)?{_TILE}_{_STAMP}",
    ),
    bands=_SENTINEL_BANDS,
    preferred={"": NEAR_INFRARED["S2"]},
    on_request=((".*", "B09", "a water-vapour band"), (".*", "B10", _CIRRUS)),
    quality=(
        # medium and high cloud probability, thin cirrus; 11 is snow
        Quality(r"SCL(?:_[26]0m)?", CloudCode(classes=(8, 9, 10))),
        # since baseline 04.00: opaque cloud and cirrus; the third band is snow
        Quality(r"MSK_CLASSI_B00", CloudCode(classes=(1,), bands=(1, 2))),
        Quality(r"(?:S2[A-D]_OPER_)?MSK_CLOUDS_(?:\w+_)?B00(?:_MSIL1C)?", CloudCode(polygons=True)),
        # Earth Engine
        Quality("QA60", CloudCode(bits=(10, 11))),
    ),
    sixteen_bit_sensors="S2[A-D]?",
    code="S2",
)
ASTER = Sensor(
    title="ASTER",
    kind="optical",
    ids=(
        r"AST(?:_(?P<level>\w{2,4})|14(?:DMO|OTH))_\d{3}(?P<month>\d{2})(?P<monthday>\d{2})"
        r"(?P<year>\d{4})(?P<time>\d{6})(?:_\d{14}(?:_\d+)?)?",
    ),
    bands=r"(?:(?:VNIR|SWIR|TIR)_)?(?:Swath_)?(?:Band|ImageData|[BVST])_?"
    r"(?P<number>[12]|3[NB]|0?[4-9]|1[0-4])|(?P<stack>VNIR)",
    preferred={"": (*NEAR_INFRARED["AST"], STACK)},
    on_request=(
        (".*", "B3B", "the band that looks backward"),
        (".*", "B1[0-4]", _THERMAL),
    ),
    nir_last=(3,),
    code="AST",
)
"""GeoTIFFs made from ASTER's HDF4 file; band 3N looks at nadir, 3B backward."""
SENTINEL_1 = Sensor(
    title="Sentinel-1",
    kind="sar",
    ids=(
        rf"(?P<sensor>S1[A-D])_{_MODES}_(?P<level>GRD[FHM]|SLC|OCN|RAW)_{{1,2}}"
        rf"(?P<tier>[0-2][SA](?:SH|SV|DH|DV|HH|HV|VV|VH))_{_STAMP}_\d{{8}}T\d{{6}}"
        r"_(?P<orbit>\d{6})_[0-9A-F]{6}_[0-9A-F]{4}(?:_COG)?(?:\.SAFE)?",
        rf"(?P<sensor>s1[a-d])-(?P<mode>iw|ew|wv|s[1-6])\d?-(?P<level>grd|slc)-{_POLARISATION}"
        rf"-{_STAMP}-\d{{8}}t\d{{6}}-(?P<orbit>\d{{6}})-[0-9a-f]{{6}}-(?P<vary>\d{{3}})(?:-cog)?",
    ),
    bands=_POLARISATION,
    preferred={"": ("HH", "VV")},
    on_request=((".*", "HV|VH", CROSS_POLARISED),),
    sixteen_bit_sensors="S1[A-D]",
    uppercase=True,
)
RADAR_TERRAIN = Sensor(
    title="Sentinel-1, terrain-corrected (HyP3, OPERA)",
    kind="sar",
    ids=(
        rf"(?P<sensor>S1[A-D])_{_MODES}_{_STAMP}_[SD][HV][PRO]_(?P<level>RTC)\d+_[GS]_\w{{6}}"
        r"_[0-9A-F]{4}",
        rf"OPERA_L2_(?P<level>RTC)-S1_T\d{{3}}-\d{{6}}-IW\d_{_STAMP}Z_\d{{8}}T\d{{6}}Z"
        r"_(?P<sensor>S1[A-D])_\d+_v\d+\.\d+",
    ),
    bands=_POLARISATION,
    preferred={"": ("HH", "VV")},
    on_request=((".*", "HV|VH", CROSS_POLARISED),),
)
PLANET = Sensor(
    title="Planet",
    kind="optical",
    ids=(
        r"(?P<date>\d{8})_(?P<time>\d{6})(?:_\d{1,3})?_"
        r"(?:[0-9a-f]{4}_[13][AB]|\d{7}_RapidEye-\d_[13][AB]|ssc?\d+d?\d*_\d{4})",
        # orthotiles
        r"\d{5,8}_\d{7}_(?P<date>\d{4}-\d{2}-\d{2})_[0-9a-f]{4}",
    ),
    bands=r"(?:basic_|ortho_|BGRN_)?(?P<band>Analytic)(?!\w*udm)\w*|BGRN_(?P<stack>SR)"
    r"|(?P<word>nir|red|green|blue)",
    preferred={"": ("nir", STACK)},
    quality=(
        Quality(r"(?:\w+_)?udm2", CloudCode(classes=(1,), bands=(6,))),
        Quality(r"(?:\w+_)?udm", CloudCode(bits=(1,))),
    ),
    nir_last=(4, 5, 8),
    sixteen_bit_sensors="PS",
    code="PS",
)
RENAMED = Sensor(
    title="renamed products",
    kind="",
    ids=(),
    bands=r"(?:(?:SR|TOA)_)?(?P<band>B\d{1,2}|B8A|B6_VCID_[12])|(?:sr|toa)_band(?P<number>\d{1,2})"
    r"|(?P<polarisation>HH|HV|VV|VH)|(?P<word>nir|red|green|blue)",
    preferred={**_LANDSAT_PREFERRED, "": ("nir", "B8A", "B08", "HH", "VV")},
    on_request=((".*", "HV|VH", CROSS_POLARISED),),
    quality=(
        Quality("QA_PIXEL", CloudCode(bits=(3,))),
        Quality("BQA", CloudCode(bits=(4,)), tier=True),
    ),
)
"""Renamed products: the end of the name may still give the band, and a metadata file the sensor."""

SENSORS = (
    LANDSAT, LANDSAT_BEFORE_2012, HLS, SENTINEL_2, ASTER, SENTINEL_1, RADAR_TERRAIN, PLANET,
)  # fmt: skip

AUXILIARY = {
    r"(?:SR_|QA_)*AEROSOL|(?:SR_)?ATMOS_OPACITY|AOT|WVP": "an aerosol or vapour layer",
    r"ST_\w+|BT_B(?:AND)?\w+|LST|THM|TIR": "surface temperature, or a layer it was made from",
    r"BQA|QB|QA\w*|(?:\w+_)?QA(?:_\w+)?|C?FMASK(?:_CONF)?|SCL|CLD\w*|SNW\w*|MSK_?\w+|"
    r"(?:\w+_)?(?:UDM2?|MASK)(?:_\w+)?|CLOUDS?(?:_\w+)?|RADSAT\w*": QUALITY,
    r"[SV][AZ]A|(?:SENSOR|SOLAR|SUN|VIEW)_(?:AZIMUTH|ZENITH)\w*|(?:LOCAL_)?INC(?:IDENCE)?_\w+"
    r"|ANGLE|LIA": "a raster of angles",
    r"GM_\w+|GAP_?MASK\w*": "a gap mask",
    r"DEM|ELEVATION|HGT": "an elevation model",
    r"LS_MAP|LAYOVER\w*": "a map of layover and shadow",
    r"AREA|RTC_ANF\w*|NUMBER_OF_LOOKS": "a layer of the radar's geometry",
    r"(?:SR_)?(?:NDVI|NDWI|NDMI|NDSI|NBR2?|M?SAVI|EVI)": "an index made from bands",
    r"VISUAL\w*|TCI(?:_\w+)?|PVI|RGB|BROWSE|QKL|QUICK[-_]?LOOK|THUMB(?:NAIL)?|PREVIEW|OVERVIEW":
        "a picture for viewing",
}  # fmt: skip
"""Files of a product that are no images of the surface, by the part of the name after the id.

The first expression that matches counts."""

AUXILIARY_NAMES = {
    r"(?:S2[A-D]_OPER_)?MSK_(?:CLASSI|CLDPRB|CLOUDS|CLOLOW|DEFECT|DETFOO|NODATA|QUALIT|SATURA|SNWPRB"
    r"|TECQUA)_\w+": QUALITY,
}
"""Files of a product whose names hold no product id, by the whole name."""

UNMISTAKABLE = (
    r"(?:SR_QA_|SR_|PIXEL_|RADSAT_)?(?:AEROSOL|QA)|BQA|QA_(?:PIXEL|RADSAT)|ST_\w+|GM_B\w+|[SV][AZ]A"
    r"|FMASK|CFMASK|(?:SENSOR|SOLAR)_(?:AZIMUTH|ZENITH)\w*|UDM2?|DEM|MASK|SCL|LS_MAP|INC_MAP(?:_ELL)?"
)
"""Ends of names that mark such a file even after a name of unknown kind."""


def has_nodata_floor(identity: Identity) -> bool:
    """Return True if the lowest digital numbers of a scene are no-data.

    This does not hold for Sentinel-2, Planet and radar, where water is darker than CALFIN's floor.
    """
    return identity.kind == "optical" and _any_matches(
        (sensor.floor_sensors for sensor in SENSORS), identity.sensor
    )


def is_sixteen_bit(identity: Identity) -> bool:
    """Return True if products of the scene's sensor have 16 bits."""
    return _any_matches((sensor.sixteen_bit_sensors for sensor in SENSORS), identity.sensor)


def _any_matches(expressions: Iterable[str], code: str) -> bool:
    return any(text and re.fullmatch(text, code) for text in expressions)
