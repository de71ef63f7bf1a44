"""The desk of the fresh site, served by the host's own server, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import frappe
import pytest

from tests.bench import PASSWORD
from tests.site.conftest import _clean, _site  # noqa: F401 the same site, cleaned in the same way
from tests.site.helpers.serving import served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def desk() -> Iterator[str]:
	"""Address of the served site."""
	with served() as address:
		yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
	if not CHROMIUM:
		pytest.skip("no Chromium found: the desk was not opened")
	from playwright.sync_api import sync_playwright

	with sync_playwright() as playwright:
		chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
		yield chromium
		chromium.close()


@pytest.fixture
def page(browser: object, desk: str) -> Iterator[object]:
	"""A page of the administrator; an error of a script on it fails the test."""
	# A filter that an earlier test clicked is kept for the user, and would hide rows from this one.
	frappe.db.delete("__UserSettings")
	frappe.cache.delete_value("_user_settings")
	frappe.db.commit()
	context = browser.new_context(viewport={"width": 1400, "height": 1000}, base_url=desk)
	reply = context.request.post("/api/method/login", form={"usr": "Administrator", "pwd": PASSWORD})
	assert reply.ok, reply.text()
	opened = context.new_page()
	errors: list[str] = []
	opened.on("pageerror", lambda error: errors.append(str(error)))
	yield opened
	context.close()
	assert not errors
