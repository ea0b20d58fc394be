"""Log messages of the command line and its worker processes on stderr."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pycalfin.files import READABLE

PACKAGE = "pycalfin"
"""Name of the package's root logger."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters except tab and line feed, and characters that change the writing direction."""


def printable(text: str) -> str:
    """Escape control characters, which names from untrusted files may contain.

    Examples
    --------
    >>> printable("Bræ\x1b[2J")
    'Bræ\\\\x1b[2J'
    """
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


def to_stderr(level: int) -> None:
    """Write log records to stderr, unless logging is already configured.

    Parameters
    ----------
    level : int
        Level of `logging`. At DEBUG and below, records also name their logger.
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
    """Collect this package's warnings while a block runs; they are shown as usual.

    Yields
    ------
    list of str
        Messages; the list grows while the block runs.

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
