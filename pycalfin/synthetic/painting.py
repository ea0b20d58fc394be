"""Synthetic scenes with known calving fronts: georeferenced GeoTIFFs for the demo and the tests.

Each scene shows an invented fjord (`pycalfin.synthetic.landscape`) as a satellite would see it
(`pycalfin.synthetic.appearance`). Every file has the tag PYCALFIN_SYNTHETIC=1, so that its fronts
are never mistaken for real ones. No such glacier exists at the coordinates.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from shapely.geometry import LineString, Polygon, mapping
from shapely.geometry.base import BaseGeometry

from pycalfin import geo
from pycalfin.files import replacing
from pycalfin.records import Float32, Float64
from pycalfin.scene.names import identify
from pycalfin.synthetic import appearance, demo_plan
from pycalfin.synthetic.appearance import Weather
from pycalfin.synthetic.demo_plan import NOMINAL_PIXEL, Kind, Plan
from pycalfin.synthetic.landscape import Fjord, Ground, Terminus, centred, survey

DOMAINS, TRUTH = "domains.geojson", "truth.geojson"
"""Files in the folder of the scenes: domain polygons and known fronts, EPSG:4326."""
TAG = "PYCALFIN_SYNTHETIC"
"""Tag that marks a GeoTIFF as synthetic (value '1')."""
SIDE = 344
"""Pixels: side of a scene with pixels of 30 m."""
LANDSAT8_GAIN, LANDSAT8_OFFSET = 2e-5, -0.1
"""Conversion from DN to top-of-atmosphere reflectance without sun-angle correction, Landsat 8
level 1."""
LANDSAT7_GAIN, LANDSAT7_OFFSET = 300.0, 6.0
"""DN per unit of reflectance and DN at zero reflectance: Landsat 7 band 4, low gain, 8 bit."""
LANDSAT8_NOISE, LANDSAT7_NOISE = 25.0, 0.6
"""DN: standard deviation of the instrument noise."""
SLC_PERIOD, SLC_WIDEST, SLC_SLOPE = 33.0, 11.0, 0.14
"""Pixels: spacing and largest width of SLC-off gaps; and their slope (Storey et al. 2005)."""
LONLAT_DIGITS = 8
"""Decimals of degrees in GeoJSON: about a millimetre."""


@dataclass(frozen=True, eq=False)
class Rendering:
    """A synthetic image with its zones and known fronts.

    Parameters
    ----------
    image : (H, W) float32
        Reflectance (optical) or amplitude in DN (SAR).
    zones : (H, W) uint8
        `appearance.OCEAN`, `ICE` or `LAND`.
    fronts : tuple of (N, 2) float64
        Row and column, centre-based; vertices may lie outside the image.
    """

    image: Float32
    zones: NDArray[np.uint8]
    fronts: tuple[Float64, ...]


@dataclass(frozen=True, eq=False)
class SyntheticScene:
    """A scene of the demo with its known fronts.

    Parameters
    ----------
    path : Path
        The GeoTIFF.
    date : str
        YYYY-MM-DD.
    kind : {'optical', 'sar'}
    crs : str
        'EPSG:n' of the scene.
    pixel : float
        Side of a pixel, metres of `crs`.
    fronts : tuple of (N, 2) float64
        Known fronts, x and y in `crs`, ocean on the left; empty if there is none.
    domain : shapely Polygon
        Domain in `crs`.
    domain_name : str
    features : tuple of str
        'slc-off', 'melange', 'southern', 'no-front'.
    """

    path: Path
    date: str
    kind: Kind
    crs: str
    pixel: float
    fronts: tuple[Float64, ...]
    domain: BaseGeometry
    domain_name: str
    features: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the product id, which is the scene's name in results."""
        return identify(self.path.name).name


def paint(kind: Kind, ground: Ground, weather: Weather, rng: np.random.Generator) -> Float32:
    """Paint a sampled fjord: reflectance (optical) or amplitude (SAR)."""
    painter = appearance.optical if kind == "optical" else appearance.radar
    return painter(ground, weather, rng)


