"""Fronts that move by known speeds, and unstructured meshes that they cross."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.spatial import Delaunay

from pycalfin.issm import spclevelset
from pycalfin.records import Front

SIDE = 6000.0
"""Metres: side of the mesh; its origin is (0, 0)."""
DATES = ("2018-03-01", "2018-03-31")
DAYS = 30
YEAR = 365.0
"""Days in a year without a leap day."""
PIVOT, ARM = np.array([-500.0, 2600.0]), 6500.0
CENTRE, RADIUS = np.array([3000.0, -500.0]), 4000.0


@lru_cache
def mesh(spacing):
    """Vertices at random places, (nv, 2), and triangles, (ne, 3), counted from 0."""
    random = np.random.default_rng(1)
    steps = np.linspace(0, SIDE, round(SIDE / spacing) + 1)
    xy = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    inner = ((xy > 0) & (xy < SIDE)).all(axis=1)
    xy[inner] += random.uniform(-0.3, 0.3, (inner.sum(), 2)) * spacing
    return xy, Delaunay(xy).simplices


def unit(degrees):
    angle = np.radians(degrees)
    return np.array([np.cos(angle), np.sin(angle)])


def straight(moved):
    """At 17 degrees to the axes, moved along its normal."""
    across = np.linspace(-6000, 6000, 13)[:, None]
    return np.array([3000.0, 3200.0]) + across * unit(17) - moved * unit(107)


def bent(moved):
    """Arc, moved to a concentric one; it differs from a circle by 1 mm."""
    angle = np.radians(np.linspace(170, 10, 2001))
    return CENTRE + (RADIUS - moved) * np.column_stack([np.cos(angle), np.sin(angle)])


def rotating(moved):
    """Turned about PIVOT; the end on the far side of the mesh moves this far."""
    return PIVOT + np.linspace(0, 9000, 10)[:, None] * unit(np.degrees(-moved / ARM))


def winding(moved):
    """Waves 1500 m long and 200 m high, moved as a whole."""
    x = np.linspace(-1000, 7000, 1601)
    return np.column_stack([x, 3300 + 200 * np.sin(2 * np.pi * x / 1500) - moved])


def turning(xy, moved):
    """Return the distance by which the rotating front passes places half way in time."""
    return (xy - PIVOT) @ unit(np.degrees(-moved / 2 / ARM)) * moved / ARM


def pair(line, moved, dates=DATES, **fields):
    """Two fronts with the ocean above, the second one `moved` metres behind the first."""
    return [
        Front(line(way), crs="EPSG:3413", date=date, **fields)
        for way, date in zip((0.0, moved), dates, strict=True)
    ]


def series_of(fronts, spacing, **known):
    """Return a series on the mesh, with the mesh."""
    xy, triangles = mesh(spacing)
    return spclevelset(fronts, *xy.T, elements=triangles, **known), xy, triangles
