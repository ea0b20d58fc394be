"""What the name of a file says of its place in a product, by the table of sensors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from pycalfin.files import readable
from pycalfin.scene.sensors import (
    CERTAIN,
    CROSS_POLARISED,
    LOOSE,
    NATURAL_COLOUR,
    RENAMED,
    SENSORS,
    SIDES,
    STACK,
    Sensor,
)

LANDSAT_SUBSET = re.compile(
    r"^(?P<domain>.+)_(?P<sensor>L[COTEM]0\d)_(?P<level>L[12][A-Z]{0,2})_(?P<date>\d{4}-\d{2}-\d{2})"
    r"_(?P<pathrow>\d{3}-\d{3})_(?P<tier>[TA]\d|RT)(?:_(?P<band>[A-Za-z0-9]+))?(?P<rest>_\w+)?$"
)
SENTINEL_SUBSET = re.compile(
    r"^(?P<domain>.+)_(?P<sensor>S1[A-D])_(?P<mode>IW|EW|WV|S[1-6])_(?P<level>GRD[FHM]?)"
    r"_(?P<tier>[0-2][SA][A-Z]{2})_(?P<date>\d{4}-\d{2}-\d{2})(?P<rest>_.*)?$"
)
"""Names of subsets as CALFIN gives them."""

_EXTENSION = re.compile(
    r"\.(?:tiff?|jp2|vrt|tar(?:\.(?:gz|bz2?|xz))?|tgz|tbz2?|txz|zip|safe|png|jpe?g|hdf)$",
    re.IGNORECASE,
)
_DERIVED = re.compile(r"(?<![A-Za-z0-9])OPERA_(?:L2_RTC-S1-STATIC|L[34]_[\w-]+?)_", re.IGNORECASE)
_CALIBRATION = re.compile(r"(?:^|[-_])(?:noise|calibration)-$", re.IGNORECASE)
_REST = r"(?:[._-](?P<rest>.+))?$"
_COMPILED = [
    (sensor, re.compile(rf"(?<![A-Za-z0-9])(?P<id>{text}){_REST}", re.IGNORECASE))
    for sensor in SENSORS
    for text in sensor.ids
]
_RENAMED = re.compile(
    rf"^(?P<id>.+?)[._-](?P<rest>{re.sub(r'[?]P<[a-z]+>', '?:', RENAMED.bands)}|{CERTAIN})$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Part:
    """What the name of a file says of its place in a product.

    Parameters
    ----------
    sensor : Sensor
    groups : mapping of str to str
        Of the id.
    product : str
        What the names of the product's files have in common, in small letters; '' for a mask
        whose name tells no product.
    start : str
        The id and what precedes it, as it is written.
    rest : str
        What follows the id; '' for a product in one file.
    band : str
        Of an image: 'B5', 'B8A', 'HH', 'nir', ...
    side : str
        What it is instead of an image that fronts are looked for in.
    suffix : str
        What somebody added to the name of a band, or behind the id.
    """

    sensor: Sensor
    groups: Mapping[str, str]
    product: str
    start: str
    rest: str = ""
    band: str = ""
    side: str = ""
    suffix: str = ""

    @property
    def code(self) -> str:
        """CALFIN's code of the satellite: 'LC08', 'S1B', ...; '' if the name tells none."""
        return _code(self.sensor, self.groups)

    @property
    def known(self) -> bool:
        """Nothing stands in the name that no product has."""
        return self.start == self.groups.get("id") and not self.suffix


def stem_of(name: str) -> str:
    """Return a name without folder and without the extension of an image or archive."""
    return readable(_EXTENSION.sub("", re.split(r"[/\\]", name.rstrip("/\\"))[-1]))


def part_of(name: str, folder: str = "") -> Part | None:
    """Read the name of a file.

    Parameters
    ----------
    name : str
    folder : str
        Name of its folder, which may be the product of a file named B08 or SCL.

    Returns
    -------
    Part or None
        None if the name tells nothing of a product, and for a subset, which is one by itself.

    Examples
    --------
    >>> part_of("LC08_L2SP_012010_20180720_20200831_02_T1_SR_B5.TIF").band
    'B5'
    >>> part_of("LC08_L2SP_012010_20180720_20200831_02_T1_ST_QA.TIF").side
    'surface temperature, or a layer it was made from'
    >>> part_of("image.tif") is None
    True
    """
    return _part_of(stem_of(name), stem_of(folder))


