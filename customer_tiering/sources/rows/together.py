"""What the columns of all tables mean together, and their rows below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from customer_tiering.engine.facts import CUSTOMER_COLUMNS
from customer_tiering.sources.asked import Asked
from customer_tiering.sources.decided import Decision, listed, many, money
from customer_tiering.sources.rows import pieces
from customer_tiering.sources.rows.pieces import Piece
from customer_tiering.sources.understanding import amounts, dates, words
from customer_tiering.sources.understanding.columns import ColumnsError

_CATEGORIES = (
	"customer", "aside", "mark", "company", "return_against", "currency", "family", *CUSTOMER_COLUMNS,
)  # fmt: skip


@dataclass(frozen=True)
class Together:
	"""All tables as one.

	Attributes:
		frame: see :func:`joined`.
		orders: the orders of day, month and year that were found; ``marks``: the decimal marks.
	"""

	frame: pd.DataFrame
	orders: list[str]
	marks: list[str]


def joined(read: Sequence[Piece], asked: Asked, decided: list[Decision]) -> Together:
	"""The rows of all tables, typed, with the ``table`` and ``line`` of each; ``bad`` ones too.

	Args:
		read: the tables.
		asked: what the user says of dates, amounts and states.
		decided: what is found out is added to it.

	Raises:
		ColumnsError: what dates, amounts or states mean cannot be known.
	"""
	orders = _orders(read, asked.dates, decided)
	marks = _decimal_marks(read, asked.decimal, decided)
	statuses = {words.folded(word): meaning for word, meaning in asked.statuses.items()}
	frames = []
	for at, (piece, order, mark) in enumerate(zip(read, orders, marks, strict=True)):
		frame = pieces.typed(piece, mark, order, statuses)
		frames.append(
			frame.assign(table=np.int16(at), line=piece.lines, empty=piece.no_amount, bad=piece.bad)
		)
	frame = _stacked(frames)
	_refuse_unknown_words(read, frame)
	return Together(frame, sorted(set(orders)), sorted(set(marks)))


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
	"""All tables below each other; a text that one of them has no column for is empty there."""
	if len(frames) == 1:
		return frames[0]
	texts = dict.fromkeys(name for frame in frames for name in frame if name in _CATEGORIES)
	joined = pd.concat(
		[frame.drop(columns=[*(texts.keys() & {*frame})]) for frame in frames], ignore_index=True
	)
	for name in texts:
		joined[name] = union_categoricals(
			[frame[name].array if name in frame else empty_texts(len(frame)) for frame in frames]
		)
	return joined


def empty_texts(rows: int) -> pd.Categorical:
	return pd.Categorical.from_codes(np.zeros(rows, dtype=np.int8), pd.Index([""], dtype=object))


def _orders(read: Sequence[Piece], asked: str, decided: list[Decision]) -> list[str]:
	"""For each table, the order of day, month and year; a table that leaves it open goes by the others."""
	if asked:
		return [asked] * len(read)
	seen = [pieces.date_evidence(piece) for piece in read]
	together = seen[0]
	for one in seen[1:]:
		together = together.joined(one)
	found = [one.order() if one.order() is not None else together.order() for one in seen]
	for piece, order, one in zip(read, found, seen, strict=True):
		if order is None:
			raise ColumnsError(_undecided_dates(piece.source.name, one))
		if order and not all(word.find(".") > 0 for word in one.only[order]):
			decided.append(Decision("date_order", _told_order(piece.source.name, order, one, together)))
	return [order or "" for order in found]


def _told_order(name: str, order: str, own: dates.Evidence, together: dates.Evidence) -> str:
	spelt = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}[order]
	proof = (own.only.get(order) or together.only.get(order) or [""])[0]
	return f"{name}: dates are read as {spelt}, as {proof} can only be read so."


def _undecided_dates(name: str, seen: dates.Evidence) -> str:
	borne_out = [order for order in dates.ORDERS if seen.only.get(order)]
	if len(borne_out) > 1:
		examples = " and ".join(f"{seen.only[order][0]} ({order})" for order in borne_out)
		why = f"{name} has dates in two orders: {examples}. Correct one of them"
	else:
		why = f"{name}: {seen.open} may be read in two ways, and no date of the column tells which. Choose"
	return f"{why}, or say --dates dmy (day, month, year), --dates mdy (month, day, year) or --dates ymd."


def _decimal_marks(read: Sequence[Piece], asked: str, decided: list[Decision]) -> list[str]:
	if asked:
		return [
			amounts.POINT if piece.source.sheet and not _has_amount_texts(piece) else asked for piece in read
		]
	seen = [pieces.amount_evidence(piece) for piece in read]
	together = seen[0]
	for one in seen[1:]:
		together = together.joined(one)
	found = []
	for piece, one in zip(read, seen, strict=True):
		is_open = one.open is not None and not any(one.proven.values())
		mark = together.mark() if is_open else one.mark()
		if mark is None:
			raise ColumnsError(_undecided_amounts(piece.source.name, one.open or ""))
		if mark == amounts.COMMA:
			decided.append(
				Decision("decimal_comma", f"{piece.source.name}: amounts are read with a decimal comma.")
			)
		found.append(mark)
	return found


def _has_amount_texts(piece: Piece) -> bool:
	return any(isinstance(cell, str) and cell.strip() for cell in piece.cells["base_net_total"].known)


def _undecided_amounts(name: str, text: str) -> str:
	mark = amounts.POINT if amounts.POINT in text else amounts.COMMA
	small, large = amounts.read_amount(text, mark), amounts.read_amount(text, "," if mark == "." else ".")
	return (
		f"{name}: {text} may be {small:g} or {large:g}, and no amount of the file tells which is meant. Say "
		f"--decimal . if a point parts the decimals, or --decimal , if a comma does."
	)


def _refuse_unknown_words(read: Sequence[Piece], joined: pd.DataFrame) -> None:
	"""A document in a state that is not known must not be taken for a sale."""
	unknown = (joined["unknown"] & ~joined["bad"]).to_numpy(dtype=bool)
	if not unknown.any():
		return
	found: dict[str, list[float]] = {}
	starts = np.cumsum([0, *(piece.rows for piece in read)])
	for row in np.flatnonzero(unknown).tolist():
		at = int(np.searchsorted(starts, row, side="right")) - 1
		piece, place = read[at], row - int(starts[at])
		shown = [
			piece.cells[name].text(place).strip()
			for name in ("voucher_type", "status")
			if name in piece.cells
		]
		known = [word for word in shown if word and not _is_known(word)]
		found.setdefault((known or shown)[0], []).append(float(np.nan_to_num(joined["net_amount"].iloc[row])))
	parts = [
		f"{pieces.clip(word)} ({many(len(sums), 'row')}, {money(sum(sums))})" for word, sums in found.items()
	]
	first = pieces.clip(next(iter(found)))
	raise ColumnsError(
		f"It is not known what these states of documents mean: {listed(parts)}.\n"
		f"Say for each --status '{first}=sale' to count it, or --status '{first}=cancelled', =draft, "
		"=refunded or =return."
	)


def _is_known(word: str) -> bool:
	return words.folded(word) in words.STATUSES or words.folded(word) in words.VOUCHERS
