"""A small mesh that fronts cross."""

from __future__ import annotations

import numpy as np
import pytest

from tests.issm.drawn import SOUTH, WEST

SIDE, STEP = 9, 500.0
"""Vertices along each side of the square, and metres between them."""


@pytest.fixture(scope="session")
def square():
    """x, y and elements (from 1) of a square mesh, 4 km wide; its origin is (WEST, SOUTH)."""
    steps = np.arange(SIDE) * STEP
    x, y = (values.ravel() for values in np.meshgrid(WEST + steps, SOUTH + steps))
    corner = np.add.outer(np.arange(SIDE - 1) * SIDE, np.arange(SIDE - 1)).ravel() + 1
    one = np.column_stack([corner, corner + 1, corner + SIDE])
    other = np.column_stack([corner + 1, corner + SIDE + 1, corner + SIDE])
    return x, y, np.concatenate([one, other])
