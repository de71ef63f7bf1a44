"""The worked examples of docs/scoring.md, read from the page itself and run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from customer_tiering import policies
from customer_tiering.engine import Facts, Policy, evaluate
from customer_tiering.engine.ledger import Ledger
from customer_tiering.engine.metrics import METRICS
from customer_tiering.engine.segments import segments
from customer_tiering.engine.stages import StageParameters, stages
from engine.builders import AS_OF, PLAIN, TIERS, as_previous, customers_of, doc, facts_of, grade, policy_of

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "scoring.md").read_text(encoding="utf-8")


class Example(NamedTuple):
	"""One example: its rule, if it shows one, and the rows of its table."""

	rule: dict[str, Any]
	rows: list[dict[str, str]]


def _examples() -> Iterator[tuple[str, Example]]:
	for name, text in re.findall(r"<!-- example: ([\w-]+) -->\n(.*?)(?=\n<!-- example|\Z)", PAGE, re.DOTALL):
		rule = re.match(r"\s*```json\n(.*?)```", text, re.DOTALL)
		table = re.search(r"(?:^\|.*\n?)+", text, re.MULTILINE)
		assert table, name
		head, _line, *rows = (
			[cell.strip() for cell in line.strip("|").split("|")] for line in table[0].splitlines()
		)
		yield (
			name,
			Example(json.loads(rule[1]) if rule else {}, [dict(zip(head, row, strict=True)) for row in rows]),
		)


EXAMPLES = dict(_examples())


def _example(name: str) -> Example:
	return EXAMPLES[name]


def _day(text: str) -> date | None:
	return date.fromisoformat(text) if text else None


def _documents(name: str = "facts") -> Facts:
	rows = _example(name).rows
	return facts_of(
		*(
			doc(
				"a", date.fromisoformat(row.get("posted", "2024-06-01")), float(row["net amount"]),
				document=row["document"], return_against=row["returns"] or None,
				company=row.get("company", "Acme"),
			)
			for row in rows
		)
	)  # fmt: skip


def test_the_documents_that_count_as_purchases() -> None:
	facts, rows = _documents(), EXAMPLES["facts"].rows
	purchases = [row for row in rows if row["counts as a purchase"] == "yes"]
	row = grade(facts, policy_of(PLAIN)).loc["a"]
	assert (row["purchases"], row["revenue_365d"], row["recency_days"]) == (3, 155, 20)
	assert row["purchases"] == len(purchases)
	assert row["purchase_amount"] == sum(float(one["net amount"]) for one in purchases)
	later = grade(facts, policy_of(PLAIN), date(2024, 7, 2)).loc["a"]
	assert later["purchases"] == 2


def test_documents_of_one_name_are_taken_together() -> None:
	purchases = [row for row in _example("one-name").rows if row["counts as a purchase"] == "yes"]
	facts = _documents("one-name")
	for rows in (facts.sales, facts.sales[::-1]):
		found = grade(Facts(rows), policy_of(PLAIN)).loc["a"]
		assert found["purchases"] == len(purchases)
		assert found["purchase_amount"] == sum(float(row["net amount"]) for row in purchases)


def test_what_is_seen_of_two_companies() -> None:
	rules = [{**PLAIN, "metric": metric, "name": metric} for metric in ("Revenue", "Invoice Count")]
	for row in _example("two-companies-seen").rows:
		kind, company = re.fullmatch(r"a (rule|policy) of (all|Acme|Beta).*", row["seen by"]).groups()
		whose = "" if company == "all" else company
		mine = [{**rule, "company": whose if kind == "rule" else ""} for rule in rules]
		policy = policy_of(*mine, companies=[whose] if kind == "policy" else [])
		found = evaluate(_documents("two-companies"), policy, AS_OF).scored
		assert [one.in_scope.tolist() for one in found] == [[True]] * 2
		values = [None if np.isnan(one.values[0]) else one.values[0] for one in found]
		assert values == [float(row[name]) if row[name] else None for name in ("Revenue", "Invoice Count")]


def test_the_metrics_of_these_documents() -> None:
	rows = _example("metrics").rows
	rules = [
		{
			"metric": row["metric"],
			"method": "Linear",
			"zero_at": 0,
			"full_at": 1,
			"weight": 1,
			"window_days": 90,
		}
		for row in rows
	]
	found = evaluate(_documents(), policy_of(*rules), AS_OF).explain("a")["rules"]
	assert [rule["value"] for rule in found] == [
		float(row["value"]) if row["value"] else None for row in rows
	]


def test_the_metrics_of_the_page_are_those_of_the_engine() -> None:
	table = re.search(r"^\| metric \| value \| undefined when \|\n\|.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
	assert table
	told = table[1].splitlines()
	rows = [f"| {one.name} | {one.value} | {one.undefined} |" for one in METRICS.values()]
	missing = [row for row in rows if row not in told]
	assert told == rows, "put these rows into the table of docs/scoring.md:\n" + "\n".join(missing or rows)


@pytest.mark.parametrize("name", ["bands", "linear", "quantile", "pareto"])
def test_the_points_of_revenue(name: str) -> None:
	rule, rows = _example(name)
	facts = facts_of(
		*(doc(row.get("customer", f"c{at}"), 9, float(row["revenue"])) for at, row in enumerate(rows))
	)
	found = evaluate(facts, policy_of(rule), AS_OF)
	assert found.scored[0].points is not None
	assert found.scored[0].points.tolist() == [float(row["points"]) for row in rows]


def test_the_points_of_a_falling_line() -> None:
	rule, rows = _example("linear-down")
	docs = []
	for at, row in enumerate(rows):
		docs += [
			doc(f"c{at}", 9, float(row["sold"])),
			doc(f"c{at}", 5, -float(row["returned"]), is_return=True),
		]
	found = evaluate(facts_of(*docs), policy_of(rule), AS_OF).scored[0]
	assert found.values.tolist() == [float(row["rate"]) for row in rows]
	assert found.points is not None and found.points.tolist() == [float(row["points"]) for row in rows]


def test_the_buckets_of_a_quantile_by_hand() -> None:
	rule, rows = _example("quantile")
	values, k = [float(row["revenue"]) for row in rows], rule["buckets"]
	for row, value in zip(rows, values, strict=True):
		worse, equal = sum(other < value for other in values), values.count(value)
		bucket = min(k, 1 + int(k * (worse + equal / 2) // len(values)))
		assert (worse, equal, bucket) == (int(row["worse"]), int(row["equal"]), int(row["bucket"]))
		assert 100 * bucket / k == float(row["points"])


def test_the_cut_points_of_that_quantile() -> None:
	rule, rows = _example("quantile")
	facts = facts_of(*(doc(row["customer"], 9, float(row["revenue"])) for row in rows))
	cuts = evaluate(facts, policy_of(rule), AS_OF).cut_points["rules"][rule["name"]]
	told = {int(row["bucket"]): float(row["reached from"]) for row in _example("cut-points").rows}
	assert dict(enumerate(cuts, start=2)) == told


def test_the_shares_of_a_pareto_by_hand() -> None:
	_rule, rows = _example("pareto")
	values = [float(row["revenue"]) for row in rows]
	for row, value in zip(rows, values, strict=True):
		assert 100 * sum(v for v in values if v > value) / sum(values) == float(row["share before"])


LIVES = {"Loyal": (20, 100, 170, 200, 210, 220, 400), "New": (10,), "At Risk": (200,), "Lost": (400,)}


def test_the_points_by_stage() -> None:
	rule, rows = _example("by-stage")
	facts = facts_of(*(doc(stage, day, 100) for stage, days in LIVES.items() for day in days))
	scores = grade(facts, policy_of(rule))
	assert scores["lifecycle_stage"].to_dict() == {stage: stage for stage in LIVES}
	assert scores["score"].to_dict() == {row["stage"]: float(row["points"]) for row in rows}


def test_the_score_is_the_sum_of_the_contributions() -> None:
	rows = _example("score").rows
	line = {"method": "Linear", "zero_at": 0, "full_at": 100, "window": "All Time"}
	metrics = {"Spending": "Revenue", "Orders": "Invoice Count", "Last purchase": "Recency"}
	rules = [
		{"name": row["rule"], "metric": metrics[row["rule"]], "weight": float(row["weight"]), **line}
		for row in rows
	]
	amount, times, days = (int(row["points"]) for row in rows)
	facts = facts_of(doc("a", days, amount - times + 1), *(doc("a", days, 1) for _ in range(times - 1)))
	told = evaluate(facts, policy_of(*rules), AS_OF).explain("a")
	assert [rule["contribution"] for rule in told["rules"]] == [float(row["contribution"]) for row in rows]
	assert f"The score is {told['score']:g}." in PAGE


def test_a_half_of_the_score_goes_up() -> None:
	for row in _example("rounding").rows:
		points = [float(row[name]) for name in ("points of one rule", "points of another")]
		rules = [
			{**PLAIN, "method": "Bands", "bands": [{"at_least": 0, "points": given}], "name": str(at)}
			for at, given in enumerate(points)
		]
		assert grade(facts_of(doc("a", 9, 1)), policy_of(*rules))["score"].tolist() == [float(row["score"])]


def test_a_weight_of_zero_shows_and_counts_not() -> None:
	rows = _example("weight-zero").rows
	spending, orders = list(rows[0])[1:3]
	people = {row["customer"]: {"territory": row["customer"].split()[-1]} for row in rows}
	docs = [
		doc(row["customer"], 9, (float(row[spending] or 1)) / float(row[orders]))
		for row in rows
		for _ in range(int(row[orders]))
	]
	line = {"method": "Linear", "zero_at": 0, "full_at": 100}
	policy = policy_of(
		{"metric": "Revenue", "weight": 1, "territory": "Europe", **line},
		{"metric": "Invoice Count", "weight": 0, **line},
	)
	found = evaluate(facts_of(*docs, customers=customers_of(**people)), policy, AS_OF)
	for row in rows:
		told = found.explain(row["customer"])
		assert told["score"] == (float(row["score"]) if row["score"] else None)
		points = [row[name] for name in (spending, orders) if row[name]]
		assert [rule["points"] for rule in told["rules"]] == [float(given) for given in points]


def _replay(
	rows: list[dict[str, str]], grace: int = 0, hold: int = 0, **more: Any
) -> Iterator[tuple[dict[str, str], pd.Series]]:
	"""Each row's evaluation of a customer with that score on that day, fed with the one before."""
	tiers = [{**tier, "grace_days": grace, "hold_days": hold} for tier in more.pop("tiers", TIERS)]
	policy = policy_of(PLAIN, tiers=tiers, **more)
	held = None
	for row in rows:
		found = evaluate(
			facts_of(doc("a", date(2024, 1, 1), float(row["score"]))), policy, _day(row["day"]) or AS_OF, held
		)
		held = as_previous(found)
		yield row, found.scores.iloc[0]


