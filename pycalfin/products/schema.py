"""Fields of all vector products: name, type, unit and meaning.

`docs/products.md` has the same tables; a test compares them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

SCHEMA_VERSION = "1"
"""Version of the schema of all products; increased if a field changes name, type or meaning."""
SCHEMA_KEY = "PYCALFIN_SCHEMA"
"""Metadata item of a GeoPackage that holds the schema version."""
CONTRACT = 1
"""Version of fronts.h5 and of the bridge's requests and answers (bridge/README.md). It increases if
programs for the previous version would misread them."""
EXCHANGE_FILE = "fronts.h5"
"""All results of a run, for MATLAB and Octave."""
AUTHOR = "pycalfin"
"""Level-1 attribute Author; in CALFIN's files, the person who digitised the front."""
DBF_BYTES = 254
"""Longest text of a shapefile attribute in bytes of UTF-8 (dBASE III)."""

Kind: TypeAlias = Literal["text", "integer", "real", "boolean", "date"]


@dataclass(frozen=True)
class Column:
    """A field of a table.

    Parameters
    ----------
    name : str
    kind : {'text', 'integer', 'real', 'boolean', 'date'}
    meaning : str
        Meaning and unit.
    """

    name: str
    kind: Kind
    meaning: str


_OBSERVATION = (
    Column("date", "date", "day of the scene"),
    Column("time", "text", "time of the scene, UTC, HH:MM:SS; null if unknown"),
    Column("scene", "text", "product id of the scene"),
    Column("domain", "text", "name of the domain"),
    Column("subset", "text", "name of the subset, as in quality_assurance/"),
)

FRONTS = (
    Column("id", "text", "stable hash of scene, domain, number and settings"),
    *_OBSERVATION,
    Column("number", "integer", "of the front within its subset, from 1"),
    Column("confidence", "real", "0 to 1"),
    Column("uncertainty", "real", "mean of the vertices, one standard deviation, ground metres"),
    Column("uncertain_end", "integer", "uncertain end: 0 none, 1 the first, 2 the last, 3 both"),
    Column("quality", "integer", "CALFIN's QualFlag: 0 manual, 10 automatic, +3 with SLC off"),
    Column("partial", "boolean", "the front leaves the image, or ends at a cloud or a gap"),
    Column("synthetic", "boolean", "from a synthetic scene: no observation"),
    Column("sensor", "text", "CALFIN's satellite code: LC08, S1B, ..."),
    Column("network", "text", "name and first digits of the weights' hash"),
    Column("length", "real", "ground metres, on the ellipsoid"),
)

FRONT_POINTS = (
    Column("front_id", "text", "id of the front in the layer fronts"),
    Column("date", "date", "day of the scene"),
    Column("scene", "text", "product id of the scene"),
    Column("domain", "text", "name of the domain"),
    Column("number", "integer", "of the front within its subset, from 1"),
    Column("vertex", "integer", "of the front, from 0, in the order of the line"),
    Column("uncertainty", "real", "one standard deviation across the line, ground metres"),
)

OCEAN = (
    *_OBSERVATION,
    Column("number", "integer", "of the polygon within its subset, from 1"),
    Column("area", "real", "square ground metres, on the ellipsoid"),
    Column("synthetic", "boolean", "from a synthetic scene: no observation"),
    Column("sensor", "text", "CALFIN's satellite code: LC08, S1B, ..."),
)

COASTLINE = (
    *_OBSERVATION,
    Column("number", "integer", "of the piece within its subset, from 1"),
    Column("calving_front", "boolean", "true: calving front; false: coast, or edge of the ice"),
    Column("length", "real", "ground metres, on the ellipsoid"),
    Column("synthetic", "boolean", "from a synthetic scene: no observation"),
    Column("sensor", "text", "CALFIN's satellite code: LC08, S1B, ..."),
)

LEVEL1 = (
    Column("GlacierID", "integer", "from the domain's attributes, else 0"),
    Column("Center_X", "real", "point halfway along the front, x in the CRS of the file"),
    Column("Center_Y", "real", "the same, y"),
    Column("Latitude", "real", "the same, degrees north"),
    Column("Longitude", "real", "the same, degrees east"),
    Column("QualFlag", "integer", "0 manual, 10 automatic, +3 with SLC off"),
    Column("Satellite", "text", "LC08, S1B, ..."),
    Column("Date", "text", "YYYY-MM-DD"),
    Column("ImageID", "text", "product id of the scene"),
    Column("GrnlndcN", "text", "Greenlandic name, from the domain's attributes"),
    Column("OfficialN", "text", "official name, from the domain's attributes"),
    Column("AltName", "text", "another name, from the domain's attributes"),
    Column("RefName", "text", "reference name, from the domain's attributes, else its name"),
    Column("Author", "text", "pycalfin"),
    Column("Number", "integer", "of the front within its subset, from 1"),
    Column("Confid", "real", "confidence, 0 to 1"),
    Column("Uncert_m", "real", "mean uncertainty (one standard deviation), ground metres"),
    Column("Partial", "integer", "1: the front leaves the image, or ends at a cloud or a gap"),
    Column("Synthetic", "integer", "1: from a synthetic scene, no observation"),
    Column("Length_m", "real", "ground metres"),
    Column("FrontID", "text", "id of the front in fronts.gpkg"),
    Column("Schema", "text", "schema version of this file"),
)
"""CALFIN's 14 attributes (Cheng et al. 2021, level-1 product), then those of pycalfin."""

LEVEL1_CLOSED = (*LEVEL1, Column("Area_km2", "real", "of the polygon, square ground kilometres"))
