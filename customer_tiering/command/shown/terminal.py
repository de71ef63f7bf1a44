"""The page on standard output, the progress on standard error, and sentences and numbers for people."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from customer_tiering.wording.figures import number

#: How wide a page is that goes into a file or a pipe.
PAGE = 110


def page() -> Console:
	"""Standard output: coloured in a terminal, plain elsewhere; a letter it cannot show does no harm."""
	reconfigure = getattr(sys.stdout, "reconfigure", None)
	if reconfigure:
		reconfigure(errors="replace")
	console = Console(file=sys.stdout, highlight=False)
	return console if console.is_terminal else Console(file=sys.stdout, highlight=False, width=PAGE)


Advance = Callable[[str, float], None]


@contextmanager
def progress() -> Iterator[Advance]:
	"""A bar on standard error, told by a text and a part from 0 to 1; nothing where that is no terminal."""
	console = Console(stderr=True)
	bar = Progress(
		SpinnerColumn(),
		TextColumn("{task.description}", markup=False),
		BarColumn(),
		TimeElapsedColumn(),
		console=console,
		transient=True,
		disable=not console.is_terminal,
	)
	with bar:
		task = bar.add_task("", total=1.0)
		yield lambda text, part: bar.update(task, description=printable(text), completed=part)


def printable(text: str) -> str:
	"""A text without anything that would move the cursor or change colours."""
	return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def printable_lines(text: str) -> str:
	"""The same, but for line ends."""
	return "\n".join(map(printable, text.splitlines()))


def say(console: Console, text: str = "", style: str = "") -> None:
	"""A sentence; long ones wrap in a terminal only."""
	console.print(Text(printable(text), style=style), soft_wrap=not console.is_terminal)


def many(count: int, one: str) -> str:
	"""1 row; 2 rows."""
	return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def money(value: float) -> str:
	"""To the penny."""
	return number(value, 2)
