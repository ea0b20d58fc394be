"""Choose band, quality band and metadata of products: folders, archives, or loose files.

A product is a list of files. The choice does not depend on where they lie.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from pycalfin.errors import SceneError
from pycalfin.records import CloudCode, Identity
from pycalfin.scene.archive import address, is_archive, is_other_archive, read_contents
from pycalfin.scene.bands import same_band
from pycalfin.scene.layout import (
    POLYGONS,
    Files,
    beside,
    in_folder,
    is_image,
    title_of,
)
from pycalfin.scene.metadata import identity_from_metadata, is_metadata
from pycalfin.scene.names import identify, identity_of, within_product
from pycalfin.scene.parts import Part, part_of, stem_of
from pycalfin.scene.sensors import NATURAL_COLOUR, RENAMED, STACK, THERMAL_ONLY, Quality

logger = logging.getLogger(__name__)

MOST_NAMED = 3
"""Number of names that a message lists."""
GAP_MASKS = "gap_mask"
"""Folder of gap masks in SLC-off products of Landsat 7 (USGS); they are named like bands."""


@dataclass(frozen=True)
class Source:
    """The file to open for a scene, and the properties known from its product.

    Parameters
    ----------
    identity : Identity
    raster : str
        File, or address of a member of an archive.
    qa : str or None
        Quality band, in the form of `raster`.
    qa_code : CloudCode
        Code for cloud in `qa`.
    band_chosen : bool
        True if `--band` names this file, not a band inside it.
    part : Part or None
        Place of the file in its product, from its name.
    """

    identity: Identity
    raster: str
    qa: str | None = None
    qa_code: CloudCode = field(default_factory=CloudCode)
    band_chosen: bool = False
    part: Part | None = None


def from_folder(path: str, band: str | None) -> Source:
    """Choose band and quality band of a product folder.

    Raises
    ------
    SceneError
        If the folder is not a product, or lacks the band.
    """
    folder = Path(path)
    return _choose(in_folder(path, folder), title_of(folder), band, "folder")


def from_archive(path: str, band: str | None) -> Source:
    """Choose band and quality band of an archive without unpacking it.

    Raises
    ------
    SceneError
        If the archive is damaged, holds no product, or lacks the band.
    """
    contents = read_contents(path)
    names = _foremost(contents.names)
    files = Files(
        path,
        names,
        address=lambda name: address(path, contents, name),
        text=lambda name: contents.texts.get(name, ""),
    )
    inner = [name for name in names if is_archive(name) or is_other_archive(name)]
    if inner and not any(_is_band(name) for name in names):
        raise SceneError(
            f"{path}: an archive of archives ({_some(inner)}); unpack it and give the folder"
        )
    if inner:
        logger.warning("%s: archives inside it are not read: %s", path, _some(inner))
    name = Path(path).name
    source = _only_image(files, name) or _choose(files, name, band, "archive")
    if source.identity.date or (source.part is not None and source.part.sensor.ids):
        return source
    return replace(source, identity=replace(source.identity, date=identify(name).date))


def _only_image(files: Files, name: str) -> Source | None:
    """Return the only image of an archive, if it has a date and holds all bands.

    Return None if bands lie in separate files, or if there are several images.
    """
    parts = {
        item: part_of(PurePosixPath(item).name, name) for item in files.names if is_image(item)
    }
    images = [item for item, part in parts.items() if part is None or not part.auxiliary]
    if len(images) != 1:
        return None
    (item,) = images
    part, identity = parts[item], identify(PurePosixPath(item).name)
    if (part is not None and part.band) or not (identity.date or identify(name).date):
        return None
    return Source(identity, files.address(item), part=part)


def _foremost(names: Sequence[str]) -> tuple[str, ...]:
    """Leave out files in folders of gap masks, and in folders inside that of the bands."""
    folders = {PurePosixPath(name).parent for name in names if _is_band(name)}
    below = {
        folder
        for folder in folders
        if folder.name.lower() == GAP_MASKS or folders.intersection(folder.parents)
    }
    return tuple(name for name in names if PurePosixPath(name).parent not in below)


def _is_band(name: str) -> bool:
    part = part_of(PurePosixPath(name).name) if is_image(name) else None
    return part is not None and bool(part.band)


def _some(names: Sequence[str]) -> str:
    """List the first names of many."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def from_band_file(path: str, band: str | None) -> Source:
    """Find the quality band, the metadata and the other bands next to the file of a band."""
    file = Path(path).absolute()
    folder = title_of(file.parent)
    part = part_of(file.name, folder)
    if part is None:
        return Source(identify(file.name), str(file))
    files = beside(path, file.parent, part)
    alone = part.auxiliary or part.sensor.kind == "sar"
    several = not alone or sum(is_image(name) for name in files.names) > 1
    if part.band and several and band is not None and not _fits(band, part):
        return _choose(files, folder, band, "folder")
    identity = _identity(files, part, file.name, folder)
    source = Source(identity, str(file), part=part, band_chosen=_names_this_file(band, part))
    return _with_quality(files, source, part, folder)