def render(
    kind: Kind,
    shape: tuple[int, int],
    rng: np.random.Generator,
    *,
    fjord: Fjord | None = None,
    terminus: Terminus | None = None,
    weather: Weather | None = None,
) -> Rendering:
    """Paint one synthetic image; fjord, terminus and weather are random unless given.

    Parameters
    ----------
    kind : {'optical', 'sar'}
    shape : (rows, cols)
    rng : numpy.random.Generator
    fjord : Fjord, optional
    terminus : Terminus, optional
    weather : Weather, optional

    Returns
    -------
    Rendering

    Examples
    --------
    >>> made = render("optical", (96, 96), np.random.default_rng(1))
    >>> made.image.shape, len(made.fronts)
    ((96, 96), 1)
    """
    fjord = fjord or random_fjord(rng, min(shape))
    terminus = terminus or random_terminus(rng, fjord)
    weather = weather or random_weather(rng)
    return render_with_front(kind, survey(fjord, terminus, *centred(shape)), weather, rng)


def render_with_front(
    kind: Kind, ground: Ground, weather: Weather, rng: np.random.Generator
) -> Rendering:
    """Paint a fjord sampled on a grid centred on the origin; add its zones and fronts."""
    rows, cols = ground.shape
    fronts = tuple(
        np.column_stack([(rows - 1) / 2 - front[:, 1], front[:, 0] + (cols - 1) / 2])
        for front in ground.fronts
    )
    return Rendering(paint(kind, ground, weather, rng), appearance.zones(ground), fronts)


def random_fjord(rng: np.random.Generator, side: int) -> Fjord:
    """Draw a fjord whose front fits into an image of `side` pixels."""
    half_width = float(rng.uniform(0.12, 0.26) * side)
    return Fjord(
        seed=int(rng.integers(2**31)),
        azimuth=float(rng.uniform(0, 360)),
        half_width=half_width,
        bend=float(rng.uniform(-0.3, 0.3)),
        flare=float(rng.uniform(-0.02, 0.15)),
        mouth=float(rng.uniform(0.15, 0.6) * side),
        relief=float(rng.uniform(10, 26)),
        ruggedness=float(rng.uniform(0.05, 0.14) * half_width),
    )


def random_terminus(rng: np.random.Generator, fjord: Fjord) -> Terminus:
    """Draw a front near the middle of the image."""
    return Terminus(
        seed=int(rng.integers(2**31)),
        position=float(rng.uniform(-0.5, 0.5) * fjord.half_width),
        concavity=float(rng.uniform(-0.2, 0.35) * fjord.half_width),
        roughness=float(rng.uniform(0.02, 0.07) * fjord.half_width),
    )


def random_weather(rng: np.random.Generator) -> Weather:
    """Draw light, snow, ice on the water and the radar's look direction."""
    return Weather(
        sun_azimuth=float(rng.uniform(120, 240)),
        sun_elevation=float(rng.uniform(18, 45)),
        snow=float(rng.uniform(0.05, 0.8)),
        melange=float(rng.uniform(20, 120) * (rng.uniform() < 0.4)),
        bergs=int(rng.integers(2, 30)),
        looks_right=bool(rng.uniform() < 0.5),
    )


def planned(folder: str | Path, *, seed: int = 0) -> list[Path]:
    """List the files of the scenes that `generate` writes."""
    return [Path(folder) / f"{plan.name}.TIF" for plan in demo_plan.plans(seed)]


def domains(*, seed: int = 0) -> list[tuple[str, Polygon, str]]:
    """List the demo's domains: name, polygon and CRS."""
    places = {plan.place.name: plan.place for plan in demo_plan.plans(seed)}
    return [(name, place.domain(), place.crs) for name, place in places.items()]


