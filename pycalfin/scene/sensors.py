"""The table of sensors: how products name their files, and which of them show the surface.

A sensor is one entry of `SENSORS`; nothing else asks for a sensor by its name. Sources: USGS,
Landsat Collection 1 and 2 product naming (LSDS-1656, LSDS-1834), ESPA product guides (LSDS-1368)
and the file names of before 2012; NASA, HLS user guide v2.0; ESA, Sentinel-1 product
specification (S1-RS-MDA-52-7441) and Sentinel-2 products specification (S2-PDGS-TAS-DI-PSD); ASF,
HyP3 RTC product guide; JPL, OPERA RTC-S1 specification (D-108758); LP DAAC, ASTER naming
conventions; Planet, imagery product specification and UDM2.
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
"""Near-infrared bands by sensor, best first. The multispectral scanner (LM) has two; the one of
0.7-0.8 um was sent with 7 bits, the one of 0.8-1.1 um with 6. LT08 and LT09 are thermal only.
Sentinel-2's B08 has pixels of 10 m, its B8A of 20 m; HLS has both at 30 m, and B8A is narrower."""

STACK = "Analytic"
"""Planet's name of a file with all bands."""
THERMAL_ONLY = ("LT08", "LT09")
NATURAL_COLOUR = ("LandsatLook", "refl")
"""USGS's pictures of short-wave infrared, near infrared and red, which stand in for the band."""

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
    """A file of a product that tells where clouds are.

    Parameters
    ----------
    name : str
        Regular expression of what follows the id in its name; of the whole name where that
        holds no id.
    code : CloudCode
        What marks cloud: what hides the surface. Snow, shadows and the neighbourhood of clouds
        do not.
    tier : bool
        Only in products that have a tier, the others' having other bits.
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
        Regular expressions of what the names of all files of a product begin with. Groups: sensor
        (or family and satellite), date (or year and day, or year, month and monthday), time, level,
        path, row, tile, orbit, tier. What the groups band and vary hold differs between files of
        one product; layer is what a file is that says it before the id's end.
    bands : str
        Regular expression of what follows in the name of an image: group band, word or
        polarisation, the number n of Bn, its digit where Bn is written B0n, or stack for a file
        with all bands.
    wanted : mapping of str to tuple of str
        Bands that fronts are looked for in, best first, by sensor; '' stands for any.
    asked : tuple of (str, str, str)
        Bands that are read only if the user names them: expressions of sensor and band, and what
        they are.
    quality : tuple of Quality
        The best first.
    floor : str
        Expression of the sensors of whose digital numbers the least are no-data (CALFIN's
        `nodata_floor`).
    sixteen : str
        Expression of the sensors whose products have 16 bits: an 8-bit file of theirs is a
        picture, which somebody stretched.
    last : tuple of int
        In files of so many bands the near infrared is the last.
    capitals : bool
        Ids are written in capitals.
    code : str
        CALFIN's code of the satellite where the id does not tell it.
    """

    title: str
    kind: Kind
    ids: tuple[str, ...]
    bands: str
    wanted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked: tuple[tuple[str, str, str], ...] = ()
    quality: tuple[Quality, ...] = ()
    floor: str = ""
    sixteen: str = ""
    last: tuple[int, ...] = ()
    capitals: bool = False
    code: str = ""

    def wanted_of(self, sensor: str) -> tuple[str, ...]:
        """Return the bands that fronts are looked for in, best first."""
        return self.wanted.get(sensor, self.wanted.get("", ()))


