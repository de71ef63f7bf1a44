"""``rejects.csv``: the bad rows, with where each was and why it is bad."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import TextIO

from customer_tiering.formulas import guard
from customer_tiering.sources.files import Bad

_NUMBER = re.compile(r"[+-]?[\d.,]+([eE][+-]?\d+)?")


class Rejects:
	"""Writes bad rows as they are found: file, line, reason, and the row as it was."""

	def __init__(self, file: TextIO, headings: Iterable[Sequence[str]]):
		self.names = list(dict.fromkeys(name for heading in headings for name in heading))
		self.writer = csv.writer(file, lineterminator="\n")
		self.writer.writerow([*("file", "line", "reason"), *map(guard, self.names)])
		self.places: dict[tuple[str, ...], list[int]] = {}

	def __call__(self, bad: Bad, heading: Sequence[str]) -> None:
		key = tuple(heading)
		if key not in self.places:
			self.places[key] = [self.names.index(name) for name in heading]
		cells = [""] * len(self.names)
		for place, cell in zip(self.places[key], bad.cells, strict=False):
			cells[place] = _as_it_was(cell)
		extra = map(_as_it_was, bad.cells[len(heading) :])
		self.writer.writerow([guard(bad.file), bad.line, bad.told, *cells, *extra])


def _as_it_was(cell: str) -> str:
	"""A bad row's cell: guarded, but not a negative amount; a lone carriage return would split the row."""
	text = cell.replace("\r\n", "\n").replace("\r", "\n")
	return text if _NUMBER.fullmatch(text) else guard(text)
