"""One subset in, its calving fronts out.

First the whole subset is looked at. Where it had to be shrunk for that, every candidate is
looked at again at up to full resolution (CALFIN's re-subset), and the finer lines replace the
coarse one. What remains is ranked, oriented, georeferenced and given an uncertainty.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from pycalfin import geo
from pycalfin.errors import ImageError
from pycalfin.front import fjord as fjord_masks
from pycalfin.front import look, polygon
from pycalfin.front.confidence import OVERLAP_DISTANCE, calving_parts, confidence, distinct, overlap
from pycalfin.front.trace import Trace, interpolated, trace, trusted_pixels
from pycalfin.records import (
    Coast,
    Extraction,
    Float64,
    Front,
    Mask,
    Prediction,
    Subset,
    front_id,
)
from pycalfin.settings import Settings
from pycalfin.timing import Stopwatch

if TYPE_CHECKING:
    from pycalfin.network import Network

SHRUNK = 1.25
"""Subset pixels per pixel of the look from which on a second look is worth its time."""
PARTIAL_REACH = 3.0
"""Pixels of the look: a front that ends this close to the border, a cloud or a gap is partial."""
LEAST_UNCERTAINTY = 0.5
"""Pixels of the look: floor of a vertex's uncertainty."""
AUTOMATIC = 10
"""CALFIN's QualFlag of a front found automatically."""
SLC_OFF = 3
"""Added to it for Landsat 7 after its scan-line corrector failed."""
SLC_OFF_DATE = "2003-05-31"
"""Last day of Landsat 7 with a working scan-line corrector."""


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A traced line in the subset's pixels, with the look that it was found in."""

    rowcol: Float64
    trace: Trace
    prediction: Prediction
    confidence: float

    @property
    def step(self) -> float:
        """Subset pixels per pixel of the look, both axes together."""
        return float(np.sqrt(np.prod(self.prediction.step)))

    @property
    def score(self) -> float:
        return self.confidence * self.trace.length * self.step


def extract_fronts(
    image: ArrayLike,
    *,
    fjord: ArrayLike | None = None,
    network: Network | str | os.PathLike[str] | None = None,
) -> list[Front]:
    """Find the calving fronts in an image without a georeference.

    Parameters
    ----------
    image : (H, W) or (H, W, 3), any numeric type
        Grey values; of three channels the first is the grey image, as in CALFIN's subsets.
        NaN and masked pixels are no-data.
    fjord : (H, W), optional
        Non-zero in the fjord: nothing outside it is a front.
    network : Network or str, optional
        A loaded network, or a name or path for `pycalfin.network.load`.

    Returns
    -------
    list of Front
        `xy` is column and row, `crs` None, `uncertainty` in pixels; walking along `xy`, ocean
        lies on the left of the image as displayed (rows downwards). Empty if there is none.

    Raises
    ------
    ImageError
        If the array is no such image.

    Examples
    --------
    >>> import numpy as np, pycalfin
    >>> pycalfin.extract_fronts(np.zeros((64, 64)))
    []
    """
    subset = _as_subset(image)
    mask = None if fjord is None else _as_fjord(fjord, subset.shape)
    pixels = subset.pixels[subset.valid]
    if pixels.size == 0 or pixels.min() == pixels.max():
        return []
    if network is None or isinstance(network, (str, os.PathLike)):
        from pycalfin.network import load

        network = load("light" if network is None else os.fspath(network))
    return list(extract(subset, network, Settings(), fjord=mask).fronts)


