"""What is printed: names of strangers do not steer the terminal."""

from __future__ import annotations

import logging

import pytest

from pycalfin.cli import console
from pycalfin.logs import printable, to_stderr

STEERING = {
    "\x1b[2J": r"\x1b[2J",
    "\x1b]0;title\x07": r"\x1b]0;title\x07",
    "\x9b31m": r"\x9b31m",
    "a\rb": r"a\rb",
    "a\x08\x7f": r"a\x08\x7f",
    "fit.\u202efit": r"fit.\u202efit",
    "\u2066x": r"\u2066x",
    "\0": r"\x00",
}


@pytest.mark.parametrize("text", STEERING)
def test_what_steers_is_written_out(capsys, text):
    assert printable(text) == STEERING[text]
    console.complain(text)
    console.fields([("name", text)])
    console.table(["a"], [[text]])
    console.finding("ok", "name", text, text)
    said = capsys.readouterr()
    assert said.err == f"pycalfin: {STEERING[text]}\n"
    assert text not in said.out
    assert said.out.count(STEERING[text]) == 4


@pytest.mark.parametrize("text", ["Bræ", "a\tb\nc", "🧊 \u200d", "100 %d", "[bold]", "\\x1b"])
def test_what_does_not_stays(text):
    assert printable(text) == text


def test_logs_are_printable_too(capsys, monkeypatch):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    to_stderr(logging.WARNING)
    logging.getLogger("pycalfin.x").warning("%s: refused", "\x1b[2J.tif")
    assert capsys.readouterr().err == "WARNING: \\x1b[2J.tif: refused\n"
