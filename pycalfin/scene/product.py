"""Products as they are delivered: Landsat folders and archives, Sentinel-1 SAFE folders.

A product is a list of files. What is chosen from it is the same wherever the files lie: in a
folder, or in an archive.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pycalfin.errors import SceneError
from pycalfin.records import Identity
from pycalfin.scene.archive import address, is_archive, is_other_archive, read_contents
from pycalfin.scene.names import NEAR_INFRARED, identify, is_date

logger = logging.getLogger(__name__)

CLOUD_BIT_COLLECTION_1 = 4
"""Cloud in _BQA (USGS, Landsat Collection 1 Level 1 quality assessment band)."""
CLOUD_BIT_COLLECTION_2 = 3
"""Cloud in _QA_PIXEL (USGS, LSDS-1619); bit 4 is cloud shadow there."""
MTL_BYTES = 1_000_000
"""Most that is read of a metadata file; they have some 10 to 30 kB."""
MOST_NAMED = 3
"""Names in one message."""
GAP_MASKS = "gap_mask"
"""Folder of the masks of Landsat 7's gaps (USGS, SLC-off products); their names end as bands do."""

_BAND_FILE = re.compile(r"_(?:SR_|ST_)?(B\d+(?:_VCID_\d)?)\.tiff?$", re.IGNORECASE)
_MEASUREMENT = re.compile(r"s1[a-d]-\w+?-(\w+)-(hh|hv|vh|vv)-[\w-]+\.tiff?$", re.IGNORECASE)
_SPACECRAFT = re.compile(r"LANDSAT_?(\d)")
_FAMILIES = {"OLI_TIRS": "LC", "OLI": "LO", "TIRS": "LT", "ETM": "LE", "TM": "LT", "MSS": "LM"}


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
    qa_bit : int
    banded : bool
        True if `--band` has chosen the file already and says nothing about bands within it.
    """

    identity: Identity
    raster: str
    qa: str | None = None
    qa_bit: int = CLOUD_BIT_COLLECTION_1
    banded: bool = False


@dataclass(frozen=True)
class _Files:
    """The files of a product: names (with inner folders), how to open and to read one."""

    path: str
    names: tuple[str, ...]
    address: Callable[[str], str]
    text: Callable[[str], str]

    def ending(self, *ends: str) -> list[str]:
        return [name for name in self.names if name.lower().endswith(ends)]


def is_product(folder: Path) -> bool:
    """Tell whether a folder is one scene: a SAFE folder, or a Landsat product by itself."""
    if (folder / "manifest.safe").is_file() or folder.name.upper().endswith(".SAFE"):
        return True
    names = [item.name for item in folder.iterdir() if not item.name.startswith(".")]
    images = [name for name in names if name.lower().endswith((".tif", ".tiff"))]
    bands = [name for name in images if _BAND_FILE.search(name)]
    if not bands:
        return False
    product = identify(bands[0]).name
    alone = all(name.upper().startswith(product.upper()) for name in images)
    return alone and (len(images) > 1 or any(_is_mtl(name) for name in names))


def from_folder(path: str, band: str | None) -> Source:
    """Choose band and quality band of a product folder.

    Raises
    ------
    SceneError
        If it is no product, or lacks the band.
    """
    folder = Path(path)
    names = sorted(
        item.relative_to(folder).as_posix()
        for pattern in ("*", "measurement/*")
        for item in folder.glob(pattern)
        if item.is_file() and not item.name.startswith(".")
    )
    files = _Files(
        path,
        tuple(names),
        address=lambda name: str((folder / name).absolute()),
        text=lambda name: (folder / name).read_bytes()[:MTL_BYTES].decode("utf-8", "replace"),
    )
    return _choose(files, folder.absolute().name, band, "folder")


def from_archive(path: str, band: str | None) -> Source:
    """Choose band and quality band of an archive without unpacking it.

    Raises
    ------
    SceneError
        If it is damaged, holds no product, or lacks the band.
    """
    contents = read_contents(path)
    names = _foremost(contents.names)
    files = _Files(
        path,
        names,
        address=lambda name: address(path, contents, name),
        text=lambda name: contents.texts.get(name, ""),
    )
    inner = [name for name in names if is_archive(name) or is_other_archive(name)]
    if inner and not any(_BAND_FILE.search(name) for name in names):
        raise SceneError(
            f"{path}: an archive of archives ({_some(inner)}); unpack it, and give the folder"
        )
    if inner:
        logger.warning("%s: passed over archives within it: %s", path, _some(inner))
    return _choose(files, Path(path).name, band, "archive")


def _foremost(names: Sequence[str]) -> tuple[str, ...]:
    """Leave out bands in folders below or beside those of the product: masks, previews."""
    folders = {PurePosixPath(name).parent for name in names if _BAND_FILE.search(name)}
    below = {
        folder
        for folder in folders
        if folder.name.lower() == GAP_MASKS or folders.intersection(folder.parents)
    }
    return tuple(name for name in names if PurePosixPath(name).parent not in below)


def _some(names: Sequence[str]) -> str:
    """Name the first of many."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def from_band_file(path: str, band: str | None) -> Source:
    """Find the quality band, the metadata and the other bands that lie beside a band's file."""
    file = Path(path)
    identity = identify(file.name)
    alone = Source(identity, str(file.absolute()))
    measurement = _MEASUREMENT.search(file.name)
    if measurement is not None:
        folder = file.absolute().parent.parent
        if folder.name.upper().endswith(".SAFE"):
            known = identify(folder.name)
            if known.sensor:
                alone = replace(alone, identity=replace(known, band=identity.band))
        return _with_polarisation(alone, file, band)
    if identity.kind != "optical" or identity.domain or not _BAND_FILE.search(file.name):
        return alone
    names = sorted(
        item.name
        for item in file.absolute().parent.iterdir()
        if item.name.lower().startswith(identity.name.lower() + "_")
    )
    files = _Files(
        path,
        tuple(names),
        address=lambda name: str(file.absolute().with_name(name)),
        text=lambda name: file.with_name(name).read_bytes()[:MTL_BYTES].decode("utf-8", "replace"),
    )
    if band is not None and not same_band(band, identity.band):
        return _landsat(files, identity, band)
    return _with_metadata(files, replace(alone, banded=band is not None))


