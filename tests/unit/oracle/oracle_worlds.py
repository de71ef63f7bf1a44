"""Small worlds at random, nasty on purpose: halves, ties, limits hit exactly, returns of every form."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar

from oracle import Evaluation
from oracle_points import OPTIONAL, RULE, WINDOWLESS, Row, World, shares

T = TypeVar("T")

NAMES = ("Ada", "ada", "Ben", "Ben ", "Émile", "0123", "ß", "Zoë & Co", "A/B", "x", "Ämil", "Y")
COMPANIES = ("Acme", "Beta", "Gamma Ltd.")
AMOUNTS = (
	100.0, 100.0, 100.0, 50.0, 50.0, 80.0, 30.0, 0.5, 0.01, 0.1, 0.2, 0.3, 2.675, 1 / 3, 33.33, 0.0001,
	0.00005, 0.00004, 0.00015, 1e11, 99_999_999_999.9999, 1e11 / 3,
)  # fmt: skip
AGO = (
	-30, -3, -1, 0, 1, 6, 7, 8, 29, 30, 31, 59, 60, 61, 89, 90, 91, 179, 180, 181, 182, 359, 360, 361, 364,
	365, 366, 367, 540, 729, 730, 731,
)  # fmt: skip
DAYS = tuple(map(date.fromisoformat, ("2024-02-29", "2024-06-30", "2025-02-28", "2024-01-01", "2024-12-31")))
TREES = {
	"customer_group": {"Shops": "Retail", "Retail": "All", "Wholesale": "All", "All": None},
	"territory": {"France": "Europe", "Europe": "World", "Asia": "World", "World": None},
}
TYPES = ("Company", "Individual")
METRICS = (
	"Revenue", "Revenue", "Invoice Count", "Purchase Days", "Recency", "Tenure", "Gross Profit",
	"Average Order Value", "Gross Margin %", "Revenue Growth %", "Return Rate %",
)  # fmt: skip
STAGES = (
	"Prospect", "Engaged", "Lost", "At Risk", "Won Back", "New", "Growing", "Declining", "Loyal", "Active",
)  # fmt: skip
TIERS = ("Platinum", "Gold", "Silver", "Bronze")
POINTS = (0, 10, 10.01, 20, 33.33, 40, 44.97, 44.98, 50, 60, 69.99, 70, 80, 84.98, 84.99, 84.985, 100)
WEIGHTS = (0, 1, 1, 1, 2, 25, 50, 0.1, 33.33, 1 / 3)
SEGMENT_NAMES = ("New", "Champion", "At Risk")


def chance(rng: Random, of: float) -> bool:
	return rng.random() < of


# Facts


def a_world(rng: Random, as_of: date) -> World:
	names = rng.sample(NAMES, rng.randint(1, rng.choice((3, 6, len(NAMES)))))
	few = rng.sample(AMOUNTS, 4) if chance(rng, 0.5) else AMOUNTS
	companies = COMPANIES[: rng.randint(1, 3)]
	sales: list[Row] = []
	for number in range(rng.choice((rng.randint(0, 5), *(rng.randint(10, 40) for _ in range(5))))):
		sales.append(_document(rng, number, sales, names, few, companies, as_of))
	if chance(rng, 0.4):
		sales += _habit(rng, rng.choice(names), companies[0], as_of)
	rng.shuffle(sales)
	columns = tuple(column for column in OPTIONAL if chance(rng, 0.8))
	sales = [{key: row[key] for key in row if key not in OPTIONAL or key in columns} for row in sales]
	return World(
		sales=sales,
		customers=_customers(rng, names) if chance(rng, 0.8) else None,
		pipeline=[_opportunity(rng, names, as_of) for _ in range(rng.choice((0, 0, 1, 4)))],
		parents=TREES if chance(rng, 0.8) else {},
		columns=columns,
	)


def _document(
	rng: Random, number: int, sales: list[Row], names: list[str], amounts: Any, companies: Any, as_of: date
) -> Row:
	ago = rng.choice(AGO) if chance(rng, 0.6) else rng.randint(-10, 800)
	row: Row = {
		"customer": rng.choice(names),
		"document": f"D{rng.randint(1, 3)}" if chance(rng, 0.2) else f"INV-{number}",
		"company": rng.choice(companies),
		"posting_date": as_of - timedelta(ago),
		"net_amount": rng.choice(amounts),
		"is_return": False,
		"return_against": None,
		"is_purchase": rng.choice((True, None)),
		"gross_profit": None,
	}
	if chance(rng, 0.2):
		row["net_amount"] = round(rng.uniform(0, 2000), rng.randint(0, 4))
	if sales and chance(rng, 0.3):
		_return(rng, row, rng.choice(sales))
	elif chance(rng, 0.1):  # a debit note, or a correction
		row["is_purchase"] = rng.choice((False, False, True))
		row["net_amount"] *= rng.choice((1, 1, -1, 0))
		row["return_against"] = rng.choice((None, "INV-0", "D1"))  # to be passed over: it is no return
	if chance(rng, 0.9):
		row["gross_profit"] = rng.choice((row["net_amount"] * 0.3, row["net_amount"], 0.0, -5.0, 12.34))
	return row


def _return(rng: Random, row: Row, against: Row) -> None:
	"""Make the row a return: of a sale, in full or in part, or of something that it cannot return."""
	amount = against["net_amount"]
	row["is_return"] = True
	whole, part = (-amount,) * 3, (-amount / 2, 0.0001 - amount)
	row["net_amount"] = rng.choice((*whole, *part, -amount * 2, -amount - 0.0001, 0.0, 5.0))
	wrong = (None, "", "gone", row["document"], "D1", "INV-0")
	row["return_against"] = against["document"] if chance(rng, 0.5) else rng.choice(wrong)
	if chance(rng, 0.9):
		row["customer"] = against["customer"]
	if chance(rng, 0.6):
		row["company"] = against["company"]
	if chance(rng, 0.6):
		row["posting_date"] = against["posting_date"] + timedelta(rng.choice((0, 1, 30, 90, 180, -1)))


def _habit(rng: Random, name: str, company: str, as_of: date) -> list[Row]:
	"""Purchases of one customer in even steps, with a silence somewhere."""
	step, ago = rng.choice((1, 5, 7, 20, 45, 90, 181)), rng.choice((0, 10, 80, 89, 90, 170, 181, 361))
	days: list[int] = []
	for _ in range(rng.randint(2, 8)):
		days.append(ago)
		ago += step if chance(rng, 0.8) else rng.choice((step + 1, 180, 181, 361, step * 4, step * 4 + 1))
	return [
		{
			"customer": name,
			"document": f"H-{index}",
			"company": company,
			"posting_date": as_of - timedelta(day),
			"net_amount": rng.choice((100.0, 120.0, 80.0)),
			"is_return": False,
			"return_against": None,
			"is_purchase": True,
			"gross_profit": 20.0,
		}
		for index, day in enumerate(days)
	]


def _customers(rng: Random, names: list[str]) -> list[Row]:
	listed = [name for name in NAMES if chance(rng, 0.9 if name in names else 0.1)]
	return [
		{
			"customer": name,
			"customer_group": rng.choice(("Shops", "Retail", "Wholesale", "All", "Elsewhere", None)),
			"territory": rng.choice(("France", "Europe", "Asia", "World", None)),
			"customer_type": rng.choice((*TYPES, None)),
			"disabled": chance(rng, 0.15),
		}
		for name in listed
	]


def _opportunity(rng: Random, names: list[str], as_of: date) -> Row:
	opened = as_of - timedelta(rng.choice((-1, 0, 1, 40)))
	closed = rng.choice((None, as_of, as_of + timedelta(1), as_of - timedelta(1)))
	return {"customer": rng.choice((*names, "a stranger")), "opened": opened, "closed": closed}


# Policies


def a_policy(rng: Random, world: World, as_of: date) -> Row:
	policy: Row = {
		"name": "random",
		"tiers": [{"name": "Bronze", "min_score": 0}],
		"rules": [],
		"rfm_window_days": rng.choice((0, 0, 30, 365)),
		"grade_prospects": chance(rng, 0.3),
		"one_step_down": chance(rng, 0.4),
		"returns_dated": rng.choice(("Return", "Original")),
		"companies": rng.choice(((), (), ("Acme",), ("Acme", "Beta"))),
		"fiscal_year_start_month": rng.choice((1, 2, 3, 4, 7, 12)),
		"margin": rng.choice((0, 0, 0, 0.01, 2, 5.5, 30)),
		"reviewed": rng.choice(("Always", "Always", "Monthly", "Quarterly")),
		"rises_between_reviews": chance(rng, 0.3),
	}
	bare = Evaluation(world, policy, as_of)
	policy["stages"] = _stages(rng, bare)
	rules = [_rule(rng, number, bare) for number in range(rng.randint(1, 5))]
	rules = _halves(rng) if chance(rng, 0.08) else rules
	if not any(rule["weight"] for rule in rules):
		rules[0]["weight"] = 1
	policy["tiers"] = _tiers(rng, Evaluation(world, {**policy, "rules": rules}, as_of))
	limits = [_limit(rng, number, bare, policy["tiers"]) for number in range(rng.choice((0, 0, 1, 2, 3)))]
	policy["rules"] = rng.sample(rules + limits, len(rules + limits))
	return policy


def _stages(rng: Random, bare: Evaluation) -> Row:
	"""Limits of the stages, many of which somebody hits exactly."""
	if chance(rng, 0.4):
		return {}

	def hit(metric: str, *others: float, days: int = 365, sign: int = 1) -> Any:
		values = bare.values({**RULE, "metric": metric, "window_days": days}).values()
		return rng.choice((*others, *(value for value in values if value and value * sign > 0)))

	trend = rng.choice((1, 30, 180, 180, 365))
	return {
		"min_gap": rng.choice((1, 7, 20)),
		"max_gap": rng.choice((20, 45, 180)),
		"default_gap": rng.choice((5, 20, 90, 200)),
		"at_risk_gaps": rng.choice((1.5, 2, 2.3, hit("Recency", 40) / 20)),
		"lost_gaps": rng.choice((2.5, 4, 4.6, hit("Recency", 80) / 20)),
		"lost_days": int(hit("Recency", 30, 180)),
		"new_days": int(hit("Tenure", 1, 30, 90, 365)),
		"trend_days": trend,
		"growing_factor": round(1 + hit("Revenue Growth %", 0, 10, 20, 100, days=trend) / 100, 6),
		"declining_factor": round(1 + hit("Revenue Growth %", 0, -20, -50, days=trend, sign=-1) / 100, 6),
		"loyal_tenure": int(hit("Tenure", 90, 365)),
		"loyal_purchases": int(hit("Invoice Count", 1, 2, 4)),
		"loyal_days": rng.choice((30, 365)),
		"trend_against": rng.choice(("Days Before", "Year Before")),
		"risk_by": rng.choice(("Gaps", "Chance to Buy")),  # so few customers have no chance, and go by gaps
	}


def _halves(rng: Random) -> list[Row]:
	"""Two rules whose mean is a half of two decimals, or just below one."""
	points = rng.choice((84.98, 44.97, 69.99, 10.0))
	weighed = {points: 1, round(points + 0.01, 2): rng.choice((1, 0.999999997, 0.999999995))}
	return [
		{
			"name": f"rule {given}",
			"method": "By Stage",
			"metric": rng.choice(METRICS),  # to be passed over
			"weight": weight,
			"bands": [{"stage": stage, "points": given} for stage in STAGES],
		}
		for given, weight in weighed.items()
	]


def _scoped(rng: Random, bare: Evaluation) -> Row:
	rule: Row = {}
	if chance(rng, 0.2):
		rule["company"] = rng.choice(bare.policy["companies"] or COMPANIES)
	if chance(rng, 0.1):
		rule["customer_group"] = rng.choice(("Retail", "Shops", "All", "Elsewhere"))
	if chance(rng, 0.1):
		rule["territory"] = rng.choice(("Europe", "France", "World"))
	if chance(rng, 0.1):
		rule["customer_type"] = rng.choice(TYPES)
	return rule


def _measured(rng: Random, bare: Evaluation) -> Row:
	rule = {**_scoped(rng, bare), "metric": rng.choice(METRICS)}
	if rule["metric"] not in WINDOWLESS:
		windows = ("Rolling", "Rolling", "Fiscal Year", "All Time")
		rule["window"] = rng.choice(windows[: 3 if rule["metric"] == "Revenue Growth %" else 4])
		rule["window_days"] = rng.choice((1, 30, 90, 180, 365, 366))
	return rule


def _numbers(rng: Random, rule: Row, bare: Evaluation, many: int) -> list[float]:
	"""Different limits, many of them hit exactly by somebody."""
	values = [value for value in bare.values({**RULE, **rule}).values() if value is not None]
	pool = [*values, *values, *values, 0.0, 1.0, 2.0, 50.0, 100.0, 365.0, 0.0001, 1e11, -20.0, 30.0, 33.33]
	return rng.sample(sorted(set(pool)), many) if chance(rng, 0.3) else _different(rng, pool, many)


def _different(rng: Random, pool: list[T], many: int) -> list[T]:
	shuffled = rng.sample(pool, len(pool))
	return list(dict.fromkeys(shuffled))[:many]


def _rule(rng: Random, number: int, bare: Evaluation) -> Row:
	rule = {
		"name": f"rule {number}",
		"weight": rng.choice(WEIGHTS),
		"points_if_missing": rng.choice((0, 0, 50, 33.33)),
	}
	rule["method"] = rng.choice(("Bands", "Linear", "Quantile", "Quantile", "Pareto", "By Stage"))
	if rule["method"] == "By Stage":
		stages = rng.sample(STAGES, rng.randint(1, 10))
		bands = [{"stage": stage, "points": rng.choice(POINTS)} for stage in stages]
		return rule | _scoped(rng, bare) | {"bands": bands}
	rule |= _measured(rng, bare)
	if rule["method"] == "Bands":
		limits = sorted(_numbers(rng, rule, bare, rng.randint(1, 4)))
		rule["bands"] = [{"at_least": limit, "points": rng.choice(POINTS)} for limit in limits]
	elif rule["method"] == "Linear":
		rule["zero_at"], rule["full_at"] = _numbers(rng, rule, bare, 2)
	elif rule["method"] == "Quantile":
		rule["buckets"] = rng.choice((2, 3, 4, 5, 5, 7, 10, 31, 100))
	else:
		rule["bands"] = _pareto_rows(rng, rule, bare)
	if chance(rng, 0.2):
		rule["better"] = rng.choice(("Higher", "Lower"))
	return rule


def _pareto_rows(rng: Random, rule: Row, bare: Evaluation) -> list[Row]:
	"""Rows that end at somebody's share, where it has two decimals or is a float next to it."""
	values = [value for value in bare.values({**RULE, **rule}).values() if value is not None and value > 0]
	hit = [float(share) for share in shares(values).values() if share]
	ends = sorted(_different(rng, [*hit, *hit, 50.0, 80.0, 95.0, 100.0, 100.0], rng.randint(1, 4)))
	given = sorted((rng.choice(POINTS) for _ in ends), reverse=True)
	return [{"up_to_share": end, "points": points} for end, points in zip(ends, given, strict=True)]


