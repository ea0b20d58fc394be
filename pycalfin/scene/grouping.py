"""Choose one file for each product in a folder, because one product is one scene."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path

from pycalfin.scene.layout import is_image
from pycalfin.scene.parts import Part, part_of

logger = logging.getLogger(__name__)

CHANNELS_END = "_channels"
"""End of the stem of a three-channel image, which lies next to its grey subset."""


class FilePriority(IntEnum):
    """Suitability of a file to represent its product."""

    AUXILIARY = 0
    OTHER_BAND = 1
    IMAGE = 2


def one_per_product(paths: Sequence[str]) -> list[str]:
    """Leave out files that are no scenes by themselves: other bands, quality bands, masks, angles.

    Parameters
    ----------
    paths : sequence of str
        Images, archives and product folders of one folder tree, sorted.

    Returns
    -------
    list of str
        For each product in a folder, one of these:

        - the preferred band, or the only image;
        - the common start of the names, if there are several other bands, so that the user is
          asked to choose one;
        - any one file, if there is no image, so that its scene fails with the reason.
    """
    paths = list(_without_channels(paths))
    groups: dict[tuple[str, str], dict[str, Part]] = {}
    best: dict[str, FilePriority] = {}
    masks: set[str] = set()
    for path in paths:
        part = part_of(path, Path(path).parent.name)
        if not is_image(path) or Path(path).is_dir():
            for product in products_of(Path(path)):
                best[product] = FilePriority.IMAGE
        elif part is not None and not part.product:
            masks.add(path)
        elif part is not None:
            groups.setdefault((str(Path(path).parent), part.product), {})[path] = part
    chosen = {key: _representatives(group) for key, group in groups.items()}
    for (_, product), (priority, _) in chosen.items():
        best[product] = max(priority, best.get(product, FilePriority.AUXILIARY))
    given: dict[str, str] = {}
    for (_, product), (priority, files) in chosen.items():
        if priority == best[product]:
            given.update(files)
            if priority is FilePriority.AUXILIARY:
                best[product] = FilePriority.IMAGE  # so that the product fails only once
    grouped = {path for group in groups.values() for path in group} | masks
    scenes = [given.get(path, path) for path in paths if path in given or path not in grouped]
    if len(scenes) < len(paths):
        logger.info(
            "%d files are not read, since another file of the same product is: %s",
            len(paths) - len(scenes),
            ", ".join(Path(path).name for path in paths if path in grouped and path not in given),
        )
    return scenes


def _without_channels(paths: Sequence[str]) -> Iterable[str]:
    every = set(paths)
    for path in paths:
        file = Path(path)
        grey = file.stem.removesuffix(CHANNELS_END)
        subsets = (str(file.with_name(grey + end)) for end in (".tif", ".tiff", file.suffix))
        if grey == file.stem or not every.intersection(subsets):
            yield path


def products_of(path: Path) -> set[str]:
    """Return the products in a product folder or an archive."""
    names = [path.name]
    if path.is_dir():
        names += [item.name for item in path.iterdir() if is_image(item.name)]
    parts = (part_of(name, path.name) for name in names)
    return {part.product for part in parts if part is not None}


def _representatives(group: Mapping[str, Part]) -> tuple[FilePriority, dict[str, str]]:
    """Choose the files that represent a product in one folder, and the path to give for each."""
    images = {path: part for path, part in group.items() if not part.auxiliary}
    if not images:
        first = min(group)
        return FilePriority.AUXILIARY, {first: first}
    whole = _best({path: part for path, part in images.items() if not part.suffix})
    if whole is not None:
        return FilePriority.IMAGE, {whole: whole}
    priority, given = FilePriority.OTHER_BAND, {}
    for suffix in sorted({part.suffix for part in images.values()}):
        alike = {path: part for path, part in images.items() if part.suffix == suffix}
        first = min(alike)
        path = _best(alike)
        if path is not None:
            priority = FilePriority.IMAGE
            given[path] = path
        elif len(alike) == 1:
            given[first] = first
        else:
            given[first] = str(Path(first).with_name(alike[first].start))
    return priority, given


def _best(images: Mapping[str, Part]) -> str | None:
    """Choose the preferred band, else a file that holds all bands."""
    ranked = []
    for path, part in images.items():
        wanted = part.sensor.preferred_bands(part.code)
        if part.band in wanted:
            ranked.append((wanted.index(part.band), path))
        elif not part.band:
            ranked.append((len(wanted), path))
    return min(ranked)[1] if ranked else None
