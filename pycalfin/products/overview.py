"""The map of a whole scene that was searched: its windows and its fronts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from PIL import ImageDraw

from pycalfin.files import safe_name
from pycalfin.products import canvas
from pycalfin.products.figures import FRONT, HALO, OTHER, OVERVIEW_SUFFIX, view_of
from pycalfin.records import Domain, Scene, Subset
from pycalfin.results import PairResult
from pycalfin.scene.reduced import Reduced

LONGEST = 1400
"""Figure pixels: longer side of the map, at most."""
LETTERS = 12
"""Figure pixels: height of the windows' names."""
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
    grid = reduced.grid
    name = safe_name(scene.name)
    view = view_of(Subset(name, reduced.pixels, reduced.valid), longest=LONGEST)
    frames = [view.place(grid.rowcol(shapely.get_coordinates(item.polygon))) for item in places]
    fronts = [
        view.place(grid.rowcol(front.xy, front.crs)) for item in results for front in item.fronts
    ]
    image = canvas.draw_lines(view.image, frames, _WINDOW)
    image = canvas.draw_lines(image, fronts, _FRONT)
    pen, typeface = ImageDraw.Draw(image), canvas.font(LETTERS)
    for place, frame in zip(places, frames, strict=True):
        x, y = np.maximum(frame.min(axis=0), 0).tolist()
        text = canvas.fit_text(place.name, typeface, image.width)
        x = min(x + 3, image.width - typeface.getlength(text))
        pen.text((x, y + 2), text, OTHER, typeface, stroke_width=2, stroke_fill=HALO)
    return {f"{name}{OVERVIEW_SUFFIX}": canvas.png(image)}
