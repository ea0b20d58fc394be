"""Every setting of pycalfin: one frozen dataclass, read from TOML, JSON or the command line.

Each field carries its unit, its meaning and the source of its default. The pipeline gets one
`Settings` and never a dictionary; `digest` tells whether two runs would give the same fronts.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as calendar_date
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from pycalfin.errors import SettingsError
from pycalfin.textfile import read_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def _setting(
    default: Any, help: str, unit: str = "", source: str = "", science: bool = True
) -> Any:
    """Declare a field; `science` tells whether its value can change a front.

    Paths are not science: what they lead to is hashed by its content, elsewhere.
    """
    return dataclasses.field(
        default=default,
        metadata={"help": help, "unit": unit, "source": source, "science": science},
    )


CHOICES = {
    "preset": ("auto", "light", "calfin"),
    "engine": ("auto", "openvino", "tensorflow"),
    "precision": ("f32", "bf16"),
    "mode": ("new", "append", "replace"),
}
"""Settings that are one of a few words."""
LISTS = ("scenes", "date")
"""Settings that may be a list of texts."""
CALFIN_CODE = "CALFIN, public code"
THRESHOLDS = {"light": (0.15, 0.15), "calfin": (0.33, 0.25)}
"""Edge probabilities of a front's pixels in the first and in the second look, by preset."""
CALFIN_PAPER = "Cheng et al. 2021, The Cryosphere 15, 1663-1675"


