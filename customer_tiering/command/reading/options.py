"""The options of a verb on how its files are read, and the command line that gives them again."""

from __future__ import annotations

import codecs
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from customer_tiering.command.refused import Refused
from customer_tiering.sources import profiles
from customer_tiering.sources.asked import Asked
from customer_tiering.sources.understanding.columns import Mapping
from customer_tiering.sources.understanding.dates import ORDERS
from customer_tiering.sources.understanding.words import MEANINGS, folded


@dataclass(frozen=True)
class ReadingOptions:
	"""What the user says of reading.

	Attributes:
		asked: how files are read.
		skip_bad_rows: whether bad rows are listed and left out.
		given: the options as he gave them, by name of the option.
	"""

	asked: Asked
	skip_bad_rows: bool
	given: dict[str, Any]

	@classmethod
	def of(cls, **given: Any) -> ReadingOptions:
		"""Check what the options say, and put it together."""
		_check_encoding(given["encoding"])
		profile = profiles.load(given["profile"]) if given["profile"] else profiles.Profile()
		asked = Asked(
			mapping=Mapping.parse(given["maps"], profile.columns),
			encoding=given["encoding"],
			decimal=given["decimal"] or "",
			dates=given["dates"] or profile.dates,
			lines=profile.lines if given["lines"] is None else given["lines"],
			sheets=given["sheets"],
			statuses={**profile.statuses, **_statuses(given["statuses"])},
			leave_out=given["leave_out"],
			family=given["family"],
			rates=given["rates"],
			merge_spellings=given["merge_spellings"],
		)
		return cls(asked, given["skip_bad_rows"], given)

	def words(self) -> list[str]:
		"""The options as one would type them again."""
		found: list[str] = []
		for name, (option, is_switch) in _NAMES.items():
			value = self.given[name]
			if is_switch:
				found += [option] if value else ["--no-lines"] if name == "lines" and value is False else []
			else:
				for one in value if isinstance(value, tuple) else (value,):
					found += [option, str(one)] if one else []
		return found


#: By the name of the parameter: the option, and whether it is one without a value.
_NAMES = {
	"profile": ("--profile", False),
	"maps": ("--map", False),
	"encoding": ("--encoding", False),
	"decimal": ("--decimal", False),
	"dates": ("--dates", False),
	"lines": ("--lines", True),
	"sheets": ("--sheet", False),
	"statuses": ("--status", False),
	"leave_out": ("--leave-out", False),
	"family": ("--family", False),
	"rates": ("--rates", False),
	"merge_spellings": ("--merge-spellings", True),
	"skip_bad_rows": ("--skip-bad-rows", True),
}
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_OPTIONS = (
	click.option(
		"--map",
		"maps",
		multiple=True,
		metavar="THEIRS=OURS",
		help="Which of your columns is ours, as 'Amount=base_net_total'. Repeatable.",
	),
	click.option(
		"--profile",
		type=click.Choice(profiles.names()),
		default=None,
		help="The columns and words of another shop's or ledger's export.",
	),
	click.option(
		"--sheet", "sheets", multiple=True, metavar="NAME", help="A sheet to read. Repeatable. Default: all."
	),
	click.option(
		"--encoding", default="", metavar="NAME", help="Of CSV files, like gb18030. Default: found out."
	),
	click.option(
		"--decimal",
		type=click.Choice([".", ","]),
		default=None,
		help="The decimal mark of amounts. Default: found out from all of them.",
	),
	click.option(
		"--dates",
		type=click.Choice(ORDERS),
		default=None,
		help="The order of day, month and year in dates. Default: found out from all of them.",
	),
	click.option(
		"--lines/--no-lines",
		default=None,
		help="Rows of one document are its lines and are added up / each has its total. Default: found out.",
	),
	click.option(
		"--status",
		"statuses",
		multiple=True,
		metavar="WORD=MEANING",
		help=f"What a status means: {', '.join(MEANINGS)}. Repeatable.",
	),
	click.option(
		"--leave-out", multiple=True, metavar="CUSTOMER", help="Do not grade this customer. Repeatable."
	),
	click.option(
		"--family",
		default="",
		metavar="COLUMN",
		help="Grade by this column where it is filled: a chain, a group.",
	),
	click.option(
		"--merge-spellings",
		is_flag=True,
		help="Names that differ only in case, blanks or width of letters are one customer.",
	),
	click.option(
		"--rates", type=_FILE, default=None, metavar="FILE", help="A CSV file: currency (or company), rate."
	),
	click.option("--skip-bad-rows", is_flag=True, help="Write bad rows to rejects.csv and grade the rest."),
)


def reading_options(verb: Callable[..., Any]) -> Callable[..., Any]:
	"""Give a verb the options on how its files are read; it gets them as ``reading``."""

	@wraps(verb)
	def run(*args: Any, **given: Any) -> Any:
		reading = ReadingOptions.of(**{name: given.pop(name) for name in _NAMES})
		return verb(*args, reading=reading, **given)

	for option in reversed(_OPTIONS):
		run = option(run)
	return run


def command_line(verb: str, paths: Sequence[Path], words: Sequence[str]) -> str:
	"""What one types, ready to be copied."""
	return shlex.join(["customer-tiering", verb, *map(str, paths), *words])


def _check_encoding(name: str) -> None:
	try:
		if name:
			codecs.lookup(name)
	except LookupError as problem:
		raise Refused(f"There is no encoding {name}; try utf-8, gb18030 or cp1252.") from problem


def _statuses(texts: Sequence[str]) -> dict[str, str]:
	found = {}
	for text in texts:
		word, equals, meaning = text.rpartition("=")
		if not equals or not word.strip() or meaning.strip() not in MEANINGS:
			raise Refused(f"--status {text} is not of the form WORD=MEANING, with {', '.join(MEANINGS)}.")
		found[folded(word)] = meaning.strip()
	return found
