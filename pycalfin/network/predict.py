"""Prediction of a whole image: pad to the network's stride, average flips, cut off the padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pycalfin.network.calfin import SIDE_FAST
from pycalfin.network.model import Network
from pycalfin.network.windows import SharedHead

SIDE_256 = 256
"""Pixels: side of the square that CALFIN resizes a subset to."""
WINDOW, WINDOW_STRIDE = 224, 16
"""Pixels: side of CALFIN's windows, and the step from one to the next."""
FLIPS = ((), (0,), (0, 1), (1,))
"""Axes of (row, column) along which each mirror image is flipped; the first is the image itself."""
UNFLIPPED = FLIPS[:1]


@dataclass(frozen=True, eq=False)
class Maps:
    """The probabilities that a network predicts for every pixel of an image.

    Attributes
    ----------
    edge : (H, W) float32
        Probability of the calving front, 0..1.
    ocean, ice, land : (H, W) float32
        Probabilities of the zones, 0..1, with sum 1; ocean includes mélange.
    """

    edge: NDArray[np.float32]
    ocean: NDArray[np.float32]
    ice: NDArray[np.float32]
    land: NDArray[np.float32]


def predict_image(
    network: Network,
    channels: NDArray[np.float32],
    *,
    flips: Sequence[tuple[int, ...]] = FLIPS,
) -> Maps:
    """Predict an image of any size.

    Parameters
    ----------
    network : Network
        A network with the outputs edge, ocean, ice and land.
    channels : (H, W, C) float32 in [-1, 1]
        From `pycalfin.scene.enhance.channels`.
    flips : sequence of tuple of int
        Mirror images whose predictions are averaged, by the axes along which each is flipped; ()
        is the image itself. They are one batch.

    Returns
    -------
    Maps
        With the image's height and width.

    Raises
    ------
    ValueError
        If the number of channels is not that of the network, or the image has no pixels.
    """
    channels = np.asarray(channels, np.float32)
    if channels.ndim != 3 or 0 in channels.shape:
        raise ValueError(f"channels have the shape {channels.shape}; expected (height, width, n)")
    padded, window = pad(channels, network.stride)
    predicted = network.predict(np.stack([np.flip(padded, axes) for axes in flips]))
    restored = [np.flip(maps, axes) for maps, axes in zip(predicted, flips, strict=True)]
    mean = np.asarray(np.mean(restored, axis=0, dtype=np.float32))[window]
    return Maps(**{name: mean[..., i].copy() for i, name in enumerate(network.outputs)})


def pad(image: NDArray[np.float32], stride: int) -> tuple[NDArray[np.float32], tuple[slice, slice]]:
    """Pad an image by reflection to a multiple of the stride, evenly on opposite sides.

    Parameters
    ----------
    image : (H, W, C) float32
    stride : int

    Returns
    -------
    padded : (H', W', C) float32
        H' and W' are multiples of `stride`, and at least one stride.
    window : (slice, slice)
        Window of the image in it.
    """
    before_after = []
    for size in image.shape[:2]:
        extra = -size % stride
        before_after.append((extra // 2, extra - extra // 2))
    window = tuple(
        slice(before, before + size)
        for (before, _), size in zip(before_after, image.shape[:2], strict=True)
    )
    padded = np.pad(image, [*before_after, (0, 0)], mode="symmetric")
    return padded, (window[0], window[1])


def predict_square(
    network: Network, channels: NDArray[np.float32], *, fast: bool = False
) -> NDArray[np.float32]:
    """Predict a square of 256 pixels as the published CALFIN does: nine windows, averaged.

    Parameters
    ----------
    network : Network
    channels : (256, 256, C) float32 in [-1, 1]
    fast : bool
        Predict one window, the square with a reflected frame around it. This is faster and gives
        other values (docs/method.md). Load a network of fixed size with side = 288 for this.

    Returns
    -------
    (256, 256, len(network.outputs)) float32

    Raises
    ------
    ValueError
        If the network takes only images of another size.
    """
    if fast:
        frame = (SIDE_FAST - SIDE_256) // 2
        padded = np.pad(channels, ((frame, frame), (frame, frame), (0, 0)), mode="reflect")
        return network.predict(padded[None])[0, frame:-frame, frame:-frame]
    starts = range(0, SIDE_256 - WINDOW + 1, WINDOW_STRIDE)
    places = [np.s_[row : row + WINDOW, col : col + WINDOW] for row in starts for col in starts]
    if isinstance(network.engine, SharedHead):
        predicted = network.engine.run_windows(channels, starts, WINDOW)
    else:
        predicted = network.predict(np.stack([channels[place] for place in places]))
    total = np.zeros((SIDE_256, SIDE_256, len(network.outputs)), np.float32)
    count = np.zeros((SIDE_256, SIDE_256, 1), np.float32)
    for place, maps in zip(places, predicted, strict=True):
        total[place] += maps
        count[place] += 1
    return total / count