@dataclass(frozen=True)
class Settings:
    """Settings of a run; see `describe` for units and sources of the defaults."""

    scenes: tuple[str, ...] = _setting(
        (), "scene files, product folders, .tar, or folders of these", science=False
    )
    output: str = _setting("pycalfin_output", "folder for the results", science=False)
    mode: str = _setting(
        "new",
        "scenes of earlier runs in the output folder: append keeps them, replace drops them, new "
        "refuses to drop any",
        science=False,
    )
    domain: str | None = _setting(
        None,
        "file with domain polygons: shapefile, GeoJSON, GeoPackage, KML, FlatGeobuf or .exp",
        science=False,
    )
    domain_name: str | None = _setting(
        None, "field of the domain file that holds the names", science=False
    )
    fjord: str | None = _setting(
        None, "fjord mask: raster (white = fjord) or polygons of the fjord", science=False
    )
    date: str | tuple[str, ...] | None = _setting(
        None,
        "date of every scene given, or a list with one for each; overrides what was found",
        "YYYY-MM-DD",
    )
    crs: str | None = _setting(None, "CRS of scenes and .exp domains that lack one", "EPSG:n")
    out_crs: str | None = _setting(
        None, "CRS of the results (default EPSG:3413 north, EPSG:3031 south)", "EPSG:n"
    )
    band: str | None = _setting(
        None, "band to use: a number within the file, or a name such as B5 or HH"
    )
    network: str = _setting("light", "name of a network, or path of a weights file", science=False)
    preset: str = _setting(
        "auto", "way from image to front: light, calfin (as published), or auto: by the weights"
    )
    fast: bool = _setting(
        False, "preset calfin: one look at the framed image in place of nine windows, inexact"
    )
    engine: str = _setting(
        "auto", "what runs the network: openvino, tensorflow, or auto for the first that is there"
    )
    precision: str = _setting(
        "f32", "arithmetic of the network: f32, or bf16, quicker and inexact (openvino only)"
    )
    batch: int = _setting(1, "patches that the network looks at at once", "patches")
    clip: bool = _setting(False, "cut fronts at the domain polygon")

    margin: float = _setting(0.2, "added around the domain's box", "fraction of its longer side")
    max_nodata: float = _setting(
        0.25,
        "prune above this no-data fraction of the domain",
        "fraction",
        CALFIN_CODE + " (paper: 0.30)",
    )
    max_cloud: float = _setting(
        0.15,
        "prune above this cloud fraction of the domain",
        "fraction",
        CALFIN_CODE + " (paper: 0.20)",
    )
    nodata_floor: float = _setting(
        0.006,
        "pixels below this part of an integer type's range are no-data",
        "fraction",
        CALFIN_CODE,
    )
    nodata: str | None = _setting(
        None,
        "what is no-data: a value, nan, or none for no value at all; overrides the file's tag and "
        "what is otherwise found out",
        "value as stored",
    )
    tile: int = _setting(
        2048, "without a domain, larger scenes are cut into tiles of this side", "pixels"
    )

    look: int = _setting(
        288, "longer side of what the network looks at", "pixels", "near CALFIN's 256"
    )
    coarse: float = _setting(
        55.0,
        "pixel of the coarsest view averaged with the look where that is finer; 0 for none",
        "ground metres",
        "middle of the resolutions that light is trained on",
    )
    flips: bool = _setting(True, "average the prediction over the flipped image")
    edge_threshold: float | None = _setting(
        None,
        "edge probability of a front's pixels (default 0.15; preset calfin 0.33)",
        "probability",
        "tuned on held-out glaciers; CALFIN, public code",
    )
    second_look: bool = _setting(
        True,
        "cut again around each front at full resolution where the subset was shrunk",
        source=CALFIN_PAPER,
    )
    second_threshold: float | None = _setting(
        None,
        "edge probability in the second look (default 0.15; preset calfin 0.25)",
        "probability",
        "tuned on held-out glaciers; CALFIN, public code",
    )
    second_side: float = _setting(
        2.5, "side of the second look", "longest side of the front's box", CALFIN_CODE
    )
    min_length: float = _setting(
        24.0, "shortest front", "pixels of the look", "tuned on held-out glaciers"
    )
    min_confidence: float = _setting(
        0.5, "least confidence of a front", "0..1", "tuned on held-out glaciers"
    )
    max_fronts: int = _setting(8, "most fronts per subset", "count")
    smoothing_window: int = _setting(9, "Savitzky-Golay window", "vertices", CALFIN_CODE)
    smoothing_order: int = _setting(3, "Savitzky-Golay order", "degree", CALFIN_CODE)

    calfin_zero: float | None = _setting(
        None,
        "preset calfin: gap in the polyline that is worth nothing (default 5; 10 in Antarctica)",
        "pixels",
        CALFIN_CODE,
    )
    calfin_side: float | None = _setting(
        None,
        "preset calfin: side of the second look (default 2.5; 1.75 in Antarctica)",
        "longest side of the front's box",
        CALFIN_CODE,
    )
    calfin_power: float | None = _setting(
        None,
        "preset calfin: exponent of a gap's cost (default 1.5; 1.45 in Antarctica)",
        "exponent",
        CALFIN_CODE,
    )
    calfin_confidence: float = _setting(
        0.525,
        "preset calfin: least mean of 2 |p - 0.5| where the edge is above 0.05",
        "0..1",
        CALFIN_CODE + " (validation: 0.575)",
    )
    calfin_length: float = _setting(
        32.0, "preset calfin: shortest edge", "pixels of 256", CALFIN_CODE
    )
    calfin_land_ratio: float = _setting(
        32.0, "preset calfin: most land and ice per ocean", "pixels", CALFIN_CODE
    )
    calfin_balance: float = _setting(
        0.13,
        "preset calfin: most that the mask around the edge is off one half",
        "0..1",
        CALFIN_CODE,
    )

    jobs: int = _setting(1, "subsets worked on at once", "processes", science=False)
    threads: int = _setting(2, "threads of one inference", "threads")
    shard: str | None = _setting(
        None, "work on part i of n of the pairs only", "i/n", science=False
    )
    resume: bool = _setting(
        True, "skip pairs that an earlier run with the same settings finished", science=False
    )

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):
            object.__setattr__(self, item.name, _plain(getattr(self, item.name)))
        object.__setattr__(self, "nodata", _plain_number(self.nodata))
        problems = [*_type_problems(self), *_value_problems(self)]
        if problems:
            raise SettingsError("; ".join(problems))

    @property
    def day(self) -> str | None:
        """The date, where it is not a list."""
        return self.date if isinstance(self.date, str) else None

    def thresholds(self, preset: str) -> tuple[float, float]:
        """Edge probabilities of a front's pixels in the first and in the second look.

        Parameters
        ----------
        preset : str
            'light' or 'calfin': it decides what is not set.
        """
        first, second = THRESHOLDS[preset]
        return (
            first if self.edge_threshold is None else self.edge_threshold,
            second if self.second_threshold is None else self.second_threshold,
        )

    def digest(self) -> str:
        """Hash what can change a front, as hexadecimal digits."""
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
    def from_mapping(cls, values: Mapping[str, Any], origin: str = "settings") -> Settings:
        """Make settings from names and values.

        Parameters
        ----------
        values : mapping
            Names as in this class; '-' may stand for '_'. None leaves the default.
        origin : str
            Named in errors: a file, or the command line.

        Raises
        ------
        SettingsError
            All unknown names (with the nearest known one) and bad values, at once.
        """
        known = {item.name for item in dataclasses.fields(cls)}
        given = {name.replace("-", "_"): value for name, value in values.items()}
        problems = [_unknown(name, known) for name in sorted(set(given) - known)]
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
        """Read a TOML or JSON file; keyword arguments win over the file.

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
            raise SettingsError(f"{path}: not valid {kind} ({error}); mend the file") from error
        if not isinstance(values, dict):
            raise SettingsError(f"{path}: holds no table of settings; write lines like jobs = 2")
        return cls.from_mapping(
            {**values, **{name: value for name, value in overrides.items() if value is not None}},
            origin=str(path),
        )


def _plain(value: Any) -> Any:
    """Turn dates and paths into text, lists into tuples."""
    if isinstance(value, (list, tuple)):
        return tuple(_plain(part) for part in value)
    if isinstance(value, calendar_date):
        return value.isoformat()[:10]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _plain_number(value: Any) -> Any:
    """Write a value of no-data in one way, so that -9999 and "-9999.0" are the same setting."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return value
    try:
        number = parse_nodata(str(value))
    except ValueError:
        return value
    if math.isnan(number):
        return str(value).strip().lower()
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def parse_nodata(text: str) -> float:
    """Read a value of no-data; NaN for 'nan' and for 'none', since NaN is never data.

    Examples
    --------
    >>> parse_nodata("-9999"), parse_nodata("none")
    (-9999.0, nan)
    """
    number = math.nan if text.strip().lower() == "none" else float(text)
    if math.isinf(number):
        raise ValueError(text)  # infinite values are no data anyway
    return number


