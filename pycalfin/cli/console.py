"""Output of the commands for people: progress bars, tables and messages."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from pycalfin.logs import printable
from pycalfin.timing import ESTIMATE_PERIOD

Advance: TypeAlias = Callable[[int, int, object], None]

PLAIN_WIDTH = 120
"""Characters: width of a table that does not go to a terminal."""
LEFT = "left"
"""Word after the remaining time."""

STATE_STYLES = {"ok": "green", "note": "yellow", "problem": "bold red"}
"""Styles of a finding's state."""
STATE_WIDTH, NAME_WIDTH = 7, 12
"""Characters: widths of the columns with state and name."""


def size(count: int | None) -> str:
    """Format a number of bytes for people, in powers of 1000.

    Examples
    --------
    >>> size(9790915), size(1500), size(None)
    ('9.8 MB', '1.5 kB', '?')
    """
    if count is None:
        return "?"
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"


def fields(rows: Sequence[tuple[str, str]]) -> None:
    """Print named values on stdout, one per line, with the names in a column; nothing is cut.

    Parameters
    ----------
    rows : sequence of (name, value)
    """
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(printable(f"{name:<{width}}  {value}"))


def finding(state: str, name: str, text: str, remedy: str = "") -> None:
    """Print the result of a check on stdout, with its remedy below.

    Parameters
    ----------
    state : {'ok', 'note', 'problem'}
    name, text : str
        Plain text without markup.
    remedy : str
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    drawn = Table.grid(padding=(0, 2))
    drawn.add_column(width=STATE_WIDTH)
    drawn.add_column(width=NAME_WIDTH)
    drawn.add_column(overflow="fold")
    drawn.add_row(Text(state, STATE_STYLES[state]), Text(name, "bold"), Text(printable(text)))
    if remedy:
        drawn.add_row("", "", Text(printable(f"-> {remedy}"), "" if state == "problem" else "dim"))
    Console(width=width, highlight=False).print(drawn)


def complain(text: str) -> None:
    """Print a sentence on stderr, after the program's name."""
    print(f"pycalfin: {printable(text)}", file=sys.stderr, flush=True)


def _printed(line: Callable[[int, int, Any], str]) -> Advance:
    def advance(done: int, total: int, item: object = None) -> None:
        if item is not None and (text := line(done, total, item)):
            complain(" ".join(text.splitlines()))

    return advance


def _ignore(done: int, total: int, item: object = None) -> None:
    del done, total, item


@contextmanager
def progress(
    description: str,
    quiet: bool = False,
    *,
    in_bytes: bool = False,
    line: Callable[[int, int, Any], str] | None = None,
) -> Iterator[Advance]:
    """Show a progress bar with the remaining time on stderr while the block runs.

    Parameters
    ----------
    description : str
        Text before the bar.
    quiet : bool
        Show nothing.
    in_bytes : bool
        Count bytes.
    line : callable, optional
        Makes a line from the arguments of `advance`. It is printed if stderr is not a terminal and
        the line is not empty.

    Yields
    ------
    callable
        `advance(done, total, item)`, the signature of `pycalfin.run`'s `progress`.
    """
    if quiet or not sys.stderr.isatty():
        yield _ignore if quiet or line is None else _printed(line)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeElapsedColumn as Elapsed
    from rich.progress import TimeRemainingColumn as Remaining

    count = DownloadColumn() if in_bytes else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), count, Elapsed(), Remaining(), LEFT)
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        speed_estimate_period=ESTIMATE_PERIOD,
    ) as bar:
        task = bar.add_task(description, total=None)

        def advance(done: int, total: int, item: object = None) -> None:
            del item
            bar.update(task, completed=done, total=total or None)

        yield advance


def table(header: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """Print a table on stdout.

    Parameters
    ----------
    header : sequence of str
        A name that starts with '>' right-aligns its column.
    rows : sequence of sequences of str
        Plain text without markup.
    title : str
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    drawn = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left")
    for name in header:
        drawn.add_column(name.lstrip(">"), justify="right" if name.startswith(">") else "left")
    for row in rows:
        drawn.add_row(*(Text(printable(cell)) for cell in row))
    Console(width=width, soft_wrap=False).print(drawn)
