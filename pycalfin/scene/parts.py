"""The place of a file in its product, read from its name by the table of sensors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from pycalfin.files import readable
from pycalfin.scene.sensors import (
    AUXILIARY,
    AUXILIARY_NAMES,
    CROSS_POLARISED,
    NATURAL_COLOUR,
    RENAMED,
    SENSORS,
    STACK,
    UNMISTAKABLE,
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
"""Names of CALFIN's subsets."""

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
    rf"^(?P<id>.+?)[._-](?P<rest>{re.sub(r'[?]P<[a-z]+>', '?:', RENAMED.bands)}|{UNMISTAKABLE})$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Part:
    """The place of a file in its product.

    Parameters
    ----------
    sensor : Sensor
    groups : mapping of str to str
        Groups of the expression that matched the id.
    product : str
        Common part of the names of the product's files, in lower case; '' for a mask whose name
        holds no product id.
    start : str
        The id and any text before it, as written.
    rest : str
        Text after the id; '' for a product in one file.
    band : str
        Band of an image: 'B5', 'B8A', 'HH', 'nir', ...
    auxiliary : str
        Description of a file that is no image of the surface ('a raster of angles'), or of a band
        that is read only on request; else ''.
    suffix : str
        Text that a user added after the band or the id.
    """

    sensor: Sensor
    groups: Mapping[str, str]
    product: str
    start: str
    rest: str = ""
    band: str = ""
    auxiliary: str = ""
    suffix: str = ""

    @property
    def code(self) -> str:
        """CALFIN's satellite code: 'LC08', 'S1B', ...; '' if the name does not give it."""
        return _code(self.sensor, self.groups)

    @property
    def known(self) -> bool:
        """True if the name is that of a product, with nothing added."""
        return self.start == self.groups.get("id") and not self.suffix


def stem_of(name: str) -> str:
    """Return a file name without its folder and without the extension of an image or archive."""
    return readable(_EXTENSION.sub("", re.split(r"[/\\]", name.rstrip("/\\"))[-1]))


def part_of(name: str, folder: str = "") -> Part | None:
    """Find the place of a file in its product from the file's name.

    Parameters
    ----------
    name : str
    folder : str
        Name of the file's folder; it may hold the product id of a file named B08 or SCL.

    Returns
    -------
    Part or None
        None if the name is not that of a product's file. Also None for a CALFIN subset, which is
        a scene by itself.

    Examples
    --------
    >>> part_of("LC08_L2SP_012010_20180720_20200831_02_T1_SR_B5.TIF").band
    'B5'
    >>> part_of("LC08_L2SP_012010_20180720_20200831_02_T1_ST_QA.TIF").auxiliary
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
    for words, what in AUXILIARY_NAMES.items():
        if re.fullmatch(words, stem, re.IGNORECASE):
            return Part(RENAMED, {}, "", "", stem, auxiliary=what)
    if _DERIVED.search(stem):
        return Part(RENAMED, {}, stem.lower(), stem, stem, auxiliary="a layer derived from images")
    match = _RENAMED.search(stem)
    if match is not None:
        return _part(RENAMED, match)
    parent = _part_of(folder, "") if folder else None
    if parent is None or parent.rest or parent.sensor is RENAMED:
        return None
    band, auxiliary, suffix = _role(parent.sensor, parent.groups, stem)
    if not band and not auxiliary:
        return None
    return replace(parent, start="", rest=stem, band=band, auxiliary=auxiliary, suffix=suffix)


def auxiliary_named(text: str, part: Part | None = None) -> str:
    """Return the kind of auxiliary layer that a band's description names; '' for an image.

    Examples
    --------
    >>> auxiliary_named("QA_PIXEL"), auxiliary_named("Sigma0_HV"), auxiliary_named("nir")
    ('a quality band or mask', 'a cross-polarised band, which shows fronts poorly', '')
    """
    sensor, groups = (RENAMED, {}) if part is None else (part.sensor, part.groups)
    auxiliary = _named(sensor, groups, text)[1]
    if auxiliary or not {"HV", "VH"} & set(re.split(r"[\W_]+", text.upper())):
        return auxiliary
    return CROSS_POLARISED


def _part(sensor: Sensor, match: re.Match[str]) -> Part:
    stem, end = match.string, match.end("id")
    groups = {name: text for name, text in match.groupdict().items() if text}
    rest = "_".join(groups.pop(name) for name in ("layer", "rest") if name in groups)
    spans = [match.span(name) for name in ("band", "vary") if name in groups]
    begin = 0
    auxiliary = ""
    if _CALIBRATION.search(stem[: match.start()]):
        begin, auxiliary = match.start(), "noise or calibration of a radar image"
    product = "".join(
        char
        for place, char in enumerate(stem[:end])
        if place >= begin and not any(first <= place < last for first, last in spans)
    ).lower()
    start = stem[:end]
    if auxiliary:
        return Part(sensor, groups, product, start, rest or stem[:begin], "", auxiliary)
    inner = groups.get("band", "")
    if inner and rest:
        band, auxiliary, _ = _role(sensor, groups, inner)
        return Part(sensor, groups, product, start, rest, band, auxiliary, rest)
    rest = rest or inner
    return Part(sensor, groups, product, start, rest, *_role(sensor, groups, rest))


def _role(sensor: Sensor, groups: Mapping[str, str], rest: str) -> tuple[str, str, str]:
    """Split the text after an id into band, kind of auxiliary file, and added suffix."""
    ends = [len(rest), *(match.start() for match in re.finditer(r"[._-]", rest))]
    for end in sorted(ends, reverse=True):
        band, auxiliary = _named(sensor, groups, rest[:end])
        if band or auxiliary:
            return band, auxiliary, rest[end + 1 :]
    return "", "", rest


def _named(sensor: Sensor, groups: Mapping[str, str], text: str) -> tuple[str, str]:
    match = re.fullmatch(sensor.bands, text, re.IGNORECASE)
    if match is None:
        return "", next(
            (what for words, what in AUXILIARY.items() if re.fullmatch(words, text, re.IGNORECASE)),
            "",
        )
    band, code = _band(match), _code(sensor, groups)
    for codes, bands, what in sensor.on_request:
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
        # file names before 2012 may omit the instrument; metadata then correct this default
        family = groups.get("family") or {"7": "E", "4": "T", "5": "T"}.get(
            groups["satellite"], "M"
        )
        return f"L{family.upper().removeprefix('L')}0{groups['satellite']}"
    return sensor.code
