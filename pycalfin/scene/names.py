"""What file names say: product ids of Landsat and Sentinel-1, and CALFIN's subset names.

Sources: USGS, Landsat Collection 1 and 2 product naming (LSDS-1656, LSDS-1834) and the scene ids
from before the collections; ESA, Sentinel-1 product specification (S1-RS-MDA-52-7441); Cheng et
al. 2021 for the subsets.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date as calendar_date
from datetime import timedelta

from pycalfin.files import NAME_BYTES, readable, safe_name
from pycalfin.records import Identity
from pycalfin.scene.dates import is_date

__all__ = ["NEAR_INFRARED", "identify", "is_date", "safe_name", "subset_name"]

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
}
"""Near-infrared bands by sensor, best first. The multispectral scanner (LM) has two; the one of
0.7-0.8 um was sent with 7 bits, the one of 0.8-1.1 um with 6. LT08 and LT09 are thermal only."""

_ORBITS = 175
"""Orbits of one Sentinel-1 repeat cycle."""
_ORBIT_OFFSETS = {"S1A": 73, "S1B": 27, "S1C": 172}
"""Relative orbit = (absolute orbit - offset) mod 175 + 1 (ESA; S1C from its first products)."""

_PLACEHOLDERS = {"level": "L1", "pathrow": "000-000", "tier": "T0", "band": "B0"}
"""Stand in a Landsat subset's name for what is not known."""
_NO_POLARISATIONS = "1SXX"
"""Stands in a Sentinel-1 subset's name where only one measurement file is known."""

_EDGE = r"(?<![A-Za-z0-9])"
_LANDSAT = re.compile(
    _EDGE + r"(?P<id>(?P<sensor>L[COTEM]0\d)_(?P<level>L[12][A-Z]{2})_(?P<path>\d{3})(?P<row>\d{3})"
    r"_(?P<date>\d{8})_\d{8}_\d{2}_(?P<tier>T[12]|RT))(?:_(?P<rest>\w+))?$",
    re.IGNORECASE,
)
_OLD_LANDSAT = re.compile(
    _EDGE + r"(?P<id>(?P<family>L[COTEM])(?P<satellite>\d)(?P<path>\d{3})(?P<row>\d{3})"
    r"(?P<year>\d{4})(?P<day>\d{3})[A-Z]{3}\d{2})(?:_(?P<rest>\w+))?$",
    re.IGNORECASE,
)
_SENTINEL = re.compile(
    _EDGE + r"(?P<id>(?P<sensor>S1[A-D])_(?P<mode>IW|EW|WV|S[1-6])_(?P<level>GRD[FHM]|SLC|OCN|RAW)"
    r"_{1,2}(?P<tier>[0-2][SA](?:SH|SV|DH|DV|HH|HV|VV|VH))_(?P<date>\d{8})T(?P<time>\d{6})_\d{8}T\d{6}"
    r"_(?P<orbit>\d{6})_[0-9A-F]{6}_[0-9A-F]{4}(?:_COG)?)(?:\.SAFE)?(?:_(?P<rest>\w+))?$",
    re.IGNORECASE,
)
_SENTINEL_TIFF = re.compile(
    r"^(?P<sensor>s1[a-d])-(?P<mode>iw|ew|wv|s[1-6])\d?-(?P<level>grd|slc)-(?P<band>hh|hv|vh|vv)"
    r"-(?P<date>\d{8})t(?P<time>\d{6})-\d{8}t\d{6}-(?P<orbit>\d{6})-[0-9a-f]{6}-\d{3}(?:-cog)?$",
    re.IGNORECASE,
)
_LANDSAT_SUBSET = re.compile(
    r"^(?P<domain>.+)_(?P<sensor>L[COTEM]0\d)_(?P<level>L[12][A-Z]{0,2})_(?P<date>\d{4}-\d{2}-\d{2})"
    r"_(?P<pathrow>\d{3}-\d{3})_(?P<tier>[TA]\d|RT)(?:_(?P<band>[A-Za-z0-9]+))?(?P<rest>_\w+)?$"
)
_SENTINEL_SUBSET = re.compile(
    r"^(?P<domain>.+)_(?P<sensor>S1[A-D])_(?P<mode>IW|EW|WV|S[1-6])_(?P<level>GRD[FHM]?)"
    r"_(?P<tier>[0-2][SA][A-Z]{2})_(?P<date>\d{4}-\d{2}-\d{2})(?P<rest>_.*)?$"
)
_MODE = re.compile(r"(?:^|[_-])S1[A-D][_-](IW|EW|WV|S[1-6])", re.IGNORECASE)
_ISO_DATE = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_EXTENSION = re.compile(r"\.(?:tiff?|tar|tar\.gz|tgz|zip|safe|png|jpe?g)$", re.IGNORECASE)


