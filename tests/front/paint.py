"""Predictions whose fronts are known exactly."""

from __future__ import annotations

import numpy as np
from shapely.geometry import LineString, Point

from pycalfin.results import Prediction

SHAPE = (160, 200)


def ridge(line: np.ndarray, shape: tuple[int, int] = SHAPE, width: float = 1.2) -> np.ndarray:
    """Edge probability that falls off from a line (row, col) as a Gaussian, exactly."""
    geometry = LineString(line)
    near = geometry.buffer(6 * width)
    edge = np.zeros(shape, np.float32)
    row0, col0, row1, col1 = (int(v) for v in near.bounds)
    for row in range(max(0, row0 - 1), min(shape[0], row1 + 2)):
        for col in range(max(0, col0 - 1), min(shape[1], col1 + 2)):
            distance = geometry.distance(Point(row, col))
            edge[row, col] = np.exp(-0.5 * (distance / width) ** 2)
    return edge


def prediction(edge: np.ndarray, ocean: np.ndarray, **changes: object) -> Prediction:
    """Make a prediction without land and gaps, unless they are given."""
    fields = {
        "edge": edge.astype(np.float32),
        "ocean": ocean.astype(np.float32),
        "land": np.zeros(edge.shape, np.float32),
        "valid": np.ones(edge.shape, bool),
        "grey": np.zeros(edge.shape, np.float32),
    }
    return Prediction(**{**fields, **changes})  # type: ignore[arg-type]


def ocean_above(rows: np.ndarray, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Ocean where the row is less than a given row for each column."""
    return (np.arange(shape[0])[:, None] < rows[None, :]).astype(np.float32)


def wiggle(amplitude: float, waves: float, start: float, end: float) -> np.ndarray:
    """A wave around row 80."""
    cols = np.linspace(start, end, 300)
    rows = 80 + amplitude * np.sin(2 * np.pi * waves * (cols - start) / (end - start))
    return np.column_stack([rows, cols])
