"""A report stands in few places; each of them that is not written from one list is looked after here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from customer_tiering.setup import reports
from customer_tiering.setup.reports import ANSWERS, module_of, page_of

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = CHECKOUT / "customer_tiering/customer_tiering/report"
MOST_LINES = 450


def code(name: str, kind: str = "py") -> str:
	"""A report's own code, empty where there is none."""
	path = FOLDER / module_of(name) / f"{module_of(name)}.{kind}"
	return path.read_text(encoding="utf-8") if path.exists() else ""


def test_every_report_is_on_the_list() -> None:
	found = {path.name for path in FOLDER.iterdir() if path.is_dir() and not path.name.startswith("_")}
	assert found == set(map(module_of, ANSWERS)), "name it in CARDS of customer_tiering/setup/reports.py"


def test_what_follows_from_the_list_has_been_written() -> None:
	stale = [str(path.relative_to(CHECKOUT)) for path in reports.stale()]
	assert not stale, "run: python -m customer_tiering.setup.reports"


@pytest.mark.parametrize("name", ANSWERS)
def test_a_report_has_its_name_and_the_common_frame(name: str) -> None:
	assert f'\nNAME = "{name}"\n' in code(name)
	assert "\nexecute = answers.report(Chosen, build)\n" in code(name)
	assert f'tiering.report("{name}", [' in code(name, "js")
	assert '{% include "customer_tiering/public/js/reports.js" %}' in code(name, "js")


@pytest.mark.parametrize("name", ANSWERS)
def test_a_report_is_no_longer_than_a_file_may_be(name: str) -> None:
	assert len(code(name).splitlines()) <= MOST_LINES


def test_every_report_has_a_page_and_every_page_a_report() -> None:
	pages = {f"reports/{path.name}" for path in (CHECKOUT / "docs/reports").glob("*.md")}
	assert pages == set(map(page_of, ANSWERS)), "write what it tells, and what to decide from it"


@pytest.mark.parametrize("name", ANSWERS)
def test_a_page_bears_the_name_of_its_report_and_shows_what_there_is(name: str) -> None:
	page = CHECKOUT / "docs" / page_of(name)
	text = page.read_text(encoding="utf-8")
	assert text.startswith(f"# {name}\n")
	images = re.findall(r"!\[.*?\]\((.*?)\)", text)
	assert not [image for image in images if not (page.parent / image).exists()]


def test_the_changelog_names_every_report() -> None:
	told = " ".join((CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8").split())
	assert not [name for name in ANSWERS if name not in told], "say in CHANGELOG.md what it brings"


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", "docs/reports.md", "docs/workspace.md"])
def test_nobody_counts_the_reports(page: str) -> None:
	text = (CHECKOUT / page).read_text(encoding="utf-8")
	assert not re.findall(r"(?i)\b(?:\d+|seven|eight|nine|ten|eleven|twelve|[a-z]+teen) reports\b", text)


def test_the_benchmark_knows_no_report_that_is_gone() -> None:
	text = (CHECKOUT / "benchmarks/reporting.py").read_text(encoding="utf-8")
	assert set(re.findall(r'^\t"(.+?)": \(\d+, ', text, re.MULTILINE)) <= set(ANSWERS)
