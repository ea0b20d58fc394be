"""Georeferenced images with fronts in vector files, in three layouts.

A front belongs to the image that its file name or its column `scene` names. Otherwise it belongs to
the image of its date, which a date column or the file name gives. A file of zones
(`pycalfin.datasets.zones`) holds no fronts.

* `zhang`: shapefiles, and quick-looks (PNG or JPEG) with a world file or the coordinates of their
  corners (`NAME_corners.csv`). Zhang et al. (2019): Automatically delineating the calving front of
  Jakobshavn Isbrae from multitemporal TerraSAR-X images: a deep learning approach. The Cryosphere
  13, 1729-1741.
* `baumhoer`: shapefiles, and Sentinel-1 scenes as GeoTIFF. Baumhoer et al. (2019): Automated
  extraction of Antarctic glacier and ice shelf fronts from Sentinel-1 imagery using deep learning.
  Remote Sensing 11, 2529.
* `geopackage`: scenes, and a GeoPackage with a date column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date as calendar_date
from functools import partial
from pathlib import Path

import numpy as np
import shapely
from affine import Affine

from pycalfin import geo
from pycalfin.datasets import zones
from pycalfin.datasets.columns import date_in, dates_and_scenes
from pycalfin.datasets.lines import draw
from pycalfin.datasets.records import Item, LabelledImage
from pycalfin.errors import MissingCRSError, PycalfinError, SceneError
from pycalfin.records import Domain, Float64, Subset
from pycalfin.scene.domain import read_domains
from pycalfin.scene.hemisphere import require_hemisphere
from pycalfin.scene.names import identify
from pycalfin.scene.raster import open_dataset
from pycalfin.scene.read import find as find_scenes
from pycalfin.scene.read import open_scene
from pycalfin.scene.subset import cut, scene_domains
from pycalfin.settings import Settings
from pycalfin.textfile import read_text
from pycalfin.vectors.read import read_layer

VECTORS = {"zhang": ".shp", "baumhoer": ".shp", "geopackage": ".gpkg"}
"""Suffix of the files with fronts, by layout."""
QUICKLOOKS = (".png", ".jpg", ".jpeg")
CORNERS = "_corners.csv"
"""Suffix of a table with columns corner, longitude, latitude and corners ul, ur, lr and ll."""
DAYS = 1
"""Default for the largest difference in days between an image and its front."""


@dataclass(frozen=True, eq=False)
class KnownFront:
    """A front of a vector file.

    Attributes
    ----------
    xy : (N, 2) float64
    crs : str
    date : str
        '' if unknown.
    scene : str
        File stem of its image; '' if no column gives it.
    """

    xy: Float64
    crs: str
    date: str
    scene: str = ""


@dataclass(frozen=True, eq=False)
class Known:
    """All fronts of a folder, by the stem of their file."""

    folder: Path
    files: dict[str, list[KnownFront]]
    days: int

    def of(self, name: str, date: str) -> list[KnownFront]:
        """Choose the fronts of an image.

        Raises
        ------
        SceneError
            If no front is known, which does not mean that the image shows none.
        """
        if not self.files:  # the zones define the fronts
            return []
        if name in self.files:
            return self.files[name]
        every = [front for fronts in self.files.values() for front in fronts]
        named = [front for front in every if front.scene == name]
        if named:
            return named
        free = [front for front in every if not front.scene]
        dated = [front for front in free if front.date]
        if dated and date:
            near = min(dated, key=lambda front: (_apart(front.date, date), front.date)).date
            if _apart(near, date) <= self.days:
                return [front for front in dated if front.date == near]
        if free and not dated and len(self.files) == 1:
            return free
        raise SceneError(
            f"{self.folder / name}: no known front of {date or 'this image, which has no date'}"
            f"{f' within --days {self.days}' if date else ''}; dates known: {self._span(dated)}"
        )

    @staticmethod
    def _span(fronts: Sequence[KnownFront]) -> str:
        dates = sorted({front.date for front in fronts})
        return f"{dates[0]} to {dates[-1]}" if dates else "none"


def find(folder: Path, layout: str, settings: Settings, days: int = DAYS) -> list[Item]:
    """List the images of a folder without reading them.

    Parameters
    ----------
    folder : Path
    layout : {'zhang', 'baumhoer', 'geopackage'}
    settings : Settings
        `domain`, `domain_name`, `date`, `crs`, `band`, and the settings by which `run` cuts and
        skips subsets.
    days : int
        Largest difference in days between a front and its image.

    Returns
    -------
    list of Item
        One item for every image and domain.

    Raises
    ------
    SceneError
        If there are no images.
    DomainError, MissingCRSError
        If a vector file cannot be used.
    """
    known = Known(folder, _read_fronts(folder, VECTORS[layout], settings.crs), days)
    if layout == "zhang":
        images = [p for p in sorted(folder.iterdir()) if p.suffix.lower() in QUICKLOOKS]
        items = [
            Item(path.stem, "", partial(read_quicklook, path, known, settings.day))
            for path in images
        ]
    else:
        scenes = [path for path in find_scenes([str(folder)]) if path != str(folder)]
        domains = _domains(settings)
        require_hemisphere(domains, scenes, settings)
        items = [item for path in scenes for item in _scene_items(path, known, settings, domains)]
    if not items:
        kind = "PNG or JPEG" if layout == "zhang" else "GeoTIFF"
        raise SceneError(f"{folder}: no {kind} images; expected a folder in the layout {layout}")
    return items


def read_quicklook(path: Path, known: Known, date: str | None = None) -> LabelledImage:
    """Read a quick-look and its front.

    Parameters
    ----------
    path : Path
    known : Known
    date : str, optional
        Date of the image, if its name does not give it.

    Returns
    -------
    LabelledImage

    Raises
    ------
    SceneError
        If it cannot be read, or has neither a world file nor a table of corners.
    """
    with open_dataset(str(path), str(path)) as dataset:
        try:
            pixels = dataset.read(1).astype(np.float32)
            valid = dataset.dataset_mask() != 0
        except OSError as error:
            raise SceneError(f"{path}: not a readable image ({error}); fetch it again") from error
        transform, crs = dataset.transform, dataset.crs.to_wkt() if dataset.crs else None
    identity = identify(path.name)
    day = date or identity.date or date_in(path.stem)
    fronts = known.of(path.stem, day)
    corners = path.with_name(path.stem + CORNERS)
    if corners.exists():
        transform, crs = _from_corners(corners, pixels.shape)
    elif transform.is_identity:
        raise SceneError(f"{path}: no world file and no {corners.name}; add one of them")
    elif crs is None:
        crs = _one_crs(path, fronts)
    identity = replace(identity, sensor=identity.sensor or _sensor(path.stem), date=day)
    subset = Subset(
        path.stem,
        np.where(valid, pixels, np.float32(np.nan)),
        valid,
        transform=transform,
        crs=geo.crs_name(crs),
        identity=identity,
        domain=path.stem,
        dtype="uint8",
    )
    return _labelled(subset, fronts, path, "")


def _scene_items(path: str, known: Known, settings: Settings, domains: list[Domain]) -> list[Item]:
    try:
        scene = open_scene(path, date=settings.day, crs=settings.crs, band=settings.band)
        inside = domains or scene_domains(scene, settings)
    except PycalfinError:
        return [Item(Path(path).stem, "", partial(_read_scene, path, None, known, settings))]
    named = [domain.name if domains else "" for domain in inside]
    return [
        Item(f"{scene.name}_{domain.name}" if name else domain.name, name,
             partial(_read_scene, path, domain, known, settings))
        for domain, name in zip(inside, named, strict=True)
    ]  # fmt: skip


def _read_scene(
    path: str, domain: Domain | None, known: Known, settings: Settings
) -> LabelledImage:
    scene = open_scene(path, date=settings.day, crs=settings.crs, band=settings.band)
    subset = cut(scene, domain, settings)
    stems = (Path(path).stem, subset.name)
    stem = next((stem for stem in stems if stem in known.files), stems[0])
    fronts = known.of(stem, scene.date)
    return _labelled(subset, fronts, Path(path), subset.domain if settings.domain else "")


def _labelled(
    subset: Subset, fronts: Sequence[KnownFront], source: Path, glacier: str
) -> LabelledImage:
    """Place fronts on the grid of a subset; drop those outside its polygon or the image."""
    grid = subset.grid
    assert grid is not None
    lines = []
    for front in fronts:
        xy = geo.reproject(front.xy, front.crs, grid.crs)
        if subset.polygon is None or shapely.LineString(xy).intersects(subset.polygon):
            lines.append(grid.rowcol(xy))
    drawn = draw(lines, subset.shape)
    inside = [line for line in lines if draw([line], subset.shape).any()]
    return LabelledImage(
        name=subset.name,
        glacier=glacier or subset.identity.domain,
        sensor=subset.identity.sensor,
        date=subset.identity.date,
        image=subset.pixels,
        front=drawn,
        zones=np.zeros(subset.shape, np.uint8),
        edge_known=np.ones(subset.shape, bool),
        source=source,
        metres=float(np.sqrt(np.prod(grid.spacing))),
        lines=tuple(inside),
        subset=subset,
    )


def _read_fronts(folder: Path, suffix: str, crs: str | None) -> dict[str, list[KnownFront]]:
    paths = sorted(path for path in folder.rglob(f"*{suffix}") if path.is_file())
    fronts = [path for path in paths if path.stem.lower() != zones.STEM]
    if not fronts and not zones.find(folder):
        raise SceneError(f"{folder}: no *{suffix} with fronts")
    return {path.stem: _fronts_of(path, crs) for path in fronts}


def _fronts_of(path: Path, crs: str | None) -> list[KnownFront]:
    layer = read_layer(path, SceneError, shape="LineString")
    found = layer.crs or crs
    if not found:
        raise MissingCRSError(f"{path}: no coordinate reference system; pass --crs EPSG:n")
    fields = {name.lower(): column for name, column in layer.fields.items()}
    shapes = layer.geometries
    fronts = []
    for geometry, (date, scene) in zip(shapes, dates_and_scenes(fields, len(shapes)), strict=True):
        for part in shapely.get_parts(geometry) if geometry is not None else ():
            if part.geom_type in ("LineString", "LinearRing") and not part.is_empty:
                xy = np.asarray(part.coords)[:, :2]
                fronts.append(
                    KnownFront(xy, geo.crs_name(found), date or date_in(path.stem), scene)
                )
    if not fronts and shapes:
        kinds = sorted({one.geom_type for one in shapes if one is not None})
        raise SceneError(f"{path}: holds {', '.join(kinds) or 'no geometry'}; expected lines")
    return fronts


def _domains(settings: Settings) -> list[Domain]:
    if settings.domain is None:
        return []
    return read_domains(settings.domain, name_field=settings.domain_name, crs=settings.crs)


def _from_corners(path: Path, shape: tuple[int, ...]) -> tuple[Affine, str]:
    """Fit an affine to the corners of the image, in a polar projection."""
    places = {"ul": (0, 0), "ur": (0, shape[1]), "lr": (shape[0], shape[1]), "ll": (shape[0], 0)}
    try:
        table = csv.DictReader(io.StringIO(read_text(path)))
        rows = {row["corner"].strip().lower(): row for row in table}
        lonlat = np.array(
            [[float(rows[k]["longitude"]), float(rows[k]["latitude"])] for k in places]
        )
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise SceneError(
            f"{path}: expected the columns corner,longitude,latitude and the corners "
            f"{', '.join(places)} ({error})"
        ) from error
    crs = geo.polar_crs(float(lonlat[:, 1].mean()))
    rowcol = np.array(list(places.values()), float)
    design = np.column_stack([rowcol[:, 1], rowcol[:, 0], np.ones(4)])
    fitted = np.linalg.lstsq(design, geo.reproject(lonlat, geo.LONLAT, crs), rcond=None)[0]
    return Affine(*fitted[:, 0], *fitted[:, 1]), crs


def _one_crs(path: Path, fronts: Sequence[KnownFront]) -> str:
    """Return the CRS of the image's fronts, because a world file has none."""
    if not fronts:
        raise MissingCRSError(
            f"{path}: the world file has no CRS, and the image has no front with one"
        )
    return fronts[0].crs


def _sensor(stem: str) -> str:
    found = re.search(r"(TSX|TDX|TSX1|TDX1)", stem, re.IGNORECASE)
    return found[1].upper() if found else ""


def _apart(first: str, second: str) -> int:
    return abs((calendar_date.fromisoformat(first) - calendar_date.fromisoformat(second)).days)
