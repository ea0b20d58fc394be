"""Drawn scenes of two values, and a network that sees in them what was drawn."""

from __future__ import annotations

import numpy as np
from affine import Affine
from scipy import ndimage

from pycalfin.grid import Grid
from pycalfin.network import Network
from pycalfin.network.engine import Engine
from pycalfin.scene.reduced import Reduced

WATER, ICE = 10.0, 200.0


class Drawn(Engine):
    """Calls dark pixels ocean, bright ones ice, and the border of both an edge."""

    def __init__(self) -> None:
        self.views = 0

    def run(self, patches: np.ndarray) -> np.ndarray:
        self.views += len(patches)
        ice = patches[..., 0] > 0
        grown = ndimage.binary_dilation(ice, np.ones((1, 3, 3), bool))
        layers = (grown & ~ice, ~ice, ice, np.zeros_like(ice))
        return np.stack(layers, axis=-1).astype(np.float32)


def drawn_network() -> tuple[Network, Drawn]:
    """Make the network, and the engine that counts its views."""
    engine = Drawn()
    outputs = ("edge", "ocean", "ice", "land")
    return Network("n", "light", "", ("grey", "tonemap", "shadows"), outputs, 32, engine), engine


def drawn_scene(pixels: np.ndarray, first: tuple[int, int] = (0, 0), side: float = 60.0) -> Reduced:
    """Place cells of a scene in EPSG:32620, counted from the origin of the CRS."""
    transform = Affine(side, 0, side * first[1], 0, -side, -side * first[0])
    grid = Grid(pixels.shape, transform, "EPSG:32620")
    return Reduced(np.asarray(pixels, np.float32), grid, first, (1, 1), grid)
