"""Make the picture of rates in docs/issm.md.

    python docs/rates_picture.py FRONTS.gpkg PICTURE.png

FRONTS.gpkg holds the fronts of Harald Moltke Brae, 2019 to 2021. The mesh is a plain one over
their surroundings.
"""

from __future__ import annotations

import logging
import sys

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from scipy.spatial import Delaunay

import pycalfin
from pycalfin.issm import FrontRates, front_rates, spclevelset

OCEAN = "-567000,-1343000"
SPACING, MARGIN = 150.0, 1500.0
"""Metres between vertices, and of mesh around the fronts."""
POSITION = 30.0
"""Metres: assumed standard deviation of positions; the fronts come with none."""
BLUE, INK = "#0b63b0", "#16202a"


def main(fronts_file: str, output: str) -> None:
    """Draw the monthly means, and the month of the fastest retreat as a map."""
    logging.basicConfig(level=logging.WARNING)
    fronts = pycalfin.read_fronts(fronts_file, ocean=OCEAN)
    xy = np.concatenate([front.xy for front in fronts])
    steps = [
        np.arange(low - MARGIN, high + MARGIN, SPACING)
        for low, high in zip(xy.min(axis=0), xy.max(axis=0), strict=True)
    ]
    x, y = (part.ravel() for part in np.meshgrid(*steps))
    elements = Delaunay(np.column_stack([x, y])).simplices
    months = np.arange("2019-03", "2021-10", dtype="datetime64[M]").astype("datetime64[D]")
    series = spclevelset(fronts, x, y, elements=elements, times=months, max_gap=60)
    rates = front_rates(series, x, y, elements, fronts=fronts, uncertainty=POSITION)
    mpl.rcParams["font.size"] = 8
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(8.0, 3.9), layout="constrained", width_ratios=[1.15, 1]
    )
    draw_means(left, rates)
    fastest = int(np.argmax(rates.mean_retreat))
    drawn = draw_map(right, rates, series, fastest)
    figure.colorbar(drawn, ax=right, label="retreat, m per year (blue: advance)", shrink=0.8)
    figure.savefig(output, dpi=120, metadata={"Software": None})


def draw_means(axes: Axes, rates: FrontRates) -> None:
    """Draw a bar from date to date, with one standard deviation."""
    start, end = rates.bounds.T
    assert rates.mean_uncertainty is not None
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.bar(start, rates.mean_retreat, end - start, align="edge", color=BLUE, alpha=0.75,
             edgecolor="white", linewidth=0.5)  # fmt: skip
    axes.errorbar(rates.time, rates.mean_retreat, rates.mean_uncertainty, fmt="none",
                  ecolor=INK, elinewidth=0.8, capsize=1.5)  # fmt: skip
    axes.set(xlabel="year", ylabel="mean retreat of the front, m per year", title="Means")
    axes.xaxis.set_major_locator(mpl.ticker.MultipleLocator(0.5))
    axes.spines[["top", "right"]].set_visible(False)


def draw_map(axes: Axes, rates: FrontRates, series: np.ndarray, number: int) -> object:
    """Draw the rates of one interval at the vertices, with the front on both dates."""
    mesh = rates.mesh
    assert mesh.elements is not None
    values = rates.retreat[:, number]
    near = np.isfinite(values)
    reach = np.abs(values[near]).max()
    drawn = axes.scatter(
        mesh.x[near], mesh.y[near], c=values[near], s=7, cmap="RdBu_r", vmin=-reach, vmax=reach
    )
    for column, style in ((number, "-"), (number + 1, "--")):
        axes.tricontour(
            mesh.x, mesh.y, mesh.elements - 1, series[:-1, column], levels=[0], colors=INK,
            linewidths=1.1, linestyles=style,
        )  # fmt: skip
    first, last = rates.bounds[number]
    axes.plot([], [], color=INK, linewidth=1.1, label=f"front of {first:.2f}")
    axes.plot([], [], color=INK, linewidth=1.1, linestyle="--", label=f"{last:.2f}")
    axes.legend(loc="upper left", frameon=False)
    axes.set(aspect="equal", xlabel="EPSG:3413, x, km", ylabel="y, km", title="Fastest month")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value / 1000:.0f}")
    return drawn


if __name__ == "__main__":
    main(*sys.argv[1:])
