"""The records of the pipeline: scene, domain, subset and front.

The name of an array gives the order of its coordinates. Only `pycalfin.geo` converts between them.

- `xy`: (N, 2) easting and northing (or longitude and latitude) in the record's `crs`.
- `pixels`, `rowcol`: (N, 2) row and column; (0, 0) is the centre of the first pixel.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from affine import Affine
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from pycalfin.arrays import Float32 as Float32
from pycalfin.arrays import Float64 as Float64
from pycalfin.arrays import Mask as Mask
from pycalfin.geo import LONLAT, ground_length, reproject
from pycalfin.grid import Grid

Kind: TypeAlias = Literal["optical", "sar", ""]

ID_LENGTH = 16
"""Hexadecimal digits of a front's id (64 bits)."""
END_VERTICES = 10
"""Vertices of an end of a front."""
END_RATIO = 2.0
"""Uncertainty of an end, in medians of the front, above which the end is uncertain."""


@dataclass(frozen=True)
class Identity:
    """Properties of a scene, as read from its file name or metadata.

    Parameters
    ----------
    name : str
        Product id, or the file's stem.
    sensor : str
        CALFIN's satellite code: 'LC08', 'LE07', 'LT05', 'S1B', ...; '' if unknown.
    kind : {'optical', 'sar', ''}
    date : str
        YYYY-MM-DD, or '' if unknown.
    time : str or None
        Time of day in UTC, HH:MM:SS; None if unknown.
    level : str
        Processing level: 'L1TP', 'GRDH', ...
    pathrow : str
        '031-005' for Landsat, the relative orbit for Sentinel-1; '' if unknown.
    tier : str
        'T1', 'T2' or 'RT' for Landsat, the polarisation code for Sentinel-1.
    band : str
        'B5', 'HH', ...; '' if unknown.
    domain : str
        Domain of a subset with CALFIN's name, else ''.
    """

    name: str
    sensor: str = ""
    kind: Kind = ""
    date: str = ""
    time: str | None = None
    level: str = ""
    pathrow: str = ""
    tier: str = ""
    band: str = ""
    domain: str = ""


@dataclass(frozen=True)
class CloudCode:
    """The code for cloud in a quality band.

    A pixel is cloud if any of the bits is set, or if its value is one of the classes.

    Parameters
    ----------
    bits : tuple of int
        Bit numbers, from 0.
    classes : tuple of int
        Values of the band.
    bands : tuple of int
        Bands of the file, from 1; cloud in any of them counts.
    polygons : bool
        True if the file holds cloud polygons (GML) instead of a raster.
    """

    bits: tuple[int, ...] = ()
    classes: tuple[int, ...] = ()
    bands: tuple[int, ...] = (1,)
    polygons: bool = False


@dataclass(frozen=True)
class Scene:
    """One band of one satellite scene: the place of its pixels and its properties.

    Parameters
    ----------
    identity : Identity
        Always with a date, since scenes without one are refused.
    path : str
        Path as the user gave it, used in messages.
    raster : str
        File or member of an archive, for `pycalfin.scene.raster.open_dataset`.
    band : int
        Band number in `raster`, from 1.
    crs : str
        'EPSG:n' or WKT of the grid that is read. With ground control points, this is the CRS to
        which the scene is warped.
    qa : str or None
        Quality band or cloud mask, in the form of `raster`.
    qa_code : CloudCode
        Code for cloud in `qa`.
    gcps : bool
        True if ground control points georeference the scene; it is then read through a warped
        view.
    synthetic : bool
        True for scenes made by `pycalfin.synthetic.painting`, marked in the file's tags.
    """

    identity: Identity
    path: str
    raster: str
    band: int
    crs: str
    qa: str | None = None
    qa_code: CloudCode = CloudCode()
    gcps: bool = False
    synthetic: bool = False

    @property
    def name(self) -> str:
        """Product id, or the file's stem."""
        return self.identity.name

    @property
    def date(self) -> str:
        """YYYY-MM-DD."""
        return self.identity.date


