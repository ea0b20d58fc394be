"""Do what a request asks for, tell how it goes, and leave an answer whatever happens."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from calfin_bridge.contract import Answer, Remark
from calfin_bridge.request import Request, read_request
from pycalfin.batch.demo import prepare
from pycalfin.batch.pipeline import RunResult, run
from pycalfin.errors import ContractError, PrunedError, PycalfinError, SettingsError
from pycalfin.logs import heard
from pycalfin.records import PairResult

EXIT_NOTHING, EXIT_USAGE = 1, 2
INTERRUPTED = 130
INTERRUPTION = "interrupted; the same settings continue where it stopped"
log = logging.getLogger(__name__)

Say = Callable[[str], object]
LEASE_PERIOD = 0.5
"""Seconds between looks at whether the client is still there."""
LEASE_GRACE = 10.0
"""Seconds that an interrupted run has to end by itself."""
MOST_SENTENCES = 10
"""Sentences in a message; the rest is in run.json."""


def serve(path: str | Path, say: Say = log.info) -> int:
    """Answer a request.

    The request file is a lease: a client that gives up removes it, and the work stops.

    Parameters
    ----------
    path : path
        Of the request; the answer is written beside it.
    say : callable
        Gets a line of text whenever there is progress.

    Returns
    -------
    int
        The exit status, as of `pycalfin run`.

    Raises
    ------
    ContractError
        If there is no request. Everything else that goes wrong is an answer.
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
        status = EXIT_USAGE if isinstance(error, SettingsError) else EXIT_NOTHING
        answer = Answer(status, error=error.code, message=str(error))
    except Exception as error:  # the client must be told, whatever it is
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
    request = read_request(path)
    if request.wish is not None:
        # imported here: nothing of it is needed to find fronts
        from calfin_bridge.fulfil import make_field, write_contours

        if request.task == "levelset":
            return make_field(request.wish, path.parent, say)
        return write_contours(request.wish, say)
    settings = request.settings
    if request.task == "demo":
        say("making synthetic scenes")
        _, settings = prepare(settings.output, settings)

    def tell(done: int, total: int, latest: PairResult | None) -> None:
        say(_progress(done, total, latest))

    with heard() as warnings:
        result = run(settings, tell, domains=request.domains)
    say(result.sentence())
    output = str(result.output.absolute())
    if result.exit_status == EXIT_NOTHING:
        return Answer(EXIT_NOTHING, output, _kind(result), _message(result))
    # what was noticed of a scene stands with its pair
    known = {text for pair in result.results for text in pair.warnings}
    remarks = [Remark("log", text) for text in dict.fromkeys(warnings) if text not in known]
    if result.count("failed"):
        remarks.append(Remark("partial", _message(result)))
    if not any(pair.fronts for pair in result.results):
        remarks.append(Remark("nofront", _without(request, result)))
    return Answer(result.exit_status, output, remarks=tuple(remarks))


def _kind(result: RunResult) -> str:
    """One word for why nothing was done; the one that all failures share, if they do."""
    words = {pair.error for pair in result.results if pair.status == "failed"}
    if not words:
        return PrunedError.code if result.results else PycalfinError.code
    return words.pop() if len(words) == 1 else PycalfinError.code


def _message(result: RunResult) -> str:
    sentences = result.complaints()
    if not sentences:
        return "no scene with a domain to work on; check scenes and domain"
    more = len(sentences) - MOST_SENTENCES
    rest = [f"and {more} more like these; see run.json"] if more > 0 else []
    return "\n".join(sentences[:MOST_SENTENCES] + rest)


def _without(request: Request, result: RunResult) -> str:
    reasons = [pair.reason for pair in result.results if pair.status == "no_front"]
    first = f" ({reasons[0]})" if reasons else ""
    return (
        f"no front was found in {result.count('no_front')} of {len(result.results)} pairs of scene "
        f"and domain{first}; look at the figures in {request.settings.output}"
    )


def _progress(done: int, total: int, latest: PairResult | None) -> str:
    """Report progress as a line of its own: a console that is no terminal draws no bar."""
    if latest is None:
        finished = f", {done} of them finished before" if done else ""
        return f"{total} pair{'s' if total != 1 else ''} of scene and domain{finished}"
    count = len(latest.fronts)
    ended = (
        f"{count} front{'s' if count != 1 else ''}" if latest.status == "done" else latest.status
    )
    where = " ".join(part for part in (latest.date, latest.scene, latest.domain) if part)
    return f"{done} of {total}: {where}: {ended.replace('_', ' ')}"


def _watch(request: Path) -> None:
    """Interrupt the work when the client has removed its request."""

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
