"""How the user wants his files to be read, where he says so."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from pathlib import Path

from customer_tiering.sources.understanding.columns import Mapping


@dataclass(frozen=True)
class Asked:
	"""The user's word on reading; what is empty is found out from the files.

	Attributes:
		mapping: his names of columns.
		encoding: of text files.
		decimal: the decimal mark of amounts, a point or a comma.
		dates: the order of day, month and year, one of ``dates.ORDERS``.
		lines: True: the rows of a document are its lines, and are added up; False: each repeats its total.
		sheets: the sheets to read.
		statuses: by a word of a status or of a kind of voucher, what it means; see ``words.MEANINGS``.
		leave_out: customers who are not graded.
		family: the column whose cell, where there is one, takes the customer's place.
		rates: a file with what one unit of a currency, or of a company's currency, is worth.
		merge_spellings: whether names that differ only in case, blanks or width of letters are one customer.
	"""

	mapping: Mapping = field(default_factory=Mapping)
	encoding: str = ""
	decimal: str = ""
	dates: str = ""
	lines: bool | None = None
	sheets: tuple[str, ...] = ()
	statuses: MappingType[str, str] = field(default_factory=dict)
	leave_out: tuple[str, ...] = ()
	family: str = ""
	rates: Path | None = None
	merge_spellings: bool = False
