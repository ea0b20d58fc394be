"""CALFIN's loss: cross entropy and -ln(IoU), with 25/26 of the weight on the edge.

The functions work with every Keras backend.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

WEIGHTS = (25 / 26, 1 / 26)
"""Weights of edge and mask (Cheng et al. 2021)."""
SMOOTHING = 1.0
"""Pixels added to intersection and union, so that an image without drawn or predicted front is a
match; not published."""
REGULARISATION = 1e-6
"""Weight of the sums of absolute and of squared kernels (Cheng et al. 2021)."""


def parts(logits: Any, target: Any) -> tuple[Any, Any]:
    """Compute cross entropy and -ln(soft IoU) of every image and output.

    Parameters
    ----------
    logits : (n, H, W, 2) tensor
    target : (n, H, W, 2) tensor
        Targets from `pycalfin.train.calfin.targets.encode`.

    Returns
    -------
    (entropy, overlap)
        Tensors of shape (n, 2).
    """
    from keras import ops

    entropy = target * ops.softplus(-logits) + (1.0 - target) * ops.softplus(logits)
    probability = ops.sigmoid(logits)
    shared = ops.sum(probability * target, axis=(1, 2))
    union = ops.sum(probability + target, axis=(1, 2)) - shared
    overlap = -ops.log((shared + SMOOTHING) / (union + SMOOTHING))
    return ops.mean(entropy, axis=(1, 2)), overlap


def total_loss(logits: Any, target: Any) -> tuple[Any, dict[str, Any]]:
    """Compute the weighted loss and its parts, as means over the images.

    Parameters
    ----------
    logits : (n, H, W, 2) tensor
    target : (n, H, W, 2) tensor

    Returns
    -------
    (total, parts)
        Scalars; the parts are named 'edge' and 'mask' and are not weighted.
    """
    from keras import ops

    entropy, overlap = parts(logits, target)
    means = ops.mean(entropy + overlap, axis=0)
    total = WEIGHTS[0] * means[0] + WEIGHTS[1] * means[1]
    return total, {"edge": means[0], "mask": means[1]}


def penalty(kernels: Sequence[Any]) -> Any:
    """Compute the L1 and L2 regularisation of the kernels.

    Parameters
    ----------
    kernels : sequence of tensors

    Returns
    -------
    scalar
    """
    from keras import ops

    sums = [ops.sum(ops.abs(kernel)) + ops.sum(ops.square(kernel)) for kernel in kernels]
    return REGULARISATION * sum(sums[1:], sums[0])
