"""Make the mesh and the picture of docs/issm.md.

    python docs/issm_picture.py mesh FRONTS.gpkg MESH.mat
    python docs/issm_picture.py draw SCENE.tif FRONTS.gpkg MESH.mat LEVELSETS.npz PICTURE.png

The mesh is a plain one of right-angled triangles, 300 m wide, over the surroundings of the fronts:
it takes the place of the model that a modeller has already.
"""

from __future__ import annotations

import sys

import matplotlib as mpl
import numpy as np
import pyogrio
import rasterio
import scipy.io
import shapely
from matplotlib import pyplot as plt
from rasterio.vrt import WarpedVRT

from pycalfin.issm.mesh import read_mesh

SPACING = 300.0
"""Metres between vertices."""
MARGIN = 2500.0
"""Metres of mesh around the fronts."""


def mesh(fronts: str, output: str) -> None:
    """Write a mesh as MATLAB would, with md.mesh.x, y, elements and epsg."""
    west, south, east, north = pyogrio.read_info(fronts, layer="fronts")["total_bounds"]
    x = np.arange(west - MARGIN, east + MARGIN, SPACING)
    y = np.arange(south - MARGIN, north + MARGIN, SPACING)
    corner = np.add.outer(np.arange(len(y) - 1) * len(x), np.arange(len(x) - 1)).ravel() + 1
    up = corner + len(x)
    elements = np.vstack([np.c_[corner, corner + 1, up], np.c_[corner + 1, up + 1, up]])
    xx, yy = np.meshgrid(x, y)
    columns = {"x": xx.reshape(-1, 1), "y": yy.reshape(-1, 1)}
    fields = {**columns, "elements": elements.astype(float), "epsg": 3413.0}
    scipy.io.savemat(output, {"md": {"mesh": fields}})


def draw(scene: str, fronts: str, model: str, levelsets: str, output: str) -> None:
    """Draw the level set over the image, its zero line, and the front."""
    found = read_mesh(model)
    phi = np.load(levelsets)["levelset"]
    assert found.triangles is not None
    with rasterio.open(scene) as file, WarpedVRT(file, crs="EPSG:3413") as image:
        grey = image.read(1, masked=True).astype(float).filled(np.nan)
        left, bottom, right, top = image.bounds
    mpl.rcParams["font.size"] = 8
    figure, axes = plt.subplots(figsize=(6.4, 5.2), layout="constrained")
    limits = np.nanpercentile(grey[grey > 0], [2, 98])
    axes.imshow(
        grey, cmap="gray", vmin=limits[0], vmax=limits[1], extent=(left, right, bottom, top)
    )
    triangles = found.triangles - 1
    reach = np.abs(phi).max()
    drawn = axes.tripcolor(
        found.x, found.y, triangles, phi, cmap="RdBu", shading="gouraud", alpha=0.35,
        vmin=-reach, vmax=reach,
    )  # fmt: skip
    axes.triplot(found.x, found.y, triangles, color="k", linewidth=0.15, alpha=0.4)
    axes.tricontour(found.x, found.y, triangles, phi, levels=[0], colors="yellow", linewidths=3)
    _, _, wkb, _ = pyogrio.raw.read(fronts, layer="fronts")
    for line in shapely.from_wkb(wkb):
        axes.plot(*shapely.get_coordinates(line).T, "k--", linewidth=1)
    axes.plot([], [], color="yellow", linewidth=3, label="zero of the level set")
    axes.plot([], [], "k--", linewidth=1, label="calving front found")
    axes.legend(loc="upper right")
    figure.colorbar(drawn, ax=axes, label="level set, metres (negative: ice)", shrink=0.8)
    axes.set(xlim=(found.x.min(), found.x.max()), ylim=(found.y.min(), found.y.max()))
    axes.set(xlabel="EPSG:3413, x, km", ylabel="y, km")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value / 1000:.0f}")
    figure.savefig(output, dpi=150, metadata={"Software": None})


if __name__ == "__main__":
    {"mesh": mesh, "draw": draw}[sys.argv[1]](*sys.argv[2:])