def identify(name: str) -> Identity:
    """Read a product id, a file name or the name of a CALFIN subset.

    Parameters
    ----------
    name : str
        File name, with or without folder and extension.

    Returns
    -------
    Identity
        `name` is the product id where the whole name is one (with or without a band), else the
        stem. What the name does not say is left empty; a date that no calendar has is none. Of a
        name of an unknown kind only a single date written YYYY-MM-DD is taken.

    Examples
    --------
    >>> found = identify("LC08_L1TP_031005_20160630_20170323_01_T1_B5.TIF")
    >>> found.sensor, found.date, found.pathrow, found.band
    ('LC08', '2016-06-30', '031-005', 'B5')
    >>> identify("image.tif").date
    ''
    """
    stem = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    stem = readable(_EXTENSION.sub("", stem))
    for reader in (_subset, _landsat, _old_landsat, _sentinel, _sentinel_tiff):
        found = reader(stem)
        if found is not None:
            return found
    dates = {text for text in _ISO_DATE.findall(stem) if is_date(text)}
    return Identity(stem or "unnamed", date=dates.pop() if len(dates) == 1 else "")


def _date(digits: str) -> str:
    text = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    return text if is_date(text) else ""


def _time(digits: str) -> str | None:
    hour, minute, second = digits[:2], digits[2:4], digits[4:]
    if int(hour) < 24 and int(minute) < 60 and int(second) < 60:
        return f"{hour}:{minute}:{second}"
    return None


def _band(rest: str | None) -> str:
    """Find the band in what follows a Landsat id: 'B5', 'sr_b5', 'refl', 'LandsatLook'."""
    if not rest:
        return ""
    last = rest.split("_")[-1]
    return last.upper() if re.fullmatch(r"[Bb]\d+|BQA|bqa", last) else rest


def _is_band(rest: str | None) -> bool:
    known = r"((SR|ST|TOA)_)?B\d+|B6_VCID_[12]|BQA|QA_\w+|refl|thm|qb|tir|LandsatLook"
    return not rest or re.fullmatch(known, rest, re.IGNORECASE) is not None


def _named(stem: str, match: re.Match[str]) -> str:
    """Take the product id where it is the whole name but for a band, else the stem."""
    whole = match.start() == 0 and _is_band(match["rest"])
    return match["id"].upper() if whole else stem


def _landsat(stem: str) -> Identity | None:
    match = _LANDSAT.search(stem)
    if match is None:
        return None
    return Identity(
        _named(stem, match),
        sensor=match["sensor"].upper(),
        kind="optical",
        date=_date(match["date"]),
        level=match["level"].upper(),
        pathrow=f"{match['path']}-{match['row']}",
        tier=match["tier"].upper(),
        band=_band(match["rest"]) if _is_band(match["rest"]) else "",
    )


def _old_landsat(stem: str) -> Identity | None:
    match = _OLD_LANDSAT.search(stem)
    if match is None:
        return None
    day = int(match["day"])
    date = ""
    if int(match["year"]) > 0 and 1 <= day <= 366:
        found = calendar_date(int(match["year"]), 1, 1) + timedelta(days=day - 1)
        date = found.isoformat() if found.year == int(match["year"]) else ""
    return Identity(
        _named(stem, match),
        sensor=f"{match['family'].upper()}0{match['satellite']}",
        kind="optical",
        date=date,
        pathrow=f"{match['path']}-{match['row']}",
        band=_band(match["rest"]) if _is_band(match["rest"]) else "",
    )


def _relative_orbit(sensor: str, orbit: str) -> str:
    offset = _ORBIT_OFFSETS.get(sensor)
    return "" if offset is None else f"{(int(orbit) - offset) % _ORBITS + 1:03d}"


