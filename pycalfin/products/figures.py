"""Figures for quality assurance: fronts on their image, and the network's input and prediction.

The worker that has the pixels draws them (`render`). The main process moves them to the output
folder (`stage`). The name of an overlay identifies its front.
"""

from __future__ import annotations

import logging
import math
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from shapely import transform as map_coordinates
from shapely.geometry.base import BaseGeometry

from pycalfin import geo
from pycalfin.errors import PycalfinError
from pycalfin.files import safe_name
from pycalfin.grid import Grid
from pycalfin.products import canvas, uncertainty
from pycalfin.products.units import length_label, nice_length
from pycalfin.records import Float64, Front, Subset
from pycalfin.results import Extraction, PairResult, Prediction

LOGGER = logging.getLogger(__name__)

LONGEST = 700
"""Figure pixels: largest longer side of the image in a figure."""
SHORTEST = 360
"""Figure pixels: smallest longer side of the image in a figure; smaller images are enlarged."""
STRIP = 48
"""Figure pixels: height of the title above the image."""
NARROWEST = 420
"""Figure pixels: smallest width of a figure with a title."""
THUMBNAIL = 320
"""Figure pixels: longer side of a thumbnail."""
THUMBNAIL_QUALITY = 72
"""JPEG quality; a textured scene takes about 15 KB."""
PANEL = 348
"""Figure pixels: longer side of a panel in the figure of the prediction."""
KEY = 260
"""Figure pixels: width of the caption of a panel."""

FRONT: canvas.Colour = uncertainty.CERTAIN
OTHER: canvas.Colour = (255, 255, 255)
HALO: canvas.Colour = (0, 0, 0)
OCEAN: canvas.Colour = (30, 120, 220)
LAND: canvas.Colour = (150, 105, 60)
ICE: canvas.Colour = (236, 242, 248)
WARNING: canvas.Colour = (196, 30, 30)
INK: canvas.Colour = (24, 28, 33)
PAPER: canvas.Colour = canvas.PAPER
MUTED: canvas.Colour = (92, 100, 110)

QUALITY_FOLDER = "quality_assurance"
THUMBNAIL_SUFFIX = "_thumbnail.jpg"
OVERVIEW_SUFFIX = "_overview.png"
_OTHER_STROKES = ((3.0, HALO, 90), (1.2, OTHER, 200))


def overlay_name(subset: str, number: int) -> str:
    """Return the file name of a front's overlay, which identifies the front for rejection."""
    return f"{subset}_{number}_overlay_front.png"


def thumbnail_name(subset: str) -> str:
    """Return the name of a subset's thumbnail, which is used in the report only."""
    return f"{subset}{THUMBNAIL_SUFFIX}"


def front_names(subset: str, number: int) -> tuple[str, str]:
    """Return the names of a front's figures: its overlay, and the front alone."""
    return overlay_name(subset, number), f"{subset}_{number}_front_only.png"


def raw_name(subset: str) -> str:
    """Return the name of the image without fronts, drawn for all subsets with figures."""
    return f"{subset}_subset_raw.png"


@dataclass(frozen=True, eq=False)
class View:
    """The image of a subset in a figure.

    Parameters
    ----------
    image : Image
        RGB.
    scale : (x, y)
        Figure pixels per subset pixel.
    """

    image: Image.Image
    scale: tuple[float, float]

    def place(self, rowcol: Float64) -> Float64:
        """Convert centre-based row and column of the subset to x and y of the figure."""
        return (np.asarray(rowcol, float)[:, ::-1] + 0.5) * self.scale


