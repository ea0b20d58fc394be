"""Plot of a training's log: the losses and the learning rate over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from pycalfin.files import replacing

CURVES = "curves.png"
NOT_LOSSES = ("epoch", "stage", "steps", "seconds", "rate")
"""Columns of a log that are not losses."""
SIZE = (7.0, 4.2)
"""Inches: width and height of the plot."""
DPI = 120


def draw(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Plot a log.

    Parameters
    ----------
    path : Path
        PNG; appears by rename.
    rows : sequence of mapping of str to str
        Lines of `log.csv`; every column that is not in `NOT_LOSSES` is a loss.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(SIZE, layout="constrained")
    axes = figure.subplots()
    epochs = [int(row["epoch"]) for row in rows]
    for name in rows[0]:
        if name not in NOT_LOSSES:
            values = [float(row[name] or "nan") for row in rows]
            axes.plot(epochs, values, marker=".", label=name, linewidth=2 if name == "loss" else 1)
    axes.set(xlabel="epoch", ylabel="loss", ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    right = axes.twinx()
    rates = [float(row["rate"]) for row in rows]
    right.plot(epochs, rates, color="grey", linestyle=":", label="rate (right)")
    right.set(ylabel="learning rate", ylim=(0, None))
    for earlier, later in pairwise(rows):
        if later["stage"] != earlier["stage"]:
            axes.axvline(int(earlier["epoch"]) + 0.5, color="grey", linewidth=0.8)
    lines = [*axes.get_lines()[: len(rows[0]) - len(NOT_LOSSES)], *right.get_lines()]
    axes.legend(handles=lines, fontsize="small")
    with replacing(path) as part:
        figure.savefig(part, dpi=DPI, format="png")
