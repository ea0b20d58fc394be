"""One product is one scene: which files of a folder stand for their products."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path

from pycalfin.scene.layout import is_image
from pycalfin.scene.parts import Part, part_of

logger = logging.getLogger(__name__)

CHANNELS_END = "_channels"
"""End of the stem of a three-channel image, which lies beside its grey subset."""


class FilePriority(IntEnum):
    """How well a file stands for its product."""

    AUXILIARY = 0
    OTHER_BAND = 1
    IMAGE = 2


def one_per_product(paths: Sequence[str]) -> list[str]:
    """Leave out what is no scene by itself: other bands, quality bands, angles, gap masks.

    Parameters
    ----------
    paths : sequence of str
        Images, archives and product folders of one folder tree, sorted.

    Returns
    -------
    list of str
        Of the images of one product in one folder, the band that fronts are looked for in, or the
        only one. Where there are several others, what their names begin with: which of them is
        meant, the user must say. Of a product without any image, one file, so that its scene
        fails and says so.
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
    stand = {key: _stand_for(group) for key, group in groups.items()}
    for (_, product), (worth, _) in stand.items():
        best[product] = max(worth, best.get(product, FilePriority.AUXILIARY))
    shown: dict[str, str] = {}
    for (_, product), (worth, files) in stand.items():
        if worth == best[product]:
            shown.update(files)
            if worth is FilePriority.AUXILIARY:
                best[product] = FilePriority.IMAGE  # says it once
    grouped = {path for group in groups.values() for path in group} | masks
    scenes = [shown.get(path, path) for path in paths if path in shown or path not in grouped]
    if len(scenes) < len(paths):
        logger.info(
            "%d files belong to products of which another file is looked at: %s",
            len(paths) - len(scenes),
            ", ".join(Path(path).name for path in paths if path in grouped and path not in shown),
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
    """Name the products in a product folder or an archive."""
    names = [path.name]
    if path.is_dir():
        names += [item.name for item in path.iterdir() if is_image(item.name)]
    parts = (part_of(name, path.name) for name in names)
    return {part.product for part in parts if part is not None}


def _stand_for(group: Mapping[str, Part]) -> tuple[FilePriority, dict[str, str]]:
    """Choose from the files of a product in one folder: each file shown, and the path it gives."""
    images = {path: part for path, part in group.items() if not part.auxiliary}
    if not images:
        first = min(group)
        return FilePriority.AUXILIARY, {first: first}
    whole = _best({path: part for path, part in images.items() if not part.suffix})
    if whole is not None:
        return FilePriority.IMAGE, {whole: whole}
    worth, shown = FilePriority.OTHER_BAND, {}
    for suffix in sorted({part.suffix for part in images.values()}):
        alike = {path: part for path, part in images.items() if part.suffix == suffix}
        first = min(alike)
        path = _best(alike)
        if path is not None:
            worth = FilePriority.IMAGE
            shown[path] = path
        elif len(alike) == 1:
            shown[first] = first
        else:
            shown[first] = str(Path(first).with_name(alike[first].start))
    return worth, shown


def _best(images: Mapping[str, Part]) -> str | None:
    """Choose the wanted band, else the file that holds all bands."""
    ranked = []
    for path, part in images.items():
        wanted = part.sensor.preferred_bands(part.code)
        if part.band in wanted:
            ranked.append((wanted.index(part.band), path))
        elif not part.band:
            ranked.append((len(wanted), path))
    return min(ranked)[1] if ranked else None