def render(
    subset: Subset, extraction: Extraction, *, thumbnail_only: bool = False
) -> dict[str, bytes]:
    """Draw the figures of one subset.

    Parameters
    ----------
    subset : Subset
    extraction : Extraction
        Its geometries may be in another coordinate reference system than the subset.
    thumbnail_only : bool
        Draw only the thumbnail for the report.

    Returns
    -------
    dict of str to bytes
        Files by name:

        - `<subset>_<n>_overlay_front.png` and `<subset>_<n>_front_only.png` for each front;
        - `<subset>_subset_raw.png`;
        - `<subset>_pred.png`, if there is a prediction;
        - `<subset>_thumbnail.jpg`, even without a front.
    """
    view = view_of(subset)
    lines = [view.place(_rowcol(front, subset)) for front in extraction.fronts]
    tinted = _tinted(view, subset, extraction)
    if thumbnail_only:
        return {thumbnail_name(subset.name): _thumbnail(tinted, lines)}
    figures = {raw_name(subset.name): canvas.png(view.image)}
    if extraction.prediction is not None:
        figures[f"{subset.name}_pred.png"] = _prediction_figure(extraction.prediction)
    base = tinted.copy()
    _furniture(base, view, subset)
    for index, front in enumerate(extraction.fronts):
        others = lines[:index] + lines[index + 1 :]
        drawn = canvas.draw_lines(base, others, _OTHER_STROKES) if others else base
        unit = _unit(view, subset, front)
        drawn = uncertainty.draw_front(drawn, lines[index], front, unit)
        uncertainty.draw_key(drawn, front)
        overlay, alone = front_names(subset.name, front.number)
        figures[overlay] = canvas.png(_titled(drawn, subset, front, len(lines)))
        only = canvas.draw_lines(
            Image.new("RGB", view.image.size), [lines[index]], ((2.0, OTHER, 255),)
        )
        figures[alone] = canvas.png(only.convert("L"))
    figures[thumbnail_name(subset.name)] = _thumbnail(tinted, lines)
    return figures


def stage(folder: Path, results: Iterable[PairResult]) -> None:
    """Write the figures of results to a folder, in the layout of the output folder.

    Thumbnails are left out, because the report holds them. Figures in the ledger are linked if the
    file system can, else copied.

    Parameters
    ----------
    folder : Path
    results : iterable of PairResult
    """
    for result in results:
        place = quality_folder(folder, result.domain)
        for name, content in result.figures.items():
            if name.endswith(THUMBNAIL_SUFFIX):
                continue
            target = overview_path(folder, name) or place / Path(name).name
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                target.write_bytes(content)
                continue
            try:
                os.link(content, target)
            except OSError:
                shutil.copyfile(content, target)


def overview_path(output: Path, name: str) -> Path | None:
    """Return where the map of a searched scene lies: in a folder of its scene; None for others."""
    if not name.endswith(OVERVIEW_SUFFIX):
        return None
    return quality_folder(output, name.removesuffix(OVERVIEW_SUFFIX)) / Path(name).name


def content_of(figure: bytes | Path) -> bytes:
    """Return the bytes of a figure."""
    return figure if isinstance(figure, bytes) else figure.read_bytes()


def quality_folder(output: Path, domain: str) -> Path:
    """Return the folder of a domain's figures."""
    return output / QUALITY_FOLDER / safe_name(domain)


def view_of(subset: Subset, shortest: int = SHORTEST, longest: int = LONGEST) -> View:
    """Draw the image of a subset.

    Parameters
    ----------
    subset : Subset
    shortest, longest : int
        Figure pixels: limits of the longer side. The image is enlarged or shrunk to fit.

    Returns
    -------
    View
    """
    rows, cols = subset.shape
    grey, valid = canvas.reduce_grey(subset.pixels, subset.valid, longest)
    side = min(max(rows, cols, shortest), longest)
    factor = side / max(rows, cols)
    size = (max(1, round(cols * factor)), max(1, round(rows * factor)))
    return View(canvas.grey_image(grey, valid, size), (size[0] / cols, size[1] / rows))


def _rowcol(front: Front, subset: Subset) -> Float64:
    """Return rows and columns of a front, computed from its map coordinates if necessary."""
    if len(front.pixels) > 1:
        return front.pixels
    if front.crs is None or subset.grid is None:
        return front.xy[:, ::-1]
    return subset.grid.rowcol(front.xy, front.crs)


def _tinted(view: View, subset: Subset, extraction: Extraction) -> Image.Image:
    ocean: BaseGeometry = extraction.ocean
    if ocean.is_empty:
        return view.image

    def place(xy: Float64) -> Float64:
        if subset.grid is None or extraction.crs is None:
            return view.place(xy[:, ::-1])
        return view.place(subset.grid.rowcol(xy, extraction.crs))

    return canvas.tint(view.image, map_coordinates(ocean, place), OCEAN, 70)


