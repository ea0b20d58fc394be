"""What the command line and its worker processes say on stderr."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pycalfin.files import READABLE

PACKAGE = "pycalfin"
"""Logger above all of this package's."""


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
    logging.basicConfig(
        stream=sys.stderr,
        level=level,
        format=logging.BASIC_FORMAT if debug else "%(levelname)s: %(message)s",
    )


@contextmanager
def heard() -> Iterator[list[str]]:
    """Collect the warnings of this package while a block runs; they are still shown.

    Yields
    ------
    list of str
        Grows while the block runs.

    Examples
    --------
    >>> with heard() as warnings:
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