def from_name(path: str, band: str | None) -> Source | None:
    """Choose a band from the files whose names begin with a path; return None without any."""
    start = Path(path).absolute()
    if not start.parent.is_dir():
        return None
    part = part_of(start.name)
    if part is None or part.rest:
        part = Part(RENAMED, {}, start.name.lower(), start.name)
    files = beside(path, start.parent, part)
    if not any(is_image(name) for name in files.names):
        return None
    return _choose(files, title_of(start.parent), band, "folder")


def _names_this_file(band: str | None, part: Part) -> bool:
    """Return True if the user asks for this file, not for a band inside it."""
    return band is not None and bool(part.band) and not _within(part) and _fits(band, part)


def _within(part: Part) -> bool:
    """Return True for a file with several bands inside."""
    return part.band in (STACK, *NATURAL_COLOUR)


def _fits(band: str, part: Part) -> bool:
    """Return True if the band that the user asks for is this file, or may be inside it."""
    if part.band == STACK or (band.isdecimal() and (_within(part) or part.sensor.kind == "sar")):
        return True
    return _same(band, part)


def _same(band: str, part: Part) -> bool:
    return same_band(band, part.band) or band.lower() == part.rest.lower()


def _choose(files: Files, name: str, band: str | None, what: str) -> Source:
    """Choose a band of a product; `name` is the name of its folder or archive."""
    parts = {
        item: part
        for item in files.names
        if is_image(item) and (part := part_of(item.rsplit("/", 1)[-1], name)) is not None
    }
    title = next((part for item in files.names for part in item.split("/") if _is_safe(part)), name)
    _refuse_complex(files.path, title, parts)
    bands = {item: part for item, part in parts.items() if part.band and not part.suffix}
    bands = bands or {item: part for item, part in parts.items() if part.band}
    if not bands:
        sides = sorted({part.auxiliary for part in parts.values() if part.auxiliary})
        there = f"only {', '.join(sides)}" if sides else "no band file in it"
        raise SceneError(
            f"{files.path}: the {what} is not a product of a known sensor ({there}); give GeoTIFFs "
            "or the unpacked product"
        )
    ids = sorted({(part.product, part.suffix): item for item, part in bands.items()}.values())
    if len(ids) > 1:
        raise SceneError(
            f"{files.path}: the {what} holds bands of {len(ids)} products ({ids[0]}, {ids[1]}); "
            "give each band file separately"
        )
    first = next(iter(bands))
    known = _identity(files, bands[first], first, title)
    wanted = _bands_to_try(files.path, known, bands[first], band)
    item = _find_band(bands, wanted, band)
    if item is None:
        labels = sorted({part.band for part in bands.values()}, key=lambda one: (len(one), one))
        noun = "polarisation" if known.kind == "sar" else "band"
        asked = [want for want in wanted if want not in NATURAL_COLOUR]
        missing = f"{noun} {' or '.join(asked)} is missing"
        if band is None and not known.sensor:
            missing = "no file name gives the sensor, so its near-infrared band is unknown"
        there = f"the product has {', '.join(labels)}"
        raise SceneError(f"{files.path}: {missing}; {there}; choose one with --band")
    part = bands[item]
    identity = replace(_identity(files, part, item, title), band=part.band)
    source = Source(
        identity, files.address(item), part=part, band_chosen=_names_this_file(band, part)
    )
    return _with_quality(files, source, part, name)


def _find_band(bands: dict[str, Part], wanted: Sequence[str], band: str | None) -> str | None:
    """Find the file of the first available band; the user's band may be inside a file."""
    if band is None:
        allowed = {item: part for item, part in bands.items() if not part.auxiliary}
        return next(
            (
                item
                for want in wanted
                for item, part in sorted(allowed.items())
                if part.band == want
            ),
            None,
        )
    ways = (_same, _fits)
    return next(
        (item for fits in ways for item, part in sorted(bands.items()) if fits(band, part)), None
    )


