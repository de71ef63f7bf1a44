"""The page: it asks nothing of any network, escapes what it is given, and can be used on a phone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from reviews import review_of

from customer_tiering.review.page.render import page
from customer_tiering.review.told.everything import told
from customer_tiering.wording.languages import OfTheCommand
from customer_tiering.wording.texts import speaking

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
EVIL = "<script>alert(1)</script>"
SHOP = [
	(f"Customer {number:02}", ago, 100.0 + number)
	for number in range(40)
	for ago in range(3 * number, 800, 20 + number)
]


def written(extra: list[tuple[str, int, float]] | None = None) -> str:
	return page(told(review_of([*SHOP, *(extra or [])])))


@pytest.fixture(scope="module")
def html() -> str:
	return written([(EVIL, 3, 9999.0), ('" onload="x', 3, 9998.0), ("=1+1", 3, 9997.0)])


class _Elements(HTMLParser):
	"""Every start of an element with its attributes."""

	def __init__(self, text: str):
		super().__init__()
		self.found: list[tuple[str, dict[str, str | None]]] = []
		self.feed(text)

	def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
		self.found.append((tag, dict(attrs)))


def test_what_comes_from_data_is_text(html: str) -> None:
	elements = _Elements(html).found
	assert [tag for tag, _more in elements].count("script") == 3, "the library, its words and the page's own"
	assert not [more for _tag, more in elements if any(name.startswith("on") for name in more)]
	assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_nothing_is_asked_of_a_network(html: str) -> None:
	elements = _Elements(html).found
	addresses = [
		more[name] for _tag, more in elements for name in ("src", "href", "action") if more.get(name)
	]
	assert addresses and all(str(address).startswith("#") for address in addresses)
	assert not re.search(r"@import|url\((?!#)", html)
	assert "default-src 'none'" in html


def test_the_same_figures_give_the_same_page() -> None:
	assert written() == written()


def test_the_chart_says_what_it_shows_and_its_figures_are_text(html: str) -> None:
	charts = re.findall(r"<svg role=\"img\".*?</svg>", html, re.S)
	assert len(charts) == 3
	assert 'aria-label="Customers in each stage of the life cycle"' in charts[1]
	assert re.search(r"<text[^>]*>[\d.]+%</text>", charts[0])
	assert not re.search(r"<script|<desc", "".join(charts))


def test_in_chinese_the_page_says_so() -> None:
	with speaking(OfTheCommand("zh")):
		found = written()
	assert '<html lang="zh">' in found
	assert "客户报告（截至 2024年6月30日）" in found


# -- in a browser -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
	if CHROMIUM is None:
		pytest.skip("there is no Chromium")
	with playwright.sync_playwright() as one:
		chromium = one.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
		yield chromium
		chromium.close()


@pytest.fixture
def opened(browser, html: str, tmp_path: Path):  # type: ignore[no-untyped-def]
	"""The page on a phone, with what it asked for and what went wrong."""
	path = tmp_path / "report.html"
	path.write_text(html, encoding="utf-8")
	shown = browser.new_page(viewport={"width": 390, "height": 800}, offline=True)
	shown.asked, shown.wrong = [], []
	shown.on("request", lambda request: shown.asked.append(request.url))
	shown.on("pageerror", lambda error: shown.wrong.append(str(error)))
	shown.on("console", lambda said: shown.wrong.append(said.text) if said.type == "error" else None)
	shown.on("dialog", lambda dialog: shown.wrong.append(dialog.message))
	shown.goto(path.as_uri())
	yield shown
	assert shown.asked == [path.as_uri()]
	assert shown.wrong == []
	shown.close()


def _first(opened, table: str) -> list[str]:  # type: ignore[no-untyped-def]
	found: list[str] = opened.locator(f"#table-{table} tbody tr td:first-child").all_inner_texts()
	return found


def test_a_table_can_be_searched_and_sorted(opened) -> None:  # type: ignore[no-untyped-def]
	assert _first(opened, "customers")[:3] == [EVIL, '" onload="x', "=1+1"]
	box = opened.locator("#customers .datatable-input")
	box.fill("customer 07")
	rows = opened.locator("#table-customers tbody tr").all_inner_texts()
	assert 1 <= len(rows) < 10 and all("Customer" in row and "07" in row for row in rows)
	box.fill("")
	heading = opened.locator("#table-customers thead th", has_text="Revenue").first
	heading.locator("button").click()
	rising = [
		float(text.replace(",", ""))
		for text in opened.locator("#table-customers tbody tr td:nth-child(6)").all_inner_texts()
	]
	assert rising == sorted(rising) and len(rising) > 40


def test_on_a_phone_nothing_but_tables_is_wider_than_the_screen(opened) -> None:  # type: ignore[no-untyped-def]
	assert opened.evaluate("document.documentElement.scrollWidth") == 390
	wide = "els => els.filter(e => e.getBoundingClientRect().right > 391).length"
	assert opened.locator("h1, h2, h3, p, figure, nav a, .card").evaluate_all(wide) == 0


def test_on_paper_it_fits_and_has_no_search(opened) -> None:  # type: ignore[no-untyped-def]
	opened.emulate_media(media="print")
	opened.set_viewport_size({"width": 688, "height": 1000})  # the width of A4 within its margins
	assert not opened.locator(".datatable-input").first.is_visible()
	assert opened.evaluate("document.documentElement.scrollWidth") <= 690