@dataclass(frozen=True, eq=False)
class Domain:
    """A named area in which fronts are to be found.

    Parameters
    ----------
    name : str
        Safe for file names and .exp contours.
    polygon : shapely Polygon or MultiPolygon
        In `crs`; valid and not empty.
    crs : str
        'EPSG:n' or WKT.
    attributes : dict
        Other fields of the feature (GlacierID, OfficialN, ...), copied to the products.
    crs_assumed : bool
        True if neither a file nor the user named the CRS.
    """

    name: str
    polygon: BaseGeometry
    crs: str
    attributes: dict[str, Any] = field(default_factory=dict)
    crs_assumed: bool = False


@dataclass(frozen=True, eq=False)
class Subset:
    """The part of a scene that covers a domain, in the scene's own grid.

    Parameters
    ----------
    name : str
        CALFIN's subset name without extension.
    pixels : (H, W) float32
        Values of the band as stored; NaN for invalid pixels.
    valid : (H, W) bool
        True for pixels with data.
    transform : affine.Affine or None
        GDAL's convention (corner of the first pixel); None without a georeference.
    crs : str or None
    identity : Identity
        Identity of the scene.
    domain : str
        Name of the domain.
    polygon : shapely geometry or None
        The domain in `crs`; None for the whole subset.
    dtype : str
        Data type of the band in the file: 'uint16', ...
    nodata_fraction, cloud_fraction : float
        Fractions of the domain, 0..1.
    cloud : (H, W) bool or None
        True for cloud according to the quality band; None without a quality band.
    synthetic : bool
    """

    name: str
    pixels: Float32
    valid: Mask
    transform: Affine | None = None
    crs: str | None = None
    identity: Identity = field(default_factory=lambda: Identity("image"))
    domain: str = ""
    polygon: BaseGeometry | None = None
    dtype: str = "float32"
    nodata_fraction: float = 0.0
    cloud_fraction: float = 0.0
    cloud: Mask | None = None
    synthetic: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def grid(self) -> Grid | None:
        """Position of the pixels on the map; None without a georeference."""
        if self.transform is None or self.crs is None:
            return None
        return Grid(self.shape, self.transform, self.crs)


