"""How a test finds its way on the desk."""

from __future__ import annotations

from typing import Any

import frappe

# 15 has its desk under /app, 16 under /desk.
DESK = "/app" if frappe.__version__.startswith("15") else "/desk"
WAIT = 60_000


def go(page: Any, path: str) -> None:
	page.goto(f"{DESK}/{path}", wait_until="domcontentloaded")


def said_by_the_panel(page: Any) -> str:
	panel = page.locator(".customer-tier-panel")
	panel.wait_for(timeout=WAIT)
	return panel.inner_text().replace("\u00a0", " ")
