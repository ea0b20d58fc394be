"""An outlet glacier that nobody observed: a run's folder with its fronts, and a mesh under it."""

from __future__ import annotations

import numpy as np
import shapely
from scipy.io import savemat
from scipy.spatial import Delaunay

from pycalfin.products import write_all
from pycalfin.records import Front, Identity
from pycalfin.results import Extraction, PairResult

WEST, SOUTH = -300_000.0, -1_200_000.0
"""Corner of the mesh, EPSG:3413; the ocean is in the west."""
LENGTH, WIDTH = 16_000.0, 6_000.0
"""Metres."""
DATES = {
    "2016-01-15": 4200.0,
    "2016-06-15": 5100.0,
    "2016-11-15": 6400.0,
    "2017-04-15": 5600.0,
    "2017-09-15": 7300.0,
}
"""Of the fronts, and metres from the western side at the middle of the glacier."""


def front(date, **fields):
    """Front of a date, from south to north (the ocean is on the left): a bay with some teeth."""
    across = np.linspace(0, WIDTH, 41)
    share = across / WIDTH
    bay = 700 * (4 * share * (1 - share) - 1)
    teeth = 60 * np.sin(17 * share + DATES[date] / 500) + 35 * np.sin(41 * share)
    xy = np.column_stack([WEST + DATES[date] + bay + teeth, SOUTH + across])
    given = {"crs": "EPSG:3413", "date": date, "domain": "Outlet", "scene": f"s{date}"}
    return Front(xy, **{**given, **fields})


SEEN = 1500.0
"""Metres from the western side: there the image ends, and what is known of the ocean."""


def ocean(line):
    """Polygon of the ocean before a front, as far as the image reaches."""
    return shapely.Polygon([*line.xy, [WEST + SEEN, SOUTH + WIDTH], [WEST + SEEN, SOUTH]])


def write_run(folder, dates=tuple(DATES), **fields):
    """Write what a run leaves, with a front for each date and the ocean before it."""
    fronts = [front(date, **fields) for date in dates]
    results = [
        PairResult(
            Identity(item.scene, date=item.date), item.domain, "p", "done",
            extraction=Extraction((item,), ocean(item), crs=item.crs),
        )
        for item in fronts
    ]  # fmt: skip
    write_all(folder, results, {"settings": {}, "versions": {}})
    return folder


def mesh(step=400.0, layers=1):
    """x, y and elements (from 1) of a mesh with some disorder; prisms if there are layers."""
    random = np.random.default_rng(11)
    steps = [np.arange(0, size + 1, step) for size in (LENGTH, WIDTH)]
    x, y = (values.ravel() for values in np.meshgrid(*steps))
    inner = (x > 0) & (x < LENGTH) & (y > 0) & (y < WIDTH)
    xy = np.column_stack([x, y]) + inner[:, None] * random.uniform(-0.3, 0.3, (len(x), 2)) * step
    triangles = Delaunay(xy).simplices + 1
    x, y = xy.T + [[WEST], [SOUTH]]
    if layers == 1:
        return x, y, triangles
    count = len(x)
    prisms = [
        np.hstack([triangles + layer * count, triangles + (layer + 1) * count])
        for layer in range(layers - 1)
    ]
    return np.tile(x, layers), np.tile(y, layers), np.concatenate(prisms)


def write_model(path, *, epsg=3413.0, layers=1, **fields):
    """Write a struct md with a mesh, as Octave loads it; further fields by their names."""
    x, y, elements = mesh(layers=layers)
    content = {"x": x[:, None], "y": y[:, None], "elements": elements.astype(float), "epsg": epsg}
    if layers > 1:
        flat = mesh()
        names = ("x2d", "y2d", "elements2d")
        content |= {name: np.asarray(item, float) for name, item in zip(names, flat, strict=True)}
    savemat(path, {"md": {"mesh": content, **fields}}, oned_as="column")
    return path