def _tiers(rng: Random, evaluation: Evaluation) -> list[Row]:
	"""Two to four tiers, many of which begin at somebody's score."""
	scores = [float(score) for score in evaluation.scores().values() if score]
	limits = sorted(_different(rng, [*scores, *scores, 20.0, 45.0, 70.0, 85.0], rng.randint(1, 3)))
	reached: list[Row] = [{"min_score": limit} for limit in (*reversed(limits), 0)]
	if chance(rng, 0.35):
		shares = sorted(_different(rng, _places(scores), len(limits)))
		reached = [*({"top_share": share} for share in shares), {}]
	tiers: list[Row] = []
	for name, limit in zip(TIERS, reached, strict=False):
		grace, hold = rng.choice((0, 0, 1, 10, 30)), rng.choice((0, 0, 1, 20, 60))
		days = {"grace_days": grace, "hold_days": hold, "rise_days": rng.choice((0, 0, 0, 1, 10, 31))}
		tiers.append({"name": name, **limit, **{key: day for key, day in days.items() if day}})
	return tiers


def _places(scores: list[float]) -> list[float]:
	"""Shares of the customers, some of which end at somebody's place."""
	size = max(len(scores), 1)
	hit = [50 * (2 * sum(b > a for b in scores) + scores.count(a)) / size for a in scores]
	return [*(share for share in (*hit, *hit) if 0 < share < 100), 5.0, 20.0, 50.0, 12.5, 33.33, 99.99]