def _date(value: Any) -> date | None:
	return None if pd.isna(value) else pd.Timestamp(value).date()


def test_a_year_of_grace_and_hold() -> None:
	rungs = [(tier["min_score"], tier["name"]) for tier in TIERS]
	for row, found in _replay(_example("grace").rows, grace=30, hold=60):
		assert found["score"] == float(row["score"])
		assert next(name for least, name in rungs if found["score"] >= least) == row["candidate"]
		assert found["tier"] == row["tier"], row
		assert _date(found["below_since"]) == _day(row["below since"]), row
		assert _date(found["falls_on"]) == _day(row["falls on"]), row


def test_one_step_at_a_time() -> None:
	for row, found in _replay(_example("one-step").rows, grace=10, hold=0, one_step_down=True):
		assert found["tier"] == row["tier"], row
		assert _date(found["falls_on"]) == _day(row["falls on"]), row
		assert (None if pd.isna(found["falls_to"]) else found["falls_to"]) == (row["falls to"] or None), row


def _text(value: Any) -> str:
	return "" if pd.isna(value) else str(value)


def test_a_rise_that_takes_its_time() -> None:
	tiers = [{**tier, "rise_days": 10 if tier["name"] == "Platinum" else 30} for tier in TIERS]
	for row, found in _replay(_example("rise").rows, tiers=tiers):
		assert found["tier"] == row["tier"], row
		climbing = json.loads(_text(found["climbing"]) or "{}")
		assert ", ".join(f"{tier} {day}" for tier, day in climbing.items()) == row["climbing"], row
		assert _date(found["rises_on"]) == _day(row["rises on"]), row
		assert _text(found["rises_to"]) == row["rises to"], row