_LANDSAT_WANTED = {name: (*bands, *NATURAL_COLOUR) for name, bands in NEAR_INFRARED.items()}
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
        # ESPA's orders
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
    wanted=_LANDSAT_WANTED,
    asked=_LANDSAT_THERMAL,
    quality=(
        Quality("QA_PIXEL", CloudCode(bits=(3,))),
        Quality("pixel_qa", CloudCode(bits=(5,))),
        Quality("BQA", CloudCode(bits=(4,)), tier=True),
    ),
    floor=r"L[COTEM]\d\d",
    sixteen=r"L[CO]0[89]",
    capitals=True,
)
LANDSAT_BEFORE_2012 = Sensor(
    title="Landsat before 2012",
    kind="optical",
    # of Landsat 7, two formats share the bands
    ids=(
        rf"L(?P<family>[TEM]?)(?P<satellite>[1-57])(?P<vary>(?<=7)[12])?{_PATH_ROW}_\d{{3}}"
        r"(?P<date>\d{8})",
    ),
    bands=r"B(?P<number>[1-8])0|(?P<band>B6[12])",
    wanted=_LANDSAT_WANTED,
    asked=_LANDSAT_THERMAL,
    capitals=True,
)
HLS = Sensor(
    title="Harmonized Landsat Sentinel-2",
    kind="optical",
    ids=(
        rf"HLS[._](?P<sensor>[LS]30)[._]{_TILE}[._](?P<year>\d{{4}})(?P<day>\d{{3}})"
        r"(?:T(?P<time>\d{6}))?[._]v\d[._]\d",
    ),
    bands=r"(?P<band>B\d{2}|B8A)",
    wanted=NEAR_INFRARED,
    asked=(
        ("L30", "B1[01]", _THERMAL),
        ("L30", "B09", _CIRRUS),
        ("S30", "B09", "a water-vapour band"),
        ("S30", "B10", _CIRRUS),
    ),
    quality=(Quality("Fmask", CloudCode(bits=(1,))),),
    sixteen="[LS]30",
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
        # Earth Engine, Earth Search, and the files within a product
        rf"{_STAMP}_\d{{8}}T\d{{6}}_{_TILE}",
        r"(?P<sensor>S2[A-D])_(?P<tile>\d{2}[A-Z]{3})_(?P<date>\d{8})_\d+_(?P<level>L1C|L2A)",
        rf"(?P<sensor>S2[A-D])_{_TILE}_{_STAMP}_(?P<level>L1C|L2A)",
        rf"(?:L2A_)?{_TILE}_{_STAMP}",
    ),
    bands=_SENTINEL_BANDS,
    wanted={"": NEAR_INFRARED["S2"]},
    asked=((".*", "B09", "a water-vapour band"), (".*", "B10", _CIRRUS)),
    quality=(
        # medium and high probability, and thin cirrus; 11 is snow
        Quality(r"SCL(?:_[26]0m)?", CloudCode(classes=(8, 9, 10))),
        # since baseline 04.00: opaque and cirrus; the third band is snow
        Quality(r"MSK_CLASSI_B00", CloudCode(classes=(1,), bands=(1, 2))),
        Quality(r"(?:S2[A-D]_OPER_)?MSK_CLOUDS_(?:\w+_)?B00(?:_MSIL1C)?", CloudCode(polygons=True)),
        # Earth Engine
        Quality("QA60", CloudCode(bits=(10, 11))),
    ),
    sixteen="S2[A-D]?",
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
    wanted={"": (*NEAR_INFRARED["AST"], STACK)},
    asked=(
        (".*", "B3B", "the band that looks backward"),
        (".*", "B1[0-4]", _THERMAL),
    ),
    last=(3,),
    code="AST",
)
"""Its GeoTIFFs; band 3N looks down. As delivered the bands lie in one HDF4 file."""
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
    wanted={"": ("HH", "VV")},
    asked=((".*", "HV|VH", CROSS_POLARISED),),
    sixteen="S1[A-D]",
    capitals=True,
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
    wanted={"": ("HH", "VV")},
    asked=((".*", "HV|VH", CROSS_POLARISED),),
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
    wanted={"": ("nir", STACK)},
    quality=(
        Quality(r"(?:\w+_)?udm2", CloudCode(classes=(1,), bands=(6,))),
        Quality(r"(?:\w+_)?udm", CloudCode(bits=(1,))),
    ),
    last=(4, 5, 8),
    sixteen="PS",
    code="PS",
)
RENAMED = Sensor(
    title="files whose names tell no sensor",
    kind="",
    ids=(),
    bands=r"(?:(?:SR|TOA)_)?(?P<band>B\d{1,2}|B8A|B6_VCID_[12])|(?:sr|toa)_band(?P<number>\d{1,2})"
    r"|(?P<polarisation>HH|HV|VV|VH)|(?P<word>nir|red|green|blue)",
    wanted={**_LANDSAT_WANTED, "": ("nir", "B8A", "B08", "HH", "VV")},
    asked=((".*", "HV|VH", CROSS_POLARISED),),
    quality=(
        Quality("QA_PIXEL", CloudCode(bits=(3,))),
        Quality("BQA", CloudCode(bits=(4,)), tier=True),
    ),
)
"""Band and quality band may still be known by their ends, and the sensor by a metadata file."""

SENSORS = (
    LANDSAT, LANDSAT_BEFORE_2012, HLS, SENTINEL_2, ASTER, SENTINEL_1, RADAR_TERRAIN, PLANET,
)  # fmt: skip

SIDES = {
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
"""What else products hold, by what follows the id in the file's name; the first that fits."""

LOOSE = {
    r"(?:S2[A-D]_OPER_)?MSK_(?:CLASSI|CLDPRB|CLOUDS|CLOLOW|DEFECT|DETFOO|NODATA|QUALIT|SATURA|SNWPRB"
    r"|TECQUA)_\w+": QUALITY,
}
"""What products hold under names that tell no product, by the whole name."""

CERTAIN = (
    r"(?:SR_QA_|SR_|PIXEL_|RADSAT_)?(?:AEROSOL|QA)|BQA|QA_(?:PIXEL|RADSAT)|ST_\w+|GM_B\w+|[SV][AZ]A"
    r"|FMASK|CFMASK|(?:SENSOR|SOLAR)_(?:AZIMUTH|ZENITH)\w*|UDM2?|DEM|MASK|SCL|LS_MAP|INC_MAP(?:_ELL)?"
)
"""Of these ends, those that are certain also behind a name of an unknown kind."""


def has_floor(identity: Identity) -> bool:
    """Return True if the least digital numbers of a scene are no-data.

    Water is darker than CALFIN's floor in the reflectances of Sentinel-2 and Planet, and in radar
    amplitudes.
    """
    return identity.kind == "optical" and _any_fits(
        (sensor.floor for sensor in SENSORS), identity.sensor
    )


def has_sixteen_bits(identity: Identity) -> bool:
    """Return True if the products of a scene's sensor have 16 bits."""
    return _any_fits((sensor.sixteen for sensor in SENSORS), identity.sensor)


def _any_fits(expressions: Iterable[str], code: str) -> bool:
    return any(text and re.fullmatch(text, code) for text in expressions)
