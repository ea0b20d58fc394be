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


def test_lines_stand_in_for_the_bar_without_a_terminal(capsys):
    with console.progress("Finding fronts", line=lambda *given: given[2] and str(given)) as advance:
        advance(0, 3, None)
        advance(1, 3, "a\x1b[2J")
        advance(2, 3, "")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "pycalfin: (1, 3, 'a\\x1b[2J')\n"


def test_a_quiet_one_prints_nothing(capsys):
    with console.progress("Finding fronts", quiet=True, line=lambda *_: "x") as advance:
        advance(1, 1, "a")
    assert capsys.readouterr() == ("", "")


def test_the_bar_shows_the_time_left(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with console.progress("Finding fronts", line=lambda *_: "a line") as advance:
        advance(5, 20, None)
        advance(6, 20, "a")
    printed = capsys.readouterr().err
    assert "left" in printed
    assert "6/20" in printed
    assert "a line" not in printed


def test_a_table_shows_its_cells_without_reading_markup(capsys):
    console.table(["scene", ">pixels"], [["[bold]a.tif[/bold]", "0.50"]], title="measured")
    printed = capsys.readouterr().out
    assert "[bold]a.tif[/bold]" in printed
    assert "pixels" in printed
    assert ">" not in printed
    assert "measured" in printed
