"""Where the time goes: seconds by step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

ESTIMATE_PERIOD = 3600.0
"""Seconds: the time left is told from the pace within this time; one scene may take minutes."""


class Stopwatch:
    """Adds up seconds by the name of a step.

    Examples
    --------
    >>> watch = Stopwatch()
    >>> with watch("read"):
    ...     pass
    >>> sorted(watch.seconds)
    ['read']
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Time a block; blocks of one name add up."""
        start = time.perf_counter()
        try:
            yield
        finally:
            elapsed = time.perf_counter() - start
            self.seconds[step] = self.seconds.get(step, 0.0) + elapsed
