import signal

import pytest

from pycalfin.cli import interrupt
from pycalfin.cli.interrupt import interrupted_once


@pytest.fixture(autouse=True)
def pythons_own():
    """Handle Ctrl-C as Python does; a suite in the background of a script ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press():
    signal.raise_signal(signal.SIGINT)


def test_the_first_ctrl_c_counts_and_those_that_follow_are_the_same(monkeypatch):
    monkeypatch.setattr(interrupt, "IMPATIENCE", 1e9)
    with interrupted_once():
        with pytest.raises(KeyboardInterrupt):
            press()
        press()
        press()
    with pytest.raises(KeyboardInterrupt):
        press()


def test_one_that_was_lost_can_be_repeated(monkeypatch):
    monkeypatch.setattr(interrupt, "IMPATIENCE", 0.0)
    with interrupted_once():
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                press()


@pytest.mark.parametrize("own", [signal.SIG_IGN, lambda *_: None])
def test_what_somebody_else_has_set_stays(own):
    signal.signal(signal.SIGINT, own)
    with interrupted_once():
        assert signal.getsignal(signal.SIGINT) is own
        press()
    assert signal.getsignal(signal.SIGINT) is own
