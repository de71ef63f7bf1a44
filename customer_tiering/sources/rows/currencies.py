"""Amounts in several currencies: refused, or brought into one by rates that the user gives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from customer_tiering.engine.facts import Objects
from customer_tiering.sources.decided import Decision, listed, money
from customer_tiering.sources.tables import sources as tables
from customer_tiering.sources.tables.table import as_text
from customer_tiering.sources.understanding import amounts
from customer_tiering.sources.understanding.columns import ColumnsError, normal

_KEYS = ("currency", "company")


def settle(frame: pd.DataFrame, in_company_currency: Sequence[bool], rates: Path | None) -> list[Decision]:
	"""Bring all amounts into one currency, in place; what was decided.

	Args:
		frame: documents, with ``table``, ``mark`` and perhaps ``currency`` and ``company``.
		in_company_currency: for each table, whether its amounts are in the company's currency.
		rates: a file with a column ``currency`` or ``company`` and a column ``rate``.

	Raises:
		ColumnsError: there are several currencies and no rate for one of them.
	"""
	if rates is None and not {"currency", "company", "mark"} & {*frame}:
		return []
	counted = (frame["aside"] == "").to_numpy() & (frame["docstatus"] == 1).to_numpy()
	own = _currencies(frame, np.asarray(in_company_currency, dtype=bool)[frame["table"].to_numpy()])
	seen = [str(one) for one in pd.unique(own[counted]) if one]
	if rates is not None:
		return _converted(frame, own, *_read_rates(rates))
	if not amounts.are_one_currency(seen):
		raise ColumnsError(_several(frame, own, seen, counted))
	return _unknown(frame, own, counted)


def _currencies(frame: pd.DataFrame, in_company: Objects) -> Objects:
	"""The currency of each amount, where anything tells it."""
	found = np.full(len(frame), "", dtype=object)
	if "currency" in frame:
		found = frame["currency"].to_numpy(dtype=object).copy()
		if in_company.any():
			found[in_company] = _of_companies(frame, found)[in_company]
	if "mark" in frame:
		marks = frame["mark"].fillna("").to_numpy(dtype=object)
		marked = marks != ""
		found[marked] = [amounts.currency_of(mark) for mark in marks[marked]]
	return found


def _of_companies(frame: pd.DataFrame, currency: Objects) -> Objects:
	"""The currency in which each row's company mostly sells; nothing if there is only one company."""
	if "company" not in frame or frame["company"].nunique() < 2:
		return np.full(len(frame), "", dtype=object)
	told = pd.DataFrame({"company": frame["company"].astype(object), "currency": currency})
	mostly = told[told["currency"] != ""].groupby("company")["currency"].agg(lambda one: one.mode().iloc[0])
	found: Objects = told["company"].map(mostly).fillna("").to_numpy(dtype=object)
	return found


def _several(frame: pd.DataFrame, own: Objects, seen: list[str], counted: Objects) -> str:
	values = frame["net_amount"].to_numpy()
	parts = [f"{one} {money(values[counted & (own == one)].sum())}" for one in seen]
	return (
		f"The amounts are in different currencies: {listed(parts)}. They are not added up.\n"
		"Give --rates FILE, a CSV file with the columns currency and rate (what one unit is worth in the "
		"currency that you report in); or export the column Net Total (Company Currency) of one company."
	)


def _unknown(frame: pd.DataFrame, own: Objects, counted: Objects) -> list[Decision]:
	"""Several companies, of whose currencies nothing is known."""
	if "company" not in frame:
		return []
	companies = [str(one) for one in pd.unique(frame["company"][counted]) if one]
	if len(companies) < 2 or (len(set(own[counted])) == 1 and own[counted][0]):
		return []
	told = (
		f"The amounts of {len(companies)} companies are added up as if all were in one currency: "
		f"{listed(companies)}. If they are not, give --rates FILE with the columns company and rate."
	)
	return [Decision("one_currency_taken", told)]


def _read_rates(path: Path) -> tuple[str, dict[str, float]]:
	"""What the rates are of, currency or company, and each one's rate."""
	found = tables.look([path], lambda names: len({*_KEYS, "rate"} & {normal(name) for name in names}))
	source = found.sources[0]
	names = [normal(name) for name in source.heading.names]
	key = next((one for one in _KEYS if one in names), "")
	if not key or "rate" not in names:
		raise ColumnsError(f"{path} needs a column currency or company, and a column rate.")
	rates: dict[str, float] = {}
	records = tables.first_rows(source, 100_000)
	texts = [[as_text(cell).strip() for cell in row.cells] for row in records if not row.wrong]
	decimal = amounts.evidence(row[names.index("rate")] for row in texts).mark() or amounts.POINT
	for row in texts:
		rate = amounts.read_amount(row[names.index("rate")], decimal)
		if not rate > 0:
			raise ColumnsError(f"{path}: {row[names.index('rate')] or 'nothing'} is no rate above zero.")
		rates[row[names.index(key)].casefold()] = rate
	return key, rates


def _converted(frame: pd.DataFrame, own: Objects, key: str, rates: dict[str, float]) -> list[Decision]:
	if key == "company" and "company" not in frame:
		raise ColumnsError("The rates are of companies, and the files have no column company.")
	keys = own if key == "currency" else frame["company"].astype(object).to_numpy(dtype=object)
	factors = np.ones(len(frame))
	values = frame["net_amount"].to_numpy()
	parts = []
	for one in [str(name) for name in pd.unique(keys)]:
		if one.casefold() not in rates:
			raise ColumnsError(f"There is no rate for {f'{key} {one}' if one else f'rows without a {key}'}.")
		mine = keys == one
		factors[mine] = rates[one.casefold()]
		parts.append(f"{one} {money(values[mine].sum())} at {rates[one.casefold()]:g}")
	for name in ("net_amount", "gross_profit"):
		if name in frame:
			frame[name] = frame[name].to_numpy() * factors
	changed = factors != 1
	told = f"Amounts were brought into one currency: {listed(parts)}."
	return [
		Decision("converted", told, int(changed.sum()), float(frame["net_amount"].to_numpy()[changed].sum()))
	]
