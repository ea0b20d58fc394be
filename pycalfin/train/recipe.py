"""Recipes: all settings of a training, in one file that can be written and read again.

A recipe is a TOML file with the keys of `Recipe`, the tables `[[source]]` and `[[stage]]`, and the
table `[augmentation]`. Missing keys have defaults; some depend on the initial weights.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pycalfin.datasets.synthetic import BOTH, NO_GLACIER, SENSORS
from pycalfin.errors import SettingsError
from pycalfin.files import replacing
from pycalfin.network import custom
from pycalfin.textfile import read_text
from pycalfin.train.augment import Augmentation
from pycalfin.train.checks import at_least, check_types, one_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Kind = TypeVar("Kind")

SCRATCH: dict[str, Any] = {"epochs": 16, "rate": 1.5e-3}
"""Defaults of a stage from ImageNet or random weights: 2064 steps on the shipped recipe's data."""
TUNING: dict[str, Any] = {"epochs": 10, "rate": 2e-4}
"""Defaults of a stage from trained weights: 200 steps for a few images. The low rate keeps what the
network has learned."""
INITS = ("default", "imagenet", "random")
"""Initial weights besides a file: the shipped ones, ImageNet's, or random ones."""
BORDERS = ("front", "unknown")
MOST_BAYS = 1 - NO_GLACIER
"""Largest share of bays; the other synthetic images are coasts without a glacier."""


@dataclass(frozen=True)
class Source:
    """A source of labelled images for a training.

    Attributes
    ----------
    path : str
        Folder in a layout of `pycalfin.datasets.layouts`; '' for synthetic images.
    synthetic : int
        Number of images to paint, instead of a folder.
    repeat : int
        Number of times that an epoch uses each image.
    seed : int or None
        Seed of synthetic images; None takes that of the recipe.
    bays : float
        Share of synthetic images that show a bay in an ice margin instead of a fjord.
    sensor : {'both', 'optical', 'sar'}
        Kind of synthetic images.
    land : bool
        Add the land outlined by hand to FrontLearning's images.
    border : {'front', 'unknown'}
        Meaning of the border of a mask in CALFIN's layout, which does not distinguish a front from
        a coast.
    domain, domain_name, date, crs, band : str or None
        Settings for georeferenced scenes, as for `pycalfin run`.
    days : int
        Largest difference in days between a front in a vector file and its scene.
    """

    path: str = ""
    synthetic: int = 0
    repeat: int = 1
    seed: int | None = None
    bays: float = 0.0
    sensor: str = BOTH
    land: bool = True
    border: str = "front"
    domain: str | None = None
    domain_name: str | None = None
    date: str | None = None
    crs: str | None = None
    band: str | None = None
    days: int = 1

    def __post_init__(self) -> None:
        if bool(self.path) == bool(self.synthetic):
            raise SettingsError("a source needs either path or synthetic")
        at_least(self, 1, "repeat")
        at_least(self, 0, "synthetic", "days")
        if not 0 <= self.bays <= MOST_BAYS:
            raise SettingsError(f"bays is {self.bays}; expected a number from 0 to {MOST_BAYS}")
        one_of(self, "sensor", tuple(SENSORS))
        one_of(self, "border", BORDERS)

    @property
    def changed(self) -> dict[str, Any]:
        """Values that differ from the defaults, by name; a future key with a default adds none."""
        blank = {item.name: item.default for item in dataclasses.fields(self)}
        return {name: value for name, value in asdict(self).items() if value != blank[name]}

    def __str__(self) -> str:
        name = self.path or f"synthetic:{self.synthetic}"
        return name if self.repeat == 1 else f"{name}*{self.repeat}"


@dataclass(frozen=True)
class Stage:
    """Part of a training with its own optimizer; it continues from the previous stage.

    Attributes
    ----------
    epochs : int
    rate : float
        Peak learning rate of AdamW.
    seed : int or None
        None takes the seed of the recipe plus the number of previous stages.
    """

    epochs: int = SCRATCH["epochs"]
    rate: float = SCRATCH["rate"]
    seed: int | None = None

    def __post_init__(self) -> None:
        at_least(self, 1, "epochs")
        if not 0.0 < self.rate < 1.0:
            raise SettingsError(f"rate is {self.rate}; expected a number between 0 and 1")


@dataclass(frozen=True)
class Recipe:
    """All settings of a training.

    Attributes
    ----------
    network : str
        'light', or 'module:function' that builds a custom network (`pycalfin.network.custom`).
    init : str
        'default' (the shipped weights), 'imagenet' (the encoder alone), 'random', or a file.
    seed : int
    batch : int
        Crops per step.
    warm_up : int
        Steps over which the rate of a stage rises linearly.
    decay : float
        Weight decay of AdamW; kernels only.
    ema : float
        Momentum per step of the moving average of the weights.
    smallest_epoch : int
        Least number of crops per epoch; with few images, an epoch takes several crops of each.
    longest : int
        Pixels: longer side to which larger images are shrunk. `run` first predicts a whole domain
        in 288 pixels, then in finer views.
    frozen_norm : bool
        Keep batch normalisation unchanged, because few images give poor means and variances.
    hold_out : tuple of str
        Glaciers, domains or names of images to evaluate on at the end and not to train on.
    sources : tuple of Source
    stages : tuple of Stage
    augmentation : Augmentation
    """

    network: str = "light"
    init: str = "imagenet"
    seed: int = 1
    batch: int = 8
    warm_up: int = 40
    decay: float = 0.02
    ema: float = 0.99
    smallest_epoch: int = 160
    longest: int = 432
    frozen_norm: bool = False
    hold_out: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    stages: tuple[Stage, ...] = field(default_factory=lambda: (Stage(),))
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        at_least(self, 1, "batch", "smallest_epoch", "longest")
        at_least(self, 0, "seed", "warm_up")
        if not self.stages:
            raise SettingsError("a recipe needs a stage")
        if not 0.0 <= self.ema < 1.0:
            raise SettingsError(f"ema is {self.ema}; expected a number from 0 to below 1")
        if self.decay < 0.0:
            raise SettingsError(f"decay is {self.decay}; expected 0 or more")
        if self.network != "light" and custom.parse(self.network) is None:
            raise SettingsError(
                f"network is {self.network!r}; expected light or module:function in a recipe"
            )
        if self.network != "light" and self.init in ("default", "imagenet"):
            raise SettingsError(
                f"init is {self.init!r}, which means weights of light; {self.network} needs "
                "'random' or a weights file of that network"
            )

    @property
    def epochs(self) -> int:
        """Number of epochs of all stages."""
        return sum(stage.epochs for stage in self.stages)

    def seed_of(self, number: int) -> int:
        """Return the seed of a stage, by its number from 0."""
        given = self.stages[number].seed
        return self.seed + number if given is None else given


