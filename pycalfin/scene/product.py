"""Products as they are delivered: folders, archives, and files that lie side by side.

A product is a list of files. What is chosen from it is the same wherever the files lie: in a
folder, or in an archive.
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
"""Names in one message."""
GAP_MASKS = "gap_mask"
"""Folder of the masks of Landsat 7's gaps (USGS, SLC-off products); their names end as bands do."""


@dataclass(frozen=True)
class Source:
    """What to open for a scene, and what its surroundings say about it.

    Parameters
    ----------
    identity : Identity
    raster : str
        A file, or the address of a member of an archive.
    qa : str or None
        The quality band, as `raster`.
    qa_code : CloudCode
        What marks cloud in it.
    band_chosen : bool
        True if `--band` has chosen the file already and says nothing about bands within it.
    part : Part or None
        What the file's name says of its place in the product.
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
        If it is no product, or lacks the band.
    """
    folder = Path(path)
    return _choose(in_folder(path, folder), title_of(folder), band, "folder")


def from_archive(path: str, band: str | None) -> Source:
    """Choose band and quality band of an archive without unpacking it.

    Raises
    ------
    SceneError
        If it is damaged, holds no product, or lacks the band.
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
            f"{path}: an archive of archives ({_some(inner)}); unpack it, and give the folder"
        )
    if inner:
        logger.warning("%s: passed over archives within it: %s", path, _some(inner))
    name = Path(path).name
    source = _only_image(files, name) or _choose(files, name, band, "archive")
    if source.identity.date or (source.part is not None and source.part.sensor.ids):
        return source
    return replace(source, identity=replace(source.identity, date=identify(name).date))


def _only_image(files: Files, name: str) -> Source | None:
    """Return the only image of an archive, a file with all bands; its name or date tells it.

    None if bands lie in files of their own, or if there are several images.
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
    """Leave out bands in folders below or beside those of the product: masks, previews."""
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
    """Name the first of many."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def from_band_file(path: str, band: str | None) -> Source:
    """Find the quality band, the metadata and the other bands that lie beside a band's file."""
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
    """Choose a band of the files whose names begin so; None if there are none."""
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
    """Return True if the user names this file's band, not one within it."""
    return band is not None and bool(part.band) and not _within(part) and _fits(band, part)


def _within(part: Part) -> bool:
    """Return True for a file with several bands."""
    return part.band in (STACK, *NATURAL_COLOUR)


def _fits(band: str, part: Part) -> bool:
    """Return True if a user's word for a band means this file, or a band in it."""
    if part.band == STACK or (band.isdecimal() and (_within(part) or part.sensor.kind == "sar")):
        return True
    return _same(band, part)


def _same(band: str, part: Part) -> bool:
    return same_band(band, part.band) or band.lower() == part.rest.lower()


def _choose(files: Files, name: str, band: str | None, what: str) -> Source:
    """Choose a band of a product; `name` is that of its folder or archive."""
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
        there = f"only {', '.join(sides)}" if sides else "no file of a band in it"
        article = "an" if what == "archive" else "a"
        raise SceneError(
            f"{files.path}: {article} {what} that is no product of a known sensor ({there}); give "
            "GeoTIFFs or the unpacked product"
        )
    ids = sorted({(part.product, part.suffix): item for item, part in bands.items()}.values())
    if len(ids) > 1:
        raise SceneError(
            f"{files.path}: bands of {len(ids)} products in one {what} ({ids[0]}, {ids[1]}); "
            "give each band file by itself"
        )
    first = next(iter(bands))
    known = _identity(files, bands[first], first, title)
    wanted = _bands_to_try(files.path, known, bands[first], band)
    item = _find_band(bands, wanted, band)
    if item is None:
        labels = sorted({part.band for part in bands.values()}, key=lambda one: (len(one), one))
        noun, those = ("polarisation", "those") if known.kind == "sar" else ("band", "bands")
        asked = [want for want in wanted if want not in NATURAL_COLOUR]
        missing = f"{noun} {' or '.join(asked)} is not there"
        if band is None and not known.sensor:
            missing = "no name tells the sensor, and so its near-infrared band"
        there = f"{those} that are: {', '.join(labels)}"
        raise SceneError(f"{files.path}: {missing}; {there}; choose one with --band")
    part = bands[item]
    identity = replace(_identity(files, part, item, title), band=part.band)
    source = Source(
        identity, files.address(item), part=part, band_chosen=_names_this_file(band, part)
    )
    return _with_quality(files, source, part, name)


def _find_band(bands: dict[str, Part], wanted: Sequence[str], band: str | None) -> str | None:
    """Find the file of the first band that is wanted; the user's word may mean one in a file."""
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
    """Refuse products of Sentinel-1 that are no amplitude images."""
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
    """Tell what a file's product is: by its SAFE folder, its own name, its folder, its metadata."""
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
    """Return True if the name of a folder is that of a file's product, and says more."""
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
        raise SceneError(f"{path}: sensor unknown, so is its near-infrared band; give --band")
    return wanted


def _with_quality(files: Files, source: Source, part: Part, title: str) -> Source:
    """Add the quality band; of several alike the one that was clipped as the image was."""
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
    """Return what the name of a mask says behind the id, or all of it where there is none."""
    last = name.rsplit("/", 1)[-1]
    if last.lower().endswith(POLYGONS):
        return last[: -len(POLYGONS)]
    part = part_of(last, title) if is_image(last) else None
    return "" if part is None or part.band else part.rest


def metadata_beside(path: Path) -> list[Path]:
    """List the quality bands and metadata that lie beside the file of one band of a product."""
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
