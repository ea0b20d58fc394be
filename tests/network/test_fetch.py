"""Fetching from a server on this machine: whole, broken off, wrong, refused, and not there.

pytest-socket, which the checks run with, lets these tests have a socket (`enable_socket`).
"""

import logging
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pooch
import pytest

from pycalfin.errors import MissingDependencyError, OutputError, WeightsError
from pycalfin.network import registry
from pycalfin.network.fetch import CHUNK, PARTIAL, fetch

pytestmark = pytest.mark.enable_socket

KEPT = 3 * CHUNK
"""Bytes: what a download that breaks off a little later keeps."""


@pytest.fixture
def server(registered, monkeypatch):
    """A server of the registered file, which is not here; tests change what it does."""
    state = SimpleNamespace(
        content=(registered.folder / "mine.h5").read_bytes(),
        status=None,
        breaks_after=None,
        ranges=True,
        asked=[],
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            wanted = self.headers.get("Range", "")
            state.asked.append(wanted)
            if state.status is not None:
                self.send_error(state.status)
                return
            start = int(wanted[6:-1]) if wanted and state.ranges else 0
            if start and start >= len(state.content):
                self.send_error(416)
                return
            body = state.content[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if state.breaks_after is None else body[: state.breaks_after])

        def log_message(self, *_):
            """Say nothing."""

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        state.url = f"http://127.0.0.1:{http.server_port}/mine.h5"
        registered.change(url=state.url)
        (registered.folder / "mine.h5").unlink()
        yield state
        http.shutdown()
        thread.join()


def left():
    return sorted(path.name for path in registry.cache().glob("*"))


def test_a_file_is_fetched_once(server, registered):
    steps = []
    path = fetch("mine", lambda done, total: steps.append((done, total)))
    assert path == registry.cache() / "mine.h5"
    assert path.read_bytes() == server.content
    assert steps[-1] == (registered.entry.size, registered.entry.size)
    assert steps == sorted(steps)
    assert left() == ["mine.h5"]
    assert fetch("mine") == path
    assert server.asked == [""]
    assert registry.locate("mine")[0] == path


def test_pooch_keeps_its_voice(server, caplog):
    del server
    before = pooch.get_logger().level
    fetch("mine")
    assert pooch.get_logger().level == before
    assert not [record for record in caplog.records if record.levelno >= logging.INFO]


@pytest.mark.parametrize("ranges", [True, False])
def test_an_interrupted_download_continues(server, ranges):
    server.breaks_after, server.ranges = KEPT + 1000, ranges
    with pytest.raises(
        WeightsError,
        match=rf"{KEPT} of \d+ bytes; to continue the download: pycalfin weights fetch mine$",
    ):
        fetch("mine")
    assert left() == [f"mine.h5{PARTIAL}"]
    server.breaks_after = None
    steps = []
    path = fetch("mine", lambda done, total: steps.append((done, total)))
    assert server.asked == ["", f"bytes={KEPT}-"]
    assert path.read_bytes() == server.content
    assert steps[0][0] > (KEPT if ranges else 0)
    assert steps[-1] == (len(server.content),) * 2
    assert left() == ["mine.h5"]


def test_what_was_complete_but_not_renamed_is_taken(server):
    registry.cache().mkdir(parents=True)
    (registry.cache() / f"mine.h5{PARTIAL}").write_bytes(server.content)
    assert fetch("mine").read_bytes() == server.content


def test_another_file_is_refused_and_removed(server):
    server.content = b"not the file"
    with pytest.raises(WeightsError, match=r"SHA-256 differs\) and was removed; try again, or"):
        fetch("mine")
    assert left() == []


def test_a_page_is_refused_where_no_hash_is_known(server, registered):
    registered.change(url=server.url, sha256=None, size=None)
    whole, server.content = server.content, b"<html>Please log in</html>"
    with pytest.raises(WeightsError, match=r"the download is not mine.h5 and was removed; down"):
        fetch("mine")
    assert left() == []
    server.content = whole
    assert fetch("mine").read_bytes() == whole


def test_a_damaged_copy_is_fetched_anew(server):
    registry.cache().mkdir(parents=True)
    (registry.cache() / "mine.h5").write_bytes(b"damaged")
    assert fetch("mine").read_bytes() == server.content


@pytest.mark.parametrize("status", [404, 503])
def test_a_refusal_says_what_to_do_by_hand(server, status):
    server.status = status
    with pytest.raises(WeightsError) as caught:
        fetch("mine")
    text = str(caught.value)
    assert text.startswith(f"{server.url}: the server answers {status} ")
    assert f"download mine.h5 by hand from {server.url} and put it into {registry.cache()}" in text
    assert "\n" not in text


def test_without_a_network_it_says_what_to_do_by_hand(registered):
    registered.change(url="http://127.0.0.1:9/mine.h5")
    (registered.folder / "mine.h5").unlink()
    with pytest.raises(WeightsError, match=r"mine.h5: no connection; download mine.h5 by hand"):
        fetch("mine")
    assert left() == []


@pytest.mark.parametrize("url", ["mine.h5", "ftps://example.org/mine.h5"])
def test_an_address_that_is_none_is_one_sentence(registered, url):
    registered.change(url=url)
    (registered.folder / "mine.h5").unlink()
    with pytest.raises(WeightsError, match=f"^{url}: cannot be fetched"):
        fetch("mine")


def test_a_cache_that_cannot_be_written_is_named(server, tmp_path):
    del server
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(OutputError, match=r"weights: cannot write .*PYCALFIN_CACHE"):
        fetch("mine")


def test_a_shipped_file_is_there(registered):
    assert fetch("mine") == registered.folder / "mine.h5"
    (registered.folder / "mine.h5").write_bytes(b"damaged")
    with pytest.raises(WeightsError, match=r"damaged, .*; reinstall pycalfin"):
        fetch("mine")


def test_one_without_an_address_says_what_to_do_by_hand(registered):
    registered.change(source="the paper")
    (registered.folder / "mine.h5").unlink()
    with pytest.raises(WeightsError, match=r"^mine: no address .*; download mine.h5 by hand from"):
        fetch("mine")


@pytest.mark.usefixtures("registered")
def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(WeightsError, match=r"^yours: no known weights; pass one of: mine$"):
        fetch("yours")


def test_without_pooch_it_says_so(server, monkeypatch):
    del server
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingDependencyError, match=r"needs pooch.*pip install pooch"):
        fetch("mine")
