"""What every setting means: the one table behind fields, checks, help texts and pages."""

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
"""Settings that are one of a few words."""
THRESHOLDS = {"light": (0.15, 0.15), "calfin": (0.33, 0.25)}
"""Edge probabilities of a front's pixels in the first and in the second look, by preset."""
CALFIN_CODE = "CALFIN, public code"
CALFIN_PAPER = "Cheng et al. 2021, The Cryosphere 15, 1663-1675"
HELD_OUT = "tuned on held-out glaciers"


@dataclass(frozen=True)
class Row:
    """What a setting means.

    Parameters
    ----------
    name : str
    default : object
        None: not set.
    meaning : str
        In the words of a help text: small first letter, no full stop at the end.
    unit : str
    unset : str
        What holds while the setting is not set.
    source : str
        Of the default.
    limits : (float, float) or None
        Least and largest value.
    science : bool
        Whether its value can change a front. Paths are not science: what they lead to is hashed
        by its content, elsewhere.
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
        """The default in words: '0.15', 'light', 'none', 'off'."""
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
            "figures in quality_assurance: all; worst, those of each domain's ten least confident "
            "fronts; or none; the report has its thumbnails always",
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
            "date of every scene given (a settings file may list one for each); overrides what was "
            "found",
            "YYYY-MM-DD",
            unset="that of the scene",
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
            "band to use: a number within the file, or a name such as B5 or HH",
            unset="by the sensor",
        ),
        Row("clip", False, "cut fronts at the domain polygon"),
    ),
    "Network": (
        Row("network", "light", "name of a network, or a weights file", science=False),
        Row(
            "preset",
            "auto",
            "way from image to front: light, calfin (as published), or auto, by the weights",
        ),
        Row(
            "fast",
            False,
            "preset calfin: predict the framed image once in place of nine windows, inexact",
        ),
        Row(
            "engine",
            "auto",
            "what runs the network: openvino, tensorflow, or auto for the first that is there",
        ),
        Row(
            "precision",
            "f32",
            "arithmetic of the network: f32, or bf16, quicker and inexact (openvino only)",
        ),
        Row("batch", 1, "patches in one call of the network", "patches", limits=(1, 1024)),
    ),
    "Subsets": (
        Row(
            "margin",
            0.2,
            "added around the domain's box",
            "fraction of its longer side",
            limits=(0, 10),
        ),
        Row(
            "max_nodata",
            0.25,
            "skip a domain with a larger part of no-data",
            "fraction",
            source=CALFIN_CODE + " (paper: 0.30)",
            limits=(0, 1),
        ),
        Row(
            "max_cloud",
            0.15,
            "skip a domain with a larger part of cloud",
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
            "value that is no-data, in place of the file's tag; nan; or none: every value is data",
            "value as stored",
            unset="by tag and mask, else found out and said",
        ),
        Row(
            "tile",
            None,
            "without a domain, cut larger scenes into tiles of this side; else search them",
            "pixels",
            unset="searched; 2048 with networks of one image size",
            limits=(64, 65536),
        ),
    ),
    "Fronts": (
        Row(
            "look",
            288,
            "longer side of what the network looks at",
            "pixels",
            source="near CALFIN's 256",
            limits=(64, 4096),
        ),
        Row(
            "coarse",
            55.0,
            "pixel of the coarsest view averaged with the look where that is finer; 0 for none",
            "ground metres",
            source="middle of the resolutions that light is trained on",
            limits=(0, 1000),
        ),
        Row("flips", True, "average the prediction over the flipped image"),
        Row(
            "edge_threshold",
            None,
            "edge probability of a front's pixels",
            "probability",
            unset="0.15; preset calfin 0.33",
            source=f"{HELD_OUT}; {CALFIN_CODE}",
            limits=(0, 1),
        ),
        Row(
            "second_look",
            True,
            "cut again around each front at full resolution where the subset was shrunk",
            source=CALFIN_PAPER,
        ),
        Row(
            "second_threshold",
            None,
            "edge probability in the second look",
            "probability",
            unset="0.15; preset calfin 0.25",
            source=f"{HELD_OUT}; {CALFIN_CODE}",
            limits=(0, 1),
        ),
        Row(
            "second_side",
            2.5,
            "side of the second look",
            "longest side of the front's box",
            source=CALFIN_CODE,
            limits=(1, 100),
        ),
        Row("min_length", 24.0, "shortest front", "pixels of the look", source=HELD_OUT,
            limits=(0, 4096)),
        Row("min_confidence", 0.5, "least confidence of a front", "0..1", source=HELD_OUT,
            limits=(0, 1)),
        Row("max_fronts", 8, "most fronts per subset", "count", limits=(1, 1000)),
        Row("smoothing_window", 9, "Savitzky-Golay window", "vertices", source=CALFIN_CODE,
            limits=(1, 999)),
        Row("smoothing_order", 3, "Savitzky-Golay order", "degree", source=CALFIN_CODE,
            limits=(0, 20)),
    ),
    "Preset calfin": (
        Row(
            "calfin_zero",
            None,
            "preset calfin: gap in the polyline that is worth nothing",
            "pixels",
            unset="5; 10 in Antarctica",
            source=CALFIN_CODE,
            limits=(0.1, 1000),
        ),
        Row(
            "calfin_side",
            None,
            "preset calfin: side of the second look",
            "longest side of the front's box",
            unset="2.5; 1.75 in Antarctica",
            source=CALFIN_CODE,
            limits=(1, 100),
        ),
        Row(
            "calfin_power",
            None,
            "preset calfin: exponent of a gap's cost",
            "exponent",
            unset="1.5; 1.45 in Antarctica",
            source=CALFIN_CODE,
            limits=(0.1, 10),
        ),
        Row(
            "calfin_confidence",
            0.525,
            "preset calfin: least mean of 2 abs(p - 0.5) where the edge is above 0.05",
            "0..1",
            source=CALFIN_CODE + " (validation: 0.575)",
            limits=(0, 1),
        ),
        Row(
            "calfin_length",
            32.0,
            "preset calfin: shortest edge",
            "pixels of 256",
            source=CALFIN_CODE,
            limits=(0, 65536),
        ),
        Row(
            "calfin_land_ratio",
            32.0,
            "preset calfin: most land and ice per ocean",
            "pixels",
            source=CALFIN_CODE,
            limits=(0, 65536),
        ),
        Row(
            "calfin_balance",
            0.13,
            "preset calfin: most that the mask around the edge is off one half",
            "0..1",
            source=CALFIN_CODE,
            limits=(0, 1),
        ),
    ),
    "Computing": (
        Row("jobs", 1, "subsets worked on at once", "processes", limits=(1, 4096), science=False),
        Row("threads", 2, "threads of one inference", "threads", limits=(1, 1024)),
        Row("shard", None, "work on part i of n of the pairs", "i/n", unset="all of them",
            science=False),
        Row(
            "resume",
            True,
            "skip pairs that an earlier run with the same settings finished",
            science=False,
        ),
    ),
}  # fmt: skip
"""Rows by the heading that they stand under, in the order of `Settings`."""
ROWS = {row.name: row for rows in GROUPS.values() for row in rows}


def help_text(name: str, metavar: str = "") -> str:
    """Say in a line what a setting means, its unit and its default.

    Parameters
    ----------
    name : str
    metavar : str
        What stands for the value beside the line; a unit that is the same is left out.

    Examples
    --------
    >>> help_text("max_cloud")
    'skip a domain with a larger part of cloud (fraction; default: 0.15)'
    >>> help_text("clip")
    'cut fronts at the domain polygon'
    """
    row = ROWS[name]
    if isinstance(row.default, bool):
        return row.meaning
    shown = row.unset if row.default is None else row.default_text
    unit = "" if row.unit.casefold() == metavar.casefold() else row.unit
    facts = [unit, f"default: {shown}" if shown and row.default != () else ""]
    told = "; ".join(filter(None, facts))
    return f"{row.meaning} ({told})" if told else row.meaning


def describe() -> list[tuple[str, str, str, str, str]]:
    """List every setting: name, default, unit, meaning, source of the default."""
    return [
        (row.name, repr(row.default), row.unit, row.meaning, row.source) for row in ROWS.values()
    ]
