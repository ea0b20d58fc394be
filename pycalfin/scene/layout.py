"""Where the files of a product lie: in its folder, in that of a granule, or side by side."""

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
"""End of products in HDF4 or HDF5, which are refused in one sentence."""
POLYGONS = ".gml"
"""End of masks that are polygons."""
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
"""Where files of a product lie in its folder: Landsat and others, Sentinel-1, Sentinel-2, of which
the folder of a granule or of its images may be all there is."""
RESOLUTIONS = ("R10m", "R20m", "R60m")
_INNER = re.compile(r"measurement|IMG_DATA|QI_DATA|R[126]0m", re.IGNORECASE)
"""Folders within a product."""


@dataclass(frozen=True)
class Files:
    """The files of a product: names (with inner folders), how to open and to read one."""

    path: str
    names: tuple[str, ...]
    address: Callable[[str], str]
    text: Callable[[str], str]

    @classmethod
    def of(cls, path: str, places: Mapping[str, Path]) -> Files:
        """Make them of files outside of archives, by their names."""
        return cls(
            path,
            tuple(sorted(places)),
            address=lambda name: str(places[name].absolute()),
            text=lambda name: _text(places[name]),
        )

    def metadata(self) -> Iterator[str]:
        """Give the texts of the metadata files, one after the other."""
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
    """Return True for a SAFE folder, also one that has lost its name."""
    return (
        folder.name.upper().endswith(".SAFE")
        or (folder / "manifest.safe").is_file()
        or (folder / "GRANULE").is_dir()
    )


def safe_scenes(folder: Path) -> list[Path]:
    """List the scenes of a SAFE folder, or of a granule's; [] for any other folder.

    Until December 2016 a product of Sentinel-2 had many tiles, each of which is a scene.
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
    # clips of a product may differ in what they show; whole bands hold all of it
    alike = any(not part.suffix for part in bands) or len({part.suffix for part in bands}) == 1
    return alike and (len(images) > 1 or any(map(is_mtl, names)))


def title_of(folder: Path) -> str:
    """Return the name of a product by its folder; SAFE folders have theirs above."""
    place = folder.absolute()
    while _INNER.fullmatch(place.name):
        place = place.parent
    return place.parent.parent.name if place.parent.name == "GRANULE" else place.name


def in_folder(path: str, folder: Path) -> Files:
    """List the files of a product by its folder, or a folder within it."""
    return Files.of(path, _around(folder) | _listed(folder))


def beside(path: str, folder: Path, part: Part) -> Files:
    """List images and metadata of a product that lie in one folder; clips with their like."""
    title = title_of(folder)
    pairs = zip(part.product, part.start.lower(), strict=False)
    begin = "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    names: list[str] = []
    masks: list[str] = []
    strangers = False
    for item in folder.iterdir():
        name = item.name
        if is_loose_mask(name):
            masks.append(name)
        elif not name.lower().startswith(begin):
            strangers = strangers or is_image(name)
        elif is_mtl(name):
            stem = name[: -len(MTL_END)]
            other = part_of(stem)
            if part.product == (stem.lower() if other is None else other.product):
                names.append(name)
        elif is_image(name) and (other := part_of(name, title)) is not None:
            alike = other.auxiliary or not part.band or other.suffix == part.suffix
            if other.product == part.product and alike:
                names.append(name)
            strangers = strangers or other.product != part.product
    names += [] if strangers else masks
    return Files.of(path, _around(folder) | {name: folder / name for name in names})


def is_loose_mask(name: str) -> bool:
    """Return True for a mask whose name does not tell its product."""
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
    """List masks and metadata of the granule whose images a folder within it holds."""
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