def test_a_year_of_reviews_with_a_margin() -> None:
	for row, found in _replay(_example("review").rows, margin=2, reviewed="Quarterly"):
		assert found["tier"] == row["tier"], row
		for key in ("falls", "rises"):
			assert _date(found[f"{key}_on"]) == _day(row[f"{key} on"]), row
			assert _text(found[f"{key}_to"]) == row[f"{key} to"], row


SHARES = [{"name": "Platinum", "top_share": 5}, {"name": "Gold", "top_share": 20},
	{"name": "Silver", "top_share": 50}, {"name": "Bronze"}]  # fmt: skip


def test_the_tiers_by_share() -> None:
	rows = _example("by-share").rows
	facts = facts_of(*(doc(row["customer"], 9, float(row["score"])) for row in rows))
	found = evaluate(facts, policy_of(PLAIN, tiers=SHARES), AS_OF)
	scores = [float(row["score"]) for row in rows]
	assert found.scores["score"].tolist() == scores
	assert found.scores["tier"].tolist() == [row["tier"] for row in rows]
	for row, score in zip(rows, scores, strict=True):
		better, equal = sum(other > score for other in scores), scores.count(score)
		assert (better, equal) == (int(row["better"]), int(row["equal"]))
		assert (better + equal / 2) / len(rows) == float(row["place"])
	cuts = found.cut_points["tiers"]["score"]
	assert f"The cut points are {cuts[0]:g}, {cuts[1]:g} and {cuts[2]:g}." in PAGE
	alone = evaluate(facts_of(doc("a", 9, 1)), policy_of(PLAIN, tiers=SHARES), AS_OF)
	assert alone.scores["tier"].tolist() == ["Silver"]


