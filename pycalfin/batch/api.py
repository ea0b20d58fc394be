"""The batch as a Python program calls it: a run says aloud what went wrong."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from pycalfin.batch import pipeline
from pycalfin.batch.pipeline import Progress
from pycalfin.batch.result import MOST_SENTENCES, RunResult
from pycalfin.records import Domain
from pycalfin.settings import Settings

log = logging.getLogger(__name__)


def run(
    settings: Settings,
    progress: Progress | None = None,
    *,
    domains: Sequence[Domain] | None = None,
) -> RunResult:
    """Find the fronts of all scenes and write the products.

    A scene that fails or is skipped is a warning of the logger 'pycalfin', which Python shows by
    default; `RunResult.raise_for_status` makes it an error.

    Parameters
    ----------
    settings : Settings
        With at least one scene.
    progress : callable, optional
        Called before the first task and after each.
    domains : sequence of Domain, optional
        Stand in for the file `settings.domain`.

    Returns
    -------
    RunResult

    Raises
    ------
    SettingsError, DomainError, MissingCRSError, WeightsError, MissingDependencyError
        If settings, domain file, fjord mask or network are wrong, or results of an earlier run
        would be dropped. Nothing was touched then.
    OutputError
        If the output folder cannot be written. Everything else that goes wrong is a result.
    """
    result = pipeline.run(settings, progress, domains=domains)
    complaints = result.complaints()
    for sentence in complaints[:MOST_SENTENCES]:
        log.warning("%s", sentence)
    if len(complaints) > MOST_SENTENCES:
        log.warning("and %d more like these; see run.json", len(complaints) - MOST_SENTENCES)
    if not result.written:
        log.warning(
            "%s: nothing was finished; what an earlier run left there stays as it is",
            result.output,
        )
    return result