def _thumbnail(tinted: Image.Image, lines: list[Float64]) -> bytes:
    factor = min(1.0, THUMBNAIL / max(tinted.size))
    size = (max(1, round(tinted.width * factor)), max(1, round(tinted.height * factor)))
    small = tinted.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    if lines:
        small = canvas.draw_lines(
            small, [line * factor for line in lines], ((3.4, HALO, 150), (1.8, FRONT, 255))
        )
    return canvas.jpeg(small, THUMBNAIL_QUALITY)


def _unit(view: View, subset: Subset, front: Front) -> tuple[float, float] | None:
    """Return the length of a figure pixel in x and y in the unit of the front's uncertainty."""
    rows, cols = 1.0, 1.0
    if front.crs is not None and subset.grid is not None:
        try:
            rows, cols = subset.grid.spacing
        except (PycalfinError, ValueError) as error:
            LOGGER.debug("%s: no band of uncertainty: %s", subset.name, error)
            return None
    return cols / view.scale[0], rows / view.scale[1]


def _titled(image: Image.Image, subset: Subset, front: Front, count: int) -> Image.Image:
    """Add a title above an image: domain, date, sensor, confidence, length and uncertainty."""
    width = max(image.width, NARROWEST)
    figure = Image.new("RGB", (width, image.height + STRIP), PAPER)
    figure.paste(image, ((width - image.width) // 2, STRIP))
    draw = ImageDraw.Draw(figure)
    bold, plain = canvas.font(14, bold=True), canvas.font(12)
    when = " ".join(part for part in (front.date, front.time or "") if part)
    heading = " · ".join(part for part in (front.domain or subset.name, when, front.sensor) if part)
    facts = [f"front {front.number} of {count}", f"confidence {front.confidence:.2f}"]
    length = geo.ground_length(front.xy, front.crs)
    facts.append(f"{length:.0f} px" if front.crs is None else f"{length / 1000:.1f} km")
    facts += [
        text
        for text in (uncertainty.plus_minus(front), uncertainty.ENDS[front.uncertain_end])
        if text
    ]
    if front.partial:
        facts.append("partial")
    right = width - 8
    if front.synthetic or subset.synthetic:
        right = _badge(draw, right, "SYNTHETIC") - 8
    draw.text((8, 6), canvas.fit_text(heading, bold, right - 8), INK, bold)
    draw.text(
        (8, 26), canvas.fit_text(" · ".join(filter(None, facts)), plain, right - 8), MUTED, plain
    )
    return figure


def _badge(draw: ImageDraw.ImageDraw, right: int, text: str) -> int:
    typeface = canvas.font(12, bold=True)
    left = right - round(typeface.getlength(text)) - 14
    draw.rounded_rectangle((left, 11, right, 36), 4, fill=WARNING)
    draw.text((left + 7, 16), text, PAPER, typeface)
    return left


def _furniture(image: Image.Image, view: View, subset: Subset) -> None:
    """Draw scale bar and north arrow if the subset has a georeference."""
    if subset.grid is None:
        return
    try:
        _, metres = subset.grid.spacing
        north = _north(subset.grid, view.scale)
    except (PycalfinError, ValueError) as error:
        LOGGER.debug("%s: no scale bar: %s", subset.name, error)
        return
    metres /= view.scale[0]
    if not (math.isfinite(metres) and metres > 0):
        return
    draw = ImageDraw.Draw(image)
    scale_bar(draw, image.size, metres)
    if north is not None:
        _north_arrow(draw, image.size, north)


def scale_bar(draw: ImageDraw.ImageDraw, size: tuple[int, int], metres: float) -> None:
    """Draw a scale bar of at most a quarter of the width; a figure pixel has `metres`."""
    length = nice_length(metres * size[0] / 4)
    pixels = length / metres
    text, typeface = length_label(length), canvas.font(12, bold=True)
    wide = max(pixels, typeface.getlength(text)) + 16
    x, y = 10, size[1] - 10
    draw.rounded_rectangle((x, y - 34, x + wide, y), 4, fill=(20, 24, 28))
    draw.text((x + 8, y - 31), text, PAPER, typeface)
    draw.line((x + 8, y - 9, x + 8 + pixels, y - 9), PAPER, 3)


def _north(grid: Grid, scale: tuple[float, float]) -> Float64 | None:
    """Return the direction of true north at the centre as a unit vector, x right and y down."""
    lonlat = grid.xy(grid.centre, geo.LONLAT)
    if not np.isfinite(lonlat).all() or abs(lonlat[0, 1]) > 89.9:
        return None
    step = (grid.rowcol(lonlat + [0.0, 0.01], geo.LONLAT) - grid.centre)[0, ::-1] * scale
    length = float(np.hypot(*step))
    return step / length if math.isfinite(length) and length > 0 else None


def _north_arrow(draw: ImageDraw.ImageDraw, size: tuple[int, int], north: Float64) -> None:
    centre = np.array([size[0] - 30.0, 30.0])
    draw.ellipse((*(centre - 20), *(centre + 20)), fill=(20, 24, 28))
    side = np.array([-north[1], north[0]])
    tip, tail = centre + north * 7, centre - north * 15
    left, right = tail + side * 5, tail - side * 5
    draw.polygon([tuple(tip), tuple(left), tuple(tail + north * 5), tuple(right)], fill=PAPER)
    typeface = canvas.font(10, bold=True)
    draw.text(tuple(centre + north * 13), "N", PAPER, typeface, anchor="mm")


def prediction_panels(prediction: Prediction) -> tuple[Image.Image, Image.Image]:
    """Draw edge probability and zones over the network's input, on its grid."""
    grey = np.clip(np.nan_to_num(prediction.grey), 0, 1)[..., None]
    edge = np.clip(np.nan_to_num(prediction.edge), 0, 1)[..., None]
    ocean = np.clip(np.nan_to_num(prediction.ocean), 0, 1)[..., None]
    land = np.zeros_like(ocean)
    if prediction.land is not None:
        land = np.clip(np.nan_to_num(prediction.land), 0, 1)[..., None]
    base = grey * 255 * np.ones(3)
    edges = base * 0.55 * (1 - edge) + np.array(FRONT) * edge
    ice = np.clip(1 - ocean - land, 0, 1)
    zones = ocean * np.array(OCEAN) + land * np.array(LAND) + ice * np.array(ICE)
    zones = zones * (0.45 + 0.55 * grey)
    for panel in (edges, zones):
        panel[~prediction.valid] = canvas.GAP
    painted = [Image.fromarray(np.clip(panel, 0, 255).astype(np.uint8)) for panel in (edges, zones)]
    return painted[0], painted[1]


def _prediction_figure(prediction: Prediction) -> bytes:
    """Draw edge probability and zones side by side, over the network's input."""
    rows, cols = prediction.edge.shape
    factor = PANEL / max(rows, cols)
    size = (max(1, round(cols * factor)), max(1, round(rows * factor)))
    second = max(size[0], KEY) + 4
    figure = Image.new("RGB", (second + max(size[0], KEY), size[1] + 24), PAPER)
    draw, typeface = ImageDraw.Draw(figure), canvas.font(12)
    for index, image in enumerate(prediction_panels(prediction)):
        left = index * second
        figure.paste(image.resize(size, Image.Resampling.BILINEAR), (left, 24))
        if index == 0:
            draw.text((left + 4, 5), "probability of the calving front", INK, typeface)
        else:
            zones_key(draw, left + 4)
    return canvas.png(figure)


def zones_key(draw: ImageDraw.ImageDraw, x: float, y: float = 5) -> float:
    """Draw the legend of the zones from (x, y) on; return the x at which it ends."""
    typeface = canvas.font(12)
    for text, colour in (("ocean, mélange", OCEAN), ("ice", ICE), ("land", LAND)):
        draw.rectangle((x, y + 2, x + 10, y + 12), fill=colour, outline=MUTED)
        draw.text((x + 15, y), text, INK, typeface)
        x += 15 + typeface.getlength(text) + 14
    return x
