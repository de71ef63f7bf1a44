"""All that can happen to a small company in a day, and how often it does."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import frappe

from customer_tiering import api
from customer_tiering.site.grading import customer_scores
from tests.site.helpers.selling import ago, credit, drain, invoice, make_customer, today
from tests.site.helpers.world import till
from tests.site.helpers.world.tables import names


class Steps:
	"""What can happen in a day, by chance; each step gives what is to be told of it.

	Attributes:
		small: whether any event moves everyone's grade.
		morning: the Customer Scores as they were in the morning, under the names that followed.
	"""

	morning: list[dict[str, Any]]

	def __init__(self, seed: int):
		self._random = Random(seed)
		self.small = self._random.random() < 0.4
		self._touched: set[str] = set()
		self._number = 0

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


STEPS: dict[str, tuple[int, Callable[[Steps], str]]] = {
	"sell": (20, Steps.sell),
	"give back": (10, Steps.give_back),
	"credit": (4, Steps.credit_without_a_sale),
	"cancel": (9, Steps.cancel),
	"amend": (6, Steps.amend),
	"ask": (5, Steps.ask),
	"move an inquiry": (6, Steps.move_an_inquiry),
	"end an inquiry": (3, Steps.end_an_inquiry),
	"quote": (2, Steps.quote),
	"rename": (6, Steps.rename),
	"merge": (10, Steps.merge),
	"come": (3, Steps.come),
	"go": (2, Steps.go),
	"disable": (3, Steps.disable),
	"enable": (3, Steps.enable),
	"regroup": (4, Steps.regroup),
	"relocate": (4, Steps.relocate),
	"rename a place": (4, Steps.rename_a_place),
	"merge places": (2, Steps.merge_places),
	"override": (4, Steps.override),
	"end override": (3, Steps.end_override),
	"sell at till": (6, Steps.sell_at_till),
	"close till": (4, Steps.close_till),
}
