"""Ready-made ways to read what other shops and ledgers export, as data: a JSON file each."""

from __future__ import annotations

import json
from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from customer_tiering.sources.understanding.columns import Mapping, is_complete

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Profile:
	"""What an export's columns and words mean.

	Attributes:
		title: whose export it is.
		columns: by heading, our field; of several headings for one field the first that is there counts.
		statuses: by folded word, what a status or a kind of voucher means.
		dates: the order of day, month and year, if it is always the same.
		lines: whether rows of a document are its lines, if it is always so.
	"""

	title: str = ""
	columns: MappingType[str, str] = field(default_factory=dict)
	statuses: MappingType[str, str] = field(default_factory=dict)
	dates: str = ""
	lines: bool | None = None


def names() -> list[str]:
	"""What profiles are called."""
	return sorted(path.stem for path in _FOLDER.glob("*.json"))


def fitting(heading: Sequence[str]) -> list[str]:
	"""The profiles by which a heading has all that is needed."""
	return [name for name in names() if is_complete(heading, Mapping.parse((), load(name).columns))]


def load(name: str) -> Profile:
	"""A profile by its name."""
	return Profile(**json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8")))
