"""Handling of Ctrl-C: one request to stop, however often it is pressed."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

IMPATIENCE = 5.0
"""Seconds after a Ctrl-C during which further ones are ignored."""


@contextmanager
def interrupted_once() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first Ctrl-C, but not at those that follow within seconds.

    A second interrupt during the handling of the first may leave workers running or raise another
    error. If Ctrl-C is ignored or has another handler, nothing is changed.
    """
    usual = signal.getsignal(signal.SIGINT)
    main = threading.current_thread() is threading.main_thread()
    if not main or usual is not signal.default_int_handler:
        yield
        return
    first = -math.inf

    def stop(*_: object) -> None:
        nonlocal first
        now = time.monotonic()
        if now - first >= IMPATIENCE:
            first = now
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