@dataclass(frozen=True, eq=False)
class Front:
    """A calving front: an ordered line with the ocean on its left.

    Parameters
    ----------
    xy : (N, 2) float64
        Easting and northing (or column and row of the image where `crs` is None).
    crs : str or None
        'EPSG:n' or WKT; None without a georeference.
    date : str
        YYYY-MM-DD.
    time : str or None
        HH:MM:SS in UTC; None if unknown.
    scene, domain, subset : str
        Product id, domain name, and the subset's file stem.
    number : int
        Number of the front within its subset, from 1.
    pixels : (N, 2) float64
        Row and column in the subset, centre-based.
    confidence : float
        0..1.
    uncertainty : (N,) float64
        One standard deviation at each vertex, in ground metres (pixels without a georeference).
    quality : int
        CALFIN's QualFlag: 0 manual, 10 automatic, +3 for Landsat 7 after SLC-off.
    partial : bool
        True if the front leaves the image, or ends at a cloud or a gap.
    synthetic : bool
        True for a front from a synthetic scene.
    sensor : str
        CALFIN's satellite code ('LC08', 'S1B', ...).
    network : str
        Name and first digits of the weights' hash, 'light:0123456789ab'.
    id : str
        Stable hash of scene, domain, number and settings. Default: a hash of the content.

    Notes
    -----
    Walking from the first to the last vertex, ocean (or mélange) lies on the left in map
    coordinates (y up).

    Examples
    --------
    >>> front = Front(xy=[[0, 0], [100, 0]], crs="EPSG:3413", date="2016-06-30")
    >>> front.xy.shape
    (2, 2)
    """

    xy: Float64
    crs: str | None = None
    date: str = ""
    time: str | None = None
    scene: str = ""
    domain: str = ""
    subset: str = ""
    number: int = 1
    pixels: Float64 = field(default_factory=lambda: np.empty((0, 2)))
    confidence: float = 1.0
    uncertainty: Float64 = field(default_factory=lambda: np.empty(0))
    quality: int = 0
    partial: bool = False
    synthetic: bool = False
    sensor: str = ""
    network: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        for name in ("xy", "pixels", "uncertainty"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float64))
        if self.xy.ndim != 2 or self.xy.shape[1] != 2 or len(self.xy) < 2:
            raise ValueError(f"a front's xy has shape {self.xy.shape}; expected (N, 2) with N >= 2")
        if not np.isfinite(self.xy).all():
            raise ValueError("a front's xy has NaN or infinite coordinates; drop these vertices")
        if not self.id:
            digest = front_id(self.scene, self.domain, self.number, self.date, self.xy.tobytes())
            object.__setattr__(self, "id", digest)

    def __repr__(self) -> str:
        """Summarise the front in one line; the vertices are in `xy`."""
        what = [text for text in (self.domain, self.date) if text]
        unit = "m" if self.crs else "pixels"
        what.append(f"{self.length:.0f} {unit}, {len(self.xy)} vertices, {self.crs or 'no CRS'}")
        what.append(f"confidence {self.confidence:.2f}")
        marks = [name for name in ("partial", "synthetic") if getattr(self, name)]
        return f"<Front {', '.join([*what, *marks])}>"

    def with_fields(self, **changes: Any) -> Front:
        """Return a copy in which some fields are changed."""
        return replace(self, **changes)

    @property
    def geometry(self) -> LineString:
        """The line, in `crs`."""
        return LineString(self.xy)

    @property
    def length(self) -> float:
        """Length on the ellipsoid in ground metres; in pixels without a georeference."""
        return ground_length(self.xy, self.crs)

    @property
    def uncertain_end(self) -> int:
        """Ends whose median uncertainty is high: 0 none, 1 the first, 2 the last, 3 both.

        High is above `END_RATIO` medians of the front. 0 if it is unknown or the front is short.
        """
        values, count = self.uncertainty, END_VERTICES
        if len(values) < 2 * count or not np.isfinite(values).all():
            return 0
        first, last = np.median([values[:count], values[-count:]], axis=1)
        most = END_RATIO * np.median(values)
        return int(first > most) + 2 * int(last > most)

    @property
    def properties(self) -> dict[str, Any]:
        """All fields but the coordinates, under their names in fronts.gpkg."""
        left_out = ("xy", "pixels", "uncertainty", "crs")
        known = {name: getattr(self, name) for name in field_names(Front) if name not in left_out}
        mean = float(self.uncertainty.mean()) if self.uncertainty.size else None
        return known | {
            "uncertainty": mean,
            "uncertain_end": self.uncertain_end,
            "length": self.length,
        }

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        """GeoJSON feature; in longitude and latitude if there is a `crs` (RFC 7946)."""
        xy = self.xy if self.crs is None else reproject(self.xy, self.crs, LONLAT)
        return {
            "type": "Feature",
            "id": self.id,
            "properties": self.properties,
            "geometry": {"type": "LineString", "coordinates": xy.tolist()},
        }

    def plot(self, ax: Any = None, **style: Any) -> Any:
        """Plot the line in its own coordinates.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Default: the current axes.
        **style
            Keyword arguments of `matplotlib.axes.Axes.plot`.

        Returns
        -------
        matplotlib Axes
        """
        if ax is None:
            from matplotlib import pyplot

            ax = pyplot.gca()
        ax.plot(*self.xy.T, **{"label": self.date, **style})
        return ax


def front_id(*parts: object) -> str:
    """Return a front's id, a hash of values that have a stable text (or are bytes)."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else str(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:ID_LENGTH]


def field_names(record: type) -> tuple[str, ...]:
    """Return the names of a record's fields, in order."""
    return tuple(item.name for item in fields(record))
