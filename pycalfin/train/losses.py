"""Loss of `light`: cross entropy and Jaccard index of the edge, cross entropy of the zones.

A pixel with an unknown label adds neither value nor gradient. The functions work with every Keras
backend.
"""

from __future__ import annotations

from typing import Any

POSITIVE_WEIGHT = 3.0
"""Weight of edge pixels in the binary cross entropy; about 1 % of the pixels are edge."""
JACCARD_WEIGHT = 0.5
"""Weight of -log(soft Jaccard), as in CALFIN's loss (Cheng et al. 2021, section 3.3)."""
JACCARD_SMOOTHING = 1.0
"""Pixels added to both areas, so that an image without drawn or predicted front is a match."""

ZONE_WEIGHTS = (1.0, 1.0, 2.5)
"""Weights of ocean, ice and land; labels of real images contain little land."""

IMPOSSIBLE = -1e4
"""Term added to the log-probability of a zone that the label excludes."""


def edge_loss(logits: Any, target: Any) -> tuple[Any, Any]:
    """Compute the weighted cross entropy and -log(soft Jaccard index) of the edge.

    Parameters
    ----------
    logits : (n, H, W, 4) tensor
    target : (n, H, W, 5) tensor
        Planes of `pycalfin.train.targets.PLANES`.

    Returns
    -------
    (entropy, jaccard)
        Scalars over the known pixels of the batch.
    """
    from keras import ops

    logit, edge, known = logits[..., 0], target[..., 0], target[..., 1]
    entropy = POSITIVE_WEIGHT * edge * ops.softplus(-logit) + (1.0 - edge) * ops.softplus(logit)
    entropy = ops.sum(known * entropy) / ops.maximum(ops.sum(known), 1.0)
    probability = ops.sigmoid(logit) * known
    edge = edge * known
    shared = ops.sum(probability * edge)
    union = ops.sum(probability) + ops.sum(edge) - shared
    jaccard = (shared + JACCARD_SMOOTHING) / (union + JACCARD_SMOOTHING)
    return entropy, -ops.log(jaccard)


def zone_loss(logits: Any, target: Any) -> Any:
    """Compute the weighted cross entropy of ocean, ice and land over pixels of known zone.

    Where a label allows several zones, a pixel adds -log of the sum of their probabilities, with
    the mean of their weights.

    Parameters
    ----------
    logits : (n, H, W, 4) tensor
    target : (n, H, W, 5) tensor

    Returns
    -------
    scalar
    """
    from keras import ops

    allowed = target[..., 2:]
    count = ops.sum(allowed, axis=-1)
    weights = ops.sum(allowed * ops.array(ZONE_WEIGHTS, dtype="float32"), axis=-1)
    weights = weights / ops.maximum(count, 1.0)
    logs = ops.log_softmax(logits[..., 1:], axis=-1)
    shared = ops.logsumexp(logs + IMPOSSIBLE * (1.0 - allowed), axis=-1)
    entropy = -ops.sum(ops.where(count > 0.0, weights * shared, 0.0))
    return entropy / ops.maximum(ops.sum(weights), 1.0)


def total_loss(logits: Any, target: Any) -> tuple[Any, dict[str, Any]]:
    """Compute the training loss and its parts.

    Parameters
    ----------
    logits : (n, H, W, 4) tensor
    target : (n, H, W, 5) tensor

    Returns
    -------
    (total, parts)
        Scalars; the parts are named 'edge', 'jaccard' and 'zones'.
    """
    entropy, jaccard = edge_loss(logits, target)
    zones = zone_loss(logits, target)
    total = entropy + JACCARD_WEIGHT * jaccard + zones
    return total, {"edge": entropy, "jaccard": jaccard, "zones": zones}
