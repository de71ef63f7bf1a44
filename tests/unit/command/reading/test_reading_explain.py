"""One customer's account: the same grade as ``score`` gives, and orders that really lead where it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_runs import refused, run, scores, write

HEAD = "name,customer,posting_date,base_net_total"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
	"""Twenty customers with a purchase each month, more from one to the next; and one who only returned."""
	lines = [f"{c}-{m},C{c:02d},2024-{m:02d}-10,{c * 50}" for c in range(1, 21) for m in range(1, 13)]
	return write(tmp_path / "shop.csv", "\n".join([HEAD, *lines, "R-1,Rita,2024-12-10,-5"]))


def told(*words: object) -> str:
	result = run("explain", *words)
	assert result.exit_code == 0, result.stderr
	return result.stdout


@pytest.mark.parametrize("policy", ["value-pyramid", "rfm", "composite-value"])
def test_it_tells_the_grade_of_the_scores(shop: Path, tmp_path: Path, policy: str) -> None:
	run("score", shop, "--policy", policy, "--out", tmp_path / "out")
	for name in ("C01", "C12", "C20"):
		row = scores(tmp_path / "out")[name]
		first = told(shop, "--policy", policy, "--customer", name).splitlines()[0]
		assert first.startswith(
			f"{name}: {row['tier']}, since {row['tier_since']}, score {row['score']}; as of"
		)


def test_an_order_that_it_names_leads_there_and_a_cent_less_does_not(shop: Path, tmp_path: Path) -> None:
	text = told(shop, "--customer", "C12")
	amount, tier = re.findall(r"An order of ([\d,.]+) or more today leads to (\w+)\.", text)[0]
	value = float(amount.replace(",", ""))
	for order, reached in ((value, True), (round(value - 0.01, 2), False)):
		path = write(tmp_path / "more.csv", f"{shop.read_text()}\nX-1,C12,2024-12-10,{order}")
		run("score", path, "--out", tmp_path / "out")
		assert (scores(tmp_path / "out")["C12"]["tier"] == tier) is reached


def test_what_holds_a_tier_is_told_with_its_day(shop: Path, tmp_path: Path) -> None:
	"""Grace goes on from the scores of the run before."""
	lines = [f"Q-{n},C{n:02d},2026-02-10,900" for n in range(1, 20)]
	later = write(tmp_path / "later.csv", "\n".join([shop.read_text(), *lines]))
	run("score", shop, "--out", tmp_path / "out")
	run(
		"score",
		later,
		"--as-of",
		"2026-02-10",
		"--previous",
		tmp_path / "out/scores.csv",
		"--out",
		tmp_path / "two",
	)
	row = scores(tmp_path / "two")["C20"]
	text = told(
		later, "--as-of", "2026-02-10", "--previous", tmp_path / "out/scores.csv", "--customer", "C20"
	)
	assert row["below_since"] == "2026-02-10", "else this tests nothing"
	assert re.search(r"Falls to \w+ on 2026-\d\d-\d\d\.", text)
	assert "No single order would keep Platinum." in text
	assert "Last purchase 427 days ago; the usual gap is" in text


def test_who_never_bought_is_told_so(shop: Path) -> None:
	text = told(shop, "--customer", "Rita")
	assert text.startswith("Rita: Unrated; as of 2024-12-10")
	assert "has not purchased anything yet" in text


def test_a_name_is_found_in_any_case_and_a_near_one_offered(shop: Path) -> None:
	assert told(shop, "--customer", " c12 ").startswith("C12:")
	assert "no customer Rito among the 21 graded. Did you mean Rita?" in refused(
		"explain", shop, "--customer", "Rito"
	)
