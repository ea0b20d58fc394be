"""Find the files of a product: in its folder, in a granule's folder, or among other files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from pycalfin.scene.metadata import METADATA_BYTES, is_metadata
from pycalfin.scene.mtl import MTL_END, is_mtl
from pycalfin.scene.parts import Part, part_of
from pycalfin.scene.sensors import QUALITY

IMAGES = (".tif", ".tiff", ".jp2")
"""Ends of the names of images."""
HDF = ".hdf"
"""End of products in HDF4 or HDF5, which are refused with a message."""
POLYGONS = ".gml"
"""End of masks that hold polygons."""
PLACES = (
    "*",
    "measurement/*",
    "IMG_DATA/*",
    "QI_DATA/*",
    "R[126]0m/*",
    "IMG_DATA/R[126]0m/*",
    "GRANULE/*/*",
    "GRANULE/*/QI_DATA/*",
    "GRANULE/*/IMG_DATA/*",
    "GRANULE/*/IMG_DATA/*/*",
)
"""Places of files in a product's folder (Landsat and others, Sentinel-1, Sentinel-2).

The folder may also be that of one granule of Sentinel-2, or of its images."""
RESOLUTIONS = ("R10m", "R20m", "R60m")
"""Folders of Sentinel-2 bands by resolution."""
_INNER = re.compile(r"measurement|IMG_DATA|QI_DATA|R[126]0m", re.IGNORECASE)
"""Folders inside a product."""


@dataclass(frozen=True)
class Files:
    """The files of a product.

    Parameters
    ----------
    path : str
        Path of the product for messages.
    names : tuple of str
        Names of the files, with inner folders.
    address : callable
        Returns the path or address under which a file can be opened.
    text : callable
        Returns the text of a metadata file.
    """

    path: str
    names: tuple[str, ...]
    address: Callable[[str], str]
    text: Callable[[str], str]

    @classmethod
    def of(cls, path: str, places: Mapping[str, Path]) -> Files:
        """Make the record from files outside archives, by their names."""
        return cls(
            path,
            tuple(sorted(places)),
            address=lambda name: str(places[name].absolute()),
            text=lambda name: _text(places[name]),
        )

    def metadata(self) -> Iterator[str]:
        """Yield the texts of the metadata files."""
        for name in filter(is_metadata, self.names):
            try:
                yield self.text(name)
            except OSError:
                continue


def _text(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.read(METADATA_BYTES).decode("utf-8", "replace")


def is_image(name: str) -> bool:
    """Return True for the name of a file that may hold an image."""
    if name.lower().endswith(HDF):
        part = part_of(name)
        return part is not None and bool(part.sensor.ids)
    return name.lower().endswith(IMAGES)


def is_safe(folder: Path) -> bool:
    """Return True for a SAFE folder, even if it was renamed."""
    return (
        folder.name.upper().endswith(".SAFE")
        or (folder / "manifest.safe").is_file()
        or (folder / "GRANULE").is_dir()
    )


def safe_scenes(folder: Path) -> list[Path]:
    """List the scenes of a SAFE or granule folder; return [] for any other folder.

    Products of Sentinel-2 before December 2016 hold many tiles; each tile is a scene.
    """
    if is_safe(folder):
        granules = [item.parent for item in sorted(folder.glob("GRANULE/*/IMG_DATA"))]
        return granules if len(granules) > 1 else [folder]
    inner = ("IMG_DATA", *RESOLUTIONS)
    return [folder] if any((folder / name).is_dir() for name in inner) else []


def is_product(folder: Path) -> bool:
    """Return True if a folder is one scene: a SAFE folder, or the files of one product."""
    if safe_scenes(folder):
        return True
    names = [item.name for item in folder.iterdir() if not item.name.startswith(".")]
    images = [name for name in names if is_image(name)]
    parts = [part_of(name, title_of(folder)) for name in images]
    known = [part for part in parts if part is not None]
    bands = [part for part in known if part.band]
    products = {part.product for part in known if part.product}
    if len(known) < len(images) or len(products) != 1 or not bands:
        return False
    # clips of a product may show different areas; whole bands show the same one
    alike = any(not part.suffix for part in bands) or len({part.suffix for part in bands}) == 1
    return alike and (len(images) > 1 or any(map(is_mtl, names)))


def title_of(folder: Path) -> str:
    """Return a product's name from its folder; go up to the SAFE folder from folders inside it."""
    place = folder.absolute()
    while _INNER.fullmatch(place.name):
        place = place.parent
    return place.parent.parent.name if place.parent.name == "GRANULE" else place.name


def in_folder(path: str, folder: Path) -> Files:
    """List the files of a product from its folder, or from a folder inside it."""
    return Files.of(path, _around(folder) | _listed(folder))


def beside(path: str, folder: Path, part: Part) -> Files:
    """List images and metadata of a product in a folder that may hold other products.

    For a clip, only images with the same suffix are listed.
    """
    title = title_of(folder)
    pairs = zip(part.product, part.start.lower(), strict=False)
    begin = "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    names: list[str] = []
    masks: list[str] = []
    others_too = False
    for item in folder.iterdir():
        name = item.name
        if is_loose_mask(name):
            masks.append(name)
        elif not name.lower().startswith(begin):
            others_too = others_too or is_image(name)
        elif is_mtl(name):
            stem = name[: -len(MTL_END)]
            other = part_of(stem)
            if part.product == (stem.lower() if other is None else other.product):
                names.append(name)
        elif is_image(name) and (other := part_of(name, title)) is not None:
            alike = other.auxiliary or not part.band or other.suffix == part.suffix
            if other.product == part.product and alike:
                names.append(name)
            others_too = others_too or other.product != part.product
    names += [] if others_too else masks
    return Files.of(path, _around(folder) | {name: folder / name for name in names})


def is_loose_mask(name: str) -> bool:
    """Return True for a mask whose name holds no product id."""
    if not name.lower().endswith((*IMAGES, POLYGONS)):
        return False
    part = part_of(name.removesuffix(POLYGONS))
    return part is not None and not part.product


def _listed(folder: Path, places: Iterable[str] = PLACES) -> dict[str, Path]:
    found = (item for pattern in places for item in folder.glob(pattern))
    return {
        item.relative_to(folder).as_posix(): item
        for item in found
        if item.is_file() and not item.name.startswith(".")
    }


def _around(folder: Path) -> dict[str, Path]:
    """List masks and metadata of a granule, given the folder of its images."""
    images = folder.absolute()
    images = images.parent if images.name in RESOLUTIONS else images
    if images.name != "IMG_DATA":
        return {}
    granule = images.parent
    inside = _listed(granule, ("*", "QI_DATA/*", "IMG_DATA/*", "IMG_DATA/R[126]0m/*"))
    found = {f"{granule.name}/{name}": item for name, item in inside.items()}
    if granule.parent.name == "GRANULE":
        found |= _listed(granule.parent.parent, ("*",))
    return {name: item for name, item in found.items() if is_metadata(name) or _is_mask(item.name)}


def _is_mask(name: str) -> bool:
    part = part_of(name) if name.lower().endswith(IMAGES) else None
    return is_loose_mask(name) or (part is not None and part.auxiliary == QUALITY)