def _limit(rng: Random, number: int, bare: Evaluation, tiers: list[Row]) -> Row:
	rule = _measured(rng, bare)
	low, high = sorted(_numbers(rng, rule, bare, 2))
	return rule | {
		"name": f"limit {number}",
		"type": rng.choice(("Floor", "Cap")),
		"method": rng.choice(("", "By Stage")),  # to be passed over
		"condition": rng.choice((">=", "<=", "Between")),
		"value": low,
		"value_to": high,
		"tier": rng.choice(tiers)["name"],
	}


# What was held before


NO_OVERRIDE: Row = {
	"override_tier": None, "override_mode": None, "override_until": None, "override_reason": None
}  # fmt: skip


def changed(rng: Random, world: World) -> World:
	"""A document is cancelled, or amended, or a customer is disabled or comes back."""
	sales, customers = [dict(row) for row in world.sales], [dict(row) for row in world.customers or ()]
	if sales and chance(rng, 0.5):
		sales.pop(rng.randrange(len(sales)))
	if sales and chance(rng, 0.5):
		rng.choice(sales)["net_amount"] = rng.choice(AMOUNTS)
	if customers and chance(rng, 0.5):
		row = rng.choice(customers)
		row["disabled"] = not row["disabled"]
	return replace(world, sales=sales, customers=customers if world.customers else None)


