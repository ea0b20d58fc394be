"""Read vector files: shapefile, GeoJSON, GeoPackage, KML and FlatGeobuf, and nothing else.

No other module opens vector files. GDAL returns their text as bytes, and `pycalfin.textfile`
decodes it, because GDAL often mistakes the encoding.
"""

from __future__ import annotations

import logging
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pycalfin.errors import PycalfinError, SettingsError
from pycalfin.files import plain_path
from pycalfin.geo import crs_name
from pycalfin.textfile import ANSI, decode, title
from pycalfin.vectors import shapefile
from pycalfin.vectors.documents import read_json, read_kml
from pycalfin.vectors.geopackage import layers_of
from pycalfin.vectors.kinds import GEOPACKAGE, JSON, KML, SHAPEFILE, TAKEN, kind_of
from pycalfin.vectors.rings import close_rings

log = logging.getLogger(__name__)

URL_CHARACTERS = "!?#;:%|"
"""Characters of a path that pyogrio reads as parts of a URL."""
BYTES = "iso8859-1"
"""Encoding in which every byte is one character, so that GDAL passes the bytes unchanged."""
Shape = Literal["Polygon", "LineString"]


@dataclass(frozen=True, eq=False)
class VectorLayer:
    """A layer of a vector file.

    Parameters
    ----------
    path : Path
    name : str
    crs : str or None
    geometries : list of shapely geometry or None
        Two-dimensional and unchanged; outlines may cross themselves (`pycalfin.vectors.areas`).
    fields : dict of str to array
        Columns by name, with one value for each geometry.
    metadata : dict of str to str
        Metadata of a GeoPackage.
    """

    path: Path
    name: str
    crs: str | None
    geometries: list[BaseGeometry | None]
    fields: dict[str, NDArray[Any]]
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Opened:
    """A source for GDAL: a path, or the content of a document."""

    path: Path
    kind: str
    source: str | bytes
    layers: list[tuple[str, str]]
    crs: str | None = None
    declared: str | None = "utf-8"
    otherwise: str = ANSI


def layer_names(path: Path, error: type[PycalfinError]) -> list[str]:
    """Return the names of the layers with geometries.

    Parameters
    ----------
    path : Path
    error : type of PycalfinError
        Error class to raise.

    Returns
    -------
    list of str

    Raises
    ------
    PycalfinError
        If the file is damaged or has a format that pycalfin does not read.
    """
    with _opened(path, error) as opened:
        return [name for name, _ in opened.layers]


def read_layer(
    path: Path,
    error: type[PycalfinError],
    *,
    name: str | None = None,
    shape: Shape = "Polygon",
) -> VectorLayer:
    """Read one layer: the named one, else the first with the wanted geometries, else the first.

    Parameters
    ----------
    path : Path
    error : type of PycalfinError
        Error class to raise.
    name : str, optional
        Name of the layer.
    shape : {'Polygon', 'LineString'}
        Wanted type of geometries, if no name is given.

    Returns
    -------
    VectorLayer

    Raises
    ------
    PycalfinError
        If the file is damaged, has a format that pycalfin does not read, or has no geometries.
    """
    with _opened(path, error) as opened:
        if not opened.layers:
            raise error(f"{path}: no {shape.lower()} in the file; it has no geometries at all")
        if name is not None:
            return _layer(opened, name)
        wanted = [one for one, kind in opened.layers if shape in kind]
        candidates = wanted or [one for one, _ in opened.layers]
        for candidate in candidates:
            layer = _layer(opened, candidate)
            if len(layer.geometries):
                break
        else:
            layer = _layer(opened, candidates[0])
    if len(opened.layers) > 1:
        listed = ", ".join(one for one, _ in opened.layers)
        log.warning(
            "%s: %d layers (%s); %s is used", path, len(opened.layers), listed[:200], layer.name
        )
    return layer


@contextmanager
def _opened(path: Path, error: type[PycalfinError]) -> Iterator[_Opened]:
    """Open a file by its format; turn GDAL's errors into one sentence and silence its warnings."""
    import pyogrio.errors as known

    kinds = (known.DataSourceError, known.DataLayerError, known.FeatureError, known.FieldError)
    kind = kind_of(path, error)
    with (
        warnings.catch_warnings(),
        TemporaryDirectory(prefix="pycalfin-") as folder,
        plain_path(path, URL_CHARACTERS) as plain,
    ):
        # warnings about measures, curves and dates, which are not needed here
        warnings.simplefilter("ignore")
        try:
            yield _open(path, kind, plain, Path(folder), error)
        except (*kinds, known.GeometryError, OSError, UnicodeError) as problem:
            if isinstance(problem, PycalfinError):
                raise
            why = (str(problem).splitlines() or [""])[0].replace(str(path), "")[:120].strip(" ;:'")
            raise error(
                f"{path}: cannot be read as a vector file ({why}); give {TAKEN}"
            ) from problem


def _open(path: Path, kind: str, plain: str, folder: Path, error: type[PycalfinError]) -> _Opened:
    """Prepare a file for GDAL under the path `plain`; put missing companion files into `folder`."""
    if kind in (JSON, KML):
        read = read_json if kind == JSON else read_kml
        content, crs, odd = read(path, error)
        if odd:
            log.warning(
                "%s: text that is not UTF-8 is read as %s; check its letters", path, title(odd)
            )
        found = [(str(name), str(sort)) for name, sort in _listed(content) if sort is not None]
        layers = [(path.stem, sort) for _, sort in found[:1]] if len(found) == 1 else found
        return _Opened(path, kind, content, layers, crs)
    if kind == GEOPACKAGE:
        return _Opened(path, kind, plain, layers_of(path, error))
    if kind != SHAPEFILE:
        return _Opened(path, kind, plain, _layers(plain))
    source = _with_index(path, plain, folder)
    declared, otherwise = shapefile.declared_encoding(path)
    crs = _projection(path, error)
    layers = [(path.stem, sort) for _, sort in _layers(source)]
    return _Opened(path, kind, source, layers, crs, declared, otherwise)


