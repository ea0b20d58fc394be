"""Read product ids and CALFIN's subset names (Cheng et al. 2021), and make subset names."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from pycalfin.files import NAME_BYTES, safe_name
from pycalfin.records import Identity
from pycalfin.scene.dates import clock, day_of_year, is_date, only_date
from pycalfin.scene.parts import LANDSAT_SUBSET, SENTINEL_SUBSET, Part, part_of, stem_of

__all__ = ["identify", "identity_of", "is_date", "safe_name", "subset_name", "within_product"]

_ORBITS = 175
"""Number of orbits in a repeat cycle of Sentinel-1."""
_ORBIT_OFFSETS = {"S1A": 73, "S1B": 27, "S1C": 172}
"""Relative orbit = (absolute orbit - offset) mod 175 + 1 (ESA; S1C by its first products)."""

_PLACEHOLDERS = {"level": "L1", "pathrow": "000-000", "tier": "T0", "band": "B0"}
"""Placeholders for unknown parts of a Landsat subset's name."""
_NO_POLARISATIONS = "1SXX"
"""Placeholder for unknown polarisations in a Sentinel-1 subset's name."""
_LANDSAT = re.compile(r"L[COTEM]0\d")
_SENTINEL_1 = re.compile(r"S1[A-D]")
_MODE = re.compile(r"(?:^|[_-])S1[A-D][_-](IW|EW|WV|S[1-6])", re.IGNORECASE)


def identify(name: str) -> Identity:
    """Read a product id, a file name or the name of a CALFIN subset.

    Parameters
    ----------
    name : str
        File name, with or without folder and extension.

    Returns
    -------
    Identity
        `name` is the product id if the file name is one (with or without a band), else the stem.
        Properties that the name does not give are empty, as are impossible dates. In a name of
        unknown kind, a date counts only if the name holds no other date.

    Examples
    --------
    >>> found = identify("LC08_L1TP_031005_20160630_20170323_01_T1_B5.TIF")
    >>> found.sensor, found.date, found.pathrow, found.band
    ('LC08', '2016-06-30', '031-005', 'B5')
    >>> identify("image_20160630.tif").date, identify("20160630_20170323.tif").date
    ('2016-06-30', '')
    """
    stem = stem_of(name)
    part = part_of(name)
    if part is not None and part.groups.keys() - {"id"} and part.sensor.ids:
        return identity_of(part, stem)
    return _subset(stem) or Identity(stem or "unnamed", date=only_date(stem))


def identity_of(part: Part, stem: str) -> Identity:
    """Read the properties in a product id.

    Parameters
    ----------
    part : Part
        Place of the file in its product, from `part_of`.
    stem : str
        Stem of the file, used as the name of an image derived from the product.
    """
    groups, code = part.groups, part.code
    name = stem
    if part.known and "band" not in groups:
        name = re.sub(r"\.SAFE$", "", groups["id"], flags=re.IGNORECASE)
        name = name.upper() if part.sensor.uppercase else name
    if "day" in groups:
        date = day_of_year(int(groups["year"]), int(groups["day"]))
    elif "month" in groups:
        date = groups["year"] + groups["month"] + groups["monthday"]
    else:
        date = groups.get("date", "")
    pathrow = groups.get("tile", "").upper()
    if "path" in groups:
        pathrow = f"{groups['path']}-{groups['row']}"
    elif "orbit" in groups:
        pathrow = _relative_orbit(code, groups["orbit"])
    return Identity(
        name,
        sensor=code,
        kind=part.sensor.kind,
        date=only_date(date),
        time=clock(groups["time"]) if "time" in groups else None,
        level=groups.get("level", "").upper(),
        pathrow=pathrow,
        tier=groups.get("tier", "").upper(),
        band="" if part.suffix else part.band or (part.rest if part.auxiliary else ""),
    )


def within_product(identity: Identity, product: Identity) -> Identity:
    """Complete the identity of a file with that of its product.

    In a product of several tiles, each tile keeps its own name.

    Parameters
    ----------
    identity, product : Identity
        Identities of the file and of the product, which takes precedence. Both belong to the same
        family of sensors.
    """
    if identity.pathrow and not product.pathrow:
        product = replace(product, name=identity.name, pathrow=identity.pathrow)
    return replace(product, band=identity.band)


def _relative_orbit(sensor: str, orbit: str) -> str:
    offset = _ORBIT_OFFSETS.get(sensor)
    return "" if offset is None else f"{(int(orbit) - offset) % _ORBITS + 1:03d}"


def _subset(stem: str) -> Identity | None:
    match = LANDSAT_SUBSET.search(stem)
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
    match = SENTINEL_SUBSET.search(stem)
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
        time=clock(times[0][1:]) if times else None,
        level=match["level"],
        pathrow=orbits[0] if orbits else "",
        tier="" if match["tier"] == _NO_POLARISATIONS else match["tier"],
        band=bands[0] if bands else "",
        domain=match["domain"],
    )


def _mode(name: str) -> str:
    """Return Sentinel-1's acquisition mode from a product's name; 'IW' if it is not given."""
    match = _MODE.search(name)
    return match[1].upper() if match else "IW"


def subset_name(identity: Identity, domain: str) -> str:
    """Return the name of a subset in CALFIN's scheme.

    Parameters
    ----------
    identity : Identity
        Identity of the scene.
    domain : str
        Name of the domain.

    Returns
    -------
    str
        Name of at most 200 bytes; longer names are cut and end in a hash.

        - Landsat: `<Domain>_LC08_L1TP_<date>_<path>-<row>_T1_B5`
        - Sentinel-1: `<Domain>_S1B_EW_GRDM_1SDH_<date>_<relative orbit>_T<time>_HH`
        - others: `<Domain>_<scene>[_<band>]_<date>`

    Examples
    --------
    >>> scene = identify("LC08_L1TP_031005_20160630_20170323_01_T1_B5")
    >>> subset_name(scene, "Harald-Moltke")
    'Harald-Moltke_LC08_L1TP_2016-06-30_031-005_T1_B5'
    """
    domain = safe_name(domain)
    if _LANDSAT.fullmatch(identity.sensor):
        level, pathrow, tier, band = (
            getattr(identity, name) or empty for name, empty in _PLACEHOLDERS.items()
        )
        words = [domain, identity.sensor, level, identity.date, pathrow, tier, band]
    elif _SENTINEL_1.fullmatch(identity.sensor) and identity.level[:3] in ("", "GRD"):
        time = f"T{identity.time.replace(':', '')}" if identity.time else ""
        level, tier = identity.level or "GRD", identity.tier or _NO_POLARISATIONS
        words = [domain, identity.sensor, _mode(identity.name), level, tier, identity.date]
        words += [identity.pathrow, time, identity.band]
    else:
        stem = safe_name(identity.name)
        words = [domain] if domain.startswith(stem) else [domain, stem]
        words += [identity.band] if identity.kind and identity.band not in stem else []
        words += [] if identity.date in words[-1] else [identity.date]
    name = "_".join(word for word in words if word)
    if len(name.encode()) <= NAME_BYTES:
        return safe_name(name)
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    head = name.encode()[: NAME_BYTES - 9].decode("utf-8", errors="ignore")
    return f"{safe_name(head)}_{digest}"