def overrides(rng: Random, as_of: date, policy: Row) -> Row:
	return {
		"override_tier": rng.choice((*(tier["name"] for tier in policy["tiers"]), None, "Abolished")),
		"override_mode": rng.choice(("Exact", "At Least", "At Most", None)),
		"override_until": rng.choice((None, as_of, as_of + timedelta(1), as_of - timedelta(1))),
		"override_reason": rng.choice((None, "asked for")),
	}


def a_past(rng: Random, as_of: date, policy: Row) -> dict[str, Row]:
	"""Rows that say where customers stood, with columns left out and gaps."""
	names = [tier["name"] for tier in policy["tiers"]]

	def tier() -> str | None:
		return rng.choice((names[0], names[0], *names, *names, None, "Abolished"))

	def day() -> date | None:
		ago = rng.choice((None, -1, 0, 1, 9, 10, 11, 19, 20, 30, 60, 61))
		return None if ago is None else as_of - timedelta(ago)

	def climbing() -> str | None:
		days = {name: day() for name in (*names, "Abolished") if chance(rng, 0.5)}
		told = {name: found.isoformat() for name, found in days.items() if found}
		return json.dumps(told) if told else None

	rows = {
		name: {
			"customer": name,
			"tier": tier(),
			"tier_since": day(),
			"earned_tier": tier(),
			"earned_since": day(),
			"below_since": day(),
			"climbing": climbing(),
			"as_of": rng.choice((None, *(as_of - timedelta(ago) for ago in (1, 1, 20, 0, -1)))),
			"opening_tier": tier(),
			"opening_tier_since": day(),
			"opening_earned_tier": tier(),
			"opening_earned_since": day(),
			"opening_below_since": day(),
			"opening_climbing": climbing(),
			"opening_as_of": day(),
			"score": rng.choice((None, 12.34, 70.0)),
			"lifecycle_stage": rng.choice((*STAGES, None)),
			"rfm_segment": rng.choice((*SEGMENT_NAMES, None)),
			"recency_score": rng.randint(0, 5),
			"frequency_score": rng.randint(0, 5),
			"monetary_score": rng.randint(0, 5),
			"falls_on": day(),
			"falls_to": tier(),
			"rises_on": day(),
			"rises_to": tier(),
			**overrides(rng, as_of, policy),
		}
		for name in NAMES
		if chance(rng, 0.7)
	}
	columns = next(iter(rows.values()), {})
	gone = {column for column in columns if column != "customer" and chance(rng, 0.15)}
	return {name: {key: row[key] for key in row if key not in gone} for name, row in rows.items()}
