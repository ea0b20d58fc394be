"""Training of CALFIN's network: seeded, logged, resumable after every epoch.

The optimizer is Adam (Kingma and Ba 2015, arXiv:1412.6980); it accumulates the gradients of a few
steps. Threads make the crops while the network trains. Each crop is drawn from (seed, epoch,
position), so the number of threads does not change the crops.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pycalfin.datasets.calfin import Division, Pair, read
from pycalfin.errors import OutputError, SettingsError, WeightsError
from pycalfin.files import replacing
from pycalfin.network import calfin, registry, weights
from pycalfin.network.calfin_file import save_published
from pycalfin.network.engine import import_keras
from pycalfin.train import state
from pycalfin.train.calfin import targets
from pycalfin.train.calfin.augment import Augmentation, augment, centre
from pycalfin.train.calfin.loss import penalty, total_loss

logger = logging.getLogger(__name__)

BEST, LAST = "calfin_best.h5", "calfin_last.h5"
STATE = "calfin_state.npz"
FIELDS = (
    "epoch", "steps", "seconds", "loss", "edge", "mask", "validation", "validation_edge",
    "validation_mask", "best",
)  # fmt: skip
"""Columns of the log; those of the validation are empty if there is none."""

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True)
class Recipe:
    """All settings of a training except its data (Cheng et al. 2021).

    Attributes
    ----------
    seed : int
    epochs : int
    steps : int
        Steps per epoch.
    batch : int
        Crops per step.
    rate : float
        Learning rate of Adam.
    accumulated : int
        Number of steps whose gradients are averaged before the weights change.
    augmentation : Augmentation
    """

    seed: int = 1
    epochs: int = 80
    steps: int = 4000
    batch: int = 8
    rate: float = 1e-4
    accumulated: int = 2
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        for name in ("epochs", "steps", "batch"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} is {getattr(self, name)}; expected 1 or more")
        if self.seed < 0:
            raise SettingsError(f"seed is {self.seed}; expected 0 or more")


@dataclass(frozen=True)
class Epoch:
    """Result of an epoch.

    Attributes
    ----------
    number : int
        Number of the epoch, from 1.
    seconds : float
    training : (loss, edge, mask)
        Means over the steps; the loss excludes the regularisation.
    validation : (loss, edge, mask) or None
        Means over the images held out; None if there are none.
    best : bool
        True if the loss is the lowest so far.
    """

    number: int
    seconds: float
    training: tuple[float, ...]
    validation: tuple[float, ...] | None
    best: bool


def train(
    division: Division,
    recipe: Recipe,
    folder: Path,
    *,
    init: Path | None = None,
    threads: int = 2,
    progress: Callable[[int, int, object], None] | None = None,
    report: Callable[[Epoch], None] | None = None,
) -> Path:
    """Train CALFIN's network, or continue an interrupted training.

    Parameters
    ----------
    division : Division
        Images from `pycalfin.datasets.calfin.find`. If none are for the validation, the training
        loss decides which epoch is the best.
    recipe : Recipe
    folder : Path
        Output folder for `calfin_best.h5`, `calfin_last.h5`, the state and the log.
    init : Path, optional
        Initial weights of CALFIN's network; random ones by default.
    threads : int
        Threads of TensorFlow, and of the augmentation that runs at the same time.
    progress : callable, optional
        Called with the steps done, the steps of all epochs and the number of the epoch.
    report : callable, optional
        Called with every completed `Epoch`.

    Returns
    -------
    Path
        Weights of the best epoch, in the published layout.

    Raises
    ------
    SceneError
        If an image cannot be read.
    SettingsError
        If the folder holds a training with another recipe.
    WeightsError
        If `init` does not fit, the loss is no longer finite, or the weights of the best epoch were
        deleted.
    OutputError
        If the folder cannot be written.
    """
    keras = import_keras(threads)
    keras.utils.set_random_seed(recipe.seed)
    model = calfin.build(recipe.augmentation.crop, logits=True)
    if init is not None:
        _start_from(init, model)
    optimizer = _optimizer(model, recipe)
    variables = [*model.variables, *optimizer.variables]
    described = _describe(recipe, division, init)
    _make(folder)
    first, best = state.restore(folder / STATE, variables, described)
    if first:
        logger.info("continuing after epoch %d of %s", first, folder)
    step = _compiled_step(model, optimizer)
    for epoch in range(first, recipe.epochs):
        started, sums = time.monotonic(), np.zeros(3)
        for number, batch in enumerate(batches(division.training, recipe, epoch, threads), start=1):
            sums += [float(value) for value in step(*batch)]
            if progress is not None:
                progress(epoch * recipe.steps + number, recipe.epochs * recipe.steps, epoch + 1)
        trained = tuple((sums / recipe.steps).tolist())
        if not np.isfinite(trained).all():
            raise WeightsError(
                f"{folder}: the loss of epoch {epoch + 1} is not finite; the weights of the "
                "epoch before are kept; train from other weights or with another --seed"
            )
        validated = validate(model, division.validation, recipe) if division.validation else None
        loss = (validated or trained)[0]
        done = Epoch(epoch + 1, time.monotonic() - started, trained, validated, loss < best)
        best = min(best, loss)
        _write(folder, model, done, recipe)
        state.save(folder / STATE, variables, epoch + 1, best, described)
        if report is not None:
            report(done)
    kept = folder / BEST
    if not kept.is_file():
        raise WeightsError(
            f"{kept}: no such file, and no new epoch is better than the one it held; restore it, "
            f"use {LAST}, or delete {STATE} to start anew"
        )
    return kept


def batches(pairs: Sequence[Pair], recipe: Recipe, epoch: int, threads: int = 2) -> Iterator[Batch]:
    """Make the batches of one epoch, a few of them ahead of use.

    All images appear once, in random order, before any appears again, also across epochs.

    Parameters
    ----------
    pairs : sequence of Pair
    recipe : Recipe
    epoch : int
    threads : int

    Yields
    ------
    channels : (batch, crop, crop, 3) float32
    target : (batch, crop, crop, 2) float32
    """

    def crop(position: int) -> Batch:
        turn, place = divmod(epoch * recipe.steps * recipe.batch + position, len(pairs))
        order = np.random.default_rng((recipe.seed, turn)).permutation(len(pairs))
        rng = np.random.default_rng((recipe.seed, epoch, position))
        channels, land = augment(*read(pairs[order[place]]), rng, recipe.augmentation)
        return channels, targets.encode(land)

    def make(start: int) -> Batch:
        channels, target = zip(*map(crop, range(start, start + recipe.batch)), strict=True)
        return np.stack(channels), np.stack(target)

    pending: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for step in range(recipe.steps):
            pending.append(pool.submit(make, step * recipe.batch))
            if len(pending) > 2 * threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def validate(model: Any, pairs: Sequence[Pair], recipe: Recipe) -> tuple[float, ...]:
    """Compute the loss on the centres of images, without augmentation or dropout.

    Parameters
    ----------
    model : keras.Model
    pairs : sequence of Pair
    recipe : Recipe

    Returns
    -------
    (loss, edge, mask)
        Means over the images.
    """
    sums = np.zeros(3)
    for pair in pairs:
        channels, land = centre(*read(pair), recipe.augmentation.crop)
        logits = model(channels[None], training=False)
        loss, parts = total_loss(logits, targets.encode(land)[None])
        sums += [float(value) for value in (loss, parts["edge"], parts["mask"])]
    return tuple((sums / len(pairs)).tolist())


def _start_from(init: Path, model: Any) -> None:
    if weights.kind_of(init) != "calfin":
        raise WeightsError(f"{init}: not weights of CALFIN's network; pass weights of 'calfin'")
    weights.load_into(init, "calfin", model)


def _optimizer(model: Any, recipe: Recipe) -> Any:
    import keras

    accumulated = recipe.accumulated if recipe.accumulated > 1 else None
    optimizer = keras.optimizers.Adam(recipe.rate, gradient_accumulation_steps=accumulated)
    optimizer.build(model.trainable_variables)
    return optimizer


def _compiled_step(model: Any, optimizer: Any) -> Any:
    """Return the optimisation step as a TensorFlow graph without XLA, which is slower on CPUs."""
    import tensorflow as tf

    kernels = [variable for variable in model.trainable_variables if variable.name == "kernel"]

    @tf.function(jit_compile=False, reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(channels: Any, target: Any) -> tuple[Any, ...]:
        with tf.GradientTape() as tape:
            loss, parts = total_loss(model(channels, training=True), target)
            penalised = loss + penalty(kernels)
        gradients = tape.gradient(penalised, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss, parts["edge"], parts["mask"]

    return step


def _describe(recipe: Recipe, division: Division, init: Path | None) -> dict[str, Any]:
    """Return the settings that must not change when a training continues: all but the epochs."""
    flat = asdict(recipe)
    del flat["epochs"]
    names = [[pair.name for pair in pairs] for pairs in (division.training, division.validation)]
    flat["data"] = hashlib.sha256(repr(names).encode()).hexdigest()[:12]
    flat["init"] = registry.digest(init)[:12] if init is not None else "random"
    return flat


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot write ({error.strerror}); choose another --output"
        ) from error


def _write(folder: Path, model: Any, done: Epoch, recipe: Recipe) -> None:
    """Write the weights and a row of the log."""
    for name in (LAST, BEST)[: 1 + done.best]:
        with replacing(folder / name) as part:
            save_published(part, model)
    values: list[int | str] = [done.number, recipe.steps, f"{done.seconds:.1f}"]
    losses = [f"{value:.5f}" for value in done.training]
    losses += [f"{value:.5f}" for value in done.validation] if done.validation else [""] * 3
    row = dict(zip(FIELDS, [*values, *losses, int(done.best)], strict=True))
    state.log(folder / state.LOG, row)
