"""The figure of a measured image, in six panels.

The panels show image, edge probability and zones; predicted front, true front, and both fronts
with their distances.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw
from scipy.spatial import KDTree

from pycalfin.products import canvas
from pycalfin.products.figures import (
    FRONT,
    INK,
    MUTED,
    PAPER,
    View,
    prediction_panels,
    scale_bar,
    view_of,
    zones_key,
)
from pycalfin.records import Float64
from pycalfin.validate import pixels
from pycalfin.validate.score import Evidence, Score

SIDE = 520
"""Figure pixels: longer side of a panel."""
NARROWEST = 300
"""Figure pixels: minimum width of a panel's column."""
GAP, MARGIN = 14, 18
HEADER, TITLE, FOOTER = 60, 26, 34
"""Figure pixels: heights of the heading, of a panel's title, and of the key."""
TRUTH: canvas.Colour = (0, 214, 255)
HALO: canvas.Colour = (0, 0, 0)
BLANK: canvas.Colour = (226, 230, 234)
FAR = 10.0
"""Pixels: distance at which the colour scale of the overlay ends."""
RAMP: tuple[tuple[float, canvas.Colour], ...] = (
    (0.0, (255, 240, 120)),
    (3.0, (255, 150, 0)),
    (FAR, (226, 0, 64)),
)
"""Colours by distance in pixels, interpolated linearly."""
SHADES = 11
"""Number of colours of a line."""
WHISKER_STEP = 4
"""Pixels of a line from one whisker to the next."""
WHISKER_LEAST = 2.0
"""Pixels: smallest distance for which a whisker is drawn."""
TITLES = ("Image", "Edge probability", "Zones", "Predicted front", "True front", "Distances")