def _with_polarisation(source: Source, file: Path, band: str | None) -> Source:
    if band is None or band.isdecimal():
        return source
    if band.upper() != source.identity.band:
        raise SceneError(
            f"{file}: this file holds {source.identity.band}, not {band.upper()}; "
            "give the SAFE folder or the file of that polarisation"
        )
    return replace(source, banded=True)


def _is_mtl(name: str) -> bool:
    return name.lower().endswith("_mtl.txt")


def _choose(files: _Files, name: str, band: str | None, what: str) -> Source:
    measurements = [item for item in files.names if _MEASUREMENT.search(item)]
    if measurements or identify(name).kind == "sar":
        return _sentinel(files, measurements, name, band)
    bands = [item for item in files.names if _BAND_FILE.search(item)]
    if not bands:
        raise SceneError(
            f"{files.path}: a {what} that is no product of Landsat or Sentinel-1 (no _B5.TIF, no "
            "measurement); give GeoTIFFs or the unpacked product"
        )
    ids = sorted({identify(item).name for item in bands})
    if len(ids) > 1:
        raise SceneError(
            f"{files.path}: bands of {len(ids)} products in one {what} ({ids[0]}, {ids[1]}); "
            "give each band file by itself"
        )
    return _landsat(files, identify(bands[0]), band)


def _landsat(files: _Files, identity: Identity, band: str | None) -> Source:
    # names of Landsat files are ids plus a band, so that any band's name gives the identity
    by_band: dict[str, str] = {}
    for name in files.names:
        match = _BAND_FILE.search(name)
        if match:
            by_band[match[1].upper()] = name
    known = _identity_from_mtl(files, replace(identity, band=""))
    wanted = _wanted_bands(files.path, known, band)
    for choice in wanted:
        if choice in by_band:
            source = Source(
                replace(known, band=choice),
                files.address(by_band[choice]),
                banded=band is not None,
            )
            return _with_quality(files, source)
    there = ", ".join(sorted(by_band, key=lambda item: (len(item), item))) or "none"
    raise SceneError(
        f"{files.path}: band {' or '.join(wanted)} is not there; bands that are: {there}; "
        "choose one with --band"
    )


def _wanted_bands(path: str, identity: Identity, band: str | None) -> tuple[str, ...]:
    if band is not None:
        return (f"B{int(band)}" if band.isdecimal() else band.upper(),)
    if identity.sensor in ("LT08", "LT09"):
        raise SceneError(
            f"{path}: {identity.sensor} products hold thermal bands only; use the LC0x or LO0x "
            "product of the same scene, or choose a band with --band"
        )
    if identity.sensor not in NEAR_INFRARED:
        raise SceneError(f"{path}: sensor unknown, so is its near-infrared band; give --band")
    return NEAR_INFRARED[identity.sensor]


def same_band(wanted: str, found: str) -> bool:
    """Tell whether what the user wants is a band of this name; '5' is B5."""
    return wanted.upper() == found.upper() or (wanted.isdecimal() and f"B{wanted}" == found.upper())


