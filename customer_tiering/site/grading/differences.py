"""Which of the rows of an evaluation differ from what is held."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from customer_tiering.engine import Evaluation
from customer_tiering.engine.ladder import Held
from customer_tiering.names import GRADE_FIELDS
from customer_tiering.site.customers import shown


def differs(scores: pd.DataFrame, before: Held, columns: Sequence[str]) -> np.ndarray:
	"""Whose new row says anything else in these columns than what is held, or is the first."""
	found = pd.isna(before.objects("name"))
	for column in columns:
		found |= ~_equal(scores[column].to_numpy(), before, column)
	return found


def is_of_another_month(evaluation: Evaluation, before: Held) -> np.ndarray:
	"""Whose row was last written before this month, though it may still be right.

	The ladder takes the day of a row for the last time that the customer was evaluated, and makes up for a
	review that came later. So each row has to say that he was there on the first of the month, under every
	policy: the next one may be the first with reviews.
	"""
	return before.days("as_of") < np.datetime64(evaluation.as_of.replace(day=1))


def shows_other(scores: pd.DataFrame, before: Held) -> np.ndarray:
	"""Whose own fields say anything else than his new grade, of those of whom they were read."""
	wrong = np.zeros(len(scores), dtype=bool)
	for field, column in GRADE_FIELDS.items():
		if shown.column(field) in before:
			wrong |= ~_equal(shown.expected(field, scores[column]), before, shown.column(field))
	return wrong


def _equal(new: np.ndarray, before: Held, column: str) -> np.ndarray:
	"""Element by element, with all kinds of empty alike, and dates and numbers by value."""
	if new.dtype.kind == "M":
		a, b = new.astype("datetime64[D]"), before.days(column)
		return (a == b) | (np.isnat(a) & np.isnat(b))
	if new.dtype.kind in "fiu":
		# A number has no empty on a site: what is undefined is stored as 0.
		a, b = np.nan_to_num(new.astype(np.float64)), np.nan_to_num(before.numbers(column))
		return np.abs(a - b) < 1e-6
	old = before.objects(column)
	same = np.asarray(new == old, dtype=bool)
	other = np.flatnonzero(~same)
	same[other] = pd.isna(new[other]) & pd.isna(old[other])
	return same
