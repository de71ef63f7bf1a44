"""A sample company in a SQLite file with ERPNext's tables: always the same, without a clock or chance."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine import Facts, Policy
from customer_tiering.sources.documents import Selection, select

AS_OF = date(2025, 6, 30)
START = date(2022, 7, 1)
COMPANY = "Linden Trading"
SEED = 20250630

SCHEMA = """
CREATE TABLE `tabCustomer Group` (name TEXT PRIMARY KEY, parent_customer_group TEXT);
CREATE TABLE `tabTerritory` (name TEXT PRIMARY KEY, parent_territory TEXT);
CREATE TABLE `tabCustomer` (
	name TEXT PRIMARY KEY, creation TEXT, customer_name TEXT, customer_type TEXT, customer_group TEXT,
	territory TEXT, disabled INTEGER, is_internal_customer INTEGER
);
CREATE TABLE `tabQuotation` (
	name TEXT PRIMARY KEY, docstatus INTEGER, quotation_to TEXT, party_name TEXT, transaction_date TEXT,
	valid_till TEXT, status TEXT, base_net_total REAL
);
CREATE TABLE `tabSales Invoice` (
	name TEXT PRIMARY KEY, docstatus INTEGER, customer TEXT, company TEXT, posting_date TEXT,
	base_net_total REAL, is_return INTEGER, return_against TEXT, is_debit_note INTEGER, is_opening TEXT,
	is_internal_customer INTEGER, is_consolidated INTEGER, amended_from TEXT
);
"""
GROUPS = {
	"All Customer Groups": None,
	"Trade": "All Customer Groups",
	"Wholesale": "Trade",
	"Retail": "Trade",
	"Institutions": "All Customer Groups",
	"Online": "All Customer Groups",
}
TERRITORIES = {
	"All Territories": None,
	"Europe": "All Territories",
	"Germany": "Europe",
	"France": "Europe",
	"Poland": "Europe",
	"Asia": "All Territories",
	"China": "Asia",
	"India": "Asia",
}
_FIRST = (
	"Alder", "Amber", "Ashford", "Bay", "Birch", "Bridge", "Brook", "Cedar", "Clover", "Copper",
	"Crown", "Dale", "Dover", "Elm", "Falcon", "Fern", "Garnet", "Glen", "Grove", "Harbour",
	"Hazel", "Heron", "Hill", "Ivory", "Juniper", "Kestrel", "Lake", "Larch", "Maple", "Meadow",
	"Mill", "North", "Oak", "Orchard", "Pine", "Quarry", "River", "Rowan", "Stone", "Willow",
)  # fmt: skip
_SECOND = (
	"Bakery", "Foods", "Hotel", "Market", "Pharmacy", "Stores",
	"Interiors", "Clinic", "School", "Works", "Supplies", "Café",
)  # fmt: skip


@dataclass(frozen=True)
class Habit:
	"""How a kind of customer buys: days between purchases, amount, and the days of the three years it spans.

	``trend`` is the factor by which amounts change from the first day to the last, ``season`` how much more
	is bought from September to December.
	"""

	customers: int
	gap: tuple[int, int] = (30, 60)
	amount: tuple[int, int] = (500, 2500)
	first: tuple[int, int] = (0, 200)  # days after START
	silent: tuple[int, int] = (0, 0)  # days before AS_OF from which nothing is bought
	pause: tuple[int, int] = (0, 0)  # days before AS_OF between which nothing is bought
	trend: float = 1.0
	season: float = 1.05
	most: int = 1000


_DAYS = (AS_OF - START).days
HABITS = {
	"key": Habit(18, gap=(8, 14), amount=(4000, 12000), trend=1.2),
	"steady": Habit(80, gap=(22, 45), amount=(800, 3500)),
	"seasonal": Habit(40, gap=(25, 50), amount=(600, 3000), season=4.0),
	"growing": Habit(30, gap=(20, 40), amount=(500, 2000), trend=4.0),
	"declining": Habit(28, gap=(22, 45), amount=(900, 4000), trend=0.2),
	"slipping": Habit(16, gap=(12, 25), amount=(1500, 6000), silent=(70, 130)),
	"churned": Habit(44, gap=(25, 60), silent=(190, 800)),
	"won back": Habit(10, gap=(25, 45), pause=(330, 50)),
	"new": Habit(24, gap=(12, 40), amount=(400, 5000), first=(_DAYS - 88, _DAYS - 5)),
	"once": Habit(30, first=(0, _DAYS - 100), most=1),
	"rarely": Habit(20, gap=(110, 190), amount=(400, 1800)),
}
RETURNS_ONLY, PROSPECTS, PROSPECTS_WITH_QUOTATION = 4, 14, 8


@dataclass
class Document:
	"""One sales invoice before it has its name."""

	customer: str
	day: int
	amount: float
	against: Document | None = None
	is_return: bool = False
	is_debit_note: bool = False
	is_opening: bool = False
	is_internal: bool = False
	docstatus: int = 1
	amends: Document | None = None
	name: str = ""


@dataclass
class Customer:
	"""One customer of the sample company."""

	name: str
	since: int
	group: str
	territory: str
	is_internal: bool = False


@dataclass
class Company:
	"""Everything that goes into the tables."""

	customers: list[Customer]
	documents: list[Document]
	quotations: list[tuple[str, int, str]]  # customer, day, status


class _Chance:
	"""Repeatable numbers that need nothing but ``random()``, which no Python version changes."""

	def __init__(self, seed: int):
		self._random = random.Random(seed).random

	def between(self, low: float, high: float) -> float:
		return low + (high - low) * self._random()

	def whole(self, low: int, high: int) -> int:
		"""From low to high, both included."""
		return low + int(self._random() * (high - low + 1))

	def happens(self, part: float) -> bool:
		return self._random() < part

	def choose(self, items: tuple[str, ...]) -> str:
		return items[self.whole(0, len(items) - 1)]


def invent() -> Company:
	"""Make up the sample company."""
	chance = _Chance(SEED)
	company = Company([], [], [])
	names = _names(chance)
	for habit in HABITS.values():
		for _ in range(habit.customers):
			_trade(company, chance, _join(company, chance, next(names)), habit)
	_add_special(company, chance, names)
	_name_documents(company)
	return company


def _names(chance: _Chance) -> Iterator[str]:
	pairs = [
		f"{first} {_SECOND[(at + turn) % len(_SECOND)]}"
		for turn in range(9)
		for at, first in enumerate(_FIRST)
	]
	order = [chance.between(0, 1) for _ in pairs]
	return iter([name for _at, name in sorted(zip(order, pairs, strict=True))])


def _join(company: Company, chance: _Chance, name: str) -> Customer:
	group = chance.choose(("Wholesale", "Retail", "Retail", "Institutions", "Online"))
	territory = chance.choose(("Germany", "Germany", "France", "Poland", "China", "India"))
	customer = Customer(name, 0, group, territory)
	company.customers.append(customer)
	return customer


def _trade(company: Company, chance: _Chance, customer: Customer, habit: Habit) -> None:
	"""Let a customer buy, and return some of it, by his habit."""
	day = chance.whole(*habit.first)
	customer.since = max(0, day - chance.whole(0, 20))
	usual, gap = chance.between(*habit.amount), chance.between(*habit.gap)
	last = _DAYS - chance.whole(*habit.silent)
	bought = 0
	while day <= last and bought < habit.most:
		paused = _DAYS - habit.pause[0] <= day < _DAYS - habit.pause[1]
		season = habit.season if (START + timedelta(day)).month >= 9 else 1.0
		if not paused and chance.happens(0.25 * season if habit.season > 2 else 1.0):
			trend = 1 + (habit.trend - 1) * day / _DAYS
			amount = round(usual * trend * min(season, 1.5) * chance.between(0.75, 1.25), 2)
			_sell(company, chance, customer, day, amount)
			bought += 1
		day += max(1, round(gap * chance.between(0.7, 1.3)))


def _sell(company: Company, chance: _Chance, customer: Customer, day: int, amount: float) -> None:
	if (START + timedelta(day)).weekday() == 6 and day < _DAYS:  # closed on Sundays
		day += 1
	sale = Document(customer.name, day, amount)
	company.documents.append(sale)
	if chance.happens(0.05):
		_return(company, chance, sale)
	elif chance.happens(0.01):
		more = round(amount * 0.05, 2)
		company.documents.append(
			Document(sale.customer, min(day + 4, _DAYS), more, against=sale, is_debit_note=True)
		)
	elif chance.happens(0.01):
		company.documents.append(replace(sale, docstatus=2))
		sale.amends = company.documents[-1]


def _return(company: Company, chance: _Chance, sale: Document) -> None:
	"""All of it or a part; a third of the returns do not say what they return."""
	part = 1.0 if chance.happens(0.35) else chance.between(0.1, 0.6)
	day = sale.day + chance.whole(2, 25)
	linked = chance.happens(0.67)
	if day <= _DAYS:
		company.documents.append(
			Document(
				sale.customer, day, -round(sale.amount * part, 2), sale if linked else None, is_return=True
			)
		)


def _add_special(company: Company, chance: _Chance, names: Iterator[str]) -> None:
	"""What every real ledger has besides plain sales."""
	for customer in company.customers[:60:5]:
		amount = round(chance.between(500, 9000), 2)
		company.documents.append(Document(customer.name, 0, amount, is_opening=True))
		customer.since = 0
	for customer in company.customers[40:52:2]:
		company.documents.append(
			Document(customer.name, _DAYS, round(chance.between(100, 900), 2), docstatus=0)
		)
	for _ in range(RETURNS_ONLY):
		customer = _join(company, chance, next(names))
		customer.since = day = chance.whole(300, _DAYS - 60)
		amount = round(chance.between(50, 400), 2)
		company.documents.append(Document(customer.name, day, -amount, is_return=True))
	for number in range(PROSPECTS):
		customer = _join(company, chance, next(names))
		customer.since = day = chance.whole(_DAYS - 150, _DAYS - 10)
		if number < PROSPECTS_WITH_QUOTATION:
			company.quotations.append((customer.name, day + 5, "Open"))
		elif number < PROSPECTS_WITH_QUOTATION + 3:
			company.quotations.append((customer.name, day, "Lost"))
	for customer in company.customers[30:90:3]:
		company.quotations.append((customer.name, chance.whole(_DAYS - 300, _DAYS - 40), "Ordered"))
	branch = Customer(f"{COMPANY} Asia", 0, "Wholesale", "China", is_internal=True)
	company.customers.append(branch)
	for day in range(15, _DAYS, 30):
		amount = round(chance.between(8000, 15000), 2)
		company.documents.append(Document(branch.name, day, amount, is_internal=True))


def _name_documents(company: Company) -> None:
	"""In order of date, an amended one after the one it amends, as a naming series would."""
	company.documents.sort(key=lambda document: (document.day, document.customer, document.is_return))
	numbers: dict[int, int] = {}
	for document in company.documents:
		if not document.amends:
			year = (START + timedelta(document.day)).year
			numbers[year] = numbers.get(year, 0) + 1
			document.name = f"ACC-SINV-{year}-{numbers[year]:05d}"
	for document in company.documents:
		if document.amends:
			document.name = f"{document.amends.name}-1"


# -- the SQLite file -----------------------------------------------------------------------------


def write_company(path: Path, company: Company) -> None:
	"""Put the sample company into a new SQLite file."""
	with closing(sqlite3.connect(path)) as database, database:
		database.executescript(SCHEMA)
		database.executemany("INSERT INTO `tabCustomer Group` VALUES (?, ?)", GROUPS.items())
		database.executemany("INSERT INTO `tabTerritory` VALUES (?, ?)", TERRITORIES.items())
		_insert(database, "tabCustomer", map(_customer_row, company.customers))
		_insert(database, "tabQuotation", map(_quotation_row, enumerate(company.quotations, start=1)))
		_insert(database, "tabSales Invoice", map(_invoice_row, company.documents))


def _insert(database: sqlite3.Connection, table: str, rows: Iterator[tuple[Any, ...]]) -> None:
	listed = list(rows)
	gaps = ", ".join("?" * len(listed[0]))
	database.executemany(f"INSERT INTO `{table}` VALUES ({gaps})", listed)


def _iso(day: int) -> str:
	return (START + timedelta(day)).isoformat()


def _customer_row(customer: Customer) -> tuple[Any, ...]:
	return (
		customer.name, f"{_iso(customer.since)} 09:00:00", customer.name, "Company", customer.group,
		customer.territory, 0, int(customer.is_internal),
	)  # fmt: skip


def _quotation_row(numbered: tuple[int, tuple[str, int, str]]) -> tuple[Any, ...]:
	number, (customer, day, status) = numbered
	return (
		f"SAL-QTN-{number:05d}", 1, "Customer", customer, _iso(day), _iso(day + 30), status, 1000.0
	)  # fmt: skip


def _invoice_row(document: Document) -> tuple[Any, ...]:
	return (
		document.name, document.docstatus, document.customer, COMPANY, _iso(document.day), document.amount,
		int(document.is_return), document.against.name if document.against else None,
		int(document.is_debit_note), "Yes" if document.is_opening else "No", int(document.is_internal), 0,
		document.amends.name if document.amends else None,
	)  # fmt: skip


@dataclass(frozen=True)
class Books:
	"""What the SQLite file holds, as tidy tables."""

	documents: pd.DataFrame
	customers: pd.DataFrame
	pipeline: pd.DataFrame
	parents: dict[str, dict[str, str | None]]

	def select(self, policy: Policy, as_of: date) -> Selection:
		"""What is known on a day: customers of that day, and their documents up to it."""
		selection = select(self.documents, policy, as_of)
		known = self.customers[self.customers["creation"] <= pd.Timestamp(as_of)]
		facts = Facts(selection.facts.sales, known, self.pipeline, self.parents)
		return replace(selection, facts=facts)


def read_books(path: Path) -> Books:
	"""Read the SQLite file back."""
	with closing(sqlite3.connect(path)) as database:
		return Books(_documents(database), _customers(database), _pipeline(database), _parents(database))


def _query(database: sqlite3.Connection, query: str) -> pd.DataFrame:
	found = database.execute(query)
	rows = found.fetchall()
	names = [column[0] for column in found.description]
	columns = zip(*rows, strict=True)
	return pd.DataFrame(
		{name: pd.Series(list(column), dtype=object) for name, column in zip(names, columns, strict=True)}
	)


def _documents(database: sqlite3.Connection) -> pd.DataFrame:
	rows = _query(
		database,
		"""SELECT name AS document, customer, company, posting_date, base_net_total AS net_amount, is_return,
			return_against, is_debit_note, is_opening = 'Yes' AS is_opening,
			is_internal_customer AS is_internal, is_consolidated, docstatus
		FROM `tabSales Invoice` ORDER BY posting_date, name""",
	)
	rows["posting_date"] = _days(rows["posting_date"])
	rows["net_amount"] = rows["net_amount"].astype(np.float64)
	rows["docstatus"] = rows["docstatus"].astype(np.int8)
	for name in ("is_return", "is_debit_note", "is_opening", "is_internal", "is_consolidated"):
		rows[name] = rows[name].astype(bool)
	return rows


def _customers(database: sqlite3.Connection) -> pd.DataFrame:
	rows = _query(
		database,
		"""SELECT name AS customer, DATE(creation) AS creation, customer_group, territory, customer_type,
			disabled
		FROM `tabCustomer` WHERE is_internal_customer = 0 ORDER BY name""",
	)
	rows["creation"] = _days(rows["creation"])
	rows["disabled"] = rows["disabled"].astype(bool)
	return rows


def _pipeline(database: sqlite3.Connection) -> pd.DataFrame:
	"""An open quotation has no end; any other ended when it was no longer valid."""
	rows = _query(
		database,
		"""SELECT party_name AS customer, transaction_date AS opened,
			CASE WHEN status = 'Open' THEN NULL ELSE valid_till END AS closed
		FROM `tabQuotation` WHERE quotation_to = 'Customer' AND docstatus = 1 ORDER BY name""",
	)
	rows["opened"], rows["closed"] = _days(rows["opened"]), _days(rows["closed"])
	return rows


def _days(texts: pd.Series) -> pd.Series:
	return pd.to_datetime(texts, format="%Y-%m-%d").astype("datetime64[s]")


def _parents(database: sqlite3.Connection) -> dict[str, dict[str, str | None]]:
	trees = {"customer_group": "tabCustomer Group", "territory": "tabTerritory"}
	return {
		name: dict(database.execute(f"SELECT * FROM `{table}`").fetchall()) for name, table in trees.items()
	}
