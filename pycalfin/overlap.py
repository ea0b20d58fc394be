"""Work on the next item while the network is busy with this one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

AT_ONCE = 2
"""Items in work: while the network predicts one, another is prepared or finished."""
AHEAD = 2
"""Results that may wait for an earlier one, so that memory does not grow with their number."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def overlapped(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """Apply a function to items in threads; the results come in the order of the items.

    Parameters
    ----------
    function : callable
        Safe to be called from several threads.
    items : iterable
        Is read only a little further than the results are.
    threads : int
        With fewer than two there are no threads.

    Yields
    ------
    object
        One result for every item.

    Examples
    --------
    >>> list(overlapped(abs, [-1, 2, -3], threads=2))
    [1, 2, 3]
    """
    if threads < AT_ONCE:
        yield from map(function, items)
        return
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) == AT_ONCE + AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:  # after an error or an interrupt, nothing more is begun
        pool.shutdown(cancel_futures=True)
