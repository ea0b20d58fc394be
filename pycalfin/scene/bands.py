"""Choose the band of a file: the user's, else the near infrared, else HH or VV."""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pycalfin.errors import SceneError
from pycalfin.scene.parts import Part, auxiliary_named
from pycalfin.scene.sensors import NATURAL_COLOUR, STACK

if TYPE_CHECKING:
    from rasterio import DatasetReader

logger = logging.getLogger(__name__)

TAG_CHANNELS = "PYCALFIN_CHANNELS"
"""GeoTIFF tag of the three-channel images that pycalfin writes."""
NATURAL_COLOUR_BAND = 2
"""Band number of the near infrared in an 8-bit RGB image: LandsatLook images show short-wave
infrared, near infrared and red as red, green and blue (USGS)."""
INFRARED = (0.75, 0.95)
"""Micrometres: central wavelengths of the near-infrared bands of Landsat and Sentinel-2."""
CLASSICAL = {"B2", "B3", "B4", "B8"}
"""Sentinel-2's 10 m bands; no stack of Landsat bands has exactly these four."""
MOST_LISTED = 20
"""Number of bands that a message lists."""
ALPHA_SAMPLE = 256
"""Rows and columns that are read of an alpha band."""
ALPHA_BETWEEN = 0.05
"""An alpha band with more than this fraction of partly transparent pixels is an image; feathered
edges have fewer."""

_INFRARED_WORDS = (
    r"nir",
    r".*?(?<![a-z])(?:nir|near[-_ ]?infra[-_ ]?red)(?![-_ ]?\d)(?![a-z]).*",
    r".*?(?<![a-z])nir[-_ ]?(?:0?8|1)(?!\d).*",
)
"""Descriptions of the near infrared, best first."""


def choose_band(
    path: str,
    dataset: DatasetReader,
    band: str | None,
    named: str,
    tags: dict[str, str],
    part: Part | None = None,
    *,
    explicit: bool = False,
) -> int:
    """Choose the band of an open file, without reading pixels (but a sample of an alpha band).

    Parameters
    ----------
    path : str
        Name of the file for messages.
    dataset : rasterio.DatasetReader
    band : str or None
        Band that the user asked for: a number or a name.
    named : str
        Band according to the file's name or tags, for a file with one band.
    tags : dict
        Tags of the file.
    part : Part or None
        Place of the file in its product, from its name.
    explicit : bool
        True if the user asked for this band, even if it is no image of the surface.

    Returns
    -------
    int
        Band number, from 1.

    Raises
    ------
    SceneError
        If the file holds no image, or the band is ambiguous.
    """
    described = zip(dataset.indexes, dataset.descriptions, strict=True)
    names = {number: name or "" for number, name in described}
    if band is not None:
        number = _requested(path, dataset, band, named, names)
    elif TAG_CHANNELS in tags:
        number = 1
    else:
        number = _default(path, dataset, names, part, explicit)
    _refuse_indices(path, dataset, number, explicit)
    return number


def same_band(wanted: str, found: str) -> bool:
    """Return True if two names mean the same band.

    For example, 5, b5 and SR_B5 mean B5, and 3N means ASTER's B3N.
    """
    if re.fullmatch(r"\d+[BN]?", wanted, re.IGNORECASE):
        wanted = f"B{wanted.lstrip('0') or 0}"
    first, second = (_code(text) for text in (wanted, found))
    return wanted.lower() == found.lower() or (first == second != "")


def _code(text: str) -> str:
    """Return the code of a band's name: B5 for SR_B5, sr_band5, B05 and Nadir_..._Band5."""
    match = re.search(r"(?:^|_)B(?:and)?[_ ]?0*(\d+[ABN]?)$", text, re.IGNORECASE)
    return f"B{match[1].upper()}" if match else ""


def _words(text: str) -> set[str]:
    return set(re.split(r"[\W_]+", text.upper()))


def _listed(names: dict[int, str]) -> str:
    first = list(names.items())[:MOST_LISTED]
    more = ["..."] if len(names) > MOST_LISTED else []
    return ", ".join(
        [f"{number}: {name}" if name else str(number) for number, name in first] + more
    )


def _requested(
    path: str, dataset: DatasetReader, band: str, named: str, names: dict[int, str]
) -> int:
    if band.isdecimal() and int(band) in names:
        return int(band)
    for fits in (
        lambda name: name.lower() == band.lower(),
        lambda name: same_band(band, name) or band.upper() in _words(name),
    ):
        found = [number for number, name in names.items() if name and fits(name)]
        if found and (len(found) == 1 or names[found[0]].lower() == band.lower()):
            return found[0]
    meanings = _meanings(dataset)
    data = [number for number in names if meanings[number] != "alpha"] or list(names)
    if len(data) == 1 and named and same_band(band, named):
        return data[0]
    listed = _listed({number: names[number] for number in data})
    raise SceneError(f"{path}: no band {band!r}; choose one of {listed} with --band")


