"""The reports of the app, and the files that follow from this list. Who adds a report adds a line and runs

	python -m customer_tiering.setup.reports

which writes the JSON that the host wants beside each report's code, the links of the workspace and of the
sidebar of 16, and the table in ``docs/reports.md``. A test compares them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from customer_tiering.names import MODULE, ROLE

#: By the workspace's card: each report's name, and what it answers.
CARDS = {
	"Tier Reports": {
		"Tier Performance": "what each tier brings, against the period before",
		"Tier Movement": "who moved from which tier to which between two dates, what they bring, and why",
		"Tier Potential": "whom one more order of his usual size lifts to a higher tier, and what he brings",
		"Tier Tie-out": "whether the tiers come to the Sales Register's net total, and what is left out",
	},
	"Customer Reports": {
		"Customers at Risk": "who is likely to be lost, what he brings, why it is said, and whose he is",
		"Customer Concentration": "how much of the revenue hangs on how few customers",
		"RFM Segments": "the map of recency and frequency, with customers and revenue of each cell",
		"Lifecycle Pipeline": (
			"customers and revenue per stage over time, and how they pass from stage to stage"
		),
		"Cohort Retention": "how many of a month's new customers still buy, month by month",
	},
	"People and Rules": {
		"Follow-ups Due": "which contacts are due or overdue, and how many were on time, by person and tier",
		"Coverage": "who looks after whom, whom nobody does, and whether effort follows revenue",
		"Sales Person by Tier": "each person's customers by tier, with ups, downs and risks",
		"Rule Quality": "what each rule foresees of the revenue that follows",
		"Policy Back-test": "how often a policy would have been right on a past day",
	},
}
ANSWERS = {name: answer for card in CARDS.values() for name, answer in card.items()}
#: Who may run them; whose figures they show is asked of the reader's permissions.
ROLES = (ROLE, "Sales Manager", "Sales User", "System Manager")

APP = Path(__file__).resolve().parents[1]
_FOLDER = APP / "customer_tiering/report"
_WORKSPACE = (APP / "customer_tiering/workspace" / APP.name / APP.name).with_suffix(".json")
_SIDEBAR = (APP / "workspace_sidebar" / APP.name).with_suffix(".json")
_PAGE = APP.parent / "docs/reports.md"
Json = dict[str, Any]


def module_of(name: str) -> str:
	"""What a report's folder and files are called."""
	return re.sub(r"\W", "_", name.lower())


def page_of(name: str) -> str:
	"""The page of a report, below ``docs``."""
	return f"reports/{re.sub(r'[^a-z]+', '-', name.lower())}.md"


def files() -> dict[Path, str]:
	"""What each of the files should hold."""
	found = {
		_WORKSPACE: _made(_WORKSPACE, _workspace),
		_SIDEBAR: _made(_SIDEBAR, _sidebar),
		_PAGE: _page(_PAGE.read_text(encoding="utf-8")),
	}
	for name in ANSWERS:
		file = _FOLDER / module_of(name) / f"{module_of(name)}.json"
		found[file.with_name("__init__.py")] = ""
		found[file] = _made(file, lambda old, name=name: {**old, **_report(name)})
	return found


def stale() -> dict[Path, str]:
	"""Those files that hold something else, and what they should hold."""
	return {path: text for path, text in files().items() if not path.exists() or path.read_text() != text}


def _made(path: Path, make: Callable[[Json], Json]) -> str:
	"""The text of a JSON file after a change; the host takes one only where it is newer than what it has."""
	old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
	new = make(old)
	if new != old:
		new["modified"] = f"{datetime.now():%Y-%m-%d %H:%M:%S.%f}"
	return json.dumps(new, indent=1, sort_keys=True) + "\n"


def _report(name: str) -> Json:
	return {
		"add_total_row": 0,
		"columns": [],
		"creation": "2026-11-22 00:00:00.000000",
		"disabled": 0,
		"docstatus": 0,
		"doctype": "Report",
		"filters": [],
		"idx": 0,
		"is_standard": "Yes",
		"letter_head": "",
		"modified_by": "Administrator",
		"module": MODULE,
		"name": name,
		"owner": "Administrator",
		"prepared_report": 0,
		"ref_doctype": "Customer Score",
		"report_name": name,
		"report_type": "Script Report",
		"roles": [{"role": role} for role in ROLES],
	}


def _workspace(old: Json) -> Json:
	"""Each card's reports as its links; cards of other things stay as they are."""
	links: list[Json] = []
	for label, card in _sections(old["links"], "Card Break"):
		reports = CARDS.get(label)
		if reports is not None:
			card = [card[0], *map(_link, reports), *_others(card)]
			card[0] = card[0] | {"link_count": len(card) - 1}
		links += card
	return old | {"links": links}


def _link(name: str) -> Json:
	return {
		"dependencies": "",
		"hidden": 0,
		"is_query_report": 1,
		"label": name,
		"link_count": 0,
		"link_to": name,
		"link_type": "Report",
		"onboard": 0,
		"type": "Link",
	}


def _sidebar(old: Json) -> Json:
	"""Each card's reports below a heading of the same name; the items are numbered anew."""
	items: list[Json] = []
	for label, section in _sections(old["items"], "Section Break"):
		if label in CARDS:
			reports = (_item(name, section[0]) for name in CARDS[label])
			section = [section[0], *reports, *_others(section)]
		items += section
	numbered = [item | {"idx": at, "name": f"ctside{at:04}"} for at, item in enumerate(items, 1)]
	return old | {"items": numbered}


def _item(name: str, heading: Json) -> Json:
	shown = {"label": name, "link_to": name, "link_type": "Report", "type": "Link"}
	return heading | shown | {"child": 1, "icon": "", "indent": 0}


def _sections(rows: Iterable[Json], heading: str) -> Iterator[tuple[str, list[Json]]]:
	"""Rows by the heading above them; those above the first one have none."""
	label, section = "", []
	for row in rows:
		if row["type"] == heading:
			yield label, section
			label, section = row["label"], []
		section.append(row)
	yield label, section


def _others(section: list[Json]) -> list[Json]:
	"""What else stands below a heading."""
	return [row for row in section[1:] if row.get("link_type") != "Report"]


def _page(old: str) -> str:
	rows = "".join(f"| [{name}]({page_of(name)}) | {answer} |\n" for name, answer in ANSWERS.items())
	return re.sub(r"(?<=\| report \| answers \|\n\|---\|---\|\n)(?:\|.*\n)*", lambda _old: rows, old)


if __name__ == "__main__":
	for path, text in stale().items():
		path.parent.mkdir(exist_ok=True)
		path.write_text(text, encoding="utf-8")
		print(path)
