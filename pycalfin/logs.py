"""What the command line and its worker processes say on stderr."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pycalfin.files import READABLE

PACKAGE = "pycalfin"
"""Logger above all of this package's."""

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and line end, and those that turn the direction of writing."""


def printable(text: str) -> str:
    """Write out what would steer a terminal: names may come from files of strangers.

    Examples
    --------
    >>> printable("Bræ\x1b[2J")
    'Bræ\\\\x1b[2J'
    """
    return _STEERING.sub(lambda found: ascii(found[0])[1:-1], text)


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


def to_stderr(level: int) -> None:
    """Write log records to stderr; what is logged already stays as it is.

    Parameters
    ----------
    level : int
        Of `logging`; from DEBUG on the records tell where they come from.
    """
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors=READABLE)
    debug = level <= logging.DEBUG
    handler = logging.StreamHandler(sys.stderr)
    plain = "%(levelname)s: %(message)s"
    handler.setFormatter(_Formatter(logging.BASIC_FORMAT if debug else plain))
    logging.basicConfig(level=level, handlers=[handler])


@contextmanager
def collected_warnings() -> Iterator[list[str]]:
    """Collect the warnings of this package while a block runs; they are still shown.

    Yields
    ------
    list of str
        Grows while the block runs.

    Examples
    --------
    >>> with collected_warnings() as warnings:
    ...     logging.getLogger("pycalfin.scene").warning("date overrides")
    >>> warnings
    ['date overrides']
    """
    sentences: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            sentences.append(record.getMessage())

    collector = Collector(logging.WARNING)
    logger = logging.getLogger(PACKAGE)
    logger.addHandler(collector)
    try:
        yield sentences
    finally:
        logger.removeHandler(collector)
