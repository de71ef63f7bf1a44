"""Where customers stand today, as :mod:`customer_tiering.acting` takes it: by the grades' own evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType

from customer_tiering.acting.cadence import Agreed, Interval, cadence_of
from customer_tiering.acting.signals import QUOTATION_WITHIN, Quotation, Standing
from customer_tiering.engine import Facts
from customer_tiering.engine.exact import Floats
from customer_tiering.engine.facts import to_day
from customer_tiering.engine.forecast import likely_gone
from customer_tiering.engine.stages import usual_gap
from customer_tiering.engine.what_if import Customers, lifted
from customer_tiering.site.acting import agreed, contacts
from customer_tiering.site.database.bulk_reading import OneOf
from customer_tiering.site.grading import customer_scores
from customer_tiering.site.grading.state import Published
from customer_tiering.site.reading import currency, site_facts

_YEAR = 365


def read(current: Published, customers: Sequence[str], as_of: date) -> list[Standing]:
	"""Where each of some customers stands on a day, by what is published.

	Whoever is disabled, or has a document that cannot be counted, is left out: of him nothing is asked.
	"""
	known, faulty = site_facts.read_sound_facts(current.policy, customers)
	sound = [name for name in known.index if name not in faulty]
	if not sound:
		return []
	held = customer_scores.read_held(sound, as_of)
	people = Customers(known, current.policy, as_of, held, current.cut_points, current.forecast)
	table = _figures(people, as_of)
	intervals, settled, met = read_intervals(), agreed.read(sound), contacts.last_days(sound)
	offers = _quotations(current, sound, as_of)
	return [
		_standing(row, intervals, settled, met, offers, as_of)
		for row in table[~known.disabled].itertuples(index=False)
	]


def read_intervals() -> dict[str, Interval]:
	"""How often customers of each tier are to be contacted, by tier; as the tiers' forms have it."""
	tiers = frappe.get_all(
		"Customer Tier", fields=["name", "contact_every_days", "contact_apart_days"], order_by=None
	)
	rows = frappe.get_all(
		"Tier Contact Interval",
		filters={"parenttype": "Customer Tier"},
		fields=["parent", "lifecycle_stage", "contact_every_days"],
		order_by=None,
	)
	by_stage: dict[str, dict[str, int]] = {}
	for row in rows:
		by_stage.setdefault(row.parent, {})[row.lifecycle_stage] = row.contact_every_days or 0
	return {
		tier.name: Interval(
			tier.contact_every_days or 0, by_stage.get(tier.name, {}), tier.contact_apart_days or 0
		)
		for tier in tiers
	}


def _figures(people: Customers, as_of: date) -> pd.DataFrame:
	"""What the evaluation says of each customer, a row each in order of the facts."""
	evaluation = people.graded(people.facts, people.previous)
	days = evaluation.ledger.purchase_days
	gap = usual_gap(days, people.policy.stages)
	scores = evaluation.scores
	silence = np.where(days.ever, to_day(as_of) - days.last, np.nan)
	chance = scores["chance_to_buy"].to_numpy(dtype=np.float64) / 100
	table = scores[
		["customer", "tier", "tier_since", "lifecycle_stage", "falls_on", "falls_to", "below_since",
		 "first_purchase", "last_purchase"]
	].copy()  # fmt: skip
	usual = people.usual
	near = lifted(people, usual).set_index("customer")["reached"]
	return table.assign(
		purchases=days.counts,
		gap=gap,
		gone=likely_gone(chance, silence, gap),
		revenue=_revenue(people.facts, as_of),
		last_amount=_last_amounts(people.facts, as_of),
		usual=usual,
		near=near.reindex(table["customer"]).to_numpy(dtype=object),
	)


def _revenue(facts: Facts, as_of: date) -> Floats:
	"""Net amount of the last 365 days, per customer."""
	day = facts.sales["posting_date"]
	recent = ((day > pd.Timestamp(as_of - timedelta(days=_YEAR))) & (day <= pd.Timestamp(as_of))).to_numpy()
	amounts = facts.sales["net_amount"].to_numpy(dtype=np.float64)[recent]
	return np.round(np.bincount(facts.codes[recent], amounts, len(facts.index)), 2)


def _last_amounts(facts: Facts, as_of: date) -> Floats:
	"""Amount of each customer's purchases of his last purchase day; 0 for who has none."""
	sales = facts.sales
	bought = (sales["is_purchase"] & (sales["posting_date"] <= pd.Timestamp(as_of))).to_numpy()
	days = sales["posting_date"].to_numpy().astype("datetime64[D]").astype(np.int64)[bought]
	codes, amounts = facts.codes[bought], sales["net_amount"].to_numpy(dtype=np.float64)[bought]
	last = np.full(len(facts.index), np.iinfo(np.int64).min)
	np.maximum.at(last, codes, days)
	on_last = days == last[codes]
	return np.round(np.bincount(codes[on_last], amounts[on_last], len(facts.index)), 2)


def _quotations(current: Published, customers: Sequence[str], as_of: date) -> dict[str, Quotation]:
	"""Of each customer the open quotation that ends first, of those that end soon."""
	table = DocType("Quotation")
	query = (
		frappe.qb.from_(table)
		.select(table.party_name, table.name, table.valid_till, table.base_net_total, table.company)
		.where((table.quotation_to == "Customer") & OneOf(table.party_name, customers))
		.where((table.docstatus == 1) & table.status.isin(("Open", "Replied", "Partially Ordered")))
		.where(table.valid_till[as_of : as_of + timedelta(days=QUOTATION_WITHIN)])
		.orderby(table.valid_till, table.name)
	)
	found: dict[str, Quotation] = {}
	for customer, name, until, amount, company in query.run():
		rate = currency.rate_of(company, current.policy, as_of)
		found.setdefault(customer, Quotation(name, until, float(amount or 0) * (rate or 0.0)))
	return found


def _standing(
	row: Any,
	intervals: dict[str, Interval],
	settled: dict[str, Agreed],
	met: dict[str, date],
	offers: dict[str, Quotation],
	as_of: date,
) -> Standing:
	tier, stage = _text(row.tier), _text(row.lifecycle_stage)
	interval = intervals.get(tier or "", Interval())
	contact = met.get(row.customer)
	since = _day(row.tier_since) or as_of
	agreement = settled.get(row.customer, Agreed())
	return Standing(
		row.customer,
		tier,
		stage,
		float(row.revenue),
		_day(row.falls_on),
		_text(row.falls_to),
		_day(row.below_since),
		_day(row.first_purchase),
		_day(row.last_purchase),
		int(row.purchases),
		float(row.last_amount),
		float(row.gap),
		float(row.gone),
		None if np.isnan(row.usual) else float(row.usual),
		_text(row.near),
		offers.get(row.customer),
		cadence_of(interval, stage, agreement, contact, since, as_of),
		interval.apart,
		contact,
	)


def _day(value: Any) -> date | None:
	return None if pd.isna(value) else pd.Timestamp(value).date()


def _text(value: Any) -> str | None:
	return None if value is None or pd.isna(value) else str(value)
