"""What a test leaves behind: open files and child processes, found in the test that left them.

An open file is closed, with a ResourceWarning, when Python happens to collect it: often within a
later test, which then fails for it. So whatever a test opened is collected at its own end.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

PATIENCE = 60.0
"""Seconds that an ending child may take to be gone."""
LASTING = "resource_tracker"
"""Part of the command line of the one child that `multiprocessing` keeps for later."""


@contextmanager
def none_left(below: Path) -> Iterator[None]:
    """Fail if the block leaves an open file below a folder, or a child process."""
    this = psutil.Process()
    count, children = _open_count(this), _children(this)
    files = _files(this, below)
    yield
    left = []
    if _forget_failure() or _open_count(this) > count:
        left += _collected()
    if _open_count(this) > count:
        left += [f"file {path}" for path in sorted(_files(this, below) - files)]
    left += [f"process {child}" for child in _remaining(this, children)]
    assert not left, f"left open: {', '.join(left)}"


def _open_count(process: psutil.Process) -> int:
    """Number of open descriptors; cheap."""
    return process.num_fds() if hasattr(process, "num_fds") else 0


def _files(process: psutil.Process, below: Path) -> set[str]:
    return {file.path for file in process.open_files() if Path(file.path).is_relative_to(below)}


def _collected() -> list[str]:
    """Collect what is not referred to any more, and what Python says of it."""
    said: list[str] = []
    hook = sys.unraisablehook
    sys.unraisablehook = lambda raised: said.append(str(raised.exc_value))
    try:
        gc.collect()
    finally:
        sys.unraisablehook = hook
    return said


def _forget_failure() -> bool:
    """Drop the variables of a failed test, which pytest keeps until the next one."""
    error = getattr(sys, "last_value", None)
    if error is None:
        return False
    sys.last_value = sys.last_traceback = None
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
    return True


def _children(process: psutil.Process) -> set[psutil.Process]:
    if hasattr(os, "waitid"):
        try:
            # cheap: is there any child? Its end stays for whoever waits for it
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return set()
    return {child for child in process.children() if not _lasts(child)}


def _lasts(process: psutil.Process) -> bool:
    try:
        return LASTING in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def _remaining(process: psutil.Process, before: set[psutil.Process]) -> set[psutil.Process]:
    """Children that were not there before, once those that are ending have ended."""
    began = time.monotonic()
    while (left := _children(process) - before) and time.monotonic() - began < PATIENCE:
        time.sleep(0.05)
    for child in left:
        child.kill()
    return left
