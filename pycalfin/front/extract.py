"""One subset in, its calving fronts out.

An extractor finds the lines: `pycalfin.front.zones` for networks that know ocean, ice and land,
`pycalfin.front.calfin` for CALFIN's own weights. They are then georeferenced and given an
uncertainty, and the ocean is outlined (`pycalfin.front.finish`).
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from pycalfin.errors import SettingsError
from pycalfin.front import calfin, zones
from pycalfin.front.candidate import Extractor
from pycalfin.front.finish import finish
from pycalfin.records import Front, Mask, Subset
from pycalfin.results import Extraction
from pycalfin.scene.array import as_fjord, as_subset
from pycalfin.settings import Settings
from pycalfin.timing import Stopwatch

if TYPE_CHECKING:
    import xarray
    from affine import Affine

    from pycalfin.network import Network

EXTRACTORS: dict[str, Extractor] = {"light": zones.find, "calfin": calfin.find}
"""Ways from predictions to fronts, by the name of the setting `preset`."""


def extract_fronts(
    image: ArrayLike | xarray.DataArray,
    *,
    transform: Affine | None = None,
    crs: str | None = None,
    date: str | None = None,
    fjord: ArrayLike | None = None,
    network: Network | str | os.PathLike[str] | None = None,
    nodata: float | str | None = None,
) -> list[Front]:
    """Find the calving fronts in an image that a program holds.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array of any numeric type, or xarray.DataArray
        Grey values; of three channels the first is the grey image, as in CALFIN's subsets.
        NaN and masked pixels are no-data. A DataArray with a CRS (rioxarray, odc-stac) needs no
        `transform`, and its coordinate `time` gives the date; it must be one image.
    transform : affine.Affine, optional
        Of the image, in GDAL's convention (corner of the first pixel); needs `crs`.
    crs : str, optional
        'EPSG:n' or WKT.
    date : str, optional
        YYYY-MM-DD.
    fjord : (H, W), optional
        Non-zero in the fjord: nothing outside it is a front.
    network : Network or str, optional
        A loaded network, or a name or path for `pycalfin.network.load`.
    nodata : float or str, optional
        Value that is no-data; 'none' if every value is data. By default, values far outside the
        rest and parts of one value that straight lines cut off (the edge of a swath) are taken
        for no-data, with a warning in the log.

    Returns
    -------
    list of Front
        In `crs`, with the uncertainty in ground metres and the ocean on the left of `xy`. Without
        a georeference `xy` is column and row, `crs` None, the uncertainty in pixels, and the
        ocean on the left of the image as displayed (rows downwards). Empty if there is none.

    Raises
    ------
    ImageError
        If it is no such image, or has a transform or a CRS without the other.
    SettingsError
        If `nodata` is neither a number nor 'nan' nor 'none', or `crs` or `date` is not valid.

    Examples
    --------
    >>> import numpy as np, pycalfin
    >>> pycalfin.extract_fronts(np.zeros((64, 64)))
    []
    """
    settings = Settings.from_mapping({"nodata": nodata}, "extract_fronts")
    subset = as_subset(image, settings.nodata, transform=transform, crs=crs, date=date)
    mask = None if fjord is None else as_fjord(fjord, subset.shape)
    pixels = subset.pixels[subset.valid]
    if pixels.size == 0 or pixels.min() == pixels.max():
        return []
    if network is None or isinstance(network, (str, os.PathLike)):
        from pycalfin.network import load

        network = load("light" if network is None else os.fspath(network))
    settings = replace(settings, out_crs=subset.crs)
    return list(extract(subset, network, settings, fjord=mask).fronts)


def extract(
    subset: Subset,
    network: Network,
    settings: Settings,
    *,
    fjord: Mask | None = None,
    watch: Stopwatch | None = None,
) -> Extraction:
    """Find the calving fronts of a subset.

    Parameters
    ----------
    subset : Subset
    network : Network
    settings : Settings
    fjord : (H, W) bool, optional
        True in the fjord, on the subset's grid.
    watch : Stopwatch, optional
        Gets the seconds of 'network' and 'trace'.

    Returns
    -------
    Extraction
        Fronts ordered by confidence times length; with a reason if there is none.
    """
    watch = watch or Stopwatch()
    preset = preset_of(settings, network)
    if preset != network.extractor:
        # the constants were fitted to the fronts of the network's own extractor
        network = replace(network, calibration=None)
    find = EXTRACTORS[preset]
    found = find(subset, network, settings, fjord, watch)
    with watch("trace"):
        return finish(found, subset, settings, network)


def preset_of(settings: Settings, network: Network) -> str:
    """Name the pipeline: that of the settings, or the one that the network was made for.

    Raises
    ------
    SettingsError
        If the network cannot do what the preset asks for.
    """
    preset = network.extractor if settings.preset == "auto" else settings.preset
    if preset == "light" and network.side is not None:
        raise SettingsError(
            f"preset is 'light', which needs a network for images of any size; '{network.name}' "
            f"takes {network.side} x {network.side} pixels: set preset to calfin or auto"
        )
    return preset
