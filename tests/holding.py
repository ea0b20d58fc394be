"""A pycalfin whose tasks begin and never end, and who watches it: for tests of what stops a run.

    python tests/holding.py FOLDER run ...

Each task leaves a file in FOLDER, named after its process, and is held. So a test waits for what
has happened, not for a time, and nothing can have ended before the test ends it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

HANG = 600.0
"""Seconds until what never happens is given up; no test takes this long otherwise."""
PERIOD = 0.02
"""Seconds between looks."""
FOLDER = "PYCALFIN_HELD_IN"
"""Environment variable: the folder, for processes that are spawned."""


def command(folder: Path) -> list[str]:
    """Begin of a command line in place of `python -m pycalfin`."""
    return [sys.executable, __file__, str(folder)]


def wait_until(happened: object, process: object = None) -> None:
    """Look until a function returns True; fail if a process (Popen) ends before."""
    began = time.monotonic()
    while not happened():
        assert process is None or process.poll() is None, "ended too early"
        assert time.monotonic() - began < HANG, "it hangs"
        time.sleep(PERIOD)


def held(folder: Path, count: int, process: object) -> list[psutil.Process]:
    """Wait until so many processes hold a task."""
    wait_until(lambda: len(list(folder.iterdir())) >= count, process)
    return [psutil.Process(int(path.name)) for path in folder.iterdir()]


def wait_for_end(processes: Iterable[psutil.Process]) -> None:
    """Wait until all have ended, whether or not somebody has taken note of it."""
    for process in processes:
        wait_until(lambda process=process: ended(process))


def ended(process: psutil.Process) -> bool:
    """Return True if a process is gone, or dead and not yet taken note of by its parent."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def hold(_: object) -> None:
    """Stand in for `pycalfin.batch.task.work`."""
    Path(os.environ[FOLDER], str(os.getpid())).touch()
    while True:
        time.sleep(PERIOD)


if __name__ == "__main__":
    from pycalfin.batch import pipeline
    from pycalfin.cli import main

    # a suite that runs in the background of a script hands down that it is ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    pipeline.work = hold
    os.environ[FOLDER] = sys.argv[1]
    sys.exit(main(sys.argv[2:]))
