"""One day of a small company, and whether it ends as one full run would have it."""

from __future__ import annotations

import json
from typing import Any

import frappe
import pandas as pd

from customer_tiering.engine import evaluate
from customer_tiering.names import GRADE_FIELDS
from customer_tiering.site.grading import customer_scores, full_runs, state
from customer_tiering.site.reading import site_facts
from tests.site.helpers.selling import drain, today
from tests.site.helpers.world.steps import STEPS, Steps
from tests.site.helpers.world.tables import SETTINGS, Rows, forget_records, names, write_tables


class Day(Steps):
	"""One day of a company: steps, each followed by a drain, and what one full run at its end would give.

	Attributes:
		told: what happened, to be read when a test fails.
	"""

	def __init__(self, seed: int, past: Rows, settings: dict[str, Any]):
		super().__init__(seed)
		self.told: list[str] = []
		write_tables(past)
		state.set_state(settings)
		frappe.db.set_single_value(SETTINGS, "small_site_customers", 1000 if self.small else 0)
		self.told.append(self._another_ladder())
		forget_records()
		frappe.db.commit()
		self.morning = frappe.db.sql("select * from `tabCustomer Score`", as_dict=True)

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
