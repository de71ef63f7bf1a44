"""The desk of the fresh site, served by the host's own server, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import frappe
import pytest

from tests.bench import PASSWORD as ADMIN_PASSWORD
from tests.site.conftest import _clean, _site  # noqa: F401 the same site, cleaned in the same way
from tests.site.helpers.serving import PASSWORD, make_user, served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DESK_SIZE = {"width": 1400, "height": 1000}


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


@pytest.fixture(scope="session")
def administrator(browser: Any, desk: str) -> Iterator[Any]:
	"""The administrator, logged in once: what his browser has fetched and compiled serves every test."""
	context = browser.new_context(viewport=DESK_SIZE, base_url=desk)
	yield context
	context.close()


@pytest.fixture
def page(administrator: Any) -> Iterator[Any]:
	"""A page of the administrator; an error of a script on it fails the test."""
	# A filter that an earlier test clicked is kept for the user, and would hide rows from this one.
	frappe.db.delete("__UserSettings")
	frappe.cache.delete_value("_user_settings")
	frappe.db.commit()
	asked = {"usr": "Administrator", "pwd": ADMIN_PASSWORD}
	reply = administrator.request.post("/api/method/login", form=asked)
	assert reply.ok, reply.text()
	opened = administrator.new_page()
	opened.goto("/api/method/ping")
	opened.evaluate("localStorage.clear(), sessionStorage.clear()")
	errors: list[str] = []
	opened.on("pageerror", lambda error: errors.append(str(error)))
	yield opened
	opened.close()
	assert not errors


@pytest.fixture
def sign_in_as(browser: Any, desk: str) -> Iterator[Callable[..., Any]]:
	"""Gives a page of somebody; an error of a script on it fails the test."""
	contexts, errors = [], []

	def enter(user: str, password: str = PASSWORD, size: dict[str, int] = DESK_SIZE, **more: Any) -> Any:
		contexts.append(browser.new_context(viewport=size, base_url=desk, **more))
		sent = contexts[-1].request.post("/api/method/login", form={"usr": user, "pwd": password})
		assert sent.ok, sent.text()
		opened = contexts[-1].new_page()
		opened.on("pageerror", lambda error: errors.append(str(error)))
		return opened

	yield enter
	for context in contexts:
		context.close()
	assert not errors


@pytest.fixture
def sign_in(sign_in_as: Callable[..., Any]) -> Callable[..., Any]:
	"""Gives a page of somebody with some roles."""

	def enter(*roles: str) -> Any:
		user = make_user(f"{frappe.scrub('.'.join(roles))}@example.com", *roles)
		frappe.db.delete("__UserSettings")
		frappe.db.commit()
		return sign_in_as(user)

	return enter
