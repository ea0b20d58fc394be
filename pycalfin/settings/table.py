"""The table of settings, from which fields, checks, help texts and pages are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CHOICES = {
    "mode": ("new", "append", "replace"),
    "figures": ("all", "worst", "none"),
    "preset": ("auto", "light", "calfin"),
    "engine": ("auto", "openvino", "tensorflow"),
    "precision": ("f32", "bf16"),
}
"""Allowed values of settings that take one of a few words."""
THRESHOLDS = {"light": (0.25, 0.25), "calfin": (0.33, 0.25)}
"""Edge probabilities of a front's pixels in the first window and in refinement, by preset."""
CALFIN_CODE = "CALFIN, public code"
CALFIN_PAPER = "Cheng et al. 2021, The Cryosphere 15, 1663-1675"
HELD_OUT = "tuned on held-out glaciers"


@dataclass(frozen=True)
class Row:
    """The description of a setting.

    Parameters
    ----------
    name : str
    default : object
        None if the setting is not set by default.
    meaning : str
        Help text: lower-case first letter, no full stop at the end.
    unit : str
    unset : str
        Value in effect while the setting is not set, in words.
    source : str
        Source of the default.
    limits : (float, float) or None
        Smallest and largest value.
    science : bool
        True if the value can change a front. False for paths: the content of their files is hashed
        elsewhere.
    """

    name: str
    default: Any
    meaning: str
    unit: str = ""
    unset: str = ""
    source: str = ""
    limits: tuple[float, float] | None = None
    science: bool = True

    @property
    def default_text(self) -> str:
        """Return the default in words: '0.15', 'light', 'none', 'off'."""
        if self.default is None:
            return self.unset or "none"
        if isinstance(self.default, bool):
            return "on" if self.default else "off"
        return "none" if self.default == () else str(self.default)


