"""Measure the time of processing steps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

ESTIMATE_PERIOD = 3600.0
"""Seconds. The time left is estimated from the pace in this period; one scene may take minutes."""


class Stopwatch:
    """A stopwatch that sums the seconds of each named step.

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
        """Time a block; add the seconds to those of the same step."""
        start = time.perf_counter()
        try:
            yield
        finally:
            elapsed = time.perf_counter() - start
            self.seconds[step] = self.seconds.get(step, 0.0) + elapsed
