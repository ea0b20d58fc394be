"""Charts of a validation: distances, resolution, confidence and uncertainty."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pycalfin.validate.normal import NORMAL_COVERAGE, calibrate
from pycalfin.validate.score import Score
from pycalfin.validate.summary import risk_coverage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (6.4, 4.0)
"""Inches."""
DPI = 160
BLUE, ORANGE, GREY, INK = "#0b63b0", "#d95f02", "#8a96a1", "#16202a"
NEAR = 20.0
"""Pixels: the last bar of the histogram counts all larger distances."""
MOST_DOTS = 4000
"""Vertices drawn in the calibration chart."""


def _chart(draw: Callable[[Axes], None], title: str, x: str, y: str) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(SIZE, dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    draw(axes)
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e6ebef", zorder=0)
    axes.set_axisbelow(True)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def histogram(scores: Sequence[Score]) -> bytes | None:
    """Draw the histogram of the distances in pixels; None if there are none."""
    hits = [score for score in scores if score.outcome == "TP" and score.distance.distances.size]
    if not hits:
        return None
    sides = [np.concatenate([getattr(score, name) for score in hits]) for name in
             ("from_predicted", "from_truth")]  # fmt: skip
    both = np.concatenate(sides)

    def draw(axes: Axes) -> None:
        shown = [np.minimum(side, NEAR + 0.5) for side in sides]
        weights = [np.full(side.size, 100 / both.size) for side in sides]
        axes.hist(
            shown,
            bins=np.arange(0, NEAR + 2).tolist(),
            weights=weights,
            stacked=True,
            color=[ORANGE, BLUE],
            label=["from predicted to true", "from true to predicted"],
        )
        for value, name, style in ((both.mean(), "mean", "-"), (np.median(both), "median", "--")):
            axes.axvline(
                min(value, NEAR + 1), color=INK, linestyle=style, lw=1.3,
                label=f"{name} {value:.2f} px",
            )  # fmt: skip
        axes.set_xlim(0, NEAR + 1)
        axes.set_xticks([*range(0, int(NEAR), 5), NEAR], [*range(0, int(NEAR), 5), f">{NEAR:g}"])
        axes.legend(frameon=False, fontsize=9)

    return _chart(draw, "Distances", "pixels to the nearest pixel of the other line", "% of points")


def by_resolution(scores: Sequence[Score]) -> bytes | None:
    """Draw each image's mean distance against its resolution; None if no resolution is known."""
    hits = [s for s in scores if s.resolution and not math.isnan(s.mean)]
    if not hits:
        return None
    in_metres = all(score.metres for score in hits)
    x = np.array([score.resolution for score in hits], float)
    y = np.array([score.mean * (score.metres or 1.0) for score in hits])

    def draw(axes: Axes) -> None:
        axes.scatter(x, y, s=22, color=BLUE, alpha=0.45, lw=0)
        values = np.unique(x)
        if len(values) <= 12:
            means = [y[x == value].mean() for value in values]
            axes.plot(values, means, "_", color=ORANGE, ms=20, mew=3, label="mean of images")
            axes.legend(frameon=False, fontsize=9)
        if len(values) == 1:
            axes.set_xlim(0, 2 * values[0])
        if (y > 0).all() and y.max() > 20 * np.median(y):
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)

    unit = "ground metres" if in_metres else "pixels"
    return _chart(draw, "Error against resolution", "metres per pixel", f"mean distance, {unit}")


def risk(scores: Sequence[Score]) -> bytes | None:
    """Draw the risk-coverage curve; None if no known front was found."""
    curve = risk_coverage(scores)
    if not curve.coverage:
        return None

    def draw(axes: Axes) -> None:
        coverage = np.array(curve.coverage) * 100
        axes.plot(coverage, curve.risk, color=BLUE, lw=2, marker="o", ms=3,
                  label=f"by confidence (mean {curve.area:.2f} px)")  # fmt: skip
        axes.axhline(curve.risk[-1], color=GREY, ls="--", lw=1.2,
                     label=f"all images ({curve.risk[-1]:.2f} px)")  # fmt: skip
        errors = np.sort([s.mean for s in scores if s.outcome == "TP" and not math.isnan(s.mean)])
        best = np.cumsum(errors) / np.arange(1, len(errors) + 1)
        axes.plot(np.arange(1, len(errors) + 1) / len(errors) * 100, best, color=ORANGE, lw=1.2,
                  label=f"if errors were known ({best.mean():.2f} px)")  # fmt: skip
        axes.set_xlim(0, 100)
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False, fontsize=9)

    return _chart(
        draw, "Risk and coverage", "% of the images kept, most confident first",
        "mean distance, pixels",
    )  # fmt: skip


def calibration_chart(scores: Sequence[Score]) -> bytes | None:
    """Draw the vertices' signed errors against their uncertainties; None if there are none."""
    hits = [score for score in scores if score.outcome == "TP" and score.errors.size]
    if not hits:
        return None
    errors = np.concatenate([score.errors for score in hits]).astype(float)
    given = np.concatenate([score.uncertainty for score in hits]).astype(float)
    result = calibrate(errors, given)
    if not result.vertices:
        return None
    met = np.flatnonzero(np.isfinite(errors) & np.isfinite(given))
    some = met[:: 1 + len(met) // MOST_DOTS]

    def draw(axes: Axes) -> None:
        axes.scatter(given[some], errors[some], s=6, color=BLUE, alpha=0.3, lw=0)
        end = float(given[met].max()) * 1.05
        start = float(given[met].min()) * 0.95
        edge = np.array([start, end])
        axes.fill_between(edge, -edge, edge, color=GREY, alpha=0.18, lw=0,
                          label="within one deviation")  # fmt: skip
        for number, third in enumerate(result.terciles):
            axes.plot([third.low, third.high], [third.rms] * 2, color=ORANGE, lw=2.5,
                      label="RMS error of each third" if number == 0 else None)  # fmt: skip
            place = ((third.low + third.high) / 2, third.rms)
            axes.annotate(f"{100 * third.coverage:.0f} %", place, xytext=(0, 4), ha="center",
                          textcoords="offset points", fontsize=9, color=INK,
                          fontweight="bold")  # fmt: skip
        axes.axhline(0, color=INK, lw=0.8)
        limit = max(3 * end, 1.15 * float(np.percentile(np.abs(errors[met]), 98)))
        axes.set_xlim(start, end)
        axes.set_ylim(-limit, limit)
        axes.legend(frameon=False, fontsize=9, loc="lower left")

    share = f"{100 * result.coverage:.0f} % within one (ideal {100 * NORMAL_COVERAGE:.0f} %)"
    return _chart(
        draw, f"Uncertainty: {share}, Spearman {result.spearman:.2f}",
        "predicted deviation, pixels", "signed error, pixels (+ is seaward)",
    )  # fmt: skip


CHARTS: dict[str, Callable[[Sequence[Score]], bytes | None]] = {
    "distances": histogram,
    "resolution": by_resolution,
    "risk_coverage": risk,
    "calibration": calibration_chart,
}
"""Charts by file name."""
