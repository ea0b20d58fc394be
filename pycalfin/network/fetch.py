"""Downloads of registered weights into the user's cache, with advice if a download fails.

pooch verifies a download before it gives the file its name. The downloader here adds resuming,
which pooch's downloader lacks: the part that arrived is kept, and the next call continues it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pycalfin.errors import MissingDependencyError, OutputError, WeightsError
from pycalfin.network import registry, weights
from pycalfin.network.registry import Entry

if TYPE_CHECKING:
    from types import ModuleType

    import requests

Advance: TypeAlias = Callable[[int, int], None]

PARTIAL = ".partial"
"""File suffix of an interrupted download."""
TIMEOUT = 30
"""Seconds to wait for a server's answer."""
CHUNK = 1 << 16
"""Bytes per write."""
OK, PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE = 200, 206, 416
"""HTTP status codes (RFC 9110)."""


def _ignore(done: int, total: int) -> None:
    del done, total


def fetch(name: str, progress: Advance = _ignore) -> Path:
    """Download a registered file into the user's cache, if it is not there yet.

    Parameters
    ----------
    name : str
        A registered name.
    progress : callable
        `progress(done, total)` in bytes; total is 0 if the server does not report it.

    Returns
    -------
    Path
        The file. Its hash is verified if the registry holds one, else its content.

    Raises
    ------
    WeightsError
        If the name is unknown, the registry has no address, the server cannot be reached, or the
        download is not the registered file. The message says what to download by hand and where
        to put it. Also if another file lies in the cache under that name.
    OutputError
        If the cache cannot be written.
    """
    known = registry.entries()
    if name not in known:
        raise WeightsError(f"{name}: no known weights; pass one of: {', '.join(sorted(known))}")
    entry = known[name]
    found = registry.find(entry)
    if found is not None and _whole(found[0], entry):
        if entry.sha256 is None:
            registry.check_kind(found[0], weights.check(found[0]), entry)
        return found[0]
    if entry.url is None:
        raise WeightsError(
            f"{name}: no address to fetch it from is known; {registry.by_hand(entry)}"
        )
    path = _retrieve(entry, progress)
    if entry.sha256 is None:
        _check_content(path, entry)
    return path


def _whole(path: Path, entry: Entry) -> bool:
    """Return True if a file is the registered one; raise if it is not and has no address."""
    try:
        registry.digest(path, entry)
    except WeightsError:
        if entry.url is None:
            raise
        return False
    return True


def _retrieve(entry: Entry, progress: Advance) -> Path:
    pooch = _import_pooch()
    import requests

    folder, url = registry.cache(), str(entry.url)
    downloader = Resuming(folder / f"{entry.file}{PARTIAL}", progress)
    by_hand = registry.by_hand(entry)
    try:
        with _quiet(pooch):
            pooch.retrieve(
                url,
                known_hash=entry.sha256 and f"sha256:{entry.sha256}",
                fname=entry.file,
                path=folder,
                downloader=downloader,
            )
    except requests.HTTPError as error:
        answer = error.response
        what = error if answer is None else f"{answer.status_code} {answer.reason}"
        raise WeightsError(f"{url}: the server answers {what}; {by_hand}") from error
    except (requests.ConnectionError, requests.Timeout) as error:
        if downloader.done:
            raise _interrupted(url, entry, downloader) from error
        raise WeightsError(f"{url}: no connection; {by_hand}") from error
    except requests.RequestException as error:
        if downloader.done:
            raise _interrupted(url, entry, downloader) from error
        raise WeightsError(f"{url}: cannot be fetched ({error}); {by_hand}") from error
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot write ({error.strerror or error}); make room, or name another "
            "folder in PYCALFIN_CACHE"
        ) from error
    except ValueError as error:  # wrong hash; pooch has removed the file
        raise WeightsError(
            f"{url}: the download is not {entry.file} (its SHA-256 differs) and was removed; try "
            f"again, or {by_hand}"
        ) from error
    return folder / entry.file


def _interrupted(url: str, entry: Entry, downloader: Resuming) -> WeightsError:
    of = f" of {downloader.total}" if downloader.total else ""
    return WeightsError(
        f"{url}: the connection broke after {downloader.done}{of} bytes; "
        f"to continue the download: pycalfin weights fetch {entry.name}"
    )


def _check_content(path: Path, entry: Entry) -> None:
    """Remove and refuse a download that is not a weights file, e.g. a login page."""
    try:
        registry.check_kind(path, weights.check(path), entry)
    except WeightsError as error:
        path.unlink()
        raise WeightsError(
            f"{entry.url}: the download is not {entry.file} and was removed; "
            f"{registry.by_hand(entry)}"
        ) from error


class Resuming:
    """A downloader for pooch that continues where an earlier one stopped.

    Parameters
    ----------
    part : Path
        File for the bytes until the download is complete.
    progress : callable
        `progress(done, total)`.

    Attributes
    ----------
    done, total : int
        Bytes downloaded and bytes in all; total is 0 if the server does not report it.
    """

    def __init__(self, part: Path, progress: Advance = _ignore) -> None:
        self._part = part
        self._progress = progress
        self.done = self.total = 0

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        """Download to `output_file` (the signature is pooch's)."""
        del pooch
        import requests

        kept = self._part.stat().st_size if self._part.is_file() else 0
        # with compressed content, byte offsets here and on the server would differ
        headers = {"Accept-Encoding": "identity"}
        if kept:
            headers["Range"] = f"bytes={kept}-"
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
            if answer.status_code == RANGE_NOT_SATISFIABLE:
                # the kept part is already complete; pooch checks its hash
                self.done = self.total = kept
            else:
                answer.raise_for_status()
                self._take(answer, kept if answer.status_code == PARTIAL_CONTENT else 0)
        if self.done < self.total:
            raise requests.ConnectionError("the answer ended early")
        os.replace(self._part, output_file)  # noqa: PTH105 - pooch gives a text

    def _take(self, answer: requests.Response, kept: int) -> None:
        self.done = kept
        length = int(answer.headers.get("Content-Length", 0))
        self.total = kept + length if length else 0
        with self._part.open("ab" if kept else "wb") as stream:
            for chunk in answer.iter_content(CHUNK):
                stream.write(chunk)
                self.done += len(chunk)
                self._progress(self.done, self.total)


@contextmanager
def _quiet(pooch: ModuleType) -> Iterator[None]:
    """Silence pooch's messages: the command line shows progress."""
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _import_pooch() -> ModuleType:
    try:
        import pooch
    except ImportError as error:
        raise MissingDependencyError(
            f"fetching weights needs pooch, which cannot be imported ({error}): pip install pooch"
        ) from error
    return pooch
