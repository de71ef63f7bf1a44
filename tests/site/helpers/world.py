"""A small company whose past can be put back as it was, and all that can happen to it in a day."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import frappe
import pandas as pd

from customer_tiering import api
from customer_tiering.engine import evaluate
from customer_tiering.names import GRADE_FIELDS
from customer_tiering.site.grading import customer_scores, full_runs, state
from customer_tiering.site.reading import site_facts
from tests.site.conftest import OURS, SALES
from tests.site.helpers import till
from tests.site.helpers.selling import ago, credit, drain, invoice, make_customer, today

SETTINGS = "Customer Tiering Settings"
_KEPT = (
	*SALES, *OURS, *till.TABLES, "Territory", "Customer Group", "Tier Rule", "Tier Rule Band",
	"Tiering Policy", "Payment Schedule",
)  # fmt: skip
SETTLED = ("cut_points", "forecast", "last_run_customers", "current_policy", "small_site_customers")
STEADY = ("grace_days", "hold_days", "rise_days")
Rows = dict[str, list[dict[str, Any]]]


def read_tables() -> Rows:
	"""All rows of what a day can change."""
	return {doctype: frappe.db.sql(f"select * from `tab{doctype}`", as_dict=True) for doctype in _KEPT}


def write_tables(rows: Rows) -> None:
	for doctype, found in rows.items():
		frappe.db.delete(doctype)
		if found:
			frappe.db.bulk_insert(doctype, list(found[0]), [tuple(row.values()) for row in found])


def names(doctype: str, **filters: Any) -> list[str]:
	"""Names of records, in order."""
	return sorted(frappe.get_all(doctype, filters=filters, pluck="name", order_by=None))


def forget_records(*_args: Any, **_more: Any) -> None:
	"""What a rename makes stale. The host forgets all that it knows, and takes seconds to read it again."""
	for doctype in ("Customer", "Territory", "Customer Group", "Tiering Policy", SETTINGS):
		frappe.clear_document_cache(doctype)
	frappe.db.value_cache.clear()


def make_past() -> None:
	"""Eight customers in three territories and two groups, graded for the last time this night.

	One rule is about a territory, one about a group; there are a floor, a cap, a grace, a hold and a rise.
	Two are in their grace, two climb, one is disabled, one has an override, three have asked for something.
	"""
	_make_places()
	_make_policy()
	till.open_till()
	groups = ("Commercial", "Seq Trade")
	for number, name in enumerate("ABCDEFGH"):
		territory = ("Seq North", "Seq South", "All Territories")[number % 3]
		make_customer(f"Seq {name}", territory=territory, customer_group=groups[number % 2])
		for turn in range(number % 4):
			invoice(f"Seq {name}", 300 * (number + 1) + 10 * turn, ago(380 - 30 * number - 45 * turn))
	fleeting = [invoice(f"Seq {name}", 30_000, ago(50)) for name in "BC"]
	frappe.db.commit()
	full_runs.nightly(ago(45))
	for document in fleeting:
		document.reload().cancel()
	frappe.db.commit()
	full_runs.nightly(ago(5))
	for days in (2, 3, 4):
		for name in "AG":
			invoice(f"Seq {name}", 5_000, ago(days))
	for name in "ADG":
		inquiry = {"doctype": "Opportunity", "opportunity_from": "Customer", "party_name": f"Seq {name}"}
		frappe.get_doc(inquiry).insert()
	frappe.db.set_value("Customer", "Seq H", "disabled", 1)
	frappe.db.commit()
	full_runs.nightly(ago(1))
	full_runs.nightly()
	api.set_override("Seq F", "Gold", "At Least", "for a while", str(ago(-20)))


def remove_places() -> None:
	"""What a run that was killed has left."""
	for doctype, field in (
		("Territory", "name"), ("Customer Group", "name"), ("Tier Rule", "name"),
		("Tier Rule Band", "parent"),
	):  # fmt: skip
		frappe.db.delete(doctype, {field: ("like", "Seq %")})
	for doctype in till.TABLES:
		frappe.db.delete(doctype)


def _make_places() -> None:
	for name in ("Seq North", "Seq South"):
		place = {"territory_name": name, "parent_territory": "All Territories", "is_group": 0}
		frappe.get_doc({"doctype": "Territory", **place}).insert()
	group = {"customer_group_name": "Seq Trade", "parent_customer_group": "All Customer Groups"}
	frappe.get_doc({"doctype": "Customer Group", **group}).insert()


def _make_policy() -> None:
	for name, *days in (("Silver", 20, 0, 2), ("Gold", 60, 10, 10), ("Platinum", 60, 0, 20)):
		frappe.db.set_value("Customer Tier", name, dict(zip(STEADY, days, strict=True)))
	stages = [
		{"stage": "New", "points": 90},
		{"stage": "Engaged", "points": 60},
		{"stage": "Lost", "points": 5},
	]
	metrics = [{"threshold": at, "points": 20 + 10 * at} for at in (0, 1, 2, 4)]
	for values in (
		{
			"method": "Bands",
			"metric": "Invoice Count",
			"bands": metrics,
			"weight": 2,
			"territory": "Seq North",
		},
		{"method": "By Stage", "bands": stages, "weight": 1, "customer_group": "Seq Trade"},
		{"rule_type": "Floor", "metric": "Revenue", "condition": ">=", "value": 20_000, "tier": "Gold"},
		{"rule_type": "Cap", "metric": "Return Rate %", "condition": ">=", "value": 60, "tier": "Silver"},
	):
		name = f"Seq {values.get('rule_type') or values['method']}"
		rule = {"doctype": "Tier Rule", "rule_name": name, "rule_type": "Score", "window": "Rolling"}
		frappe.get_doc({**rule, "window_days": 365, "position": 50, **values}).insert()
	api.publish("for sequences")


class Day:
	"""One day of a company: steps, each followed by a drain, and what one full run at its end would give.

	Attributes:
		told: what happened, to be read when a test fails.
		morning: the Customer Scores as they were in the morning, under the names that followed.
	"""

	def __init__(self, seed: int, past: Rows, settings: dict[str, Any]):
		self._random = Random(seed)
		self.told: list[str] = []
		write_tables(past)
		state.set_state(settings)
		self.small = self._random.random() < 0.4
		frappe.db.set_single_value(SETTINGS, "small_site_customers", 1000 if self.small else 0)
		self.told.append(self._another_ladder())
		forget_records()
		frappe.db.commit()
		self.morning = frappe.db.sql("select * from `tabCustomer Score`", as_dict=True)
		self._touched: set[str] = set()
		self._number = 0

	def _another_ladder(self) -> str:
		"""The policy in force gets a ladder of any kind, by which this night grades."""
		name = frappe.db.get_single_value(SETTINGS, "current_policy", cache=False)
		data = json.loads(frappe.db.get_value("Tiering Policy", name, "policy"))
		told = {}
		if self._random.random() < 0.5:
			for tier, share in zip(data["tiers"], (15, 40, 70, None), strict=True):
				tier.update(min_score=None, top_share=share)
			told["by"] = "share"
		told |= {
			"margin": self._random.choice([0, 5]),
			"reviewed": self._random.choice(["Always", "Monthly", "Quarterly"]),
			"rises_between_reviews": self._random.random() < 0.5,
		}
		text = json.dumps(data | {key: value for key, value in told.items() if key != "by"})
		frappe.db.set_value("Tiering Policy", name, "policy", text)
		state.set_state({"cut_points": "{}"})
		frappe.db.commit()
		full_runs.nightly()
		return f"a ladder: {told}"

	def live(self, steps: int) -> None:
		for _step in range(steps):
			name = self._random.choices(list(STEPS), [weight for weight, _do in STEPS.values()])[0]
			frappe.db.commit()
			try:
				told = STEPS[name][1](self)
			except frappe.ValidationError as refusal:  # the host's own: such a step is none
				frappe.db.rollback()
				told = f"refused: {str(refusal)[:60]}"
			self.told.append(f"{name}: {told}")
			drain()

	def check(self) -> None:
		"""Everyone holds and shows what one full run from the morning on gives, and the log ends there."""
		held = customer_scores.read_held()
		assert not held.attrs.get("surplus")
		current = state.published()
		assert current is not None
		known = site_facts.read_facts(current.policy)
		cuts = None if self.small else current.cut_points
		at_once = evaluate(
			known, current.policy, today(), self._held_in_the_morning(), cuts, current.forecast
		)
		differs = customer_scores.differing(at_once, held)
		assert not differs.any(), self._difference(at_once.scores[differs], held)
		assert sorted(held["customer"]) == names("Customer")
		self._check_shown()
		self._check_log(held)
		assert not frappe.db.count("Rescore Request") and not frappe.db.count("Tiering Failure")
		if self.small:
			assert full_runs.nightly() == 0

	def _held_in_the_morning(self) -> pd.DataFrame:
		frappe.db.commit()
		frappe.db.delete("Customer Score")
		if self.morning:
			columns = list(self.morning[0])
			values = [tuple(row.get(name) for name in columns) for row in self.morning]
			frappe.db.bulk_insert("Customer Score", columns, values)
		try:
			return customer_scores.read_held()
		finally:
			frappe.db.rollback()

	def _difference(self, scores: pd.DataFrame, held: pd.DataFrame) -> str:
		both = scores.set_index("customer").join(held.set_index("customer"), rsuffix="_held", how="left")
		lines = []
		for customer, row in both.iterrows():
			for name in (*customer_scores.STATE, *customer_scores.FORECAST):
				a, b = row[name], row[f"{name}_held"]
				if str(a) != str(b) and not (pd.isna(a) and pd.isna(b)):
					lines.append(f"{customer}: {name} is {b}, one run gives {a}")
		return "\n".join([*self.told, *lines])

	def _check_shown(self) -> None:
		fields = ["name", *GRADE_FIELDS]
		shown = {row.pop("name"): row for row in frappe.get_all("Customer", fields=fields, order_by=None)}
		fields = ["customer", *GRADE_FIELDS.values()]
		for row in frappe.get_all("Customer Score", fields=fields, order_by=None):
			mine = shown[row["customer"]]
			for field, column in GRADE_FIELDS.items():
				assert (mine[field] or None) == (row[column] or None), (self.told, row, mine)

	def _check_log(self, held: pd.DataFrame) -> None:
		fields = ["customer", "to_tier", "to_stage"]
		log = frappe.get_all("Tier Change", fields=fields, order_by="as_of asc, creation asc, name asc")
		last = {row.customer: (row.to_tier or None, row.to_stage or None) for row in log}
		for row in held.itertuples():
			where = tuple(None if pd.isna(value) else value for value in (row.tier, row.lifecycle_stage))
			assert last[row.customer] == where, (self.told, row.customer, last[row.customer], where)
		assert set(last) - set(held["customer"]) <= {"Seq gone"}, self.told

	# -- what can happen --------------------------------------------------------------------------------

	def customer(self) -> str:
		"""Any enabled customer; the step counts as his."""
		chosen = self._random.choice(names("Customer", disabled=0))
		self._touched.add(chosen)
		return chosen

	def document(self, doctype: str = "Sales Invoice", **filters: Any) -> Any:
		"""Any document that fits."""
		found = names(doctype, **filters)
		if not found:
			frappe.throw(f"there is no such {doctype}")
		doc = frappe.get_doc(doctype, self._random.choice(found))
		self._touched.add(doc.get("customer") or doc.get("party_name"))
		return doc

	def new_name(self) -> str:
		self._number += 1
		return f"Seq new {self._number}"

	def amount(self) -> float:
		return self._random.choice([1, 90, 900, 4_000, 25_000]) + self._random.randrange(100) / 100

	def day(self) -> Any:
		return ago(self._random.choice([0, 0, 1, 3, 29, 30, 89, 200, 364, 365, 400]))

	def sell(self) -> str:
		doc = invoice(self.customer(), self.amount(), self.day())
		return f"{doc.customer} {doc.net_total} on {doc.posting_date}"

	def give_back(self) -> str:
		doc = self.document(docstatus=1, is_return=0, is_consolidated=0)
		part = None if self._random.random() < 0.4 else round(doc.net_total * self._random.random(), 2) + 0.01
		on = self._random.choice([today(), doc.posting_date])
		note = credit(doc, part, on)
		return f"{note.customer} {note.net_total} of {doc.name}"

	def credit_without_a_sale(self) -> str:
		doc = invoice(self.customer(), self.amount(), self.day(), is_return=1)
		return f"{doc.customer} {doc.net_total}"

	def cancel(self) -> str:
		doc = self.document(docstatus=1, is_consolidated=0)
		doc.cancel()
		return f"{doc.customer} {doc.name} {doc.net_total}"

	def amend(self) -> str:
		amended = frappe.get_all(
			"Sales Invoice", filters={"amended_from": ("is", "set")}, pluck="amended_from"
		)
		doc = self.document(docstatus=2, name=("not in", amended))  # the host amends nothing twice
		new = frappe.copy_doc(doc)
		new.amended_from, new.items[0].rate = doc.name, self.amount()
		new.insert().submit()
		return f"{new.customer} {doc.net_total} to {new.net_total}"

	def ask(self) -> str:
		doc = {"doctype": "Opportunity", "opportunity_from": "Customer", "party_name": self.customer()}
		return frappe.get_doc(doc).insert().party_name

	def move_an_inquiry(self) -> str:
		doc = self.document("Opportunity", status="Open")
		old, doc.party_name = doc.party_name, self.customer()
		doc.save()
		return f"{old} to {doc.party_name}"

	def end_an_inquiry(self) -> str:
		doc = self.document("Opportunity", status="Open")
		if self._random.random() < 0.5:
			frappe.delete_doc("Opportunity", doc.name)
		else:
			doc.status = "Closed"
			doc.save()
		return doc.party_name

	def quote(self) -> str:
		items = [{"item_code": "Service Hour", "qty": 1, "rate": 10}]
		doc = {"doctype": "Quotation", "quotation_to": "Customer", "party_name": self.customer()}
		return (
			frappe.get_doc({**doc, "transaction_date": today(), "items": items}).insert().submit().party_name
		)

	def rename(self) -> str:
		old, new = self.customer(), self.new_name()
		frappe.rename_doc("Customer", old, new)
		self._follow(old, new)
		return f"{old} to {new}"

	def merge(self) -> str:
		old, new = self.customer(), self.customer()
		if old == new:
			frappe.throw("the same")
		frappe.rename_doc("Customer", old, new, merge=True)
		self._follow(old, new)
		return f"{old} into {new}"

	def _follow(self, old: str, new: str) -> None:
		for row in self.morning:
			if row["customer"] == old:
				row["customer"] = new
		self._touched.add(new)

	def come(self) -> str:
		name = make_customer(self.new_name(), territory="All Territories")
		self._touched.add(name)
		return name

	def go(self) -> str:
		"""One without documents, who was graded this morning or not at all."""
		name = make_customer("Seq gone") if not frappe.db.exists("Customer", "Seq gone") else "Seq gone"
		drain()
		frappe.delete_doc("Customer", name)
		return name

	def disable(self) -> str:
		"""One whom nothing has touched today: he keeps the grade that he has at that moment."""
		untouched = sorted({*names("Customer", disabled=0)} - self._touched)
		if len(untouched) < 3 or self.small:  # where others move everyone's grade
			frappe.throw("nobody is left alone")
		return self._set(self._random.choice(untouched), "disabled", 1)

	def enable(self) -> str:
		return self._set(self.document("Customer", disabled=1).name, "disabled", 0)

	def regroup(self) -> str:
		return self._set(self.customer(), "customer_group", self._random.choice(["Commercial", "Seq Trade"]))

	def relocate(self) -> str:
		places = [*names("Territory", name=("like", "Seq%")), "All Territories"]
		return self._set(self.customer(), "territory", self._random.choice(places))

	def _set(self, customer: str, field: str, value: Any) -> str:
		doc = frappe.get_doc("Customer", customer)
		doc.set(field, value)
		doc.save()
		return f"{customer} {field} {value}"

	def rename_a_place(self) -> str:
		doctype = self._random.choice(["Territory", "Customer Group"])
		doc = self.document(doctype, name=("like", "Seq%"))
		new = frappe.rename_doc(doctype, doc.name, self.new_name())
		return f"{doc.name} to {new}"

	def merge_places(self) -> str:
		places = names("Territory", name=("like", "Seq%"))
		if len(places) < 2:
			frappe.throw("there is one left")
		old, new = self._random.sample(places, 2)
		frappe.rename_doc("Territory", old, new, merge=True)
		self._touched |= {*names("Customer")}  # others may be in a rule's scope now
		return f"{old} into {new}"

	def override(self) -> str:
		customer = self.customer()
		mode, tier = (
			self._random.choice(["Exact", "At Least", "At Most"]),
			self._random.choice(["Gold", "Silver"]),
		)
		until = self._random.choice([None, str(today()), str(ago(-9))])
		api.set_override(customer, tier, mode, "for a reason", until)
		self._lay_over(customer, (tier, mode, until, "for a reason"))
		return f"{customer} {mode} {tier} until {until}"

	def end_override(self) -> str:
		customer = self.document("Customer Score", override_tier=("is", "set")).customer
		api.end_override(customer)
		self._lay_over(customer, (None,) * 4)
		return customer

	def _lay_over(self, customer: str, values: tuple[Any, ...]) -> None:
		mine = [row for row in self.morning if row["customer"] == customer]
		if not mine:  # new today: in the morning he held nothing
			mine = [frappe._dict(name=self.new_name(), customer=customer)]
			self.morning += mine
		for row in mine:
			row.update(zip(customer_scores.OVERRIDE, values, strict=True))

	def sell_at_till(self) -> str:
		doc = till.sell_at_till(self.customer(), self.amount(), self.day())
		return f"{doc.customer} {doc.net_total} on {doc.posting_date}"

	def close_till(self) -> str:
		sold = names("POS Invoice", docstatus=1, status=("!=", "Consolidated"))
		if not sold:
			frappe.throw("nothing was sold at the till")
		till.consolidate(sold)
		return ", ".join(sold)


STEPS: dict[str, tuple[int, Callable[[Day], str]]] = {
	"sell": (20, Day.sell),
	"give back": (10, Day.give_back),
	"credit": (4, Day.credit_without_a_sale),
	"cancel": (9, Day.cancel),
	"amend": (6, Day.amend),
	"ask": (5, Day.ask),
	"move an inquiry": (6, Day.move_an_inquiry),
	"end an inquiry": (3, Day.end_an_inquiry),
	"quote": (2, Day.quote),
	"rename": (6, Day.rename),
	"merge": (10, Day.merge),
	"come": (3, Day.come),
	"go": (2, Day.go),
	"disable": (3, Day.disable),
	"enable": (3, Day.enable),
	"regroup": (4, Day.regroup),
	"relocate": (4, Day.relocate),
	"rename a place": (4, Day.rename_a_place),
	"merge places": (2, Day.merge_places),
	"override": (4, Day.override),
	"end override": (3, Day.end_override),
	"sell at till": (6, Day.sell_at_till),
	"close till": (4, Day.close_till),
}
