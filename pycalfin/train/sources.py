"""Read the sources of a recipe into samples, and list the images that are held out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from pycalfin.datasets import (
    OCEAN,
    UNKNOWN,
    Item,
    LabelledImage,
    frontlearning,
    layouts,
    synthetic,
    zones,
)
from pycalfin.datasets import calfin as calfin_set
from pycalfin.errors import PrunedError, SceneError, SettingsError
from pycalfin.settings import Settings
from pycalfin.train.recipe import Recipe, Source
from pycalfin.train.targets import Sample, prepare, shrink

logger = logging.getLogger(__name__)

PAINTED = "synthetic"
"""Name of a source of synthetic images on the command line; `:N` gives their number."""
NUMBER = 300
"""Default number of synthetic images."""
GEOREFERENCED = ("zhang", "baumhoer", "geopackage")
"""Layouts in which some images may lack a known front; such images are left out."""
UNSURE = 3
"""Pixels: distance from a mask's border within which `border = "unknown"` hides the front."""


@dataclass(frozen=True)
class Gathered:
    """All images of a training.

    Attributes
    ----------
    samples : tuple of Sample
        A sample that an epoch repeats is listed several times; the entries are the same object.
    held_out : tuple of Item
    counts : tuple of (str, int)
        Number of images to train on, by source.
    """

    samples: tuple[Sample, ...]
    held_out: tuple[Item, ...]
    counts: tuple[tuple[str, int], ...]

    def sentence(self) -> str:
        """Return the numbers of images as text."""
        counts = ", ".join(f"{name} ({count} images)" for name, count in self.counts)
        return f"{counts}; {len(self.held_out)} held out"


def parse(text: str) -> Source:
    """Parse a source of the command line.

    Parameters
    ----------
    text : str
        A folder, `synthetic` or `synthetic:N`. A suffix `*N` makes an epoch use each image N times.

    Returns
    -------
    Source

    Raises
    ------
    SettingsError
        If N is not a number.

    Examples
    --------
    >>> parse("data/frontlearning*2").repeat, parse("synthetic:50").synthetic
    (2, 50)
    """
    path, star, times = text.rpartition("*")
    if not star or Path(text).exists():
        path, times = text, "1"
    name, _, number = path.partition(":")
    painted = name == PAINTED and not Path(path).exists()
    try:
        repeat = int(times)
        count = int(number or NUMBER) if painted else 0
    except ValueError as error:
        raise SettingsError(
            f"{text}: expected a folder or {PAINTED}:N; a suffix *N uses each image N times"
        ) from error
    if painted and count < 1:
        raise SettingsError(f"{text}: {count} images; expected 1 or more")
    return Source(repeat=repeat, synthetic=count) if painted else Source(path, repeat=repeat)


def gather(
    recipe: Recipe,
    data: Path | None = None,
    progress: Callable[[int, int, object], None] | None = None,
) -> Gathered:
    """Read the images of a recipe.

    Parameters
    ----------
    recipe : Recipe
    data : Path, optional
        Folder that contains the folders of the sources; the working folder by default.
    progress : callable, optional
        Called with the number of images read, the number of all images and the image's name.

    Returns
    -------
    Gathered

    Raises
    ------
    SceneError
        If a source cannot be read, no image is left to train on, or no image matches a name to
        hold out.
    SettingsError
        If the recipe has no sources.
    """
    if not recipe.sources:
        raise SettingsError("no SOURCE to train on; name folders, or synthetic")
    listed = [items(source, data, recipe.seed) for source in recipe.sources]
    total, done = sum(map(len, listed)), 0
    held: dict[str, Item] = {}
    glaciers: set[str] = set()
    samples: list[Sample] = []
    counts = []
    for source, found in zip(recipe.sources, listed, strict=True):
        kept: list[Sample] = []
        truth = {item.name: item for item in items(source, data, recipe.seed, known_only=True)}
        failed: PrunedError | SceneError | None = None
        for item in found:
            done += 1
            if progress is not None:
                progress(done, total, item.name)
            try:
                image = item.read()
            except (SceneError, PrunedError) as error:
                if _layout(source, data) not in GEOREFERENCED:
                    raise
                failed = error
                logger.warning("left out: %s", error)
                continue
            names = {image.glacier, item.name, image.source.stem}
            glaciers.add(image.glacier)
            if names & set(recipe.hold_out):
                held[item.name] = truth[item.name]
                glaciers |= names
            else:
                kept.append(shrink(prepare(image), recipe.longest))
        if not kept and failed is not None:
            raise SceneError(f"{source.path}: no image with a known front: {failed}") from failed
        samples += kept * source.repeat
        counts.append((str(source), len(kept)))
    unknown = sorted(set(recipe.hold_out) - glaciers)
    if unknown:
        known = ", ".join(sorted(glaciers - {"", synthetic.GLACIER})) or "not known from the data"
        raise SceneError(
            f"no image of {', '.join(unknown)} to hold out; the glaciers are: {known}; names of "
            "files are allowed, too"
        )
    if not samples:
        raise SceneError("every image is held out; leave some for the training")
    return Gathered(tuple(samples), tuple(held.values()), tuple(counts))