GROUPS = {
    "Scenes and results": (
        Row(
            "scenes",
            (),
            "scene files, product folders, .tar, .tar.gz or .zip, or folders of these",
            science=False,
        ),
        Row("output", "pycalfin_output", "folder for the results", science=False),
        Row(
            "mode",
            "new",
            "earlier scenes in output: new (refuse to drop any), append or replace",
            science=False,
        ),
        Row(
            "figures",
            "all",
            "figures in quality_assurance: all, worst (the ten least confident fronts of each "
            "domain) or none; the report always has thumbnails",
            science=False,
        ),
        Row(
            "domain",
            None,
            "domain polygons: shapefile, GeoJSON, GeoPackage, KML, FlatGeobuf or .exp; one domain "
            "per feature",
            unset="the whole scene",
            science=False,
        ),
        Row(
            "domain_name",
            None,
            "field with the domains' names",
            unset="Name, name or RefName, else the file's stem",
            science=False,
        ),
        Row("fjord", None, "fjord mask, optional: raster (white = fjord) or polygons",
            science=False),
        Row(
            "date",
            None,
            "date of every scene given (a settings file may list one for each); overrides the date "
            "found in the scene",
            "YYYY-MM-DD",
            unset="from the scene",
        ),
        Row("crs", None, "CRS of scenes and .exp files that lack one", "EPSG:n"),
        Row(
            "out_crs",
            None,
            "CRS of the results",
            "EPSG:n",
            unset="EPSG:3413 in the north, EPSG:3031 in the south",
        ),
        Row(
            "band",
            None,
            "band to use: a number in the file, or a name such as B5 or HH",
            unset="by the sensor",
        ),
        Row("clip", False, "cut fronts at the domain polygon"),
    ),
    "Network": (
        Row("network", "light", "name of a network, or a weights file", science=False),
        Row(
            "preset",
            "auto",
            "method from image to front: light, calfin (as published), or auto, which follows the "
            "weights",
        ),
        Row(
            "fast",
            False,
            "preset calfin: predict one window instead of nine; faster but inexact",
        ),
        Row(
            "engine",
            "auto",
            "library that runs the network: openvino, tensorflow, or auto for the first installed",
        ),
        Row(
            "precision",
            "f32",
            "arithmetic of the network: f32, or bf16, which is faster, inexact and needs openvino",
        ),
        Row("batch", 1, "patches per call of the network", "patches", limits=(1, 1024)),
    ),
    "Subsets": (
        Row(
            "margin",
            0.2,
            "margin around the domain's bounding box",
            "fraction of its longer side",
            limits=(0, 10),
        ),
        Row(
            "max_nodata",
            0.25,
            "skip a domain with more no-data than this",
            "fraction",
            source=CALFIN_CODE + " (paper: 0.30)",
            limits=(0, 1),
        ),
        Row(
            "max_cloud",
            0.15,
            "skip a domain with more cloud than this",
            "fraction",
            source=CALFIN_CODE + " (paper: 0.20)",
            limits=(0, 1),
        ),
        Row(
            "nodata_floor",
            0.006,
            "pixels below this part of an integer type's range are no-data",
            "fraction",
            source=CALFIN_CODE,
            limits=(0, 1),
        ),
        Row(
            "nodata",
            None,
            "no-data value that replaces the file's tag; nan; or none if every value is data",
            "value as stored",
            unset="by tag and mask, else detected and reported",
        ),
        Row(
            "tile",
            None,
            "without a domain, cut larger scenes into tiles of this side; else search them",
            "pixels",
            unset="searched; 2048 with networks of one image size",
            limits=(64, 65536),
        ),
        Row(
            "coast",
            False,
            "where a whole scene is searched, look only within 20 km of the coast of OpenStreetMap "
            "(extra `coast`)",
        ),
        Row(
            "glaciers",
            None,
            "list of glaciers (points, lines or polygons) that name the places found in a searched "
            "scene",
            unset="named by latitude and longitude",
            science=False,
        ),
    ),
    "Fronts": (
        Row(
            "window",
            288,
            "longer side of the network's input window",
            "pixels",
            source="near CALFIN's 256",
            limits=(64, 4096),
        ),
        Row(
            "coarse",
            55.0,
            "pixel size of the coarsest view averaged with a finer window; 0 for no such view",
            "ground metres",
            source="middle of the resolutions in light's training data",
            limits=(0, 1000),
        ),
        Row("flips", True, "average the prediction over mirror images"),
        Row(
            "edge_threshold",
            None,
            "edge probability from which on a border of ocean and ice is a front",
            "probability",
            unset="0.25; preset calfin 0.33",
            source=f"{HELD_OUT}; {CALFIN_CODE}",
            limits=(0, 1),
        ),
        Row(
            "refine",
            True,
            "refine each front at full resolution, if the subset was shrunk for the network",
            source=CALFIN_PAPER,
        ),
        Row(
            "second_threshold",
            None,
            "edge probability of a front's pixels in refinement",
            "probability",
            unset="0.25",
            source=f"{HELD_OUT}; {CALFIN_CODE}",
            limits=(0, 1),
        ),
        Row(
            "refine_side",
            2.5,
            "side of the refinement window",
            "longest side of the front's box",
            source=CALFIN_CODE,
            limits=(1, 100),
        ),
        Row("min_length", 24.0, "minimum length of a front", "pixels of the window",
            source=HELD_OUT, limits=(0, 4096)),
        Row("min_confidence", 0.5, "minimum confidence of a front", "0..1", source=HELD_OUT,
            limits=(0, 1)),
        Row("max_fronts", 8, "maximum number of fronts per subset", "count", limits=(1, 1000)),
        Row("smoothing_window", 9, "Savitzky-Golay window", "vertices", source=CALFIN_CODE,
            limits=(1, 999)),
        Row("smoothing_order", 3, "Savitzky-Golay order", "degree", source=CALFIN_CODE,
            limits=(0, 20)),
    ),
    "Preset calfin": (
        Row(
            "calfin_zero",
            None,
            "preset calfin: length of a gap in the polyline that adds nothing to its weight",
            "pixels",
            unset="5; 10 in Antarctica",
            source=CALFIN_CODE,
            limits=(0.1, 1000),
        ),
        Row(
            "calfin_side",
            None,
            "preset calfin: side of the refinement window",
            "longest side of the front's box",
            unset="2.5; 1.75 in Antarctica",
            source=CALFIN_CODE,
            limits=(1, 100),
        ),
        Row(
            "calfin_power",
            None,
            "preset calfin: exponent of the cost of a gap's length",
            "exponent",
            unset="1.5; 1.45 in Antarctica",
            source=CALFIN_CODE,
            limits=(0.1, 10),
        ),
        Row(
            "calfin_confidence",
            0.525,
            "preset calfin: minimum mean of 2 abs(p - 0.5) where the edge is above 0.05",
            "0..1",
            source=CALFIN_CODE + " (validation: 0.575)",
            limits=(0, 1),
        ),
        Row(
            "calfin_length",
            32.0,
            "preset calfin: minimum length of the edge",
            "pixels of 256",
            source=CALFIN_CODE,
            limits=(0, 65536),
        ),
        Row(
            "calfin_land_ratio",
            32.0,
            "preset calfin: maximum ratio of land and ice to ocean",
            "ratio of pixels",
            source=CALFIN_CODE,
            limits=(0, 65536),
        ),
        Row(
            "calfin_balance",
            0.13,
            "preset calfin: maximum deviation of the mask's mean around the edge from one half",
            "0..1",
            source=CALFIN_CODE,
            limits=(0, 1),
        ),
    ),
    "Computing": (
        Row("jobs", 1, "number of subsets processed in parallel", "processes", limits=(1, 4096),
            science=False),
        Row("threads", 2, "threads per inference; from 2 on, two views are in work in a search",
            "threads", limits=(1, 1024)),
        Row("shard", None, "process only part i of n of the work", "i/n", unset="all of it",
            science=False),
        Row(
            "resume",
            True,
            "skip scenes and domains that an earlier run with the same settings finished",
            science=False,
        ),
    ),
}  # fmt: skip
"""Rows by heading, in the order of `Settings`."""
ROWS = {row.name: row for rows in GROUPS.values() for row in rows}


def help_text(name: str, metavar: str = "") -> str:
    """Return one line with the meaning, unit and default of a setting.

    Parameters
    ----------
    name : str
    metavar : str
        Placeholder of the value in the help; an equal unit is left out.

    Examples
    --------
    >>> help_text("max_cloud")
    'skip a domain with more cloud than this (fraction; default: 0.15)'
    >>> help_text("clip")
    'cut fronts at the domain polygon'
    """
    row = ROWS[name]
    if isinstance(row.default, bool):
        return row.meaning
    shown = row.unset if row.default is None else row.default_text
    unit = "" if row.unit.casefold() == metavar.casefold() else row.unit
    facts = [unit, f"default: {shown}" if shown and row.default != () else ""]
    details = "; ".join(filter(None, facts))
    return f"{row.meaning} ({details})" if details else row.meaning


def describe() -> list[tuple[str, str, str, str, str]]:
    """List every setting: name, default, unit, meaning, source of the default."""
    return [
        (row.name, repr(row.default), row.unit, row.meaning, row.source) for row in ROWS.values()
    ]