def generate(folder: str | Path, *, seed: int = 0) -> list[SyntheticScene]:
    """Write the demo's scenes, their domains and the known fronts.

    Parameters
    ----------
    folder : path
        Output folder for nine GeoTIFFs, and domains.geojson and truth.geojson in EPSG:4326.
    seed : int
        Seed of the fjords and fronts.

    Returns
    -------
    list of SyntheticScene

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    folder = Path(folder)
    scenes = [
        _write(plan, path, np.random.default_rng([seed, 99, number]))
        for number, (plan, path) in enumerate(
            zip(demo_plan.plans(seed), planned(folder, seed=seed), strict=True)
        )
    ]
    areas = [({"name": name}, polygon, crs) for name, polygon, crs in domains(seed=seed)]
    _write_geojson(folder / DOMAINS, areas)
    known = [
        (
            {
                "scene": scene.name,
                "date": scene.date,
                "kind": scene.kind,
                "features": ",".join(scene.features),
                "domain": scene.domain_name,
            },
            LineString(front),
            scene.crs,
        )
        for scene in scenes
        for front in scene.fronts
    ]
    _write_geojson(folder / TRUTH, known)
    return scenes


def _write(plan: Plan, path: Path, rng: np.random.Generator) -> SyntheticScene:
    place, crs = plan.place, plan.crs or plan.place.crs
    side = round(SIDE * NOMINAL_PIXEL / plan.pixel)
    centre = place.to_crs(np.zeros((1, 2)), crs)[0]
    corner = plan.pixel * np.round(centre / plan.pixel - side / 2)
    transform = Affine(plan.pixel, 0, corner[0], 0, -plan.pixel, corner[1] + side * plan.pixel)
    rowcol = np.indices((side, side), dtype=float).reshape(2, -1).T
    xy = geo.reproject(geo.pixel_to_map(rowcol, transform), crs, place.crs)
    world = ((xy - place.centre) / NOMINAL_PIXEL).reshape(side, side, 2)
    ground = survey(place.fjord, plan.terminus, world[..., 0], world[..., 1])
    image = paint(plan.kind, ground, plan.weather, rng)
    numbers = _digital_numbers(plan, image, rng)
    profile = {
        "driver": "GTiff",
        "width": side,
        "height": side,
        "count": 1,
        "dtype": numbers.dtype.name,
        "crs": CRS.from_user_input(crs),
        "transform": transform,
        "nodata": 0,
    }
    with replacing(path) as part, rasterio.open(part, "w", **profile) as dataset:
        dataset.write(numbers, 1)
        dataset.update_tags(**{TAG: "1", "AREA_OR_POINT": "Area"})
    return SyntheticScene(
        path=path,
        date=plan.date,
        kind=plan.kind,
        crs=crs,
        pixel=plan.pixel,
        fronts=tuple(place.to_crs(front, crs) for front in ground.fronts),
        domain=geo.reproject_geometry(geo.densify(place.domain()), place.crs, crs),
        domain_name=place.name,
        features=plan.features,
    )


def _digital_numbers(
    plan: Plan, image: Float32, rng: np.random.Generator
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Convert reflectance or amplitude to the product's numbers; 0 is reserved for no-data."""
    if plan.kind == "sar":
        return np.clip(np.rint(image), 1, 65535).astype(np.uint16)
    light = image * np.sin(np.radians(plan.weather.sun_elevation))
    if plan.name.startswith("LE07"):
        numbers = LANDSAT7_OFFSET + LANDSAT7_GAIN * light
        numbers = numbers + LANDSAT7_NOISE * rng.standard_normal(image.shape)
        numbers = np.clip(np.rint(numbers), 1, 255)
        return np.where(slc_off(image.shape, rng), 0, numbers).astype(np.uint8)
    numbers = (light - LANDSAT8_OFFSET) / LANDSAT8_GAIN
    numbers = numbers + LANDSAT8_NOISE * rng.standard_normal(image.shape)
    return np.clip(np.rint(numbers), 1, 65535).astype(np.uint16)


def slc_off(shape: Sequence[int], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Mark the gaps of a Landsat 7 scene after its scan line corrector failed (2003-05-31).

    Parameters
    ----------
    shape : (rows, cols)
    rng : numpy.random.Generator

    Returns
    -------
    (rows, cols) bool
        Slanted wedges that widen with the distance from the scene's centre line, here the left
        side of the image.
    """
    rows, cols = np.indices(tuple(shape))
    width = SLC_WIDEST * (cols + 0.1 * shape[1]) / (1.1 * shape[1])
    phase = (rows + SLC_SLOPE * cols + rng.uniform(0, SLC_PERIOD)) % SLC_PERIOD
    gaps: NDArray[np.bool_] = phase < width
    return gaps


def _write_geojson(
    path: Path, features: Sequence[tuple[dict[str, str], BaseGeometry, str]]
) -> None:
    """Write features, each given with its CRS, as GeoJSON (RFC 7946: longitude and latitude)."""
    collection = []
    for attributes, geometry, crs in features:
        lonlat = geo.reproject_geometry(geo.densify(geometry), crs, geo.LONLAT)
        lonlat = shapely.transform(lonlat, lambda xy: np.round(xy, LONLAT_DIGITS))
        if isinstance(lonlat, Polygon):
            lonlat = shapely.geometry.polygon.orient(lonlat)
        collection.append(
            {"type": "Feature", "properties": attributes, "geometry": mapping(lonlat)}
        )
    text = json.dumps({"type": "FeatureCollection", "features": collection}, indent=1)
    with replacing(path) as part:
        part.write_text(text + "\n", encoding="utf-8")
