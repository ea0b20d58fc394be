"""The record of all settings, made from names and values or read from a file.

Two runs whose settings have the same `digest` give the same fronts.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date as calendar_date
from pathlib import Path
from typing import Any

from pycalfin.errors import SettingsError
from pycalfin.settings.checks import parse_nodata, type_problems, unknown, value_problems
from pycalfin.settings.table import ROWS, THRESHOLDS
from pycalfin.textfile import read_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def _field(name: str) -> Any:
    """Declare a field from its row in the table."""
    row = ROWS[name]
    about = {name: getattr(row, name) for name in ("meaning", "unit", "source", "science")}
    return dataclasses.field(default=row.default, metadata=about)


@dataclass(frozen=True)
class Settings:
    """Hold the settings of a run.

    All values are checked when the record is made, and it cannot be changed afterwards. Use
    `dataclasses.replace(settings, jobs=2)` to make another. '-' may stand for '_' in a file.

    Parameters
    ----------
    scenes : tuple of str, default ()
        Scene files, product folders, .tar, .tar.gz or .zip, or folders of these.
    output : str, default 'pycalfin_output'
        Folder for the results.
    mode : {'new', 'append', 'replace'}, default 'new'
        Earlier scenes in output: new (refuse to drop any), append or replace.
    figures : {'all', 'worst', 'none'}, default 'all'
        Figures in quality_assurance: all, worst (the ten least confident fronts of each domain) or
        none; the report always has thumbnails.
    domain : str, optional (default: the whole scene)
        Domain polygons: shapefile, GeoJSON, GeoPackage, KML, FlatGeobuf or .exp; one domain per
        feature.
    domain_name : str, optional (default: Name, name or RefName, else the file's stem)
        Field with the domains' names.
    fjord : str, optional
        Fjord mask, optional: raster (white = fjord) or polygons.
    date : str or tuple of str, optional (default: from the scene)
        Date of every scene given (a settings file may list one for each); overrides the date found
        in the scene (YYYY-MM-DD).
    crs : str, optional
        CRS of scenes and .exp files that lack one (EPSG:n).
    out_crs : str, optional (default: EPSG:3413 in the north, EPSG:3031 in the south)
        CRS of the results (EPSG:n).
    band : str, optional (default: by the sensor)
        Band to use: a number in the file, or a name such as B5 or HH.
    clip : bool, default False
        Cut fronts at the domain polygon.
    network : str, default 'light'
        Name of a network, or a weights file.
    preset : {'auto', 'light', 'calfin'}, default 'auto'
        Method from image to front: light, calfin (as published), or auto, which follows the
        weights.
    fast : bool, default False
        Preset calfin: predict one window instead of nine; faster but inexact.
    engine : {'auto', 'openvino', 'tensorflow'}, default 'auto'
        Library that runs the network: openvino, tensorflow, or auto for the first installed.
    precision : {'f32', 'bf16'}, default 'f32'
        Arithmetic of the network: f32, or bf16, which is faster, inexact and needs openvino.
    batch : int, default 1
        Patches per call of the network (patches).
    margin : float, default 0.2
        Margin around the domain's bounding box (fraction of its longer side).
    max_nodata : float, default 0.25
        Skip a domain with more no-data than this (fraction). Source of the default: CALFIN, public
        code (paper: 0.30).
    max_cloud : float, default 0.15
        Skip a domain with more cloud than this (fraction). Source of the default: CALFIN, public
        code (paper: 0.20).
    nodata_floor : float, default 0.006
        Pixels below this part of an integer type's range are no-data (fraction). Source of the
        default: CALFIN, public code.
    nodata : str, optional (default: by tag and mask, else detected and reported)
        No-data value that replaces the file's tag; nan; or none if every value is data (value as
        stored).
    tile : int, optional (default: searched; 2048 with networks of one image size)
        Without a domain, cut larger scenes into tiles of this side; else search them (pixels).
    coast : bool, default False
        Where a whole scene is searched, look only within 20 km of the coast of OpenStreetMap (extra
        `coast`).
    glaciers : str, optional (default: named by latitude and longitude)
        List of glaciers (points, lines or polygons) that name the places found in a searched scene.
    window : int, default 288
        Longer side of the network's input window (pixels). Source of the default: near CALFIN's
        256.
    coarse : float, default 55.0
        Pixel size of the coarsest view averaged with a finer window; 0 for no such view (ground
        metres). Source of the default: middle of the resolutions in light's training data.
    flips : bool, default True
        Average the prediction over mirror images.
    edge_threshold : float, optional (default: 0.25; preset calfin 0.33)
        Edge probability from which on a border of ocean and ice is a front (probability). Source of
        the default: tuned on held-out glaciers; CALFIN, public code.
    refine : bool, default True
        Refine each front at full resolution, if the subset was shrunk for the network. Source of
        the default: Cheng et al. 2021, The Cryosphere 15, 1663-1675.
    second_threshold : float, optional (default: 0.25)
        Edge probability of a front's pixels in refinement (probability). Source of the default:
        tuned on held-out glaciers; CALFIN, public code.
    refine_side : float, default 2.5
        Side of the refinement window (longest side of the front's box). Source of the default:
        CALFIN, public code.
    min_length : float, default 24.0
        Minimum length of a front (pixels of the window). Source of the default: tuned on held-out
        glaciers.
    min_confidence : float, default 0.5
        Minimum confidence of a front (0..1). Source of the default: tuned on held-out glaciers.
    max_fronts : int, default 8
        Maximum number of fronts per subset (count).
    smoothing_window : int, default 9
        Savitzky-Golay window (vertices). Source of the default: CALFIN, public code.
    smoothing_order : int, default 3
        Savitzky-Golay order (degree). Source of the default: CALFIN, public code.
    calfin_zero : float, optional (default: 5; 10 in Antarctica)
        Preset calfin: length of a gap in the polyline that adds nothing to its weight (pixels).
        Source of the default: CALFIN, public code.
    calfin_side : float, optional (default: 2.5; 1.75 in Antarctica)
        Preset calfin: side of the refinement window (longest side of the front's box). Source of
        the default: CALFIN, public code.
    calfin_power : float, optional (default: 1.5; 1.45 in Antarctica)
        Preset calfin: exponent of the cost of a gap's length (exponent). Source of the default:
        CALFIN, public code.
    calfin_confidence : float, default 0.525
        Preset calfin: minimum mean of 2 abs(p - 0.5) where the edge is above 0.05 (0..1). Source of
        the default: CALFIN, public code (validation: 0.575).
    calfin_length : float, default 32.0
        Preset calfin: minimum length of the edge (pixels of 256). Source of the default: CALFIN,
        public code.
    calfin_land_ratio : float, default 32.0
        Preset calfin: maximum ratio of land and ice to ocean (ratio of pixels). Source of the
        default: CALFIN, public code.
    calfin_balance : float, default 0.13
        Preset calfin: maximum deviation of the mask's mean around the edge from one half (0..1).
        Source of the default: CALFIN, public code.
    jobs : int, default 1
        Number of subsets processed in parallel (processes).
    threads : int, default 2
        Threads per inference; from 2 on, two views are in work in a search (threads).
    shard : str, optional (default: all of it)
        Process only part i of n of the work (i/n).
    resume : bool, default True
        Skip scenes and domains that an earlier run with the same settings finished.

    Raises
    ------
    SettingsError
        If values have a wrong type or are out of range; the error lists all of them.

    Examples
    --------
    >>> Settings(scenes=("scene.tif",), max_cloud=0.3).max_cloud
    0.3
    """

    scenes: tuple[str, ...] = _field("scenes")
    output: str = _field("output")
    mode: str = _field("mode")
    figures: str = _field("figures")
    domain: str | None = _field("domain")
    domain_name: str | None = _field("domain_name")
    fjord: str | None = _field("fjord")
    date: str | tuple[str, ...] | None = _field("date")
    crs: str | None = _field("crs")
    out_crs: str | None = _field("out_crs")
    band: str | None = _field("band")
    clip: bool = _field("clip")

    network: str = _field("network")
    preset: str = _field("preset")
    fast: bool = _field("fast")
    engine: str = _field("engine")
    precision: str = _field("precision")
    batch: int = _field("batch")

    margin: float = _field("margin")
    max_nodata: float = _field("max_nodata")
    max_cloud: float = _field("max_cloud")
    nodata_floor: float = _field("nodata_floor")
    nodata: str | None = _field("nodata")
    tile: int | None = _field("tile")
    coast: bool = _field("coast")
    glaciers: str | None = _field("glaciers")

    window: int = _field("window")
    coarse: float = _field("coarse")
    flips: bool = _field("flips")
    edge_threshold: float | None = _field("edge_threshold")
    refine: bool = _field("refine")
    second_threshold: float | None = _field("second_threshold")
    refine_side: float = _field("refine_side")
    min_length: float = _field("min_length")
    min_confidence: float = _field("min_confidence")
    max_fronts: int = _field("max_fronts")
    smoothing_window: int = _field("smoothing_window")
    smoothing_order: int = _field("smoothing_order")

    calfin_zero: float | None = _field("calfin_zero")
    calfin_side: float | None = _field("calfin_side")
    calfin_power: float | None = _field("calfin_power")
    calfin_confidence: float = _field("calfin_confidence")
    calfin_length: float = _field("calfin_length")
    calfin_land_ratio: float = _field("calfin_land_ratio")
    calfin_balance: float = _field("calfin_balance")

    jobs: int = _field("jobs")
    threads: int = _field("threads")
    shard: str | None = _field("shard")
    resume: bool = _field("resume")

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):
            object.__setattr__(self, item.name, _plain(getattr(self, item.name)))
        object.__setattr__(self, "nodata", _plain_number(self.nodata))
        problems = [*type_problems(self), *value_problems(self)]
        if problems:
            raise SettingsError("; ".join(problems))

    @property
    def day(self) -> str | None:
        """Return the date, or None if it is a list or not set."""
        return self.date if isinstance(self.date, str) else None

    def thresholds(self, preset: str) -> tuple[float, float]:
        """Return the edge probabilities of a front's pixels in the first window and in refinement.

        Parameters
        ----------
        preset : str
            'light' or 'calfin'; gives the values that are not set.
        """
        first, second = THRESHOLDS[preset]
        return (
            first if self.edge_threshold is None else self.edge_threshold,
            second if self.second_threshold is None else self.second_threshold,
        )

    def digest(self) -> str:
        """Return a hash of all settings that can change a front, in hexadecimal digits."""
        science = {
            item.name: getattr(self, item.name)
            for item in dataclasses.fields(self)
            if item.metadata["science"]
        }
        return hashlib.sha256(json.dumps(science, sort_keys=True).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON and TOML can hold."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
        }

    @classmethod
    def from_mapping(
        cls, values: Mapping[str, Any], origin: str = "settings", beside: Iterable[str] = ()
    ) -> Settings:
        """Make settings from names and values.

        Parameters
        ----------
        values : mapping
            Names as in this class; '-' may stand for '_'. None leaves the default.
        origin : str
            Origin for error messages: a file, or the command line.
        beside : iterable of str
            Other names that the caller accepts, suggested when an unknown name is near them.

        Raises
        ------
        SettingsError
            If names are unknown or values are bad; one error lists all of them.
        """
        known = {item.name for item in dataclasses.fields(cls)}
        given = {name.replace("-", "_"): value for name, value in values.items()}
        problems = [unknown(name, known | set(beside)) for name in sorted(set(given) - known)]
        ready: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
            if value is not None and name in known
        }
        try:
            settings = cls(**ready)
        except SettingsError as error:
            problems.append(str(error))
        if problems:
            raise SettingsError(f"{origin}: " + "; ".join(problems))
        return settings

    @classmethod
    def read(cls, path: str | Path, **overrides: Any) -> Settings:
        """Read a TOML or JSON file; keyword arguments override the file.

        An empty string leaves a setting unset, if it is unset by default.

        Raises
        ------
        SettingsError
            If the file is missing or malformed, or holds unknown settings.
        """
        path = Path(path)
        try:
            text = read_text(path)
            values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        except OSError as error:
            raise SettingsError(
                f"{path}: cannot read the settings file ({error.strerror}); check --settings"
            ) from error
        except (ValueError, RecursionError) as error:
            kind = "JSON" if path.suffix == ".json" else "TOML"
            raise SettingsError(f"{path}: not valid {kind} ({error}); correct the file") from error
        if not isinstance(values, dict):
            raise SettingsError(f"{path}: not a table of settings; write lines such as jobs = 2")
        given = {name: value for name, value in values.items() if not _not_set(name, value)}
        return cls.from_mapping(
            {**given, **{name: value for name, value in overrides.items() if value is not None}},
            origin=str(path),
        )


def _not_set(name: str, value: Any) -> bool:
    """Return True for an empty string in a setting that is unset by default."""
    row = ROWS.get(name.replace("-", "_"))
    return value == "" and row is not None and row.default is None


def _plain(value: Any) -> Any:
    """Convert dates and paths to strings, and lists to tuples."""
    if isinstance(value, (list, tuple)):
        return tuple(_plain(part) for part in value)
    if isinstance(value, calendar_date):
        return value.isoformat()[:10]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _plain_number(value: Any) -> Any:
    """Normalise a no-data value, so that -9999 and "-9999.0" are the same setting."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return value
    try:
        number = parse_nodata(str(value))
    except ValueError:
        return value
    if math.isnan(number):
        return str(value).strip().lower()
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)
