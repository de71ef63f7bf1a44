"""A review as the command leaves it behind: the page, and the workbook where one is wanted."""

from __future__ import annotations

from pathlib import Path

from customer_tiering.review.review import LeftOut
from customer_tiering.review.section import Told
from customer_tiering.sources.documents import LEFT_OUT, Selection
from customer_tiering.wording.texts import _

#: Rows that hold no document, so that their amount is unknown.
WITHOUT_AMOUNT = ("blank", "totals")


def write_review(told: Told, page: Path, workbook: Path | None = None) -> None:
	"""Write what a review says."""
	from customer_tiering.review.page.render import page as page_of  # its libraries take a while to load
	from customer_tiering.review.workbook import write

	page.write_text(page_of(told), encoding="utf-8", errors="backslashreplace")
	if workbook is not None:
		write(told, workbook)


def left_out(selection: Selection) -> list[LeftOut]:
	"""What was not graded, by reason in the reader's words."""
	return [
		LeftOut(reason(key), out.rows, None if key in WITHOUT_AMOUNT else out.net_amount)
		for key, out in selection.left_out.items()
	]


def reason(key: str) -> str:
	"""Why rows were left out, as the first word of a line."""
	text = _(LEFT_OUT[key])
	return text[0].upper() + text[1:]
