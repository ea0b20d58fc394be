"""The settings of pycalfin: one frozen record, read from TOML, JSON or the command line.

`table` holds the meaning, unit, default and its source for each setting. Help texts, pages and
templates are made from it. The pipeline gets one `Settings`, never a dictionary.
"""

from pycalfin.settings.checks import parse_nodata, parse_shard
from pycalfin.settings.record import Settings
from pycalfin.settings.table import CHOICES, THRESHOLDS, describe

__all__ = ["CHOICES", "THRESHOLDS", "Settings", "describe", "parse_nodata", "parse_shard"]
