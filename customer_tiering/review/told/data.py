"""What was read, and what of it was not graded: nothing is dropped without a word."""

from __future__ import annotations

import pandas as pd

from customer_tiering.review.figures import ladder
from customer_tiering.review.review import Review
from customer_tiering.review.section import Section
from customer_tiering.review.tables import Column, Table
from customer_tiering.wording.figures import customers, day, number, rows, series
from customer_tiering.wording.texts import _


def data(review: Review) -> Section:
	"""The rows that were graded, and those that were not, by reason."""
	read, people = review.read, review.people
	never = int(people["first"].isna().sum())
	with_documents = int((people["first"].isna() & (people["documents"] > 0)).sum())
	says = [
		_("{0} read from {1}: {2} graded, {3} not. The documents run from {4} to {5}.").format(
			rows(read.rows), series([*read.called]), number(read.graded), number(read.rows - read.graded),
			day(review.began), day(review.as_of),
		)
	]  # fmt: skip
	if never:
		text = _("{0} never made a purchase that counts; with other documents, such as returns: {1}.")
		says.append(text.format(customers(never), number(with_documents)))
	says += read.notes
	tables = [_left_out(review)]
	if read.bad:
		tables.append(_bad(review))
	do = (
		_("Correct bad rows in the system that the file comes from, and export it again.") if read.bad else ""
	)
	return Section("data", _("What Was Read"), says, None, tables, do)


def _left_out(review: Review) -> Table:
	read = review.read
	graded = {
		"reason": _("Graded"),
		"rows": read.graded,
		"amount": ladder.whole(review.people["ever"]),
	}
	found = [
		graded,
		*({"reason": one.reason, "rows": one.rows, "amount": one.amount} for one in read.left_out),
	]
	if read.bad:
		found.append({"reason": _("Bad rows, in rejects.csv"), "rows": read.bad, "amount": None})
	columns = [
		Column("reason", _("What became of them")),
		Column("rows", _("Rows"), "count"),
		Column("amount", _("Net Amount"), "money"),
	]
	return Table(
		"data", _("Rows read"), columns, pd.DataFrame(found), {"reason": _("Total"), "rows": read.rows}
	)


def _bad(review: Review) -> Table:
	rows = pd.DataFrame([{"reason": why, "rows": count} for why, count in review.read.reasons.items()])
	columns = [Column("reason", _("What is wrong")), Column("rows", _("Rows"), "count")]
	return Table("bad", _("Bad rows by what is wrong; a row may have several faults"), columns, rows)
