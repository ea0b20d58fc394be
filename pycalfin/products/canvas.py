"""Drawing tools for figures, based on Pillow alone: grey images, smooth lines, tints and text.

Workers draw figures, so nothing heavy is imported. Lines are drawn at twice the size and reduced,
which smooths their edges. PNG files hold no time and no software name, so that equal figures have
equal bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from shapely import get_parts
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from pycalfin.records import Float32, Float64, Mask

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

OVERSAMPLING = 2
"""Scale at which lines are drawn, relative to the figure."""
STRETCH = (1.0, 99.0)
"""Percentiles of the valid pixels shown as black and white."""
SAMPLES = 100_000
"""Largest number of pixels from which the percentiles are computed."""
PNG_LEVEL = 3
"""Compression level: files as small as with the default, 6, in 0.4 of the time (60 figures; level 4
gives larger ones)."""
PAPER: Colour = (255, 255, 255)
GAP: Colour = (58, 44, 66)
"""Colour of pixels without data: not grey, so that gaps do not look like dark water."""


def reduce_grey(pixels: Float32, valid: Mask, longest: int) -> tuple[NDArray[np.uint8], Mask]:
    """Stretch an image to 8 bits between percentiles, and shrink it by a whole factor.

    Parameters
    ----------
    pixels : (H, W) float32
    valid : (H, W) bool
    longest : int
        Least number of pixels along the longer side; the result has less than twice as many. A
        smaller image keeps its size.

    Returns
    -------
    grey : (h, w) uint8
        Mean of the valid pixels of each block.
    valid : (h, w) bool
        False for blocks without valid pixels.
    """
    factor = max(1, max(pixels.shape) // longest)
    good = valid & np.isfinite(pixels)
    values = np.where(good, pixels, np.float32(0))
    if factor > 1:
        rows = np.arange(0, pixels.shape[0], factor)
        cols = np.arange(0, pixels.shape[1], factor)
        values = np.add.reduceat(np.add.reduceat(values, rows, axis=0), cols, axis=1)
        count = np.add.reduceat(np.add.reduceat(good, rows, axis=0, dtype=np.float32), cols, axis=1)
        good = count > 0
        values = values / np.maximum(count, 1)
    sample = values[good]
    if sample.size == 0:
        return np.zeros(values.shape, np.uint8), good
    low, high = np.percentile(sample[:: 1 + sample.size // SAMPLES], STRETCH)
    scaled = (values - low) / (high - low) if high > low else np.full(values.shape, 0.5)
    return (np.clip(scaled, 0, 1) * 255).astype(np.uint8), good


def grey_image(grey: NDArray[np.uint8], valid: Mask, size: tuple[int, int]) -> Image.Image:
    """Make an RGB image of `size` (width, height), with coloured gaps."""
    rgb = np.repeat(grey[..., None], 3, axis=2)
    rgb[~valid] = GAP
    image = Image.fromarray(rgb)
    enlarged = size[0] > image.width
    return image.resize(size, Image.Resampling.NEAREST if enlarged else Image.Resampling.BOX)


def tint(image: Image.Image, polygons: BaseGeometry, colour: Colour, alpha: int) -> Image.Image:
    """Tint polygons, which are in figure coordinates (x right, y down)."""
    cover = Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(cover)
    for polygon in get_parts(polygons):
        if isinstance(polygon, Polygon) and not polygon.is_empty:
            draw.polygon(_flat(np.asarray(polygon.exterior.coords)), fill=alpha)
            for hole in polygon.interiors:
                draw.polygon(_flat(np.asarray(hole.coords)), fill=0)
    return Image.composite(Image.new("RGB", image.size, colour), image, cover)


def draw_lines(
    image: Image.Image, lines: Iterable[Float64], strokes: Sequence[tuple[float, Colour, int]]
) -> Image.Image:
    """Draw polylines with smooth edges.

    Parameters
    ----------
    image : Image
        RGB; not changed.
    lines : iterable of (N, 2) float64
        x and y in figure pixels.
    strokes : sequence of (width, colour, alpha)
        Strokes of each line, drawn in order, such as a halo first. Widths in figure pixels.

    Returns
    -------
    Image
        RGB.
    """
    points = [np.asarray(line, float)[:, :2] * OVERSAMPLING for line in lines]
    size = (image.width * OVERSAMPLING, image.height * OVERSAMPLING)
    for width, colour, alpha in strokes:
        cover = Image.new("L", size, 0)
        draw = ImageDraw.Draw(cover)
        thickness = max(1, round(width * OVERSAMPLING))
        for line in points:
            draw.line(_flat(line), fill=alpha, width=thickness, joint="curve")
            for x, y in (line[0], line[-1]):
                reach = thickness / 2 - 0.5
                draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=alpha)
        smooth = cover.reduce(OVERSAMPLING)
        image = Image.composite(Image.new("RGB", image.size, colour), image, smooth)
    return image


def fill(
    image: Image.Image, polygons: Iterable[Float64], colour: Colour, alpha: int
) -> Image.Image:
    """Tint polygons with smooth edges; where they overlap, once.

    Parameters
    ----------
    image : Image
        RGB; not changed.
    polygons : iterable of (N, 2) float64
        x and y in figure pixels.
    colour : (red, green, blue)
    alpha : int
        0 to 255.

    Returns
    -------
    Image
        RGB.
    """
    cover = Image.new("L", (image.width * OVERSAMPLING, image.height * OVERSAMPLING), 0)
    draw = ImageDraw.Draw(cover)
    for polygon in polygons:
        draw.polygon(_flat(polygon * OVERSAMPLING), fill=alpha)
    smooth = cover.reduce(OVERSAMPLING)
    return Image.composite(Image.new("RGB", image.size, colour), image, smooth)


def _flat(xy: Float64) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in xy[:, :2]]


@lru_cache(maxsize=16)
def font(size: int, bold: bool = False) -> Font:
    """Load DejaVu Sans, which has all letters of glacier names, from matplotlib's files."""
    spec = find_spec("matplotlib")
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "mpl-data" / "fonts" / "ttf" / name
        if path.is_file():
            return ImageFont.truetype(path, size)
    return ImageFont.load_default(size)


def fit_text(text: str, typeface: Font, width: int) -> str:
    """Shorten a text in the middle until it is at most `width` figure pixels wide."""
    if typeface.getlength(text) <= width:
        return text
    half = len(text) // 2
    for keep in range(half, 0, -1):
        shorter = f"{text[:keep]}…{text[-keep:]}"
        if typeface.getlength(shorter) <= width:
            return shorter
    return "…"


def png(image: Image.Image) -> bytes:
    """Encode an image as PNG, without time or software name."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=PNG_LEVEL)
    return buffer.getvalue()


def jpeg(image: Image.Image, quality: int) -> bytes:
    """Encode an image as JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()