def test_a_steady_policy_is_one() -> None:
	policy = policy_of(PLAIN, **_example("steady").rule)
	assert policy.by_share and [tier.name for tier in policy.tiers] == [row["name"] for row in SHARES[::-1]]
	assert {**policy.to_dict(), **_example("steady").rule} == policy.to_dict()


def test_one_day_is_one_step() -> None:
	for row, found in _replay(_example("one-day").rows, grace=30, hold=0):
		assert found["tier"] == row["tier"], row


def test_an_override_over_an_earned_tier() -> None:
	scores = {"Bronze": 10, "Silver": 50, "Gold": 75, "Platinum": 90}
	for row in _example("override").rows:
		mode, tier = row["override"].rsplit(" ", 1)
		held = pd.DataFrame([{"customer": "a", "override_tier": tier, "override_mode": mode}])
		facts = facts_of(doc("a", 9, scores.get(row["earned"], -1)))
		found = evaluate(facts, policy_of(PLAIN), AS_OF, held).scores[["earned_tier", "tier"]]
		assert found.fillna("none").iloc[0].tolist() == [row["earned"], row["held"]]


def test_the_stages_of_some_customers() -> None:
	rows = _example("stages").rows
	docs = [
		doc(f"c{at:02}", int(day), 100)
		for at, row in enumerate(rows)
		for day in row["purchases, days ago"].split(", ")
	]
	found = grade(facts_of(*docs), policy_of(PLAIN))["lifecycle_stage"]
	assert found.tolist() == [row["stage"] for row in rows]


def test_the_stages_by_the_chance() -> None:
	for row in _example("stages-by-chance").rows:
		docs = [doc("a", int(row["silence"]) + 20 * at, 100) for at in range(5)]
		ledger = Ledger.build(facts_of(*docs), AS_OF)
		chance = np.array([float(row["chance"] or "nan")])
		parameters = StageParameters(risk_by="Chance to Buy")
		assert stages(ledger, parameters, np.array([False]), chance).tolist() == [row["stage"]], row


def test_the_stages_against_the_year_before() -> None:
	for row in _example("stages-by-year").rows:
		docs = [doc("a", int(day), 100) for day in row["purchases, days ago"].split(", ")]
		for against in ("Days Before", "Year Before"):
			policy = policy_of(PLAIN, stages={"trend_days": 90, "trend_against": against})
			assert grade(facts_of(*docs), policy).loc["a", "lifecycle_stage"] == row[against], row


def test_the_segments_of_all_pairs() -> None:
	rows = _example("segments").rows
	assert [row["R"] for row in rows] == ["5", "4", "3", "2", "1"]
	for row in rows:
		for frequency in range(1, 6):
			pair = {"recency": np.array([int(row["R"])]), "frequency": np.array([frequency])}
			assert segments(pair).tolist() == [row[f"F {frequency}"]]


def _names(cells: list[str]) -> set[str]:
	return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_every_column_of_the_scores_is_on_the_page() -> None:
	policy = policy_of(PLAIN)
	found = evaluate(facts_of(doc("a", 9, 50)), policy, AS_OF).scores
	told = [row["column"] for row in _example("columns").rows]
	assert set(found.columns) - {"revenue_365d"} == _names(told)


def test_every_key_of_an_explanation_is_on_the_page() -> None:
	told = evaluate(facts_of(doc("a", 9, 50)), policy_of(PLAIN), AS_OF).explain("a")
	assert set(told) == _names([row["key"] for row in _example("explanation").rows])
	assert set(told["rules"][0]) == _names(
		[row["key of a rule"] for row in _example("explanation-rule").rows]
	)


def test_every_ready_made_policy_is_on_the_page() -> None:
	for name in policies.names():
		assert f"| `{name}` |" in PAGE
		Policy.from_dict(policies.load(name))


def test_every_default_of_the_stages_is_on_the_page() -> None:
	numbers = {name: value for name, value in asdict(StageParameters()).items() if not isinstance(value, str)}
	told = {name: float(value) for name, value in re.findall(r"`(\w+)` \(([\d.]+)\)", PAGE)}
	assert told == numbers


def test_no_example_is_left_out() -> None:
	source = Path(__file__).read_text(encoding="utf-8")
	assert EXAMPLES and all(f'"{name}"' in source for name in EXAMPLES)