def _default(
    path: str,
    dataset: DatasetReader,
    names: dict[int, str],
    part: Part | None,
    explicit: bool,
) -> int:
    natural = part is not None and part.band in NATURAL_COLOUR
    meanings = _meanings(dataset)
    data = [
        number
        for number in names
        if meanings[number] != "alpha"
        or (not natural and _alpha_holds_data(dataset, number, names[number]))
    ]
    last = part.sensor.nir_last if part is not None and part.band == STACK else ()
    if len(names) in last and len(data) not in last:
        data = list(names)  # a file of four bands may declare the near infrared as alpha
    images = [number for number in data if not auxiliary_named(names[number], part)]
    if len(images) == 1 or (explicit and len(data) == 1):
        return (images or data)[0]
    if natural and len(data) == 3:
        return NATURAL_COLOUR_BAND
    found = (
        _described(images, names, part)
        or _by_wavelength(dataset, images)
        or (part is not None and len(data) in part.sensor.nir_last and data[-1])
        or _by_colour(path, dataset, data, names)
    )
    if found:
        return found
    if len(data) == 1:
        raise SceneError(
            f"{path}: its band is {names[data[0]]}, {auxiliary_named(names[data[0]], part)}; pass "
            f"--band {data[0]} to read it anyway"
        )
    notes = [f", {n} holds data, not transparency" for n in data if meanings[n] == "alpha"]
    listed = _listed({number: names[number] for number in data})
    raise SceneError(
        f"{path}: {len(data)} bands ({listed}{''.join(notes)}); pass --band with the near infrared "
        "or, for a radar image, with HH or VV"
    )


def _described(images: Sequence[int], names: dict[int, str], part: Part | None) -> int:
    """Choose by the bands' descriptions: names of the sensor, words, polarisations."""
    wanted = () if part is None else part.sensor.preferred_bands(part.code)
    for want in wanted:
        found = [number for number in images if names[number] and same_band(want, names[number])]
        if len(found) == 1:
            return found[0]
    for words in _INFRARED_WORDS:
        found = [number for number in images if re.fullmatch(words, names[number].lower())]
        if len(found) == 1:
            return found[0]
    for want in ("HH", "VV"):
        found = [number for number in images if want in _words(names[number])]
        if found:
            return found[0] if len(found) == 1 else 0
    by_code = {_code(names[number]): number for number in images}
    if not wanted and ("B8A" in by_code or set(by_code) == CLASSICAL):
        return by_code.get("B8") or by_code["B8A"]
    return 0


def _by_wavelength(dataset: DatasetReader, images: Sequence[int]) -> int:
    """Choose by GDAL's colour interpretation (3.10 and later), or by wavelengths in the tags."""
    meanings = _meanings(dataset)
    found = [number for number in images if meanings[number] == "nir"]
    if len(found) == 1:
        return found[0]
    centres = {
        number: dataset.tags(number, ns="IMAGERY").get("CENTRAL_WAVELENGTH_UM", "")
        for number in images
    }
    low, high = INFRARED
    found = [
        number
        for number, text in centres.items()
        if re.fullmatch(r"\d+\.?\d*", text) and low <= float(text) <= high
    ]
    return found[0] if len(found) == 1 else 0


def _by_colour(
    path: str, dataset: DatasetReader, data: Sequence[int], names: dict[int, str]
) -> int:
    """Choose from a colour picture: red if colours are named, else as in LandsatLook."""
    words = {names[number].lower(): number for number in data}
    if set(words) == {"red", "green", "blue"}:
        logger.warning("%s: no near-infrared band; red is used, pass --band for another", path)
        return words["red"]
    known = _meanings(dataset)
    meanings = [known[number] for number in data]
    described = any(name and _code(name) != f"B{number}" for number, name in names.items())
    if meanings == ["red", "green", "blue"] and set(dataset.dtypes) == {"uint8"} and not described:
        return NATURAL_COLOUR_BAND
    return 0


def _meanings(dataset: DatasetReader) -> dict[int, str]:
    """Return the colour interpretation of every band; reading one costs as much as reading all."""
    pairs = zip(dataset.indexes, dataset.colorinterp, strict=True)
    return {number: meaning.name for number, meaning in pairs}


def _alpha_holds_data(dataset: DatasetReader, number: int, name: str) -> bool:
    """Return True for an image band that GDAL calls alpha only because it is the fourth of four."""
    if name:
        return name.lower() not in ("alpha", "transparency") and not auxiliary_named(name)
    from rasterio.errors import RasterioError

    if dataset.count != 4 or set(dataset.dtypes) != {"uint8"}:
        return dataset.count == 1
    shape = tuple(min(side, ALPHA_SAMPLE) for side in dataset.shape)
    try:
        values = dataset.read(number, out_shape=shape)
    except RasterioError:
        return False  # reading the chosen band raises the error
    between = (values > 0) & (values < np.iinfo(values.dtype).max)
    return bool(between.mean() > ALPHA_BETWEEN)


def _refuse_indices(path: str, dataset: DatasetReader, number: int, explicit: bool) -> None:
    """Refuse bands whose values are not brightness: colour tables and one-bit masks."""
    if dataset.tags(number, ns="IMAGE_STRUCTURE").get("NBITS") == "1" and not explicit:
        raise SceneError(f"{path}: a one-bit mask, not an image; give the image")
    if _meanings(dataset)[number] != "palette":
        return
    colours = [colour for _, colour in sorted(dataset.colormap(number).items())]
    grey = all(red == green == blue for red, green, blue, *_ in colours)
    if not grey or any(a[0] >= b[0] for a, b in itertools.pairwise(colours)):
        raise SceneError(
            f"{path}: its values are indices of a colour table, not brightness; expand it "
            "(gdal_translate -expand rgb), or give the image that it was made from"
        )