def _with_metadata(files: _Files, source: Source) -> Source:
    band = source.identity.band
    known = _identity_from_mtl(files, replace(source.identity, band=""))
    return _with_quality(files, replace(source, identity=replace(known, band=band)))


def _with_quality(files: _Files, source: Source) -> Source:
    pixel = files.ending("_qa_pixel.tif")
    if pixel:
        return replace(source, qa=files.address(pixel[0]), qa_bit=CLOUD_BIT_COLLECTION_2)
    old = files.ending("_bqa.tif")
    # the BQA of before the collections has other bits; it is left alone
    if old and source.identity.tier:
        return replace(source, qa=files.address(old[0]), qa_bit=CLOUD_BIT_COLLECTION_1)
    return source


def _identity_from_mtl(files: _Files, identity: Identity) -> Identity:
    names = files.ending("_mtl.txt")
    if not names:
        return identity
    try:
        values = parse_mtl(files.text(names[0]))
    except OSError:
        return identity
    product = values.get("LANDSAT_PRODUCT_ID") or values.get("LANDSAT_SCENE_ID") or ""
    named = identify(product)
    known = identity if identity.sensor or not named.sensor else replace(named, band="")
    time = re.match(r"\d{2}:\d{2}:\d{2}", values.get("SCENE_CENTER_TIME", ""))
    date = values.get("DATE_ACQUIRED", "")
    path, row = values.get("WRS_PATH", ""), values.get("WRS_ROW", "")
    pathrow = f"{int(path):03d}-{int(row):03d}" if path.isdecimal() and row.isdecimal() else ""
    sensor = known.sensor or _sensor_from_mtl(values)
    return replace(
        known,
        sensor=sensor,
        kind="optical" if sensor else known.kind,
        date=known.date or (date if is_date(date) else ""),
        time=time[0] if time else known.time,
        level=known.level or values.get("PROCESSING_LEVEL") or values.get("DATA_TYPE", ""),
        pathrow=known.pathrow or pathrow,
        tier=known.tier or values.get("COLLECTION_CATEGORY", ""),
    )


def _sensor_from_mtl(values: dict[str, str]) -> str:
    craft = _SPACECRAFT.search(values.get("SPACECRAFT_ID", "").upper())
    family = _FAMILIES.get(values.get("SENSOR_ID", "").upper().strip("+"))
    return f"{family}0{craft[1]}" if craft and family else ""


def parse_mtl(text: str) -> dict[str, str]:
    """Read the `KEY = value` lines of a Landsat metadata file; groups are flattened.

    Examples
    --------
    >>> parse_mtl('GROUP = A\\n  DATE_ACQUIRED = 2016-06-30\\n  SENSOR_ID = "OLI_TIRS"\\n')
    {'DATE_ACQUIRED': '2016-06-30', 'SENSOR_ID': 'OLI_TIRS'}
    """
    values: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and key.strip() not in ("GROUP", "END_GROUP"):
            values.setdefault(key.strip(), value.strip().strip('"'))
    return values


def _sentinel(files: _Files, measurements: list[str], name: str, band: str | None) -> Source:
    product = next(
        (part for item in (name, *files.names) for part in item.split("/") if _is_safe(part)), name
    )
    known = identify(product)
    if known.level in ("SLC", "RAW", "OCN") or any(
        "-slc-" in item.lower() for item in measurements
    ):
        raise SceneError(
            f"{files.path}: a Sentinel-1 {known.level or 'SLC'} product, which is not an amplitude "
            "image; download the GRD product of the same scene"
        )
    by_band = {
        match[2].upper(): item for item in measurements if (match := _MEASUREMENT.search(item))
    }
    wanted = (band.upper(),) if band is not None else ("HH", "VV")
    for choice in wanted:
        if choice in by_band:
            chosen = by_band[choice]
            if not known.sensor:
                known = identify(chosen)
            return Source(
                replace(known, band=choice), files.address(chosen), banded=band is not None
            )
    there = ", ".join(sorted(by_band)) or "none"
    raise SceneError(
        f"{files.path}: polarisation {' or '.join(wanted)} is not there; those that are: {there}; "
        "choose one with --band"
    )


def _is_safe(part: str) -> bool:
    return part.upper().endswith(".SAFE") and identify(part).kind == "sar"


def metadata_beside(path: Path) -> list[Path]:
    """List the quality bands and metadata that lie beside the file of one band of a product."""
    identity = identify(path.name)
    if identity.kind != "optical" or identity.domain or not _BAND_FILE.search(path.name):
        return []
    begin = f"{identity.name}_".lower()
    return sorted(
        item
        for item in path.absolute().parent.iterdir()
        if item.name.lower().startswith(begin)
        and ("qa" in item.name.lower().removeprefix(begin) or _is_mtl(item.name))
    )
