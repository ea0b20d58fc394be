"""The map of a whole scene that was searched: its windows and its fronts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from PIL import Image, ImageDraw
from shapely.geometry.base import BaseGeometry

from pycalfin.files import safe_name
from pycalfin.products import canvas
from pycalfin.products.figures import FRONT, HALO, OTHER, OVERVIEW_SUFFIX, view_of
from pycalfin.records import Domain, Float64, Mask, Scene, Subset
from pycalfin.results import PairResult
from pycalfin.scene.reduced import Reduced

LONGEST = 1400
"""Figure pixels: longer side of the map, at most."""
LETTERS = 12
"""Figure pixels: height of the windows' names."""
ROOM = 0.02
"""Margin around the data, in longer sides of it."""
_WINDOW = ((1.4, OTHER, 220),)
_FRONT = ((5.0, HALO, 160), (2.6, FRONT, 255))


def render(
    scene: Scene, reduced: Reduced, places: Sequence[Domain], results: Sequence[PairResult]
) -> dict[str, bytes]:
    """Draw a scene with its windows, by name, and the fronts that were found in them.

    Parameters
    ----------
    scene : Scene
    reduced : Reduced
    places : sequence of Domain
        In the scene's coordinate reference system.
    results : sequence of PairResult

    Returns
    -------
    dict of str to bytes
        `<scene>_overview.png`.
    """
    grid, name = reduced.grid, safe_name(scene.name)
    area, corner = _with_data(reduced.valid)
    view = view_of(Subset(name, reduced.pixels[area], reduced.valid[area]), longest=LONGEST)
    frames = [
        view.place(grid.rowcol(shapely.get_coordinates(item.polygon)) - corner) for item in places
    ]
    fronts = [
        view.place(grid.rowcol(front.xy, front.crs) - corner)
        for item in results
        for front in item.fronts
    ]
    image = canvas.draw_lines(view.image, frames, _WINDOW)
    image = canvas.draw_lines(image, fronts, _FRONT)
    _write_names(image, [place.name for place in places], frames)
    return {f"{name}{OVERVIEW_SUFFIX}": canvas.png(image)}


def _with_data(valid: Mask) -> tuple[tuple[slice, slice], Float64]:
    """Return the part of a scene that holds data, a little more, and its first row and column."""
    spans = [np.flatnonzero(valid.any(axis=axis)) for axis in (1, 0)]
    room = int(ROOM * max(span[-1] - span[0] for span in spans)) + 1
    rows, cols = (slice(max(0, span[0] - room), span[-1] + room + 1) for span in spans)
    return (rows, cols), np.array([rows.start, cols.start], float)


def _write_names(image: Image.Image, names: Sequence[str], frames: Sequence[Float64]) -> None:
    """Write each name at a corner of its window where it covers no other, if there is one."""
    pen, typeface = ImageDraw.Draw(image), canvas.font(LETTERS)
    taken: list[BaseGeometry] = []
    for name, frame in sorted(zip(names, frames, strict=True), key=lambda item: item[0]):
        text = canvas.fit_text(name, typeface, image.width)
        width, height = typeface.getlength(text), 1.4 * LETTERS
        (left, top), (right, bottom) = frame.min(axis=0), frame.max(axis=0)
        corners = [
            (x, y)
            for y in (top + 2, bottom - height, top - height, bottom + 2)
            for x in (left + 3, right - width - 3)
        ]
        boxes = [_within(image, x, y, width, height) for x, y in corners]
        free = [box for box in boxes if not any(box.intersects(other) for other in taken)]
        box = (free or boxes)[0]
        taken.append(box)
        pen.text(box.bounds[:2], text, OTHER, typeface, stroke_width=2, stroke_fill=HALO)


def _within(image: Image.Image, x: float, y: float, width: float, height: float) -> BaseGeometry:
    """Move a box into the image."""
    x = min(max(x, 2.0), image.width - width - 2)
    y = min(max(y, 2.0), image.height - height - 2)
    return shapely.box(x, y, x + width, y + height)
