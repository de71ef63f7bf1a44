"""One row per customer: the grade, what was bought and when, and how likely each is lost."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from customer_tiering.engine import Evaluation, Facts
from customer_tiering.engine.exact import Bools, Floats, Objects
from customer_tiering.engine.facts import to_day
from customer_tiering.engine.forecast import likely_gone
from customer_tiering.engine.ledger import Ledger
from customer_tiering.engine.stages import has_own_gap, usual_gap

YEAR = 365


def people(evaluation: Evaluation, facts: Facts) -> pd.DataFrame:
	"""Everyone who was graded, in the order of ``evaluation.scores``.

	Args:
		evaluation: the grades.
		facts: what they come from; documents after the as-of date are not seen.

	Returns:
		``customer``, ``tier``, ``stage``, ``segment`` (empty: none), ``score``; ``recency``, ``frequency``
		and ``monetary`` (1-5, 0: none); ``first`` and ``last`` purchase; ``silence`` (days since then);
		``gap`` (usual days between purchases) and ``own`` (whether it is his); ``chance`` to buy (0-1, NaN:
		unknown); ``documents`` (their number) and ``known`` (the day of the first); ``revenue`` of the last
		365 days, ``year_before`` of the 365 before them, ``ever`` of all documents; ``invoices`` (purchases
		that count, of 365 days); ``now``, ``before`` and ``then`` (revenue of the policy's trend days, of as
		many before them, and of the same of the year before); ``falls_on``, ``falls_rung``; ``disabled``;
		``gone`` (how likely he is lost, 0-1) and ``stake`` (``gone`` × ``revenue``). Amounts are net, each
		document on its own posting date.
	"""
	facts = facts.up_to(evaluation.as_of)
	scores, policy = evaluation.scores, evaluation.policy
	ledger = Ledger.build(facts, evaluation.as_of, companies=policy.companies)
	bought = ledger.purchase_days
	found = pd.DataFrame(
		{
			"customer": scores["customer"].to_numpy(dtype=object),
			"tier": _texts(scores["tier"]),
			"stage": _texts(scores["lifecycle_stage"]),
			"segment": _texts(scores["rfm_segment"]),
			"score": scores["score"].to_numpy(dtype=np.float64),
			**{name: scores[f"{name}_score"].to_numpy() for name in ("recency", "frequency", "monetary")},
			"first": scores["first_purchase"].to_numpy(),
			"last": scores["last_purchase"].to_numpy(),
			"silence": scores["recency_days"].to_numpy(dtype=np.float64),
			"gap": usual_gap(bought, policy.stages),
			"own": has_own_gap(bought),
			"chance": scores["chance_to_buy"].to_numpy(dtype=np.float64) / 100,
			"documents": np.bincount(ledger.codes, minlength=ledger.size),
			"known": _first_days(ledger),
			**_revenues(ledger, policy.stages.trend_days),
			"invoices": ledger.count(ledger.counted & _within(ledger, 0, YEAR)),
			"falls_on": scores["falls_on"].to_numpy(),
			"falls_rung": _texts(scores["falls_to"]),
			"disabled": facts.disabled,
		}
	)
	found["gone"] = likely_gone(
		*(found[name].to_numpy(dtype=np.float64) for name in ("chance", "silence", "gap"))
	)
	found["stake"] = (found["gone"] * found["revenue"]).clip(lower=0).round(2)
	return found


def _texts(values: pd.Series) -> Objects:
	found: Objects = values.astype(object).where(values.notna(), "").to_numpy(dtype=object)
	return found


def _first_days(ledger: Ledger) -> np.ndarray:
	found = np.full(ledger.size, np.iinfo(np.int64).max)
	np.minimum.at(found, ledger.codes, ledger.days)
	none = np.datetime64("NaT", "D")
	return np.where(found == np.iinfo(np.int64).max, none, found.astype("datetime64[D]"))


def _within(ledger: Ledger, ago: int, days: int) -> Bools:
	"""Documents of so many days, the last of which is so long ago."""
	return (ledger.days > ledger.as_of - ago - days) & (ledger.days <= ledger.as_of - ago)


def _revenues(ledger: Ledger, trend: int) -> dict[str, Floats]:
	spans = {
		"revenue": (0, YEAR),
		"year_before": (YEAR, YEAR),
		"now": (0, trend),
		"then": (YEAR, trend),
		"before": (trend, trend),
	}
	sums = {name: ledger.total(_within(ledger, ago, days)) for name, (ago, days) in spans.items()}
	return sums | {"ever": ledger.total()}


def began(facts: Facts) -> int:
	"""The day of the first document, counted from 1970-01-01."""
	return int(facts.days.min())


def year_before_is_known(facts: Facts, evaluation: Evaluation) -> bool:
	"""Whether the documents go back far enough to compare a year with the one before it."""
	return began(facts) <= to_day(evaluation.as_of - timedelta(2 * YEAR - 1))
