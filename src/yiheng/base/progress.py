"""Progress (进度): a bar on a terminal, plain lines elsewhere, nothing at all in a library call."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar


class Progress(Protocol):
    """Tells whoever is waiting how far a piece of work has come."""

    def step(self, title: str, total: int | None = None) -> None:
        """Begin the next piece of work; `total` is its size where it is known."""

    def advance(self, amount: int) -> None:
        """`amount` more of the current piece is done."""


class Silent:
    """Says nothing: the default of every function that can be slow."""

    def step(self, title: str, total: int | None = None) -> None: ...

    def advance(self, amount: int) -> None: ...


class Lines:
    """One plain line for each piece of work, for logs and pipes."""

    def step(self, title: str, total: int | None = None) -> None:
        print(f"{title} ..." if total is None else f"{title} ({total:,}) ...", file=sys.stderr, flush=True)

    def advance(self, amount: int) -> None: ...


class OnTerminal:
    """A bar for each piece of work."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task: TaskID | None = None

    def step(self, title: str, total: int | None = None) -> None:
        self._close()
        self._task = self._bar.add_task(title, total=total)

    def advance(self, amount: int) -> None:
        if self._task is not None:
            self._bar.advance(self._task, amount)

    def _close(self) -> None:
        if self._task is not None:
            done = self._bar.tasks[self._task].completed
            self._bar.update(self._task, total=done, completed=done)


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Progress fit for where standard error goes: a terminal or a file."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console) as bar:
        yield OnTerminal(bar)
