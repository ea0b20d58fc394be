"""Executors: objects with one method, which run tasks and yield results as they are finished.

The pipeline does not know which executor it uses. Results may come in any order. Executors keep
nothing of a finished task, so that memory does not grow with the batch.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait as wait_for
from typing import Generic, Protocol, TypeVar

from pycalfin.logs import to_stderr

Task = TypeVar("Task")
Result = TypeVar("Result")

log = logging.getLogger(__name__)

AHEAD = 2
"""Tasks submitted per process at the start: one to work on, and one waiting."""


def _start(level: int | None) -> None:
    """Set up a worker process; `level` is the main process's log level, None without a log."""
    # Ctrl-C in a terminal reaches every process; only the main process handles it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if level is not None:
        to_stderr(level)
    _die_with_parent()


def _die_with_parent() -> None:
    """End a worker if the main process dies; otherwise it would wait for tasks forever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait_for([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Executor(Protocol[Task, Result]):
    """The interface of an executor: run a function over tasks."""

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield the result of every task, in any order."""
        ...


class Serial(Generic[Task, Result]):
    """An executor that runs one task after the other in this process."""

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield results in the order of the tasks."""
        return map(function, tasks)


class Processes(Generic[Task, Result]):
    """An executor that runs tasks in several processes on this machine.

    Processes are spawned, not forked, because TensorFlow does not survive a fork. If a process dies
    (e.g. out of memory), only its own task is lost.

    Parameters
    ----------
    jobs : int
        Number of processes.
    worker_lost : callable
        Makes the result of a task whose process died, from the task.
    """

    def __init__(self, jobs: int, worker_lost: Callable[[Task], Result]) -> None:
        self.jobs = jobs
        self.worker_lost = worker_lost

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield results as they are finished."""
        queue = iter(tasks)
        suspects: list[Task] = []
        while True:
            broken = yield from self._run(function, queue, self.jobs, suspects)
            # a broken pool does not say whose process died: try each task again, alone
            for task in suspects:
                alone: list[Task] = []
                died = yield from self._run(function, iter([task]), 1, alone)
                if died:
                    log.warning("a worker process died; its task is given up")
                    yield self.worker_lost(task)
            suspects.clear()
            if not broken:
                return

    def _run(
        self,
        function: Callable[[Task], Result],
        queue: Iterator[Task],
        jobs: int,
        suspects: list[Task],
    ) -> Generator[Result, None, bool]:
        """Run until the queue is empty or a process dies; add unfinished tasks to `suspects`."""
        context = multiprocessing.get_context("spawn")
        before = set(multiprocessing.active_children())
        root = logging.getLogger()
        level = root.level if root.handlers else None
        with ProcessPoolExecutor(
            jobs, mp_context=context, initializer=_start, initargs=(level,)
        ) as pool:
            pending: dict[Future[Result], Task] = {}

            def submit(count: int) -> None:
                for task in islice(queue, count):
                    try:
                        pending[pool.submit(function, task)] = task
                    except BrokenProcessPool:
                        # the pool broke between results: this task has no future yet
                        suspects.append(task)
                        raise

            try:
                submit(AHEAD * jobs)
                while pending:
                    finished, _ = wait(pending, return_when=FIRST_COMPLETED)
                    for future in finished:
                        result = future.result()
                        del pending[future]
                        yield result
                        submit(1)
            except BrokenProcessPool:
                suspects.extend(pending.values())
                return True
            except BaseException:
                # interrupted: do not wait for the workers, which can take long
                for worker in set(multiprocessing.active_children()) - before:
                    worker.kill()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return False
