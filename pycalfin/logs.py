"""What the command line and its worker processes say on stderr."""

from __future__ import annotations

import logging
import sys


def to_stderr(level: int) -> None:
    """Write log records to stderr; what is logged already stays as it is.

    Parameters
    ----------
    level : int
        Of `logging`; from DEBUG on the records tell where they come from.
    """
    debug = level <= logging.DEBUG
    logging.basicConfig(
        stream=sys.stderr,
        level=level,
        format=logging.BASIC_FORMAT if debug else "%(levelname)s: %(message)s",
    )
