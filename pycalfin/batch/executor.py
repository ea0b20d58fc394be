"""Executors: objects with one method that run tasks and yield their results as they come.

The pipeline does not know which one it has. Results may come in any order; nothing of a finished
task is kept, so that memory does not grow with the batch.
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
"""Tasks handed out per process beyond the one it works on."""


def _start(level: int | None) -> None:
    """Begin a worker; `level` is that of the head's log, None if the head has none."""
    # Ctrl-C in a terminal reaches every process: the head alone decides
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if level is not None:
        to_stderr(level)
    _die_with_parent()


def _die_with_parent() -> None:
    """End a worker when the head is gone, killed say; it would wait for tasks for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait_for([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Executor(Protocol[Task, Result]):
    """Runs a function over tasks."""

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield the result of every task, in any order."""
        ...


class Serial(Generic[Task, Result]):
    """One task after the other, in this process."""

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield results in the order of the tasks."""
        return map(function, tasks)


class Processes(Generic[Task, Result]):
    """Several processes of this machine.

    They are spawned, not forked: TensorFlow does not survive a fork. A process that dies (out of
    memory, say) costs only its own task.

    Parameters
    ----------
    jobs : int
        Processes at once.
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
            # after a death nobody knows whose task it was: each is tried again by itself
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
        """Work until the queue is empty or a process dies; then name the unfinished tasks."""
        context = multiprocessing.get_context("spawn")
        before = set(multiprocessing.active_children())
        root = logging.getLogger()
        level = root.level if root.handlers else None
        with ProcessPoolExecutor(
            jobs, mp_context=context, initializer=_start, initargs=(level,)
        ) as pool:
            pending: dict[Future[Result], Task] = {}

            def hand_out(count: int) -> None:
                for task in islice(queue, count):
                    try:
                        pending[pool.submit(function, task)] = task
                    except BrokenProcessPool:
                        # the pool broke while the head was busy: this task is in no future yet
                        suspects.append(task)
                        raise

            try:
                hand_out(AHEAD * jobs)
                while pending:
                    finished, _ = wait(pending, return_when=FIRST_COMPLETED)
                    for future in finished:
                        result = future.result()
                        del pending[future]
                        yield result
                        hand_out(1)
            except BrokenProcessPool:
                suspects.extend(pending.values())
                return True
            except BaseException:
                # interrupted: nobody waits for what the workers still do, and it can take long
                for worker in set(multiprocessing.active_children()) - before:
                    worker.kill()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return False