def _unknown(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"unknown setting {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def _type_problems(settings: Settings) -> list[str]:
    hints = get_type_hints(Settings)
    problems = []
    for item in dataclasses.fields(settings):
        value = getattr(settings, item.name)
        allowed = (
            get_args(hints[item.name])
            if NoneType in get_args(hints[item.name])
            else (hints[item.name],)
        )
        if isinstance(value, tuple):
            fits = item.name in LISTS and all(isinstance(part, str) for part in value)
        elif item.name == "scenes":
            fits = False
        elif value is None:
            fits = NoneType in get_args(hints[item.name])
        elif float in allowed:
            fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        elif int in allowed:
            fits = isinstance(value, int) and not isinstance(value, bool)
        else:
            fits = isinstance(value, tuple(kind for kind in allowed if get_origin(kind) is None))
        if not fits:
            wanted = " or ".join(
                "list of str" if get_origin(kind) else kind.__name__
                for kind in allowed
                if kind is not NoneType
            )
            problems.append(f"{item.name} is {value!r}; expected {wanted}")
    return problems


def _value_problems(settings: Settings) -> list[str]:
    ranges: dict[str, tuple[float, float]] = {
        "margin": (0, 10),
        "max_nodata": (0, 1),
        "max_cloud": (0, 1),
        "nodata_floor": (0, 1),
        "tile": (64, 65536),
        "look": (64, 4096),
        "coarse": (0, 1000),
        "edge_threshold": (0, 1),
        "second_threshold": (0, 1),
        "second_side": (1, 100),
        "min_length": (0, 4096),
        "min_confidence": (0, 1),
        "max_fronts": (1, 1000),
        "smoothing_window": (1, 999),
        "smoothing_order": (0, 20),
        "jobs": (1, 4096),
        "threads": (1, 1024),
        "batch": (1, 1024),
        "calfin_zero": (0.1, 1000),
        "calfin_power": (0.1, 10),
        "calfin_side": (1, 100),
        "calfin_confidence": (0, 1),
        "calfin_length": (0, 65536),
        "calfin_land_ratio": (0, 65536),
        "calfin_balance": (0, 1),
    }
    problems = []
    for name, (low, high) in ranges.items():
        value = getattr(settings, name)
        if isinstance(value, (int, float)) and not low <= value <= high:
            problems.append(f"{name} is {value}; expected {low} to {high}")
    for name, words in CHOICES.items():
        value = getattr(settings, name)
        if isinstance(value, str) and value not in words:
            problems.append(f"{name} is {value!r}; expected one of: {', '.join(words)}")
    if settings.output == "":
        problems.append("output is ''; expected a folder ('.' for this one)")
    if settings.precision == "bf16" and settings.engine == "tensorflow":
        problems.append("precision is 'bf16' and engine 'tensorflow'; expected openvino or auto")
    many = isinstance(settings.date, tuple)
    dates = settings.date if isinstance(settings.date, tuple) else (settings.date,)
    for date in dates:
        if isinstance(date, str) and not _is_date(date):
            problems.append(f"date is {date!r}; expected YYYY-MM-DD")
    if many and isinstance(settings.scenes, tuple) and len(dates) != len(settings.scenes):
        problems.append(
            f"date has {len(dates)} values for {len(settings.scenes)} scenes; expected one, or one "
            "for each"
        )
    if isinstance(settings.nodata, str):
        try:
            parse_nodata(settings.nodata)
        except ValueError:
            problems.append(f"nodata is {settings.nodata!r}; expected a number, 'nan' or 'none'")
    if isinstance(settings.shard, str):
        try:
            parse_shard(settings.shard)
        except ValueError:
            problems.append(f"shard is {settings.shard!r}; expected i/n with 1 <= i <= n")
    return problems


def _is_date(text: str) -> bool:
    """Tell a date written YYYY-MM-DD; Python also reads 20210926 and 2021-W39-7."""
    try:
        return calendar_date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def parse_shard(text: str) -> tuple[int, int]:
    """Read 'i/n' with 1 <= i <= n.

    Examples
    --------
    >>> parse_shard("2/8")
    (2, 8)
    """
    part, _, count = text.partition("/")
    i, n = int(part), int(count)
    if not 1 <= i <= n:
        raise ValueError(text)
    return i, n


def describe() -> list[tuple[str, str, str, str, str]]:
    """List every setting: name, default, unit, meaning, source of the default."""
    return [
        (
            item.name,
            repr(item.default),
            item.metadata["unit"],
            item.metadata["help"],
            item.metadata["source"],
        )
        for item in dataclasses.fields(Settings)
    ]
