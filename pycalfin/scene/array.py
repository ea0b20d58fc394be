"""From an image that a Python program holds to a subset: plain arrays, and xarray's with a CRS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray

from pycalfin import geo
from pycalfin.errors import ImageError, MissingDependencyError, SettingsError
from pycalfin.records import Identity, Mask, Subset
from pycalfin.scene.dates import is_date
from pycalfin.scene.nodata import data_of_array

if TYPE_CHECKING:
    import xarray


def as_subset(
    image: ArrayLike | xarray.DataArray,
    nodata: str | None,
    *,
    transform: Affine | None = None,
    crs: str | None = None,
    date: str | None = None,
) -> Subset:
    """Make a subset of an image.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array, or xarray.DataArray
        See `pycalfin.extract_fronts`.
    nodata : str or None
        See `Settings.nodata`.
    transform : affine.Affine, optional
    crs : str, optional
    date : str, optional
        YYYY-MM-DD.

    Raises
    ------
    ImageError
        If it is no such image, or its georeference is half of one.
    SettingsError
        If the CRS is none of a map, or the date no date.
    MissingDependencyError
        If a DataArray comes without rioxarray (extra `notebook`).
    """
    time = None
    if hasattr(image, "dims") and hasattr(image, "coords"):
        image, place, found, moment = _opened(image)
        transform, crs = transform or place, crs or found
        date, time = (date, None) if date else moment
    if (transform is None) != (crs is None):
        missing, there = ("crs", "transform") if crs is None else ("transform", "crs")
        raise ImageError(f"the image has a {there} but no {missing}; give both, or neither")
    if date and not is_date(date):
        raise SettingsError(f"date is {date!r}; expected YYYY-MM-DD")
    if crs is not None:
        geo.require_map_crs(crs)
        crs = geo.crs_name(crs)
    pixels, valid = _pixels(image, nodata)
    identity = Identity("image", date=date or "", time=time)
    return Subset("image", pixels, valid, transform=transform, crs=crs, identity=identity)


def _opened(
    image: Any,
) -> tuple[NDArray[Any], Affine | None, str | None, tuple[str | None, str | None]]:
    """Take apart a DataArray: pixels, transform, CRS, and date and time (UTC)."""
    try:
        import rioxarray  # noqa: F401 (it gives every DataArray the attribute rio)
    except ImportError as error:
        raise MissingDependencyError(
            f"an xarray.DataArray needs rioxarray, which cannot be imported ({error}): "
            'pip install "pycalfin[notebook]", or give the values as a plain array'
        ) from error
    moment = _moment(image)
    flat = image.squeeze(drop=False)
    if flat.ndim != 2:
        sizes = ", ".join(f"{name}: {count}" for name, count in image.sizes.items())
        raise ImageError(
            f"a DataArray with the dimensions {sizes} arrived; expected one image: choose a band "
            "and a time first, as in image.sel(band='nir').isel(time=0)"
        )
    rio = flat.rio
    crs = rio.crs
    if crs is not None:
        flat = flat.transpose(rio.y_dim, rio.x_dim)
    values = flat.values
    fill = flat.rio.nodata if crs is not None else None
    if fill is not None and values.dtype.kind in "iu" and np.isfinite(fill):
        values = np.ma.masked_equal(values, fill)
    transform = None if crs is None else flat.rio.transform(recalc=True)
    return values, transform, None if crs is None else crs.to_wkt(), moment


def _moment(image: Any) -> tuple[str | None, str | None]:
    """Read date and time from the coordinate of that name; None if there is none, or several."""
    if "time" not in image.coords:
        return None, None
    values = np.unique(np.asarray(image.coords["time"].values).ravel())
    if len(values) != 1 or values.dtype.kind != "M" or np.isnat(values[0]):
        return None, None
    day, _, clock = str(values[0].astype("datetime64[s]")).partition("T")
    return day, clock if clock != "00:00:00" else None


def _pixels(image: ArrayLike, nodata: str | None) -> tuple[NDArray[np.float32], Mask]:
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
    valid = data_of_array(np.ma.getdata(array), np.isfinite(pixels), nodata)
    return np.where(valid, pixels, np.float32(np.nan)), valid


def as_fjord(fjord: ArrayLike, shape: tuple[int, int]) -> Mask:
    """Read a fjord mask: what is masked or not a number is not known to be fjord.

    Raises
    ------
    ImageError
        If it has another shape than the image.
    """
    mask: NDArray[Any] = np.nan_to_num(np.ma.filled(np.ma.asarray(fjord), 0))
    mask = mask[..., 0] if mask.ndim == 3 else mask
    if mask.shape != shape:
        raise ImageError(f"a fjord mask of shape {mask.shape} arrived; expected {shape}")
    return mask != 0
