"""Every setting of pycalfin: one frozen record, read from TOML, JSON or the command line.

`table` says what each setting means, its unit and the source of its default; help texts, pages and
templates are made of it. The pipeline gets one `Settings` and never a dictionary.
"""

from pycalfin.settings.checks import parse_nodata, parse_shard
from pycalfin.settings.record import Settings
from pycalfin.settings.table import CHOICES, THRESHOLDS, describe

__all__ = ["CHOICES", "THRESHOLDS", "Settings", "describe", "parse_nodata", "parse_shard"]