def _sentinel(stem: str) -> Identity | None:
    match = _SENTINEL.search(stem)
    if match is None:
        return None
    rest = match["rest"] or ""
    polarised = re.fullmatch(r"HH|HV|VV|VH", rest, re.IGNORECASE) is not None
    whole = match.start() == 0 and (not rest or polarised)
    sensor = match["sensor"].upper()
    return Identity(
        match["id"].upper() if whole else stem,
        sensor=sensor,
        kind="sar",
        date=_date(match["date"]),
        time=_time(match["time"]),
        level=match["level"].upper(),
        pathrow=_relative_orbit(sensor, match["orbit"]),
        tier=match["tier"].upper(),
        band=rest.upper() if polarised else "",
    )


def _sentinel_tiff(stem: str) -> Identity | None:
    match = _SENTINEL_TIFF.search(stem)
    if match is None:
        return None
    sensor = match["sensor"].upper()
    return Identity(
        stem,
        sensor=sensor,
        kind="sar",
        date=_date(match["date"]),
        time=_time(match["time"]),
        level=match["level"].upper(),
        pathrow=_relative_orbit(sensor, match["orbit"]),
        band=match["band"].upper(),
    )


def _subset(stem: str) -> Identity | None:
    match = _LANDSAT_SUBSET.search(stem)
    if match is not None:
        known = {
            name: "" if (match[name] or "") == empty else match[name] or ""
            for name, empty in _PLACEHOLDERS.items()
        }
        return Identity(
            stem,
            sensor=match["sensor"],
            kind="optical",
            date=match["date"] if is_date(match["date"]) else "",
            domain=match["domain"],
            **known,
        )
    match = _SENTINEL_SUBSET.search(stem)
    if match is None:
        return None
    words = (match["rest"] or "").split("_")
    times = [word for word in words if re.fullmatch(r"T\d{6}", word)]
    orbits = [word for word in words if re.fullmatch(r"\d{3}", word)]
    bands = [word for word in words if re.fullmatch(r"HH|HV|VV|VH", word)]
    return Identity(
        stem,
        sensor=match["sensor"],
        kind="sar",
        date=match["date"] if is_date(match["date"]) else "",
        time=_time(times[0][1:]) if times else None,
        level=match["level"],
        pathrow=orbits[0] if orbits else "",
        tier="" if match["tier"] == _NO_POLARISATIONS else match["tier"],
        band=bands[0] if bands else "",
        domain=match["domain"],
    )


def _mode(name: str) -> str:
    """Acquisition mode of Sentinel-1, which only its names tell."""
    match = _MODE.search(name)
    return match[1].upper() if match else "IW"


def subset_name(identity: Identity, domain: str) -> str:
    """Name a subset as CALFIN does.

    Parameters
    ----------
    identity : Identity
        Of the scene.
    domain : str
        Name of the domain.

    Returns
    -------
    str
        `<Domain>_LC08_L1TP_<date>_<path>-<row>_T1_B5` for Landsat,
        `<Domain>_S1B_EW_GRDM_1SDH_<date>_<relative orbit>_T<time>_HH` for Sentinel-1,
        `<Domain>_<scene>_<date>` for others. At most 200 bytes: longer names are cut and end in
        a hash.

    Examples
    --------
    >>> scene = identify("LC08_L1TP_031005_20160630_20170323_01_T1_B5")
    >>> subset_name(scene, "Harald-Moltke")
    'Harald-Moltke_LC08_L1TP_2016-06-30_031-005_T1_B5'
    """
    domain = safe_name(domain)
    if identity.kind == "optical" and identity.sensor:
        level, pathrow, tier, band = (
            getattr(identity, name) or empty for name, empty in _PLACEHOLDERS.items()
        )
        words = [domain, identity.sensor, level, identity.date, pathrow, tier, band]
    elif identity.kind == "sar" and identity.sensor:
        time = f"T{identity.time.replace(':', '')}" if identity.time else ""
        level, tier = identity.level or "GRD", identity.tier or _NO_POLARISATIONS
        words = [domain, identity.sensor, _mode(identity.name), level, tier, identity.date]
        words += [identity.pathrow, time, identity.band]
    else:
        stem = safe_name(identity.name)
        words = [domain] if domain.startswith(stem) else [domain, stem]
        words += [] if identity.date in words[-1] else [identity.date]
    name = "_".join(word for word in words if word)
    if len(name.encode()) <= NAME_BYTES:
        return safe_name(name)
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    head = name.encode()[: NAME_BYTES - 9].decode("utf-8", errors="ignore")
    return f"{safe_name(head)}_{digest}"
