"""One subset in, its calving fronts out.

First the whole subset is looked at. Where it had to be shrunk for that, every candidate is
looked at again at up to full resolution (CALFIN's re-subset), and the finer lines replace the
coarse one. What remains is ranked, oriented, georeferenced and given an uncertainty. With CALFIN's
own weights the published pipeline (`pycalfin.front.calfin`) finds the lines instead.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from pycalfin.errors import SettingsError
from pycalfin.front import calfin, look
from pycalfin.front import fjord as fjord_masks
from pycalfin.front.confidence import (
    OVERLAP_DISTANCE,
    calving_parts,
    confidence,
    distinct,
    overlap,
    plausibility,
)
from pycalfin.front.finish import Candidate, finish, touches_domain
from pycalfin.front.image import as_fjord, as_subset
from pycalfin.front.prolong import prolong
from pycalfin.front.trace import trace
from pycalfin.front.waters import in_known_water
from pycalfin.records import Front, Mask, Subset
from pycalfin.results import Extraction, Prediction
from pycalfin.settings import Settings
from pycalfin.timing import Stopwatch

if TYPE_CHECKING:
    import xarray
    from affine import Affine

    from pycalfin.network import Network

SECOND_CHANCE = 0.15
"""Confidence from which on a line is looked at again."""
SHRUNK = 1.25
"""Subset pixels per pixel of the look from which on a second look is worth its time."""


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
    find = calfin.find if preset_of(settings, network) == "calfin" else _find
    found, whole, reason = find(subset, network, settings, fjord, watch)
    with watch("trace"):
        return finish(found, whole, subset, settings, network, fjord=fjord, reason=reason)


def preset_of(settings: Settings, network: Network) -> str:
    """Name the pipeline: that of the settings, or the one that the network was made for.

    Raises
    ------
    SettingsError
        If the network cannot do what the preset asks for.
    """
    made_for = "calfin" if network.kind == "calfin" else "light"
    preset = made_for if settings.preset == "auto" else settings.preset
    if preset == "light" and network.side is not None:
        raise SettingsError(
            f"preset is 'light', which needs a network for images of any size; '{network.name}' "
            f"takes {network.side} x {network.side} pixels: set preset to calfin or auto"
        )
    return preset


def _find(
    subset: Subset, network: Network, settings: Settings, fjord: Mask | None, watch: Stopwatch
) -> tuple[list[Candidate], Prediction, str]:
    """Find fronts as `light` does: zones tell them from coasts, no fjord mask needed."""
    eye = _Eye(subset, network, settings, fjord, watch)
    first, second = settings.thresholds("light")
    with watch("network"):
        whole = eye.look(look.Window.whole(subset))
    with watch("trace"):
        found = eye.candidates(whole, first)
    if settings.second_look and _shrunk(subset, whole):
        found = _second_looks(found, eye, second)
    with watch("trace"):
        found, reason = _select(found, whole, subset, settings)
        found = prolong(found, fjord)
    return found, whole, reason


@dataclass(frozen=True, eq=False)
class _Eye:
    """Looks at windows of one subset and traces what it sees."""

    subset: Subset
    network: Network
    settings: Settings
    fjord: Mask | None
    watch: Stopwatch

    def look(self, window: look.Window) -> Prediction:
        """Predict a window; nothing outside the fjord is front or ocean."""
        prediction = look.take(self.subset, window, self.network, self.settings)
        if self.fjord is None:
            return prediction
        inside = fjord_masks.on_grid(self.fjord, prediction)
        return replace(
            prediction,
            edge=np.where(inside, prediction.edge, np.float32(0)),
            ocean=np.where(inside, prediction.ocean, np.float32(0)),
        )

    def candidates(self, prediction: Prediction, threshold: float) -> list[Candidate]:
        """Trace every line of a prediction."""
        settings = self.settings
        smoothing = (settings.smoothing_window, settings.smoothing_order)
        return [
            Candidate(
                prediction.to_subset(item.rowcol), item, prediction, confidence(plausibility(item))
            )
            for line in trace(prediction, threshold, settings.min_length, smoothing)
            for item in calving_parts(line, settings.min_length)
        ]


def _shrunk(subset: Subset, prediction: Prediction) -> bool:
    """Tell whether the pixels of a look are notably coarser on the ground than the subset's."""
    spacing = np.array(look.pixel_spacing(subset))
    pixel = float(np.sqrt(np.prod(spacing * prediction.step)))
    return pixel > SHRUNK * look.native_metres(subset)


def _second_looks(first: list[Candidate], eye: _Eye, threshold: float) -> list[Candidate]:
    """Look again around every candidate that could be a front; keep the finer lines."""
    settings, found = eye.settings, []
    least = min(SECOND_CHANCE, settings.min_confidence)
    plausible = [item for item in first if item.confidence >= least]
    for item in sorted(plausible, key=lambda candidate: -candidate.score)[: settings.max_fronts]:
        window = look.Window.around(item.rowcol, eye.subset, settings.second_side, settings.look)
        with eye.watch("network"):
            closer = eye.look(window)
        with eye.watch("trace"):
            finer = eye.candidates(closer, threshold)
        reach = OVERLAP_DISTANCE * max(item.prediction.step)
        if not any(overlap(other.rowcol, item.rowcol, reach) >= 0.5 for other in finer):
            finer.append(item)
        found.extend(finer)
    return found


def _select(
    found: list[Candidate], whole: Prediction, subset: Subset, settings: Settings
) -> tuple[list[Candidate], str]:
    """Choose the fronts among the candidates, best first; or say why there is none."""
    if not found:
        return [], "no edge in the prediction"
    believed = [item for item in found if item.confidence >= settings.min_confidence]
    if not believed:
        best = max(item.confidence for item in found)
        return [], f"no front above confidence {settings.min_confidence:g} (best {best:.2f})"
    # lines outside the domain go in the end: they take none with them, but others end before them
    inside = [item for item in believed if touches_domain(item.rowcol, subset)]
    outside = [item for item in believed if item not in inside]
    believed = in_known_water(inside, whole) + outside
    step = max(item.step for item in believed)
    kept = distinct(
        [item.rowcol for item in believed],
        [item.score for item in believed],
        OVERLAP_DISTANCE * step,
    )
    return [believed[index] for index in kept], ""