def items(source: Source, data: Path | None, seed: int, *, known_only: bool = False) -> list[Item]:
    """List the images of a source without reading them.

    Parameters
    ----------
    source : Source
    data : Path or None
        Folder that contains the source's folder.
    seed : int
        Seed of synthetic images, if the source has none.
    known_only : bool
        Leave out labels that are for training only, to evaluate a network.

    Returns
    -------
    list of Item

    Raises
    ------
    SceneError
        If there are no images.
    """
    if source.synthetic:
        chosen = seed if source.seed is None else source.seed
        painter = synthetic.iterate(source.synthetic, chosen, source.bays, source.sensor)
        return _painted(source.synthetic, painter)
    folder, layout = _folder(source, data), _layout(source, data)
    if layout == "frontlearning":
        return frontlearning.find(folder, land=source.land and not known_only)
    if layout == "calfin":
        pairs = calfin_set.find(folder).training
        return [
            Item(pair.name, pair.domain, partial(_read_mask, pair, source.border)) for pair in pairs
        ]
    settings = Settings(
        domain=source.domain,
        domain_name=source.domain_name,
        date=source.date,
        crs=source.crs,
        band=source.band,
    )
    found = layouts.find(folder, layout, settings, source.days)
    if layout not in GEOREFERENCED:
        return found
    file = zones.find(folder)
    drawn = zones.read(file, source.crs) if file else []
    return [replace(item, read=partial(_read_scene, item, drawn)) for item in found]


def _painted(count: int, painter: Iterator[LabelledImage]) -> list[Item]:
    """Return items that are painted when read, one after the other."""
    return [
        Item(f"{PAINTED}_{number}", synthetic.GLACIER, partial(next, painter))
        for number in range(count)
    ]


def _read_mask(pair: calfin_set.Pair, border: str) -> LabelledImage:
    """Read an image and its mask, which gives the ocean but does not separate ice and land."""
    image = calfin_set.read_whole(pair)
    ocean = np.where(image.zones == OCEAN, OCEAN, UNKNOWN).astype(np.uint8)
    if border == "front":
        return replace(image, zones=ocean)
    unsure = prepare(image).distance <= UNSURE
    nothing = np.zeros(image.front.shape, bool)
    return replace(image, zones=ocean, front=nothing, edge_known=~unsure)


def _read_scene(item: Item, drawn: Sequence[zones.Zone]) -> LabelledImage:
    image = zones.within(item.read())
    image = zones.apply(image, drawn) if image.subset is not None else image
    if not image.front.any() and not image.zones.any():
        raise SceneError(f"{item.name}: the image contains no known front and no zone")
    return image


def _folder(source: Source, data: Path | None) -> Path:
    return Path(source.path) if data is None else data / source.path


def _layout(source: Source, data: Path | None) -> str:
    return "" if source.synthetic else layouts.detect(_folder(source, data))
