"""What the commands share in talking to a person: a progress bar and a table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

Advance: TypeAlias = Callable[[int, int, object], None]

PLAIN_WIDTH = 120
"""Characters: width of a table that does not go to a terminal."""


def _ignore(done: int, total: int, item: object = None) -> None:
    del done, total, item


@contextmanager
def progress(description: str, quiet: bool = False) -> Iterator[Advance]:
    """Show a progress bar on stderr while the block runs.

    Parameters
    ----------
    description : str
        Written before the bar.
    quiet : bool
        Show nothing.

    Yields
    ------
    callable
        `advance(done, total, item)`, the signature of `pycalfin.run`'s `progress`; the third
        argument is not used. Does nothing if stderr is not a terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield _ignore
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeElapsedColumn as Elapsed

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Elapsed())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=None)

        def advance(done: int, total: int, item: object = None) -> None:
            del item
            bar.update(task, completed=done, total=total)

        yield advance


def table(header: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """Print a table on stdout.

    Parameters
    ----------
    header : sequence of str
        A name that starts with '>' makes its column right-aligned.
    rows : sequence of sequences of str
        Taken as they are, no markup.
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
        drawn.add_row(*(Text(cell) for cell in row))
    Console(width=width, soft_wrap=False).print(drawn)