def read(path: Path, **options: Any) -> Recipe:
    """Read a recipe; options override the file.

    Parameters
    ----------
    path : Path
    **options
        Options of `make`.

    Returns
    -------
    Recipe

    Raises
    ------
    SettingsError
        If the file is missing or malformed, or holds unknown keys or values that cannot be used.
    """
    try:
        values = tomllib.loads(read_text(path))
    except OSError as error:
        raise SettingsError(
            f"{path}: cannot read the recipe ({error.strerror}); check --recipe"
        ) from error
    except ValueError as error:
        raise SettingsError(f"{path}: not valid TOML ({error}); correct the file") from error
    return make(values, str(path), **options)


def make(
    values: Mapping[str, Any] | None = None,
    origin: str = "command line",
    *,
    epochs: int | None = None,
    rate: float | None = None,
    **options: Any,
) -> Recipe:
    """Make a recipe from a file's values and the command line's options; add the defaults.

    Parameters
    ----------
    values : mapping, optional
        Values read from TOML.
    origin : str
        Origin of the values, for errors.
    epochs, rate : optional
        Values for a recipe with one stage.
    **options
        Fields of `Recipe` that override `values`; None means not given.

    Returns
    -------
    Recipe

    Raises
    ------
    SettingsError
        If there are unknown keys or values that cannot be used.
    """
    values = dict(values or {})
    tables = {name: values.pop(name, None) for name in ("source", "stage", "augmentation")}
    given = {name: value for name, value in options.items() if value is not None}
    try:
        for name in ("sources", "stages"):
            if name in values:
                raise SettingsError(f"unknown key {name!r}; write tables [[{name[:-1]}]]")
        values = {**check_types(Recipe, values, ""), **given}
        network = values.setdefault("network", Recipe.network)
        values.setdefault("init", "default" if network == "light" else "random")
        tuned = values["init"] not in ("imagenet", "random")
        values.setdefault("frozen_norm", tuned)
        defaults = TUNING if tuned else SCRATCH
        changed = {name: v for name, v in (("epochs", epochs), ("rate", rate)) if v is not None}
        stages = _tables("stage", tables["stage"]) or [{}]
        if len(stages) > 1 and changed:
            raise SettingsError(
                f"{' and '.join(changed)} given, but the recipe has {len(stages)} stages; change "
                "them in the recipe"
            )
        values["stages"] = tuple(
            _build(Stage, {**defaults, **stage, **changed}, f"[[stage]] {number}: ")
            for number, stage in enumerate(stages, start=1)
        )
        if "sources" not in values:
            values["sources"] = tuple(
                _build(Source, source, f"[[source]] {number}: ")
                for number, source in enumerate(_tables("source", tables["source"]), start=1)
            )
        table = tables["augmentation"] or {}
        if not isinstance(table, dict):
            raise SettingsError("augmentation is not a table; write [augmentation]")
        values["augmentation"] = _build(Augmentation, table, "[augmentation] ")
        return Recipe(**values)
    except SettingsError as error:
        raise SettingsError(f"{origin}: {error}") from None


def write(path: Path, recipe: Recipe) -> None:
    """Write a recipe to a file for `read`; the file appears by rename."""
    with replacing(path) as part:
        part.write_text(text(recipe), encoding="utf-8")


def text(recipe: Recipe) -> str:
    """Return a recipe as TOML.

    Examples
    --------
    >>> make(tomllib.loads(text(Recipe()))) == Recipe()
    True
    """
    plain = asdict(recipe)
    del plain["sources"]
    stages, augmentation = plain.pop("stages"), plain.pop("augmentation")
    blocks = [_lines(plain)]
    blocks += ["[[source]]\n" + _lines(source.changed) for source in recipe.sources]
    blocks += ["[[stage]]\n" + _lines(stage) for stage in stages]
    return "\n".join([*blocks, "[augmentation]\n" + _lines(augmentation)])


def _lines(values: Mapping[str, Any]) -> str:
    # JSON's text, numbers, booleans and lists are valid TOML
    return "".join(
        f"{name} = {json.dumps(value, ensure_ascii=False)}\n"
        for name, value in values.items()
        if value is not None
    )


def _tables(name: str, given: Any) -> list[dict[str, Any]]:
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise SettingsError(f"{name} is not a list of tables; write [[{name}]]")
    return given


def _build(kind: type[Kind], values: Mapping[str, Any], where: str) -> Kind:
    checked = check_types(kind, values, where)
    try:
        return kind(**checked)
    except SettingsError as error:
        raise SettingsError(f"{where}{error}") from None
