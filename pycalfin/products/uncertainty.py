"""Drawing of a front with its uncertainty: a band around it, and colours along it.

The band has one standard deviation to either side, to scale. At most scales it is narrower than the
line, so the line's colour tells as well where the front is less certain than in most places.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from pycalfin.products import canvas
from pycalfin.products.order import typical_uncertainty
from pycalfin.records import END_RATIO, Float64, Front

CERTAIN: canvas.Colour = (255, 196, 0)
UNCERTAIN: canvas.Colour = (230, 0, 76)
"""Colours at the median of a front and at `END_RATIO` times the median; linear between."""
SHADES = 8
"""Number of colours of a line."""
BAND: canvas.Colour = (255, 120, 40)
BAND_ALPHA = 120
"""Opacity of the band, of 255."""
BAND_REACH = 3
"""Vertices to either side over which the direction of a line is averaged for the band."""
HALO: canvas.Colour = (0, 0, 0)
HALO_STROKE, LINE_WIDTH = (4.8, HALO, 140), 2.0
"""Figure pixels: strokes of a front."""
KEY_WIDTH = 40
"""Figure pixels: length of the colour scale."""
KEY_SHARE = 0.55
"""Largest share of the image's width for the key: the scale bar is beside it."""
KEY_PAPER: canvas.Colour = (20, 24, 28)
ENDS = ("", "uncertain end", "uncertain end", "uncertain ends")
"""Words for `Front.uncertain_end`."""


def plus_minus(front: Front) -> str:
    """Return the median uncertainty of a front's vertices, '±24 m'; '' if it is unknown.

    Examples
    --------
    >>> plus_minus(Front([[0, 0], [90, 0]], crs="EPSG:3413", uncertainty=[20, 28]))
    '±24 m'
    """
    value = typical_uncertainty(front)
    return "" if math.isnan(value) else f"±{_label(value, front)}"


def _label(value: float, front: Front) -> str:
    return f"{value:.1f} px" if front.crs is None else f"{value:.0f} m"


def draw_front(
    image: Image.Image, line: Float64, front: Front, unit: tuple[float, float] | None
) -> Image.Image:
    """Draw a front with its band of one standard deviation.

    Parameters
    ----------
    image : Image
        RGB; not changed.
    line : (N, 2) float64
        Vertices of the front, x and y in figure pixels.
    front : Front
    unit : (x, y) or None
        Length of a figure pixel along both axes in the unit of the uncertainty; None: no band.

    Returns
    -------
    Image
        RGB.
    """
    shades = _shades(front, len(line))
    image = canvas.draw_lines(image, [line], (HALO_STROKE,))
    if unit is not None and len(front.uncertainty) == len(line):
        image = canvas.fill(image, band(line, front.uncertainty, unit), BAND, BAND_ALPHA)
    for shade in np.unique(shades):
        parts = [line[start : start + 2] for start in np.flatnonzero(shades == shade)]
        image = canvas.draw_lines(image, parts, ((LINE_WIDTH, colour(shade / (SHADES - 1)), 255),))
    return image


def _shades(front: Front, count: int) -> Float64:
    """Return the number of the colour of every segment."""
    typical = typical_uncertainty(front)
    if len(front.uncertainty) != count or math.isnan(typical) or typical <= 0:
        return np.zeros(count - 1)
    middle = np.nan_to_num((front.uncertainty[:-1] + front.uncertainty[1:]) / (2 * typical))
    return np.rint(np.clip((middle - 1) / (END_RATIO - 1), 0, 1) * (SHADES - 1))


def colour(position: float) -> canvas.Colour:
    """Return the colour of a position between certain (0) and uncertain (1)."""
    ends = zip(CERTAIN, UNCERTAIN, strict=True)
    red, green, blue = (round(low + position * (high - low)) for low, high in ends)
    return red, green, blue


def band(line: Float64, distance: Float64, unit: tuple[float, float]) -> list[Float64]:
    """Return the area within a varying distance across a line, as quadrilaterals.

    Parameters
    ----------
    line : (N, 2) float64
        x and y in figure pixels.
    distance : (N,) float64
        At each vertex; NaN where unknown.
    unit : (x, y)
        Length of a figure pixel along both axes, in the unit of the distance.

    Returns
    -------
    list of (4, 2) float64
        One for each segment with known distances at both vertices.
    """
    plane, number = line * unit, np.arange(len(line))
    # the direction between neighbours some vertices away: a smooth band
    ahead = np.minimum(number + BAND_REACH, len(line) - 1)
    along = plane[ahead] - plane[np.maximum(number - BAND_REACH, 0)]
    length = np.maximum(np.hypot(*along.T), np.finfo(float).tiny)
    across = np.column_stack([-along[:, 1], along[:, 0]]) * (distance / length)[:, None]
    left, right = (plane + across) / unit, (plane - across) / unit
    quads = np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1)
    return [quad for quad in quads if np.isfinite(quad).all()]


def draw_key(image: Image.Image, front: Front) -> None:
    """Draw the key of the colours into the lower right corner, where there is room."""
    typical = typical_uncertainty(front)
    if math.isnan(typical) or typical <= 0:
        return
    draw, typeface = ImageDraw.Draw(image), canvas.font(11)
    texts = tuple(f"±{_label(times * typical, front)}" for times in (1.0, END_RATIO))
    widths = [typeface.getlength(text) for text in texts]
    wide = sum(widths) + KEY_WIDTH + 28
    right, bottom = image.width - 10, image.height - 10
    if wide > KEY_SHARE * image.width:
        return
    left = right - wide
    draw.rounded_rectangle((left, bottom - 24, right, bottom), 4, fill=KEY_PAPER)
    draw.text((left + 8, bottom - 18), texts[0], canvas.PAPER, typeface)
    start = left + 14 + widths[0]
    for step in range(KEY_WIDTH):
        tone = colour(step / (KEY_WIDTH - 1))
        draw.line((start + step, bottom - 14, start + step, bottom - 9), tone)
    draw.text((start + KEY_WIDTH + 6, bottom - 18), texts[1], canvas.PAPER, typeface)