def _listed(source: str | bytes) -> Sequence[tuple[str, str | None]]:
    import pyogrio

    return pyogrio.list_layers(source)


def _layers(source: str | bytes) -> list[tuple[str, str]]:
    return [(str(name), str(kind)) for name, kind in _listed(source) if kind is not None]


def _copied(path: Path, folder: Path) -> Path:
    """Copy a file and its neighbours with the same stem."""
    for part in path.parent.iterdir():
        same = part.name == path.name or part.name.startswith(f"{path.stem}.")
        if same and part.is_file():
            shutil.copyfile(part, folder / f"layer{part.name[len(path.stem) :]}")
    return folder / f"layer{path.suffix}"


def _with_index(path: Path, source: str, folder: Path) -> str:
    if shapefile.beside(path, ".shx") is not None:
        return source
    log.warning("%s: its .shx is missing; features are found in the .shp instead", path)
    copy = _copied(path, folder)
    copy.with_suffix(".shx").write_bytes(shapefile.index_of(path.read_bytes()))
    return str(copy)


def _projection(path: Path, error: type[PycalfinError]) -> str | None:
    """Read the .prj, since GDAL ignores one that it cannot read without a message."""
    text = shapefile.coordinate_system(path)
    if text is None:
        return None
    try:
        crs_name(text)
    except SettingsError as problem:
        raise error(
            f"{path}: its .prj holds no coordinate reference system ({text[:40]!r}); correct it, "
            "or remove it and pass --crs EPSG:n"
        ) from problem
    return text


def _layer(opened: _Opened, name: str) -> VectorLayer:
    import pyogrio

    options: dict[str, Any] = {} if opened.kind == SHAPEFILE or not isinstance(
        opened.source, str
    ) else {"layer": name}  # fmt: skip
    if isinstance(opened.source, bytes) and len(opened.layers) > 1:
        options = {"layer": name}
    if opened.kind == GEOPACKAGE:
        options["list_all_tables"] = "NO"
    meta, _, wkb, columns = pyogrio.raw.read(
        opened.source, encoding=BYTES, force_2d=True, **options
    )
    text = _Text(opened)
    fields = {
        text(str(field)): text.column(column)
        for field, column in zip(meta["fields"], columns, strict=True)
    }
    text.warn()
    about: dict[str, str] = {}
    if opened.kind == GEOPACKAGE:
        about = pyogrio.read_info(opened.source, encoding=BYTES, **options)["dataset_metadata"]
    geometries = _geometries(opened.path, wkb if wkb is not None else ())
    crs = meta["crs"] if meta["crs"] and opened.kind not in (JSON, KML) else None
    crs = opened.crs or crs or (meta["crs"] or None)
    return VectorLayer(
        opened.path, name, crs_name(crs) if crs else None, geometries, fields, about or {}
    )


class _Text:
    """A decoder for the text of a file; it remembers text that is not in the declared encoding."""

    def __init__(self, opened: _Opened) -> None:
        self._opened = opened
        self._odd: dict[str, str] = {}

    def __call__(self, letters: str) -> str:
        if letters.isascii():
            return letters
        opened = self._opened
        content = letters.encode(BYTES)
        text, used = decode(content, opened.declared, opened.otherwise)
        if used not in ("utf-8", opened.declared) or (
            used == "utf-8" and opened.declared not in (None, "utf-8")
        ):
            # a table truncates text by bytes, perhaps inside a letter
            whole = content.decode("utf-8", "ignore")
            if used != "utf-8" and not whole.isascii() and len(content) - len(whole.encode()) < 4:
                return whole if content.startswith(whole.encode()) else text
            self._odd.setdefault(used, text)
        return text

    def column(self, values: NDArray[Any]) -> NDArray[Any]:
        """Decode a column of text; return other columns unchanged."""
        if values.dtype != object:
            return values
        read = np.empty(len(values), object)
        read[:] = [self(value) if isinstance(value, str) else value for value in values]
        return read

    def warn(self) -> None:
        """Warn about text that was decoded in another encoding than the declared one."""
        claimed = self._opened.declared
        for used, text in self._odd.items():
            log.warning(
                "%s: text that is %s is read as %s (%s); check special characters",
                self._opened.path,
                f"not {title(claimed)} as the file says" if claimed else "in no declared encoding",
                title(used),
                text[:40],
            )


def _geometries(path: Path, wkb: Sequence[bytes | None]) -> list[BaseGeometry | None]:
    """Decode geometries; close open rings, with a warning."""
    try:
        return list(shapely.force_2d(shapely.from_wkb(np.asarray(wkb, object))))
    except shapely.errors.GEOSException:
        geometries, opened = [], []
    for item in wkb:
        try:
            geometry = None if item is None else shapely.from_wkb(item)
        except shapely.errors.GEOSException:
            geometry, gap = close_rings(item or b"")
            opened.append(gap)
        geometries.append(None if geometry is None else shapely.force_2d(geometry))
    if any(opened):
        log.warning(
            "%s: %d outlines were open by up to %.3g map units and have been closed",
            path, sum(gap > 0 for gap in opened), max(opened),
        )  # fmt: skip
    return geometries
