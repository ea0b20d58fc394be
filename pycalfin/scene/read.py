"""Find scenes, identify them, and choose their bands."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj.exceptions import ProjError

from pycalfin.errors import (
    MissingCRSError,
    MissingDateError,
    PycalfinError,
    SceneError,
    SettingsError,
)
from pycalfin.geo import LONLAT, crs_name, latitude_of, polar_crs, reproject
from pycalfin.records import Float64, Identity, Scene
from pycalfin.scene import layout, product
from pycalfin.scene.archive import is_archive, is_other_archive, refusal
from pycalfin.scene.bands import choose_band
from pycalfin.scene.dates import FIRST_IMAGE, is_date, moments
from pycalfin.scene.grouping import one_per_product, products_of
from pycalfin.scene.kinds import refuse_address
from pycalfin.scene.parts import stem_of
from pycalfin.scene.raster import open_dataset, open_raster

if TYPE_CHECKING:
    from rasterio import DatasetReader
    from rasterio.control import GroundControlPoint

    from pycalfin.scene.parts import Part

__all__ = ["find", "find_dated", "open_raster", "open_scene"]

logger = logging.getLogger(__name__)

TAG_DOMAIN = "PYCALFIN_DOMAIN"
TAG_IDENTITY = "PYCALFIN_IDENTITY"
TAG_SCENE = "PYCALFIN_SCENE"
TAG_SYNTHETIC = "PYCALFIN_SYNTHETIC"
"""GeoTIFF tags of files that pycalfin writes."""

_TIME = re.compile(r"\d{2}:\d{2}:\d{2}")
POINT_TOLERANCE = 1e-6
"""Fraction of their extent by which ground control points must deviate from a line."""


def find(paths: Sequence[str]) -> list[str]:
    """Expand folders to the scenes in them.

    Parameters
    ----------
    paths : sequence of str
        GeoTIFFs, archives, product folders, or folders of these at any depth.

    Returns
    -------
    list of str
        Scenes in the given order, and sorted within a folder. A missing file, or a folder without
        scenes, stays in the list and fails later as one scene. One product is one scene (see
        `one_per_product`).
    """
    found: list[str] = []
    unreadable: list[str] = []
    for path in paths:
        inside = _expand(Path(path), set(), unreadable) if Path(path).is_dir() else []
        found.extend(one_per_product(inside) or [path])
    if unreadable:
        logger.warning(
            "%s: not read, since archives of this kind cannot be opened; unpack those with scenes",
            ", ".join(unreadable),
        )
    return list(dict.fromkeys(found))


def find_dated(
    paths: Sequence[str], date: str | Sequence[str] | None
) -> list[tuple[str, str | None]]:
    """Expand folders to scenes, each with the date that the user gave for it.

    Parameters
    ----------
    paths : sequence of str
        See `find`.
    date : str, sequence of str, or None
        One date for all scenes, or one for each of `paths`. The date of a folder holds for all
        scenes in it.

    Returns
    -------
    list of (path, date)
        A scene that was given twice gets its first date.
    """
    if date is None or isinstance(date, str):
        return [(scene, date) for scene in find(paths)]
    found: dict[str, str] = {}
    for path, day in zip(paths, date, strict=True):
        for scene in find([path]):
            found.setdefault(scene, day)
    return list(found.items())


def _expand(folder: Path, seen: set[str], unreadable: list[str]) -> list[str]:
    """List the scenes of a folder; visit each folder once, even if links lead back to it."""
    real = os.path.realpath(folder)
    if real in seen:
        return []
    seen.add(real)
    try:
        safe = layout.safe_scenes(folder)
        if safe:
            return [str(item) for item in safe]
        whole = layout.is_product(folder)
        own = products_of(folder) if whole else set()
        items = sorted(item for item in folder.iterdir() if not item.name.startswith("."))
    except OSError:
        return [str(folder)]
    files = [item for item in items if item.is_file()]
    chosen = {str(item) for item in files if is_archive(item.name)}
    others = (item for item in files if is_other_archive(item.name))
    unreadable.extend(str(item) for item in others if own.isdisjoint(products_of(item)))
    if not whole:
        chosen.update(str(item) for item in files if layout.is_image(item.name))
    scenes = []
    for item in items:
        if item.is_dir():
            scenes.extend(_expand(item, seen, unreadable))
        elif str(item) in chosen:
            scenes.append(str(item))
    if not whole:
        return scenes
    # keep other products in the folder, but not clips and masks of the same product
    return [str(folder), *(path for path in scenes if own.isdisjoint(products_of(Path(path))))]


def open_scene(
    path: str, *, date: str | None = None, crs: str | None = None, band: str | None = None
) -> Scene:
    """Identify a scene and choose its band, without reading pixels.

    Parameters
    ----------
    path : str
        Image, product folder, archive, or the common start of the names of a product's files.
    date : str, optional
        YYYY-MM-DD; overrides the date in name and metadata.
    crs : str, optional
        Coordinate reference system of a file without one.
    band : str, optional
        Number of a band in the file, or a name ('B5', 'HH', a band's description).

    Returns
    -------
    Scene

    Raises
    ------
    SceneError
        If the scene is missing, unreadable or of a kind that pycalfin refuses.
    MissingCRSError
        If the file has no coordinate reference system and `crs` is not given.
    MissingDateError
        If the date is in neither name nor metadata and `date` is not given.
    """
    if date is not None and not is_date(date):
        raise SettingsError(f"date is {date!r}; expected YYYY-MM-DD")
    source = _source(path, band)
    with open_dataset(path, source.raster) as dataset:
        about = _inspect(path, dataset, source, crs, band)
    return Scene(
        identity=_dated(path, about, date),
        path=path,
        raster=source.raster,
        band=about.band,
        crs=about.crs,
        qa=source.qa,
        qa_code=source.qa_code,
        gcps=about.gcps,
        synthetic=about.synthetic,
    )


def _source(path: str, band: str | None) -> product.Source:
    place = Path(path)
    try:
        if place.is_dir():
            return product.from_folder(path, band)
        if not place.exists():
            refuse_address(path)
            together = product.from_name(path, band)
            if together is not None:
                return together
            raise SceneError(f"{path}: no such file or folder; check the path")
        if place.stat().st_size == 0:
            raise SceneError(f"{path}: the file is empty; download or copy it again")
        if is_archive(place.name):
            return product.from_archive(path, band)
        if is_other_archive(place.name):
            raise SceneError(refusal(path))
        return product.from_band_file(path, band)
    except PycalfinError:
        raise
    except OSError as error:
        raise SceneError(
            f"{path}: cannot be read ({error.strerror or error}); check path and permissions"
        ) from error


@dataclass(frozen=True)
class _About:
    identity: Identity
    band: int
    crs: str
    gcps: bool
    synthetic: bool
    stamp: str


def _inspect(
    path: str, dataset: DatasetReader, source: product.Source, crs: str | None, band: str | None
) -> _About:
    tags = dataset.tags()
    named = _tagged(source.identity, tags).band
    if band is None and TAG_IDENTITY not in tags:
        _refuse_auxiliary(path, source.part)
    wanted = None if source.band_chosen else band
    number = choose_band(path, dataset, wanted, named, tags, source.part, explicit=band is not None)
    dtype = dataset.dtypes[number - 1]
    if dtype.startswith(("complex", "cint")):
        raise SceneError(
            f"{path}: complex pixels ({dtype}), as in a single-look complex (SLC) product; use "
            "the GRD product of the same scene, or convert it to amplitude first"
        )
    grid, gcps = _grid(path, dataset, crs)
    return _About(
        identity=_tagged(_with_band(source.identity, dataset, number), tags),
        band=number,
        crs=grid,
        gcps=gcps,
        synthetic=tags.get(TAG_SYNTHETIC, "0") not in ("", "0"),
        stamp=tags.get("TIFFTAG_DATETIME", ""),
    )


def _refuse_auxiliary(path: str, part: Part | None) -> None:
    """Refuse a file whose name says that it is no image of the surface."""
    if part is None or not part.auxiliary:
        return
    wanted = part.sensor.preferred_bands(part.code)
    rather = f"its {wanted[0]}" if wanted and part.sensor.ids else "the image"
    raise SceneError(
        f"{path}: {part.auxiliary} ({part.band or part.rest}); give the product or {rather}, or "
        f"pass --band {part.band or 1} to read it anyway"
    )


def _with_band(identity: Identity, dataset: DatasetReader, number: int) -> Identity:
    if identity.band or dataset.count == 1:
        return identity
    return replace(identity, band=dataset.descriptions[number - 1] or "")


def _tagged(identity: Identity, tags: dict[str, str]) -> Identity:
    """Return the identity that pycalfin wrote into a subset, else the given one."""
    try:
        found = Identity(**json.loads(tags[TAG_IDENTITY]))
    except (KeyError, ValueError, TypeError, RecursionError):
        return identity
    texts = [value for value in vars(found).values() if value is not None]
    dated = not found.date or (isinstance(found.date, str) and is_date(found.date))
    # tags of an untrusted file end up in file names, so check them
    if not (all(isinstance(text, str) for text in texts) and dated):
        return identity
    return replace(found, time=found.time if _TIME.fullmatch(found.time or "") else None)


def _grid(path: str, dataset: DatasetReader, crs: str | None) -> tuple[str, bool]:
    transform = dataset.transform
    gcps, gcp_crs = dataset.gcps
    if transform.is_identity and gcps:
        if len(gcps) < 4:
            raise SceneError(
                f"{path}: {len(gcps)} ground control points; at least 4 are needed, so "
                "georeference it first (gdalwarp)"
            )
        if not gcp_crs:
            raise MissingCRSError(
                f"{path}: ground control points without a coordinate reference system; add it "
                "(gdal_translate -a_srs EPSG:4326)"
            )
        return _points_crs(path, gcps, _crs(path, gcp_crs, None)), True
    if transform.is_identity:
        raise SceneError(
            f"{path}: no georeference (neither a transform nor ground control points); use the "
            "original product, or georeference it (gdal_translate -a_srs -a_ullr, or QGIS)"
        )
    if not np.isfinite(transform[:6]).all() or transform.determinant == 0:
        raise SceneError(
            f"{path}: its georeference {tuple(transform)[:6]} is degenerate; georeference it again "
            "(gdal_translate -a_ullr)"
        )
    return _crs(path, dataset.crs, crs), False


def _points_crs(path: str, gcps: Sequence[GroundControlPoint], crs: str) -> str:
    """Choose the CRS to which a scene is warped, and check its ground control points."""
    xy = np.array([[point.x, point.y] for point in gcps])
    rowcol = np.array([[point.row, point.col] for point in gcps])
    target = polar_crs(latitude_of(xy, crs))
    places = reproject(xy, crs, target)
    if not np.isfinite([places, rowcol]).all():
        problem = f"lie outside {target}"
    elif not all(_spread(points) for points in (xy, places, rowcol)):
        problem = "lie in one point or on one line"
    elif len(np.unique(rowcol, axis=0)) < len(np.unique(np.hstack([rowcol, xy]), axis=0)):
        problem = "put one pixel in two places"
    else:
        return target
    raise SceneError(
        f"{path}: its ground control points {problem}; georeference it again (gdalwarp)"
    )


def _spread(points: Float64) -> bool:
    """Return True if points span an area, not a single point or a line."""
    longer, shorter = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return bool(shorter > POINT_TOLERANCE * longer)


def _crs(path: str, found: Any, given: str | None) -> str:
    if found:
        name = crs_name(found.to_wkt())
        try:
            reproject(np.zeros((1, 2)), name, LONLAT)
        except ProjError as error:
            raise MissingCRSError(
                f"{path}: its coordinate reference system has no known place on the Earth "
                f"({found.to_wkt()[:60]}...); set the right one (gdal_translate -a_srs EPSG:n)"
            ) from error
        return name
    if given is None:
        raise MissingCRSError(
            f"{path}: no coordinate reference system; pass --crs EPSG:n (for the product's map "
            "projection, such as EPSG:32622)"
        )
    return crs_name(given)


def _dated(path: str, about: _About, date: str | None) -> Identity:
    identity = about.identity
    if date is not None:
        if identity.date and identity.date != date:
            logger.warning("%s: date %s overrides %s", path, date, identity.date)
        return replace(identity, date=date)
    if not identity.date:
        dates = sorted({moment.date for moment in moments(stem_of(path), FIRST_IMAGE)})
        if len(dates) > 1:
            raise MissingDateError(
                f"{path}: its name holds {len(dates)} dates ({', '.join(dates)}); pass --date with "
                "that of the image"
            )
        hint = (
            f" (its TIFF tag {about.stamp.strip()} says when it was processed)"
            if about.stamp.strip()
            else ""
        )
        raise MissingDateError(f"{path}: no date in name or metadata{hint}; pass --date YYYY-MM-DD")
    return identity
