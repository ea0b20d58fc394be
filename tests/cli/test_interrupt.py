"""Several Ctrl-C in a row count as one. Each case has a process of its own, and its signals."""

import subprocess
import sys

import pytest

HEAD = """
import signal
from pycalfin.cli import interrupt
from pycalfin.cli.interrupt import interrupted_once

def press():
    signal.raise_signal(signal.SIGINT)

def pressed():
    try:
        press()
    except KeyboardInterrupt:
        return "raised"
    return "passed over"

# a suite in the background of a script hands down that Ctrl-C is ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
CASES = {
    "the first counts, those that follow at once are the same": (
        "interrupt.IMPATIENCE = 1e9\n"
        "with interrupted_once(): print(pressed(), pressed(), pressed(), sep=', ')\n"
        "print(pressed())",
        ["raised, passed over, passed over", "raised"],
    ),
    "one that was lost can be repeated": (
        "interrupt.IMPATIENCE = 0.0\n"
        "with interrupted_once(): print(pressed(), pressed(), sep=', ')",
        ["raised, raised"],
    ),
    "what is ignored stays ignored": (
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "with interrupted_once(): print(pressed())\n"
        "print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)",
        ["passed over", "True"],
    ),
    "a handler of somebody else stays": (
        "def own(*_): print('own')\n"
        "signal.signal(signal.SIGINT, own)\n"
        "with interrupted_once(): press()\n"
        "print(signal.getsignal(signal.SIGINT) is own)",
        ["own", "True"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_ctrl_c(case):
    script, printed = CASES[case]
    done = subprocess.run(
        [sys.executable, "-c", HEAD + script], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == printed, done.stderr
    assert done.returncode == 0
