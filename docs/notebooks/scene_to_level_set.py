# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From a scene to a level set
#
# This notebook opens a satellite scene with xarray, finds its calving front, plots it as a
# GeoDataFrame and turns it into the level set that an ice-sheet model starts from. It needs `pip
# install "pycalfin[notebook]"`.
#
# The scene is one of the demo's, a painted Landsat 8 image of an invented glacier. Put the path
# of your own scene in its place.

# %%
from pathlib import Path

import geopandas
import numpy as np
import rioxarray
from matplotlib import pyplot as plt

import pycalfin
from pycalfin.synthetic import painting

scenes = Path("pycalfin_demo/scenes")
if not scenes.is_dir():
    painting.generate(scenes)
(path,) = scenes.glob("LC08_*_20180720_*.TIF")

# %% [markdown]
# ## The front of one image
#
# `extract_fronts` takes the transform and the coordinate reference system from rioxarray. A
# coordinate `time` gives the date.

# %%
image = rioxarray.open_rasterio(path).isel(band=0).assign_coords(time=np.datetime64("2018-07-20"))
fronts = pycalfin.extract_fronts(image)
fronts

# %% [markdown]
# Every front is a GeoJSON feature, so geopandas takes it as it is.

# %%
table = geopandas.GeoDataFrame.from_features(fronts, crs="EPSG:4326").to_crs(image.rio.crs)
table[["date", "length", "confidence", "uncertainty", "geometry"]]

# %%
axes = plt.figure(figsize=(6, 6)).add_subplot()
image.plot.imshow(ax=axes, cmap="gray", add_colorbar=False)
table.plot(ax=axes, color="tab:orange", linewidth=2)
axes.set(
    title="Calving front, 2018-07-20", aspect="equal", xlabel="easting (m)", ylabel="northing (m)"
)
# %% [markdown]
# ## A whole run
#
# `run` takes files, folders and archives, and leaves shapefiles, figures and a report. Its result
# is a table too.

# %%
result = pycalfin.run(scenes=(str(path),), domain=str(scenes / "domains.geojson"), output="fronts")
result

# %%
result.to_geodataframe()[["date", "domain", "length", "confidence"]]

# %% [markdown]
# ## The level set
#
# On the vertices of a mesh, the level set is the signed distance to the front: negative where
# there is ice, positive over the ocean. Here the mesh is a plain grid around the front.

# %%
front = result.fronts[0]
(west, south), (east, north) = front.xy.min(axis=0) - 3000, front.xy.max(axis=0) + 3000
x, y = np.meshgrid(np.linspace(west, east, 80), np.linspace(south, north, 80))
phi = pycalfin.issm.levelset([front], x.ravel(), y.ravel()).reshape(x.shape)

axes = plt.figure(figsize=(6, 5)).add_subplot()
filled = axes.contourf(x, y, phi / 1000, levels=20, cmap="RdBu")
axes.figure.colorbar(filled, label="distance to the front (km), ice negative")
front.plot(axes, color="black")
_ = axes.set(title="Level set", aspect="equal", xlabel="easting (m)", ylabel="northing (m)")