@lru_cache(maxsize=4096)
def _part_of(stem: str, folder: str) -> Part | None:
    if LANDSAT_SUBSET.search(stem) or SENTINEL_SUBSET.search(stem):
        return None
    for sensor, pattern in _COMPILED:
        match = pattern.search(stem)
        if match is not None:
            return _part(sensor, match)
    for words, what in LOOSE.items():
        if re.fullmatch(words, stem, re.IGNORECASE):
            return Part(RENAMED, {}, "", "", stem, side=what)
    if _DERIVED.search(stem):
        return Part(RENAMED, {}, stem.lower(), stem, stem, side="a layer derived from images")
    match = _RENAMED.search(stem)
    if match is not None:
        return _part(RENAMED, match)
    parent = _part_of(folder, "") if folder else None
    if parent is None or parent.rest or parent.sensor is RENAMED:
        return None
    band, side, suffix = _role(parent.sensor, parent.groups, stem)
    if not band and not side:
        return None
    return replace(parent, start="", rest=stem, band=band, side=side, suffix=suffix)


def side_named(text: str, part: Part | None = None) -> str:
    """Return what a band's description says it is, if it is no image that fronts are looked for in.

    Examples
    --------
    >>> side_named("QA_PIXEL"), side_named("Sigma0_HV"), side_named("nir")
    ('a quality band or mask', 'a cross-polarised band, which shows fronts poorly', '')
    """
    sensor, groups = (RENAMED, {}) if part is None else (part.sensor, part.groups)
    side = _named(sensor, groups, text)[1]
    if side or not {"HV", "VH"} & set(re.split(r"[\W_]+", text.upper())):
        return side
    return CROSS_POLARISED


def _part(sensor: Sensor, match: re.Match[str]) -> Part:
    stem, end = match.string, match.end("id")
    groups = {name: text for name, text in match.groupdict().items() if text}
    rest = "_".join(groups.pop(name) for name in ("layer", "rest") if name in groups)
    spans = [match.span(name) for name in ("band", "vary") if name in groups]
    begin = 0
    side = ""
    if _CALIBRATION.search(stem[: match.start()]):
        begin, side = match.start(), "noise or calibration of a radar image"
    product = "".join(
        char
        for place, char in enumerate(stem[:end])
        if place >= begin and not any(first <= place < last for first, last in spans)
    ).lower()
    start = stem[:end]
    if side:
        return Part(sensor, groups, product, start, rest or stem[:begin], "", side)
    inner = groups.get("band", "")
    if inner and rest:
        band, side, _ = _role(sensor, groups, inner)
        return Part(sensor, groups, product, start, rest, band, side, rest)
    rest = rest or inner
    return Part(sensor, groups, product, start, rest, *_role(sensor, groups, rest))


def _role(sensor: Sensor, groups: Mapping[str, str], rest: str) -> tuple[str, str, str]:
    """Read what follows an id: band, what else it is, and what somebody added."""
    ends = [len(rest), *(match.start() for match in re.finditer(r"[._-]", rest))]
    for end in sorted(ends, reverse=True):
        band, side = _named(sensor, groups, rest[:end])
        if band or side:
            return band, side, rest[end + 1 :]
    return "", "", rest


def _named(sensor: Sensor, groups: Mapping[str, str], text: str) -> tuple[str, str]:
    match = re.fullmatch(sensor.bands, text, re.IGNORECASE)
    if match is None:
        return "", next(
            (what for words, what in SIDES.items() if re.fullmatch(words, text, re.IGNORECASE)), ""
        )
    band, code = _band(match), _code(sensor, groups)
    for codes, bands, what in sensor.asked:
        if re.fullmatch(codes, code) and re.fullmatch(bands, band):
            return band, what
    return band, ""


def _band(match: re.Match[str]) -> str:
    found = match.groupdict()
    if found.get("number"):
        number = found["number"].upper()
        return f"B{number.lstrip('0')}"
    if found.get("digit"):
        return f"B0{found['digit']}"
    if found.get("stack"):
        return STACK
    if found.get("word"):
        return found["word"].lower()
    band = found.get("polarisation") or found["band"]
    whole = {name.lower(): name for name in (STACK, *NATURAL_COLOUR)}
    return whole.get(band.lower(), band.upper())


def _code(sensor: Sensor, groups: Mapping[str, str]) -> str:
    if "sensor" in groups:
        return groups["sensor"].upper()
    if "satellite" in groups:
        # of the file names of before 2012: what else flew on Landsat 4 and 5 only metadata tell
        family = groups.get("family") or {"7": "E", "4": "T", "5": "T"}.get(
            groups["satellite"], "M"
        )
        return f"L{family.upper().removeprefix('L')}0{groups['satellite']}"
    return sensor.code
