"""A year of a real retailer's invoices, against figures published for it."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from customer_tiering.command.main import main

DATA = Path(__file__).parents[4] / "shared" / "data"
INVOICES = DATA / "online_retail_2011_invoices.csv.gz"
PUBLISHED = DATA / "online_retail_2011_rfm_published.csv"
AS_OF = date(2011, 12, 11)

pytestmark = pytest.mark.skipif(
	not (INVOICES.exists() and PUBLISHED.exists()),
	reason="the retail data set is not in ../shared/data beside the checkout",
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
	out = tmp_path_factory.mktemp("retail")
	result = CliRunner().invoke(main, ["score", str(INVOICES), "--as-of", str(AS_OF), "--out", str(out)])
	assert result.exit_code == 0, result.stderr
	return out


def rows(path: Path) -> dict[str, dict[str, str]]:
	with path.open(encoding="utf-8-sig", newline="") as file:
		return {row["customer"]: row for row in csv.DictReader(file)}


def test_counts_amounts_and_recency_agree_with_the_published_table(graded: Path) -> None:
	"""To the penny and to the day; the published recency, which counts whole days back from a time of day, is
	one less."""
	ours, published = rows(graded / "scores.csv"), rows(PUBLISHED)
	bought = {customer: row for customer, row in ours.items() if int(row["purchases"])}
	assert bought.keys() == published.keys()
	for customer, row in published.items():
		mine = bought[customer]
		assert int(mine["purchases"]) == int(row["invoice_count"])
		assert mine["purchase_amount"] == f"{float(row['revenue']):.2f}"
		assert int(mine["recency_days"]) == int(row["recency_days"]) + 1
		assert int(mine["recency_days"]) == (AS_OF - date.fromisoformat(mine["last_purchase"])).days


def test_nothing_is_lost(graded: Path) -> None:
	"""Anonymous rows are counted with their amount; every customer is listed, also with returns only."""
	summary = json.loads((graded / "summary.json").read_text())
	assert summary["rows_read"] == 25_900
	assert summary["rows_left_out"] == {"anonymous": {"rows": 3_710, "net_amount": 1_447_682.12}}
	assert summary["rows_graded"] == 25_900 - 3_710
	assert summary["customers"] == len(rows(graded / "scores.csv")) == 4_372
	assert summary["without_purchase"]["customers"] == 34
	assert sum(tier["customers"] for tier in summary["tiers"]) == 4_372
	assert sum(tier["revenue"] for tier in summary["tiers"]) == pytest.approx(summary["revenue"])