def extract(
    subset: Subset,
    network: Network,
    settings: Settings,
    *,
    fjord: Mask | None = None,
    digest: str = "",
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
    digest : str
        Of settings and weights; goes into the fronts' ids.
    watch : Stopwatch, optional
        Gets the seconds of 'network' and 'trace'.

    Returns
    -------
    Extraction
        Fronts ordered by confidence times length; with a reason if there is none.
    """
    watch = watch or Stopwatch()
    eye = _Eye(subset, network, settings, fjord, watch)
    with watch("network"):
        whole = eye.look(look.Window.whole(subset))
    with watch("trace"):
        found = eye.candidates(whole, settings.edge_threshold)
    if settings.second_look and _shrunk(subset, whole):
        found = _second_looks(found, eye)
    target = _Target(subset, settings.out_crs)
    with watch("trace"):
        found, reason = _select(found, subset, settings)
        lines = [item.rowcol for item in found]
        grid = None if fjord is None else fjord_masks.on_grid(fjord, whole)
        ocean = polygon.ocean_polygon(whole, lines, grid)
        coast = polygon.coastline(ocean, whole, lines)
    fronts = [
        _front(item, number, target, network, digest) for number, item in enumerate(found, start=1)
    ]
    return Extraction(
        fronts=tuple(fronts),
        ocean=target.geometry(ocean),
        coast=tuple(Coast(target.xy(line), calving) for line, calving in coast),
        crs=target.crs,
        reason=reason,
        prediction=whole,
    )


def _as_subset(image: ArrayLike) -> Subset:
    array: np.ma.MaskedArray[Any, Any] = np.ma.asarray(image)
    if array.ndim == 3 and array.shape[2] in (3, 4):
        array = array[..., 0]
    if array.ndim != 2 or 0 in array.shape:
        raise ImageError(
            f"an image of shape {np.shape(image)} arrived; expected (H, W) or (H, W, 3)"
        )
    if array.dtype.kind not in "biuf":
        raise ImageError(
            f"an image of type {array.dtype} arrived; expected real numbers "
            "(of a complex image take the amplitude, abs(image))"
        )
    pixels = np.ma.filled(array.astype(np.float32), np.nan)
    valid = np.isfinite(pixels)
    return Subset("image", np.where(valid, pixels, np.float32(np.nan)), valid)


def _as_fjord(fjord: ArrayLike, shape: tuple[int, int]) -> Mask:
    # what is masked or not a number is not known to be fjord
    mask: NDArray[Any] = np.nan_to_num(np.ma.filled(np.ma.asarray(fjord), 0))
    mask = mask[..., 0] if mask.ndim == 3 else mask
    if mask.shape != shape:
        raise ImageError(f"a fjord mask of shape {mask.shape} arrived; expected {shape}")
    return mask != 0


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

    def candidates(self, prediction: Prediction, threshold: float) -> list[_Candidate]:
        """Trace every line of a prediction."""
        settings = self.settings
        smoothing = (settings.smoothing_window, settings.smoothing_order)
        return [
            _Candidate(prediction.to_subset(item.rowcol), item, prediction, confidence(item))
            for line in trace(prediction, threshold, settings.min_length, smoothing)
            for item in calving_parts(line, settings.min_length)
        ]


def _shrunk(subset: Subset, prediction: Prediction) -> bool:
    """Tell whether the pixels of a look are notably coarser on the ground than the subset's."""
    spacing = np.array(look.pixel_spacing(subset))
    pixel = float(np.sqrt(np.prod(spacing * prediction.step)))
    return pixel > SHRUNK * look.native_metres(subset)


def _second_looks(first: list[_Candidate], eye: _Eye) -> list[_Candidate]:
    """Look again around every candidate that could be a front; keep the finer lines."""
    settings, found = eye.settings, []
    plausible = [item for item in first if item.confidence >= settings.min_confidence / 2]
    for item in sorted(plausible, key=lambda candidate: -candidate.score)[: settings.max_fronts]:
        window = look.Window.around(item.rowcol, eye.subset, settings.second_side, settings.look)
        with eye.watch("network"):
            closer = eye.look(window)
        with eye.watch("trace"):
            finer = eye.candidates(closer, settings.second_threshold)
        reach = OVERLAP_DISTANCE * max(item.prediction.step)
        if not any(overlap(other.rowcol, item.rowcol, reach) >= 0.5 for other in finer):
            finer.append(item)
        found.extend(finer)
    return found


def _select(
    found: list[_Candidate], subset: Subset, settings: Settings
) -> tuple[list[_Candidate], str]:
    """Choose the fronts among the candidates, best first; or say why there is none."""
    if not found:
        return [], "no edge in the prediction"
    believed = [item for item in found if item.confidence >= settings.min_confidence]
    if not believed:
        best = max(item.confidence for item in found)
        return [], f"no front above confidence {settings.min_confidence:g} (best {best:.2f})"
    step = max(item.step for item in believed)
    kept = distinct(
        [item.rowcol for item in believed],
        [item.score for item in believed],
        OVERLAP_DISTANCE * step,
    )
    fronts = [believed[index] for index in kept]
    if subset.polygon is not None and subset.transform is not None:
        transform, area = subset.transform, subset.polygon
        if settings.clip:
            fronts = [part for item in fronts for part in _clipped(item, transform, area)]
        fronts = [
            item
            for item in fronts
            if LineString(geo.pixel_to_map(item.rowcol, transform)).intersects(area)
        ]
        if not fronts:
            return [], "no front inside the domain"
    return fronts[: settings.max_fronts], ""


def _clipped(item: _Candidate, transform: Affine, area: BaseGeometry) -> list[_Candidate]:
    """Cut a front exactly where it crosses the border of the domain: one front for every piece."""
    line = LineString(geo.pixel_to_map(item.rowcol, transform))
    along = np.asarray(shapely.line_locate_point(line, shapely.points(line.coords)))
    inside = shapely.line_merge(shapely.intersection(line, area))
    parts = [part for part in shapely.get_parts(inside) if isinstance(part, LineString)]
    ends = [shapely.line_locate_point(line, shapely.points(part.coords)) for part in parts]
    spans = sorted((float(part.min()), float(part.max())) for part in ends)
    pieces = []
    for start, stop in spans:
        between = np.flatnonzero((along > start) & (along < stop))
        first, last = np.interp([start, stop], along, np.arange(len(along)))
        if last - first < 1:  # a sliver at a corner, shorter than the spacing of vertices
            continue
        where = np.array([first, *between, last])
        pieces.append(
            replace(
                item,
                rowcol=interpolated(item.rowcol, where),
                trace=item.trace.at(where),
            )
        )
    return pieces


@dataclass(frozen=True, eq=False)
class _Target:
    """Where results go: from the pixels of a subset to the CRS of the results."""

    subset: Subset
    wanted: str | None = None

    @property
    def crs(self) -> str | None:
        subset = self.subset
        if subset.crs is None or subset.transform is None:
            return None
        if self.wanted is not None:
            return geo.crs_name(self.wanted)
        centre = geo.pixel_to_map((np.array([subset.shape]) - 1) / 2, subset.transform)
        return geo.polar_crs(geo.latitude_of(centre, subset.crs))

    @property
    def mirrored(self) -> bool:
        """Tell whether left on the image as displayed is right on the map."""
        transform = self.subset.transform
        return transform is not None and self.crs is not None and transform.determinant > 0

    def xy(self, rowcol: Float64) -> Float64:
        """Map row and column; column and row where there is no georeference."""
        subset, crs = self.subset, self.crs
        if crs is None or subset.crs is None or subset.transform is None:
            return np.ascontiguousarray(rowcol[:, ::-1])
        return geo.reproject(geo.pixel_to_map(rowcol, subset.transform), subset.crs, crs)

    def geometry(self, plane: BaseGeometry) -> BaseGeometry:
        """Map a geometry of the subset's plane."""
        mapped = shapely.transform(plane, lambda xy: self.xy(polygon.from_plane(xy)))
        return mapped if mapped.is_valid else shapely.make_valid(mapped)


def _front(
    item: _Candidate,
    number: int,
    target: _Target,
    network: Network,
    digest: str,
) -> Front:
    subset = target.subset
    order = slice(None, None, -1) if target.mirrored else slice(None)
    rowcol = item.rowcol[order]
    pixel = look.native_metres(subset) if subset.transform is not None else 1.0
    width = np.maximum(item.trace.width[order], LEAST_UNCERTAINTY)
    identity = subset.identity
    slc_off = identity.sensor == "LE07" and identity.date > SLC_OFF_DATE
    return Front(
        xy=target.xy(rowcol),
        crs=target.crs,
        date=identity.date,
        time=identity.time,
        scene=identity.name,
        domain=subset.domain,
        subset=subset.name,
        number=number,
        pixels=rowcol,
        confidence=item.confidence,
        uncertainty=width * item.step * pixel,
        quality=AUTOMATIC + SLC_OFF * slc_off,
        partial=_partial(item, subset),
        synthetic=subset.synthetic,
        sensor=identity.sensor,
        network=f"{network.name}:{network.digest[:12]}",
        id=front_id(identity.name, identity.band, subset.domain, number, digest),
    )


def _partial(item: _Candidate, subset: Subset) -> bool:
    """Tell whether an end of a front lies at the border, a gap or a cloud."""
    ends = item.trace.rowcol[[0, -1]]
    step = np.array(item.prediction.step)
    in_subset = item.rowcol[[0, -1]]
    room = np.minimum(in_subset + 0.5, np.array(subset.shape) - 0.5 - in_subset) / step
    if (room < PARTIAL_REACH).any():
        return True
    blocked = ~trusted_pixels(item.prediction.valid)
    if item.prediction.cloud is not None:
        blocked |= item.prediction.cloud
    if not blocked.any():
        return False
    distance: NDArray[np.float64] = ndimage.distance_transform_edt(~blocked)
    near = ndimage.map_coordinates(distance, ends.T, order=1, mode="nearest")
    return bool((near < PARTIAL_REACH).any())
