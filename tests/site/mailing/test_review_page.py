"""The review of a month as a page: of the site's own figures, for whoever may see them all."""

from __future__ import annotations

import re
from collections.abc import Iterator

import frappe
import pytest

from customer_tiering import api, jobs
from customer_tiering.site.grading import state
from tests.site.helpers.selling import ago, invoice, make_customer

pytest.importorskip("pygal")
NAME = "Page & <Co>"


@pytest.fixture
def customer() -> Iterator[str]:
	name = make_customer("PAGE-1")
	frappe.db.set_value("Customer", name, "customer_name", NAME)
	invoice(name, 5000, ago(3))
	frappe.db.commit()
	jobs.nightly()
	yield name
	frappe.set_user("Administrator")


def download(month: str = "") -> str:
	frappe.response.clear()
	api.review_page(month)
	assert frappe.response["type"] == "download"
	return str(frappe.response["filecontent"])


def total(page: str, table: str) -> int:
	foot = re.search(rf'id="table-{table}".*?<tfoot>.*?</tfoot>', page, re.S)
	assert foot
	return int(re.findall(r">([\d,]+)</th>", foot[0])[0].replace(",", ""))


def test_the_page_counts_who_holds_which_tier(customer: str) -> None:
	page = download(state.today().isoformat())
	assert frappe.response["filename"] == f"customer-tiering-{state.today():%Y-%m}.html"
	assert "Page &amp; &lt;Co&gt;" in page
	tiers = frappe.get_all("Customer Tier", pluck="name", order_by=None)
	held = {tier: frappe.db.count("Customer Score", {"tier": tier}) for tier in tiers}
	assert sum(held.values())
	for tier, count in held.items():
		row = re.search(rf'id="table-tiers".*?<td class="text">{tier}</td><td[^>]*>([\d,]+)</td>', page, re.S)
		assert row and int(row[1].replace(",", "")) == count, tier
	assert total(page, "tiers") == total(page, "stages") == total(page, "segments")


def test_a_month_before_all_documents_is_refused(customer: str) -> None:
	with pytest.raises(frappe.ValidationError, match="There are no documents up to"):
		download("1999-12-31")


def test_whoever_may_not_see_everyone_is_told_so(customer: str) -> None:
	email = "page.reader@example.com"
	if not frappe.db.exists("User", email):
		user = {"doctype": "User", "email": email, "first_name": "Page", "send_welcome_email": 0}
		frappe.get_doc({**user, "roles": [{"role": "Sales Manager"}]}).insert(ignore_permissions=True)
	limit = frappe.get_doc(
		{"doctype": "User Permission", "user": email, "allow": "Customer", "for_value": customer}
	).insert(ignore_permissions=True)
	try:
		frappe.set_user(email)
		with pytest.raises(frappe.PermissionError, match="you may not see them all"):
			download()
	finally:
		frappe.set_user("Administrator")
		limit.delete(ignore_permissions=True)
