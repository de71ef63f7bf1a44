"""The Chinese of the app, and the words that it leaves to the host's own."""

from __future__ import annotations

import csv
from pathlib import Path

Key = tuple[str, str]
FILE = Path(__file__).resolve().parents[1] / "customer_tiering/translations/zh.csv"
#: Words of the app for which both hosts' Chinese will do. A row of ours would replace theirs everywhere.
HOST_WORDS = frozenset(
	{
		"Amended From", "Average", "Blue", "Color", "Company", "Condition", "Currency", "Customer",
		"Customer Group", "Customer Name", "Customer Type", "Cyan", "Date", "Details", "Disabled", "Enabled",
		"Gray", "Green", "Gross Profit", "Home", "Individual", "Light Blue", "Method",
		"Net Total", "New Customers", "Partnership", "Pink", "Preview", "Publish", "Purple", "Quotation",
		"Reason", "Red", "Reference", "Reference DocType", "Refresh", "Rules", "Sales Person",
		"Settings", "Stage", "Territory", "Tier Name", "Tomorrow", "Type", "Value", "Version", "Yellow",
	}
)  # fmt: skip


def rows() -> list[tuple[str, str, str]]:
	"""Source, Chinese and context of each row."""
	with FILE.open(encoding="utf-8", newline="") as file:
		return [(source, chinese, context) for source, chinese, context in csv.reader(file)]


def known() -> dict[Key, str]:
	"""The Chinese by source and context."""
	return {(source, context): chinese for source, chinese, context in rows()}
