"""Training of the `light` network: seeded, logged, resumable after every epoch.

AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101) with a cosine decay after a short warm-up; the
weights that are kept are an exponential moving average. Crops are made in threads while the
network trains; each is drawn from (seed, epoch, position), so their number changes nothing.
"""

from __future__ import annotations

import csv
import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pycalfin.network import light, weights
from pycalfin.network.engine import import_keras
from pycalfin.train.augment import Augmentation, augment
from pycalfin.train.encoder import encoder_weights, initialise
from pycalfin.train.losses import total_loss
from pycalfin.train.targets import Sample

logger = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.npz"
LOG = "log.csv"
WEIGHTS = "light.h5"
HEAD_BIAS = (-3.0, 0.0, 0.0, 0.0)
"""Logits to start from: a front is rare, the zones are equally likely."""
LOG_FIELDS = ("epoch", "steps", "seconds", "rate", "loss", "edge", "jaccard", "zones")

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training besides its data.

    Attributes
    ----------
    seed : int
    epochs : int
    batch : int
        Crops per step.
    rate : float
        Peak learning rate of AdamW.
    warm_up : int
        Steps over which the rate rises linearly.
    decay : float
        Weight decay of AdamW; kernels only.
    ema : float
        Momentum per step of the moving average of the weights.
    augmentation : Augmentation
    """

    seed: int = 1
    epochs: int = 16
    batch: int = 8
    rate: float = 1.5e-3
    warm_up: int = 40
    decay: float = 0.02
    ema: float = 0.99
    augmentation: Augmentation = field(default_factory=Augmentation)


def train(
    samples: Sequence[Sample],
    recipe: Recipe,
    folder: Path,
    *,
    threads: int = 2,
    metadata: dict[str, str] | None = None,
    init: Path | None = None,
) -> Path:
    """Train `light` from ImageNet, or continue where a stopped training left off.

    Parameters
    ----------
    samples : sequence of Sample
        One epoch sees each entry once; repeat an entry to see it more often.
    recipe : Recipe
    folder : Path
        For the checkpoint, `log.csv` and the final weights `light.h5`.
    threads : int
        Threads of TensorFlow, and of the augmentation beside it.
    metadata : dict of str to str, optional
        Stored with the weights.
    init : Path, optional
        Weights of `light` to start from, in place of the ImageNet encoder.

    Returns
    -------
    Path
        The weights file.
    """
    keras = import_keras(threads)
    keras.utils.set_random_seed(recipe.seed)
    folder.mkdir(parents=True, exist_ok=True)
    steps = len(samples) // recipe.batch
    model = light.build(logits=True)
    if init is not None:
        weights.load_light(init, model)
    else:
        initialise(model, encoder_weights(folder))
        model.get_layer("head").bias.assign(HEAD_BIAS)
    optimizer = _optimizer(model, recipe, steps)
    first = _restore(folder / CHECKPOINT, model, optimizer)
    step = _compiled_step(model, optimizer)
    for epoch in range(first, recipe.epochs):
        started, sums = time.monotonic(), np.zeros(4)
        for channels, target in batches(samples, recipe, epoch, threads):
            sums += [float(value) for value in step(channels, target)]
        _log(folder / LOG, recipe, epoch, steps, time.monotonic() - started, sums, optimizer)
        _checkpoint(folder / CHECKPOINT, model, optimizer, epoch + 1)
    optimizer.finalize_variable_values(model.trainable_variables)
    path = folder / WEIGHTS
    described = {**_describe(recipe), **(metadata or {})}
    weights.save_light(path, model, described)
    return path


def batches(
    samples: Sequence[Sample], recipe: Recipe, epoch: int, threads: int = 2
) -> Iterator[Batch]:
    """Make the batches of one epoch, a few ahead of their use.

    Parameters
    ----------
    samples : sequence of Sample
    recipe : Recipe
    epoch : int
    threads : int

    Yields
    ------
    channels : (batch, crop, crop, 3) float32
    target : (batch, crop, crop, 5) float32
    """
    order = np.random.default_rng((recipe.seed, epoch)).permutation(len(samples))

    def make(start: int) -> Batch:
        crops = [
            augment(
                samples[order[position]],
                np.random.default_rng((recipe.seed, epoch, position)),
                recipe.augmentation,
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


def _optimizer(model: Any, recipe: Recipe, steps: int) -> Any:
    import keras

    total = max(recipe.epochs * steps, 1)
    warm_up = min(recipe.warm_up, total // 4)
    rate = keras.optimizers.schedules.CosineDecay(
        recipe.rate / 100.0,
        decay_steps=max(total - warm_up, 1),
        alpha=0.01,
        warmup_target=recipe.rate,
        warmup_steps=warm_up,
    )
    optimizer = keras.optimizers.AdamW(
        rate, weight_decay=recipe.decay, use_ema=True, ema_momentum=recipe.ema
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
    optimizer.build(model.trainable_variables)
    return optimizer


def _compiled_step(model: Any, optimizer: Any) -> Any:
    """One optimisation step as a plain TensorFlow graph (XLA is slower on processors)."""
    import tensorflow as tf

    @tf.function(jit_compile=False, reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(channels: Any, target: Any) -> tuple[Any, ...]:
        with tf.GradientTape() as tape:
            loss, parts = total_loss(model(channels, training=True), target)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss, parts["edge"], parts["jaccard"], parts["zones"]

    return step


def _variables(model: Any, optimizer: Any) -> list[Any]:
    return [*model.weights, *optimizer.variables]


def _checkpoint(path: Path, model: Any, optimizer: Any, epochs: int) -> None:
    part = path.with_suffix(".part.npz")
    arrays: dict[str, Any] = {"epochs": epochs}
    for i, variable in enumerate(_variables(model, optimizer)):
        arrays[f"v{i}"] = np.asarray(variable)
    np.savez(part, **arrays)
    part.replace(path)


def _restore(path: Path, model: Any, optimizer: Any) -> int:
    """Load a checkpoint if there is one; the number of epochs done."""
    if not path.exists():
        return 0
    with np.load(path) as stored:
        for i, variable in enumerate(_variables(model, optimizer)):
            variable.assign(stored[f"v{i}"])
        epochs = int(stored["epochs"])
    logger.info("continuing after epoch %d of %s", epochs, path)
    return epochs


def _log(
    path: Path,
    recipe: Recipe,
    epoch: int,
    steps: int,
    seconds: float,
    sums: NDArray[np.float64],
    optimizer: Any,
) -> None:
    means = sums / max(steps, 1)
    new = not path.exists()
    with path.open("a", newline="") as stream:
        writer = csv.writer(stream)
        if new:
            writer.writerow(LOG_FIELDS)
        rate = float(optimizer.learning_rate)
        row = [epoch + 1, steps, f"{seconds:.1f}", f"{rate:.2e}"]
        writer.writerow([*row, *(f"{mean:.5f}" for mean in means)])
    logger.info(
        "epoch %d/%d: %d steps in %.0f s, loss %.4f (edge %.4f, jaccard %.4f, zones %.4f)",
        epoch + 1,
        recipe.epochs,
        steps,
        seconds,
        *means,
    )


def _describe(recipe: Recipe) -> dict[str, str]:
    flat = asdict(recipe)
    flat.update({f"augmentation.{k}": v for k, v in flat.pop("augmentation").items()})
    return {f"recipe.{key}": str(value) for key, value in flat.items()}