def draw_figure(score: Score, evidence: Evidence) -> Image.Image:
    """Draw the six panels of one image.

    Parameters
    ----------
    score : Score
    evidence : Evidence

    Returns
    -------
    Image
        RGB.
    """
    view = view_of(evidence.image.as_subset(), SIDE, SIDE)
    panels = _panels(score, evidence, view)
    width, height = view.image.size
    column = max(width, NARROWEST)
    total = (2 * MARGIN + 3 * column + 2 * GAP, HEADER + 2 * (TITLE + height) + GAP + FOOTER)
    figure = Image.new("RGB", (total[0], total[1] + MARGIN // 2), PAPER)
    draw = ImageDraw.Draw(figure)
    _heading(draw, score, total[0])
    for number, (title, panel) in enumerate(zip(TITLES, panels, strict=True)):
        x = MARGIN + (number % 3) * (column + GAP)
        y = HEADER + (number // 3) * (TITLE + height + GAP)
        draw.text((x, y + 4), title, INK, canvas.font(15, bold=True))
        figure.paste(panel, (x + (column - width) // 2 if width < column else x, y + TITLE))
    _key(draw, total, score)
    return figure


def _panels(score: Score, evidence: Evidence, view: View) -> list[Image.Image]:
    clean = view.image.copy()
    if score.metres:
        # pixels that are not square are shown as squares: the bar is correct along x
        spacing = evidence.image.spacing or (score.metres, score.metres)
        scale_bar(ImageDraw.Draw(clean), clean.size, spacing[1] / view.scale[0])
    prediction = evidence.extraction.prediction
    if prediction is None:
        seen = [_blank(view, "no prediction")] * 2
    else:
        seen = [
            panel.resize(view.image.size, Image.Resampling.BILINEAR)
            for panel in prediction_panels(prediction)
        ]
    found = [view.place(front.pixels) for front in evidence.extraction.fronts]
    known = [view.place(line) for line in _truth(evidence)]
    predicted = _drawn(view.image, found, FRONT)
    if not found:
        _stamp(predicted, "no front found", score.reason)
    truth = _drawn(view.image, known, TRUTH)
    if not known:
        _stamp(truth, "no front in the labels", "")
    return [clean, *seen, predicted, truth, _overlay(evidence, view, known)]


def _truth(evidence: Evidence) -> list[Float64]:
    if evidence.image.lines:
        return list(evidence.image.lines)
    return list(pixels.links(evidence.truth).astype(float))


def _drawn(
    image: Image.Image, lines: Sequence[Float64], colour: canvas.Colour, width: float = 2.6
) -> Image.Image:
    if not lines:
        return image.copy()
    return canvas.draw_lines(image, lines, ((width + 2.6, HALO, 120), (width, colour, 255)))


def _overlay(evidence: Evidence, view: View, known: Sequence[Float64]) -> Image.Image:
    """Draw the truth thin, the prediction coloured by its distance, and whiskers between them."""
    dimmed = Image.blend(view.image, Image.new("RGB", view.image.size), 0.35)
    fronts = evidence.extraction.fronts
    if not fronts or not known:
        lines = [view.place(front.pixels) for front in fronts]
        return _drawn(_drawn(dimmed, known, TRUTH), lines, FRONT)
    shown = canvas.draw_lines(dimmed, _whiskers(evidence, view), ((1.0, (255, 255, 255), 110),))
    shown = _drawn(shown, known, TRUTH, 1.6)
    tree = KDTree(np.argwhere(evidence.truth))
    shades: dict[int, list[Float64]] = {}
    for front in fronts:
        distance = tree.query(front.pixels)[0]
        middle = np.minimum((distance[:-1] + distance[1:]) / 2, FAR)
        shade = np.rint(middle / FAR * (SHADES - 1)).astype(int)
        placed = view.place(front.pixels)
        for start in range(len(shade)):
            shades.setdefault(int(shade[start]), []).append(placed[start : start + 2])
    shown = canvas.draw_lines(
        shown, [line for s in shades.values() for line in s], ((5, HALO, 130),)
    )
    for shade_number, lines in sorted(shades.items()):
        colour = colour_of(shade_number / (SHADES - 1) * FAR)
        shown = canvas.draw_lines(shown, lines, ((3.0, colour, 255),))
    return shown


def _whiskers(evidence: Evidence, view: View) -> list[Float64]:
    """Connect pixels of each line with the nearest pixel of the other, if they are apart."""
    first, second = np.argwhere(evidence.predicted), np.argwhere(evidence.truth)
    found: list[Float64] = []
    for points, others in ((first, second), (second, first)):
        if not len(points) or not len(others):
            continue
        some = points[(points.sum(axis=1) % WHISKER_STEP) == 0]
        if len(some):
            distance, index = KDTree(others).query(some)
            pairs = np.stack([some, others[index]], axis=1)[distance >= WHISKER_LEAST]
            found.extend(view.place(pair) for pair in pairs)
    return found


def colour_of(distance: float) -> canvas.Colour:
    """Return the colour of a distance in pixels."""
    stops = [stop for stop, _ in RAMP]
    channels = np.array([colour for _, colour in RAMP], float).T
    red, green, blue = (round(float(np.interp(distance, stops, one))) for one in channels)
    return red, green, blue


def _blank(view: View, text: str) -> Image.Image:
    panel = Image.new("RGB", view.image.size, BLANK)
    ImageDraw.Draw(panel).text((12, 10), text, MUTED, canvas.font(13))
    return panel


def _stamp(panel: Image.Image, text: str, reason: str) -> None:
    """Write on a panel that there is no front, and the reason."""
    draw, bold, plain = ImageDraw.Draw(panel), canvas.font(14, bold=True), canvas.font(12)
    reason = canvas.fit_text(reason, plain, panel.width - 36) if reason else ""
    wide = max(bold.getlength(text), plain.getlength(reason) if reason else 0) + 20
    draw.rounded_rectangle((8, 8, 8 + wide, 58 if reason else 38), 5, fill=(20, 24, 28))
    draw.text((18, 14), text, PAPER, bold)
    if reason:
        draw.text((18, 36), reason, (200, 208, 214), plain)


def _heading(draw: ImageDraw.ImageDraw, score: Score, width: int) -> None:
    bold, plain = canvas.font(19, bold=True), canvas.font(14)
    parts = (score.glacier, score.date, score.sensor, *score.conditions)
    heading = " · ".join(part for part in parts if part) or score.name
    room = width - 2 * MARGIN
    draw.text((MARGIN, 8), canvas.fit_text(heading, bold, room), INK, bold)
    draw.text((MARGIN, 35), canvas.fit_text(" · ".join(facts(score)), plain, room), MUTED, plain)


def facts(score: Score) -> list[str]:
    """List the measured values in words, most important first."""
    words = {"FN": "missed", "FP": "false front", "TN": "correctly no front", "TP": ""}
    found = [words[score.outcome]] if words[score.outcome] else []
    if not math.isnan(score.mean):
        metres = f" ({score.mean * score.metres:.0f} m)" if score.metres else ""
        found.append(f"mean distance {score.mean:.1f} px{metres}")
        found.append(f"median {score.median:.1f} px")
        found.append(f"edge IoU {score.edge_iou:.2f}")
    if not math.isnan(score.ice_ocean_iou):
        found.append(f"ice/ocean IoU {score.ice_ocean_iou:.3f}")
    if score.fronts:
        found.append(f"confidence {score.confidence:.2f}")
    if not math.isnan(score.length_ratio):
        found.append(f"length ratio {score.length_ratio:.2f}")
    return found


def _key(draw: ImageDraw.ImageDraw, total: tuple[int, int], score: Score) -> None:
    typeface = canvas.font(12)
    x, y = float(MARGIN), total[1] - FOOTER + 12
    for text, colour in (("predicted", FRONT), ("true", TRUTH)):
        draw.line((x, y + 7, x + 20, y + 7), colour, 4)
        draw.text((x + 26, y), text, INK, typeface)
        x += 26 + typeface.getlength(text) + 16
    x = zones_key(draw, x, y) + 10
    for step in range(110):
        draw.line((x + step, y + 2, x + step, y + 12), colour_of(step / 110 * FAR), 1)
    end = f" ({FAR * score.metres:.0f} m)" if score.metres else ""
    draw.text((x + 118, y), f"distance 0 to {FAR:g} px{end} and more", INK, typeface)
