"""Executors give every result once, whoever dies."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections import Counter
from pathlib import Path

import pytest

from pycalfin.batch.executor import Processes, Serial
from tests import holding


def square(number: int) -> int:
    return number * number


def deadly(number: int) -> int:
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def deadly_once_told(file: Path) -> Path:
    if file.name == "1":
        holding.wait_until(file.with_name("die").exists)
        os.kill(os.getpid(), signal.SIGKILL)
    return file


def talking(number: int) -> int:
    logging.getLogger("pycalfin").debug("task %d", number)
    return number


def finished_late(file: Path) -> Path:
    if file.name != "first":
        threading.Event().wait(holding.HANG)
    file.touch()
    return file


def worker_lost(number: int) -> int:
    return -number


@pytest.mark.parametrize("executor", [Serial(), Processes(2, worker_lost)])
def test_every_result_once(executor: Serial[int, int] | Processes[int, int]) -> None:
    found = Counter(executor.map(square, range(20)))
    assert found == Counter(n * n for n in range(20))


@pytest.mark.parametrize(("level", "heard"), [(logging.DEBUG, True), (logging.WARNING, False)])
def test_workers_log_as_the_head_does(
    level: int, heard: bool, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(level):
        assert sorted(Processes(2, worker_lost).map(talking, range(2))) == [0, 1]
    assert ("DEBUG:pycalfin:task 1" in capfd.readouterr().err) is heard


def test_tasks_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def tasks() -> object:
        for number in range(100):
            taken.append(number)
            yield number

    results = Processes(2, worker_lost).map(square, tasks())  # type: ignore[arg-type]
    next(results)
    assert len(taken) < 12
    results.close()  # type: ignore[attr-defined]


def test_an_interrupt_does_not_wait_for_what_the_workers_still_do(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    processes: Processes[Path, Path] = Processes(2, lambda file: file)
    results = processes.map(finished_late, [first, second])
    assert next(results) == first
    with pytest.raises(KeyboardInterrupt):
        results.throw(KeyboardInterrupt)  # type: ignore[attr-defined]
    for worker in multiprocessing.active_children():
        worker.join()
    assert not second.exists()


def test_a_process_that_dies_costs_its_own_task_only() -> None:
    found = sorted(Processes(2, worker_lost).map(deadly, range(12)))
    assert found == sorted([-5, *(n for n in range(12) if n != 5)])


def test_no_task_is_lost_when_a_process_dies_while_the_head_is_busy(tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(12)]
    found = []
    processes: Processes[Path, Path] = Processes(2, lambda file: file.with_name("buried"))
    for result in processes.map(deadly_once_told, files):
        if not found:
            (tmp_path / "die").touch()
            # the next task is handed to a pool that broke meanwhile
            holding.wait_until(lambda: not multiprocessing.active_children())
        found.append(result.name)
    assert sorted(found) == sorted(["buried", *(file.name for file in files if file.name != "1")])