def _refuse_complex(path: str, title: str, parts: dict[str, Part]) -> None:
    """Refuse products of Sentinel-1 that are not amplitude images."""
    level = identify(title).level
    slc = any(part.groups.get("level", "").upper() == "SLC" for part in parts.values())
    if level in ("SLC", "RAW", "OCN") or slc:
        raise SceneError(
            f"{path}: a Sentinel-1 {level or 'SLC'} product, which is not an amplitude image; "
            "download the GRD product of the same scene"
        )


def _is_safe(part: str) -> bool:
    return part.upper().endswith(".SAFE") and identify(part).sensor != ""


def _identity(files: Files, part: Part, name: str, title: str) -> Identity:
    """Identify a file's product by its own name, its folder's name and its metadata."""
    identity = identity_of(part, stem_of(name)) if part.sensor.ids else identify(name)
    safe = identify(title)
    certain = part.start == "" or _is_safe(title) or _completes(safe, identity, part)
    if certain and safe.sensor[:2] == identity.sensor[:2]:
        identity = within_product(identity, safe)
    band, known = identity.band, replace(identity, band="")
    for text in files.metadata():
        if known.date and known.time and known.sensor not in ("", part.sensor.code):
            break
        known = identity_from_metadata(text, known)
    return replace(known, band=band)


def _completes(product: Identity, identity: Identity, part: Part) -> bool:
    """Return True if a folder's name belongs to the file's product and adds information."""
    lacking = not identity.date or identity.sensor == part.sensor.code
    same_tile = identity.pathrow != "" and product.pathrow in ("", identity.pathrow)
    return lacking and same_tile and identity.date in ("", product.date)


def _bands_to_try(path: str, identity: Identity, part: Part, band: str | None) -> tuple[str, ...]:
    if band is not None:
        number = band.isdecimal() and identity.kind != "sar"
        return (f"B{int(band)}" if number else band.upper() if len(band) < 4 else band,)
    if identity.sensor in THERMAL_ONLY:
        raise SceneError(
            f"{path}: {identity.sensor} products hold thermal bands only; use the LC0x or LO0x "
            "product of the same scene, or choose a band with --band"
        )
    wanted = part.sensor.preferred_bands(identity.sensor)
    if not wanted:
        raise SceneError(
            f"{path}: the sensor and its near-infrared band are unknown; choose a band with --band"
        )
    return wanted


def _with_quality(files: Files, source: Source, part: Part, title: str) -> Source:
    """Add the quality band to a source; prefer one with the image's suffix (clipped alike)."""
    words = {item: word for item in files.names if (word := _quality_word(item, title))}
    for quality in part.sensor.quality:
        if quality.tier and not source.identity.tier:
            continue
        matches = ((item, _matched(quality, word)) for item, word in words.items())
        ends = {item: match["end"] for item, match in matches if match is not None}
        if ends:
            alike = sorted(item for item, end in ends.items() if part.rest.endswith(end))
            item = max(alike, key=lambda name: len(ends[name])) if alike else min(ends)
            return replace(source, qa=files.address(item), qa_code=quality.code)
    return source


def _matched(quality: Quality, word: str) -> re.Match[str] | None:
    return re.fullmatch(rf"(?:{quality.name})(?P<end>(?:[._-].*)?)", word, re.IGNORECASE)


def _quality_word(name: str, title: str) -> str:
    """Return the part of a mask's name after the product id, or the whole name without an id."""
    last = name.rsplit("/", 1)[-1]
    if last.lower().endswith(POLYGONS):
        return last[: -len(POLYGONS)]
    part = part_of(last, title) if is_image(last) else None
    return "" if part is None or part.band else part.rest


def metadata_beside(path: Path) -> list[Path]:
    """List the quality bands and metadata files next to the file of a band."""
    part = part_of(path.name)
    if part is None or not part.band:
        return []
    folder = path.absolute().parent
    files = beside(str(path), folder, part)
    title = title_of(folder)
    return sorted(
        Path(files.address(name))
        for name in files.names
        if is_metadata(name)
        or any(_matched(quality, _quality_word(name, title)) for quality in part.sensor.quality)
    )
