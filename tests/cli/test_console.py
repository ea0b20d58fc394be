import sys

from pycalfin.cli import console


def test_progress_is_silent_without_a_terminal(capsys):
    with console.progress("finding fronts") as advance:
        advance(1, 2, None)
    assert capsys.readouterr() == ("", "")


def test_progress_shows_a_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with console.progress("finding fronts") as advance:
        advance(1, 2, None)
        advance(2, 2, None)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "finding fronts" in printed.err


def test_a_table_shows_its_cells_without_reading_markup(capsys):
    console.table(["scene", ">pixels"], [["[bold]a.tif[/bold]", "0.50"]], title="measured")
    printed = capsys.readouterr().out
    assert "[bold]a.tif[/bold]" in printed
    assert "pixels" in printed
    assert ">" not in printed
    assert "measured" in printed
