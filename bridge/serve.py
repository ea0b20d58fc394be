"""Server of a single request: it does the task, reports progress, and always writes an answer."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from calfin_bridge.contract import Answer, Remark
from calfin_bridge.request import Request, read_request
from pycalfin.errors import EXIT_NOTHING, ContractError, PrunedError, PycalfinError
from pycalfin.logs import collected_warnings

if TYPE_CHECKING:
    from pycalfin.batch.prepare import Batch
    from pycalfin.batch.result import RunResult
    from pycalfin.results import PairResult

INTERRUPTED = 130
INTERRUPTION = "interrupted; the same settings continue where it stopped"
log = logging.getLogger(__name__)

Say = Callable[[str], object]
LEASE_PERIOD = 0.5
"""Seconds between checks that the request still exists."""
LEASE_GRACE = 10.0
"""Seconds that an interrupted run has to end before it is stopped."""


def serve(path: str | Path, say: Say = log.info) -> int:
    """Answer a request.

    The request file is a lease: if the client removes it, the work stops.

    Parameters
    ----------
    path : path
        Path of the request; the answer is written next to it.
    say : callable
        Receives a line of text whenever there is progress.

    Returns
    -------
    int
        Exit status as of `pycalfin run`.

    Raises
    ------
    ContractError
        If there is no request. All other errors are answers.
    """
    path = Path(path).absolute()
    if not path.is_file():
        raise ContractError(f"{path}: cannot read the request (no such file)")
    try:
        _watch(path)
        answer = _answer(path, say)
    except KeyboardInterrupt:
        answer = Answer(INTERRUPTED, error="interrupted", message=INTERRUPTION)
    except PycalfinError as error:
        answer = Answer(error.exit_status, error=error.code, message=str(error))
    except Exception as error:  # the client must learn of any error
        log.debug("traceback of a failed request", exc_info=error)
        answer = Answer(
            EXIT_NOTHING,
            error=PycalfinError.code,
            message=f"unexpected {type(error).__name__}: {error}; please report it",
        )
    if path.exists():
        answer.write(path.parent)
    return answer.exit_status


def _answer(path: Path, say: Say) -> Answer:
    with collected_warnings() as before:
        request = read_request(path)
    if request.of_fronts is not None:
        # imported here, because runs do not need it and it would double their start
        from calfin_bridge.handlers import make_levelset, write_contours

        if request.task == "levelset":
            return make_levelset(request.of_fronts, path.parent, say)
        return write_contours(request.of_fronts, say)
    from pycalfin.batch import demo
    from pycalfin.batch.pipeline import work_on
    from pycalfin.batch.prepare import prepare

    settings = request.settings
    with collected_warnings() as warnings:
        if request.task == "demo":
            demo.check(settings.output, settings)
            say("making synthetic scenes")
            _, settings = demo.make(settings.output, settings)
        batch = prepare(settings, request.domains)
        say(_announcement(batch))
        result = work_on(batch, partial(_progress, say))
    say(result.sentence())
    output = str(result.output.absolute())
    if result.exit_status == EXIT_NOTHING:
        return Answer(EXIT_NOTHING, output, _kind(result), "\n".join(result.remarks()))
    # warnings about a scene are reported with its pair
    known = {text for pair in result.pairs for text in pair.warnings}
    remarks = [
        Remark("log", text) for text in dict.fromkeys([*before, *warnings]) if text not in known
    ]
    if result.count("failed"):
        remarks.append(Remark("partial", "\n".join(result.remarks())))
    if not any(pair.fronts for pair in result.pairs):
        remarks.append(Remark("nofront", _without(request, result)))
    return Answer(result.exit_status, output, remarks=tuple(remarks))


def _kind(result: RunResult) -> str:
    """Return the kind of error in one word: the one of all failures, if they share one."""
    words = {pair.error for pair in result.pairs if pair.status == "failed"}
    if not words:
        return PrunedError.code if result.pairs else PycalfinError.code
    return words.pop() if len(words) == 1 else PycalfinError.code


def _without(request: Request, result: RunResult) -> str:
    reasons = [pair.reason for pair in result.pairs if pair.status == "no_front"]
    first = f" ({reasons[0]})" if reasons else ""
    return (
        f"no front was found{first}: {result.sentence()}; look at the report in "
        f"{request.settings.output}"
    )


def _announcement(batch: Batch) -> str:
    """Describe the work ahead in a sentence."""
    from pycalfin.batch.result import plural

    before = batch.mine - len(batch.todo)
    domains = f", {plural(batch.domains, 'domain')}" if batch.domains else ""
    finished = f"; {before} of {batch.mine} finished before" if before else ""
    return f"{plural(batch.scenes, 'scene')}{domains}{finished}"


def _progress(say: Say, done: int, total: int, latest: PairResult | None) -> None:
    """Report progress in a line, because MATLAB's console cannot draw a progress bar."""
    from pycalfin.batch.result import plural

    if latest is None:
        return
    ended = plural(len(latest.fronts), "front") if latest.status == "done" else latest.status
    where = " ".join(part for part in (latest.date, latest.scene, latest.domain) if part)
    say(f"{done} of {total}: {where}: {ended.replace('_', ' ')}")


def _watch(request: Path) -> None:
    """Start a thread that interrupts the work when the client removes its request."""

    def look() -> None:
        while request.exists():
            time.sleep(LEASE_PERIOD)
        if os.name == "posix":
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        else:
            signal.raise_signal(signal.SIGINT)
        time.sleep(LEASE_GRACE)
        os._exit(INTERRUPTED)

    threading.Thread(target=look, daemon=True, name="lease").start()
