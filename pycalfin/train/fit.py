"""Training of `light` or of a custom network: seeded, logged, resumable after every epoch.

The optimizer is AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101). Its rate falls as a cosine
after a short warm-up, and the saved weights are an exponential moving average. Threads make the
crops while the network trains. Each crop is drawn from (seed, epoch, position), so the number of
threads does not change the crops. A recipe may have several stages, each with a new optimizer.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pycalfin.errors import WeightsError
from pycalfin.network import custom, light, light_file, registry
from pycalfin.network.engine import import_keras
from pycalfin.train import curves, state
from pycalfin.train.augment import augment
from pycalfin.train.encoder import encoder_weights, initialise
from pycalfin.train.losses import total_loss
from pycalfin.train.recipe import Recipe, Stage, write
from pycalfin.train.recipe import text as recipe_text
from pycalfin.train.targets import Sample

logger = logging.getLogger(__name__)

STATE = "state.npz"
RECIPE = "recipe.toml"
"""Name of the file with the recipe of the training."""
WEIGHTS = {"light": "light.h5"}
CUSTOM_WEIGHTS = "network.h5"
"""Name of the weights of a custom network in the folder of a training."""
HEAD_BIAS = (-3.0, 0.0, 0.0, 0.0)
"""Initial logits: fronts are rare, the zones are equally likely."""

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True)
class Epoch:
    """Result of an epoch.

    Attributes
    ----------
    number : int
        Number of the epoch, from 1, over all stages.
    total : int
        Epochs of all stages.
    seconds : float
    losses : mapping of str to float
        Means over the steps: 'loss' and its parts.
    """

    number: int
    total: int
    seconds: float
    losses: Mapping[str, float]


def train(
    samples: Sequence[Sample],
    recipe: Recipe,
    folder: Path,
    *,
    threads: int = 2,
    metadata: Mapping[str, str] | None = None,
    progress: Callable[[int, int, object], None] | None = None,
    report: Callable[[Epoch], None] | None = None,
) -> Path:
    """Train a network, or continue an interrupted training.

    Parameters
    ----------
    samples : sequence of Sample
        An epoch uses each entry once, or as often as `recipe.smallest_epoch` requires. Repeat an
        entry to use it more often.
    recipe : Recipe
        Its sources have been read into `samples`.
    folder : Path
        Output folder for the recipe, the state, `log.csv`, `curves.png` and the weights.
    threads : int
        Threads of TensorFlow, and of the augmentation that runs at the same time.
    metadata : mapping of str to str, optional
        Stored with the weights.
    progress : callable, optional
        Called with the steps done, the steps of all epochs and the number of the epoch.
    report : callable, optional
        Called with every completed `Epoch`.

    Returns
    -------
    Path
        The weights file.

    Raises
    ------
    SettingsError
        If the folder holds a training with another recipe or other images.
    WeightsError
        If the initial weights do not fit, or the loss is no longer finite.
    OutputError
        If the folder cannot be written.
    """
    # a custom network may hold convolutions whose gradient is wrong with oneDNN
    keras = import_keras(threads, onednn=recipe.network == "light")
    keras.utils.set_random_seed(recipe.seed)
    samples = _filled(samples, max(recipe.smallest_epoch, recipe.batch))
    described = _describe(recipe, samples)
    model = _start(recipe, folder)
    if recipe.frozen_norm:
        _freeze(model)
    steps, before = len(samples) // recipe.batch, 0
    done, _ = state.restore(folder / STATE, model.variables, described)
    write(folder / RECIPE, recipe)
    if done:
        logger.info("continuing after epoch %d of %s", done, folder)
    for number, stage in enumerate(recipe.stages):
        if done >= before + stage.epochs:
            before += stage.epochs
            continue
        seed = recipe.seed_of(number)
        keras.utils.set_random_seed(seed)
        optimizer = optimizer_of(model, recipe, stage, steps)
        variables = [*model.variables, *optimizer.variables]
        if done > before:
            state.restore(folder / STATE, variables, described)
        step = compiled_step(model, optimizer)
        for epoch in range(done - before, stage.epochs):
            started, sums = time.monotonic(), dict[str, float]()
            made = batches(samples, recipe, epoch, seed, threads)
            for count, (channels, target) in enumerate(made, start=1):
                for name, value in step(channels, target).items():
                    sums[name] = sums.get(name, 0.0) + float(value)
                if progress is not None:
                    progress(done * steps + count, recipe.epochs * steps, done + 1)
            losses = {name: value / steps for name, value in sums.items()}
            _refuse_nonsense(folder, done + 1, losses)
            rate = float(optimizer.learning_rate)
            if epoch + 1 == stage.epochs:
                optimizer.finalize_variable_values(model.trainable_variables)
            done += 1
            finished = Epoch(done, recipe.epochs, time.monotonic() - started, losses)
            _log(folder, finished, number + 1, steps, rate)
            state.save(folder / STATE, variables, done, losses["loss"], described)
            if report is not None:
                report(finished)
        before += stage.epochs
    return _save(folder, model, recipe, metadata)


def batches(
    samples: Sequence[Sample], recipe: Recipe, epoch: int, seed: int, threads: int = 2
) -> Iterator[Batch]:
    """Make the batches of one epoch, a few of them ahead of use.

    Parameters
    ----------
    samples : sequence of Sample
    recipe : Recipe
    epoch : int
        Epoch of the stage, from 0.
    seed : int
    threads : int

    Yields
    ------
    channels : (batch, crop, crop, 3) float32
    target : (batch, crop, crop, 5) float32
    """
    order = np.random.default_rng((seed, epoch)).permutation(len(samples))
    real = [sample for sample in samples if not sample.painted]

    def make(start: int) -> Batch:
        crops = [
            augment(
                samples[order[position]],
                np.random.default_rng((seed, epoch, position)),
                recipe.augmentation,
                real,
            )
            for position in range(start, start + recipe.batch)
        ]
        channels, target = zip(*crops, strict=True)
        return np.stack(channels), np.stack(target).astype(np.float32)

    starts = range(0, len(samples) - recipe.batch + 1, recipe.batch)
    pending: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for start in starts:
            pending.append(pool.submit(make, start))
            if len(pending) > 2 * threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def optimizer_of(model: Any, recipe: Recipe, stage: Stage, steps: int) -> Any:
    """Make the optimizer of one stage: AdamW with a warm-up and a cosine decay of the rate.

    Parameters
    ----------
    model : keras.Model
    recipe : Recipe
    stage : Stage
    steps : int
        Steps per epoch.

    Returns
    -------
    keras.optimizers.AdamW
    """
    import keras

    total = max(stage.epochs * steps, 1)
    warm_up = min(recipe.warm_up, total // 4)
    rate = keras.optimizers.schedules.CosineDecay(
        stage.rate / 100.0,
        decay_steps=max(total - warm_up, 1),
        alpha=0.01,
        warmup_target=stage.rate,
        warmup_steps=warm_up,
    )
    optimizer = keras.optimizers.AdamW(
        rate, weight_decay=recipe.decay, use_ema=True, ema_momentum=recipe.ema
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
    optimizer.build(model.trainable_variables)
    return optimizer


def compiled_step(model: Any, optimizer: Any) -> Any:
    """Return the optimisation step as a TensorFlow graph without XLA, which is slower on CPUs.

    Parameters
    ----------
    model : keras.Model
    optimizer : keras.optimizers.Optimizer

    Returns
    -------
    callable
        Function (channels, target) -> dict of str to scalar: the loss and its parts, before the
        step.
    """
    import tensorflow as tf

    @tf.function(jit_compile=False, reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(channels: Any, target: Any) -> dict[str, Any]:
        with tf.GradientTape() as tape:
            loss, parts = total_loss(model(channels, training=True), target)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return {"loss": loss, **parts}

    return step


def _filled(samples: Sequence[Sample], least: int) -> Sequence[Sample]:
    """Repeat all samples until there are at least `least`."""
    return [*samples] * -(-least // len(samples))


def _start(recipe: Recipe, folder: Path) -> Any:
    """Build the network with its initial weights."""
    network = custom.parse(recipe.network)
    if network is not None:
        model = custom.build(network)
        if recipe.init != "random":
            custom.load(Path(recipe.init), model)
        return model
    model = light.build(logits=True)
    if recipe.init == "imagenet":
        initialise(model, encoder_weights(folder))
    if recipe.init in ("imagenet", "random"):
        model.get_layer("head").bias.assign(HEAD_BIAS)
    else:
        light_file.load_light(_init_file(recipe), model)
    return model


def _init_file(recipe: Recipe) -> Path:
    return registry.locate("light" if recipe.init == "default" else recipe.init)[0]


def _freeze(model: Any) -> None:
    import keras

    for layer in getattr(model, "layers", ()):
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
        _freeze(layer)


def _describe(recipe: Recipe, samples: Sequence[Sample]) -> dict[str, Any]:
    """Return the settings that must not change when a training continues."""
    flat = {**asdict(recipe), "sources": [source.changed for source in recipe.sources]}
    flat.update({f"augmentation {name}": value for name, value in flat.pop("augmentation").items()})
    hashed = hashlib.sha256()
    for sample in samples:
        hashed.update(sample.name.encode())
    flat["images"] = hashed.hexdigest()[:12]
    if recipe.init not in ("imagenet", "random"):
        flat["init"] = registry.digest(_init_file(recipe))[:12]
    return flat


def _refuse_nonsense(folder: Path, epoch: int, losses: Mapping[str, float]) -> None:
    if not all(np.isfinite(value) for value in losses.values()):
        raise WeightsError(
            f"{folder}: the loss of epoch {epoch} is not finite; the epochs before are kept; "
            "train with a lower --rate into another --output"
        )


def _log(folder: Path, epoch: Epoch, stage: int, steps: int, rate: float) -> None:
    row: dict[str, int | str] = {
        "epoch": epoch.number,
        "stage": stage,
        "steps": steps,
        "seconds": f"{epoch.seconds:.1f}",
        "rate": f"{rate:.2e}",
        **{name: f"{value:.5f}" for name, value in epoch.losses.items()},
    }
    curves.draw(folder / curves.CURVES, state.log(folder / state.LOG, row))


def _save(folder: Path, model: Any, recipe: Recipe, metadata: Mapping[str, str] | None) -> Path:
    described = {**(metadata or {}), "recipe": recipe_text(recipe)}
    network = custom.parse(recipe.network)
    if network is not None:
        custom.save(folder / CUSTOM_WEIGHTS, model, network, described)
        return folder / CUSTOM_WEIGHTS
    path = folder / WEIGHTS[recipe.network]
    light_file.save_light(path, model, described)
    return path
